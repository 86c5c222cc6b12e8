"""audio/hum."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.audio.facts import AudioFacts, HumSpan
from coursekit.audio.subject import sounding
from coursekit.model import Finding, Span
from coursekit.rules.check import CheckContext, at_most, check, measured


@dataclass(frozen=True, slots=True)
class HumParams:
    """When a comb of lines is hum, and when hum is heard."""

    min_third_line: float
    sure_third_line: float
    """Needed of faint hum; louder hum may be masked more."""
    min_steady: float
    review_under_voice_db: float
    fail_under_voice_db: float
    min_level_dbfs: float


@check("audio/hum", facts=AudioFacts, params=HumParams)
def hum(ctx: CheckContext, facts: AudioFacts, params: HumParams) -> Iterator[Finding]:
    """No mains hum stands under the voice."""
    track = sounding(facts)
    reference = track.voice.voice_lufs if track.voice and track.voice.voice_lufs is not None else track.integrated_lufs
    if reference is None or not math.isfinite(reference):
        reference = params.min_level_dbfs
    combs = [
        span
        for span in track.hum
        if span.harmonics >= 3
        and span.third_line >= params.min_third_line
        and span.steady >= params.min_steady
        and span.level_dbfs >= params.min_level_dbfs
    ]
    combs = [
        span
        for span in combs
        if span.third_line >= params.sure_third_line or span.level_dbfs - reference >= params.fail_under_voice_db
    ]
    strongest = max((span.level_dbfs for span in combs), default=None)
    ctx.observe(
        measured(None if strongest is None else round(strongest - reference, 1), "dB"),
        at_most(params.review_under_voice_db, "dB"),
    )
    for group in _joined(combs):
        level = max(span.level_dbfs for span in group) - reference
        if level < params.review_under_voice_db:
            continue
        clear = max(span.third_line for span in group) >= params.sure_third_line
        say = ctx.fail if clear and level >= params.fail_under_voice_db else ctx.review
        yield say(
            "mains-hum",
            measured=measured(round(level, 1), "dB"),
            expected=at_most(params.review_under_voice_db, "dB"),
            where=Span(group[0].start_s, min(group[-1].end_s, track.end_s or group[-1].end_s)),
            base_hz=round(group[0].base_hz),
            harmonics=max(span.harmonics for span in group),
            under_db=round(-level, 1),
        )


def _joined(spans: list[HumSpan]) -> Iterator[list[HumSpan]]:
    """Neighbouring half minutes with the same base as one."""
    group: list[HumSpan] = []
    for span in spans:
        if group and (span.start_s > group[-1].end_s + 40 or abs(span.base_hz - group[-1].base_hz) > 1):
            yield group
            group = []
        group.append(span)
    if group:
        yield group
