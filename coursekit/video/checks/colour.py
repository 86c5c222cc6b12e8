"""video/colour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.model import Finding, Span
from coursekit.rules.check import CannotTest, CheckContext, at_most, check, measured
from coursekit.video.facts import DriftSpan, JoinDifference, VideoFacts

_MAX_SINGLE = 3
_FLASH_S = 1 / 3
"""About a span of flashes, in which light that comes and goes looks like a cut to another camera."""


@dataclass(frozen=True, slots=True)
class ColourParams:
    """How far the colours of one scene may differ from shot to shot (CIE 1976), and drift within one (levels)."""

    review_delta_e: float
    fail_delta_e: float
    review_agree: float
    """Share of the places compared that must agree on the difference."""
    fail_agree: float
    fail_matches: int
    fail_moved_pct: float
    """The view must change by that much: where it stays, a lamp may have been switched on."""
    min_even: float
    """Share of a view that stays that must have changed alike: a lamp lights some of it only."""
    min_alive: float
    """Share of the picture that must live on both sides: slides may be of any colour."""
    review_drift_levels: float
    fail_drift_levels: float
    drift_share: float
    drift_alike: float
    """How much the last picture of the shot must resemble the first: less, and the camera has moved on."""


@check("video/colour", facts=VideoFacts, params=ColourParams)
def colour(ctx: CheckContext, facts: VideoFacts, params: ColourParams) -> Iterator[Finding]:
    """Shots of one scene have the same colours, and keep them."""
    joins, light = facts.joins, facts.light
    if joins is None or light is None:
        raise CannotTest("not-measured")
    expected = at_most(params.review_delta_e, "ΔE")
    candidates = [
        d
        for d in joins.differences
        if d.delta_e >= params.review_delta_e
        and d.agree >= params.review_agree
        and d.alive >= params.min_alive
        and (d.even is None or d.even >= params.min_even)
        and not any(f.start_s - _FLASH_S <= d.time_s <= f.end_s + _FLASH_S for f in light.flashes)
    ]
    ctx.observe(measured(max((d.delta_e for d in candidates), default=0.0), "ΔE"), expected)
    strong = [
        d
        for d in candidates
        if d.delta_e >= params.fail_delta_e
        and d.agree >= params.fail_agree
        and d.matches >= params.fail_matches
        and d.moved_pct >= params.fail_moved_pct
    ]
    weak = [d for d in candidates if d not in strong]
    for tell, code, some in ((ctx.fail, "colours-differ", strong), (ctx.review, "colours-near", weak)):
        for group in _grouped(some):
            top = max(group, key=lambda d: d.delta_e)
            yield tell(
                code,
                measured=measured(top.delta_e, "ΔE"),
                expected=expected,
                where=Span(group[0].time_s, group[-1].time_s),
                count=len(group),
                brightness_pct=top.brightness_pct,
                colour_levels=top.colour_levels,
            )
    for shift in light.drift:
        if _drifts(shift, params):
            tell = ctx.fail if shift.colour_levels >= params.fail_drift_levels else ctx.review
            yield tell(
                "colour-drifts" if tell == ctx.fail else "colour-wanders",
                measured=measured(shift.colour_levels, "levels"),
                expected=at_most(params.review_drift_levels, "levels"),
                where=Span(shift.start_s, shift.end_s),
                colour_levels=shift.colour_levels,
            )


def _drifts(shift: DriftSpan, params: ColourParams) -> bool:
    return (
        shift.colour_levels >= params.review_drift_levels
        and shift.share >= params.drift_share
        and shift.alike >= params.drift_alike
    )


def _grouped(differences: list[JoinDifference]) -> list[list[JoinDifference]]:
    """One by one while that can be read; two cameras that differ all through a lesson are one trouble."""
    if len(differences) <= _MAX_SINGLE:
        return [[d] for d in differences]
    return [differences]
