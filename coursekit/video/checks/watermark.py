"""video/watermark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from coursekit.model import Finding, Span
from coursekit.rules.check import CannotTest, CheckContext, check, equal_to, measured
from coursekit.video.facts import VideoFacts
from coursekit.video.marks.facts import MarkFacts, MarkKind
from coursekit.video.marks.names import holder_of, points_elsewhere
from coursekit.video.marks.own import own_likeness
from coursekit.video.marks.signature import symmetry


@dataclass(frozen=True, slots=True)
class WatermarkParams:
    """How much a mark must have survived, and what the lesson's own lettering looks like."""

    fail_backgrounds: int
    """Different surroundings over which it was there."""
    review_backgrounds: int
    fail_looks: int
    """How often it stood out; once may be chance."""
    review_looks: int
    fail_survived: int
    """Changes of background it stayed through after it was first suspected."""
    review_survived: int
    max_lost_share: float
    """Changes through which it did not stay, as a share of those through which it did."""
    fail_surround: float
    """Share of the ring round it that changed as often: an object of the scene stands by other objects of it."""
    review_surround: float
    steady: float
    """Consistency from which its edges are beyond doubt over the latest fifteen backgrounds; a fainter mark …"""
    fail_sum: float
    """… must add up over all of them: consistency × √pictures, where chance reaches 3.5."""
    review_sum: float
    large_edge_px: int
    """A sign of so many edge pixels speaks for itself where only a part of its surroundings changed …"""
    large_surround: float
    large_consistency: float
    min_edge_px: int
    fail_breadth: float
    """Share of its edges across its main direction: straight lines are no sign."""
    review_breadth: float
    min_shown_s: float
    caption_width: float
    """Wider opaque lettering than this …"""
    caption_s: float
    """… shown no longer than this is a caption: lower third, subtitle, chapter title."""
    caption_opacity: float
    sight_size: float
    """A sign in the very middle, smaller than this and equal upside down, is a sight or a crosshair."""
    own_likeness: float
    """Correlation with a registered mark's edges from which it is that mark."""
    near_likeness: float
    """From here it may be: a small one is blurred. Then a person looks."""


@check("video/watermark", facts=VideoFacts, params=WatermarkParams)
def watermark(ctx: CheckContext, facts: VideoFacts, params: WatermarkParams) -> Iterator[Finding]:
    """No third party's mark lies over the picture."""
    marks = facts.marks
    if marks is None:
        raise CannotTest("not-measured")
    likeness = {mark: own_likeness(ctx.course, mark) for mark in marks.found}
    strangers = [m for m in marks.found if not _is_content(m, params) and likeness[m] < params.own_likeness]
    sure = [m for m in strangers if _is_sure(m, params) and likeness[m] < params.near_likeness]
    doubtful = [m for m in strangers if m not in sure and (_is_sure(m, params) or _is_doubtful(m, params))]
    ctx.observe(measured(len(sure) + len(doubtful), "marks"), equal_to(0, "marks"))
    for mark in sure + doubtful:
        if says := _named(mark):
            yield _finding(ctx.fail, "named-mark", mark, says=says)
        elif mark in sure:
            yield _finding(ctx.fail, "third-party-mark", mark)
        else:
            yield _finding(ctx.review, "possible-mark", mark)


def _finding(tell: Callable[..., Finding], code: str, mark: MarkFacts, **more: str) -> Finding:
    x, y, w, h = mark.box
    return tell(
        code,
        measured=measured(mark.backgrounds, "backgrounds"),
        expected=equal_to(0, "marks"),
        where=Span(mark.spans[0][0], mark.spans[-1][1], box=mark.box),
        place=_arrow(x + w / 2, y + h / 2),
        width_pct=w * 100,
        opacity_pct=(mark.opacity if mark.opacity is not None else 1.0) * 100,
        shown_s=_shown_s(mark),
        backgrounds=mark.backgrounds,
        places=mark.places,
        **more,
    )


def _shown_s(mark: MarkFacts) -> float:
    return sum(end - start for start, end in mark.spans)


def _arrow(x: float, y: float) -> str:
    """Where in the picture, in a sign that needs no translation."""
    rows = ("↖↑↗", "←•→", "↙↓↘")
    return rows[min(2, int(y * 3))][min(2, int(x * 3))]


def _named(mark: MarkFacts) -> str | None:
    return (holder_of(mark.text) or points_elsewhere(mark.text)) if mark.text else None


def _is_content(mark: MarkFacts, params: WatermarkParams) -> bool:
    x, y, w, h = mark.box
    if mark.kind is MarkKind.FIXED and _shown_s(mark) <= params.caption_s and w >= params.caption_width:
        return mark.opacity is None or mark.opacity >= params.caption_opacity
    centred = abs(x + w / 2 - 0.5) < 0.04 and abs(y + h / 2 - 0.5) < 0.06
    return centred and max(w, h) <= params.sight_size and symmetry(mark.signature) > 0.6


def _stayed(mark: MarkFacts, least: int, params: WatermarkParams) -> bool:
    return mark.survived >= least and mark.lost <= params.max_lost_share * max(mark.survived, 1)


def _shape(mark: MarkFacts, params: WatermarkParams) -> bool:
    return mark.edge_px >= params.min_edge_px and mark.breadth >= params.review_breadth


def _adds_up(mark: MarkFacts, least: float, params: WatermarkParams) -> bool:
    return mark.consistency >= params.steady or mark.consistency * mark.seen**0.5 >= least


def _is_sure(mark: MarkFacts, params: WatermarkParams) -> bool:
    return (
        _shape(mark, params)
        and mark.breadth >= params.fail_breadth
        and mark.backgrounds >= params.fail_backgrounds
        and mark.looks >= params.fail_looks
        and _stayed(mark, params.fail_survived, params)
        and _adds_up(mark, params.fail_sum, params)
        and mark.surround >= params.fail_surround
        and _shown_s(mark) >= params.min_shown_s
    )


def _is_doubtful(mark: MarkFacts, params: WatermarkParams) -> bool:
    if not (_shape(mark, params) and _stayed(mark, params.review_survived, params)):
        return False
    if mark.looks < params.review_looks:
        return False
    if mark.surround >= params.review_surround:
        return mark.backgrounds >= params.review_backgrounds and _adds_up(mark, params.review_sum, params)
    return (
        mark.edge_px >= params.large_edge_px
        and mark.surround >= params.large_surround
        and mark.consistency >= params.large_consistency
    )
