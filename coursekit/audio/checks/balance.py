"""audio/balance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.audio.facts import AudioFacts, BedSpan
from coursekit.audio.subject import voice_of
from coursekit.model import Finding, Span
from coursekit.rules.check import CheckContext, at_least, check, measured


@dataclass(frozen=True, slots=True)
class BalanceParams:
    """How close music or ambience may come to the voice."""

    min_voice_s: float
    min_span_s: float
    join_s: float
    review_lu: float
    fail_lu: float
    steady_db: float
    hiss_share: float
    """A bed that stands stiller than the one and is broader than the other is noise: audio/noise speaks of it."""


@check("audio/balance", facts=AudioFacts, params=BalanceParams)
def balance(ctx: CheckContext, facts: AudioFacts, params: BalanceParams) -> Iterator[Finding]:
    """Music and ambience leave room for the voice."""
    voice = voice_of(facts, params.min_voice_s)
    wanted = at_least(params.review_lu, "LU")
    beds = [b for b in voice.beds if not _is_noise(b, params)]
    long = [b for b in beds if b.end_s - b.start_s >= params.min_span_s]
    ctx.observe(measured(min((b.voice_over_bed_lu for b in long), default=None), "LU"), wanted)
    for group in _joined([b for b in beds if b.voice_over_bed_lu < params.review_lu], params.join_s):
        length = sum(b.end_s - b.start_s for b in group)
        if length < params.min_span_s:
            continue
        margin = round(sum(b.voice_over_bed_lu * (b.end_s - b.start_s) for b in group) / length, 1)
        yield (ctx.fail if margin < params.fail_lu else ctx.review)(
            "bed-too-loud",
            measured=measured(margin, "LU"),
            expected=wanted,
            where=Span(group[0].start_s, group[-1].end_s),
            margin_lu=margin,
        )


def _is_noise(bed: BedSpan, params: BalanceParams) -> bool:
    if bed.steady_db is None or bed.hiss_share is None:
        return False
    return bed.steady_db <= params.steady_db and bed.hiss_share >= params.hiss_share


def _joined(beds: list[BedSpan], join_s: float) -> Iterator[list[BedSpan]]:
    group: list[BedSpan] = []
    for bed in beds:
        if group and bed.start_s > group[-1].end_s + join_s:
            yield group
            group = []
        group.append(bed)
    if group:
        yield group
