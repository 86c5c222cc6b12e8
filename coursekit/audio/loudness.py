"""Loudness by ITU-R BS.1770-5, EBU Tech 3341 and Tech 3342."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coursekit.audio.weighting import KFilter, channel_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOP_HZ = 100
"""Momentary and short-term windows move on by 10 ms: a meter that moves by 100 ms misses Tech 3341 case 13."""
_MOMENTARY = 40
_SHORT_TERM = 300
_BLOCK_STEP = 10
_OFFSET_DB = -0.691
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_RANGE_GATE_LU = -20.0
_CURVE_VALUES = 3600


def hop_edges(rate: int, samples: int) -> NDArray[np.intp]:
    """Edges of the 10 ms hops in a block that starts on a whole second; a part of a hop at the end is left out."""
    hops = samples * HOP_HZ // rate
    return np.round(np.arange(hops + 1) * rate / HOP_HZ).astype(np.intp)


def hop_sums(values: NDArray[np.floating], edges: NDArray[np.intp]) -> NDArray[np.float64]:
    """Sums over each hop, along the last axis."""
    hops = len(edges) - 1
    if hops < 1:
        return np.zeros((*values.shape[:-1], 0))
    step = int(edges[1])
    if edges[-1] == step * hops:
        whole = values[..., : edges[-1]].reshape(*values.shape[:-1], hops, step)
        return np.asarray(whole.sum(axis=-1, dtype=np.float64))
    return np.add.reduceat(values[..., : edges[-1]], edges[:-1], axis=-1, dtype=np.float64)


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
        # Ten powers a second, 4 bytes each: a 90-minute lesson keeps 216 kB, too little to bound by a histogram, and
        # the gates stay exact.
        self.momentary = array("f")
        """Power of the gating blocks: 400 ms, moving on by 100 ms."""
        self.short_term = array("f")
        """Power of windows of 3 s, moving on by 100 ms."""

    def push(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Take a block of one second (the last may be shorter); returns the weighted power of its 10 ms hops."""
        edges = hop_edges(self._rate, x.shape[1])
        y = self._filter.push(x)
        np.multiply(y, y, out=y)
        power = self._weights @ (hop_sums(y, edges) / np.maximum(np.diff(edges), 1))
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
            steps.extend(windows[ends % _BLOCK_STEP == 0].astype(np.float32))
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
            integrated_lufs=integrated_lufs(np.frombuffer(self.momentary, np.float32)),
            max_momentary_lufs=None if self._max_momentary < 0 else one_lufs(self._max_momentary),
            max_short_term_lufs=None if self._max_short_term < 0 else one_lufs(self._max_short_term),
            loudness_range_lu=loudness_range_lu(np.frombuffer(self.short_term, np.float32)),
        )


def integrated_lufs(blocks: NDArray[np.float32]) -> float | None:
    """Integrated loudness of gating blocks: the absolute gate, then the relative one 10 LU under what is left."""
    if not blocks.size:
        return None
    power = blocks.astype(np.float64)
    loud = power[to_lufs(power) > _ABSOLUTE_GATE_LUFS]
    if not loud.size:
        return -math.inf
    kept = loud[to_lufs(loud) > one_lufs(float(loud.mean())) + _RELATIVE_GATE_LU]
    return one_lufs(float(kept.mean()))


def loudness_range_lu(windows: NDArray[np.float32]) -> float | None:
    """Loudness range: 10th to 95th percentile of short-term loudness above both gates."""
    if not windows.size:
        return None
    power = windows.astype(np.float64)
    loud = power[to_lufs(power) >= _ABSOLUTE_GATE_LUFS]
    if not loud.size:
        return None
    levels = to_lufs(loud)
    kept = np.sort(levels[levels >= one_lufs(float(loud.mean())) + _RANGE_GATE_LU])
    # Tech 3342 takes the nearest rank, no interpolation.
    low, high = (kept[round((len(kept) - 1) * share)] for share in (0.10, 0.95))
    return float(high - low)


def bounded_curve(powers: NDArray[np.float32]) -> tuple[float, tuple[float, ...]]:
    """Loudness second by second, or every few seconds so that no more than an hour's worth of values is kept."""
    if not powers.size:
        return 1.0, ()
    step = max(1, math.ceil(len(powers) / _CURVE_VALUES))
    starts = np.arange(0, len(powers), step)
    sums = np.add.reduceat(powers.astype(np.float64), starts)
    means = sums / np.diff(np.append(starts, len(powers)))
    return float(step), tuple(round(v, 1) if math.isfinite(v) else v for v in to_lufs(means).tolist())
