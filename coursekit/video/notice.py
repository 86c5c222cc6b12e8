"""Whether what was just seen is worth a closer look.

Asked at the end of a short look at a stream: did the camera tremble, did the light pump, was a picture shown twice
while things moved, was anything combed or woven, did the colours step a moment ago, far below the strength from which
anybody is accused? Then what follows is decoded without a break, so that the span reported begins and ends where the
fault does.
"""

from __future__ import annotations

import numpy as np

from coursekit.video.interlace import InterlaceMeter
from coursekit.video.joins import JoinsMeter
from coursekit.video.light import find_flicker
from coursekit.video.motion.meter import MotionMeter
from coursekit.video.signals import Signals

_SHAKE_PCT = 0.12
_FLICKER_PCT, _FLICKER_LEVELS = 0.8, 1.0
_REPEAT, _SUDDEN, _MOVES = 0.25, 0.4, 4.0
_BESIDE = 3
_MAX_ROWS = 160


class Notice:
    """Watches the figures of one stream."""

    def __init__(self, signals: Signals, motion: MotionMeter, weave: InterlaceMeter, joins: JoinsMeter) -> None:
        self._signals = signals
        self._motion = motion
        self._weave = weave
        self._joins = joins
        self._row = 0
        self._motion_row = 0

    def forget(self) -> None:
        """A new look begins here."""
        self._row, self._motion_row = len(self._signals), self._motion.rows

    def asked(self) -> bool:
        """Whether there is anything of note in the look that ends here."""
        first = max(self._row, len(self._signals) - _MAX_ROWS)
        combed = len(self._signals) > first and self._weave.combed_since(float(self._signals.times[first]))
        if combed or self._weave.suspected or self._joins.in_doubt:
            return True
        return self._repeats(first) or self._shakes() or self._flickers(first)

    def _shakes(self) -> bool:
        return any(s.peak_pct >= _SHAKE_PCT for s in self._motion.shake_since(self._motion_row, _MAX_ROWS))

    def _flickers(self, first: int) -> bool:
        times = self._signals.times[first:].copy()
        bright = np.log(np.maximum(self._signals.areas(0)[first:] - 16, 0).astype(np.float64) + 12.0) * 100
        if find_flicker(times, bright, "brightness", _FLICKER_PCT):
            return True
        return any(
            find_flicker(times, self._signals.areas(p)[first:].astype(np.float64), "colour", _FLICKER_LEVELS)
            for p in (1, 2)
        )

    def _repeats(self, first: int) -> bool:
        change = np.nan_to_num(self._signals.series("change")[first:])
        block = np.nan_to_num(self._signals.series("change_block")[first:])
        if len(change) < 4 * _BESIDE or not float(np.median(block)) >= _MOVES:
            return False
        # Where a swing turns back movement fades over several pictures; a repeat comes at one blow.
        view = np.lib.stride_tricks.sliding_window_view(change[2:], 2 * _BESIDE + 1)
        lively = np.minimum(view[:, :_BESIDE].max(axis=1), view[:, _BESIDE + 1 :].max(axis=1))
        middle = view[:, _BESIDE]
        return bool(np.any((middle < _REPEAT * np.median(change)) & (middle < _SUDDEN * lively)))
