"""Regions followed through time: a mark must go on surviving after it was first suspected."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.marks.regions import PixelBox, Region
from coursekit.video.marks.signature import signature_of

_SEEN = 0.4
"""Share of a mark's usual edges in one picture above which it is there. Bare pictures scatter round 0 by 0.1–0.2."""
MAX_BACKGROUNDS = 60
_RING_PX = (4, 14)
_ALIKE = 0.5
_FLAT = 3.0
_RELIT = 15.0
_MAX_SIGHTS = 24
_AGREED = 0.4
_MIN_AGREED = 0.4
_MEDIAN = 5
_SAME = 0.35
_AGREE = 0.5


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a mark stood over at one moment, told by the ring round it."""

    shape: npt.NDArray[np.float32]
    """Brightness of the ring, coarse, of mean nought."""
    spread: float
    mean: float
    scene: int


def surroundings(region: Region, luma: npt.NDArray[np.uint8], scene: int) -> Surroundings | None:
    """The ring round a region, or None where the picture leaves no room for one."""
    x, y, w, h = region.box
    near, far = _RING_PX
    top, left = max(0, y - far), max(0, x - far)
    part = luma[top : y + h + far, left : x + w + far]
    mask = np.zeros(part.shape, np.uint8)
    mask[y - top : y - top + h, x - left : x - left + w] = region.mask
    mask = np.asarray(cv2.dilate(mask, np.ones((2 * near + 1, 2 * near + 1), np.uint8)), np.uint8)
    step = 3
    free = mask[::step, ::step] == 0
    if int(free.sum()) < 30:
        return None
    coarse = np.asarray(cv2.blur(part, (5, 5)), np.float32)[::step, ::step][free]
    mean = float(coarse.mean())
    return Surroundings(np.asarray(coarse - mean, np.float32), float(coarse.std()), mean, scene)


def differ(one: Surroundings, other: Surroundings) -> bool:
    """Whether two surroundings are different backgrounds, and not one under other light."""
    if one.shape.shape != other.shape.shape:
        return False
    if min(one.spread, other.spread) < _FLAT:
        # Flat against flat differs by its level, and only where the whole picture became another.
        if max(one.spread, other.spread) < 3 * _FLAT:
            return one.scene != other.scene and abs(one.mean - other.mean) > _RELIT
        return True
    return float(np.mean(one.shape * other.shape)) < _ALIKE * one.spread * other.spread


@dataclass(slots=True)
class Track:
    """One place at which edges stay."""

    region: Region
    found_s: float
    times: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    fresh: list[bool] = field(default_factory=list)
    """Whether most of its edges stood over another background than before."""
    since_start: bool = False
    """Found in the sum over the whole stream: it was there before it was suspected."""
    best: float = 0.0
    best_s: float = 0.0
    backgrounds: list[Surroundings] = field(default_factory=list)
    """Different surroundings over which it was there, by the region as it is now."""
    sights: list[Region] = field(default_factory=list)
    """Regions seen at the place, the newest last: what only some of them hold is no part of the mark."""
    known: int = 0
    """Number of those counted by the region as it was before."""

    @property
    def box(self) -> PixelBox:
        """Where."""
        return self.region.box

    def outline(self) -> tuple[PixelBox, npt.NDArray[np.bool_]]:
        """Box and edge pixels on which most sights agree."""
        sights = self.sights or [self.region]
        x0, y0 = min(r.box[0] for r in sights), min(r.box[1] for r in sights)
        x1, y1 = max(r.box[0] + r.box[2] for r in sights), max(r.box[1] + r.box[3] for r in sights)
        votes = np.zeros((y1 - y0, x1 - x0), np.float32)
        for region in sights:
            x, y, w, h = region.box
            votes[y - y0 : y - y0 + h, x - x0 : x - x0 + w] += region.mask
        agreed = votes >= _AGREED * len(sights)
        if int(agreed.sum()) < _MIN_AGREED * self.region.edge_px:
            return self.region.box, self.region.mask
        rows, columns = np.nonzero(agreed)
        t, b, le, r = int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1
        return (x0 + le, y0 + t, r - le, b - t), agreed[t:b, le:r]

    def score(self, u: npt.NDArray[Any], v: npt.NDArray[Any]) -> float:
        """How much of the mark's usual edges this picture shows: about 1 where it is there, about 0 where not."""
        region = self.region
        x, y, w, h = region.box
        area = (slice(y, y + h), slice(x, x + w))
        usual = float(np.sum(region.x * region.x + region.y * region.y))
        return float(np.sum(u[area] * region.x + v[area] * region.y)) / max(usual, 1e-6)

    def compare(self, luma: npt.NDArray[np.uint8], scene: int) -> None:
        """Add this picture's surroundings if they are like none before. To be asked while the mark is there."""
        if len(self.backgrounds) >= MAX_BACKGROUNDS:
            return
        new = surroundings(self.region, luma, scene)
        if new is not None and all(differ(new, old) for old in self.backgrounds):
            self.backgrounds.append(new)

    def note(self, time_s: float, score: float, fresh: bool) -> None:
        """Enter one picture."""
        self.times.append(time_s)
        self.scores.append(score)
        self.fresh.append(fresh)
        if score > self.best:
            self.best, self.best_s = score, time_s

    def renew(self, region: Region, *, whole: bool) -> None:
        """Take the newest and fullest sight of the same region.

        A sum over the whole stream gathers specks beside the mark; it is taken only for want of anything better.
        """
        self.sights = [*self.sights, region][-_MAX_SIGHTS:]
        enough = 2.5 if whole else 0.8
        if region.edge_px * region.consistency >= enough * self.region.edge_px * self.region.consistency:
            if region.box != self.region.box:
                self.known = self.different
                self.backgrounds.clear()
            self.region = region

    @property
    def different(self) -> int:
        """Number of different surroundings over which it was there."""
        return max(self.known, len(self.backgrounds))

    def _there(self) -> npt.NDArray[np.bool_]:
        """For each picture whether it was there. A faint mark's single scores scatter; their running median not."""
        # Over a bright background a grey mark is dark, over a dark one bright: both are sights of it.
        scores = np.abs(np.asarray(self.scores))
        reach = _MEDIAN // 2
        padded = np.pad(scores, reach, mode="edge")
        return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, _MEDIAN), axis=1) >= _SEEN)

    def survival(self) -> tuple[int, int]:
        """Changes of background since it was first suspected through which it stayed, and how often it came back.

        A mark that goes for good was there for a part of the time; an object of the scene goes with each passer-by.
        """
        there = self._there()
        after = [i for i, at in enumerate(self.times) if at > self.found_s]
        stayed = sum(1 for i in after if self.fresh[i] and there[i])
        went = sum(1 for i in after if i > 0 and there[i] and not there[i - 1])
        return stayed, went

    def spans(self, join_s: float, start_s: float) -> tuple[tuple[float, float], ...]:
        """When it was there; short disappearances (white on white) are bridged."""
        found: list[list[float]] = []
        for at, there in zip(self.times, self._there(), strict=True):
            if not there:
                continue
            if found and at - found[-1][1] <= join_s:
                found[-1][1] = at
            else:
                found.append([at, at])
        if self.since_start and found:
            found[0][0] = start_s
        return tuple((round(max(a, 0.0), 3), round(b, 3)) for a, b in found)

    def signature(self, pixel_aspect: float = 1.0) -> str:
        """Its edges on a small grid."""
        box, mask = self.outline()
        rx, ry, _, _ = self.region.box
        x, y, w, h = box
        edges = np.zeros((h, w), np.float32)
        x0, y0, x1, y1 = (
            max(x, rx),
            max(y, ry),
            min(x + w, rx + self.region.box[2]),
            min(y + h, ry + self.region.box[3]),
        )
        if x1 > x0 and y1 > y0:
            own = (slice(y0 - ry, y1 - ry), slice(x0 - rx, x1 - rx))
            edges[y0 - y : y1 - y, x0 - x : x1 - x] = np.hypot(self.region.x[own], self.region.y[own])
        return signature_of(np.where(mask, np.maximum(edges, 0.2), edges), pixel_aspect)


