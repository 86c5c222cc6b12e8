"""Combing: two moments woven into one picture.

Where something moves, the lines of a woven picture belong by turns to one moment and to another: bright between two
darker lines, dark between two brighter ones, and so on down the edge. Four such lines in a row hardly ever stand in a
progressive picture. Fine level stripes may look like it, but they do so whether or not anything moves; so only the
moving area counts, and it must be combed far more than what stands still.

Compared on progressive footage (7 clips), woven footage (3) and interlaced television (3): runs of two lines 10 levels
apart, as first used, found 0.003 in progressive pictures and missed a panning camera, whose combing lay outside the
mask as well; runs of four lines 4 levels apart found 0.0008 at most in progressive pictures, 0.03 and more in woven
ones that move plainly, 0.1–0.5 in television.

A talking head moves too little for such combs, and strong compression takes the rest. What stays is the order of the
fields: in a woven stream the lower lines lie in time between the upper lines of this picture and those of the next (or
of the one before), so that they fit the ones better than the others. In a progressive stream they fit both equally
ill: both lie one picture away, and whatever moves up or down does so for both. The mean logarithm of the two misfits
was 0.17–1.24 (of either sign) over 3 woven and 4 interlaced clips, two of them talking heads, and 0.03 at most over 8
progressive clips and 5 traps, scrolling among them; of 25 files as they are one progressive one had more, 0.104. In its
own picture a woven line fits hardly better (0.56 of the misfit to the next picture and more), a progressive one far
better (0.02–0.4, little moving heads 0.8).

A drawing of fine strokes or a dithered one that glides by slowly has as many combs as woven pictures. So the order of
the fields is asked of combed pictures as well, towards the picture before and towards the one after: lines that a tilt
takes from odd to even have an order that turns with every picture. It is asked in a wide area, and only where a line
fits ill one way or the other: the small mask is made by comparing rows of two lines, which favours one of the two ways
where a drawing has stripes (0.5–1.3 at one line a picture, by itself a sure order). Over combed pictures of nine drawn
and dithered grounds in five movements it was 0.04 at most by its mean, over woven and interlaced ones 0.19–2.1. Woven
pictures that were scaled afterwards lose it, but their lines still fit those beside them (0.28–0.64 of the misfit to
the next picture), where the lines of a drawing do not (0.94 and more).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby, takewhile
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.facts import CombedSpan, InterlaceFacts, WovenSpan
from coursekit.video.meter import Frame, Picture, StreamInfo
from coursekit.video.signals import Signals

_EVERY_S = 0.5
_MOVES, _STIRS = 5, 3
"""Change of 320 px pictures, levels: from the first on something moves; below the second (and a few pixels away)
nothing does."""
_SPREAD_PX = 9
_MIN_CHANGE = 0.5
_MIN_AREA = 0.002
_MIN_ALIVE = 0.25
"""Share of the picture in which anything changed: hatched windows that pop up on a screen are combed, but little else
changes there; what a camera recorded lives all over."""
_EDGE = 4
"""A line must differ by more levels from both its neighbours, and by more than they differ from each other."""
_RUN = 4
"""Lines in a row."""
_COMBED = 0.004
"""Share of the moving area from which a picture counts as combed."""
_LEAD = 6.0
"""The moving area must be combed that many times more than what stands still."""
_MIN_REST = 0.1
"""Of the picture: where less stands still there is nothing to compare with."""
_MAX_STAYING = 0.75
"""Share of the combed pixels that may be combed one picture later too. Hatching on a screen stays where it is."""
_MIN_LINES = 300
"""Smaller pictures hold one field of a camera, or less: there is nothing to weave."""
_WIDE_PX = 17
_ILL = 16
"""Twice as many levels must a line differ from its neighbours in time for its order to be asked."""
_SPREAD_OF_ORDER = 0.1
"""Standard deviation of the order of combed pictures at the least: of a few there is none to be had."""
_JOIN_S = 3.0
_BLOCK = 48
"""Pairs of pictures of which one figure is made: a talking head gave 0.17 with a deviation of 0.23 from pair to pair,
so that half of these would leave it within twice the error of nothing."""
_FEW = 24
_EAGER, _LATER_S = 2 * _BLOCK, 0.25
"""So many pairs are taken one after another, for short clips; then four a second."""
_SUSPECT, _SUSPECTS = 0.12, 8
"""Mean order of so many pairs, two seconds, from which what follows is looked at more closely, in a block that begins
there: one that begins before the weaving does is diluted. Woven pictures have 0.17 and more; of progressive clips
played to and fro, 2.6 of a hundred such means reach it where a telephone pans over fine lines, 0.8 under a cat's paws,
none in seven others (0.054)."""
_DISPELLED = 0.06
"""Under that the last pairs of a closer look say that the weaving is over, once it has enough of them."""
_CLOSER_S = 0.07
"""Every other picture at 25 a second, so that no two pairs have one in common; a block takes four seconds. With every
picture (two seconds, all of one movement) the telephone was called woven; with eight pairs a second twelve woven
seconds of a talking head were told at 15 of 20 places among the regular looks, so at 17."""
_EMIT_ORDER = 0.05
_ASKED = 0.1
"""Order of a pair from which it is asked for once more, in the wide area: of stripes that a tilt
takes by one line a picture 0.04 of it at most is left there, of woven talking heads 0.4 and more."""
_LEFT = 0.2

Flags = npt.NDArray[np.bool_]


class InterlaceMeter:
    """Fills `VideoFacts.interlace`."""

    def __init__(self, info: StreamInfo, signals: Signals) -> None:
        self._signals = signals
        self._info = info
        self._next_s = float("-inf")
        self._samples: list[_Sample] = []
        self._last: Flags | None = None
        self._before: Frame | None = None
        self._pairs: list[_Pair] = []
        self._next_pair_s = float("-inf")
        self._closer = 0
        """Pairs of the closer look in hand, and one; 0 where there is none."""
        self._turn = 0

    @property
    def suspected(self) -> bool:
        """Whether the fields of the last pairs have an order in time."""
        return len(self._pairs) >= _SUSPECTS and self._order() >= _SUSPECT

    def combed_since(self, time_s: float) -> bool:
        """Whether a sample from then on looks combed."""
        return any(s.inside >= _COMBED for s in takewhile(lambda s: s.time_s >= time_s, reversed(self._samples)))

    def feed(self, frame: Frame) -> None:
        """Look at a few moving pictures a second."""
        difference = self._signals.difference
        row = self._signals.last
        assert row is not None
        if self._info.shown_px[1] < _MIN_LINES:
            return
        before, self._before = self._before, frame
        if self._last is not None and difference is not None:
            self._stays(before, frame, difference)
        if difference is None or frame.damaged or frame.time_s < min(self._next_s, self._next_pair_s):
            return
        if not row.change_block >= _MIN_CHANGE or row.alive < _MIN_ALIVE:
            return
        moving = cv2.threshold(difference, _MOVES, 255, cv2.THRESH_BINARY)[1]
        if np.count_nonzero(moving) < _MIN_AREA * moving.size:
            return
        if before is not None and frame.time_s >= self._next_pair_s:
            self._pair(before, frame, moving)
        if frame.time_s < self._next_s:
            return
        self._next_s = frame.time_s + _EVERY_S
        sample = _Sample(frame.time_s, combing_where(frame.luma, moving), frame.interlaced)
        self._samples.append(sample)
        self._last = None
        if sample.inside >= _COMBED:
            # Only now is there anything to be held against what stands still.
            stirring = cv2.dilate(cv2.threshold(difference, _STIRS, 255, cv2.THRESH_BINARY)[1], _SPREAD)
            comb = comb_map(frame.luma)
            sample.inside, sample.outside, mask = measure_combing(comb, frame.luma.shape[0], moving, stirring)
            self._last = comb & mask
            self._ask_order(sample, before, frame, moving)

    def _pair(self, before: Frame, frame: Frame, moving: Any) -> None:
        eager = len(self._pairs) < _EAGER
        self._next_pair_s = frame.time_s + (0.0 if eager else _CLOSER_S if self._closer else _LATER_S)
        if len(frame.luma) < _COARSE * len(moving):
            moving = cv2.dilate(moving, _BESIDE)
        misfit = measure_order(before.luma, frame.luma, moving)
        if misfit is None:
            return
        wide = None
        if abs(misfit[0]) >= _ASKED:
            again = measure_order(before.luma, frame.luma, cv2.dilate(moving, _WIDE), _ILL)
            wide = again[0] if again is not None else 0.0
        self._pairs.append(_Pair(frame.time_s, *misfit, wide, self._turn))
        if eager:
            return
        if self._closer:
            self._closer += 1
            if self._closer <= _FEW or (self._closer <= _BLOCK and self._order() >= _DISPELLED):
                return
        elif not self.suspected:
            return
        self._closer = 1 if self.suspected else 0
        self._turn += 1

    def _order(self) -> float:
        """Of the last pairs, by its amount."""
        last = self._pairs[-_SUSPECTS:]
        return abs(sum(p.order for p in last)) / _SUSPECTS

    def _stays(self, before: Frame | None, frame: Frame, difference: Picture) -> None:
        """Take a sample back whose combs stand where they stood one picture later: a pattern, not a movement."""
        comb, self._last = self._last, None
        assert comb is not None
        if np.count_nonzero(comb & comb_map(frame.luma)) > _MAX_STAYING * np.count_nonzero(comb):
            self._samples[-1].inside = 0.0
        else:
            moving = cv2.threshold(difference, _MOVES, 255, cv2.THRESH_BINARY)[1]
            self._ask_order(self._samples[-1], before, frame, moving)

    @staticmethod
    def _ask_order(sample: _Sample, before: Frame | None, frame: Frame, moving: Any) -> None:
        if before is None:
            return
        misfit = measure_order(before.luma, frame.luma, cv2.dilate(moving, _WIDE), _ILL)
        if misfit is not None:
            sample.misfits.append(misfit)

    def gap(self, start_s: float, end_s: float, *, static: bool) -> None:
        """A sample is a sample; combs under which the picture stands still are a pattern."""
        if static and self._last is not None:
            self._samples[-1].inside = 0.0
        self._last = self._before = None

    def finish(self) -> InterlaceFacts:
        """Combed spans."""
        combed = [s for s in self._samples if s.inside >= _COMBED and s.inside >= _LEAD * s.outside]
        groups: list[list[_Sample]] = []
        for sample in combed:
            if groups and sample.time_s - groups[-1][-1].time_s <= _JOIN_S:
                groups[-1].append(sample)
            else:
                groups.append([sample])
        return InterlaceFacts(
            samples=len(self._samples),
            combed=len(combed),
            flagged=sum(s.flagged for s in self._samples),
            spans=tuple(_span(g) for g in groups)[:100],
            woven=find_woven(self._pairs)[:100],
        )


@dataclass(slots=True)
class _Sample:
    """A picture in which something moves."""

    time_s: float
    inside: float
    """Share of the moving area that is combed."""
    flagged: bool
    outside: float = 0.0
    """Share of what stands still that is combed."""
    misfits: list[tuple[float, float]] = field(default_factory=list)
    """`order` and `ragged` towards the pictures before and after, where it is combed."""


def _span(group: list[_Sample]) -> CombedSpan:
    orders = [order for s in group for order, _ in s.misfits]
    order = float(np.mean(orders)) if orders else 0.0
    spread = max(float(np.std(orders)), _SPREAD_OF_ORDER) if orders else 1.0
    return CombedSpan(
        round(group[0].time_s, 6),
        round(group[-1].time_s, 6),
        round(float(np.median([s.inside for s in group])), 3),
        pictures=len(group),
        order=round(order, 3),
        certainty=round(abs(order) / spread * float(np.sqrt(len(orders))), 1),
        ragged=round(float(np.median([ragged for s in group for _, ragged in s.misfits])), 2) if orders else 1.0,
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two pictures that follow each other."""

    time_s: float
    order: float
    """Logarithm of the misfit between the lower lines of the first and the upper lines of the second, over that of the
    upper lines of the first and the lower lines of the second."""
    ragged: float
    """Misfit of lines of one picture over the lesser of those two."""
    wide: float | None = None
    """`order` in the wide area; None where it was not asked for."""
    turn: int = 0
    """Counts the beginnings and the ends of closer looks: no block reaches beyond one."""


