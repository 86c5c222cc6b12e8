"""Where sound is missing: silent stretches, dropouts cut out of a sounding wave, clicks, and a shifted zero line."""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING

import numpy as np

from coursekit.audio.channels import runs
from coursekit.audio.facts import SilentSpan

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HOP_HZ = 100
_FLOOR_DBFS = -120.0
_SILENT_DBFS = -80.0
_MIN_SILENT_S = 0.5
_MAX_SPANS = 60
_PART = 60_000


class LevelLog:
    """Level of the loudest channel every 10 ms, as one small number each (180 kB for half an hour)."""

    def __init__(self) -> None:
        self._levels = array("b")

    def push(self, power: NDArray[np.float64]) -> None:
        """Mean square of each hop, shaped (channels, hops)."""
        if power.shape[1]:
            level = 10 * np.log10(np.maximum(power.max(axis=0), 1e-12))
            self._levels.extend(np.round(level).astype(np.int8).tolist())

    @property
    def dbfs(self) -> NDArray[np.int8]:
        """All of it."""
        return np.frombuffer(self._levels, np.int8)

    def silent_spans(self) -> tuple[SilentSpan, ...]:
        """Stretches under -80 dBFS of half a second and more, times in seconds of decoded sound."""
        levels = self.dbfs
        found = [
            SilentSpan(
                start_s=first / _HOP_HZ,
                end_s=last / _HOP_HZ,
                level_dbfs=float(levels[first:last].max()) if levels[first:last].max() > _FLOOR_DBFS else -math.inf,
            )
            for first, last in runs(levels <= _SILENT_DBFS)
            if last - first >= _MIN_SILENT_S * _HOP_HZ
        ]
        found.sort(key=lambda s: s.start_s - s.end_s)
        return tuple(sorted(found[:_MAX_SPANS], key=lambda s: s.start_s))

    def quiet_level_dbfs(self) -> float | None:
        """Level under which a twentieth of the sound lies, silence left out: what a pause sounds like here."""
        levels = self.dbfs
        counts = np.zeros(256, np.int64)
        for first in range(0, len(levels), _PART):
            counts += np.bincount(levels[first : first + _PART].astype(np.int16) + 128, minlength=256)
        counts = counts[int(_SILENT_DBFS) + 129 :]
        if not counts.any():
            return None
        reached = int(np.searchsorted(np.cumsum(counts), 0.05 * counts.sum()))
        return float(reached + int(_SILENT_DBFS) + 1)

    def silent_share(self) -> float:
        """Share of the track under -80 dBFS."""
        levels = self.dbfs
        return round(float((levels <= _SILENT_DBFS).mean()), 4) if levels.size else 0.0
