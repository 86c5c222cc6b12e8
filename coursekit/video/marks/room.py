"""Whether what stays is laid over the picture or stands in the room before the camera.

A locked camera shows the same room all the time. When a hand, a tool or a head moves close to something in it, what
surrounds that thing changes time and again while its edges stay, as they do with a mark. But what stands in the room is
covered by what comes before it, and no mark ever is. That is looked for in the few looks of a lesson, which are those
least like each other.

Whether the camera stands is told by the same looks: how much of the edges of their median each of them shows. Of 21
recorded clips those before a camera that stands, clapping and all, had 0.49–0.97, those that move 0.14–0.40; a hand
that fills half of a blank wall, and grass in the wind, 0.36–0.41. Where it is doubtful little is lost by taking the
camera to stand: over ground that does change a mark is seen to stay.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.marks.looks import Look, Picture
from coursekit.video.marks.past import PACKED, packed
from coursekit.video.marks.persistence import soft_edges
from coursekit.video.marks.tracks import Ring, Track

_CHANGED = 12
"""Levels, as of all that is told by the looks."""
_OTHER = 0.5
"""Share of what surrounds it that must be changed where it is another."""
_STAYS, _GONE = 0.5, 0.3
"""Share of its usual edges from which it is there, and up to which it is not: marks over changed ground mostly showed
0.8–1.2 of them; of what stood in the room 0.66 was left where 0.39 of what surrounds it was changed, 0.17 at 0.44 and
mostly nothing from 0.67 on. Of what stood in rooms and was asked about, nothing was seen to stay in more than one look;
marks were in 2–12, but for two over a flat sky, before a camera that moved."""
_EDGE = 0.25
"""Soft gradient of an edge of the room: noise and folds stay below."""
_MIN_LOOKS = 4
"""Fewer have no usual state."""


class Room:
    """The looks of a lesson at the size marks are looked for at."""

    def __init__(self, looks: Sequence[Look], size: tuple[int, int]) -> None:
        self._pictures = [_sized(look.luma, size) for look in looks] if len(looks) >= _MIN_LOOKS else []
        self._usual: Picture | None = None
        self._edges: list[tuple[npt.NDArray[np.int8], ...]] = []
        self.stands: float | None = None
        """Share of the room's edges that a look shows: near 1 where the camera stands. None with hardly a look."""
        if self._pictures:
            middle = len(looks) // 2
            self._usual = np.asarray(np.partition(np.stack(self._pictures), middle, axis=0)[middle], np.uint8)
            self._edges = [packed(soft_edges(picture)) for picture in self._pictures]
            self.stands = self._stands(self._usual)

    def _stands(self, usual: Picture) -> float | None:
        x, y = soft_edges(usual)
        edges = cv2.magnitude(x, y) > _EDGE
        x, y = x[edges], y[edges]
        power = float(np.dot(x, x) + np.dot(y, y))
        if not power:
            return None
        shown = [float(np.dot(u[edges], x) + np.dot(v[edges], y)) / power for u, v in self._edges]
        return round(float(np.median(shown)) / PACKED, 2)

    def passed(self, track: Track) -> tuple[int, int] | None:
        """In how many looks that show another ground round it something is there, and in how many it is gone. None
        where that cannot be told: nothing surrounds it, or its edges depend on the ground."""
        if self._usual is None or track.turning:
            return None
        ring = Ring(track.region, self._usual.shape)
        held = covered = 0
        for picture, (u, v) in zip(self._pictures, self._edges, strict=True):
            changed = ring.changed(picture, self._usual, _CHANGED)
            if changed is None:
                return None
            if changed > _OTHER:
                score = track.score(u, v) / PACKED
                held += score > _STAYS
                covered += score < _GONE
        return held, covered


def _sized(luma: Picture, size: tuple[int, int]) -> Picture:
    if luma.shape[::-1] == size:
        return luma
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)
