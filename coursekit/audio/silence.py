"""Where sound is missing: silent stretches, dropouts cut out of a sounding wave, clicks, and a shifted zero line."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from coursekit.audio.channels import runs
from coursekit.audio.facts import SilentSpan
from coursekit.audio.kept import Strongest

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HOP_HZ = 100
_FLOOR_DBFS = -120.0
_SILENT_DBFS = -80.0
_MIN_SILENT_S = 0.5
_MAX_SPANS = 60


class LevelLog:
    """Level of the loudest channel every 10 ms: how often each decibel was met, and where nothing was."""

    def __init__(self) -> None:
        self._counts = np.zeros(256, np.int64)
        self._hops = 0
        self._open: tuple[int, int] | None = None
        self._spans: Strongest[SilentSpan] = Strongest(_MAX_SPANS)

    def push(self, power: NDArray[np.float64]) -> None:
        """Mean square of each hop, shaped (channels, hops)."""
        hops = power.shape[1]
        if not hops:
            return
        # A sample of floats so far over full scale that its square is none counts as silence, not as a crash.
        level = np.round(10 * np.log10(np.fmax(power.max(axis=0), 1e-12)))
        levels = np.minimum(level, 127).astype(np.intp)
        self._counts += np.bincount(levels + 128, minlength=256)
        silent = runs(levels <= _SILENT_DBFS)
        if self._open is not None and not (silent and silent[0][0] == 0):
            self._close(self._hops)
        for first, last in silent:
            top = int(levels[first:last].max())
            begin, before = self._open if self._open is not None else (self._hops + first, top)
            self._open = (begin, max(before, top))
            if last < hops:
                self._close(self._hops + last)
        self._hops += hops

    def _close(self, end: int) -> None:
        assert self._open is not None
        first, top = self._open
        self._open = None
        if end - first >= _MIN_SILENT_S * _HOP_HZ:
            level = float(top) if top > _FLOOR_DBFS else -math.inf
            self._spans.add(end - first, first, SilentSpan(first / _HOP_HZ, end / _HOP_HZ, level))

    def silent_spans(self) -> tuple[SilentSpan, ...]:
        """Stretches under -80 dBFS of half a second and more, times in seconds of decoded sound."""
        if self._open is not None:
            self._close(self._hops)
        return self._spans.in_order()

    def quiet_level_dbfs(self) -> float | None:
        """Level under which a twentieth of the sound lies, silence left out: what a pause sounds like here."""
        counts = self._counts[int(_SILENT_DBFS) + 129 :]
        if not counts.any():
            return None
        reached = int(np.searchsorted(np.cumsum(counts), 0.05 * counts.sum()))
        return float(reached + int(_SILENT_DBFS) + 1)

    def silent_share(self) -> float:
        """Share of the track under -80 dBFS."""
        silent = int(self._counts[: int(_SILENT_DBFS) + 129].sum())
        return round(silent / self._hops, 4) if self._hops else 0.0
