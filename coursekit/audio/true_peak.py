"""True peak by BS.1770-5 annex 2: the waveform between the samples.

The annex asks for at least four times oversampling and prints an example filter of 12 taps a phase. Here a windowed
sinc of 32 taps a phase at eight times oversampling (four times above 64 kHz): flat within 0.05 dB to 0.45 of the
sampling rate, and a sine there is under-read by at most 0.14 dB, against 0.55 dB at four times.

An interpolated value cannot exceed the largest of the samples under the filter times the sum of its taps' magnitudes.
Nor can it lie further from the sample beside it than the steepest step under the filter times the sum of its taps'
magnitudes, each by its distance; of a voice that is nearer still. So only stretches that could beat the peak so far, or
exceed full scale, are oversampled at all; the answer is the same and most of a lesson is never touched.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from coursekit.audio import blocks
from coursekit.audio.clipping import OverLog

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TAPS = 32
_STRETCH = 32
_BETA = 6.5
# Products of matrices of this size stay on one thread of BLAS; waking the others costs more, most of all on a busy
# machine.
_BATCH = 32


def interpolator(factor: int) -> NDArray[np.float32]:
    """Polyphase branches shaped (taps, factor - 1): values at 1/factor, 2/factor … after the centre sample."""
    half = _TAPS // 2
    offsets = np.arange(1, factor) / factor
    position = offsets[None, :] - (np.arange(_TAPS) - (half - 1))[:, None]
    branches = np.sinc(position) * np.i0(_BETA * np.sqrt(np.maximum(0, 1 - (position / half) ** 2))) / np.i0(_BETA)
    return np.asarray(branches / branches.sum(axis=0), dtype=np.float32)


class TruePeakMeter:
    """The highest true peak, and where true peaks exceed full scale."""

    def __init__(self, rate: int, channels: int) -> None:
        self.channels = channels
        self._branches = interpolator(4 if rate > 64000 else 8)
        weights = np.abs(self._branches)
        self._gain = float(weights.sum(axis=0).max())
        away = np.abs(np.arange(_TAPS) - (_TAPS // 2 - 1))
        # With a little for the rounding of single precision.
        self._slope = 1.001 * float((weights * away[:, None]).sum(axis=0).max())
        self._tail = np.zeros((channels, 2 * _STRETCH), dtype=np.float32)
        self._first = -2 * _STRETCH
        self.peak = 0.0
        self.sample_peak = 0.0
        self.overs = OverLog(rate)
        """Stretches whose true peak exceeds full scale, channels together."""

    def push(self, x: NDArray[np.float32]) -> None:
        """Take a block."""
        line = np.concatenate([self._tail, x], axis=1)
        whole = (line.shape[1] // _STRETCH) * _STRETCH
        self._look(line[:, :whole])
        self._first += whole - 2 * _STRETCH
        self._tail = line[:, whole - 2 * _STRETCH :].copy()

    def finish(self) -> None:
        """Look at what is left."""
        missing = -self._tail.shape[1] % _STRETCH
        end = np.zeros((self._tail.shape[0], missing + 2 * _STRETCH), dtype=np.float32)
        self._look(np.concatenate([self._tail, end], axis=1))

    def _look(self, line: NDArray[np.float32]) -> None:
        halves = blocks.maxima(np.abs(line), np.arange(0, line.shape[1] + 1, _STRETCH // 2))
        inner = np.maximum(halves[:, 2:-2:2], halves[:, 3:-2:2])
        top = float(inner.max(initial=0.0))
        self.sample_peak = max(self.sample_peak, top)
        self.peak = max(self.peak, top)
        # The filter reaches half its length, which is half a stretch, into both neighbours.
        reach = np.maximum(inner, np.maximum(halves[:, 1:-3:2], halves[:, 4::2]))
        least = min(self.peak, 1.0)
        channel, stretch = np.nonzero(reach * self._gain > least)
        if not channel.size:
            return
        start = (stretch + 1) * _STRETCH - (_TAPS // 2 - 1)
        lines = line[channel[:, None], start[:, None] + np.arange(_STRETCH + _TAPS - 1)]
        own = inner[channel, stretch]
        rise = np.abs(lines[:, 1:] - lines[:, :-1]).max(axis=1)
        high = np.flatnonzero(own + self._slope * rise > least)
        overs = []
        for at in range(0, len(high), _BATCH):
            some = high[at : at + _BATCH]
            rows = lines[some]
            windows = np.lib.stride_tricks.sliding_window_view(rows, _TAPS, axis=1)
            height = np.abs(windows.reshape(-1, _TAPS) @ self._branches).reshape(len(some), -1).max(axis=1)
            height = np.maximum(height, own[some])
            self.peak = max(self.peak, float(height.max()))
            for i in np.flatnonzero(height > 1.0):
                overs.append((self._first + int(stretch[some[i]] + 1) * _STRETCH, float(height[i])))
        self.overs.add(overs)


def to_db(amplitude: float) -> float:
    """Amplitude to decibels; zero is -inf."""
    return 20 * math.log10(amplitude) if amplitude > 0 else -math.inf
