"""Marks that move: the same edges, shifted from look to look along one straight line, over backgrounds that do not go
with them.

Nothing in front of a camera keeps its every edge while it moves evenly: people turn, cars grow, a pan takes all of the
picture with it. The edges of the last looks are therefore added up along every likely velocity; where they add up to
far more than anywhere else in the picture, what is there is outlined and followed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.marks.past import PACKED, Past
from coursekit.video.marks.persistence import Field, Map
from coursekit.video.marks.regions import SHARP_BAR, Region, find_regions, joined
from coursekit.video.marks.tracks import (
    MAX_BACKGROUNDS,
    Plot,
    Ring,
    Surroundings,
    beyond_chance,
    differ,
    spans_of,
)
from coursekit.video.marks.velocities import WINDOW, peaks

_COARSE_PX = 160
"""Long side of the pictures added up along all velocities: a mark a twentieth of it wide still has its shape."""
_LOOKS = 16
_EVERY = 24
_OFTEN = 96
_SELDOM = 72
"""Looks between two searches, of which one takes as long as a dozen looks: at first, until when, and then."""
_SOFT = 3.0
"""Coarse gradient, levels a pixel, that weighs half as much as a strong one."""
_TRIED = 4
_CROP = (0.34, 0.3)
"""Of width and height, round the place suspected; what fills it is no mark but scenery that goes by."""
_SEEN = 0.4
"""Share of its edges from which it is there: marks showed 0.8–1.3 of them on the mean, chance 0 ± 0.2."""
_LOST = 6
"""Looks without it after which it is given up: white letters pass a white sky in four."""
_SLACK_PX = 1
_STRAYS = 0.5
"""Pixels a second by which it may stray from its line: after a gap it is looked for further round …"""
_FARTHEST_PX = 4
"""… but not so far that chance finds something."""
_NEAR_PX = 12
"""From a border at which it may be thrown back: its outline is known but in part at first."""
_PAD_PX = 48
"""Round what was seen of it, in which all that goes with it is gathered, as with marks that stay."""
_MIN_EDGE_PX = 60
_MAX_FOLLOWED = 6
_LEAST_TRAVEL = 0.05
"""Of the width: what went less far is not reported. Drifting marks went half of it in sixteen seconds."""

Area = tuple[slice, slice]


@dataclass(slots=True)
class Drift:
    """Something that moves evenly."""

    region: Region
    """As it lay at `start_s`."""
    start_s: float
    found_s: float
    velocity: tuple[float, float]
    """Pixels a second."""
    place: tuple[float, float]
    """Top left where it was last seen …"""
    last_s: float
    """… and when."""
    surround: float
    times: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    backgrounds: list[Surroundings] = field(default_factory=list)
    missed: int = 0
    plot: Plot | None = None
    size: tuple[int, int] = (0, 0)
    """Of its outline, once it is settled."""

    def follow(self, past: Past, shape: tuple[int, int]) -> None:
        """Look for it where it should be, or thrown back by the border of the picture."""
        if self.missed >= _LOST:
            return
        elapsed = past.time_s - self.last_s
        slack = min(_FARTHEST_PX, _SLACK_PX + int(_STRAYS * elapsed))
        rooms = (shape[1] - self.region.box[2], shape[0] - self.region.box[3])
        at = [p + v * elapsed for p, v in zip(self.place, self.velocity, strict=True)]
        back = [_thrown_back(*each) for each in zip(at, self.velocity, rooms, strict=True)]
        ranges = [
            range(max(0, round(min(a, b)) - slack), min(room, round(max(a, b)) + slack) + 1)
            for a, b, room in zip(at, back, rooms, strict=True)
        ]
        usual = max(float(np.sum(self.region.x * self.region.x + self.region.y * self.region.y)), 1e-6)
        tried = [(self._score(past, left, top) / usual, left, top) for top in ranges[1] for left in ranges[0]]
        best, left, top = max(tried, default=(-1.0, round(at[0]), round(at[1])))
        self.times.append(past.time_s)
        self.scores.append(best)
        self.places.append((left, top))
        self.last_s = past.time_s
        if best < _SEEN:
            self.missed += 1
            self.place = (at[0], at[1])
            return
        self.missed = 0
        for axis, where in enumerate((left, top)):
            error = where - at[axis]
            if abs(error) > slack + 1:
                at[axis] = where
                self._turn(axis)
                continue
            # Half of what was amiss is noise of whole pixels; the velocity is known from many looks.
            at[axis] += 0.5 * error
            if elapsed > 0:
                self._turn(axis, 0.1 * error / elapsed)
        self.place = (at[0], at[1])
        self._compare(past, self.places[-1])
        self._enter(past, self.places[-1])

    def _turn(self, axis: int, more: float | None = None) -> None:
        """Change its velocity along an axis, by so much or to the contrary."""
        way = list(self.velocity)
        way[axis] = -way[axis] if more is None else way[axis] + more
        self.velocity = (way[0], way[1])

    def _score(self, past: Past, left: int, top: int) -> float:
        region = self.region
        _, _, w, h = region.box
        u, v = (part[top : top + h, left : left + w] for part in past.soft)
        return float(np.sum(u * region.x + v * region.y)) / PACKED

    def _compare(self, past: Past, where: tuple[int, int]) -> None:
        if len(self.backgrounds) >= MAX_BACKGROUNDS:
            return
        moved = replace(self.region, box=(*where, *self.region.box[2:]))
        new = Ring(moved, past.luma.shape).look(past.luma, past.scene)
        if new is not None and all(differ(new, old) for old in self.backgrounds):
            self.backgrounds.append(new)

    def _enter(self, past: Past, where: tuple[int, int]) -> None:
        """Add what it stands among to the average that goes with it."""
        _, _, w, h = self.region.box
        size = (h + 2 * _PAD_PX, w + 2 * _PAD_PX)
        if self.plot is None:
            self.plot = Plot((_PAD_PX, _PAD_PX, w, h), size)
        left, top = where[0] - _PAD_PX, where[1] - _PAD_PX
        u, v = (_cut(part, left, top, size) for part in past.soft)
        luma = np.asarray(_cut(past.luma, left, top, size), np.uint8)
        inside = _cut(np.ones_like(past.luma), left, top, size)
        self.plot.add(u, v, luma, np.asarray(inside, np.uint8), 1 / PACKED)

    def settle(self) -> None:
        """Take the outline of all that went with it."""
        if self.plot is None:
            return
        x, y, w, h = self.region.box
        found = self.plot.regions(replace(self.region, box=(_PAD_PX, _PAD_PX, w, h)))
        whole: Region | None = None
        for part in found:
            whole = part if whole is None else joined(whole, part)
        if whole is None:
            return
        left, top, w, h = whole.extent()
        moved = (left - _PAD_PX, top - _PAD_PX)
        self.places = [(a + moved[0], b + moved[1]) for a, b in self.places]
        self.region = replace(whole, box=(x + whole.box[0] - _PAD_PX, y + whole.box[1] - _PAD_PX, *whole.box[2:]))
        self.size = (w, h)

    def seen(self) -> npt.NDArray[np.bool_]:
        """For each look whether it was there."""
        return np.asarray(self.scores) >= _SEEN

    def spans(self, join_s: float) -> tuple[tuple[float, float], ...]:
        """When it was there."""
        found = spans_of(self.times, self.seen(), join_s)
        return tuple((round(max(a, 0.0), 3), round(b, 3)) for a, b in found)

    def survival(self) -> tuple[int, int]:
        """Later looks in which it was where it should be, and how often it came back."""
        later = np.asarray(self.later()) >= _SEEN
        return int(later.sum()), int(np.sum(later[1:] & ~later[:-1]))

    def later(self) -> list[float]:
        """Scores after it was found."""
        return [score for at, score in zip(self.times, self.scores, strict=True) if at > self.found_s]

    def proof(self) -> float:
        """How far the later looks show it beyond chance, in standard errors."""
        later = self.later()
        return beyond_chance(np.asarray(later)) if len(later) >= 3 else 0.0

    def travel(self) -> float:
        """Pixels between the two places furthest apart."""
        seen = np.asarray([p for p, s in zip(self.places, self.scores, strict=True) if s >= _SEEN], np.float64)
        return float(np.hypot(*(seen.max(axis=0) - seen.min(axis=0)))) if len(seen) else 0.0


class Drifts:
    """What moves evenly in one stream."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self._shape = shape
        self._scale = max(shape) / _COARSE_PX
        self._coarse: deque[tuple[float, npt.NDArray[np.float32]]] = deque(maxlen=_LOOKS)
        self._count = 0
        self.followed: list[Drift] = []

    def look(self, past: Sequence[Past]) -> None:
        """Take the newest picture of those looked back on."""
        newest = past[-1]
        self._coarse.append((newest.time_s, self._gradients(newest.luma)))
        for drift in self.followed:
            drift.follow(newest, self._shape)
        self._count += 1
        every = _EVERY if self._count <= _OFTEN else _SELDOM
        if self._count % every == 0 and len(self._coarse) == _LOOKS:
            self._search(list(past)[-_LOOKS:])

    def kept(self) -> list[Drift]:
        """What was seen again after it was found and went somewhere, outlined; the surest first."""
        width = self._shape[1]
        moved = [d for d in self.followed if d.travel() >= _LEAST_TRAVEL * width and d.proof() > 0]
        for drift in moved:
            drift.settle()
        return sorted((d for d in moved if d.size[0]), key=lambda d: -d.proof())

    def _gradients(self, luma: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        size = tuple(round(side / self._scale) for side in self._shape[::-1])
        small = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.float32)
        gx, gy = (cv2.Sobel(small, cv2.CV_32F, *way, ksize=3, scale=1 / 8) for way in ((1, 0), (0, 1)))
        weight = PACKED / (cv2.magnitude(gx, gy) + _SOFT)
        return np.stack([gx * weight, gy * weight])

    def _search(self, past: Sequence[Past]) -> None:
        times = [at for at, _ in self._coarse]
        edges = np.stack([part for _, part in self._coarse])
        # What stands still goes.
        whole = np.asarray(np.round(edges - edges.mean(axis=0)), np.int16)
        found = sorted(peaks(whole, np.asarray(times)), reverse=True)
        tried: list[tuple[float, float]] = []
        for _, place, velocity in found:
            if len(tried) >= _TRIED or len(self.followed) >= _MAX_FOLLOWED:
                break
            if any(abs(place[0] - a) < WINDOW[0] and abs(place[1] - b) < WINDOW[0] for a, b in tried):
                continue
            tried.append(place)
            self._suspect(past, place, velocity)

    def _suspect(self, past: Sequence[Past], place: tuple[float, float], velocity: tuple[float, float]) -> None:
        """Outline what is at a coarse place in the middle of the window."""
        middle = (past[0].time_s + past[-1].time_s) / 2
        centre = (place[0] * self._scale, place[1] * self._scale)
        way = _refined(past, centre, (velocity[0] * self._scale, velocity[1] * self._scale), middle, self._shape)
        crop = _along(past, centre, way, middle, self._shape)
        even = np.ones_like(crop.x)
        found = [r for r in find_regions(crop, even, SHARP_BAR) if r.edge_px >= _MIN_EDGE_PX]
        if not found:
            return
        region = max(found, key=lambda r: r.edge_px * r.consistency)
        left, top = _corner(centre, crop.x.shape)
        x, y, w, h = region.box
        height, width = crop.x.shape
        if x <= 4 or y <= 4 or x + w >= width - 4 or y + h >= height - 4:
            return
        whole = replace(region, box=(left + x, top + y, w, h))
        first = past[0].time_s
        start = (left + x + way[0] * (first - middle), top + y + way[1] * (first - middle))
        new = Drift(whole, first, past[-1].time_s, way, start, first, surround=_surround(crop, region))
        if any(_same(new, old, past[-1].time_s) for old in self.followed):
            return
        for one in past:
            new.follow(one, self._shape)
        self.followed.append(new)