def overlap(one: PixelBox, other: PixelBox) -> float:
    """Intersection over union."""
    ax, ay, aw, ah = one
    bx, by, bw, bh = other
    w = min(ax + aw, bx + bw) - max(ax, bx)
    h = min(ay + ah, by + bh) - max(ay, by)
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / (aw * ah + bw * bh - w * h)


def covers(one: PixelBox, other: PixelBox) -> float:
    """Share of `other` that lies inside `one`."""
    ax, ay, aw, ah = one
    bx, by, bw, bh = other
    w = min(ax + aw, bx + bw) - max(ax, bx)
    h = min(ay + ah, by + bh) - max(ay, by)
    return w * h / (bw * bh) if w > 0 and h > 0 else 0.0


def find_track(tracks: list[Track], region: Region) -> Track | None:
    """The track that this region continues: the same place and the same edges, so that one caption is not the next."""
    best = max(tracks, key=lambda track: overlap(track.box, region.box), default=None)
    if best is None or overlap(best.box, region.box) < _SAME or _agreement(best.region, region) < _AGREE:
        return None
    return best


def _agreement(one: Region, other: Region) -> float:
    """Correlation of two regions' edges where both have some."""
    ax, ay, aw, ah = one.box
    bx, by, bw, bh = other.box
    x0, y0, x1, y1 = max(ax, bx), max(ay, by), min(ax + aw, bx + bw), min(ay + ah, by + bh)
    first = (slice(y0 - ay, y1 - ay), slice(x0 - ax, x1 - ax))
    second = (slice(y0 - by, y1 - by), slice(x0 - bx, x1 - bx))
    dot = np.sum(one.x[first] * other.x[second] + one.y[first] * other.y[second])
    powers = [float(np.sum(r.x[a] ** 2 + r.y[a] ** 2)) for r, a in ((one, first), (other, second))]
    return float(dot) / max(min(powers), 1e-6)
