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
from itertools import product

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.marks.boxes import Box
from coursekit.video.marks.moving import (
    MOVING_BAR,
    breadth_of,
    corner_of,
    cut,
    edges_in,
    inside_of,
    outlined,
    refined,
    surround_of,
)
from coursekit.video.marks.past import PACKED, Past, lines_of
from coursekit.video.marks.persistence import Field, Map
from coursekit.video.marks.regions import Region, joined
from coursekit.video.marks.tracks import (
    MAX_BACKGROUNDS,
    Plot,
    Ring,
    Surroundings,
    differ,
    spans_of,
)
from coursekit.video.marks.velocities import FULL, WINDOW, peaks

_COARSE_PX = 320
"""Long side of the pictures added up along all velocities: half as many blur the strokes of a mark a tenth of it wide
into the leaves behind them."""
_LOOKS = 16
_EVERY = 16
_OFTEN = 80
_SELDOM = 72
"""Looks between two searches, of which one takes as long as a dozen looks: at first every look is in one, then …"""
_TRIED = 4
_BEFORE = 16
"""Looks before the window that are asked as well: they did not suggest it and prove as much as those that follow."""
_SEEN = 0.4
"""Share of its edges from which it is there: marks showed 0.8–1.3 of them on the mean, chance 0 ± 0.2."""
_LOST = 6
"""Looks without it after which it is given up: white letters pass a white sky in four."""
_PATIENT = 5.0
"""Standard errors of proof from which it is looked for longer over a ground that hides it: of what moved evenly by
chance in sixty lessons hardly anything reached so many, grey marks over leaves had 7 and more before they vanished."""
_SLACK_PX = 1
_BESIDE_PX = 12
"""Round the places at which it may be: what they show of it is chance."""
_STRAYS = 0.5
"""Pixels a second by which it may stray from its line: after a gap it is looked for further round …"""
_FARTHEST_PX = 4
"""… but not so far that chance finds something."""
_NEAR_PX = 12
"""From a border at which it may be thrown back: its outline is known but in part at first."""
_PAD_PX = 48
"""Round what was seen of it, in which all that goes with it is gathered, as with marks that stay."""
_LIKE_OWN = 0.35
"""Steadiness, of that of the best quarter of what is known of it, from which a pixel is part of it: the letters beside
a badge are half as steady as its strokes, and in its own frame chance is the same everywhere."""
_OUTLINED_AT = (16, 32, 64)
"""Looks after which it is outlined anew: of faint marks a badge shows first, and its letters in the sum of many."""
_LEARNS = (0.15, 0.01)
"""Least shares of what its place was amiss by which place and velocity (times the looks' distance) are mended."""
_MAX_FOLLOWED = 6
_LEAST_TRAVEL = 0.05
"""Of the width: what went less far is not reported. Drifting marks went half of it in sixteen seconds."""


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
    lines: bool = False
    """Told by which way its edges run, whichever of their sides is the brighter."""
    times: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    beyond: list[float] = field(default_factory=list)
    """Standard deviations by which it shows more of itself there than beside there."""
    places: list[tuple[int, int]] = field(default_factory=list)
    backgrounds: list[Surroundings] = field(default_factory=list)
    missed: int = 0
    plot: Plot | None = None
    known: int = 0
    """Number of those counted by its outline as it was before."""
    plotted: tuple[int, int] = (0, 0)
    """Where the plot begins, from the top left of its outline …"""
    plot_size: tuple[int, int] = (0, 0)
    """… and its height and width."""
    outline: Box | None = None
    """From the top left of where it was seen, once that is settled."""

    def follow(self, past: Past, shape: tuple[int, int]) -> None:
        """Look for it where it should be, or thrown back by the border of the picture."""
        if self.given_up():
            return
        elapsed = past.time_s - self.last_s
        slack = min(_FARTHEST_PX, _SLACK_PX + int(_STRAYS * elapsed))
        rooms = (shape[1] - self.region.box[2], shape[0] - self.region.box[3])
        at = [p + v * elapsed for p, v in zip(self.place, self.velocity, strict=True)]
        back = [_thrown_back(*each) for each in zip(at, self.velocity, rooms, strict=True)]
        ranges = [
            (max(0, round(min(a, b)) - slack), min(room, round(max(a, b)) + slack))
            for a, b, room in zip(at, back, rooms, strict=True)
        ]
        best = self._note(past, ranges)
        left, top = self.places[-1]
        self.last_s = past.time_s
        if best < _SEEN:
            self.missed += 1
            self.place = (at[0], at[1])
            return
        self.missed = 0
        count = len(self.places)
        for axis, where in enumerate((left, top)):
            error = where - at[axis]
            if abs(error) > slack + 1:
                at[axis] = where
                self._turn(axis)
                continue
            # What was amiss is mostly noise of whole pixels: it is known the better, the longer it was followed.
            at[axis] += max(_LEARNS[0], 4 / (count + 4)) * error
            if elapsed > 0:
                self._turn(axis, max(_LEARNS[1], 6 / (count + 4) ** 2) * error / elapsed)
        self.place = (at[0], at[1])
        self._compare(past, self.places[-1])
        self._enter(past, self.places[-1])
        if count in _OUTLINED_AT:
            self._outline_anew()

    def look_back(self, past: Past, shape: tuple[int, int]) -> None:
        """Look for it where it should have been before it was suspected."""
        before = past.time_s - self.start_s
        slack = min(_FARTHEST_PX, _SLACK_PX + int(_STRAYS * -before))
        rooms = (shape[1] - self.region.box[2], shape[0] - self.region.box[3])
        at = [p + v * before for p, v in zip(self.place, self.velocity, strict=True)]
        ranges = [(max(0, round(a) - slack), min(room, round(a) + slack)) for a, room in zip(at, rooms, strict=True)]
        if any(low > high for low, high in ranges):
            return
        if self._note(past, ranges) >= _SEEN:
            self._compare(past, self.places[-1])
            self._enter(past, self.places[-1])

    def _note(self, past: Past, ranges: Sequence[tuple[int, int]]) -> float:
        """Enter what a picture shows of it between some places."""
        best, beyond, where = self._best(past, ranges)
        self.times.append(past.time_s)
        self.scores.append(best)
        self.beyond.append(beyond)
        self.places.append(where)
        return best

    def given_up(self) -> bool:
        """Whether it was missed for too long: the longer it was seen beside what suggested it, the longer it is looked
        for over a ground that hides it."""
        if self.missed < _LOST:
            return False
        return self.proof() < _PATIENT or self.missed >= _LOST + sum(score >= _SEEN for score in self.later())

    def _turn(self, axis: int, more: float | None = None) -> None:
        """Change its velocity along an axis, by so much or to the contrary."""
        way = list(self.velocity)
        way[axis] = -way[axis] if more is None else way[axis] + more
        self.velocity = (way[0], way[1])

    def _best(self, past: Past, ranges: Sequence[tuple[int, int]]) -> tuple[float, float, tuple[int, int]]:
        """Between some places where it shows most of itself: how much, how far beyond what is beside, and where."""
        region = self.region
        _, _, w, h = region.box
        (left, right), (top, bottom) = ((low, max(low, high)) for low, high in ranges)
        across, down = right - left + 1, bottom - top + 1
        corner, size = (
            (left - _BESIDE_PX, top - _BESIDE_PX),
            (down + h - 1 + 2 * _BESIDE_PX, across + w - 1 + 2 * _BESIDE_PX),
        )
        usual = max(float(np.sum(region.x * region.x + region.y * region.y)), 1e-6)
        x, y = (
            cv2.matchTemplate(part, edges, cv2.TM_CCORR)
            for part, edges in zip(self._edges(past, corner, size), (region.x, region.y), strict=True)
        )
        shown = np.asarray((x + y) / usual, np.float32)
        there = (slice(_BESIDE_PX, _BESIDE_PX + down), slice(_BESIDE_PX, _BESIDE_PX + across))
        _, best, _, where = cv2.minMaxLoc(shown[there])
        beside = np.ones(shown.shape, np.bool_)
        beside[_BESIDE_PX - 4 : _BESIDE_PX + down + 4, _BESIDE_PX - 4 : _BESIDE_PX + across + 4] = False
        # The best of as many places elsewhere: what is sought finds something anywhere.
        usual_best = cv2.dilate(shown, np.ones((min(down, 9), min(across, 9)), np.uint8))[beside]
        spread = max(float(shown[beside].std()), 1e-6)
        return float(best), (float(best) - float(usual_best.mean())) / spread, (left + where[0], top + where[1])

    def _edges(self, past: Past, corner: tuple[int, int], size: tuple[int, int]) -> list[Map]:
        """Of a window of a picture, as it is told by."""
        return edges_in(past, corner, size, lines=self.lines)

    def _compare(self, past: Past, where: tuple[int, int]) -> None:
        x, y = where
        _, _, w, h = self.region.box
        if (
            len(self.backgrounds) >= MAX_BACKGROUNDS
            or min(x, y) < 0
            or x + w > past.luma.shape[1]
            or y + h > past.luma.shape[0]
        ):
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
            self.plot, self.plotted, self.plot_size = Plot((_PAD_PX, _PAD_PX, w, h), size), (-_PAD_PX, -_PAD_PX), size
        size = self.plot_size
        left, top = where[0] + self.plotted[0], where[1] + self.plotted[1]
        u, v = (PACKED * part for part in self._edges(past, (left, top), size))
        luma = np.asarray(cut(past.luma, left, top, size), np.uint8)
        self.plot.add(u, v, luma, inside_of(past.luma.shape, (left, top), size), 1 / PACKED)

    def _outline_anew(self) -> bool:
        """Take the outline of all that went with it so far: at first it is known but in part."""
        if self.plot is None:
            return False
        _, _, w, h = self.region.box
        within = (-self.plotted[0], -self.plotted[1], w, h)
        whole: Region | None = None
        for part in self.plot.regions(replace(self.region, box=within), MOVING_BAR, _LIKE_OWN):
            whole = part if whole is None else joined(whole, part)
        if whole is None:
            return False
        self._begin_at(whole.box[0] + self.plotted[0], whole.box[1] + self.plotted[1])
        self.region = replace(whole, box=(*self.places[0], *whole.box[2:]))
        # Its ring is another now.
        self.known = self.different
        self.backgrounds.clear()
        return True

    def _begin_at(self, across: int, down: int) -> None:
        """Say of all places where the outline begins now."""
        self.places = [(a + across, b + down) for a, b in self.places]
        self.place = (self.place[0] + across, self.place[1] + down)
        self.plotted = (self.plotted[0] - across, self.plotted[1] - down)

    def settle(self) -> None:
        """Take the outline for good."""
        if self._outline_anew():
            left, top, w, h = self.region.extent()
            x, y, _, _ = self.region.box
            self.outline = (left - x, top - y, w, h)

    def box(self, look: int) -> Box:
        """Where its outline lay in a look, in pixels."""
        (x, y), (left, top, w, h) = self.places[look], self.outline or (0.0, 0.0, *self.region.box[2:])
        return x + left, y + top, w, h

    def seen(self) -> npt.NDArray[np.bool_]:
        """For each look whether it was there."""
        return np.asarray(self.scores) >= _SEEN

    def spans(self, join_s: float) -> tuple[tuple[float, float], ...]:
        """When it was there."""
        found = spans_of(self.times, self.seen(), join_s)
        return tuple((round(max(a, 0.0), 3), round(b, 3)) for a, b in found)

    @property
    def different(self) -> int:
        """Number of different surroundings over which it was there."""
        return max(self.known, len(self.backgrounds))

    def survival(self) -> tuple[int, int]:
        """Later looks in which it was where it should be, and how often it came back."""
        later = np.asarray(self.later()) >= _SEEN
        return int(later.sum()), int(np.sum(later[1:] & ~later[:-1]))

    def later(self) -> list[float]:
        """Scores before and after the looks that suggested it."""
        return [score for at, score in zip(self.times, self.scores, strict=True) if self._is_later(at)]

    def _is_later(self, time_s: float) -> bool:
        return not self.start_s <= time_s <= self.found_s

    def proof(self) -> float:
        """How far the later looks show it beyond what chance shows beside it, in standard errors."""
        later = [far for at, far in zip(self.times, self.beyond, strict=True) if self._is_later(at)]
        return float(sum(later)) / len(later) ** 0.5 if len(later) >= 3 else 0.0

    def breadth(self) -> float:
        """Share of its edges across its main direction."""
        return breadth_of(self.region, lines=self.lines)

    def travel(self) -> float:
        """Pixels between the two places furthest apart."""
        seen = np.asarray([p for p, s in zip(self.places, self.scores, strict=True) if s >= _SEEN], np.float64)
        return float(np.hypot(*(seen.max(axis=0) - seen.min(axis=0)))) if len(seen) else 0.0


