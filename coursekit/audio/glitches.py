"""Dropouts and clicks: faults of a few milliseconds that no recorded room makes.

A dropout is a sounding wave cut to nothing and taken up again: the level falls by tens of decibels within a few
milliseconds on *both* sides. Speech closes a lip or a gate, but fades into it. A click is one sharp corner: the second
difference of the samples (the fourth at 32 kHz and above) stands alone for twelve milliseconds before and after. A
plosive or a mouse button rings on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coursekit.audio import blocks
from coursekit.audio.channels import runs
from coursekit.audio.facts import Click, Dropout
from coursekit.audio.kept import Strongest
from coursekit.audio.residue import REACH_S, surprise

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HZ = 1000
_KEEP = 700
_GUARD = 40
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
# Under 32 kHz a click of 0.3 amid loud syllables stands out so little in one of ten places.
_MIN_ISOLATION_SLOW = 2.0
_MIN_SURPRISE = 3.0
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
        self._wave: NDArray[np.float32] | None = None
        self._samples = 0
        self._at_ms = -_KEEP
        self._dropouts: Strongest[Dropout] = Strongest(_MOST)
        self._clicks: Strongest[Click] = Strongest(_MOST)
        self.dropout_count = 0
        self.click_count = 0

    def push(self, x: NDArray[np.float32]) -> None:
        """Take a block of one second (the last may be shorter)."""
        count = x.shape[1] * _HZ // self._rate
        if not count:
            return
        edges = blocks.edges_of(self._rate, x.shape[1], _HZ)
        power = blocks.powers(x, edges).max(axis=0)
        before = np.repeat(x[:, :1], _TAIL, axis=1) if self._last is None else self._last
        line = np.concatenate([before, x], axis=1)
        step = _rises(line)
        bend = _rises(step)
        corner = bend[:, 1:-1]
        if self._rate >= _SHARP_RATE:
            # Twice more: of a voice sampled this finely, nearly nothing is left, of a click six times its height.
            corner = _rises(_rises(bend))
        else:
            before_it = np.zeros_like(x, shape=(len(x), self._rate)) if self._wave is None else self._wave
            self._wave = np.concatenate([before_it[:, -self._rate :], x], axis=1)
        self._samples += x.shape[1]
        self._last = x[:, -_TAIL:].copy()
        self._levels = np.concatenate([self._levels, 10 * np.log10(np.maximum(power, 1e-12))])
        self._corners = np.concatenate([self._corners, _highest(corner, edges)])
        self._steps = np.concatenate([self._steps, _highest(step[:, _TAIL - 1 :], edges)])
        self._peaks = np.concatenate([self._peaks, _highest(x, edges)])
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
        # Quiet rooms fall silent hundreds of times a second, and few of those moments lie between sounds.
        sounding = levels >= _SOUNDING_DBFS
        near_after = blocks.highest(sounding, 5)
        for first, last in runs(levels < _LOW_DBFS):
            # Each run is judged once: when what follows it has been heard, and not again from the kept stretch.
            if not (_KEEP - _GUARD <= last < known - _GUARD and first >= _GUARD):
                continue
            if not _MIN_GAP_MS <= last - first <= _MAX_GAP_MS:
                continue
            if not (near_after[first - 5] and near_after[last]):
                continue
            sides = []
            for near, far, inner in (
                (levels[first - 5 : first], levels[first - 20 : first - 5], levels[first + 1 : first + 4]),
                (levels[last : last + 5], levels[last + 5 : last + 20], levels[max(first, last - 4) : last - 1]),
            ):
                loud = float(near.max())
                if loud < float(far.max()) - 12:
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
                self._dropouts.add(drop.jump, drop.time_s, drop)

    def _find_clicks(self, known: int) -> None:
        corners = self._corners
        first, last = _KEEP - _GUARD, known - _GUARD
        if last <= first:
            return
        here = np.maximum(corners[first:last], corners[first + 1 : last + 1])
        window = blocks.highest(corners, _NEAR - 1)
        earlier = window[first - _NEAR : last - _NEAR]
        later = window[first + 3 : last + 3]
        around = np.maximum(np.maximum(earlier, later), 1e-6)
        least = _MIN_ISOLATION if self._wave is None else _MIN_ISOLATION_SLOW
        for i in np.flatnonzero((here > _MIN_CORNER) & (here > least * around) & (corners[first:last] == here)):
            at_ms = self._at_ms + first + int(i)
            isolation, told = float(here[i] / around[i]), self._surprise(at_ms)
            if isolation < _MIN_ISOLATION and (told is None or told < _MIN_SURPRISE):
                continue
            self.click_count += 1
            click = Click(
                time_s=at_ms / _HZ,
                height=round(float(here[i]), 3),
                isolation=round(min(isolation, 1000.0), 1),
                surprise=None if told is None else round(min(told, 1000.0), 1),
            )
            self._clicks.add(click.isolation if told is None else told, click.time_s, click)

    def _surprise(self, at_ms: int) -> float | None:
        """Of the sharpest corner in this millisecond, where the rate is too low for corners to tell."""
        if self._wave is None:
            return None
        start = self._samples - self._wave.shape[1]
        near = round(at_ms * self._rate / _HZ) - start
        far = round((at_ms + 1) * self._rate / _HZ) - start
        reach = round(REACH_S * self._rate)
        if near < reach or far + reach > self._wave.shape[1]:
            return None
        corner = np.abs(np.diff(self._wave[:, near - 1 : far + 1], n=2, axis=1))
        channel, sample = np.unravel_index(int(corner.argmax()), corner.shape)
        middle = near + int(sample)
        return surprise(self._wave[channel, middle - reach : middle + reach], self._rate)

    def finish(self) -> tuple[tuple[Dropout, ...], tuple[Click, ...]]:
        """The strongest of each, in order of time."""
        return self._dropouts.in_order(), self._clicks.in_order()


def _rises(line: NDArray[np.float32]) -> NDArray[np.float32]:
    """What `np.diff` gives along the last axis, without its checks."""
    return np.asarray(line[:, 1:] - line[:, :-1])


def _highest(line: NDArray[np.float32], edges: NDArray[np.intp]) -> NDArray[np.floating]:
    """The largest magnitude between the edges, of whichever channel."""
    return blocks.maxima(np.abs(line).max(axis=0), edges)