def find_woven(pairs: list[_Pair]) -> tuple[WovenSpan, ...]:
    """Stretches in which the fields of neighbouring pictures have an order in time."""
    found: list[WovenSpan] = []
    for block in (b for _, some in groupby(pairs, lambda p: p.turn) for b in _blocks(list(some))):
        order = np.asarray([p.order for p in block])
        error = float(np.std(order)) / np.sqrt(max(len(order), 1)) + 1e-3
        if len(block) >= _FEW and abs(float(np.mean(order))) >= _EMIT_ORDER and _holds(block):
            found.append(
                WovenSpan(
                    start_s=round(block[0].time_s, 6),
                    end_s=round(block[-1].time_s, 6),
                    pairs=len(block),
                    order=round(float(np.mean(order)), 3),
                    certainty=round(float(abs(np.mean(order)) / error), 1),
                    ragged=round(float(np.median([p.ragged for p in block])), 2),
                )
            )
    return tuple(found)


def _holds(block: list[_Pair]) -> bool:
    """Whether the order is there in the wide area too."""
    asked = [(p.order, p.wide) for p in block if p.wide is not None]
    here, wide = sum(order for order, _ in asked), sum(wide for _, wide in asked)
    return not asked or (here * wide > 0 and abs(wide) >= _LEFT * abs(here))


