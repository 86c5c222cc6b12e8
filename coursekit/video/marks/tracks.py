"""Regions followed through time: a mark must go on surviving after it was first suspected."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.marks.boxes import covers, overlap
from coursekit.video.marks.persistence import Field
from coursekit.video.marks.regions import KNOWN_BAR, Bar, PixelBox, Region, find_regions, looked_round
from coursekit.video.marks.signature import signature_of

_SEEN = 0.4
"""Share of a mark's usual edges in one picture above which it is there. Bare pictures scatter round 0 by 0.1–0.2."""
MAX_BACKGROUNDS = 60
_RING_PX = (4, 14)
_RING_STEP = 3
_ALIKE = 0.5
_FLAT = 3.0
_RELIT = 15.0
MAX_SIGHTS = 24
_PLOT_PX = 48
"""How far round a first sight the rest of a mark is looked for."""
_OWN_PCT = 75
_LIKE_OWN = 0.5
"""Steadiness, of that of the best quarter of what was sighted, from which a pixel beside it is part of the mark."""
_GONE = 0.15
_SAME_TIME = 0.7
_LEAST_SCATTER = 0.15
_MIN_RUN = 3
_FRESH = 0.5
_MEDIAN = 5
_PROOF = 6
"""Backgrounds after the first sight that a candidate must live through to be kept …"""
_NOTHING = 0.2
"""… showing more than this of it: chance shows 0 ± 0.12, and the first sight of a faint mark promises too much."""
_FIT_PX = 8
_SAME = 0.35
AGREE = 0.5
"""Correlation of the edges of two regions where both have some, from which they are of one thing."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a mark stood over at one moment, told by the ring round it."""

    shape: npt.NDArray[np.float32]
    """Brightness of the ring, coarse, of mean nought."""
    spread: float
    mean: float
    scene: int


class Ring:
    """What lies round a region, in pictures of one size."""

    def __init__(self, region: Region, shape: tuple[int, ...]) -> None:
        x, y, w, h = region.box
        near, far = _RING_PX
        top, left = max(0, y - far), max(0, x - far)
        mask = np.zeros((min(y + h + far, shape[0]) - top, min(x + w + far, shape[1]) - left), np.uint8)
        mask[y - top : y - top + h, x - left : x - left + w] = region.mask
        mask = np.asarray(cv2.dilate(mask, np.ones((2 * near + 1, 2 * near + 1), np.uint8)), np.uint8)
        self._area = (slice(top, y + h + far), slice(left, x + w + far))
        self._free = mask[::_RING_STEP, ::_RING_STEP] == 0
        self._room = int(self._free.sum()) >= 30

    def look(self, luma: npt.NDArray[np.uint8], scene: int) -> Surroundings | None:
        """What is there in this picture; None where it leaves no room for a ring."""
        if not self._room:
            return None
        soft = cv2.blur(luma[self._area], (5, 5))
        coarse = np.asarray(soft[::_RING_STEP, ::_RING_STEP][self._free], np.float32)
        mean = float(np.add.reduce(coarse)) / len(coarse)
        shape = np.asarray(coarse - mean, np.float32)
        return Surroundings(shape, (float(np.dot(shape, shape)) / len(shape)) ** 0.5, mean, scene)

    def changed(self, luma: npt.NDArray[np.uint8], usual: npt.NDArray[np.uint8], levels: int) -> float | None:
        """Share of it that is more than so many levels from what is usual there; None where it leaves no room."""
        if not self._room:
            return None
        apart = cv2.absdiff(luma[self._area], usual[self._area])[::_RING_STEP, ::_RING_STEP][self._free]
        return int(np.count_nonzero(apart > levels)) / len(apart)


def differ(one: Surroundings, other: Surroundings) -> bool:
    """Whether two surroundings are different backgrounds, and not one under other light."""
    if one.shape.shape != other.shape.shape:
        return False
    if min(one.spread, other.spread) < _FLAT:
        # Flat against flat differs by its level, and only where the whole picture became another.
        if max(one.spread, other.spread) < 3 * _FLAT:
            return one.scene != other.scene and abs(one.mean - other.mean) > _RELIT
        return True
    return float(np.dot(one.shape, other.shape)) / len(one.shape) < _ALIKE * one.spread * other.spread


