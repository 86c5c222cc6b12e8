"""Regions followed through time: a mark must go on surviving after it was first suspected."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from coursekit.video.marks.persistence import Map
from coursekit.video.marks.regions import PixelBox, Region
from coursekit.video.marks.signature import signature_of

_SEEN = 0.4
"""Share of a mark's usual edges in one picture above which it is there. Bare pictures scatter round 0 by 0.1–0.2."""
_FRESH = 0.5
_SAME = 0.35
_AGREE = 0.5


@dataclass(slots=True)
class Track:
    """One place at which edges stay."""

    region: Region
    found_s: float
    times: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    hits: int = 0
    misses: int = 0
    """Fresh backgrounds after it was first suspected over which it was there, or was not."""
    looks: int = 1
    throughout: tuple[float, float] | None = None
    """Found only in the sum over the whole stream: too faint to say when it was there and when not."""
    best: float = 0.0
    best_s: float = 0.0

    @property
    def box(self) -> PixelBox:
        """Where."""
        return self.region.box

    def score(self, u: Map, v: Map) -> float:
        """How much of the mark's usual edges this picture shows: about 1 where it is there, about 0 where not."""
        region = self.region
        x, y, w, h = region.box
        area = (slice(y, y + h), slice(x, x + w))
        usual = float(np.sum(region.x * region.x + region.y * region.y))
        return float(np.sum(u[area] * region.x + v[area] * region.y)) / max(usual, 1e-6)

    def note(self, time_s: float, score: float, fresh: float | None) -> None:
        """Enter one picture. `fresh`: share of its edges over another background; None for pictures seen before."""
        self.times.append(time_s)
        self.scores.append(score)
        if score > self.best:
            self.best, self.best_s = score, time_s
        if fresh is not None and fresh >= _FRESH:
            if score >= _SEEN:
                self.hits += 1
            else:
                self.misses += 1

    def renew(self, region: Region) -> None:
        """Take the newest and fullest sight of the same region."""
        self.looks += 1
        if region.edge_px * region.consistency >= 0.8 * self.region.edge_px * self.region.consistency:
            self.region = region

    def spans(self, join_s: float) -> tuple[tuple[float, float], ...]:
        """When it was there; short disappearances (white on white) are bridged."""
        if self.throughout is not None:
            return (self.throughout,)
        order = np.argsort(self.times)
        times = np.asarray(self.times)[order]
        scores = np.asarray(self.scores)[order]
        if len(scores) >= 3:
            padded = np.pad(scores, 1, mode="edge")
            scores = np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0)
        found: list[list[float]] = []
        for at, there in zip(times, scores >= _SEEN, strict=True):
            if not there:
                continue
            if found and at - found[-1][1] <= join_s:
                found[-1][1] = float(at)
            else:
                found.append([float(at), float(at)])
        return tuple((round(a, 3), round(b, 3)) for a, b in found)

    def signature(self, pixel_aspect: float = 1.0) -> str:
        """Its edges on a small grid."""
        return signature_of(np.hypot(self.region.x, self.region.y), pixel_aspect)


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
