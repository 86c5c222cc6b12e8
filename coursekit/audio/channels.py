"""How the channels of a track relate: one sound twice, one side dead, out of phase, or stereo in truth.

Everything follows from four sums a second over the front pair (left², right², left × right, and whether the two are
equal sample by sample) and the power of every channel.
"""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING

import numpy as np

from coursekit.audio.facts import ChannelFacts, ChannelSpan

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ACTIVE_DBFS = -60.0
"""Seconds quieter than this on both sides say nothing about the channels."""
_LOST_DB = 20.0
_OPPOSED = -0.3
_MIN_SPAN_S = 2


def listening_mix(names: tuple[str, ...]) -> NDArray[np.float32]:
    """Weights of one channel that hears every front channel: what voice, hum and noise are measured on.

    Left and right weigh differently on purpose: in equal parts, a pair out of phase would cancel to nothing.
    """
    weights = np.zeros(len(names), np.float32)
    weights[:2] = (0.6, 0.4) if len(names) >= 2 else 1.0
    if "FC" in names and len(names) > 2:
        weights[names.index("FC")] = 1.0
    elif len(names) in (5, 6) and not any(name.strip("?") for name in names):
        weights[2] = 1.0
    return weights


def mixed(x: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """One channel of all, by their weights."""
    if len(x) == 1:
        return np.asarray(x[0])
    used = np.flatnonzero(weights)
    out: NDArray[np.float32] = np.asarray(x[used[0]] * weights[used[0]], dtype=np.float32)
    for channel in used[1:]:
        out += x[channel] * weights[channel]
    return out


class ChannelMeter:
    """Sums per second over the front pair, and of each channel over all."""

    def __init__(self, channels: int) -> None:
        self.channels = channels
        self._total = np.zeros(channels)
        self._sum = np.zeros(channels)
        self._peak = np.zeros(channels)
        self._samples = 0
        self._left = array("f")
        self._right = array("f")
        self._cross = array("f")
        self._pair = np.zeros(3)
        self._equal = 0
        self._blocks = 0

    def push(self, x: NDArray[np.float32], wide: NDArray[np.float64]) -> None:
        """Take a block, and the same in double precision.

        Copies that differ by rounding lie 100 dB and more down: single precision would not tell them from noise.
        """
        n = x.shape[1]
        self._samples += n
        # Not as dot products: BLAS would wake its threads for each, and they cost more than the sums.
        power = np.einsum("ij,ij->i", wide, wide)
        self._total += power
        self._sum += np.einsum("ij->i", wide)
        np.maximum(self._peak, np.maximum(x.max(axis=1), -x.min(axis=1)), out=self._peak)
        if self.channels >= 2:
            sums = np.array([power[0], power[1], np.einsum("i,i->", wide[0], wide[1])])
            self._pair += sums
            self._left.append(sums[0] / n)
            self._right.append(sums[1] / n)
            self._cross.append(sums[2] / n)
            self._blocks += 1
            self._equal += bool((x[0] == x[1]).all())

    def finish(self) -> ChannelFacts:
        """The figures over everything pushed. Spans are in seconds of decoded sound."""
        levels = tuple(_db(p / max(self._samples, 1)) for p in self._total)
        peaks = tuple(_db(float(p) ** 2) for p in self._peak)
        dc = tuple(round(float(s) / max(self._samples, 1), 5) for s in self._sum)
        if self.channels < 2:
            return ChannelFacts(levels_dbfs=levels, peaks_dbfs=peaks, dc=dc)
        left, right, cross = (
            np.frombuffer(a, np.float32).astype(np.float64) for a in (self._left, self._right, self._cross)
        )
        ll, rr, lr = self._pair.tolist()
        mid, side = ll + rr + 2 * lr, ll + rr - 2 * lr
        return ChannelFacts(
            levels_dbfs=levels,
            peaks_dbfs=peaks,
            dc=dc,
            correlation=None if ll <= 0 or rr <= 0 else round(float(lr / math.sqrt(ll * rr)), 4),
            side_to_mid_db=None if mid + side <= 0 else _ratio_db(side, mid),
            matched_residual_db=None if ll <= 0 or rr <= 0 else _ratio_db(max(0.0, 1 - lr * lr / (ll * rr)), 1.0),
            balance_db=None if ll + rr <= 0 else _ratio_db(ll, rr),
            mono_sum_db=None if ll + rr <= 0 else _ratio_db(mid / 2, ll + rr),
            identical_share=round(self._equal / max(self._blocks, 1), 4),
            spans=_spans(left, right, cross),
        )


def _spans(
    left: NDArray[np.float64], right: NDArray[np.float64], cross: NDArray[np.float64]
) -> tuple[ChannelSpan, ...]:
    with np.errstate(divide="ignore", invalid="ignore"):
        active = 10 * np.log10(np.maximum(left, right)) > _ACTIVE_DBFS
        balance = 10 * np.log10(left / right)
        correlation = cross / np.sqrt(left * right)
    kinds = {
        "right-lost": active & (balance > _LOST_DB),
        "left-lost": active & (balance < -_LOST_DB),
        "opposed": active & (correlation < _OPPOSED),
    }
    found = []
    for kind, marked in kinds.items():
        # A second without sound inside a span does not end it.
        for first, last in runs(marked | (~active & _inside(marked))):
            inside = slice(first, last)
            seconds = int(marked[inside].sum())
            if seconds >= _MIN_SPAN_S:
                ll, rr, lr = left[inside].sum(), right[inside].sum(), cross[inside].sum()
                found.append(
                    ChannelSpan(
                        start_s=float(first),
                        end_s=float(last),
                        kind=kind,
                        balance_db=_ratio_db(ll, rr),
                        correlation=round(float(lr / math.sqrt(ll * rr)), 3) if ll > 0 and rr > 0 else 0.0,
                        seconds=seconds,
                    )
                )
    found.sort(key=lambda s: -s.seconds)
    return tuple(sorted(found[:40], key=lambda s: s.start_s))


def _inside(marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Between the first and the last mark."""
    where = np.flatnonzero(marked)
    inside = np.zeros_like(marked)
    if where.size:
        inside[where[0] : where[-1] + 1] = True
    return inside


def runs(marked: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches of True: first index and the one after the last."""
    if not marked.size:
        return []
    changes = (np.flatnonzero(marked[1:] != marked[:-1]) + 1).tolist()
    edges = [*([0] if marked[0] else []), *changes, *([len(marked)] if marked[-1] else [])]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _db(power: float) -> float:
    return round(10 * math.log10(power), 1) if power > 0 else -math.inf


def _ratio_db(a: float, b: float) -> float:
    if a <= 0 and b <= 0:
        return 0.0
    if b <= 0:
        return 200.0
    if a <= 0:
        return -200.0
    return round(max(-200.0, min(200.0, 10 * math.log10(a / b))), 1)
