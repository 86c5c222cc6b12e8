"""Follow the background through the stream."""

from __future__ import annotations

import numpy as np

from coursekit.video.facts import MotionFacts, ShakeSpan
from coursekit.video.meter import Frame, StreamInfo
from coursekit.video.motion.shake import find_shake
from coursekit.video.motion.track import Tracker
from coursekit.video.signals import Signals

_MAX_RATE = 32.0
"""Shaking ends at about 12 Hz; of 50 or 60 pictures a second every other one is enough."""
_UNCHANGED = 0.3
"""Mean difference in the block that changed most: below it nothing moved, only grain."""
_MIN_FIT = 0.45
_TRACE_S = 4.0


class MotionMeter:
    """Fills `VideoFacts.motion`."""

    def __init__(self, info: StreamInfo, signals: Signals) -> None:
        self._info = info
        self._signals = signals
        self._tracker = Tracker()
        self._step_s = 1 / _MAX_RATE if signals.rate > _MAX_RATE else 0.0
        self._last_s: float | None = None
        self._unchanged = True
        self._blanks_s: list[float] = []

    @property
    def rows(self) -> int:
        """Rows of movement so far."""
        return len(self._tracker.columns["time"])

    def shake_since(self, row: int, most: int) -> tuple[ShakeSpan, ...]:
        """Shaky spans in the newest rows: since this one, and no more than so many."""
        first = max(row, self.rows - most)
        columns = {name: values[first:] for name, values in self._tracker.columns.items()}
        return find_shake(columns, self._info.small_px[0]) if self.rows - first > 8 else ()

    def feed(self, frame: Frame) -> None:
        """Take the next decoded frame."""
        row = self._signals.last
        assert row is not None
        self._unchanged = self._unchanged and row.change_block < _UNCHANGED
        if self._last_s is not None and 0 <= frame.time_s - self._last_s < self._step_s - 1e-4:
            return
        self._tracker.feed(frame.time_s, frame.small, unchanged=self._unchanged and self._last_s is not None)
        self._unchanged = True
        self._last_s = frame.time_s

    def gap(self, start_s: float, end_s: float, *, static: bool) -> None:
        """A static gap is stillness; any other ends the path."""
        if static:
            self._tracker.rest(end_s)
        else:
            self._tracker.forget()
            self._blanks_s.append(end_s)
            self._last_s = None

    def finish(self) -> MotionFacts:
        """Shaky spans, and how much of the stream could be judged."""
        columns = self._tracker.columns
        shake = find_shake(columns, self._info.small_px[0], (*self._signals.sudden_s, *self._blanks_s))
        times = np.asarray(columns["time"])
        steps = np.diff(times, prepend=times[:1]) if len(times) else np.zeros(0)
        followed = np.asarray(columns["fit"]) >= _MIN_FIT
        still = np.asarray(columns["still"]) >= 0.999
        step, path = self._trace(shake)
        return MotionFacts(
            followed_s=round(float(steps[followed].sum()), 2),
            still_s=round(float(steps[still].sum()), 2),
            shake=shake,
            path_s=step,
            path_pct=path,
        )

    def _trace(self, shake: tuple[ShakeSpan, ...]) -> tuple[float, tuple[tuple[float, float], ...]]:
        if not shake:
            return 0.0, ()
        worst = max(shake, key=lambda span: span.peak_pct)
        times = np.asarray(self._tracker.columns["time"])
        first, last = np.searchsorted(times, [worst.peak_at_s, min(worst.peak_at_s + _TRACE_S, worst.end_s)])
        shift = np.stack([np.asarray(self._tracker.columns[n])[first:last] for n in ("dx", "dy")], axis=1)
        path = np.cumsum(np.nan_to_num(shift), axis=0) * (100 / self._info.small_px[0])
        step = float(np.median(np.diff(times[first:last]))) if last - first > 1 else 0.0
        return round(step, 5), tuple((round(float(x), 2), round(float(y), 2)) for x, y in path)
