"""Lettering behind which somebody passes while its strokes stay.

Before a locked camera persistence proves nothing: behind most of a station's name nothing ever changes. But where
somebody walks by, what is painted on the wall is covered, and what lies over the picture is not. That is looked for in
the few looks of a lesson, piece by piece along a line of strokes: where what is above it, below it and between its
strokes became another, the strokes stand out as light ink over the new ground would; or they are gone; or they went
darker or lighter together with the ground, as under a shadow.

Only light ink is looked at: under a shadow print on paper stands out as dark ink over it would.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.marks.facts import StillFacts, StillKind
from coursekit.video.marks.looks import Look, Picture
from coursekit.video.marks.signature import signature_of
from coursekit.video.marks.strokes import Bits, count_letters, light_ink

Box = tuple[int, int, int, int]
Levels = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int_]

_WORK_PX = 960
"""Long side; smaller pictures are enlarged: a letter of an old recording's 352 pixels is then as large as another's."""
_INKS = (20.0, 36.0, 60.0)
"""Levels from which strokes are told from their ground: white at an opacity of 0.3 adds 31 to a light grey. What a
wall joins to a line at one of them is gone at another."""
_CHANGED = 12
"""Levels, as in `stills`."""
_MIN_LOOKS = 3
"""Fewer looks have no usual state, and nothing passes in them three times."""
_MIN_STANDS = 0.4
"""Share of the picture that must be as usual in a look, or it shows another scene or other light: looks of a locked
camera have 0.52 and more, smoke and all."""
_DRAWN = 0.7
"""Share of the commonest levels from which it is a slide or a screen: those have 0.76 and more, a locked camera before
a plain wall up to 0.67."""
_LINK_PX = (15, 13)
"""Strokes so close, across and down, are of one group: letters of a word, strokes of a letter."""
_TAIL = 0.03
"""Share of a group's ink at its top and at its bottom that may belong to what only touches the line: with less a shelf
behind a station's name made it half as high again, with more its upper strokes went."""
_CORE = 0.8
"""Of a group's height: where all but that tail takes up less, something touches the line; a round letter's rim takes up
an eighth."""
_MIN_HIGH_PX, _MAX_HIGH = 8, 0.16
"""Of a line, in pixels and of the picture's height: what is higher is a shelf, a railing, a window."""
_LONG = 2.0
"""Length over height of the shortest line: three letters."""
_GAP = 1.2
"""Heights between two strokes of one line, as between two words."""
_PART = 0.5
"""Of a line's height: what is lower is none of its letters."""
_BAND = 0.7
"""Heights of the line that are looked at above and below it …"""
_OFF_PX = 3
"""… so far from it: encoders smear the rim of strokes."""
_MOST, _FEW = 0.5, 0.2
"""Share of both bands that must have changed, and up to which they are the usual ones."""
_BETWEEN = 0.4
"""And share of the ground between the strokes: a plate on a desk keeps it, whoever moves behind the plate."""
_ANOTHER = 30.0
"""Levels by which the ground between the strokes must be lighter or darker than usual for them to have stayed over
another. Leaves and grass in the wind change as many pixels as a passer-by, but stay as light (light blades of a meadow:
eight pieces over a ground 5–7 levels apart), and over a ground as light as ever nothing tells paint from an overlay. Of
a station's name 24 of 53 pieces still count (32 at 20 levels, 22 at 40), of 64 made overlays 16 are found, not 19."""
_RIM_PX, _RING_PX = 5, 13
"""Of what is nearest to a stroke the first is neither ink nor ground, the rest is the ground it stands out from."""
_MIN_PX = 8
"""Pixels of ink and of ground from which a piece has a level."""
_NONE = np.float32(1e-3)
"""Pixels of a piece that has none: nothing is told of it."""
_LEAST = 10.0
"""Levels of contrast below which nothing can be told: light ink over ground as light."""
_LETTERS = 2
"""Of two lines at one place the one with so many letters is kept: many a letter touches the next one."""
_KEPT = 3


@dataclass(frozen=True, slots=True)
class _Passing:
    """What became of a line in the looks, in pieces."""

    box: Box
    mask: Bits
    letters: int
    held: Counts
    """For each look."""
    covered: Counts

    @property
    def rank(self) -> tuple[bool, int]:
        """A line of letters first, then what stayed most often."""
        return self.letters >= _LETTERS, int(self.held.sum() - 2 * self.covered.sum())