class Plot:
    """A place and what lies round it, averaged over the backgrounds over which a mark was there and over no others."""

    def __init__(self, box: PixelBox, shape: tuple[int, int]) -> None:
        x, y, w, h = box
        height, width = shape
        left, top = max(0, x - _PLOT_PX), max(0, y - _PLOT_PX)
        right, bottom = min(width, x + w + _PLOT_PX), min(height, y + h + _PLOT_PX)
        self.origin = (left, top)
        self.area = (slice(top, bottom), slice(left, right))
        self._totals = [np.zeros((bottom - top, right - left), np.float32) for _ in range(5)]
        """x, y, power, brightness, its square."""
        self._count = np.zeros((bottom - top, right - left), np.float32)

    def add(
        self,
        u: npt.NDArray[Any],
        v: npt.NDArray[Any],
        luma: npt.NDArray[np.uint8],
        fresh: npt.NDArray[np.uint8],
        scale: float = 1.0,
    ) -> None:
        """Enter a picture in which the mark is there; its edges are given in so many times the unit."""
        left, top, w, h = cv2.boundingRect(fresh[self.area])
        if not w:
            return
        # What lies beyond what is fresh is not looked at: plots are large, and most of a picture is as it was.
        here = (slice(top, top + h), slice(left, left + w))
        mask, x, y, bright = (plane[self.area][here] for plane in (fresh, u, v, luma))
        if scale != 1.0 or x.dtype != np.float32:
            x, y = (np.asarray(part * np.float32(scale), np.float32) for part in (x, y))
        power, square = self._totals[2][here], self._totals[4][here]
        for part, total in ((x, 0), (y, 1), (bright, 3)):
            cv2.accumulate(part, self._totals[total][here], mask)
        for part, squares in ((x, power), (y, power), (bright, square)):
            cv2.accumulateSquare(part, squares, mask)
        cv2.accumulate(mask, self._count[here])

    def regions(self, sighted: Region, bar: Bar = KNOWN_BAR, like: float = _LIKE_OWN) -> list[Region]:
        """What stands out in it about as much as what was sighted, in coordinates of the picture."""
        weight = np.maximum(self._count, 1)
        x, y, power, mean, square = (np.asarray(total / weight, np.float32) for total in self._totals)
        spread = np.asarray(np.sqrt(np.maximum(square - mean * mean, 0)), np.float32)
        left, top = self.origin
        field = Field(x, y, power, self._count)
        rows, columns = np.nonzero(sighted.mask)
        rows, columns = rows + sighted.box[1] - top, columns + sighted.box[0] - left
        inside = (rows >= 0) & (rows < x.shape[0]) & (columns >= 0) & (columns < x.shape[1])
        if not inside.any():
            return []
        own = np.percentile(field.steadiness()[2][rows[inside], columns[inside]], _OWN_PCT)
        found = [
            looked_round(r, self._count, spread) for r in find_regions(field, np.ones_like(x), bar, like * float(own))
        ]
        return [replace(r, box=(r.box[0] + left, r.box[1] + top, r.box[2], r.box[3])) for r in found]


class Edges:
    """The edge pixels of a region as places in a picture laid out in one row: a tenth of its box, and all that is asked
    of every picture about a mark that is followed."""

    def __init__(self, region: Region, width: int) -> None:
        rows, columns = np.nonzero(region.mask)
        self._at = (rows + region.box[1]) * width + columns + region.box[0]
        self._x, self._y = region.x[region.mask], region.y[region.mask]
        self._usual = max(float(np.dot(self._x, self._x) + np.dot(self._y, self._y)), 1e-6)

    def score(self, u: npt.NDArray[Any], v: npt.NDArray[Any]) -> float:
        """How much of their usual power a picture shows."""
        return float(np.dot(u.take(self._at), self._x) + np.dot(v.take(self._at), self._y)) / self._usual

    def share(self, fresh: npt.NDArray[np.uint8]) -> float:
        """Share of them at which it is 1."""
        return int(np.count_nonzero(fresh.take(self._at))) / len(self._at)


