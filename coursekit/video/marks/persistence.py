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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Map = npt.NDArray[np.float32]

RECENT = 1 / 12
"""Weight of the newest background in the running average: some two dozen backgrounds speak."""
RECENT_COUNT = 23
_SOFT = 4.0
"""Gradient, levels a pixel, that weighs half as much as a strong one."""
_WINDOW_PX = 9
"""At half the size."""
_UNLIKE = 0.4
"""Correlation of the surroundings below which they count as another background."""
_NOISE = 4.0
"""Mean squared gradient below which surroundings are flat and nothing is known of them."""
_ANY = 1 / 6
_STEADY = 0.6
_NEW_SCENE = 0.25
_BRIGHTER = 8.0
_HOLDS = 0.2
_LEANS = 20.0
"""Levels of brightness that are a different ground."""
_USUAL = 40
FLOOR = 0.01
_BIAS_PX = 41


@dataclass(slots=True)
class Field:
    """Averages of soft gradients over backgrounds."""

    x: Map
    y: Map
    power: Map
    count: Map
    _steady: tuple[Map, Map, Map] | None = None
    _few: npt.NDArray[np.uint8] | None = None

    def few(self) -> npt.NDArray[np.uint8]:
        """The number of backgrounds of every pixel, of those beyond 255 so many."""
        if self._few is None:
            self._few = few(self.count)
        return self._few

    def steadiness(self) -> tuple[Map, Map, Map]:
        """Mean direction (x, y) and consistency (0–1) of every pixel."""
        if self._steady is None:
            self._steady = self._steadiness()
        return self._steady

    def _steadiness(self) -> tuple[Map, Map, Map]:
        # Skies are bright above and rooms dark below, everywhere and always: what leans the same way over a wide
        # neighbourhood is the world's bias and no mark.
        x = self.x - cv2.blur(self.x, (_BIAS_PX, _BIAS_PX))
        y = self.y - cv2.blur(self.y, (_BIAS_PX, _BIAS_PX))
        return _f32(x), _f32(y), _f32(cv2.magnitude(x, y) / np.sqrt(self.power + FLOOR))


