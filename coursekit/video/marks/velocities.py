"""Velocities at which the lines of several looks add up.

Plain sums over every likely velocity: what moves evenly stands out of them, whatever it is. Out of the sums at the same
place over all the other velocities, that is: leaves and roofs add up to a good deal along any. Against the rest of the
picture, as it was done before, bushes at the foot of a bright sky hid grey marks of opacity 0.3 and 0.2 that drifted
over the sky: of 25 windows of four seconds over five clips eight had the mark foremost at 0.2 and thirteen at 0.3,
thirteen and seventeen this way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import hypot
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

_GROUP = 4
_REACH = (0.225, 0.15)
"""Of the long side across and down that a mark may move while sixteen looks are taken: in four seconds at the start of
a lesson a quarter of the width, and what drifts is made to be seen in many places, not to fly …"""
_STEP = 0.0125
"""… tried so finely: four of 320 coarse pixels, of which the looks at the ends are two off at most …"""
_LEAST = 0.03
"""… and at least that far: what stays is found elsewhere."""
_WITHIN_PX = 3
"""Coarse pixels so fine within a group of four looks: its ends are one off at most."""
WINDOW = (20, 12)
"""Coarse pixels over which power is gathered: a mark a twentieth of the width wide and half as high."""
FULL = 7
"""What a whole line is in a look: sixteen of them together still are a number of eight bits."""
_STANDS_OUT = 4.5
"""Standard deviations of the sums at a place over the velocities. Grey marks of opacity 0.3 reached 5–9 in the four
seconds that showed them best, scenery 3.6–6 at some velocity or other: the few foremost are all outlined, and what
follows tells."""
_LEVEL = 0.5
"""Of the usual deviation, added to each: where the ground is plain anything stands out by many of its own …"""
_NOISE = 10.0
"""… and so much at least, of sums that are whole numbers: a sky without a grain adds up to one or two."""

Steps = npt.NDArray[np.int8]
Shift = tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class Peak:
    """Where most adds up along a velocity."""

    stands: float
    """Standard deviations by which it stands out of what other velocities have there."""
    place: tuple[float, float]
    """In the middle of the window."""
    velocity: tuple[float, float]


def peaks(lines: Steps, times: npt.NDArray[np.float64]) -> Iterator[Peak]:
    """The foremost place along each velocity, where one stands out."""
    count, _, height, width = lines.shape
    long_side = max(height, width)
    across_px, down_px = (round(share * long_side) for share in _REACH)
    step, least = max(1, round(_STEP * long_side)), _LEAST * long_side
    lasted = float(times[-1] - times[0])
    since = [float(at - times[0]) / lasted for at in times]
    groups = [range(n, min(n + _GROUP, count)) for n in range(0, count, _GROUP)]
    longest = max(since[g[-1]] - since[g[0]] for g in groups)
    # Rows one after the other with noughts between them: to shift a picture is to begin elsewhere, and a sum is one
    # pass over what lies in a row. The room holds half the reach and what a group spills besides.
    row = width + across_px
    room = np.zeros((count, 2, height + 2 * down_px, row), np.int8)
    room[:, :, down_px : down_px + height, :width] = lines
    flat = room.reshape(count, 2, -1)
    first, length = down_px * row, height * row
    total = np.empty((2, length), np.int8)
    wide, square = np.empty(length, np.int16), np.empty(length, np.int16)
    # A quarter of the size is enough to tell where a window of power stands out.
    half, quarter = ((max(1, width // n), max(1, height // n)) for n in (2, 4))
    window = (round(WINDOW[0] / 4), round(WINDOW[1] / 4))
    parts: dict[Shift, list[Steps]] = {}
    velocities: list[tuple[float, float]] = []
    powers: list[npt.NDArray[np.uint16]] = []
    for down in range(-(down_px // step) * step, down_px + 1, step):
        within_down = round(down * longest / _WITHIN_PX) * _WITHIN_PX
        # Those of another shift down do not come back.
        parts = {key: part for key, part in parts.items() if key[1] == within_down}
        for across in range(-(across_px // step) * step, across_px + 1, step):
            if max(abs(across), abs(down)) < least or hypot(across / across_px, down / down_px) > 1:
                continue
            key = (round(across * longest / _WITHIN_PX) * _WITHIN_PX, within_down)
            if key not in parts:
                parts[key] = [
                    _group(flat[g.start : g.stop], key, [(since[n] - since[g[0]]) / longest for n in g], row)
                    for g in groups
                ]
            begins = [first + _shift((across, down), since[g[0]] - 0.5, row) for g in groups]
            for axis in (0, 1):
                one, two, *rest = (part[axis, at : at + length] for part, at in zip(parts[key], begins, strict=True))
                np.add(one, two, out=total[axis])
                for part in rest:
                    np.add(total[axis], part, out=total[axis])
            np.copyto(wide, total[0])
            np.multiply(wide, wide, out=square)
            np.copyto(wide, total[1])
            np.multiply(wide, wide, out=wide)
            np.add(square, wide, out=square)
            power: npt.NDArray[Any] = square.view(np.uint16).reshape(height, row)[:, :width]
            for size in (half, quarter):
                power = cv2.resize(power, size, interpolation=cv2.INTER_AREA)
            powers.append(np.asarray(cv2.blur(power, window), np.uint16))
            velocities.append((across / lasted, down / lasted))
    if powers:
        yield from _foremost(np.stack(powers), velocities)


def _foremost(powers: npt.NDArray[np.uint16], velocities: Sequence[tuple[float, float]]) -> Iterator[Peak]:
    spread = powers.std(axis=0, dtype=np.float32)
    spread += max(_LEVEL * float(np.median(spread)), _NOISE)
    usual = powers.mean(axis=0, dtype=np.float32)
    for power, velocity in zip(powers, velocities, strict=True):
        stands = (power - usual) / spread
        down, across = np.unravel_index(int(np.argmax(stands)), stands.shape)
        if stands[down, across] >= _STANDS_OUT:
            place = (4.0 * float(across) + 1.5, 4.0 * float(down) + 1.5)
            yield Peak(float(stands[down, across]), place, velocity)


def _shift(way: Shift, share: float, row: int) -> int:
    return round(way[1] * share) * row + round(way[0] * share)


def _group(looks: Steps, way: Shift, shares: Sequence[float], row: int) -> Steps:
    """The sum of some looks, each taken from so far across and down."""
    total: Steps = looks[0].copy()
    for look, share in zip(looks[1:], shares[1:], strict=True):
        by = _shift(way, share, row)
        if by >= 0:
            total[:, : total.shape[1] - by] += look[:, by:]
        else:
            total[:, -by:] += look[:, :by]
    return total
