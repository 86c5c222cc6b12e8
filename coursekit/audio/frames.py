"""What a frame of 20 ms sounds like, in a few bytes: the raw matter for voice, noise, bed and level swings.

One windowed Fourier transform serves everything. Kept per frame: pitch; kept per second: the spectrum of its loud
frames and the lowest that each band fell to. That is 90 bytes a second, half a megabyte for an hour and a half.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from coursekit.audio import blocks
from coursekit.audio.whistle import WhistleMeter

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAME_HZ = 50
EDGES_HZ = (60, 160, 260, 380, 520, 680, 870, 1080, 1320, 1600, 1950, 2350, 2850, 3450, 4200, 5200, 6500, 8200, 10500,
            14000)  # fmt: skip
BANDS = len(EDGES_HZ) - 1
FLOOR_DB = -120.0
_PITCH_RATE_HZ = 6000
_PITCH_LOW_HZ, _PITCH_HIGH_HZ = 62.5, 500.0
PITCH_STEPS_PER_OCTAVE = 80
_SMOOTH = 3


class FrameMeter:
    """Takes one channel, block by block."""

    def __init__(self, rate: int) -> None:
        self.hop = max(2, round(rate / FRAME_HZ))
        self.hop_s = self.hop / rate
        size = 2 * self.hop
        self._window = np.hanning(size + 1)[:-1]
        # Kept from block to block: asking the system for a megabyte each time costs as much as the transform.
        self._rows = np.empty((0, size))
        self._spectrum = np.empty((0, self.hop + 1), np.complex128)
        # Hann halves the power on the average but for 3/8; the factor 2 is for the frequencies below zero.
        scale = 2.0 / (0.375 * size * size)
        hz = np.asarray(np.fft.rfftfreq(size, 1 / rate), dtype=np.float64)
        self.bands_used = int(np.searchsorted(EDGES_HZ, rate / 2 * 0.95)) - 1
        self._scale = np.float32(scale)
        self._edges = np.searchsorted(hz, EDGES_HZ[: self.bands_used + 1])
        self._tail = np.zeros(self.hop, np.float32)
        self._pitch = PitchTracker(rate, self.hop)
        self._smooth = np.zeros((_SMOOTH - 1, BANDS), np.float32)
        self.pitch = array("B")
        """0 where no pitch; else 1 + steps above 62.5 Hz, 80 to the octave."""
        self.loud_bands = array("b")
        """Per second, bands: mean power of the frames within 15 dB of the loudest."""
        self.low_bands = array("b")
        """Per second, bands: the lowest power over 60 ms."""
        self.whistle = WhistleMeter(hz, scale)
        self._pending: list[NDArray[np.float32]] = []
        self._pending_frames = 0

    def push(self, mono: NDArray[np.float32]) -> None:
        """Take a block of samples."""
        x = np.concatenate([self._tail, mono])
        count = len(x) // self.hop - 1
        if count < 1:
            self._tail = x
            return
        power = self._power(blocks.windows(x.astype(np.float64), 2 * self.hop, self.hop, count))
        # Sums over neighbouring bins rather than a product of matrices, for which BLAS would wake its threads.
        bands = np.zeros((count, BANDS), np.float32)
        sums = np.add.reduceat(power[:, : self._edges[-1]], self._edges[:-1], axis=1)
        np.multiply(sums, self._scale, out=bands[:, : self.bands_used])
        self.whistle.push(power)
        self.pitch.extend(self._pitch.push(x[: count * self.hop + self.hop], count).tolist())
        self._tail = x[count * self.hop :]
        self._pending.append(bands)
        self._pending_frames += count
        if self._pending_frames >= FRAME_HZ:
            every = np.concatenate(self._pending)
            while len(every) >= FRAME_HZ:
                self._second(every[:FRAME_HZ])
                every = every[FRAME_HZ:]
            self._pending, self._pending_frames = [every], len(every)

    def _power(self, windows: NDArray[np.float64]) -> NDArray[np.float32]:
        count = len(windows)
        if len(self._rows) < count:
            self._rows = np.empty((count, windows.shape[1]))
            self._spectrum = np.empty((count, self.hop + 1), np.complex128)
        rows, spectrum = self._rows[:count], self._spectrum[:count]
        np.multiply(windows, self._window, out=rows)
        np.fft.rfft(rows, axis=1, out=spectrum)
        parts = spectrum.view(np.float64)
        np.multiply(parts, parts, out=parts)
        return np.add(parts[:, 0::2], parts[:, 1::2], dtype=np.float64).astype(np.float32)

    def _second(self, bands: NDArray[np.float32]) -> None:
        total = bands[:, 1:].sum(axis=1)
        loud = bands[total >= total.max() * 10**-1.5].mean(axis=0)
        line = np.concatenate([self._smooth, bands])
        low = ((line[:-2] + line[1:-1] + line[2:]) / _SMOOTH)[2 if not self.low_bands else 0 :].min(axis=0)
        self._smooth = bands[-(_SMOOTH - 1) :].copy()
        for series, value in ((self.loud_bands, loud), (self.low_bands, low)):
            series.extend(np.round(10 * np.log10(np.maximum(value, 1e-12))).astype(np.int8).tolist())


class PitchTracker:
    """Pitch by autocorrelation over 43 ms at 6 kHz, where a frame is voiced at all."""

    def __init__(self, rate: int, hop: int) -> None:
        self._coarse = max(1, rate // _PITCH_RATE_HZ)
        self._rate = rate / self._coarse
        self._hop = hop
        self._size = 256
        self._history = np.zeros(self._size, np.float32)
        self._lags = np.arange(int(self._rate / _PITCH_HIGH_HZ), int(self._rate / _PITCH_LOW_HZ) + 1)
        self._window = np.hanning(self._size).astype(np.float32)
        spectrum = np.fft.rfft(self._window, 2 * self._size)
        own = np.fft.irfft(spectrum.real**2 + spectrum.imag**2)[: self._size]
        self._own = (own / own[0]).astype(np.float32)[self._lags]

    def push(self, x: NDArray[np.float32], count: int) -> NDArray[np.uint8]:
        """Codes for `count` frames that start a hop apart in x."""
        slow = np.concatenate([self._history, blocks.decimated(x, self._coarse)])
        ends = self._size + ((np.arange(count) + 1.5) * self._hop / self._coarse).astype(np.intp)
        ends = np.minimum(ends, len(slow))
        rows = blocks.windows(slow, self._size, 1, len(slow) - self._size + 1)[ends - self._size]
        rows = (rows - rows.mean(axis=1, keepdims=True)) * self._window
        spectrum = np.fft.rfft(rows, 2 * self._size, axis=1)
        lagged = np.fft.irfft(spectrum.real**2 + spectrum.imag**2, axis=1)
        alike = lagged[:, self._lags[0] : self._lags[-1] + 1] / self._own / (lagged[:, :1] + 1e-7)
        # The shortest of lags nearly as good as the best: the best is often two or three periods.
        best = alike.max(axis=1, keepdims=True)
        peak = (alike[:, 1:-1] >= alike[:, :-2]) & (alike[:, 1:-1] >= alike[:, 2:]) & (alike[:, 1:-1] >= 0.85 * best)
        first = np.where(peak.any(axis=1), peak.argmax(axis=1) + 1, 0)
        row = np.arange(count)
        left, here, right = (
            alike[row, first - 1],
            alike[row, first],
            alike[row, np.minimum(first + 1, len(self._lags) - 1)],
        )
        bend = left - 2 * here + right
        shift = np.where((first > 0) & (bend < -1e-9), 0.5 * (left - right) / np.where(bend < -1e-9, bend, -1), 0.0)
        hz = self._rate / (self._lags[first] + np.clip(shift, -0.5, 0.5))
        voiced = (first > 0) & (best[:, 0] > 0.5) & (here > 0.45)
        code = 1 + np.round(PITCH_STEPS_PER_OCTAVE * np.log2(hz / _PITCH_LOW_HZ))
        keep = len(x) - self._hop
        self._history = slow[: self._size + keep // self._coarse][-self._size :]
        return np.where(voiced, np.clip(code, 1, 255), 0).astype(np.uint8)