class Drifts:
    """What moves evenly in one stream."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self._shape = shape
        self._block = max(1, round(max(shape) / _COARSE_PX))
        self._count = 0
        self._past: deque[Past] = deque(maxlen=_LOOKS + _BEFORE)
        self.followed: list[Drift] = []

    def look(self, newest: Past) -> None:
        """Take the next picture."""
        self._past.append(newest)
        for drift in self.followed:
            drift.follow(newest, self._shape)
        self._count += 1
        every = _EVERY if self._count <= _OFTEN else _SELDOM
        if self._count % every == 0 and len(self._past) >= _LOOKS:
            self._search(list(self._past))

    def kept(self) -> list[Drift]:
        """What was seen again after it was found and went somewhere, outlined; the surest first."""
        width = self._shape[1]
        moved = [d for d in self.followed if d.travel() >= _LEAST_TRAVEL * width and d.proof() > 0]
        for drift in moved:
            drift.settle()
        return sorted((d for d in moved if d.outline), key=lambda d: -d.proof())

    def _coarse(self, past: Past) -> npt.NDArray[np.float32]:
        """Lines of a picture on fewer pixels, of a whole line so much."""
        height, width = (side // self._block * self._block for side in self._shape)
        lines = np.stack(lines_of([part[:height, :width] for part in past.soft])).astype(np.int16)
        total = np.zeros((2, height // self._block, width // self._block), np.float32)
        for down, across in product(range(self._block), repeat=2):
            total += lines[:, down :: self._block, across :: self._block]
        return total * np.float32(FULL / PACKED / self._block**2)

    def _search(self, past: Sequence[Past]) -> None:
        newest = past[-_LOOKS:]
        times = [one.time_s for one in newest]
        edges = np.stack([self._coarse(one) for one in newest])
        # What stands still goes.
        whole = np.clip(np.round(edges - edges.mean(axis=0)), -FULL, FULL).astype(np.int8)
        found = sorted(peaks(whole, np.asarray(times)), reverse=True)
        self.followed = [drift for drift in self.followed if not drift.given_up() or drift.proof() >= _PATIENT]
        tried: list[tuple[float, float]] = []
        for peak in found:
            place = peak.place
            if len(tried) >= _TRIED or len(self.followed) >= _MAX_FOLLOWED:
                break
            if any(abs(place[0] - a) < WINDOW[0] and abs(place[1] - b) < WINDOW[0] for a, b in tried):
                continue
            tried.append(place)
            self._suspect(past, place, peak.velocity)

    def _suspect(self, looks: Sequence[Past], place: tuple[float, float], velocity: tuple[float, float]) -> None:
        """Outline what is at a coarse place in the middle of the window."""
        earlier, past = looks[:-_LOOKS], looks[-_LOOKS:]
        middle = (past[0].time_s + past[-1].time_s) / 2
        centre = (place[0] * self._block, place[1] * self._block)
        rough = (velocity[0] * self._block, velocity[1] * self._block)
        best: tuple[float, bool, tuple[float, float], Field, Region] | None = None
        for lines in (False, True):
            way = refined(past, centre, rough, middle, self._shape, lines=lines)
            crop, found = outlined(past, centre, way, middle, self._shape, lines=lines)
            for one in found:
                if best is None or one.edge_px * one.consistency > best[0]:
                    best = (one.edge_px * one.consistency, lines, way, crop, one)
        if best is None:
            return
        _, lines, way, crop, region = best
        left, top = corner_of(centre, crop.x.shape)
        x, y, w, h = region.box
        height, width = crop.x.shape
        if x <= 4 or y <= 4 or x + w >= width - 4 or y + h >= height - 4:
            return
        whole = replace(region, box=(left + x, top + y, w, h))
        first = past[0].time_s
        start = (left + x + way[0] * (first - middle), top + y + way[1] * (first - middle))
        new = Drift(whole, first, past[-1].time_s, way, start, first, surround=surround_of(crop, region), lines=lines)
        if any(_same(new, old) for old in self.followed):
            return
        for look in earlier:
            new.look_back(look, self._shape)
        for look in past:
            new.follow(look, self._shape)
        self.followed.append(new)


def _thrown_back(at: float, speed: float, room: float) -> float:
    """Where it is at most if the border throws it back: its outline may be known but in part."""
    if speed > 0:
        return at - 2 * max(0.0, at - room + _NEAR_PX)
    return at + 2 * max(0.0, _NEAR_PX - at)


def _same(new: Drift, old: Drift) -> bool:
    """Whether what is suggested anew lies where something is followed already, most of the time: a border may have
    thrown it back in the meantime."""
    wide, high = (max(new.region.box[a], old.region.box[a]) for a in (2, 3))
    apart: list[bool] = []
    for at, place in zip(old.times, old.places, strict=True):
        if at >= new.start_s:
            x, y = (p + v * (at - new.start_s) for p, v in zip(new.place, new.velocity, strict=True))
            apart.append(abs(place[0] - x) >= wide or abs(place[1] - y) >= max(high, wide / 2))
    return not old.given_up() and 2 * sum(apart) < len(apart)
