"""Dropouts and clicks: faults of a few milliseconds that no recorded room makes.

A dropout is a sounding wave cut to nothing and taken up again: the level falls by tens of decibels within a few
milliseconds on *both* sides. Speech closes a lip or a gate, but fades into it. A click is one sharp corner: the second
difference of the samples (the fourth at 32 kHz and above) stands alone for twelve milliseconds before and after. A
plosive or a mouse button rings on.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from coursekit.audio.channels import runs
from coursekit.audio.facts import Click, Dropout

T = TypeVar("T", Dropout, Click)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HZ = 1000
_KEEP = 700
_GUARD = 24
_LOW_DBFS = -60.0
_SOUNDING_DBFS = -45.0
_MIN_CUT_DB = 18.0
_MAX_GAP_MS = 500
_MIN_GAP_MS = 3
_NEAR = 12
_TAIL = 4
_SHARP_RATE = 32000
_MIN_CORNER = 0.01
_MIN_ISOLATION = 3.0
_MOST = 200


class GlitchMeter:
    """Looks at a millisecond at a time, all channels together."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._levels = np.full(_KEEP, -120.0)
        self._corners = np.zeros(_KEEP)
        self._steps = np.zeros(_KEEP)
        self._peaks = np.zeros(_KEEP)
        self._last: NDArray[np.float32] | None = None
        self._at_ms = -_KEEP
        self._dropouts: list[tuple[float, float, Dropout]] = []
        self._clicks: list[tuple[float, float, Click]] = []
        self.dropout_count = 0
        self.click_count = 0

    def push(self, x: NDArray[np.float32]) -> None:
        """Take a block of one second (the last may be shorter)."""
        count = x.shape[1] * _HZ // self._rate
        if not count:
            return
        edges = np.round(np.arange(count + 1) * self._rate / _HZ).astype(np.intp)
        power = np.add.reduceat(x * x, edges[:-1], axis=1).max(axis=0) / np.diff(edges).clip(1)
        before = np.repeat(x[:, :1], _TAIL, axis=1) if self._last is None else self._last
        line = np.concatenate([before, x], axis=1)
        step = np.diff(line, axis=1)
        bend = np.diff(step, axis=1)
        corner = bend[:, 1:-1]
        if self._rate >= _SHARP_RATE:
            # Twice more: of a voice sampled this finely, nearly nothing is left, of a click six times its height.
            corner = np.diff(bend, n=2, axis=1)
        self._last = x[:, -_TAIL:].copy()
        self._levels = np.concatenate([self._levels, 10 * np.log10(np.maximum(power, 1e-12))])
        self._corners = np.concatenate([self._corners, np.maximum.reduceat(np.abs(corner).max(axis=0), edges[:-1])])
        self._steps = np.concatenate(
            [self._steps, np.maximum.reduceat(np.abs(step[:, _TAIL - 1 :]).max(axis=0), edges[:-1])]
        )
        self._peaks = np.concatenate([self._peaks, np.maximum.reduceat(np.abs(x).max(axis=0), edges[:-1])])
        self._look()

    def _look(self) -> None:
        known = len(self._levels)
        self._find_dropouts(known)
        self._find_clicks(known)
        keep = known - _KEEP
        self._levels, self._corners = self._levels[keep:], self._corners[keep:]
        self._steps, self._peaks = self._steps[keep:], self._peaks[keep:]
        self._at_ms += keep

    def _find_dropouts(self, known: int) -> None:
        levels = self._levels
        for first, last in runs(levels < _LOW_DBFS):
            # Each run is judged once: when what follows it has been heard, and not again from the kept stretch.
            if not (_KEEP - _GUARD <= last < known - _GUARD and first >= _GUARD):
                continue
            if not _MIN_GAP_MS <= last - first <= _MAX_GAP_MS:
                continue
            sides = []
            for near, far, inner in (
                (levels[first - 5 : first], levels[first - 20 : first - 5], levels[first + 1 : first + 4]),
                (levels[last : last + 5], levels[last + 5 : last + 20], levels[max(first, last - 4) : last - 1]),
            ):
                loud = float(near.max())
                if loud < _SOUNDING_DBFS or loud < float(far.max()) - 12:
                    break
                sides.append(loud - float(inner.mean()))
            if len(sides) == 2 and min(sides) >= _MIN_CUT_DB:
                self.dropout_count += 1
                jump = float(self._steps[first - 1 : first + 2].max() / self._peaks[first - 6 : first].max())
                drop = Dropout(
                    time_s=(self._at_ms + first) / _HZ,
                    length_ms=last - first,
                    cut_db=round(min(sides), 1),
                    level_dbfs=round(float(np.median(levels[first:last])), 1),
                    jump=round(jump, 2),
                )
                _keep_best(self._dropouts, drop.jump, drop.time_s, drop)

    def _find_clicks(self, known: int) -> None:
        corners = self._corners
        first, last = _KEEP - _GUARD, known - _GUARD
        if last <= first:
            return
        here = np.maximum(corners[first:last], corners[first + 1 : last + 1])
        window = np.lib.stride_tricks.sliding_window_view(corners, _NEAR - 1).max(axis=1)
        earlier = window[first - _NEAR : last - _NEAR]
        later = window[first + 3 : last + 3]
        around = np.maximum(np.maximum(earlier, later), 1e-6)
        for i in np.flatnonzero(
            (here > _MIN_CORNER) & (here > _MIN_ISOLATION * around) & (corners[first:last] == here)
        ):
            self.click_count += 1
            click = Click(
                time_s=(self._at_ms + first + int(i)) / _HZ,
                height=round(float(here[i]), 3),
                isolation=round(min(float(here[i] / around[i]), 1000.0), 1),
            )
            _keep_best(self._clicks, click.isolation, click.time_s, click)

    def finish(self) -> tuple[tuple[Dropout, ...], tuple[Click, ...]]:
        """The strongest of each, in order of time."""
        dropouts = sorted((d for *_, d in self._dropouts), key=lambda d: d.time_s)
        clicks = sorted((c for *_, c in self._clicks), key=lambda c: c.time_s)
        return tuple(dropouts), tuple(clicks)


def _keep_best(heap: list[tuple[float, float, T]], strength: float, time_s: float, item: T) -> None:
    entry = (strength, -time_s, item)
    if len(heap) < _MOST:
        heapq.heappush(heap, entry)
    elif strength > heap[0][0]:
        heapq.heapreplace(heap, entry)
