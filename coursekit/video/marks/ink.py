"""Ink that stands on all slides alike, and what their grounds shine through.

Of each look the ground is taken off: the median of a window that is wider than any stroke. What is left the same way in
four looks of five is common to them, on whatever ground it stands: letters on a bar that has another colour on every
slide are legible in it, and hardly are in the median of the looks.

A mark laid over finished slides is seldom opaque, ink of a template mostly is: white letters on a blue bar are as white
on a red one. By how much ink differs from its ground falls, from ground to ground, by as much of the ground's own
change as the ink hides: a line through the looks says how much that is. Of marks laid on at 0.3 and 0.5 it said 0.29
and 0.49 in the middle, of opaque titles, footers and logos on changing grounds 1.00. The rims of opaque strokes are
half ground, and so is all of small or blurred print: but there every share of ground is found, in a mark only one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.marks.looks import Look, Picture
from coursekit.video.marks.strokes import count_letters, count_turned

Bits = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.int16]
Map = npt.NDArray[np.float32]

NO_INK = 128
_WINDOW = 1 / 24
"""Of the width, of the window whose median is the ground: strokes of what is a third as wide as the picture fill less
than half of it."""
_ALIKE = 0.2
"""Share of the looks that may lack what is common to them."""
_STRIP_PX = 60
_GAIN, _FAINT_TO, _MOST = 3, 20, 126
"""Times the common ink is shown stronger than it is, up to so many levels of it: a reader wants more than 0.15 of black
on white. What is stronger goes on rising, so that letters on a label, which is ink itself, stand out from it."""
_FADED = (0.05, 0.95)
"""How much of another look's contrast is left in one that is fading."""
_BLACK = 12
"""Levels near which black is, whether of the full range or not."""
_FADE_STRAYS, _BLANK = 0.6, 1.5
"""Levels by which a fading look, made small, differs from the darker other one; and contrast from which it shows
anything."""
_CELLS = (16, 9)
_CELL_INK, _OWN = 0.01, 0.5
"""Share of a cell that must be ink for ink to stand there, and share of that which must be its own for it to be
another's: a lecturer's inset or a pointer changes few cells, another slide most of them."""
_INK = 12
"""Levels from which a pixel of a look is ink."""
_FAINT = 4
"""Levels by which what stands out differs from its ground …"""
_SEEN = (3, 0.3)
"""… in so many looks, and such a share of them: white ink shows on the coloured slides only."""
_GROUNDS = 8.0
"""Standard deviation of the grounds, in levels, by which they differ at all."""
_STEP = 6
"""Levels from which a ground is another one."""
_OPACITY = (0.08, 0.65)
_STRAYS = 3.0
"""Levels, root of the mean square, by which looks may stray from the line."""
_EVEN = 2.0
"""Times as much at most as what hides least of its ground, but for a fifth, what hides most of it, but for a fifth, may
hide. Marks over slides had 1.0-1.7, opaque print too small or blurred for a stroke to be ink all through 2.4-4.6."""
_REACH = 1 / 64
"""Gap that still joins strokes, of the long side."""
_LEAST_PX = 10
"""Pixels of the smallest sign, in a picture 640 wide."""
_RING_PX = (2, 3)
"""How far from a stroke the ground round it is looked at, in a picture 640 wide …"""
_PLAIN = 0.5
"""… and how much of it must be ground: between a bar and a footer the median is neither, and strokes have none round
them. Letters laid over a title had 0.52."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheer:
    """A sign through which grounds shine."""

    place: tuple[slice, slice]
    """Rows and columns."""
    strokes: Map
    """How much of its ground each pixel of the place hides."""
    opacity: float
    """In the middle."""
    grounds: int
    """Levels of ground it was seen over, each unlike all others."""
    letters: int
    clearest_s: float
    """When it stands out most: white ink does not on white slides."""


@dataclass(frozen=True, slots=True, eq=False)
class Ink:
    """Of looks of one size."""

    common: Levels
    """By how many levels each pixel differs from its ground in four looks of five; 0 where it does not."""
    others: tuple[float, ...]
    """For each look in how much of the picture, as far as ink stands there, it is not the common ink."""
    sheers: tuple[Sheer, ...]
    """Signs through which grounds shine, the largest first."""

    def shown(self) -> Picture:
        """The common ink on grey, what is faint stronger than it is."""
        strength = np.abs(self.common)
        shown = np.interp(strength, (0, _FAINT_TO, 255), (0, _GAIN * _FAINT_TO, _MOST))
        return np.asarray(NO_INK + np.sign(self.common) * shown, np.uint8)


def find_ink(looks: Sequence[Look]) -> Ink:
    """What is common to looks, and what shines through."""
    height, width = looks[0].luma.shape
    window = max(3, round(width * _WINDOW)) | 1
    looks = _unfaded(looks)
    grounds = [np.asarray(cv2.medianBlur(look.luma, window), np.uint8) for look in looks]
    common = np.zeros((height, width), np.int16)
    opacity = np.zeros((height, width), np.float32)
    usual = np.zeros((height, width), np.float32)
    inked, own = (np.zeros((len(looks), _CELLS[1], _CELLS[0])) for _ in range(2))
    for top in range(0, height, _STRIP_PX):
        strip = slice(top, top + _STRIP_PX)
        under = np.stack([ground[strip] for ground in grounds])
        apart = np.stack([look.luma[strip] for look in looks]).astype(np.int16) - under
        opacity[strip] = _hidden(under, apart)
        common[strip] = _common(apart)
        usual[strip] = apart.mean(axis=0)
        ink = np.abs(apart) >= _INK
        _count(inked, ink, top, height)
        _count(own, ink & (common[strip] == 0), top, height)
    pictures = list(zip(looks, grounds, strict=True))
    there = inked >= max(1.0, _CELL_INK * height * width / inked[0].size)
    others = np.count_nonzero(there & (own >= _OWN * inked), axis=(1, 2)) / np.maximum(there.sum(axis=(1, 2)), 1)
    return Ink(common, tuple(others.tolist()), tuple(_sheers(opacity, usual, pictures)))


def _unfaded(looks: Sequence[Look]) -> Sequence[Look]:
    """Without those that show another one while it fades: in a fade everything is sheer."""
    kept = [look for look in looks if not any(_fades(look, other) for other in looks if other is not look)]
    return kept or looks


def _fades(look: Look, other: Look) -> bool:
    """Whether a look is another one on its way from or to black. A bar of a lighter colour on white paper is weaker
    too, but the paper stays as it is."""
    x, y = (one.thumb.ravel().astype(np.float64) for one in (other, look))
    if y.std() < _BLANK or x.std() < _BLANK:
        return False
    slope, level = np.polyfit(x, y, 1)
    darker = _FADED[0] <= slope <= _FADED[1] and abs(level) <= _BLACK * (2 - slope)
    return bool(darker and np.abs(y - slope * x - level).mean() <= _FADE_STRAYS)


def _count(cells: npt.NDArray[np.float64], bits: Bits, top: int, height: int) -> None:
    """Add the pixels of a strip to the cells of the whole picture that hold them."""
    rows = (np.arange(top, top + bits.shape[1]) * cells.shape[1]) // height
    columns = (np.arange(bits.shape[2]) * cells.shape[2]) // bits.shape[2]
    starts = np.searchsorted(columns, np.arange(cells.shape[2]))
    by_row = np.add.reduceat(bits, starts, axis=2, dtype=np.float64)
    for row in np.unique(rows):
        cells[:, row] += by_row[:, rows == row].sum(axis=1)


def _sheers(opacity: Map, usual: Map, pictures: Sequence[tuple[Look, Picture]]) -> Iterator[Sheer]:
    """Signs of strokes through which grounds shine, the largest first. `usual`: by how much each pixel differs from its
    ground on average. `pictures`: looks, each with its ground."""
    height, width = opacity.shape
    unit = max(1, round(width / 640))
    # Rims are thinner, and shine through at any opacity.
    core = cv2.erode((opacity > 0).astype(np.uint8), np.ones((2, 2), np.uint8))
    reach = max(5, round(max(height, width) * _REACH)) | 1
    number, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(core, np.ones((reach, reach), np.uint8)))
    found: list[tuple[int, Sheer]] = []
    for label in range(1, number):
        left, top, w, h = (int(n) for n in stats[label, :4])
        area = (slice(top, top + h), slice(left, left + w))
        inner = (core[area] > 0) & (labels[area] == label)
        count = int(np.count_nonzero(inner))
        if count < _LEAST_PX * unit * unit:
            continue
        sheer = _sheer(opacity, usual, pictures, area, inner, unit)
        if sheer is not None:
            found.append((count, sheer))
    yield from (sheer for _, sheer in sorted(found, key=lambda one: -one[0]))


def _common(apart: Levels) -> Levels:
    lacking = int(_ALIKE * len(apart))
    ordered = np.sort(apart, axis=0)
    least, most = ordered[lacking], ordered[len(apart) - 1 - lacking]
    return np.asarray(np.where(least > 0, least, np.where(most < 0, most, 0)), np.int16)


def _hidden(grounds: npt.NDArray[np.uint8], apart: Levels) -> Map:
    """How much of a ground each pixel hides, 0 where nothing shines through."""
    seen = np.count_nonzero(np.abs(apart) >= _FAINT, axis=0)
    x, y = grounds.astype(np.float32), apart.astype(np.float32)
    x -= x.mean(axis=0)
    y -= y.mean(axis=0)
    power = np.mean(x * x, axis=0)
    slope = np.mean(x * y, axis=0) / np.maximum(power, 1e-3)
    strays = np.mean(np.square(y - slope * x), axis=0)
    sheer = (
        (power >= _GROUNDS * _GROUNDS)
        & (seen >= max(_SEEN[0], _SEEN[1] * len(apart)))
        & (-slope > _OPACITY[0])
        & (-slope < _OPACITY[1])
        & (strays <= _STRAYS * _STRAYS)
    )
    return np.asarray(np.where(sheer, -slope, 0), np.float32)


def _sheer(
    opacity: Map, usual: Map, pictures: Sequence[tuple[Look, Picture]], area: tuple[slice, slice], inner: Bits,
    unit: int,
) -> Sheer | None:  # fmt: skip
    """What is known of one sign; None where what is round it is no ground, or where it is not of one opacity."""
    near, far = (unit * px for px in _RING_PX)
    padded = np.pad(inner.astype(np.uint8), far)
    ring = (_wider(padded, far) > 0) & (_wider(padded, near) == 0)
    rows, columns = area
    height, width = opacity.shape
    # The ring may reach beyond the picture.
    ring = ring[
        max(0, far - rows.start) : ring.shape[0] - max(0, rows.stop + far - height),
        max(0, far - columns.start) : ring.shape[1] - max(0, columns.stop + far - width),
    ]
    round_rows = slice(max(0, rows.start - far), min(height, rows.stop + far))
    round_columns = slice(max(0, columns.start - far), min(width, columns.stop + far))
    plain: list[float] = []
    levels: list[float] = []
    apart: list[float] = []
    for look, ground in pictures:
        close = cv2.absdiff(look.luma[round_rows, round_columns], ground[round_rows, round_columns]) <= _STEP
        plain.append(float(close[ring].mean()) if ring.any() else 0.0)
        levels.append(float(np.median(ground[area][inner])))
        apart.append(float(cv2.absdiff(look.luma[area], ground[area])[inner].mean()))
    least, middle, most = np.percentile(opacity[area][inner], (20, 50, 80))
    if float(np.median(plain)) < _PLAIN or most > _EVEN * least:
        return None
    ys, xs = np.nonzero(inner)
    place = (
        slice(rows.start + int(ys.min()), rows.start + int(ys.max()) + 1),
        slice(columns.start + int(xs.min()), columns.start + int(xs.max()) + 1),
    )
    strokes = opacity[place]
    return Sheer(
        place=place,
        strokes=strokes,
        opacity=round(float(middle), 2),
        grounds=1 + int(np.count_nonzero(np.diff(np.sort(levels)) >= _STEP)),
        letters=_letters((strokes * 255, *_sides(usual[place])), strokes > 0),
        clearest_s=pictures[int(np.argmax(apart))][0].time_s,
    )


def _sides(usual: Map) -> Iterator[Map]:
    """Ink lighter than its ground, and darker. Of outlined letters the letter is the one, its rim the other."""
    for side in (usual, -usual):
        yield np.asarray(np.clip(side, 0, 255), np.float32)


def _letters(contrasts: Sequence[Map], mask: Bits) -> int:
    """Letters of a row, whichever way it is turned."""
    return max(count_turned(contrasts, mask), *(count_letters(contrast, mask) for contrast in contrasts))


def _wider(bits: npt.NDArray[np.uint8], reach: int) -> npt.NDArray[np.uint8]:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(bits, kernel), np.uint8)
