"""Flat tops: a waveform cut off at a ceiling, also after it was turned down or coded with loss.

Two signs, from strict to tolerant:

- *hard* tops: three samples and more within a thousandth of the top, over a fifth of the half wave. Only samples that
  were never coded with loss keep these; then even half a decibel of overdrive is seen.
- *flat* tops: of the width of a half wave at 0.6 of its height, more than 0.65 still stands at 0.93. A sine has 0.40,
  speech and music 0.2–0.45. Gain leaves the figure alone, AAC at 128 kbit/s moves it by a hundredth, and a limiter
  does not raise it, because it turns the wave down instead of cutting it: a limiter is not clipping.

Looking for a pile-up of amplitudes at the highest level was tried first and lost: after AAC at 128 kbit/s the overshoot
hides the ceiling (6 dB of overdrive looked like clean speech in three of eight voices).

Only the loud half waves of each second (above 0.84 of its peak, on either side) are looked at: what is cut off there
is cut off at the same ceiling, and the share of flat ones among them says how hard.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from coursekit.audio.facts import ClippingFacts, ClipSpan, OverSpan
from coursekit.audio.kept import Strongest

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GROUND = 0.5
_LOUD = 0.84
_SHOULDER = 0.6
_TOP = 0.93
_FLAT = 0.65
_EXACT = 0.999
_HARD = 0.2
_MIN_WIDTH_S = 1.6e-4
_MIN_WIDTH = 6
_QUIET = 0.02
_JOIN_S = 5
_MIN_FLAT = 2
_MAX_SPANS = 60
_JOIN_OVERS_S = 2.0


class ClippingMeter:
    """Counts of loud half waves and of flat ones among them, second by second."""

    def __init__(self, rate: int) -> None:
        self._width = max(_MIN_WIDTH, round(_MIN_WIDTH_S * rate))
        self._loud = array("H")
        self._flat = array("H")
        self._hard = array("H")
        self._ceiling = array("f")

    def push(self, x: NDArray[np.float32]) -> None:
        """Take a block."""
        counts = np.zeros(3, dtype=np.int64)
        ceiling = 0.0
        for number, channel in enumerate(x):
            if number and np.array_equal(channel, x[0]):
                continue
            for wave in (channel, -channel):
                found, top = self._tops(wave)
                if found[1] or found[2]:
                    ceiling = max(ceiling, top)
                counts += found
        for series, count in zip((self._loud, self._flat, self._hard), counts, strict=True):
            series.append(min(int(count), 65535))
        self._ceiling.append(ceiling)

    def _tops(self, wave: NDArray[np.float32]) -> tuple[NDArray[np.int64], float]:
        none = np.zeros(3, dtype=np.int64)
        top = float(wave.max(initial=0.0))
        if top < _QUIET:
            return none, top
        above = np.flatnonzero(wave > np.float32(_GROUND * top))
        breaks = np.flatnonzero(above[1:] - above[:-1] > 1) + 1
        bounds = np.concatenate([[0], breaks, [len(above)]])
        first, length = bounds[:-1], bounds[1:] - bounds[:-1]
        values = wave[above]
        height = np.maximum.reduceat(values, first)
        chosen = height >= _LOUD * top
        if not chosen.any():
            return none, top
        owner = np.repeat(np.arange(len(first)), length)
        part = chosen[owner]
        share = values[part] / height[owner[part]]
        owner = owner[part]
        shoulder = np.bincount(owner, share >= _SHOULDER, len(first))[chosen]
        flat = np.bincount(owner, share >= _TOP, len(first))[chosen]
        exact = np.bincount(owner, share >= _EXACT, len(first))[chosen]
        wide = shoulder >= self._width
        return (
            np.array(
                [
                    int(wide.sum()),
                    int((wide & (flat > _FLAT * shoulder)).sum()),
                    int((wide & (exact >= 3) & (exact > _HARD * shoulder)).sum()),
                ]
            ),
            top,
        )

    def finish(self) -> ClippingFacts:
        """Totals, and stretches where flat tops gather."""
        loud, flat, hard = (np.frombuffer(a, np.uint16).astype(np.int64) for a in (self._loud, self._flat, self._hard))
        ceiling = np.frombuffer(self._ceiling, np.float32)
        spans: list[ClipSpan] = []
        hits = np.flatnonzero((flat > 0) | (hard > 0))
        if hits.size:
            for group in np.split(hits, np.flatnonzero(np.diff(hits) > _JOIN_S) + 1):
                inside = slice(int(group[0]), int(group[-1]) + 1)
                if max(flat[inside].sum(), hard[inside].sum()) < _MIN_FLAT:
                    continue
                spans.append(
                    ClipSpan(
                        start_s=float(group[0]),
                        end_s=float(group[-1] + 1),
                        loud=int(loud[inside].sum()),
                        flat=int(flat[inside].sum()),
                        hard=int(hard[inside].sum()),
                        ceiling_dbfs=round(float(20 * np.log10(ceiling[inside].max())), 1),
                    )
                )
        spans.sort(key=lambda s: -max(s.flat, s.hard))
        return ClippingFacts(
            loud=int(loud.sum()),
            flat=int(flat.sum()),
            hard=int(hard.sum()),
            spans=tuple(sorted(spans[:_MAX_SPANS], key=lambda s: s.start_s)),
        )


class OverLog:
    """Stretches with true peaks over full scale, merged where they lie within two seconds of each other."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._count = 0
        self._open: OverSpan | None = None
        self._spans: Strongest[OverSpan] = Strongest(_MAX_SPANS)

    def add(self, overs: list[tuple[int, float]]) -> None:
        """Sample number and height of each stretch, none earlier than what came before."""
        self._count += len(overs)
        for sample, height in sorted(overs):
            time_s, peak = round(sample / self._rate, 3), round(20 * math.log10(height), 2)
            last = self._open
            if last is not None and sample / self._rate - last.end_s < _JOIN_OVERS_S:
                self._open = OverSpan(last.start_s, time_s, last.count + 1, max(last.true_peak_dbtp, peak))
            else:
                self._close()
                self._open = OverSpan(time_s, time_s, 1, peak)

    def _close(self) -> None:
        if self._open is not None:
            self._spans.add(self._open.true_peak_dbtp, self._open.start_s, self._open)
            self._open = None

    def beside(self, clipping: ClippingFacts) -> ClippingFacts:
        """The figures of clipping with those of overs."""
        self._close()
        return replace(clipping, overs=self._count, over_spans=self._spans.in_order())
