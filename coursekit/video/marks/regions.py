"""From maps of steadiness to regions that could be marks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.marks.boxes import Box
from coursekit.video.marks.persistence import FLOOR, RECENT_COUNT, Field, Map

Bits = npt.NDArray[np.bool_]
PixelBox = tuple[int, int, int, int]
"""x, y, w, h."""

_MIN_COUNT = 6
_POOL_PX = 9
_MIN_EDGE_PX = 24
_STROKE_PX = 4
_LINK_SHARE = 1 / 70
_BORDER_PX = 3
_MAX_REGIONS = 60
_THIN = 0.06
"""Of its strongest rows, what is taken off every row before the box is drawn: what lies beside a mark …"""
_TAIL = 0.2
"""… and edges outside the box at each side, in rows as strong as its rows are in the mean: single pixels. Over 86 marks
seen in averages 80 had more than half in common with their box by these, 74 by a share of 0.015 of all their edges,
which cut rows off what was large and left an address three pixels high twice that."""
WORD_GAP = 0.04
"""Of the width, between words of one line."""
AS_STEADY = 0.75
"""Consistency of the whole of a mark, of that of its part: a logo had 0.92 within a façade that had 0.58."""
_AS_HIGH = 4
"""Height of one part of a line, of that of the next: a dash by a letter has a quarter of it, the façade behind a logo
was seven times as high."""


@dataclass(frozen=True, slots=True)
class Region:
    """A group of steady edges."""

    box: PixelBox
    mask: Bits
    """Its edge pixels, within the box."""
    x: Map
    """Mean direction on them, within the box; nought elsewhere."""
    y: Map
    backgrounds: int
    consistency: float
    breadth: float
    held: float
    """Share of backgrounds over which its edges pointed their usual way; 1 where that was not asked."""
    surround: float = 0.0
    """Share of the ring round it that changed as often; like `opacity` known once it is `looked_round`."""
    opacity: float | None = None

    def extent(self) -> Box:
        """The box without the scattered pixels at its sides, to parts of a pixel."""
        power = self.x * self.x + self.y * self.y
        (top, bottom), (left, right) = _bulk(power.sum(axis=1)), _bulk(power.sum(axis=0))
        return self.box[0] + left, self.box[1] + top, right - left, bottom - top

    @property
    def edge_px(self) -> int:
        """Number of its edge pixels."""
        return int(self.mask.sum())


def _bulk(profile: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Where what lies between the tails begins and ends."""
    strong = float(np.dot(profile, profile)) / max(float(profile.sum()), 1e-9)
    power = np.concatenate(([0.0], np.cumsum(np.maximum(profile - _THIN * strong, 0), dtype=np.float64)))
    tail = float(power[-1]) * _TAIL / len(profile)
    first, last = np.interp((tail, power[-1] - tail), power, np.arange(len(power)))
    return float(first), float(last)


def in_line(one: Box, other: Box, gap: float) -> bool:
    """Whether two parts stand in one line, no farther apart than that."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = one, other
    if max(ah, bh) > _AS_HIGH * min(ah, bh):
        return False
    common = min(ay + ah, by + bh) - max(ay, by)
    apart = max(ax, bx) - min(ax + aw, bx + bw)
    return common >= 0.6 * min(ah, bh) and apart <= gap


def joined(one: Region, other: Region) -> Region:
    """Two parts of one mark."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = one.box, other.box
    x0, y0, x1, y1 = min(ax, bx), min(ay, by), max(ax + aw, bx + bw), max(ay + ah, by + bh)
    mask = np.zeros((y1 - y0, x1 - x0), np.bool_)
    x, y = np.zeros(mask.shape, np.float32), np.zeros(mask.shape, np.float32)
    for part in (one, other):
        le, t, w, h = part.box
        area = (slice(t - y0, t - y0 + h), slice(le - x0, le - x0 + w))
        own = part.mask & ~mask[area]
        x[area][own], y[area][own] = part.x[own], part.y[own]
        mask[area] |= part.mask
    main = max(one, other, key=lambda r: r.edge_px)
    return replace(main, box=(x0, y0, x1 - x0, y1 - y0), mask=mask, x=x, y=y, breadth=_breadth(x[mask], y[mask]))


