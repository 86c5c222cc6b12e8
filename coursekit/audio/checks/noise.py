"""audio/noise."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.audio.facts import AudioFacts, NoiseSection
from coursekit.audio.subject import sounding
from coursekit.model import Finding, Span
from coursekit.rules.check import CannotTest, CheckContext, at_least, at_most, check, measured


@dataclass(frozen=True, slots=True)
class NoiseParams:
    """Voice over noise, zero line, and steady high tones."""

    min_voice_s: float
    steady_db: float
    review_snr_db: float
    fail_snr_db: float
    hiss_margin_db: float
    """The floor above 1.3 kHz alone may lie so much further down before it is machines or traffic rather than noise."""
    review_dc: float
    fail_dc: float
    tone_share: float
    tone_contrast_db: float
    clear_tone_share: float
    clear_tone_contrast_db: float
    review_tone_db: float
    fail_tone_db: float


@check("audio/noise", facts=AudioFacts, params=NoiseParams)
def noise(ctx: CheckContext, facts: AudioFacts, params: NoiseParams) -> Iterator[Finding]:
    """The voice stands well above what is heard in its pauses, and no tone or offset lies under it."""
    track = sounding(facts)
    if track.voice is None or track.channel is None:
        raise CannotTest("not-measured")
    spoken = [s for s in track.voice.sections if s.voice_s >= params.min_voice_s]
    wanted = at_least(params.review_snr_db, "dB")
    lowest = min((_ratio(s) for s in spoken), default=None)
    ctx.observe(measured(lowest, "dB"), wanted)
    for group in _joined([s for s in spoken if _noisy(s, params)]):
        worst = min(group, key=_ratio)
        yield (ctx.fail if _ratio(worst) < params.fail_snr_db else ctx.review)(
            "noise",
            measured=measured(_ratio(worst), "dB"),
            expected=wanted,
            where=Span(group[0].start_s, group[-1].end_s),
            floor_lufs=worst.floor_lufs,
            snr_db=_ratio(worst),
        )
    yield from _offset(ctx, track, params)
    yield from _tones(ctx, track, params)


def _ratio(section: NoiseSection) -> float:
    return round(section.voice_lufs - section.floor_lufs, 1)


def _noisy(section: NoiseSection, params: NoiseParams) -> bool:
    """A floor that stands still, near the voice, and broad: machines and music are the business of audio/balance."""
    if section.steady_db > params.steady_db:
        return False
    hiss_db = -10 * math.log10(max(section.hiss_share, 1e-4))
    return _ratio(section) < params.review_snr_db and hiss_db <= params.hiss_margin_db


def _joined(sections: list[NoiseSection]) -> Iterator[list[NoiseSection]]:
    group: list[NoiseSection] = []
    for section in sections:
        if group and section.start_s > group[-1].end_s + 1:
            yield group
            group = []
        group.append(section)
    if group:
        yield group


def _offset(ctx: CheckContext, track: AudioFacts, params: NoiseParams) -> Iterator[Finding]:
    offset = max((abs(v) for v in track.channel.dc), default=0.0) if track.channel else 0.0
    if offset >= params.review_dc:
        yield (ctx.fail if offset >= params.fail_dc else ctx.review)(
            "dc-offset",
            measured=measured(round(100 * offset, 2), "%"),
            expected=at_most(round(100 * params.review_dc, 2), "%"),
            percent=round(100 * offset, 1),
        )


def _tones(ctx: CheckContext, track: AudioFacts, params: NoiseParams) -> Iterator[Finding]:
    voice = track.voice.voice_lufs if track.voice else None
    if voice is None:
        return
    for tone in track.tones:
        level = round(tone.level_dbfs - voice, 1)
        # Hisses of a voice cover the tone for a second each; in a few seconds that is a large part of them.
        clear = tone.share >= params.clear_tone_share and tone.contrast_db >= params.clear_tone_contrast_db
        if clear or (tone.share >= params.tone_share and tone.contrast_db >= params.tone_contrast_db):
            if level < params.review_tone_db:
                continue
            yield (ctx.fail if level >= params.fail_tone_db else ctx.review)(
                "whistle",
                measured=measured(level, "dB"),
                expected=at_most(params.review_tone_db, "dB"),
                hz=round(tone.hz),
                under_db=-level,
            )