def _thrown_back(at: float, speed: float, room: float) -> float:
    """Where it is at most if the border throws it back: its outline may be known but in part."""
    if speed > 0:
        return at - 2 * max(0.0, at - room + _NEAR_PX)
    return at + 2 * max(0.0, _NEAR_PX - at)


def _same(new: Drift, old: Drift, time_s: float) -> bool:
    dt = time_s - new.last_s
    x, y = (new.place[a] + new.velocity[a] * dt for a in (0, 1))
    wide, high = (max(new.region.box[a], old.region.box[a]) for a in (2, 3))
    return old.missed < _LOST and abs(old.place[0] - x) < wide and abs(old.place[1] - y) < max(high, wide / 2)


def _corner(centre: tuple[float, float], crop: tuple[int, ...]) -> tuple[int, int]:
    return round(centre[0] - crop[1] / 2), round(centre[1] - crop[0] / 2)


def _size(shape: tuple[int, int]) -> tuple[int, int]:
    return round(shape[0] * _CROP[1]), round(shape[1] * _CROP[0])


def _cut(part: npt.NDArray[Any], left: int, top: int, size: tuple[int, int]) -> Map:
    """A window of a picture; nought beyond its borders."""
    out = np.zeros(size, np.float32)
    there = _common(part.shape, left, top, size)
    if there is not None:
        out[there[1]] = part[there[0]]
    return out


