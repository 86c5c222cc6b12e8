"""Combing: two moments woven into one picture.

Where something moves, a line of a woven picture lies between two lines of another moment: it differs from both
neighbours in the same sense, while they agree with each other. Fine level stripes do that too, but they do it whether
or not anything moves; so only the moving area counts, and it must be combed more than the rest is.
"""

from __future__ import annotations

import cv2
import numpy as np

from coursekit.video.facts import CombedSpan, InterlaceFacts
from coursekit.video.meter import Frame, Picture, StreamInfo
from coursekit.video.signals import Signals

_EVERY_S = 0.8
_MOVES = 8
"""Change of 320 px pictures that counts as movement, levels."""
_MIN_AREA = 0.004
_EDGE = 10
"""A line must differ by that many levels from both its neighbours."""
_COMBED = 0.06
"""Share of the moving area from which a picture counts as combed; 0.003 and less was seen in progressive ones."""
_LEAD = 4.0
"""The moving area must be combed that many times more than the rest."""
_JOIN_S = 3.0


class InterlaceMeter:
    """Fills `VideoFacts.interlace`."""

    def __init__(self, info: StreamInfo, signals: Signals) -> None:
        self._signals = signals
        self._info = info
        self._next_s = float("-inf")
        self._samples: list[tuple[float, float, float, bool]] = []

    def feed(self, frame: Frame) -> None:
        """Look at a few moving pictures a second."""
        previous = self._signals.previous
        row = self._signals.last
        assert row is not None
        if previous is None or frame.time_s < self._next_s or not row.change_block > _MOVES or frame.damaged:
            return
        moving = cv2.threshold(cv2.absdiff(frame.small, previous), _MOVES, 255, cv2.THRESH_BINARY)[1]
        if np.count_nonzero(moving) < _MIN_AREA * moving.size:
            return
        self._next_s = frame.time_s + _EVERY_S
        inside, outside = measure_combing(frame.luma, np.asarray(moving, dtype=np.uint8))
        self._samples.append((frame.time_s, inside, outside, frame.interlaced))

    def gap(self, start_s: float, end_s: float, *, static: bool) -> None:
        """A sample is a sample."""

    def finish(self) -> InterlaceFacts:
        """Combed spans."""
        combed = [s for s in self._samples if s[1] >= _COMBED and s[1] >= _LEAD * s[2]]
        groups: list[list[tuple[float, float, float, bool]]] = []
        for sample in combed:
            if groups and sample[0] - groups[-1][-1][0] <= _JOIN_S:
                groups[-1].append(sample)
            else:
                groups.append([sample])
        return InterlaceFacts(
            samples=len(self._samples),
            combed=len(combed),
            flagged=sum(s[3] for s in self._samples),
            spans=tuple(
                CombedSpan(round(g[0][0], 6), round(g[-1][0], 6), round(float(np.median([s[1] for s in g])), 3))
                for g in groups
            )[:100],
        )


def measure_combing(luma: Picture, moving: Picture) -> tuple[float, float]:
    """Share of combed edge pixels in the moving area (255 in the small mask `moving`) and outside it."""
    height, width = luma.shape
    step = 4 if width >= 960 else 2
    part = np.ascontiguousarray(luma[:, ::step])
    above, here, below = part[:-2], part[1:-1], part[2:]
    bright = cv2.min(cv2.subtract(here, above), cv2.subtract(here, below))
    dark = cv2.min(cv2.subtract(above, here), cv2.subtract(below, here))
    lone = cv2.max(bright, dark)
    # The neighbours agree with each other: their difference is less than two thirds of what sets this line apart.
    apart = cv2.subtract(lone, cv2.add(cv2.absdiff(above, below), cv2.absdiff(above, below) // 2))
    comb = np.asarray((lone > _EDGE) & (apart > 0))
    # Lone lines (text, rules) are no comb: the pattern must go on in the next pair of lines.
    comb[:-2] &= comb[2:]
    mask = np.asarray(cv2.resize(moving, (part.shape[1], height), interpolation=cv2.INTER_NEAREST))[1:-1] > 0
    inside, total = int(np.count_nonzero(comb & mask)), int(np.count_nonzero(mask))
    outside = int(np.count_nonzero(comb)) - inside
    return inside / max(total, 1), outside / max(mask.size - total, 1)
