"""A few figures of every frame, measured once for all meters.

Each is a float per frame (about 3 MB for 45 minutes); pictures are not kept. Meters read the figures of the frame in
hand from `last`, and the whole series when they finish.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.cuts import MIN_CONTENT, CutFinder, content_step
from coursekit.video.meter import Frame, Picture, StreamInfo

Series = npt.NDArray[np.float32]

_DARK_LEVEL = 16 + 16
"""Of 16–235: above it a pixel counts as lit. Pixel noise of a lens cap stays below."""
_BLOCKS = (16, 9)
_FINE = (32, 18)
_THUMB_S = 1.0
_OTHER_LEVELS = 6.0
ALIKE = 0.4
"""Likeness below which two pictures show different scenes."""
AREAS = (4, 3)
"""Columns and rows of the areas whose brightness and colour are kept for every frame."""
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
    alive: float
    """Share of those blocks in which anything changed at all: grain lives everywhere, drawn motion does not."""


class Signals:
    """Figures of every frame of one stream."""

    def __init__(self, info: StreamInfo) -> None:
        self.info = info
        self.rate = float(info.frame_rate or DEFAULT_RATE)
        self.last: Row | None = None
        self.shown: Frame | None = None
        """The newest frame that was decoded: what still stands there while it is repeated."""
        self.difference: Picture | None = None
        """By how much each pixel of `small` changed since the frame before; None after a gap."""
        self._small: Picture | None = None
        self._columns: dict[str, array[float]] = {
            "time": array("d"),
            **{name: array("f") for name in _COLUMNS},
        }
        self._in_order = [self._columns[name] for name in _COLUMNS]
        self._areas: tuple[array[float], ...] = (array("f"), array("f"), array("f"))
        self.fine: Picture = np.zeros((_FINE[1], _FINE[0]), np.uint8)
        """The frame in hand at 32 × 18."""
        self.fine_colour: tuple[Picture, Picture] = (self.fine, self.fine)
        """Cb and Cr of the same."""
        self.last_areas = np.zeros((3, 12))
        """Brightness, Cb and Cr of the 12 areas of the frame in hand."""
        self._area_bytes: tuple[bytes, ...] = ()
        self.thumbs: list[tuple[float, Picture]] = []
        """One such picture a second, with its time."""
        self._cuts = CutFinder(self.rate)
        self.gaps: list[tuple[int, bool]] = []
        """Frame before which something was left out, and whether the picture stood still meanwhile."""
        self._gap_start_s: dict[int, float] = {}
        self._before_gap: tuple[Picture, bool] | None = None
        self.breaks: list[int] = []
        """Frames after a gap that show another scene than the frame before it."""

    def feed(self, frame: Frame) -> None:
        """Measure the next frame. Called before any meter sees it."""
        small = frame.small
        previous, self._small = self._small, small
        cb, cr = frame.chroma
        mean, spread = cv2.meanStdDev(small)
        change = change_block = alive = float("nan")
        self.difference = None
        if previous is not None:
            difference = self.difference = np.asarray(cv2.absdiff(small, previous), dtype=np.uint8)
            blocks = cv2.resize(difference, _BLOCKS, interpolation=cv2.INTER_AREA)
            change = cv2.mean(difference)[0]
            change_block = cv2.minMaxLoc(blocks)[1]
            touched = cv2.resize(
                cv2.threshold(difference, 0, 255, cv2.THRESH_BINARY)[1], _BLOCKS, interpolation=cv2.INTER_AREA
            )
            alive = cv2.countNonZero(touched) / touched.size
        row = Row(
            time_s=frame.time_s,
            bytes=frame.packet_bytes,
            key=frame.key,
            mean=float(mean[0, 0]),
            lit=cv2.countNonZero(cv2.threshold(small, _DARK_LEVEL, 255, cv2.THRESH_BINARY)[1]) / small.size,
            spread=float(spread[0, 0]),
            cb=cv2.mean(cb)[0],
            cr=cv2.mean(cr)[0],
            change=change,
            change_block=change_block,
            alive=alive,
        )
        self._enter(row)
        self.fine, *rest = (_fine(plane) for plane in (small, cb, cr))
        self.fine_colour = (rest[0], rest[1])
        if not self.thumbs or frame.time_s - self.thumbs[-1][0] >= _THUMB_S:
            self.thumbs.append((frame.time_s, self.fine))
        self.last_areas = _area_means(self.fine, *self.fine_colour)
        self._area_bytes = tuple(means.tobytes() for means in self.last_areas.astype(np.float32))
        self._enter_areas()
        self._cuts.feed(frame.colour)
        self.last, self.shown = row, frame
        if self._before_gap is not None:
            self._bridge(*self._before_gap, frame.colour)
            self._before_gap = None

    def repeat(self, times_s: Sequence[float], packet_bytes: Sequence[int]) -> None:
        """Enter frames that are known to show what the last one showed, in order of time; no meter sees them.

        Together: most pictures of a slide lecture come this way, and to enter each alone takes ten times as long.
        """
        last, count = self.last, len(times_s)
        if last is None or not count:
            return
        self.last = replace(
            last, time_s=times_s[-1], bytes=packet_bytes[-1], key=False, change=0.0, change_block=0.0, alive=0.0
        )
        self._columns["time"].extend(times_s)
        self._columns["bytes"].extend(packet_bytes)
        for column, value in zip(self._in_order[1:], _FIGURES(self.last)[1:], strict=True):
            column.extend(array("f", [value]) * count)
        for time_s in times_s:
            if time_s - self.thumbs[-1][0] >= _THUMB_S:
                self.thumbs.append((time_s, self.fine))
        for areas, means in zip(self._areas, self._area_bytes, strict=True):
            areas.frombytes(means * count)
        self._cuts.skip(count)

    def _enter(self, row: Row) -> None:
        self._columns["time"].append(row.time_s)
        for column, value in zip(self._in_order, _FIGURES(row), strict=True):
            column.append(value)

    def _enter_areas(self) -> None:
        for areas, means in zip(self._areas, self._area_bytes, strict=True):
            areas.frombytes(means)

    def gap(self, start_s: float, end_s: float, *, static: bool, turn: bool = False) -> None:
        """See Meter.gap. `turn`: the frame after it is a keyframe out of turn, as encoders set them at cuts."""
        self.gaps.append((len(self), static))
        if not static:
            self._gap_start_s[len(self)] = start_s
            if self.shown is not None:
                self._before_gap = (self.shown.colour, turn)
            self._small = None
            self._cuts.restart()

    def _bridge(self, before: Picture, turn: bool, colour: Picture) -> None:
        """Both sides of a gap: where they show different things there was a cut, and the keyframe tells where."""
        cut = turn and content_step(before, colour) >= MIN_CONTENT
        if cut:
            self._cuts.add(len(self) - 1)
        one, other = (np.asarray(cv2.cvtColor(p, cv2.COLOR_BGR2GRAY), np.uint8) for p in (before, colour))
        far = float(np.mean(cv2.absdiff(one, other))) >= _OTHER_LEVELS
        if cut or (far and likeness(one, other) < ALIKE):
            self.breaks.append(len(self) - 1)

    def __len__(self) -> int:
        return len(self._columns["time"])

    def series(self, name: str) -> Series:
        """One figure of every frame; a field of Row."""
        return np.frombuffer(self._columns[name], dtype=np.float32) if len(self) else np.zeros(0, np.float32)

    def latest(self, name: str, count: int) -> Sequence[float]:
        """One figure of the last so many frames, or of as many as there are."""
        return self._columns[name][-count:]

    def areas(self, plane: int) -> Series:
        """Brightness (plane 0), Cb (1) or Cr (2) of the 12 areas of every frame: frames × areas."""
        flat = self._areas[plane]
        return np.frombuffer(flat, dtype=np.float32).reshape(len(self), -1) if len(self) else np.zeros((0, 12), "f4")

    @property
    def sudden(self) -> tuple[int, ...]:
        """Row number of the first frame after each cut or other sudden change known by now, two frames after it."""
        return self._cuts.sudden

    @property
    def sudden_s(self) -> tuple[float, ...]:
        """Their times."""
        return self._times_of(self._cuts.sudden)

    @property
    def cuts_s(self) -> tuple[float, ...]:
        """Times of the first frame after each cut."""
        return self._times_of(self._cuts.cuts)

    def _times_of(self, rows: tuple[int, ...]) -> tuple[float, ...]:
        times = self.times
        return tuple(round(float(times[row]), 6) for row in rows)

    @property
    def times(self) -> npt.NDArray[np.float64]:
        """Presentation time of every frame decoded."""
        return np.frombuffer(self._columns["time"], dtype=np.float64) if len(self) else np.zeros(0)

    def end_of(self, row: int) -> float:
        """Time at which a frame gives way to the next."""
        times = self.times
        if row + 1 in self._gap_start_s:
            return self._gap_start_s[row + 1]
        return float(times[row + 1]) if row + 1 < len(times) else float(times[row]) + 1 / self.rate


_COLUMNS = ("bytes", "key", "mean", "lit", "spread", "cb", "cr", "change", "change_block", "alive")
_FIGURES = attrgetter(*_COLUMNS)


def likeness(one: Picture, other: Picture) -> float:
    """Correlation of two pictures of one size."""
    return float(cv2.matchTemplate(one, other, cv2.TM_CCOEFF_NORMED)[0, 0])


def _fine(plane: Picture) -> Picture:
    return cv2.resize(plane, _FINE, interpolation=cv2.INTER_AREA)  # type: ignore[return-value] # a picture of bytes


_AREA = _FINE[0] // AREAS[0], _FINE[1] // AREAS[1]
"""Width and height of an area at 32 × 18."""


def _area_means(*planes: Picture) -> npt.NDArray[np.float64]:
    # In two steps: pixels to about 32 × 18 by area (rounded to levels, which averages out), then by sum.
    corners = cv2.integral(cv2.merge(planes))[:: _AREA[1], :: _AREA[0]]
    rows = corners[1:] - corners[:-1]
    sums = rows[:, 1:] - rows[:, :-1]
    return np.asarray(sums.reshape(-1, 3).T / (_AREA[0] * _AREA[1]))