def _common(shape: tuple[int, ...], left: int, top: int, size: tuple[int, int]) -> tuple[Area, Area] | None:
    """What a window shows of a picture: its place in the picture, and in the window."""
    h, w = size
    y0, y1, x0, x1 = max(0, top), min(shape[0], top + h), max(0, left), min(shape[1], left + w)
    if y0 >= y1 or x0 >= x1:
        return None
    return (slice(y0, y1), slice(x0, x1)), (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))


def _along(
    past: Sequence[Past],
    centre: tuple[float, float],
    velocity: tuple[float, float],
    middle: float,
    shape: tuple[int, int],
) -> Field:
    """Averages of the edges in a window that moves."""
    size = _size(shape)
    x, y, power, count = (np.zeros(size, np.float32) for _ in range(4))
    for one in past:
        dt = one.time_s - middle
        left, top = _corner((centre[0] + velocity[0] * dt, centre[1] + velocity[1] * dt), size)
        u, v = (_cut(part, left, top, size) / PACKED for part in one.soft)
        x += u
        y += v
        power += u * u + v * v
        count += _cut(np.ones(shape, np.int8), left, top, size)
    weight = np.maximum(count, 1)
    x, y, power = (np.asarray(part / weight, np.float32) for part in (x, y, power))
    return Field(x, y, power, count)


