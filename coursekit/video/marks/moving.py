"""Windows that move evenly over the picture, and what adds up in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.marks.past import PACKED, Past, breadth_of_lines, lines_of
from coursekit.video.marks.persistence import Field, Map
from coursekit.video.marks.regions import SHARP_BAR, Bar, Region, find_regions

_CROP = (0.34, 0.3)
"""Of width and height, round the place suspected; what fills it is no mark but scenery that goes by."""
_CLOSE = (0.15, 0.14)
"""Of width and height, in which the velocity is told: round it there is but chance."""
_FINER = (4.0, 2.0, 1.0)
"""Pixels over the whole window by which the velocity is mended, one after the other."""
_BORDER_PX = 3
_MIN_EDGE_PX = 100
"""Chance leaves 60 to 140 together, the faintest marks that were told 250 and more."""
MOVING_BAR = Bar(2.9, 0.3, 1.0, 0.02, 1.5, 0.15)
"""Lower than where all stays: what goes by in a window that moves is another thing in every look, and its sums are
what chance makes of so many (0.11 measured in the sum of 60 looks, 0.115 expected)."""
_LEAST_BREADTH = 0.02
"""Straight lines are never followed."""

Area = tuple[slice, slice]


def corner_of(centre: tuple[float, float], crop: tuple[int, ...]) -> tuple[int, int]:
    return round(centre[0] - crop[1] / 2), round(centre[1] - crop[0] / 2)


def size_of(shape: tuple[int, int], share: tuple[float, float] = _CROP) -> tuple[int, int]:
    return round(shape[0] * share[1]), round(shape[1] * share[0])


def cut(part: npt.NDArray[Any], left: int, top: int, size: tuple[int, int]) -> Map:
    """A window of a picture; nought beyond its borders."""
    out = np.zeros(size, np.float32)
    there = common(part.shape, left, top, size)
    if there is not None:
        out[there[1]] = part[there[0]]
    return out


def common(
    shape: tuple[int, ...], left: int, top: int, size: tuple[int, int], border: int = 0
) -> tuple[Area, Area] | None:
    """What a window shows of a picture within its border: its place in the picture, and in the window."""
    h, w = size
    y0, y1 = max(border, top), min(shape[0] - border, top + h)
    x0, x1 = max(border, left), min(shape[1] - border, left + w)
    if y0 >= y1 or x0 >= x1:
        return None
    return (slice(y0, y1), slice(x0, x1)), (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))


def edges_in(past: Past, corner: tuple[int, int], size: tuple[int, int], *, lines: bool) -> list[Map]:
    """Soft gradients in a window of a picture; nought beyond its borders. `lines`: which way edges run."""
    parts = [cut(part, *corner, size) for part in past.soft]
    if lines:
        doubled = lines_of([part.astype(np.int8) for part in parts])
        # Strokes are wider than a pixel, and of what is beside them every pixel points elsewhere.
        parts = [np.asarray(cv2.blur(np.asarray(part, np.float32), (3, 3)), np.float32) for part in doubled]
    return [np.asarray(part / np.float32(PACKED), np.float32) for part in parts]


def outlined(
    past: Sequence[Past],
    centre: tuple[float, float],
    velocity: tuple[float, float],
    middle: float,
    shape: tuple[int, int],
    *,
    lines: bool,
) -> tuple[Field, list[Region]]:
    """Averages of the edges in a window that moves, and what stands out in them."""
    size = size_of(shape)
    x, y, power, count = (np.zeros(size, np.float32) for _ in range(4))
    for one in past:
        dt = one.time_s - middle
        corner = corner_of((centre[0] + velocity[0] * dt, centre[1] + velocity[1] * dt), size)
        u, v = edges_in(one, corner, size, lines=lines)
        there = inside_of(shape, corner, size)
        x += u * there
        y += v * there
        power += (u * u + v * v) * there
        count += there
    weight = np.maximum(count, 1)
    x, y, power = (np.asarray(part / weight, np.float32) for part in (x, y, power))
    crop = Field(x, y, power, count)
    found = find_regions(crop, np.ones_like(x), MOVING_BAR)
    return crop, [r for r in found if r.edge_px >= _MIN_EDGE_PX and breadth_of(r, lines=lines) >= _LEAST_BREADTH]


def inside_of(shape: tuple[int, int], corner: tuple[int, int], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """1 where a window lies in a picture, and not on its very border: encoders leave lines there."""
    there = common(shape, *corner, size, _BORDER_PX)
    inside = np.zeros(size, np.uint8)
    if there is not None:
        inside[there[1]] = 1
    return inside


def breadth_of(region: Region, *, lines: bool) -> float:
    """Share of its edges across its main direction."""
    return breadth_of_lines(region.x, region.y) if lines else region.breadth


def refined(
    past: Sequence[Past],
    centre: tuple[float, float],
    velocity: tuple[float, float],
    middle: float,
    shape: tuple[int, int],
    *,
    lines: bool,
) -> tuple[float, float]:
    """The velocity at which the edges add up best, to a pixel over the whole window."""
    lasted = past[-1].time_s - past[0].time_s
    height, width = size_of(shape, _CLOSE)
    best, room = velocity, round(sum(_FINER) / 2) + 2
    size = (height + 2 * room, width + 2 * room)
    windows: list[tuple[float, tuple[int, int], list[npt.NDArray[Any]]]] = []
    for one in past:
        dt = one.time_s - middle
        corner = corner_of((centre[0] + velocity[0] * dt, centre[1] + velocity[1] * dt), size)
        parts = [np.asarray(cut(part, *corner, size), np.int8) for part in one.soft]
        windows.append((dt, corner, list(lines_of(parts)) if lines else parts))

    def adding_up(way: tuple[float, float]) -> float:
        """How much the edges in a moving window add up; few strong ones count for more than many weak ones."""
        totals = [np.zeros((height, width), np.int16), np.zeros((height, width), np.int16)]
        for dt, corner, parts in windows:
            left, top = corner_of((centre[0] + way[0] * dt, centre[1] + way[1] * dt), (height, width))
            x, y = left - corner[0], top - corner[1]
            for total, part in zip(totals, parts, strict=True):
                total += part[y : y + height, x : x + width]
        across, down = (np.asarray(total, np.float32) for total in totals)
        return float(np.sum(np.square(across * across + down * down)))

    for step in _FINER:
        ways = [(best[0] + a * step / lasted, best[1] + b * step / lasted) for a in (-1, 0, 1) for b in (-1, 0, 1)]
        best = max(ways, key=adding_up)
    return best


def surround_of(crop: Field, region: Region) -> float:
    """Share of the ring round it whose edges did not go with it."""
    x, y, w, h = region.box
    pad = max(8, h // 2)
    ring = np.zeros(crop.x.shape, bool)
    ring[max(0, y - pad) : y + h + pad, max(0, x - pad) : x + w + pad] = True
    ring[max(0, y - 4) : y + h + 4, max(0, x - 4) : x + w + 4] = False
    steady = crop.steadiness()[2]
    bar = SHARP_BAR.alone / np.sqrt(np.maximum(crop.count, 1))
    return 1.0 - float(np.mean(steady[ring] > bar[ring])) if ring.any() else 0.0