def find_passed(looks: Sequence[Look], usual: Picture, drawn: float, aspect: float = 1.0) -> list[StillFacts]:
    """Lines of light strokes that stayed where something passed behind them, the surest first."""
    if len(looks) < _MIN_LOOKS or drawn >= _DRAWN:
        return []
    ground = _sized(usual)
    pictures = [_sized(look.luma) for look in looks]
    changed = [np.asarray(cv2.absdiff(picture, ground) > _CHANGED) for picture in pictures]
    stands = np.array([1 - np.count_nonzero(bits) / bits.size for bits in changed])
    there = [int(n) for n in np.flatnonzero(stands >= _MIN_STANDS)]
    busy = _busy([changed[n] for n in there], ground)
    if not busy.any():
        return []
    contrast = light_ink(ground)
    found: list[_Passing] = []
    for least in _INKS:
        ink = np.asarray(contrast > least)
        for group in _groups(ink, busy):
            box, mask = _whole_line(ink, group)
            if box[2] >= _LONG * box[3]:
                held, covered = _followed(box, mask, ground, pictures, changed, there)
                if held.any():
                    x, y, w, h = box
                    letters = count_letters(contrast[y : y + h, x : x + w], mask)
                    found.append(_Passing(box, mask, letters, held, covered))
    best: list[_Passing] = []
    for passing in sorted(found, key=lambda p: p.rank, reverse=True):
        if not any(_overlap(passing.box, other.box) for other in best):
            best.append(passing)
    return [_facts(passing, looks, ground, float(stands.mean()), aspect) for passing in best[:_KEPT]]