def _refined(
    past: Sequence[Past],
    centre: tuple[float, float],
    velocity: tuple[float, float],
    middle: float,
    shape: tuple[int, int],
) -> tuple[float, float]:
    """The velocity at which the edges add up best, to a pixel over the whole window."""
    lasted = past[-1].time_s - past[0].time_s
    best, size = velocity, _size(shape)
    for step in (4.0, 2.0, 1.0):
        ways = [(best[0] + a * step / lasted, best[1] + b * step / lasted) for a in (-1, 0, 1) for b in (-1, 0, 1)]
        best = max(ways, key=lambda way: _adding_up(past, centre, way, middle, size))
    return best


def _adding_up(
    past: Sequence[Past],
    centre: tuple[float, float],
    velocity: tuple[float, float],
    middle: float,
    size: tuple[int, int],
) -> float:
    """How much the edges in a moving window add up; few strong ones count for more than many weak ones."""
    totals = [np.zeros(size, np.int16), np.zeros(size, np.int16)]
    for one in past:
        dt = one.time_s - middle
        left, top = _corner((centre[0] + velocity[0] * dt, centre[1] + velocity[1] * dt), size)
        there = _common(one.luma.shape, left, top, size)
        if there is not None:
            for total, part in zip(totals, one.soft, strict=True):
                total[there[1]] += part[there[0]]
    x, y = (np.asarray(total, np.float32) for total in totals)
    return float(np.sum(np.square(x * x + y * y)))


def _surround(crop: Field, region: Region) -> float:
    """Share of the ring round it whose edges did not go with it."""
    x, y, w, h = region.box
    pad = max(8, h // 2)
    ring = np.zeros(crop.x.shape, bool)
    ring[max(0, y - pad) : y + h + pad, max(0, x - pad) : x + w + pad] = True
    ring[max(0, y - 4) : y + h + 4, max(0, x - 4) : x + w + 4] = False
    steady = crop.steadiness()[2]
    bar = SHARP_BAR.alone / np.sqrt(np.maximum(crop.count, 1))
    return 1.0 - float(np.mean(steady[ring] > bar[ring])) if ring.any() else 0.0