@dataclass(slots=True)
class Track:
    """One place at which edges stay."""

    region: Region
    found_s: float
    # Arrays, not lists: what is worked out of them after every look round would first have to be copied out.
    times: array[float] = field(default_factory=lambda: array("d"))
    scores: array[float] = field(default_factory=lambda: array("d"))
    fresh: array[int] = field(default_factory=lambda: array("b"))
    """Whether most of its edges stood over another background than before."""
    since_start: bool = False
    """Found in the sum over the whole stream: it was there before it was suspected."""
    best: float = 0.0
    best_s: float = 0.0
    backgrounds: list[Surroundings] = field(default_factory=list)
    """Different surroundings over which it was there, by the region as it is now."""
    sights: int = 1
    """How often it stood out …"""
    seen_s: float = float("-inf")
    """… and when it last did so again."""
    plot: Plot | None = None
    """The place and some way round it, averaged over the backgrounds it was seen over; None until it is certain that
    it is followed at all."""
    turning: bool = False
    """Its edges turn round with the brightness of the ground: a grey mark."""
    owed: float = 0.0
    """Share of its edges that came to stand over another background since one last counted."""
    early: list[float] = field(default_factory=list)
    """Scores over the first backgrounds after it was suspected."""
    known: int = 0
    """Number of those counted by the region as it was before."""
    ring: Ring | None = None
    """Of the region as it is now …"""
    edges: Edges | None = None
    """… and its edges: what is asked of every picture is worked out once."""

    @property
    def box(self) -> PixelBox:
        """Where."""
        return self.region.box

    def score(self, u: npt.NDArray[Any], v: npt.NDArray[Any]) -> float:
        """How much of the mark's usual edges this picture shows: about 1 where it is there, about 0 where not."""
        if self.edges is None:
            self.edges = Edges(self.region, u.shape[1])
        return self.edges.score(u, v)

    def share(self, fresh: npt.NDArray[np.uint8]) -> float:
        """Share of its edges that stand over another background in this picture."""
        if self.edges is None:
            self.edges = Edges(self.region, fresh.shape[1])
        return self.edges.share(fresh)

    def compare(self, luma: npt.NDArray[np.uint8], scene: int) -> None:
        """Add this picture's surroundings if they are like none before. To be asked while the mark is there."""
        if len(self.backgrounds) >= MAX_BACKGROUNDS:
            return
        if self.ring is None:
            self.ring = Ring(self.region, luma.shape)
        new = self.ring.look(luma, scene)
        # The newest come first: what shows no other background mostly shows the last one.
        if new is not None and all(differ(new, old) for old in reversed(self.backgrounds)):
            self.backgrounds.append(new)

    def note(self, time_s: float, score: float, share: float) -> None:
        """Enter one picture, over another background with that share of its edges.

        A long mark is passed piece by piece: the shares of several pictures add up to another background.
        """
        self.owed += share
        self.times.append(time_s)
        self.scores.append(score)
        self.fresh.append(self.owed >= _FRESH)
        if self.fresh[-1]:
            self.owed = 0.0
            if time_s > self.found_s and len(self.early) < _PROOF:
                self.early.append(score)
        if score > self.best:
            self.best, self.best_s = score, time_s

    def sighted(self, region: Region, time_s: float, *, whole: bool) -> bool:
        """Enter that it stood out again; whether this is the newest full sight of it.

        A sum over the whole stream gathers specks beside the mark; it is taken only for want of anything better.
        """
        if time_s > self.seen_s:
            self.seen_s = time_s
            self.sights = min(self.sights + 1, MAX_SIGHTS)
        enough = 2.5 if whole else 0.8
        return region.edge_px * region.consistency >= enough * self.region.edge_px * self.region.consistency

    def renew(self, region: Region) -> None:
        """Take the newest full sight for what it is."""
        if region.box != self.region.box:
            self.known = self.different
            self.backgrounds.clear()
        self.outline(region)

    def outline(self, region: Region) -> None:
        """From now on it is this."""
        self.region, self.ring, self.edges = region, None, None

    @property
    def different(self) -> int:
        """Number of different surroundings over which it was there."""
        return max(self.known, len(self.backgrounds))

    def _there(self) -> npt.NDArray[np.bool_]:
        """For each picture whether it was there. A faint mark's single scores scatter; their running median not."""
        reach = _MEDIAN // 2
        scores = np.asarray(self.scores)
        padded = np.concatenate((scores[:1].repeat(reach), scores, scores[-1:].repeat(reach)))
        # Asked of every track after every look round: np.pad and np.median take five times as long.
        windows = np.stack([padded[n : n + len(scores)] for n in range(_MEDIAN)], axis=1)
        windows.partition(reach, axis=1)
        level = windows[:, reach]
        # A grey mark fades over a grey ground; what is gone shows nothing. In between holds what was told last.
        told = np.where(level >= _SEEN, 1, np.where(level < _GONE, -1, 0))
        last = np.maximum.accumulate(np.where(told != 0, np.arange(len(told)), -1))
        return np.asarray((last >= 0) & (told[last] > 0))

    def settle(self) -> None:
        """Take the outline that shows over all the backgrounds it was seen over, not over the last or over all."""
        if self.plot is None:
            return
        mine = [
            r
            for r in self.plot.regions(self.region)
            if covers(r.box, self.region.box) + covers(self.region.box, r.box) > 0.5
        ]
        if mine:
            self.outline(max(mine, key=lambda r: r.edge_px * r.consistency))

    def survival(self) -> tuple[int, int]:
        """Changes of background since it was first suspected through which it stayed, and how often it came back.

        A mark that goes for good was there for a part of the time; an object of the scene goes with each passer-by.
        """
        there = self._there()
        after = [i for i, at in enumerate(self.times) if at > self.found_s]
        stayed = sum(1 for i in after if self.fresh[i] and there[i])
        went = sum(1 for i in after if i > 0 and there[i] and not there[i - 1])
        return stayed, went

    def beside(self, other: Track) -> bool:
        """Whether it was there when the other was, and away when the other was away."""
        mine = dict(zip(self.times, self._there().tolist(), strict=True))
        both = [(mine[at], seen) for at, seen in zip(other.times, other._there().tolist(), strict=True) if at in mine]
        either = sum(a or b for a, b in both)
        return either > 0 and bool(sum(a and b for a, b in both) >= _SAME_TIME * either)

    def proof(self) -> float:
        """How far what the later backgrounds showed of it lies beyond chance, in standard errors.

        Taken from the first suspicion on, since what suggested it is no proof of it; of the times it was there the
        one that says most.
        """
        if not self.times or self.times[-1] <= self.found_s:
            return 0.0
        there = self._there()
        counts = there & np.asarray(self.fresh, np.bool_) & (np.asarray(self.times) > self.found_s)
        scores, run = np.asarray(self.scores)[counts], np.cumsum(~there)[counts]
        starts = [0, *(np.flatnonzero(run[1:] != run[:-1]) + 1).tolist(), len(run)]
        return max((beyond_chance(scores[a:b]) for a, b in pairwise(starts) if b - a >= _MIN_RUN), default=0.0)

    def chance(self) -> bool:
        """Whether the backgrounds that came right after it was suspected showed nothing of it."""
        return len(self.early) >= _PROOF and bool(np.mean(self.early) < _NOTHING)

    def spans(self, join_s: float, start_s: float) -> tuple[tuple[float, float], ...]:
        """When it was there; short disappearances (white on white) are bridged."""
        found = spans_of(self.times, self._there(), join_s)
        if self.since_start and found:
            found[0][0] = start_s
        return tuple((round(max(a, 0.0), 3), round(b, 3)) for a, b in found)


