"""A steady high tone: a power supply, a charger, an old screen.

Looked for in the lowest tenth of a second that each frequency has in every second: a voice leaves every frequency now
and then, a tone does not. It counts when it stands 10 dB over its neighbourhood in most seconds of the track; no
instrument holds a note so long.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from coursekit.audio.facts import Tone

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LOWEST_HZ = 1000.0
_CONTRAST_DB = 10.0
_REACH = 10
_GAP = 3
_TENTH = 5
_MIN_SHARE = 0.5
_MAX_TONES = 5


class WhistleMeter:
    """Counts, per frequency, the seconds in which it stands out."""

    def __init__(self, hz: NDArray[np.float64], scale: float) -> None:
        self._hz = hz
        self._scale = scale
        self._seconds = 0
        self._hits = np.zeros(len(hz), np.int64)
        self._power = np.zeros(len(hz))
        self._contrast = np.zeros(len(hz))

    def push(self, power: NDArray[np.float32]) -> None:
        """Take the spectra of about a second, shaped (frames, bins)."""
        tenths = max(1, len(power) // _TENTH)
        tenth = power[: tenths * min(_TENTH, len(power))].reshape(tenths, -1, power.shape[1])
        quiet = tenth.mean(axis=1).min(axis=0).astype(np.float64)
        level = 10 * np.log10(quiet * self._scale + 1e-14)
        ends = level[:1].repeat(_REACH), level[-1:].repeat(_REACH)
        total_log = np.concatenate([[0.0], np.cumsum(np.concatenate([ends[0], level, ends[1]]))])
        n = len(level)
        # Against the louder of both sides: where the spectrum breaks off, the last band is no tone.
        left = total_log[_REACH - _GAP : _REACH - _GAP + n] - total_log[:n]
        right = total_log[2 * _REACH + 1 : 2 * _REACH + 1 + n] - total_log[_REACH + _GAP + 1 : _REACH + _GAP + 1 + n]
        contrast = level - np.maximum(left, right) / (_REACH - _GAP)
        self._seconds += 1
        self._hits += (contrast > _CONTRAST_DB) & (level > -105)
        self._power += quiet * self._scale
        self._contrast += contrast

    def finish(self) -> tuple[Tone, ...]:
        """Tones that are there in half of the seconds and more, strongest first."""
        if not self._seconds:
            return ()
        share = self._hits / self._seconds
        mean = self._power / self._seconds
        found: list[Tone] = []
        for at in np.argsort(-mean):
            if share[at] < _MIN_SHARE or self._hz[at] < _LOWEST_HZ:
                continue
            if any(abs(self._hz[at] - tone.hz) < 5 * self._hz[1] for tone in found):
                continue
            near = slice(max(0, int(at) - 1), int(at) + 2)
            found.append(
                Tone(
                    hz=round(float(np.average(self._hz[near], weights=mean[near])), 0),
                    # The window spreads a tone over one and a half bins.
                    level_dbfs=round(10 * math.log10(float(mean[near].sum()) / 1.5 + 1e-14), 1),
                    share=round(float(share[at]), 3),
                    contrast_db=round(float(self._contrast[at]) / self._seconds, 1),
                )
            )
            if len(found) == _MAX_TONES:
                break
        return tuple(found)
