"""video/interlace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.model import Finding
from coursekit.rules.check import CannotTest, CheckContext, at_most, check, measured
from coursekit.video.facts import VideoFacts
from coursekit.video.spans import together, where, worst

_FLAGGED = 0.9
_JOIN_S = 10.0


@dataclass(frozen=True, slots=True)
class InterlaceParams:
    """How many of the moving pictures looked at may be combed."""

    review_count: int
    review_pct: float
    fail_count: int
    fail_pct: float
    """Of the moving pictures looked at."""
    flag_min: int
    """Pictures needed to say that a flag is wrong."""
    min_order: float
    """Order in time of the fields of neighbouring pictures, by its amount."""
    min_certainty: float
    min_ragged: float


@check("video/interlace", facts=VideoFacts, params=InterlaceParams)
def interlace(ctx: CheckContext, facts: VideoFacts, params: InterlaceParams) -> Iterator[Finding]:
    """Moving edges are not combed, and nothing is flagged as interlaced that is not."""
    found = facts.interlace
    if found is None:
        raise CannotTest("not-measured")
    percent = round(found.combed / found.samples * 100, 1) if found.samples else 0.0
    ctx.observe(measured(percent, "%"), at_most(0, "%"))
    if found.combed >= params.review_count and percent >= params.review_pct:
        certain = found.combed >= params.fail_count and percent >= params.fail_pct
        tell = ctx.fail if certain else ctx.review
        yield tell(
            "combed" if certain else "combed-in-places",
            measured=measured(percent, "%"),
            expected=at_most(0, "%"),
            where=where(found.spans),
            count=found.combed,
            samples=found.samples,
        )
    elif woven := [
        s
        for s in found.woven
        if abs(s.order) >= params.min_order and s.certainty >= params.min_certainty and s.ragged >= params.min_ragged
    ]:
        for group in together(woven, _JOIN_S):
            strongest = worst(group, lambda s: abs(s.order))
            yield ctx.review(
                "fields-woven",
                measured=measured(round(abs(strongest.order), 2)),
                expected=at_most(params.min_order),
                where=where(group),
                pairs=sum(s.pairs for s in group),
            )
    elif found.samples >= params.flag_min and not found.combed and found.flagged >= _FLAGGED * found.samples:
        yield ctx.review("flag-only", measured=measured(found.flagged), samples=found.samples)
