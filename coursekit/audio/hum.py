"""Mains hum: several harmonics of 50 or 60 Hz that stand still and live on in the pauses.

The recording is weighted by the inverse of its own low-frequency power, 20 ms at a time, before the Fourier transform.
That is the least-squares estimate of a steady tone under a voice that comes and goes: pauses count in full, loud
syllables hardly at all. So hum is found 60 dB under speech, and a bass or an engine, which is strong exactly where the
sound is strong, is weighted away. Windows are 8 s long, so that two tones half a hertz apart stay apart, and the comb's
base may lie 0.15 Hz off: mains keep their frequency far better than that, machines and strings do not.

A line counts by its power over that of its neighbourhood (2.5 to 12 Hz beside it), averaged over half a minute; chance
alone gives 1. The check asks for several lines at once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from coursekit.audio import blocks
from coursekit.audio.facts import HumSpan
from coursekit.audio.kept import Strongest

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RATE_HZ = 6000
_FINE = 4
_WINDOW_S = 8.0
_STEP_S = 4.0
_GROUP = 8
_FRAME_S = 0.02
_PAD = 4
BASES_HZ = (50, 60)
OFFSETS_HZ = np.round(np.arange(-15, 16) * 0.01, 2)
HARMONICS = 10
_LINE = 3.0
_FLOOR = 1e-12
_MAX_SPANS = 60


class HumMeter:
    """Keeps 12 s of a narrow-band copy of the sound, and per half minute one table of line strengths."""

    def __init__(self, rate: int) -> None:
        self._coarse = max(1, rate // _RATE_HZ)
        middle = rate / self._coarse
        self._fine = _FINE if middle >= 4000 else 2
        self._rate = middle / self._fine
        self._taps = _low_pass(12 * self._fine, 0.45 / self._fine)
        self._size = int(_WINDOW_S * self._rate)
        self._step = int(_STEP_S * self._rate)
        self._frame = max(1, int(_FRAME_S * self._rate))
        self._shape = np.hanning(self._size)
        self._bins = _bins(self._rate / (self._size * _PAD))
        self._left = np.zeros(0, np.float32)
        self._middle = np.zeros(len(self._taps) - 1)
        self._line = np.zeros(0)
        self._start = 0.0
        self._pending: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
        self._starts: list[float] = []
        self._spans: Strongest[HumSpan] = Strongest(_MAX_SPANS)

    def push(self, mono: NDArray[np.float32]) -> None:
        """Take a block of one channel."""
        x = np.concatenate([self._left, mono])
        whole = len(x) // self._coarse
        self._left = x[whole * self._coarse :]
        middle = np.concatenate([self._middle, blocks.decimated(x, self._coarse)])
        taps = len(self._taps)
        count = (len(middle) - taps + 1) // self._fine
        if count > 0:
            heard = blocks.windows(middle, taps, self._fine, count)
            # Not as a product of matrices, for which BLAS would wake its threads.
            self._line = np.concatenate([self._line, np.einsum("ij,j->i", heard, self._taps)])
        self._middle = middle[max(count, 0) * self._fine :]
        while len(self._line) >= self._size:
            self._window(self._line[: self._size])
            self._line = self._line[self._step :]
            self._start += self._step / self._rate

    def _window(self, y: NDArray[np.float64]) -> None:
        frames = len(y) // self._frame
        power = (y[: frames * self._frame].reshape(frames, self._frame) ** 2).mean(axis=1)
        wide = np.maximum(power, np.maximum(np.roll(power, 1), np.roll(power, -1)))
        floor = max(float(np.percentile(wide, 3)), _FLOOR)
        weight = np.repeat(floor / np.maximum(wide, floor), self._frame)
        weight = np.concatenate([weight, np.full(len(y) - len(weight), weight[-1])])
        ramp = np.hanning(2 * self._frame + 1)
        weight = np.convolve(weight, ramp / ramp.sum(), "same") * self._shape
        spectrum = np.abs(np.fft.rfft(y * weight, self._size * _PAD)) ** 2 / weight.sum() ** 2
        lines, around = self._bins
        noise = np.median(spectrum[around], axis=2) / math.log(2) + 1e-20
        power_at = spectrum[lines]
        self._pending.append(((power_at / noise[:, None, :]).astype(np.float32), (2 * power_at).astype(np.float32)))
        self._starts.append(self._start)
        if len(self._pending) == _GROUP:
            self._close()

    def _close(self) -> None:
        strength = np.mean([s for s, _ in self._pending], axis=0)
        power = np.mean([p for _, p in self._pending], axis=0)
        start, end = self._starts[0], self._starts[-1] + _WINDOW_S
        windows = np.stack([s for s, _ in self._pending])
        self._pending, self._starts = [], []
        best: HumSpan | None = None
        for b, base in enumerate(BASES_HZ):
            score = np.log(np.maximum(strength[b], 1.0)).sum(axis=1)
            at = int(score.argmax())
            line = strength[b, at]
            order = np.sort(line)[::-1]
            own = line >= _LINE
            level = float((power[b, at] * np.maximum(0.0, 1 - 1 / np.maximum(line, 1.0)))[own].sum())
            steady = float(((windows[:, b, at, :] >= 2.0)[:, own].sum(axis=1) >= 3).mean()) if own.sum() >= 3 else 0.0
            span = HumSpan(
                start_s=round(start, 2),
                end_s=round(end, 2),
                base_hz=round(float(base + OFFSETS_HZ[at]), 2),
                harmonics=int(own.sum()),
                third_line=round(min(float(order[2]), 9999.0), 1),
                fourth_line=round(min(float(order[3]), 9999.0), 1),
                steady=round(steady, 2),
                level_dbfs=round(10 * math.log10(level), 1) if level > _FLOOR else -math.inf,
            )
            if best is None or span.third_line > best.third_line:
                best = span
        if best is not None and best.level_dbfs > -100 and best.third_line >= _LINE:
            self._spans.add(best.third_line, best.start_s, best)

    def finish(self) -> tuple[HumSpan, ...]:
        """Half minutes in which a comb stands out at all, strongest kept where there are many."""
        if self._pending:
            self._close()
        return self._spans.in_order()


def _low_pass(taps: int, cutoff: float) -> NDArray[np.float64]:
    n = np.arange(taps) - (taps - 1) / 2
    kernel = 2 * cutoff * np.sinc(2 * cutoff * n) * np.blackman(taps)
    return np.asarray(kernel / kernel.sum())


def _bins(step_hz: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Bins of the lines, shaped (base, offset, harmonic), and of their neighbourhoods, (base, harmonic, neighbour)."""
    harmonic = np.arange(1, HARMONICS + 1)
    base = np.array(BASES_HZ)
    centre = base[:, None] * harmonic[None, :]
    lines = np.round((centre[:, None, :] + OFFSETS_HZ[None, :, None] * harmonic[None, None, :]) / step_hz)
    reach = np.arange(2.5, 12.0, 3 * step_hz)
    beside = np.concatenate([-reach, reach])
    around = np.round((centre[:, :, None] + beside[None, None, :]) / step_hz)
    return lines.astype(np.intp), around.astype(np.intp)