def _blocks(pairs: list[_Pair]) -> list[list[_Pair]]:
    blocks = [pairs[n : n + _BLOCK] for n in range(0, len(pairs), _BLOCK)]
    if len(blocks) > 1 and len(blocks[-1]) < _BLOCK:
        blocks[-2:] = [blocks[-2] + blocks[-1]]
    return blocks


_SPREAD = np.ones((_SPREAD_PX, _SPREAD_PX), np.uint8)
_WIDE = np.ones((_WIDE_PX, _WIDE_PX), np.uint8)
_BESIDE = np.ones((3, 1), np.uint8)
_COARSE = 4
"""Lines to a row of the small picture. A row of two is an upper line and the lower one below it, so that where lower
lines are looked at is chosen by the upper line above and not by the one below. By that a slow tilt over photographs at
360 lines had an order of 0.06–0.20, of the sign of its direction; with the rows above and below as well 0.03 at most.
Woven talking heads lose a seventh of theirs, and of its deviation a fifth."""


def comb_map(luma: Picture) -> Flags:
    """Where four lines in a row lie between their neighbours by turns; every second or fourth column."""
    return _combs(luma[:, :: _step(luma)])


def _step(luma: Picture) -> int:
    return 4 if luma.shape[1] >= 960 else 2


def _combs(part: Picture) -> Flags:
    part = np.ascontiguousarray(part)
    above, here, below = part[:-2], part[1:-1], part[2:]
    between = cv2.absdiff(above, below)
    # The neighbours agree with each other: their difference is less than two thirds of what sets this line apart.
    least = cv2.max(cv2.add(between, between // 2), _EDGE)  # type: ignore[call-overload] # a level for every pixel
    bright = np.asarray(cv2.min(cv2.subtract(here, above), cv2.subtract(here, below)) > least)
    dark = np.asarray(cv2.min(cv2.subtract(above, here), cv2.subtract(below, here)) > least)
    rows = len(bright) - _RUN + 1
    comb = np.zeros((rows, part.shape[1]), np.bool_)
    for one, other in ((bright, dark), (dark, bright)):
        run = one[:rows].copy()
        for line in range(1, _RUN):
            run &= (other if line % 2 else one)[line : line + rows]
        comb |= run
    return comb


def combing_where(luma: Picture, moving: Any) -> float:
    """Share of combed pixels in the moving area; nothing is looked at beyond it."""
    part = luma[:, :: _step(luma)]
    height, width = part.shape
    found = _enlarged(moving, (width, height), slice(1, height - _RUN))
    if found is None:
        return 0.0
    mask, rows, columns = found
    comb = _combs(part[rows.start : rows.stop + _RUN + 1, columns])
    return int(np.count_nonzero(comb & mask)) / int(np.count_nonzero(mask))


def measure_combing(comb: Flags, height: int, moving: Any, stirring: Any) -> tuple[float, float, Flags]:
    """Share of combed pixels in the moving area (255 in the small mask `moving`) and outside all that stirs.

    Third: the moving area at the size of `comb`.
    """
    rows, columns = comb.shape
    size = (columns, height)
    mask = np.asarray(cv2.resize(moving, size, interpolation=cv2.INTER_NEAREST))[1 : 1 + rows] > 0
    rest = np.asarray(cv2.resize(stirring, size, interpolation=cv2.INTER_NEAREST))[1 : 1 + rows] == 0
    inside = int(np.count_nonzero(comb & mask)) / max(int(np.count_nonzero(mask)), 1)
    still = int(np.count_nonzero(rest))
    outside = int(np.count_nonzero(comb & rest)) / still if still > _MIN_REST * rest.size else 0.0
    return inside, outside, mask


def measure_order(before: Picture, after: Picture, moving: Any, ill: int = 0) -> tuple[float, float] | None:
    """`order` and `ragged` of two pictures, where the small mask `moving` says; None where nothing can be compared.

    `ill`: only where lines are so far from those of the other picture, one way or the other.
    """
    if before.shape != after.shape:
        return None
    step = _step(after)
    height = len(after) // 2 * 2
    found = _enlarged(moving, (-(-after.shape[1] // step), height), slice(1, height - 1, 2))
    if found is None:
        return None
    mask, rows, columns = found
    (upper, lower), (later_upper, later_lower) = (
        _lines(p[2 * rows.start : 2 * rows.stop + 1, ::step][:, columns], mask) for p in (before, after)
    )
    if ill:
        wrong = np.maximum(np.abs(later_upper - lower), np.abs(upper - later_lower)) >= ill
        if not wrong.any():
            return None
        upper, lower, later_upper, later_lower = (part[wrong] for part in (upper, lower, later_upper, later_lower))

    def misfit(upper: Any, lower: Any) -> float:
        return float(np.mean(np.abs(upper - lower))) + 0.1

    own = (misfit(upper, lower) + misfit(later_upper, later_lower)) / 2
    back, on = misfit(later_upper, lower), misfit(upper, later_lower)
    return float(np.log(back / on)), own / min(back, on)


def _enlarged(small: Any, size: tuple[int, int], lines: slice) -> tuple[Flags, slice, slice] | None:
    """A small mask brought to a size by its nearest pixels: some of the lines, cut down to what is set, and where that
    lies among those lines and in the width. None where nothing is."""
    height, width = small.shape
    # Things move in a part of the picture: what lies around it is never made.
    x, y = _nearest(width, size[0]), _nearest(height, size[1])[lines]
    columns, rows = _extent(small.any(axis=0)[x]), _extent(small.any(axis=1)[y])
    if columns is None or rows is None:
        return None
    mask = (small > 0).take(x[columns], axis=1).take(y[rows], axis=0)
    return (mask, rows, columns) if mask.any() else None


@lru_cache(maxsize=8)
def _nearest(count: int, wanted: int) -> npt.NDArray[np.intp]:
    """Which of some pixels stands for each of those wanted, as OpenCV's nearest neighbour has it."""
    return np.minimum((np.arange(wanted) * (1 / (wanted / count))).astype(np.intp), count - 1)


def _extent(flags: Any) -> slice | None:
    """From the first that is set to the last."""
    places = np.flatnonzero(flags)
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else None


def _lines(picture: Picture, mask: Flags) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    """Where the mask says: both upper lines beside each lower one, added, and twice the lower one."""
    upper, lower = np.ascontiguousarray(picture[::2]), np.ascontiguousarray(picture[1::2])
    return upper[:-1][mask].astype(np.int16) + upper[1:][mask], 2 * lower[mask].astype(np.int16)
