"""cover/image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from coursekit.model import CoverFacts, Finding
from coursekit.probe.facts import ImageFacts
from coursekit.probe.sniff import EXTENSIONS, extension_of
from coursekit.rules.check import (
    CannotTest,
    CheckContext,
    at_least,
    at_most,
    between,
    check,
    equal_to,
    measured,
    one_of,
)

_SCREEN_MODES = ("RGB", "RGBA", "L", "LA", "P", "PA", "1")


@dataclass(frozen=True, slots=True)
class ImageParams:
    """What a cover must be to be shown well anywhere."""

    formats: tuple[str, ...]
    min_short_side_px: int
    review_short_side_px: int
    max_long_side_px: int
    min_aspect: float
    """Width over height as shown; so is the next."""
    max_aspect: float
    max_bytes: int
    blank_luma_std: float
    """At or below this the picture holds nothing; up to the next a person looks."""
    review_luma_std: float


@check("cover/image", facts=CoverFacts, params=ImageParams)
def image(ctx: CheckContext, facts: CoverFacts, params: ImageParams) -> Iterator[Finding]:
    """The cover opens, is large enough, still, and shows something."""
    found = facts.file.image
    if found is None:
        raise CannotTest("not-measured")
    width, height = found.display_px or found.size_px
    ctx.observe(measured((width, height), "px"), at_least(params.min_short_side_px, "px"))
    if found.open_code == "unsupported":
        raise CannotTest("format-not-read", format=found.format)
    if not found.opens:
        yield _closed(ctx, found, params)
        return
    yield from _name(ctx, facts.file.path, found, params)
    yield from _size(ctx, width, height, found, params)
    yield from _shown(ctx, found, params)


def _closed(ctx: CheckContext, found: ImageFacts, params: ImageParams) -> Finding:
    code = found.open_code or "damaged"
    detail = found.open_detail or code
    if code == "empty":
        return ctx.fail("empty-file", measured=measured(0, "B"))
    if code == "too-large":
        return ctx.fail(
            "too-many-pixels", measured=measured(found.size_px, "px"), expected=at_most(params.max_long_side_px, "px")
        )
    if code == "not-an-image":
        return ctx.fail("not-an-image", measured=measured(found.format), content=found.format)
    return ctx.fail("damaged", measured=measured(detail), detail=detail)


def _name(ctx: CheckContext, path: str, found: ImageFacts, params: ImageParams) -> Iterator[Finding]:
    extension = extension_of(PurePosixPath(path))
    promised = EXTENSIONS.get(extension, (None, ()))[1]
    if promised and found.format not in promised:
        yield ctx.review(
            "name-disagrees",
            measured=measured(found.format),
            expected=one_of(*promised),
            format=found.format,
            extension=extension,
        )
    if found.format not in params.formats:
        wanted = one_of(*params.formats)
        yield ctx.review("unusual-format", measured=measured(found.format), expected=wanted, format=found.format)


def _size(ctx: CheckContext, width: int, height: int, found: ImageFacts, params: ImageParams) -> Iterator[Finding]:
    px, short = measured((width, height), "px"), min(width, height)
    if short < params.min_short_side_px:
        wanted = at_least(params.min_short_side_px, "px")
        yield ctx.fail("too-small", measured=px, expected=wanted, width=width, height=height)
    elif short < params.review_short_side_px:
        wanted = at_least(params.review_short_side_px, "px")
        yield ctx.review("small", measured=px, expected=wanted, width=width, height=height)
    if max(width, height) > params.max_long_side_px:
        yield ctx.review(
            "huge", measured=px, expected=at_most(params.max_long_side_px, "px"), width=width, height=height
        )
    aspect = round(width / height, 3) if height else 0.0
    if not params.min_aspect <= aspect <= params.max_aspect:
        wanted = between(params.min_aspect, params.max_aspect)
        yield ctx.review("odd-shape", measured=measured(aspect), expected=wanted, width=width, height=height)
    if found.size_bytes > params.max_bytes:
        yield ctx.review("heavy", measured=measured(found.size_bytes, "B"), expected=at_most(params.max_bytes, "B"))


def _shown(ctx: CheckContext, found: ImageFacts, params: ImageParams) -> Iterator[Finding]:
    if found.frames > 1:
        yield ctx.fail("moving", measured=measured(found.frames), expected=equal_to(1), frames=found.frames)
    spread = found.luma_std
    if spread is not None and spread <= params.blank_luma_std:
        yield ctx.fail("blank", measured=measured(spread), expected=at_least(params.blank_luma_std))
    elif spread is not None and spread < params.review_luma_std:
        yield ctx.review("nearly-blank", measured=measured(spread), expected=at_least(params.review_luma_std))
    if found.mode is not None and found.mode not in _SCREEN_MODES:
        yield ctx.review("print-colours", measured=measured(found.mode), expected=one_of("RGB", "L"), mode=found.mode)
    if found.orientation != 1:
        yield ctx.review(
            "turned-by-tag",
            measured=measured(found.orientation),
            expected=equal_to(1),
            width=(found.display_px or found.size_px)[0],
            height=(found.display_px or found.size_px)[1],
        )
