"""probe/resolution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.model import Finding, LessonFacts
from coursekit.probe.subject import shown
from coursekit.rules.check import CannotTest, CheckContext, at_least, check, measured


@dataclass(frozen=True, slots=True)
class ResolutionParams:
    """How many lines a picture must have. Upright or lying, the shorter side counts."""

    min_short_side_px: int


@check("probe/resolution", facts=LessonFacts, params=ResolutionParams)
def resolution(ctx: CheckContext, facts: LessonFacts, params: ResolutionParams) -> Iterator[Finding]:
    """The picture as shown has enough lines."""
    picture = shown(facts).picture
    if picture is None:
        raise CannotTest("size-unknown")
    width, height = picture.display_px
    # Sample aspect widens what is stored; lines that were never recorded do not count.
    stored = min(picture.coded_px)
    short = min(width, height, stored)
    aspect = picture.display_aspect
    shape = f" ({aspect.numerator}:{aspect.denominator})" if aspect is not None else ""
    found, wanted = measured(f"{width}×{height}{shape}", "px"), at_least(params.min_short_side_px, "px")
    ctx.observe(found, wanted)
    if short < params.min_short_side_px:
        code = "too-small" if width >= height else "too-small-upright"
        yield ctx.fail(
            code,
            measured=found,
            expected=wanted,
            width=width,
            height=height,
            short=short,
            wanted=params.min_short_side_px,
        )
