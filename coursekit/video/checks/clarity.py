"""video/clarity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.model import Finding
from coursekit.rules.check import CannotTest, CheckContext, NotApplicable, at_least, check, measured
from coursekit.video.facts import ClarityFacts, VideoFacts
from coursekit.video.spans import together, where

_JOIN_S = 6.0


@dataclass(frozen=True, slots=True)
class ClarityParams:
    """How much of the detail that its pixels could hold a picture must hold."""

    review_detail: float
    fail_detail: float
    fail_other: float
    """What is enlarged lost detail both ways: more than this along its rows or its columns is for a person."""
    max_focused: float
    """Where more of the picture is as fine as its pixels, it is a shallow one, not an enlarged one."""
    min_judged: int
    """Samples needed for a verdict on the whole."""
    soft_detail: float
    """Spans below this, in a stream that is otherwise sharper, are worth a look."""
    soft_min_s: float
    review_blocking: float


@check("video/clarity", facts=VideoFacts, params=ClarityParams)
def clarity(ctx: CheckContext, facts: VideoFacts, params: ClarityParams) -> Iterator[Finding]:
    """The picture is as sharp as its size promises."""
    found = facts.clarity
    if found is None:
        raise CannotTest("not-measured")
    if found.detail is None or found.lines is None:
        raise NotApplicable("no-detail-to-judge")
    size = min(facts.display_px)
    value, expected = measured(found.detail), at_least(params.review_detail)
    ctx.observe(value, expected)
    if found.judged >= params.min_judged and (code := _soft(found, params)):
        tell = ctx.fail if code == "enlarged" else ctx.review
        yield tell(code, measured=value, expected=expected, lines=found.lines, size=size)
        return
    for group in together(
        [s for s in found.soft if s.detail <= params.soft_detail and s.end_s - s.start_s >= params.soft_min_s],
        _JOIN_S,
    ):
        least = min(s.detail for s in group)
        yield ctx.review(
            "soft-span",
            measured=measured(least),
            expected=at_least(params.soft_detail),
            where=where(group),
            usual=found.detail,
        )
    if found.blocking is not None and found.blocking >= params.review_blocking:
        yield ctx.review("blocky", measured=measured(found.blocking), blocking=found.blocking)


def _soft(found: ClarityFacts, params: ClarityParams) -> str | None:
    """What to say of the whole, if anything."""
    assert found.detail is not None
    shallow = (found.focused or 0.0) > params.max_focused
    finer = max(found.detail_across or 0.0, found.detail_along or 0.0)
    if found.detail < params.fail_detail:
        return "soft-throughout" if shallow or finer > params.fail_other else "enlarged"
    return "soft-throughout" if found.detail < params.review_detail and not shallow else None