def _sized(luma: Picture) -> Picture:
    scale = _WORK_PX / max(luma.shape)
    size = (max(16, round(luma.shape[1] * scale)), max(16, round(luma.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.GaussianBlur(cv2.resize(luma, size, interpolation=how), (0, 0), 0.6), np.uint8)


def _busy(changed: Sequence[Bits], ground: Picture) -> Bits:
    """Where something passes in enough looks to be judged by."""
    height, width = ground.shape
    cells = (max(2, width // 32), max(2, height // 32))
    often = np.zeros(cells[::-1], np.int_)
    for bits in changed:
        often += cv2.resize(bits.astype(np.float32), cells, interpolation=cv2.INTER_AREA) > _BETWEEN
    wide = cv2.dilate((often >= _MIN_LOOKS).astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(cv2.resize(wide, (width, height), interpolation=cv2.INTER_NEAREST) > 0)


def _groups(ink: Bits, busy: Bits) -> Iterator[Box]:
    """Strokes close by each other, as high as a line may be, of which some stand where something passes."""
    joined = cv2.dilate(ink.astype(np.uint8), np.ones(_LINK_PX[::-1], np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    for label in np.unique(labels[busy & ink]):
        left, top, w, h, _ = (int(n) for n in stats[label])
        area = (slice(top, top + h), slice(left, left + w))
        mask = ink[area] & (labels[area] == label)
        columns = np.flatnonzero(mask.any(axis=0))
        first, last = _rows(np.count_nonzero(mask, axis=1))
        wide, high = int(columns[-1] - columns[0]) + 1, last - first + 1
        if _MIN_HIGH_PX <= high <= min(wide, _MAX_HIGH * ink.shape[0]):
            yield left + int(columns[0]), top + first, wide, high


def _rows(ink: Counts) -> tuple[int, int]:
    """The first and the last row of a line by its ink in each row, without what only touches it."""
    rows = np.flatnonzero(ink)
    first, last = int(rows[0]), int(rows[-1])
    total = np.cumsum(ink)
    top, bottom = (int(n) for n in np.searchsorted(total, (_TAIL * total[-1], (1 - _TAIL) * total[-1])))
    return (top, bottom) if bottom - top < _CORE * (last - first) else (first, last)


def _whole_line(ink: Bits, group: Box) -> tuple[Box, Bits]:
    """What stands in the row of a group at its height, as far as one stroke follows the other; its ink."""
    x, y, w, high = group
    row = ink[y : y + high]
    _, _, stats, _ = cv2.connectedComponentsWithStats(row.astype(np.uint8))
    strokes = [s for s in stats[1:].tolist() if s[cv2.CC_STAT_HEIGHT] >= _PART * high]
    spans = sorted((s[cv2.CC_STAT_LEFT], s[cv2.CC_STAT_LEFT] + s[cv2.CC_STAT_WIDTH]) for s in strokes)
    left, right = x, x + w
    for start, end in spans:
        if left <= start <= right + _GAP * high:
            right = max(right, end)
    for start, end in sorted(spans, key=lambda span: -span[1]):
        if right >= end >= left - _GAP * high:
            left = min(left, start)
    return (left, y, right - left, high), row[:, left:right]


def _followed(
    box: Box, mask: Bits, ground: Picture, pictures: Sequence[Picture], changed: Sequence[Bits], there: Sequence[int]
) -> tuple[Counts, Counts]:
    """In how many pieces of each look the line stayed over another ground, and in how many it is gone."""
    held, covered = np.zeros(len(pictures), np.int_), np.zeros(len(pictures), np.int_)
    x, y, w, h = box
    top = max(0, y - _OFF_PX - round(_BAND * h))
    window = (slice(top, min(ground.shape[0], y + h + _OFF_PX + round(_BAND * h))), slice(x, x + w))
    above, below = slice(0, max(0, y - _OFF_PX - top)), slice(y + h + _OFF_PX - top, None)
    core = np.zeros(ground[window].shape, np.float32)
    core[y - top : y - top + h] = mask
    rim = cv2.dilate(core, np.ones((_RIM_PX, _RIM_PX), np.uint8))
    ring = cv2.dilate(core, np.ones((_RING_PX, _RING_PX), np.uint8)) - rim
    whole = np.ones_like(core)
    # Pieces half as wide as the line is high.
    cuts = np.linspace(0, w, max(1, round(2 * w / h)), endpoint=False).astype(np.int_)

    def sums(values: npt.NDArray[Any]) -> Levels:
        return np.asarray(np.add.reduceat(values.sum(axis=0), cuts), np.float32)

    above_px, below_px = sums(whole[above]), sums(whole[below])
    if not (above_px.all() and below_px.all()):
        return held, covered
    ink_px, ring_px = sums(core), sums(ring)

    def levels(picture: Picture) -> tuple[Levels, Levels]:
        part = picture[window].astype(np.float32)
        return sums(part * core) / (ink_px + _NONE), sums(part * ring) / (ring_px + _NONE)

    ink, usual_ground = levels(ground)
    usual = ink - usual_ground
    usable = (np.minimum(ink_px, ring_px) >= _MIN_PX) & (usual >= _LEAST)
    for number in there:
        other = changed[number][window].astype(np.float32)
        up, down = sums(other[above]) / above_px, sums(other[below]) / below_px
        passed = usable & (np.minimum(up, down) > _MOST) & (sums(other * ring) >= _BETWEEN * ring_px)
        same = usable & (np.maximum(up, down) < _FEW)
        if not (passed | same).any():
            continue
        ink, now = levels(pictures[number])
        over = np.asarray(usual * (255 - now) / np.maximum(255 - usual_ground, 1), np.float32)
        lit = np.asarray(usual * now / np.maximum(usual_ground, 1), np.float32)
        told = passed & (over >= _LEAST)
        stays = _lies_over(ink - now, over, lit)
        held[number] = np.count_nonzero(told & stays & (np.abs(now - usual_ground) >= _ANOTHER))
        # The usual picture may show the letters of some looks on the coat of the others: there they are gone, though
        # nothing passes.
        covered[number] = np.count_nonzero(told & ~stays) + np.count_nonzero(same & (ink - now < usual / 2))
    return held, covered


def _lies_over(shown: Levels, over: Levels, lit: Levels) -> Bits:
    """Whether a contrast is what light ink over the new ground has, rather than none, or the same thing in other
    light."""
    from_lit = np.where(np.abs(lit - over) > _LEAST, np.abs(shown - lit), np.inf)
    return np.asarray((np.abs(shown - over) < from_lit) & (shown > over / 2))


def _overlap(one: Box, other: Box) -> bool:
    return all(
        min(one[i] + one[i + 2], other[i] + other[i + 2]) > max(one[i], other[i]) for i in (0, 1)
    )  # fmt: skip


def _facts(passing: _Passing, looks: Sequence[Look], ground: Picture, stands: float, aspect: float) -> StillFacts:
    height, width = ground.shape
    x, y, w, h = passing.box
    inner = ground[y : y + h, x : x + w]
    slope = cv2.magnitude(cv2.Sobel(inner, cv2.CV_32F, 1, 0), cv2.Sobel(inner, cv2.CV_32F, 0, 1))
    near = cv2.dilate(passing.mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    times = [look.time_s for look in looks]
    return StillFacts(
        kind=StillKind.PASSED,
        box=(round(x / width, 4), round(y / height, 4), round(w / width, 4), round(h / height, 4)),
        span=(round(min(times), 3), round(max(times), 3)),
        looks=len(looks),
        grounds=int(np.count_nonzero(passing.held > passing.covered)),
        letters=passing.letters,
        held=int(passing.held.sum()),
        covered=int(passing.covered.sum()),
        stands=round(stands, 2),
        signature=signature_of(slope * near, aspect),
    )