def spans_of(times: Iterable[float], there: npt.NDArray[np.bool_], join_s: float) -> list[list[float]]:
    """Start and end of the times it was there, short absences bridged."""
    found: list[list[float]] = []
    for at, seen in zip(times, there, strict=True):
        if not seen:
            continue
        if found and at - found[-1][1] <= join_s:
            found[-1][1] = at
        else:
            found.append([at, at])
    return found


def beyond_chance(scores: npt.NDArray[np.float64]) -> float:
    """Standard errors by which the mean of scores lies beyond nought."""
    count = len(scores)
    mean = float(np.add.reduce(scores)) / count
    apart = scores - mean
    scatter = (float(np.dot(apart, apart)) / count) ** 0.5
    return float(mean / max(scatter, _LEAST_SCATTER) * count**0.5)


def signature(region: Region, pixel_aspect: float = 1.0) -> str:
    """Its edges on a small grid."""
    edges = np.hypot(region.x, region.y)
    return signature_of(np.where(region.mask, np.maximum(edges, 0.2), edges), pixel_aspect)


def find_track(tracks: list[Track], region: Region, *, turning: bool = False) -> Track | None:
    """The track that this region continues: the same place and the same edges, so that one caption is not the next."""
    alike = [track for track in tracks if track.turning == turning]
    best = max(alike, key=lambda track: overlap(track.box, region.box), default=None)
    if best is None or overlap(best.box, region.box) < _SAME or agreement(best.region, region) < AGREE:
        return None
    return best


def same_shape(one: Region, other: Region) -> float:
    """Correlation of two regions' edges, direction for direction, where they fit best upon each other.

    The same faint sign at two corners reached 0.64 and more, regions of like size with as many edges 0.34 at most.
    """
    pad = _FIT_PX
    totals = [
        cv2.matchTemplate(np.pad(a, pad + max(0, *np.subtract(b.shape, a.shape))), b, cv2.TM_CCORR)
        for a, b in ((one.x, other.x), (one.y, other.y))
    ]
    first, second = (float(np.sqrt(np.sum(r.x * r.x + r.y * r.y))) for r in (one, other))
    return float(np.max(totals[0] + totals[1])) / max(first * second, 1e-6)


def agreement(one: Region, other: Region) -> float:
    """Correlation of two regions' edges where both have some."""
    ax, ay, aw, ah = one.box
    bx, by, bw, bh = other.box
    x0, y0, x1, y1 = max(ax, bx), max(ay, by), min(ax + aw, bx + bw), min(ay + ah, by + bh)
    first = (slice(y0 - ay, y1 - ay), slice(x0 - ax, x1 - ax))
    second = (slice(y0 - by, y1 - by), slice(x0 - bx, x1 - bx))
    dot = np.sum(one.x[first] * other.x[second] + one.y[first] * other.y[second])
    powers = [float(np.sum(r.x[a] ** 2 + r.y[a] ** 2)) for r, a in ((one, first), (other, second))]
    return float(dot) / max(min(powers), 1e-6)
