"""video/deformation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.model import Finding
from coursekit.rules.check import CannotTest, CheckContext, at_most, check, measured, one_of
from coursekit.video.facts import LetteringFacts, VideoFacts

_EVEN = 0.015


@dataclass(frozen=True, slots=True)
class DeformationParams:
    """Shapes that betray a picture put into the wrong frame."""

    unsquare_sizes: tuple[tuple[int, int], ...]
    """Stored sizes whose pixels are not square; shown without a sample aspect they are always deformed."""
    aspects: tuple[float, ...]
    """Usual shapes, width over height, lying; upright ones are their inverse."""
    aspect_tolerance_pct: float
    min_bar_pct: float
    """Narrower bars are the rim of a sensor or a codec."""
    min_bars_share: float
    """Share of the pictures looked at that must have the bars."""
    max_letter_breadth: float
    """Width over height of Chinese letters: broader, and the picture or the face is stretched."""
    min_letter_stills: int
    min_letter_lines: int
    min_letter_agree: float
    """Share of the lines that must be about as broad as most."""


@check("video/deformation", facts=VideoFacts, params=DeformationParams)
def deformation(ctx: CheckContext, facts: VideoFacts, params: DeformationParams) -> Iterator[Finding]:
    """The picture is neither stretched nor squeezed, as far as its frame can tell."""
    shape = facts.geometry
    if shape is None:
        raise CannotTest("not-measured")
    width, height = facts.display_px
    shown = width / max(height, 1)
    ctx.observe(measured(round(shown, 3)), one_of(*params.aspects))
    if shape.sample_aspect == 1 and facts.coded_px in params.unsquare_sizes:
        yield ctx.fail("aspect-lost", measured=measured(round(shown, 3)), width=width, height=height)
        return
    left, top, right, bottom = (bar * 100 >= params.min_bar_pct for bar in shape.bars)
    steady = shape.bars_share >= params.min_bars_share
    if steady and left and right and top and bottom:
        yield ctx.review("boxed-in", measured=measured(shape.active_aspect), aspect=shape.active_aspect)
    elif steady and _pair(shape.bars, left and right, top and bottom) and not _usual(shape.active_aspect, params):
        yield ctx.review("odd-inside-bars", measured=measured(shape.active_aspect), aspect=shape.active_aspect)
    elif shape.sample_aspect != 1 and not _usual(shown, params):
        yield ctx.review(
            "odd-aspect", measured=measured(round(shown, 3)), width=width, height=height, aspect=round(shown, 3)
        )
    elif shape.lettering is not None and _stretched(shape.lettering, params):
        yield ctx.review(
            "letters-stretched",
            measured=measured(shape.lettering.breadth),
            expected=at_most(params.max_letter_breadth),
            breadth=shape.lettering.breadth,
            lines=shape.lettering.lines,
        )


def _stretched(letters: LetteringFacts, params: DeformationParams) -> bool:
    """A title may be set in a broad face; that the lines of several stills all are is no usual choice."""
    return (
        letters.breadth > params.max_letter_breadth
        and letters.stills >= params.min_letter_stills
        and letters.lines >= params.min_letter_lines
        and letters.agree >= params.min_letter_agree
    )


def _pair(bars: tuple[float, float, float, float], across: bool, down: bool) -> bool:
    """Bars are made in pairs; a dark scene is dark on one side more than on the other."""
    left, top, right, bottom = bars
    return (across and abs(left - right) <= _EVEN) or (down and abs(top - bottom) <= _EVEN)


def _usual(aspect: float, params: DeformationParams) -> bool:
    if aspect <= 0:
        # A sliver whose shape was rounded away.
        return False
    lying = max(aspect, 1 / aspect)
    return any(abs(lying / usual - 1) * 100 <= params.aspect_tolerance_pct for usual in params.aspects)