@dataclass(frozen=True, slots=True)
class Bar:
    """How far beyond chance edges must be steady to be taken for part of something that stays."""

    alone: float
    """Standard errors of one pixel …"""
    alone_least: float
    """… and its consistency, at least."""
    pool_chance: float = inf
    """Of a window of pixels: chance leaves an excess of about 0.24 ÷ backgrounds; pictures are not independent."""
    pool_least: float = 0.0
    weak: float = 0.0
    """Standard errors of one pixel in such a window …"""
    weak_least: float = 0.0


SHARP_BAR = Bar(2.9, 0.4)
"""Every pixel by itself: keeps a mark apart from scenery that has not gone yet."""
RECENT_BAR = Bar(2.9, 0.4, 1.5, 0.05, 1.8, 0.25)
"""Low enough to see a mark of opacity 0.3 within ten backgrounds: those that follow are to prove it."""
WHOLE_BAR = Bar(3.5, 0.4, 2.0, 0.1, 2.0, 0.25)
KNOWN_BAR = Bar(2.9, 0.4, 1.0, 0.05, 1.5, 0.2)
"""Where something has been seen to stay: only its outline is asked for."""


def find_regions(field: Field, held: Map | None = None, bar: Bar = RECENT_BAR, least: float = 0.0) -> list[Region]:
    """Regions of edges steadier than chance allows, and than `least`, largest first.

    `held`: given for averages over the whole stream.
    """
    whole = held is not None
    x, y, steady = field.steadiness()
    seeds = steady > _by_count(field, lambda n: np.maximum(bar.alone / np.sqrt(n), bar.alone_least), whole=whole)
    if bar.pool_chance < inf:
        # A faint mark shows itself by many pixels that are each a little steadier than chance.
        pool = (_POOL_PX, _POOL_PX)
        excess = cv2.blur(x * x + y * y - field.power / _by_count(field, lambda n: n, whole=whole), pool)
        share = _by_count(field, lambda n: bar.pool_chance / n + bar.pool_least, whole=whole)
        weak = _by_count(field, lambda n: np.maximum(bar.weak / np.sqrt(n), bar.weak_least), whole=whole)
        seeds |= (excess > cv2.blur(field.power + FLOOR, pool) * share) & (steady > weak)
    seeds &= field.count >= _MIN_COUNT
    if least > 0:
        seeds &= steady >= least
    seeds = strokes(seeds, _STROKE_PX)
    found: list[Region] = []
    for box, mask in gathered(seeds):
        rows, columns = np.nonzero(mask)
        at = (rows + box[1]) * seeds.shape[1] + columns + box[0]
        found.append(_region(box, mask, at, field, held))
    return found


def strokes(bits: Bits, least: int) -> Bits:
    """Those with so many in the 5 × 5 pixels round them: specks are chance, edges come in strokes. None at the very
    border of the picture, where scaling leaves edges of its own."""
    inside = np.zeros_like(bits)
    middle = (slice(_BORDER_PX, -_BORDER_PX), slice(_BORDER_PX, -_BORDER_PX))
    inside[middle] = bits[middle]
    return inside & (np.asarray(cv2.boxFilter(inside.view(np.uint8), -1, (5, 5), normalize=False)) >= least)


def gathered(
    seeds: Bits, sure: Bits | None = None, least: int = _MIN_EDGE_PX, long_side_px: int | None = None
) -> Iterator[tuple[PixelBox, Bits]]:
    """Boxes of pixels that belong together, and which they are; the largest first. Fewer than so many, of those that
    are `sure` where that is given, are left out. `long_side_px`: of the picture, where the seeds are a part of it."""
    if not seeds.any():
        return
    link = max(3, round((long_side_px or max(seeds.shape)) * _LINK_SHARE)) | 1
    # Words stand apart along the line further than lines stand apart.
    along = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * link + 1, link))
    joined = cv2.dilate(seeds.astype(np.uint8), along)
    number, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    order = sorted(range(1, number), key=lambda i: -int(stats[i, cv2.CC_STAT_AREA]))
    for label in order[:_MAX_REGIONS]:
        left, top, w, h = (int(v) for v in stats[label, :4])
        area = (slice(top, top + h), slice(left, left + w))
        mask = seeds[area] & (labels[area] == label)
        if int(np.count_nonzero(mask if sure is None else mask & sure[area])) < least:
            continue
        rows, columns = np.nonzero(mask)
        t, b, le, r = int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1
        yield (left + le, top + t, r - le, b - t), mask[t:b, le:r]


