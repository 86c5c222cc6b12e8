"""audio/clipping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.audio.facts import AudioFacts
from coursekit.audio.subject import clipping_of
from coursekit.model import Finding, Span
from coursekit.rules.check import CheckContext, at_most, check, measured


@dataclass(frozen=True, slots=True)
class ClippingParams:
    """How many flat tops are distortion."""

    review_flat_share: float
    review_flat: int
    review_under_peak_db: float
    """A ceiling lies no further under the highest sample of the track; where it does, more tops are needed."""
    fail_flat_share: float
    fail_flat: int
    review_hard: int
    review_hard_share: float
    fail_hard: int
    fail_hard_share: float
    review_over_dbtp: float
    review_overs: int


@check("audio/clipping", facts=AudioFacts, params=ClippingParams)
def clipping(ctx: CheckContext, facts: AudioFacts, params: ClippingParams) -> Iterator[Finding]:
    """No wave is cut off at a ceiling."""
    found = clipping_of(facts)
    share = round(found.flat / found.loud, 4) if found.loud else 0.0
    wanted = at_most(round(100 * params.review_flat_share, 2), "%")
    ctx.observe(measured(round(100 * share, 2), "%"), wanted)
    for span in found.spans:
        loud = max(span.loud, 1)
        flat, hard = span.flat / loud, span.hard / loud
        failing = (span.flat >= params.fail_flat and flat >= params.fail_flat_share) or (
            span.hard >= params.fail_hard and hard >= params.fail_hard_share
        )
        at_ceiling = facts.sample_peak_dbfs is None or (
            span.ceiling_dbfs >= facts.sample_peak_dbfs - params.review_under_peak_db
        )
        few = params.review_flat if at_ceiling else params.fail_flat
        doubtful = (span.flat >= few and flat >= params.review_flat_share) or (
            span.hard >= params.review_hard and hard >= params.review_hard_share
        )
        if failing or doubtful:
            tops = max(span.flat, span.hard)
            yield (ctx.fail if failing else ctx.review)(
                "clipped",
                measured=measured(round(100 * tops / loud, 1), "%"),
                expected=wanted,
                where=Span(span.start_s, span.end_s),
                tops=tops,
                ceiling_dbfs=span.ceiling_dbfs,
            )
    over = max(found.over_spans, key=lambda s: s.true_peak_dbtp, default=None)
    if over and over.true_peak_dbtp >= params.review_over_dbtp and found.overs >= params.review_overs:
        yield ctx.review(
            "inter-sample-overs",
            measured=measured(over.true_peak_dbtp, "dBTP"),
            expected=at_most(params.review_over_dbtp, "dBTP"),
            where=Span(over.start_s, max(over.end_s, over.start_s + 0.001)),
            overs=found.overs,
        )
