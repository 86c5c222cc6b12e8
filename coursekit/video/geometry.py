"""Shape of the picture: bars that stay, and what is left between them."""

from __future__ import annotations

import numpy as np

from coursekit.video.facts import GeometryFacts
from coursekit.video.meter import Frame, StreamInfo
from coursekit.video.signals import Signals

_EVERY_S = 2.0
_DARK = 24
_MIN_LIT = 0.05
_EXACT_PX = 3


class GeometryMeter:
    """Fills `VideoFacts.geometry`."""

    def __init__(self, info: StreamInfo, signals: Signals) -> None:
        self._info = info
        self._signals = signals
        self._next_s = float("-inf")
        self._edges: list[tuple[int, int, int, int]] = []

    def feed(self, frame: Frame) -> None:
        """Look at one lit picture every two seconds."""
        row = self._signals.last
        assert row is not None
        if frame.time_s < self._next_s or row.lit < _MIN_LIT:
            return
        self._next_s = frame.time_s + _EVERY_S
        small = frame.small
        # A line is dark when nearly all of it is: compressed bars have sparks along their edge.
        columns = np.partition(small, -max(1, small.shape[0] // 50), axis=0)[-max(1, small.shape[0] // 50)]
        rows = np.partition(small, -max(1, small.shape[1] // 50), axis=1)[:, -max(1, small.shape[1] // 50)]
        lit_x, lit_y = np.flatnonzero(columns > _DARK), np.flatnonzero(rows > _DARK)
        if len(lit_x) and len(lit_y):
            height, width = small.shape
            self._edges.append((int(lit_x[0]), int(lit_y[0]), int(width - 1 - lit_x[-1]), int(height - 1 - lit_y[-1])))

    def gap(self, start_s: float, end_s: float, *, static: bool) -> None:
        """A still picture keeps its edges."""
        while static and self._edges and self._next_s <= end_s:
            self._edges.append(self._edges[-1])
            self._next_s += _EVERY_S

    def finish(self) -> GeometryFacts:
        """Bars that are there (nearly) always: the narrowest that one picture in fifty undercuts."""
        info = self._info
        width, height = info.small_px
        shown = info.display_px[0] / max(info.display_px[1], 1)
        if not self._edges:
            return GeometryFacts(info.sample_aspect, info.rotation_deg, (0.0, 0.0, 0.0, 0.0), 0.0, round(shown, 4))
        edges = np.asarray(self._edges)
        bars = np.percentile(edges, 2, axis=0, method="lower")
        bars = np.where(bars >= _EXACT_PX, bars, 0)
        same = np.all(np.abs(edges - bars) <= _EXACT_PX, axis=1)
        left, top, right, bottom = (float(b) for b in bars)
        across, down = 1 - (left + right) / width, 1 - (top + bottom) / height
        return GeometryFacts(
            sample_aspect=info.sample_aspect,
            rotation_deg=info.rotation_deg,
            bars=(round(left / width, 4), round(top / height, 4), round(right / width, 4), round(bottom / height, 4)),
            bars_share=round(float(np.mean(same)), 3),
            active_aspect=round(shown * across / max(down, 1e-6), 4),
        )