def _by_count(field: Field, figure: Callable[[Map], Map], *, whole: bool) -> Map:
    """What follows from the number of backgrounds at each pixel: of those that a running average remembers there are
    two dozen numbers, so that the figure is worked out for each of them and looked up."""
    if whole:
        return figure(np.maximum(field.count, 1))
    numbers = np.minimum(np.arange(256, dtype=np.float32) + 1, RECENT_COUNT)
    return np.asarray(cv2.LUT(field.few(), figure(numbers)), np.float32)


def looked_round(region: Region, count: Map, spread: Map) -> Region:
    """The same, with what its surroundings say of it: asked of the few regions that are kept."""
    left, top, w, h = region.box
    area = (slice(top, top + h), slice(left, left + w))
    backgrounds = float(np.median(count[area][region.mask]))
    return replace(
        region,
        surround=_surround(region.box, region.mask, count, backgrounds),
        opacity=_opacity(region.box, region.mask, spread),
    )


def _region(box: PixelBox, mask: Bits, at: npt.NDArray[np.intp], field: Field, held: Map | None) -> Region:
    """`at`: its edge pixels in the picture laid out in one row, of which there are far fewer than in its box."""
    left, top, w, h = box
    area = (slice(top, top + h), slice(left, left + w))
    x, y, steady = field.steadiness()
    return Region(
        box=box,
        mask=mask,
        x=x[area] * mask,
        y=y[area] * mask,
        backgrounds=_middle(field.count.take(at)),
        consistency=float(np.mean(steady.take(at))),
        breadth=_breadth(x.take(at), y.take(at)),
        held=1.0 if held is None else float(np.mean(held.take(at))),
    )


def _middle(counts: Map) -> int:
    """Their median, down to a whole number."""
    low, high = (len(counts) - 1) // 2, len(counts) // 2
    counts.partition((low, high))
    return int((counts[low] + counts[high]) / 2)


def _breadth(ux: Map, uy: Map) -> float:
    both = np.dot(ux, uy)
    tensor = np.array([[np.dot(ux, ux), both], [both, np.dot(uy, uy)]], dtype=np.float64)
    values = np.linalg.eigvalsh(tensor)
    return float(values[0] / max(float(values.sum()), 1e-9))


def _rings(box: PixelBox, mask: Bits, shape: tuple[int, ...], near: int, far: int) -> tuple[Any, Bits, Bits]:
    """Window round a region, the region filled, and the ring between two distances from it."""
    left, top, w, h = box
    pad = far + 1
    y0, y1, x0, x1 = max(0, top - pad), min(shape[0], top + h + pad), max(0, left - pad), min(shape[1], left + w + pad)
    canvas = np.zeros((y1 - y0, x1 - x0), np.uint8)
    canvas[top - y0 : top - y0 + h, left - x0 : left - x0 + w] = mask
    filled = cv2.morphologyEx(canvas, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    inner = cv2.dilate(filled, np.ones((2 * near + 1, 2 * near + 1), np.uint8))
    outer = cv2.dilate(filled, np.ones((2 * far + 1, 2 * far + 1), np.uint8))
    return (slice(y0, y1), slice(x0, x1)), filled.astype(bool), (outer > inner)


def _surround(box: PixelBox, mask: Bits, count: Map, backgrounds: float) -> float:
    window, _, ring = _rings(box, mask, count.shape, 6, 12)
    return float(np.mean(count[window][ring] >= 0.5 * backgrounds)) if ring.any() else 0.0


def _opacity(box: PixelBox, mask: Bits, spread: Map) -> float | None:
    """How much less the brightness varies on the mark than round it: 1 − opacity of the variation shines through."""
    window, filled, ring = _rings(box, mask, spread.shape, 4, 10)
    if not ring.any():
        return None
    outside = float(np.median(spread[window][ring]))
    inside = float(np.percentile(spread[window][filled], 15))
    return None if outside < 4 else float(np.clip(1 - inside / outside, 0, 1))
