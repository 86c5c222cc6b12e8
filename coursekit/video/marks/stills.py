"""Marks over pictures that hardly change, where persistence proves nothing: slides, screens, talking heads.

A template's lettering stays as a mark does. What tells a mark there is what it says, that the same slanted sign stands
in several places, that the grounds of slides shine through it, or, before a camera, that it stays where somebody passes
behind it, or that a row of letters sits at the border of a plain ground. All of it is looked for in a few looks of the
lesson, so that it costs the same however long the lesson is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from coursekit.cover.reader import Words, read_words, reader_name
from coursekit.video.marks.facts import StillFacts, StillKind
from coursekit.video.marks.ink import NO_INK, Ink, find_ink
from coursekit.video.marks.looks import Look, Picture, fitted
from coursekit.video.marks.names import holder_of, plain, points_elsewhere
from coursekit.video.marks.passed import find_passed
from coursekit.video.marks.signature import likeness, signature_of
from coursekit.video.marks.strokes import Sign, count_turned, find_signs

Box = tuple[float, float, float, float]

_WORK_PX = 960
_READ_PX = 1000
"""Smaller pictures are doubled before they are read: letters of five pixels are none to a reader."""
_READ_LINE_PX = 640
"""Width at which one line, with what is round it, is read …"""
_READ_HELD = 2
"""… if it stayed so many times as often as it was covered: reading takes longer than all the rest."""
_READ_PAD_PX = 12
_COMMON = 5
_LEVELS = 12
"""Difference to the median, in levels, that an encoder may leave on what has not changed."""
_STAYS = 0.8
"""Share of looks in which something must look as it usually does; in the others a window may lie over it."""
_SAME_PX = 0.7
_DRAWN_EDGE = 20
_MIN_EDGE_PX = 60
"""Edge pixels of the smallest word that can be read, some eight letters of eight pixels."""
_BLUR_PX = 51
_OTHER_GROUND = 0.15
_SLANT = (10.0, 80.0)
_LONG = 1.8
"""Length over height from which a sign has a direction."""
_TWINS = 0.8
"""Correlation of two signs on the small grid: tiles of one mark reach 0.85–0.99, unlike signs stay below 0.6."""
_MIN_LETTERS = 3
_BORDER = (0.005, 0.11)
"""How far from the nearest border a corner graphic stands: stations keep to the title-safe area, a tenth of the picture
within it. What touches the border goes on beyond it."""
_MAX_SIZE = (0.35, 0.14)
_MAX_FOUND = 8
_SLIDES = 0.45
"""How much of the picture is drawn from which the looks are slides: what they have in common may have another ground on
each. What counts as drawn is for the profile to say, within this."""
_OTHER_INK = 0.4
"""Share of the inked cells of a look that must hold ink of its own for it to be another slide: one on which points come
one after another has 0.26 at most, one over which windows pop up 0.36; slides with a mark tiled over them 0.42."""
_TILES = 3
"""Places from which a sign is laid all over the picture."""


def find_stills(looks: Sequence[Look], aspect: float = 1.0) -> tuple[tuple[StillFacts, ...], float | None]:
    """What stays in the looks and could be a mark, the surest kind first; and how much of the picture is drawn, None
    without a look."""
    if not looks:
        return (), None
    usual = usual_of(looks)
    drawn = share_drawn(usual)
    small = fitted(usual, _WORK_PX)
    signs = find_signs(small)
    ink = find_ink(looks) if drawn >= _SLIDES else None
    lines: list[StillFacts] = []
    common = None if ink is None else ink.shown()
    read = _read(looks, usual, common)
    found = list(_words(read, looks, usual, aspect, common))
    if ink is not None and common is not None:
        shown = fitted(common, _WORK_PX)
        lines = sorted(
            _repeated(find_signs(shown), looks, usual, shown, aspect, ink), key=lambda still: -still.places
        )  # fmt: skip
        found += lines
        found += _sheer(ink, looks, read, aspect)
    if ink is None or not any(line.places >= _TILES for line in lines):
        # Of what is tiled without three letters only the median of the looks tells.
        found += _repeated(signs, looks, usual, small, aspect)
    found += [_said(still, usual) for still in find_passed(looks, usual, drawn, aspect)]
    found += _graphics(signs, looks, usual, small, aspect)
    return tuple(found[:_MAX_FOUND]), drawn


def share_drawn(usual: Picture) -> float:
    """Share of the pixels with one of the five commonest levels.

    Of 33 recorded clips those before a camera reach 0.49, a green screen 0.66, screens and slides 0.82 and more.
    """
    counts = np.sort(np.bincount(usual.ravel(), minlength=256))
    return round(float(counts[-_COMMON:].sum() / counts.sum()), 2)


def usual_of(looks: Sequence[Look]) -> Picture:
    """The median of the looks: what moves goes, what stays stays."""
    middle = len(looks) // 2
    return np.asarray(np.partition(np.stack([look.luma for look in looks]), middle, axis=0)[middle], np.uint8)


def _read(looks: Sequence[Look], usual: Picture, common: Picture | None) -> list[Words]:
    """What stays to be read. Reading costs seconds: it is done once, and not where no drawn edge stays."""
    if reader_name() is None:
        return []
    if common is not None:
        stays, shown = common != NO_INK, common
    else:
        stays = np.mean([cv2.absdiff(look.luma, usual) <= _LEVELS for look in looks], axis=0) >= _STAYS
        shown = np.asarray(np.where(stays, usual, cv2.blur(usual, (_BLUR_PX, _BLUR_PX))), np.uint8)
    edges = (
        cv2.morphologyEx(usual if common is None else shown, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
        > _DRAWN_EDGE
    )
    if int(np.count_nonzero(edges & stays)) < _MIN_EDGE_PX:
        return []
    if max(shown.shape) < _READ_PX:
        shown = np.asarray(cv2.resize(shown, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)
    return list(read_words(np.asarray(cv2.cvtColor(shown, cv2.COLOR_GRAY2BGR), np.uint8)))


def _words(
    read: Sequence[Words], looks: Sequence[Look], usual: Picture, aspect: float, common: Picture | None
) -> Iterator[StillFacts]:
    """What says whose it is, the same words all over the picture as one. `common`: they were read in what the looks
    have in common, whatever the ground."""
    said: dict[str, list[Words]] = {}
    for words in read:
        if holder_of(words.text) is not None or points_elsewhere(words.text) is not None:
            said.setdefault(plain(words.text), []).append(words)
    for same in said.values():
        # Of a title and a mark that say the same each is judged by itself.
        told = same if len(same) < _TILES else [min(same, key=lambda one: (round(one.box[3], 2), -one.score))]
        for words in told:
            alone = not any(_beside(words, other) for other in read if other not in same)
            alone = alone and (len(same) >= _TILES or not any(_beside(words, o) for o in same if o is not words))
            still = _still(
                StillKind.WORDS, words.box, looks, usual, aspect, places=len(same) if len(told) == 1 else 1,
                alone=alone, text=words.text, score=words.score, common=common,
            )  # fmt: skip
            if still is not None:
                yield still


def _sheer(ink: Ink, looks: Sequence[Look], read: Sequence[Words], aspect: float) -> Iterator[StillFacts]:
    """Signs that grounds shine through; one that is tiled as one."""
    height, width = ink.common.shape
    signs = [sign for sign in ink.sheers if sign.letters >= _MIN_LETTERS]
    left = [(sign, signature_of(_edges_of(sign.strokes * 255), aspect)) for sign in signs]
    times = [look.time_s for look in looks]
    while left:
        first, mark = left[0]
        twins = [one for one, other in left if one is first or likeness(mark, other) >= _TWINS]
        left = [pair for pair in left if pair[0] not in twins]
        boxes = [_place(one.place, width, height) for one in twins]
        box = _round_boxes(boxes) if len(twins) >= _TILES else boxes[0]
        said = [words for words in read if _reads(words, box)]
        yield StillFacts(
            kind=StillKind.SHEER,
            box=box,
            span=(round(min(times), 3), round(max(times), 3)),
            looks=len(looks),
            places=len(twins),
            grounds=max(one.grounds for one in twins),
            letters=max(one.letters for one in twins),
            opacity=first.opacity,
            shown_at_s=round(first.clearest_s, 3),
            text=" ".join(words.text for words in said) or None,
            score=min((words.score for words in said), default=None),
            signature=mark,
        )


def _place(place: tuple[slice, slice], width: int, height: int) -> Box:
    rows, columns = place
    return (
        round(columns.start / width, 4), round(rows.start / height, 4),
        round((columns.stop - columns.start) / width, 4), round((rows.stop - rows.start) / height, 4),
    )  # fmt: skip


def _reads(words: Words, box: Box) -> bool:
    """Whether the words stand in the box."""
    x, y, w, h = words.box
    return box[0] <= x + w / 2 <= box[0] + box[2] and box[1] <= y + h / 2 <= box[1] + box[3]


def _said(still: StillFacts, usual: Picture) -> StillFacts:
    """With the words of a line: a studio may have registered its own by them."""
    held, covered = still.held or 0, still.covered or 0
    if reader_name() is None or still.letters < _MIN_LETTERS or held < _READ_HELD * max(covered, 1):
        return still
    line = usual[_pixels(still.box, usual, _READ_PAD_PX)]
    scale = _READ_LINE_PX / line.shape[1]
    line = np.asarray(cv2.resize(line, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)
    # A reader enlarges its picture until the shorter side is long enough: a bare line would become enormous.
    shown = np.full((max(_READ_LINE_PX, line.shape[0]), line.shape[1]), np.median(line), np.uint8)
    shown[: line.shape[0]] = line
    read = read_words(np.asarray(cv2.cvtColor(shown, cv2.COLOR_GRAY2BGR), np.uint8))
    if not read:
        return still
    return replace(still, text=" ".join(words.text for words in read), score=min(words.score for words in read))


def _beside(one: Words, other: Words) -> bool:
    """Whether two lines stand in one row: a bar of addresses, a menu, a task bar."""
    common = min(one.box[1] + one.box[3], other.box[1] + other.box[3]) - max(one.box[1], other.box[1])
    return common > 0.5 * min(one.box[3], other.box[3])


def _repeated(
    signs: Sequence[Sign], looks: Sequence[Look], usual: Picture, small: Picture, aspect: float, ink: Ink | None = None
) -> Iterator[StillFacts]:
    """Slanted signs, those alike as one. `ink`: they were found in what is common to the looks."""
    slanted = [s for s in signs if _SLANT[0] <= s.angle_deg <= _SLANT[1] and s.elongation >= _LONG]
    marks = [signature_of(sign.mask.astype(np.float32)) for sign in slanted]
    left = list(range(len(slanted)))
    while left:
        first, *rest = left
        twins = [first, *(n for n in rest if _alike(slanted[first], slanted[n], marks[first], marks[n]))]
        left = [n for n in rest if n not in twins]
        letters = 0 if ink is None else max(_turned_letters(slanted[n], small) for n in twins)
        # At a card's corners the ground is neither card nor paper: each leaves the same slanted ink, but no letters.
        enough = len(twins) >= 2 if ink is None else letters >= _MIN_LETTERS
        if not enough:
            continue
        boxes = [_share(slanted[n], small) for n in twins]
        still = _still(
            StillKind.REPEATED, boxes[0], looks, usual, aspect, places=len(twins), letters=letters,
            common=None if ink is None else small,
        )  # fmt: skip
        if still is not None and len(twins) >= _TILES:
            still = replace(still, box=_round_boxes(boxes))
        if still is not None and ink is not None:
            still = replace(still, grounds=sum(other >= _OTHER_INK for other in ink.others))
        if still is not None:
            yield still


def _turned_letters(sign: Sign, shown: Picture) -> int:
    x, y, w, h = sign.box
    ink = shown[y : y + h, x : x + w].astype(np.float32) - NO_INK
    return count_turned((np.maximum(ink, 0), np.maximum(-ink, 0)), sign.mask)


def _round_boxes(boxes: Sequence[Box]) -> Box:
    x0, y0 = min(b[0] for b in boxes), min(b[1] for b in boxes)
    x1, y1 = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
    return x0, y0, round(x1 - x0, 4), round(y1 - y0, 4)


def _alike(one: Sign, other: Sign, mark: str, other_mark: str) -> bool:
    sizes = zip(one.box[2:], other.box[2:], strict=True)
    return all(abs(a - b) <= 0.15 * max(a, b) + 2 for a, b in sizes) and likeness(mark, other_mark) >= _TWINS


def _graphics(
    signs: Sequence[Sign], looks: Sequence[Look], usual: Picture, small: Picture, aspect: float
) -> Iterator[StillFacts]:
    for sign in signs:
        x, y, w, h = box = _share(sign, small)
        nearest = min(x, y, 1 - x - w, 1 - y - h)
        fits = w <= _MAX_SIZE[0] and h <= _MAX_SIZE[1] and _BORDER[0] <= nearest <= _BORDER[1]
        if not fits or sign.letters < _MIN_LETTERS:
            continue
        still = _still(
            StillKind.GRAPHIC, box, looks, usual, aspect, letters=sign.letters, ground_slope=round(sign.around, 2)
        )
        if still is not None:
            yield still


def _share(sign: Sign, picture: Picture) -> Box:
    height, width = picture.shape
    x, y, w, h = sign.box
    return round(x / width, 4), round(y / height, 4), round(w / width, 4), round(h / height, 4)


def _still(
    kind: StillKind,
    box: Box,
    looks: Sequence[Look],
    usual: Picture,
    aspect: float,
    *,
    places: int = 1,
    alone: bool = True,
    text: str | None = None,
    score: float | None = None,
    letters: int = 0,
    ground_slope: float | None = None,
    common: Picture | None = None,
) -> StillFacts | None:
    """The facts of a place, or None where it does not stay. `common`: what is known to stay, though its ground does
    not."""
    inner = _pixels(box, usual)
    pad = max(4, round(0.6 * (inner[0].stop - inner[0].start)))
    outer = _pixels(box, usual, pad)
    ring = np.ones(usual.shape, bool)
    ring[inner] = False
    ring = ring[outer]
    stays = list(looks) if common is not None else _staying(looks, usual, inner)
    shown = usual if common is None else common
    if not stays:
        return None
    grounds = sum(
        bool(np.mean(cv2.absdiff(look.luma[outer], usual[outer])[ring] > _LEVELS) > _OTHER_GROUND) for look in stays
    )
    times = [look.time_s for look in stays]
    return StillFacts(
        kind=kind,
        box=box,
        span=(round(min(times), 3), round(max(times), 3)),
        looks=len(looks),
        places=places,
        grounds=grounds,
        alone=alone,
        letters=letters,
        ground_slope=ground_slope,
        text=text,
        score=score,
        signature=signature_of(_edges_of(shown[_pixels(box, shown)]), aspect),
    )


def _edges_of(picture: Any) -> Any:
    smooth = cv2.GaussianBlur(picture, (0, 0), 0.8)
    return cv2.magnitude(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))


def _pixels(box: Box, picture: Picture, pad: int = 0) -> tuple[slice, slice]:
    height, width = picture.shape
    x0, y0 = max(0, int(box[0] * width) - pad), max(0, int(box[1] * height) - pad)
    x1, y1 = int((box[0] + box[2]) * width) + 1 + pad, int((box[1] + box[3]) * height) + 1 + pad
    return slice(y0, min(height, y1)), slice(x0, min(width, x1))


def _staying(looks: Sequence[Look], usual: Picture, place: tuple[slice, slice]) -> list[Look]:
    """The looks in which a place looks as it usually does; none where those are too few."""
    there = [k for k in looks if np.mean(cv2.absdiff(k.luma[place], usual[place]) <= _LEVELS) >= _SAME_PX]
    return there if len(there) >= _STAYS * len(looks) else []
