"""A few figures of every frame, measured once for all meters.

Each is a float per frame (about 3 MB for 45 minutes); pictures are not kept. Meters read the figures of the frame in
hand from `last`, and the whole series when they finish.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.cuts import CutFinder
from coursekit.video.meter import Frame, Picture, StreamInfo

Series = npt.NDArray[np.float32]

_DARK_LEVEL = 16 + 16
"""Of 16–235: above it a pixel counts as lit. Pixel noise of a lens cap stays below."""
_BLOCKS = (16, 9)
DEFAULT_RATE = 25.0


@dataclass(slots=True)
class Row:
    """The figures of one frame."""

    time_s: float
    bytes: int
    key: bool
    mean: float
    """Mean of `small`, 16–235."""
    lit: float
    """Share of pixels that are not near black."""
    spread: float
    """Standard deviation of `small`."""
    cb: float
    cr: float
    change: float
    """Mean absolute difference to the frame before; NaN where there is none to compare with."""
    change_block: float
    """The same in the block (1/16 × 1/9 of the picture) that changed most."""


class Signals:
    """Figures of every frame of one stream."""

    def __init__(self, info: StreamInfo) -> None:
        self.info = info
        self.rate = float(info.frame_rate or DEFAULT_RATE)
        self.last: Row | None = None
        self.previous: Picture | None = None
        """`small` of the frame before the one in hand; None after a gap."""
        self._small: Picture | None = None
        self._columns: dict[str, array[float]] = {
            "time": array("d"),
            **{name: array("f") for name in _COLUMNS},
        }
        self._cuts = CutFinder(self.rate)
        self.gaps: list[tuple[int, bool]] = []
        """Frame before which something was left out, and whether the picture stood still meanwhile."""

    def feed(self, frame: Frame) -> None:
        """Measure the next frame. Called before any meter sees it."""
        small = frame.small
        self.previous, self._small = self._small, small
        cb, cr = frame.chroma
        mean, spread = cv2.meanStdDev(small)
        change = change_block = float("nan")
        if self.previous is not None:
            difference = cv2.absdiff(small, self.previous)
            blocks = cv2.resize(difference, _BLOCKS, interpolation=cv2.INTER_AREA)
            change = float(cv2.mean(difference)[0])
            change_block = float(blocks.max())
        row = Row(
            time_s=frame.time_s,
            bytes=frame.packet_bytes,
            key=frame.key,
            mean=float(mean[0, 0]),
            lit=float(np.count_nonzero(small > _DARK_LEVEL)) / small.size,
            spread=float(spread[0, 0]),
            cb=float(cv2.mean(cb)[0]),
            cr=float(cv2.mean(cr)[0]),
            change=change,
            change_block=change_block,
        )
        self._columns["time"].append(row.time_s)
        for name in _COLUMNS:
            self._columns[name].append(float(getattr(row, name)))
        self._cuts.feed(frame.colour)
        self.last = row

    def gap(self, start_s: float, end_s: float, *, static: bool) -> None:
        """See Meter.gap."""
        self.gaps.append((len(self), static))
        if not static:
            self._small = None
            self._cuts.restart()

    def __len__(self) -> int:
        return len(self._columns["time"])

    def series(self, name: str) -> Series:
        """One figure of every frame; a field of Row."""
        return np.frombuffer(self._columns[name], dtype=np.float32) if len(self) else np.zeros(0, np.float32)

    @property
    def times(self) -> npt.NDArray[np.float64]:
        """Presentation time of every frame decoded."""
        return np.frombuffer(self._columns["time"], dtype=np.float64) if len(self) else np.zeros(0)

    @cached_property
    def cuts(self) -> tuple[int, ...]:
        """Row number of the first frame after each cut. To be asked for only after the last frame."""
        return self._cuts.finish()

    @property
    def cuts_s(self) -> tuple[float, ...]:
        """Their times."""
        times = self.times
        return tuple(round(float(times[i]), 6) for i in self.cuts)

    def end_of(self, row: int) -> float:
        """Time at which a frame gives way to the next."""
        times = self.times
        return float(times[row + 1]) if row + 1 < len(times) else float(times[row]) + 1 / self.rate


_COLUMNS = ("bytes", "key", "mean", "lit", "spread", "cb", "cr", "change", "change_block")
