"""Audio facts of a healthy lesson, to be changed by a test where it matters, and the shipped profile's thresholds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from coursekit.audio.facts import (
    AudioFacts,
    ChannelFacts,
    ClippingFacts,
    NoiseSection,
    VoiceFacts,
    VoiceSegment,
)
from coursekit.rules.check import Check
from coursekit.rules.judge import build_params
from coursekit.rules.profiles import load_profile

PAIR = ChannelFacts(
    levels_dbfs=(-22.0, -22.0),
    peaks_dbfs=(-3.0, -3.0),
    correlation=0.8,
    side_to_mid_db=-12.0,
    matched_residual_db=-10.0,
    balance_db=0.3,
    mono_sum_db=-0.5,
    identical_share=0.0,
    dc=(0.0001, 0.0001),
)
SECTION = NoiseSection(
    start_s=0.0,
    end_s=180.0,
    floor_lufs=-62.0,
    voice_lufs=-22.0,
    voice_s=150,
    steady_db=7.0,
    silent_share=0.0,
    hiss_share=0.3,
)
VOICE = VoiceFacts(
    voice_s=2600.0,
    voice_lufs=-22.0,
    sections=(SECTION,),
    segments=(VoiceSegment(0.0, 2700.0, 1800.0, -22.0),),
)
TRACK = AudioFacts(
    stream=1,
    integrated_lufs=-22.5,
    max_momentary_lufs=-15.0,
    max_short_term_lufs=-18.0,
    loudness_range_lu=5.0,
    true_peak_dbtp=-2.0,
    sample_rate_hz=48000,
    channels=2,
    decoded_s=2700.0,
    start_s=0.0,
    end_s=2700.0,
    layout="stereo",
    sample_peak_dbfs=-2.5,
    channel=PAIR,
    clipping=ClippingFacts(loud=20000, flat=60),
    pause_dbfs=-60.0,
    voice=VOICE,
)


def track(**changes: Any) -> AudioFacts:
    """The healthy track with these fields changed."""
    return replace(TRACK, **changes)


def pair(**changes: Any) -> AudioFacts:
    """The healthy track with these channel figures."""
    return replace(TRACK, channel=replace(PAIR, **changes))


def spoken(**changes: Any) -> AudioFacts:
    """The healthy track with these figures of the voice."""
    return replace(TRACK, voice=replace(VOICE, **changes))


def shipped_params(check: Check) -> Any:
    """The parameters that tianjin-2025 gives to a check."""
    rule = next(r for r in load_profile("tianjin-2025").rules if r.check == check.id)
    return build_params(rule, check)
