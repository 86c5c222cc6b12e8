"""What comes from one picture to the next, stays as it is, and goes as suddenly: a mark shown for a while.

The averages of `persistence` want a dozen backgrounds, and the looks of `laid` want it in nearly all of them; a mark
that is shown for six seconds, or jumps from corner to corner, gives neither. But nothing of a scene comes as it does.
Edges are sought that are there in each of the next pictures and were in none of those before; they are followed until
they go; then what they look like is worked out anew from the pictures with them, against those before and after.
Scenery that a camera slides into comes piece by piece, with all that lies round it; what somebody puts down comes with
a hand.

Differences between one picture and the next found none of it: a camera in a hand changes nine tenths of every picture.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.marks.boxes import overlap
from coursekit.video.marks.facts import ComingFacts
from coursekit.video.marks.past import COARSE, PACKED, Past, breadth_of_lines, lines_of
from coursekit.video.marks.persistence import Map
from coursekit.video.marks.regions import Bits, PixelBox, Region, gathered, strokes
from coursekit.video.marks.shown import Shown
from coursekit.video.marks.stills import share_drawn

Plane = npt.NDArray[np.int8]
Lines = tuple[Plane, ...]
Area = tuple[slice, slice]

WINDOWS = (5, 9)
"""Pictures in which something must be there, and before in none. Of 54 marks of opacity 0.3 and more that were shown
for six or twelve of 24 seconds, or jumped, over six clips in which the camera moves, six alone told 27, four and eight
together 38, five and nine 39: few find a mark that is covered for a moment, many one before a camera that shakes."""
_EDGE = 0.25
"""Mean strength, of 1, of an edge that came …"""
_WAS = 0.35
"""… what share of it may have been there before on average …"""
_JUST = 0.5
"""… and in the last picture before …"""
_HOLDS = 0.4
"""… and what share it must have in all pictures of the window but one."""
_MOST = 0.08
"""Share of the picture that may have come at once: more is a cut, or the camera goes."""
_MOST_NEW = 0.6
"""The same before each picture is asked: a bound on the work, no evidence."""
_STROKE_PX = 4
_MIN_EDGE_PX = 32
_MIN_COARSE_PX = 8
"""Where it is noticed, in every other pixel both ways."""
_MAX_SIZE = (0.3, 0.22)
_MIDDLE = 0.2
"""How far from the middle, across and down, a mark is put that is not to hide the lesson."""
_MIN_BREADTH = 0.08
_COMES, _GOES = 0.4, 0.35
"""Of its usual edges: how much must be there from one picture to the next, and how much may be left."""
_TWICE, _TWICE_OVERLAP = 2, 0.3
"""Pictures within which, and how much of the place in common with which, it has been noticed already."""
_PAD_PX = 10
_RING_PX = (3, 12)
_SAME = 0.5
"""Likeness of the edges of two pictures below which they show another view."""
_BRIEF = 3
"""Pictures without it by which something is gone that was hardly there."""
KNOWN_S = 0.6
"""Time between pictures up to which it is known how something came: what a hand put down may come so within a second.
Beyond it nothing is looked for, which is after the first minute of a lesson."""
_LEAST_S = 3.0
"""Shown for less, hardly anything can be read."""
_CROPS = 16
_MAX_OPEN = 100
_LIKELY = 0.12
"""How strongly an edge must run its way in three quarters of the pictures with it to be part of it."""
_REST = 0.4
_MAX_KEPT = 200


@dataclass(slots=True)
class Coming:
    """Something that came at once."""

    first: PixelBox
    noticed: int
    """Number of the picture by which it was noticed."""
    came_s: float
    step_s: float
    """How long before that the last picture without it was."""
    area: Area
    """What is kept of pictures: it, and a little round it."""
    at: npt.NDArray[np.intp]
    """Places of its edges in that, laid out in one row."""
    x: Map
    y: Map
    ring_area: Area
    ring: Bits
    before: list[Lines]
    """What was there before it."""
    recent: list[Lines] = field(default_factory=list)
    """The last few crops: it may have gone in them."""
    crops: list[Lines] = field(default_factory=list)
    """Of those in which it certainly was there, an even choice."""
    stride: int = 1
    passed: int = 0
    scores: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    moved: int = 0
    """Pictures in which the edges round it were others than in the one before."""

    def score(self, lines: Lines) -> float:
        """How much of its usual edges a crop shows."""
        x, y = (part.take(self.at) for part in lines)
        return float(np.dot(x, self.x) + np.dot(y, self.y))

    def take(self, lines: Lines, time_s: float) -> None:
        """Enter the newest crop."""
        self.times.append(time_s)
        self.scores.append(self.score(lines))
        self.recent.append(lines)

    def compare(self, last: Past, new: Past) -> None:
        """Count whether the edges round it are others in the newest picture than in the last."""
        one, other = ([part[self.ring_area][self.ring] for part in picture.soft] for picture in (last, new))
        self.moved += _likeness(one, other) < _SAME

    def settle(self, window: int) -> None:
        """Keep of what it has certainly lived through an even choice."""
        while len(self.recent) > window:
            oldest = self.recent.pop(0)
            if self.passed % self.stride == 0:
                self.crops.append(oldest)
            self.passed += 1
            if len(self.crops) > _CROPS:
                self.crops, self.stride = self.crops[::2], 2 * self.stride


class Comings:
    """Those of one stream, as its pictures come."""

    def __init__(self, size: tuple[int, int], window: int) -> None:
        self._width, self._height = size
        self._window = window
        shape = tuple((side + COARSE - 1) // COARSE for side in size[::-1])
        self._now, self._then = (np.zeros((2, *shape), np.int16) for _ in range(2))
        self._open: list[Coming] = []
        self._seen = 0
        self.shown: list[Shown] = []

    def look(self, past: deque[Past]) -> None:
        """Take the newest of these pictures; there must be twice the window of them and one more before it."""
        window = self._window
        self._seen += 1
        self._add(past)
        if self._seen < 2 * window or len(past) < 2 * window:
            return
        if past[-1].time_s - past[-1 - window].time_s > window * KNOWN_S:
            self._open.clear()
            return
        self._follow(past)
        for box, mask in self._came(past):
            coming = self._begin(past, box, mask)
            if coming is not None:
                self._open.append(coming)
        del self._open[:-_MAX_OPEN]

    def _add(self, past: deque[Past]) -> None:
        window, count = self._window, self._seen
        for axis in (0, 1):
            self._now[axis] += past[-1].coarse[axis]
            if count > window:
                self._now[axis] -= past[-1 - window].coarse[axis]
                self._then[axis] += past[-1 - window].coarse[axis]
            if count > 2 * window:
                self._then[axis] -= past[-1 - 2 * window].coarse[axis]

    def _came(self, past: deque[Past]) -> Iterator[tuple[PixelBox, Bits]]:
        """Places of edges that are there in the newest pictures and were not in those before."""
        window = self._window
        # What cannot be an edge in all pictures of a window is left out before anything is worked out.
        strong = np.abs(self._now[0]) + np.abs(self._now[1]) > int(_EDGE * window * PACKED)
        places = np.flatnonzero(strong)
        x, y, was_x, was_y = (part.take(places).astype(np.float32) for sums in (self._now, self._then) for part in sums)
        power = x * x + y * y
        news = (power > (_EDGE * window * PACKED) ** 2) & (x * was_x + y * was_y < _WAS * power)
        places, size = places[news], np.sqrt(power[news])
        if not 0 < len(places) <= _MOST_NEW * strong.size:
            return
        x, y = x[news] / size, y[news] / size
        usual = size / window
        new = _along(past[-1 - window], places, x, y) < _JUST * usual
        places, x, y, usual = places[new], x[new], y[new], usual[new]
        # The second least, without sorting them all.
        least = second = np.full(len(places), np.inf, np.float32)
        for n in range(1, window + 1):
            along = _along(past[-n], places, x, y)
            second = np.minimum(second, np.maximum(least, along))
            least = np.minimum(least, along)
        holds = second > _HOLDS * usual
        if not _MIN_COARSE_PX <= np.count_nonzero(holds) <= _MOST * strong.size:
            return
        came = np.zeros(strong.shape, np.bool_)
        came.ravel()[places[holds]] = True
        for (left, top, w, h), mask in gathered(strokes(came, _STROKE_PX), None, _MIN_COARSE_PX):
            box = (COARSE * left, COARSE * top, COARSE * w, COARSE * h)
            if self._possible(box):
                yield box, mask

    def _possible(self, box: PixelBox) -> bool:
        x, y, w, h = box
        aside = abs(x + w / 2 - self._width / 2) >= _MIDDLE * self._width
        apart = abs(y + h / 2 - self._height / 2) >= _MIDDLE * self._height
        return aside and apart and w <= _MAX_SIZE[0] * self._width and h <= _MAX_SIZE[1] * self._height

    def _begin(self, past: deque[Past], box: PixelBox, mask: Bits) -> Coming | None:
        window = self._window
        if any(self._seen - o.noticed <= _TWICE and overlap(o.first, box) > _TWICE_OVERLAP for o in self._open):
            return None
        pictures = [past[-n] for n in range(2 * window, 0, -1)]
        area = self._widened(box, _PAD_PX)
        crops = [_cropped(picture, area) for picture in pictures]
        full = np.zeros(crops[0][0].shape, np.bool_)
        rows, columns = _within(box, area)
        noticed = full[rows.start : rows.stop : COARSE, columns.start : columns.stop : COARSE]
        # At the border of a picture of odd size there is half a pixel less.
        noticed[:] = mask[: noticed.shape[0], : noticed.shape[1]]
        at = np.flatnonzero(full)
        x, y = (_f32(np.mean([crop[axis].take(at) for crop in crops[window:]], axis=0)) for axis in (0, 1))
        if breadth_of_lines(x, y) < _MIN_BREADTH:
            return None
        usual = max(float(np.dot(x, x) + np.dot(y, y)), 1e-6)
        coming = Coming(
            first=box,
            noticed=self._seen,
            came_s=pictures[window].time_s,
            step_s=pictures[window].time_s - pictures[window - 1].time_s,
            area=area,
            at=at,
            x=_f32(x / usual),
            y=_f32(y / usual),
            ring_area=self._widened(box, _RING_PX[1]),
            ring=self._ring(box),
            before=crops[:window],
        )
        before = [coming.score(crop) for crop in crops[:window]]
        for last, new, crop in zip(pictures[window - 1 : -1], pictures[window:], crops[window:], strict=True):
            coming.take(crop, new.time_s)
            coming.compare(last, new)
        level = float(np.mean(coming.scores))
        sudden = max(coming.scores[:2]) - before[-1] >= _COMES * level
        return coming if sudden and abs(float(np.mean(before))) <= _GOES * level else None

    def _ring(self, box: PixelBox) -> Bits:
        rows, columns = self._widened(box, _RING_PX[1])
        ring = np.ones((rows.stop - rows.start, columns.stop - columns.start), np.bool_)
        inner = self._widened(box, _RING_PX[0])
        ring[_moved(inner[0], -rows.start), _moved(inner[1], -columns.start)] = False
        return ring

    def _widened(self, box: PixelBox, by: int) -> Area:
        x, y, w, h = box
        return (
            slice(max(0, y - by), min(self._height, y + h + by)),
            slice(max(0, x - by), min(self._width, x + w + by)),
        )

    def _follow(self, past: deque[Past]) -> None:
        window, new = self._window, past[-1]
        going: list[Coming] = []
        for coming in self._open:
            coming.take(_cropped(new, coming.area), new.time_s)
            coming.compare(past[-2], new)
            coming.settle(window)
            scores = np.asarray(coming.scores)
            if len(scores) < 2 * window + _BRIEF:
                # Nearly all that comes in a scene goes again within a second or two.
                if scores[-_BRIEF:].max() < _GOES * float(np.median(scores[:-_BRIEF])):
                    continue
            else:
                usual = float(np.median(scores[:-window]))
                rest, last = scores[-window:], float(scores[-window - 1])
                gone = abs(float(rest.mean())) <= _GOES * usual
                if gone and coming.times[-window] - coming.came_s < _LEAST_S:
                    continue
                if gone and last > _COMES * usual and last - float(rest[0]) >= _COMES * usual:
                    shown = self._shown(coming, past)
                    if shown is not None:
                        self._keep(shown)
                    continue
                if len(scores) > window + 2 and float(np.sort(scores[-window - 2 :])[-2]) < _GOES * usual:
                    continue
            going.append(coming)
        self._open = going

    def _keep(self, shown: Shown) -> None:
        self.shown.append(shown)
        if len(self.shown) > _MAX_KEPT:
            self.shown.sort(key=lambda one: one.weight, reverse=True)
            del self.shown[_MAX_KEPT // 2 :]

    def _shown(self, coming: Coming, past: deque[Past]) -> Shown | None:
        """What it looks like by all pictures with it, and what those before and after show of that."""
        with_it, after = coming.crops, coming.recent
        if len(with_it) < self._window:
            return None
        x, y = (_f32(np.mean([crop[axis] for crop in with_it], axis=0)) for axis in (0, 1))
        size = _f32(np.maximum(np.hypot(x, y), 1e-6))
        ways = (x / size, y / size)

        def along(crops: Sequence[Lines]) -> npt.NDArray[np.float32]:
            return np.stack([crop[0] * ways[0] + crop[1] * ways[1] for crop in crops])

        own = along(with_it)
        own.partition(len(own) // 4, axis=0)
        likely = own[len(own) // 4] > _LIKELY * PACKED
        for rest in (coming.before, after):
            likely &= along(rest).mean(axis=0) < _REST * size
        whole = np.zeros((self._height, self._width), np.bool_)
        whole[coming.area] = likely
        best = max(
            ((box, mask) for box, mask in _gathered(strokes(whole, _STROKE_PX))
             if overlap(box, coming.first) > 0.1),
            key=lambda one: int(one[1].sum()), default=None,
        )  # fmt: skip
        return None if best is None else self._told(coming, past, best, (x, y, size))

    def _told(
        self, coming: Coming, past: deque[Past], best: tuple[PixelBox, Bits], usual: tuple[Map, Map, Map]
    ) -> Shown | None:
        box, mask = best
        x, y, size = usual
        edges = np.zeros(size.shape, np.bool_)
        area = _within(box, coming.area)
        edges[area] = mask
        power = float(np.sum(size[edges] ** 2))

        def shows(crops: Sequence[Lines]) -> npt.NDArray[np.float64]:
            return np.asarray([float(np.sum(c[0][edges] * x[edges] + c[1][edges] * y[edges])) / power for c in crops])

        before, during, after = shows(coming.before), shows(coming.crops), shows(coming.recent)
        level = float(np.median(during))
        # It may have been noticed a picture or two early.
        early = int(np.argmax(during >= _COMES * level))
        before, during = np.concatenate((before, during[:early]))[-len(before) :], during[early:]
        if level <= 0 or len(during) < 3:
            return None
        beside = ~cv2.dilate(edges.view(np.uint8), np.ones((7, 7), np.uint8)).astype(np.bool_)
        own, around = (_alike(coming.crops, part) for part in (edges, beside))
        rest = min(_alike(crops, np.ones_like(edges)) for crops in (coming.before, coming.recent))
        ended = len(coming.times) - self._window
        times = coming.times[early * coming.stride : ended]
        region = Region(
            box, mask, x[area] * mask, y[area] * mask, coming.moved,
            float(size[edges].mean()) / PACKED, breadth_of_lines(x[edges], y[edges]), 1.0,
        )  # fmt: skip
        facts = ComingFacts(
            jump=round(float(during[0] - before[-1]) / level, 3),
            before=round(float(before.mean()) / level, 3),
            before_spread=round(float(before.std()) / level, 3),
            after=round(float(after.mean()) / level, 3),
            spread=round(float(during.std()) / level, 3),
            least=round(float(during.min()) / level, 3),
            own=round(own, 3),
            around=round(around, 3),
            rest=round(rest, 3),
            moved=coming.moved,
            pictures=len(coming.times),
            drawn=share_drawn(past[-1].luma),
            step_s=round(max(coming.step_s, coming.times[ended] - coming.times[ended - 1]), 3),
        )
        return Shown(region, ((times[0], times[-1]),), times[len(times) // 2], facts)


def _gathered(seeds: Bits) -> Iterator[tuple[PixelBox, Bits]]:
    """As `gathered`, where hardly anything is set."""
    x, y, w, h = cv2.boundingRect(seeds.view(np.uint8))
    if w:
        for (left, top, width, height), mask in gathered(
            seeds[y : y + h, x : x + w], None, _MIN_EDGE_PX, max(seeds.shape)
        ):
            yield (left + x, top + y, width, height), mask


def _alike(crops: Sequence[Lines], where: Bits) -> float:
    """How alike edges run in all of these, 0–1."""
    x, y = (np.stack([crop[axis][where] for crop in crops]).astype(np.float32) for axis in (0, 1))
    return float(np.hypot(x.mean(axis=0), y.mean(axis=0)).sum()) / max(float(np.hypot(x, y).mean(axis=0).sum()), 1e-6)


def _within(box: PixelBox, area: Area) -> Area:
    """A box in what was cut out of the picture."""
    x, y, w, h = box
    return slice(y - area[0].start, y - area[0].start + h), slice(x - area[1].start, x - area[1].start + w)


def _moved(one: slice, by: int) -> slice:
    return slice(one.start + by, one.stop + by)


def _f32(values: npt.NDArray[np.floating]) -> Map:
    return np.asarray(values, np.float32)


def _along(picture: Past, places: npt.NDArray[np.intp], x: Map, y: Map) -> Map:
    return np.asarray(picture.coarse[0].take(places) * x + picture.coarse[1].take(places) * y, np.float32)


def _cropped(picture: Past, area: Area) -> Lines:
    return lines_of([part[area] for part in picture.soft])


def _likeness(one: Sequence[Plane], other: Sequence[Plane]) -> float:
    """Of the edges that two pictures show, 0–1; 1 where there are none."""
    first, second = (np.concatenate([np.asarray(part, np.float32) for part in parts]) for parts in (one, other))
    power = float(np.dot(first, first)) * float(np.dot(second, second))
    return float(np.dot(first, second)) / power**0.5 if power > 0 else 1.0
