"""Velocities at which the edges of several looks add up.

Plain sums over every likely velocity: what moves evenly stands out of them, whatever it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt

_GROUP = 4
_REACH = (36, 24)
"""Coarse pixels across and down that a mark may move while sixteen looks are taken: in four seconds at the start of a
lesson a quarter of the width, and what drifts is made to be seen in many places, not to fly …"""
_STEP = 2
"""… tried so finely, since shapes of two coarse pixels still add up …"""
_LEAST = 5
"""… and at least that far: what stays is found elsewhere."""
WINDOW = (9, 5)
"""Coarse pixels over which power is gathered: a mark a twentieth of the width wide and half as high."""
_STANDS_OUT = 8.0
"""Standard deviations of the sums over the picture. Marks of opacity 0.3–1 reached 9–70 at their velocity, scenery
6–11 at some velocity or other: what tells them apart is what follows, so that the few foremost are all outlined."""

Steps = npt.NDArray[np.int16]


def peaks(
    edges: Steps, times: npt.NDArray[np.float64]
) -> Iterator[tuple[float, tuple[float, float], tuple[float, float]]]:
    """How far what adds up along a velocity stands out, where in the middle of the window, and the velocity."""
    count = len(edges)
    since = [float(at) for at in (times - times[0]) / (times[-1] - times[0])]
    groups = [range(n, n + _GROUP) for n in range(0, count, _GROUP)]
    within = [[since[n] - since[g[0]] for n in g] for g in groups]
    middles = [since[g[0]] - 0.5 for g in groups]
    longest = max(w[-1] for w in within)
    room = _with_room(edges)
    # Within a group shifts differ by whole pixels for few velocities only: each is added up once.
    parts: dict[tuple[int, int], list[Steps]] = {}
    total = np.empty_like(edges[0])
    for down in range(-_REACH[1], _REACH[1] + 1, _STEP):
        # Those of another shift down do not come back.
        parts = {key: part for key, part in parts.items() if key[1] == round(down * longest)}
        for across in range(-_REACH[0], _REACH[0] + 1, _STEP):
            if max(abs(across), abs(down)) < _LEAST:
                continue
            key = (round(across * longest), round(down * longest))
            if key not in parts:
                parts[key] = [
                    _added(
                        list(room[g.start : g.stop]), [(key[0] * s / longest, key[1] * s / longest) for s in w], total
                    )
                    for g, w in zip(groups, within, strict=True)
                ]
            _add(parts[key], [(across * middle, down * middle) for middle in middles], total)
            x, y = total
            power = cv2.add(cv2.multiply(x, x, dtype=cv2.CV_32F), cv2.multiply(y, y, dtype=cv2.CV_32F))
            power = cv2.blur(power, WINDOW)
            mean, spread = cv2.meanStdDev(power)
            _, top, _, where = cv2.minMaxLoc(power)
            stands = (top - float(mean[0, 0])) / max(float(spread[0, 0]), 1e-6)
            if stands >= _STANDS_OUT:
                lasted = float(times[-1] - times[0])
                yield stands, (float(where[0]), float(where[1])), (across / lasted, down / lasted)


def _with_room(parts: Steps) -> Steps:
    """With noughts all round, from which a shift may take as from the picture."""
    (across, down), (height, width) = _REACH, parts.shape[-2:]
    out = np.zeros((*parts.shape[:-2], height + 2 * down, width + 2 * across), parts.dtype)
    out[..., down : down + height, across : across + width] = parts
    return out


def _add(parts: Sequence[Steps], shifts: Sequence[tuple[float, float]], total: Steps) -> None:
    """Sum them up, each taken from so far across and down, into one without room of their own."""
    height, width = total.shape[1:]
    for number, (part, (across, down)) in enumerate(zip(parts, shifts, strict=True)):
        top, left = _REACH[1] + round(down), _REACH[0] + round(across)
        window = part[:, top : top + height, left : left + width]
        if number:
            total += window
        else:
            total[:] = window


def _added(parts: Sequence[Steps], shifts: Sequence[tuple[float, float]], total: Steps) -> Steps:
    """The sum with room round it, to be shifted in its turn."""
    _add(parts, shifts, total)
    return _with_room(total)
