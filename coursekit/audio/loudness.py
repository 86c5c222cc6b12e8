"""Loudness by ITU-R BS.1770-5, EBU Tech 3341 and Tech 3342."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coursekit.audio import blocks
from coursekit.audio.weighting import KFilter, channel_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOMENTARY = 40
_SHORT_TERM = 300
_BLOCK_STEP = 10
_OFFSET_DB = -0.691
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_RANGE_GATE_LU = -20.0
_CURVE_VALUES = 3600
_STEPS_PER_LU = 100
# Up to +30 LUFS: full scale on eight channels is +7; only floats far over full scale lie above, and count as that.
_STEPS = 100 * _STEPS_PER_LU


def to_lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted mean square to loudness; silence is -inf."""
    with np.errstate(divide="ignore"):
        return np.asarray(_OFFSET_DB + 10 * np.log10(power))


def one_lufs(power: float) -> float:
    """The same for one value."""
    return _OFFSET_DB + 10 * math.log10(power) if power > 0 else -math.inf


@dataclass(frozen=True, slots=True)
class Loudness:
    """The figures of EBU Mode."""

    integrated_lufs: float | None
    max_momentary_lufs: float | None
    max_short_term_lufs: float | None
    loudness_range_lu: float | None


class PowerCounts:
    """How many windows had which loudness above the absolute gate: what both gates need, whatever the length.

    Steps of 0.01 LU with the sum of the powers in each, so that only windows within a hundredth of the relative gate
    could fall on its other side: a figure moves by less than its last digit. Two numbers a step are 160 kB, as much as
    the windows themselves are after half an hour.
    """

    def __init__(self) -> None:
        self.total = 0
        """Windows taken, those under the gate too."""
        self._count = np.zeros(_STEPS, np.int64)
        self._power = np.zeros(_STEPS)

    def add(self, power: NDArray[np.float64]) -> None:
        """Take windows."""
        self.total += len(power)
        level = to_lufs(power)
        loud = level > _ABSOLUTE_GATE_LUFS
        step = np.minimum((level[loud] - _ABSOLUTE_GATE_LUFS) * _STEPS_PER_LU, _STEPS - 1).astype(np.intp)
        np.add.at(self._count, step, 1)
        np.add.at(self._power, step, power[loud])

    def occupied(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Of each step that holds any, in rising order: how many windows, and their mean power."""
        held = np.flatnonzero(self._count)
        return self._count[held], self._power[held] / self._count[held]


class LoudnessMeter:
    """Integrated, short-term and momentary loudness and loudness range of a stream of blocks."""

    def __init__(self, rate: int, names: tuple[str, ...]) -> None:
        self._rate = rate
        self._weights = channel_weights(names)
        self._filter = KFilter(rate, len(names))
        self._recent = np.zeros(0)
        self._hops = 0
        self._max_momentary = -1.0
        self._max_short_term = -1.0
        self.momentary = PowerCounts()
        """The gating blocks: 400 ms, moving on by 100 ms."""
        self.short_term = PowerCounts()
        """Windows of 3 s, moving on by 100 ms."""

    def push(self, x: NDArray[np.floating]) -> NDArray[np.float64]:
        """Take a block of one second (the last may be shorter); returns the weighted power of its 10 ms hops."""
        edges = blocks.edges_of(self._rate, x.shape[1])
        power = np.zeros(len(edges) - 1)
        for weight, channel in zip(self._weights, self._filter.push(x), strict=True):
            if power.size:
                power += weight * blocks.powers(channel, edges)
        if power.size:
            self._window(power)
        return power

    def _window(self, power: NDArray[np.float64]) -> None:
        new = len(power)
        line = np.concatenate([self._recent, power])
        for width, steps in ((_MOMENTARY, self.momentary), (_SHORT_TERM, self.short_term)):
            if len(line) < width:
                continue
            total = np.concatenate([[0.0], np.cumsum(line)])
            windows = (total[width:] - total[:-width]) / width
            windows = np.maximum(windows[-new:], 0.0)
            ends = self._hops + new - len(windows) + np.arange(1, len(windows) + 1)
            steps.add(windows[ends % _BLOCK_STEP == 0])
            peak = float(windows.max())
            if width == _MOMENTARY:
                self._max_momentary = max(self._max_momentary, peak)
            else:
                self._max_short_term = max(self._max_short_term, peak)
        self._hops += new
        self._recent = line[-(_SHORT_TERM - 1) :]

    def finish(self) -> Loudness:
        """The figures over everything pushed."""
        return Loudness(
            integrated_lufs=integrated_lufs(self.momentary),
            max_momentary_lufs=None if self._max_momentary < 0 else one_lufs(self._max_momentary),
            max_short_term_lufs=None if self._max_short_term < 0 else one_lufs(self._max_short_term),
            loudness_range_lu=loudness_range_lu(self.short_term),
        )


def integrated_lufs(blocks: PowerCounts) -> float | None:
    """Integrated loudness of gating blocks: the absolute gate, then the relative one 10 LU under what is left."""
    if not blocks.total:
        return None
    count, power = blocks.occupied()
    if not count.size:
        return -math.inf
    kept = power > _mean(count, power) * 10 ** (_RELATIVE_GATE_LU / 10)
    return one_lufs(_mean(count[kept], power[kept]))


def loudness_range_lu(windows: PowerCounts) -> float | None:
    """Loudness range: 10th to 95th percentile of short-term loudness above both gates."""
    count, power = windows.occupied()
    if not count.size:
        return None
    kept = power >= _mean(count, power) * 10 ** (_RANGE_GATE_LU / 10)
    ranks = np.cumsum(count[kept])
    # Tech 3342 takes the nearest rank, no interpolation.
    low, high = (
        one_lufs(float(power[kept][np.searchsorted(ranks, round((int(ranks[-1]) - 1) * share), "right")]))
        for share in (0.10, 0.95)
    )
    return high - low


def _mean(count: NDArray[np.int64], power: NDArray[np.float64]) -> float:
    return float((count * power).sum() / count.sum())


def bounded_curve(powers: NDArray[np.float32]) -> tuple[float, tuple[float, ...]]:
    """Loudness second by second, or every few seconds so that no more than an hour's worth of values is kept."""
    if not powers.size:
        return 1.0, ()
    step = max(1, math.ceil(len(powers) / _CURVE_VALUES))
    starts = np.arange(0, len(powers), step)
    sums = np.add.reduceat(powers.astype(np.float64), starts)
    means = sums / np.diff(np.append(starts, len(powers)))
    return float(step), tuple(round(v, 1) if math.isfinite(v) else v for v in to_lufs(means).tolist())
