"""Which edges stay while the picture behind them becomes another.

For every pixel the direction of its gradient is averaged over *different backgrounds*: a picture counts at a pixel only
when what surrounds the pixel, apart from edges that never move, no longer resembles the surroundings that counted last.
A scene's own edges go when the scene goes, so their average tends to nought as one over the root of the count; a mark's
edges stay. A locked camera changes nothing and therefore counts nothing: persistence alone is never taken as evidence.

Tried beside it: the median of gradients over a window (the same separation, thirty times the time), counts of
persistent edges without the condition on the background (every tripod shot full of marks), and the variance of
brightness (finds opaque marks only).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Map = npt.NDArray[np.float32]

RECENT = 1 / 8
"""Weight of the newest background in the running average: some fifteen backgrounds speak."""
RECENT_COUNT = 15
_SOFT = 4.0
"""Gradient, levels a pixel, that weighs half as much as a strong one."""
_WINDOW_PX = 17
_UNLIKE = 0.4
"""Correlation of the surroundings below which they count as another background."""
_NOISE = 4.0
"""Mean squared gradient below which surroundings are flat and nothing is known of them."""
_ANY = 1 / 6
_STEADY = 0.6
_NEW_SCENE = 0.25
_BRIGHTER = 8.0
_FLOOR = 0.01
_BIAS_PX = 41


@dataclass(slots=True)
class Field:
    """Averages of soft gradients over backgrounds."""

    x: Map
    y: Map
    power: Map
    count: Map

    def steadiness(self) -> tuple[Map, Map, Map]:
        """Mean direction (x, y) and consistency (0–1) of every pixel."""
        # Skies are bright above and rooms dark below, everywhere and always: what leans the same way over a wide
        # neighbourhood is the world's bias and no mark.
        x = self.x - cv2.blur(self.x, (_BIAS_PX, _BIAS_PX))
        y = self.y - cv2.blur(self.y, (_BIAS_PX, _BIAS_PX))
        return _f32(x), _f32(y), _f32(cv2.magnitude(x, y) / np.sqrt(self.power + _FLOOR))


class Persistence:
    """The averages over one stream, in constant memory."""

    def __init__(self, height: int, width: int) -> None:
        self.shape = (height, width)

        def blank() -> Map:
            return np.zeros((height, width), np.float32)

        self._recent = [blank() for _ in range(5)]  # x, y, power, brightness, brightness squared
        self._whole = [blank() for _ in range(5)]
        self._any = [blank() for _ in range(3)]
        self.count = blank()
        self._held = blank()
        self._ref: list[Map] | None = None
        self._ref_scene = np.zeros((height, width), np.int32)
        self.scene = 0
        """Number of the scene: counted up when nothing of the picture resembles the one before."""
        self._last: tuple[Map, Map, float] | None = None
        self.samples = 0
        self.soft: tuple[Map, Map] | None = None
        """Soft gradients of the newest picture."""

    def feed(self, luma: npt.NDArray[np.uint8]) -> None:
        """Take the next sampled picture, in order of time."""
        smooth = cv2.GaussianBlur(luma.astype(np.float32), (0, 0), 0.8)
        gx = _f32(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8))
        gy = _f32(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8))
        power = _f32(gx * gx + gy * gy)
        weight = 1 / (np.sqrt(power) + _SOFT)
        u, v = _f32(gx * weight), _f32(gy * weight)
        strength = _f32(u * u + v * v)
        low = _f32(cv2.blur(smooth, (21, 21)))
        if self._ref is None:
            self._ref = [gx.copy(), gy.copy(), power.copy(), low]
        else:
            self._count_scene(gx, gy, power)
            fresh = self._fresh(gx, gy, power, low)
            self._average(fresh, (u, v, strength, _f32(smooth), _f32(smooth * smooth)))
            mask = fresh.astype(np.uint8)
            for ref, new in zip(self._ref, (gx, gy, power, low), strict=True):
                cv2.copyTo(new, mask, ref)
            self._ref_scene[fresh] = self.scene
        for total, new in zip(self._any, (u, v, strength), strict=True):
            cv2.accumulateWeighted(new, total, _ANY)
        self._last = (gx, gy, float(power.sum()))
        self.soft = (u, v)
        self.samples += 1

    def _count_scene(self, gx: Map, gy: Map, power: Map) -> None:
        assert self._last is not None
        lx, ly, last_power = self._last
        likeness = float((gx * lx + gy * ly).sum()) / (float(power.sum()) * last_power + 1e-6) ** 0.5
        if likeness < _NEW_SCENE:
            self.scene += 1

    def _fresh(self, gx: Map, gy: Map, power: Map, low: Map) -> npt.NDArray[np.bool_]:
        """Pixels whose surroundings are another background than the one that counted last."""
        assert self._ref is not None
        rx, ry, ref_power, ref_low = self._ref
        loose = 1 - self._steady()
        now, then = _window(loose * power), _window(loose * ref_power)
        both = _window(loose * (gx * rx + gy * ry))
        unlike = (both < _UNLIKE * np.sqrt(np.maximum(now * then, 0))) & (np.maximum(now, then) > _NOISE)
        # A flat wall says nothing by its edges; after a cut its brightness does.
        relit = (self._ref_scene != self.scene) & (np.abs(low - ref_low) > _BRIGHTER)
        return np.asarray(unlike | relit)

    def _steady(self) -> Map:
        """1 where an edge has not moved of late, whatever it is."""
        if self.samples < 4:
            return np.zeros(self.shape, np.float32)
        settled = 1 - (1 - _ANY) ** self.samples
        x, y, power = self._any
        steady = cv2.magnitude(x, y) > _STEADY * np.sqrt(power + _FLOOR * settled)
        return _f32(cv2.dilate(steady.astype(np.uint8), np.ones((3, 3), np.uint8)))

    def _average(self, fresh: npt.NDArray[np.bool_], news: tuple[Map, ...]) -> None:
        mask, share = fresh.astype(np.uint8), fresh.astype(np.float32)
        x, y = self._whole[0], self._whole[1]
        # Does the newcomer point where all before it point? Two scenes shown by turns agree half the time.
        along = news[0] * x + news[1] * y
        self._held += share * (along * self.count > 0.2 * (x * x + y * y))
        for total, new in zip(self._recent, news, strict=True):
            cv2.accumulateWeighted(new, total, RECENT, mask)
        for total, new in zip(self._whole, news, strict=True):
            cv2.accumulate(new, total, mask)
        self.count += share

    def held(self) -> Map:
        """Share of the backgrounds over which each pixel's edge pointed where it usually points."""
        return _f32(self._held / np.maximum(self.count, 1))

    def recent(self) -> Field:
        """Over the last fifteen or so backgrounds."""
        settled = _f32(1 - (1 - RECENT) ** np.maximum(self.count, 1))
        x, y, power = (_f32(part / settled) for part in self._recent[:3])
        return Field(x, y, power, self.count)

    def whole(self) -> Field:
        """Over all of them."""
        count = np.maximum(self.count, 1)
        x, y, power = (_f32(part / count) for part in self._whole[:3])
        return Field(x, y, power, self.count)

    def spread(self, *, whole: bool) -> Map:
        """Standard deviation of brightness over backgrounds."""
        parts = self._whole if whole else self._recent
        weight = np.maximum(self.count, 1) if whole else 1 - (1 - RECENT) ** np.maximum(self.count, 1)
        mean, square = parts[3] / weight, parts[4] / weight
        return _f32(np.sqrt(np.maximum(square - mean * mean, 0)))


def _window(values: Any) -> Map:
    return _f32(cv2.boxFilter(values, -1, (_WINDOW_PX, _WINDOW_PX)))


def _f32(values: Any) -> Map:
    return np.asarray(values, dtype=np.float32)