class Persistence:
    """The averages over one stream, in constant memory."""

    def __init__(self, height: int, width: int) -> None:
        self.shape = (height, width)
        # Plane by plane: to weave and part the channels of every picture took a third of the time.
        # And planes as a whole: of strips that stay in the cache the calls cost more than the steps save.
        self._recent = _planes(5, self.shape)
        """x, y, power, brightness and its square; of all backgrounds also how often the edge pointed its way."""
        self._whole = _planes(6, self.shape)
        self._turning = (_planes(3, self.shape), _planes(3, self.shape))
        """x, y, power of edges that turn round with the brightness of the ground: recent and whole."""
        self.count = np.zeros((height, width), np.float32)
        self._backgrounds = Backgrounds()
        self.samples = 0
        self.soft: Sequence[Map] = _planes(2, self.shape)
        """Soft gradients of the newest picture, x and y."""
        self.turned: Sequence[Map] = _planes(2, self.shape)
        """The same, times how much brighter (up to 1) or darker (down to −1) than usual it is there."""
        self.fresh = np.zeros((height, width), np.uint8)
        """1 where the newest picture shows another background."""

    @property
    def scene(self) -> int:
        """Number of the scene: counted up when nothing of the picture resembles the one before."""
        return self._backgrounds.scene

    def feed(self, luma: npt.NDArray[np.uint8]) -> None:
        """Take the next sampled picture, in order of time."""
        smooth, (u, v, strength) = _soft_edges(luma)
        fresh = self._backgrounds.fresh(luma)
        self.samples += 1
        self.soft = (u, v)
        # A grey mark is dark over a bright ground and bright over a dark one.
        lean = _f32(cv2.resize(self._backgrounds.lean, self.shape[::-1], interpolation=cv2.INTER_LINEAR))
        self.turned = (_f32(cv2.multiply(u, lean)), _f32(cv2.multiply(v, lean)))
        if fresh is not None:
            self.fresh = np.asarray(cv2.resize(fresh, self.shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
            self._average(u, v, strength, smooth)
            turned = (*self.turned, _f32(cv2.multiply(strength, cv2.multiply(lean, lean))))
            for part, recent, whole in zip(turned, *self._turning, strict=True):
                cv2.accumulateWeighted(part, recent, RECENT, self.fresh)
                cv2.accumulate(part, whole, self.fresh)

    def _average(self, u: Map, v: Map, strength: Map, smooth: Map) -> None:
        mask = self.fresh
        x, y = self._whole[:2]
        # Does the newcomer point where all before it point? Two scenes shown by turns agree half the time.
        along = cv2.multiply(cv2.add(cv2.multiply(u, x), cv2.multiply(v, y)), self.count)
        held = cv2.compare(along, cv2.add(cv2.multiply(x, x), cv2.multiply(y, y)) * _HOLDS, cv2.CMP_GT)
        news: tuple[Map, ...] = (u, v, strength, smooth, _f32(cv2.multiply(smooth, smooth)), _f32(_f32(held) / 255))
        for part, total in zip(news, self._recent, strict=False):
            cv2.accumulateWeighted(part, total, RECENT, mask)
        for part, total in zip(news, self._whole, strict=True):
            cv2.accumulate(part, total, mask)
        cv2.accumulate(mask, self.count)

    def held(self) -> Map:
        """Share of the backgrounds over which each pixel's edge pointed where it usually points."""
        return _f32(self._whole[5] / np.maximum(self.count, 1))

    def recent(self, *, turning: bool = False) -> Field:
        """Over the last two dozen or so backgrounds. `turning`: of edges that turn with the ground's brightness."""
        return self._field(self._turning[0] if turning else self._recent, self._settled())

    def whole(self, *, turning: bool = False) -> Field:
        """Over all of them."""
        return self._field(self._turning[1] if turning else self._whole, _f32(np.maximum(self.count, 1)))

    def _settled(self) -> Map:
        """How much of its weight a running average has gathered."""
        # It has settled to the last digit after 200 backgrounds.
        table = _f32(1 - (1 - RECENT) ** np.maximum(np.arange(256, dtype=np.float32), 1))
        return _f32(cv2.LUT(few(self.count), table))

    def _field(self, totals: list[Map], weight: Map) -> Field:
        x, y, power = (_f32(cv2.divide(part, weight)) for part in totals[:3])
        return Field(x, y, power, self.count)

    def spread(self, *, whole: bool) -> Map:
        """Standard deviation of brightness over backgrounds."""
        parts = self._whole if whole else self._recent
        weight = np.maximum(self.count, 1) if whole else self._settled()
        mean, square = parts[3] / weight, parts[4] / weight
        return _f32(np.sqrt(np.maximum(square - mean * mean, 0)))


class Backgrounds:
    """Where the surroundings of a pixel became another background than the one that counted there last.

    Told at half the size: what surrounds a mark is wider than its strokes.
    """

    def __init__(self) -> None:
        self.scene = 0
        self._seen = 0
        self._ref: list[Map] = []
        self._ref_scene = np.zeros((0, 0), np.int32)
        self._any: list[Map] = []
        self._last: tuple[Map, Map, float] | None = None
        self._usual = np.zeros((0, 0), np.float32)
        self.lean = np.zeros((0, 0), np.float32)
        """How much brighter (up to 1) or darker (down to −1) than usual it is round each pixel."""

    def fresh(self, luma: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8] | None:
        """1 where it did, at half the size of the picture; None for the first picture."""
        size = ((luma.shape[1] + 1) // 2, (luma.shape[0] + 1) // 2)
        half = _f32(cv2.resize(luma, size, interpolation=cv2.INTER_AREA))
        gx, gy = _gradients(half)
        power = _f32(cv2.add(cv2.multiply(gx, gx), cv2.multiply(gy, gy)))
        low = _f32(cv2.blur(half, (11, 11)))
        fresh = None
        if not self._ref:
            self._usual = low.copy()
            self._ref = [gx, gy, power, low]
            self._ref_scene = np.zeros(power.shape, np.int32)
            self._any = [np.zeros(power.shape, np.float32) for _ in range(3)]
        else:
            self._count_scene(gx, gy, power)
            fresh = self._compare(gx, gy, power, low)
            for ref, new in zip(self._ref, (gx, gy, power, low), strict=True):
                cv2.copyTo(new, fresh, ref)
            np.copyto(self._ref_scene, self.scene, where=fresh.view(np.bool_))
        self.lean = _f32(np.clip((low - self._usual) / _LEANS, -1, 1))
        cv2.accumulateWeighted(low, self._usual, 1 / min(self._seen + 2, _USUAL))
        for total, new in zip(self._any, _softened(gx, gy), strict=True):
            cv2.accumulateWeighted(new, total, _ANY)
        self._last = (gx, gy, float(power.sum()))
        self._seen += 1
        return fresh

    def _count_scene(self, gx: Map, gy: Map, power: Map) -> None:
        assert self._last is not None
        lx, ly, last_power = self._last
        both = float(np.vdot(gx, lx)) + float(np.vdot(gy, ly))
        if both / (float(power.sum()) * last_power + 1e-6) ** 0.5 < _NEW_SCENE:
            self.scene += 1

    def _compare(self, gx: Map, gy: Map, power: Map, low: Map) -> npt.NDArray[np.uint8]:
        rx, ry, ref_power, ref_low = self._ref
        loose = self._loose()
        now, then = _window(cv2.multiply(loose, power)), _window(cv2.multiply(loose, ref_power))
        both = _window(cv2.multiply(loose, cv2.add(cv2.multiply(gx, rx), cv2.multiply(gy, ry))))
        unlike = (both < _UNLIKE * np.sqrt(np.maximum(now * then, 0))) & (np.maximum(now, then) > _NOISE)
        # A flat wall says nothing by its edges; after a cut its brightness does.
        relit = (self._ref_scene != self.scene) & (np.abs(low - ref_low) > _BRIGHTER)
        return np.asarray(unlike | relit, np.uint8)

    def _loose(self) -> Map:
        """0 where an edge has not moved of late, whatever it is; else 1."""
        if self._seen < 4:
            return np.ones(self._any[0].shape, np.float32)
        settled = 1 - (1 - _ANY) ** self._seen
        x, y, power = self._any
        steady = cv2.magnitude(x, y) > _STEADY * np.sqrt(power + FLOOR * settled)
        return _f32(cv2.dilate(steady.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)


def soft_edges(luma: npt.NDArray[np.uint8]) -> tuple[Map, Map]:
    """Soft gradients of a picture by itself, x and y."""
    return _soft_edges(luma)[1][:2]


def _soft_edges(luma: npt.NDArray[np.uint8]) -> tuple[Map, tuple[Map, Map, Map]]:
    smooth = _f32(cv2.GaussianBlur(_f32(luma), (0, 0), 0.8))
    return smooth, _softened(*_gradients(smooth))


def few(count: Map) -> npt.NDArray[np.uint8]:
    """Whole numbers up to 255: what follows from them is looked up in a table."""
    return np.asarray(np.minimum(count, 255), np.uint8)


def _planes(count: int, shape: tuple[int, int]) -> list[Map]:
    return [np.zeros(shape, np.float32) for _ in range(count)]


def _gradients(smooth: Map) -> tuple[Map, Map]:
    return (
        _f32(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)),
        _f32(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)),
    )


def _softened(gx: Map, gy: Map) -> tuple[Map, Map, Map]:
    """Gradients by direction, strong and weak ones nearly alike, and their power."""
    size = cv2.magnitude(gx, gy)
    weight = 1 / (size + _SOFT)
    share = cv2.multiply(size, weight)
    return _f32(cv2.multiply(gx, weight)), _f32(cv2.multiply(gy, weight)), _f32(cv2.multiply(share, share))


def _window(values: Any) -> Map:
    return _f32(cv2.boxFilter(values, -1, (_WINDOW_PX, _WINDOW_PX)))


def _f32(values: Any) -> Map:
    return np.asarray(values, dtype=np.float32)
