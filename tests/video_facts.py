"""Building video facts for tests: a healthy stream, changed where a test needs it."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from fractions import Fraction
from importlib.resources import files
from typing import Any

from coursekit.codec import decode
from coursekit.model import AudioFacts, FileFacts, FileKind
from coursekit.rules.check import Check
from coursekit.video.facts import (
    BlackSpan,
    ClarityFacts,
    FreezeSpan,
    GeometryFacts,
    InterlaceFacts,
    JoinFacts,
    LightFacts,
    MotionFacts,
    PaceFacts,
    ShakeSpan,
    StillnessFacts,
    VideoFacts,
)

HEALTHY = VideoFacts(
    stream=0,
    coded_px=(1920, 1080),
    display_px=(1920, 1080),
    frame_rate=Fraction(25),
    decoded_s=600.0,
    frames=15000,
    cuts_s=(),
    motion=MotionFacts(followed_s=600.0, still_s=0.0),
    stillness=StillnessFacts(still_share=0.0),
    pace=PaceFacts(),
    light=LightFacts(),
    clarity=ClarityFacts(samples=300, judged=300, detail=0.8, detail_median=0.7, lines=864, blocking=1.1),
    interlace=InterlaceFacts(samples=200, combed=0, flagged=0),
    geometry=GeometryFacts(Fraction(1), 0, (0.0, 0.0, 0.0, 0.0), 1.0, 1.7778),
    joins=JoinFacts(cuts=0, same_scene=0),
)


def stream(**parts: Any) -> VideoFacts:
    """A healthy stream but for these parts."""
    return replace(HEALTHY, **parts)


def tianjin(check: Check) -> Any:
    """The check's parameters as the Tianjin profile states them: the thresholds that users meet."""
    text = (files("coursekit.profiles") / "tianjin-2025.toml").read_text(encoding="utf-8")
    rule = next(r for r in tomllib.loads(text)["rule"] if r.get("check") == check.id)
    return decode(check.params, rule["params"])


def with_sound(loud: bool = True) -> FileFacts:
    """The file round the stream, sounding or silent throughout."""
    level = -20.0 if loud else float("-inf")
    audio = AudioFacts(
        stream=1,
        integrated_lufs=level,
        max_momentary_lufs=level,
        max_short_term_lufs=level,
        loudness_range_lu=None,
        true_peak_dbtp=None,
        sample_rate_hz=48000,
        channels=2,
        decoded_s=600.0,
        curve_lufs=(level,) * 600,
    )
    return FileFacts("lesson.mp4", "0" * 64, 1, FileKind.VIDEO, audio=(audio,), video=(HEALTHY,))


def shake(start_s: float = 10.0, end_s: float = 20.0, **figures: float) -> ShakeSpan:
    """A strong shake."""
    given: dict[str, Any] = {
        "strength_pct": 1.2,
        "peak_pct": 1.5,
        "peak_at_s": start_s,
        "quick_pct": 0.6,
        "freq_hz": 3.0,
        "share": 0.95,
    }
    return ShakeSpan(start_s, end_s, **(given | figures))


def stuck(start_s: float = 10.0, end_s: float = 14.0, **surroundings: Any) -> FreezeSpan:
    """A camera picture that stops at full speed and jumps on."""
    given: dict[str, Any] = {
        "frames": 100,
        "after_cut": False,
        "before_cut": False,
        "at_start": False,
        "at_end": False,
        "change_before": 1.0,
        "change_last": 1.0,
        "change_after": 1.0,
        "resume_change": 5.0,
        "alive_before": 1.0,
        "alive_after": 1.0,
        "still_around": 0.0,
    }
    return FreezeSpan(start_s, end_s, **(given | surroundings))


def dark(start_s: float = 10.0, end_s: float = 14.0, **surroundings: Any) -> BlackSpan:
    """A picture that goes black at one blow and comes back so."""
    given: dict[str, Any] = {"level": 16.0, "at_start": False, "at_end": False, "faded_out": False, "faded_in": False}
    return BlackSpan(start_s, end_s, **(given | surroundings))
