"""A handful of pictures that stand for a whole lesson: those least like each other."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

Thumb = npt.NDArray[np.int16]

LONG_SIDE_PX = 1920
"""Small print must stay legible; larger pictures are no more so."""
MAX_LOOKS = 12
"""Twelve slides say as much as sixty about what stays on all of them, and fit into 25 MB."""
_THUMB = (64, 36)
_OTHER = 0.4
"""Mean difference of thumbnails, in levels, from which a look is another one: a nod of the head, a new line of text."""


@dataclass(frozen=True, slots=True)
class Look:
    """One picture kept."""

    time_s: float
    luma: Picture
    thumb: Thumb


@dataclass(slots=True)
class Looks:
    """The looks of a stream that are least like each other, in constant memory, all of the size of the first kept."""

    most: int = MAX_LOOKS
    long_side_px: int = LONG_SIDE_PX
    kept: list[Look] = field(default_factory=list)
    _apart: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    """How far each of those kept is from each other one: worked out once for every look, not for every picture."""
    _shape: tuple[int, ...] | None = None

    def offer(self, time_s: float, luma: Picture, thumb: Thumb | None = None) -> None:
        """Keep the picture if it shows what none of those kept shows; the one most like another makes room."""
        thumb = thumb_of(luma) if thumb is None else thumb
        apart = np.zeros(0)
        if self.kept:
            # All at once: a third of the time.
            apart = np.abs(np.stack([look.thumb for look in self.kept]) - thumb).mean(axis=(1, 2))
            if apart.min() < _OTHER:
                return
        if len(self.kept) >= self.most:
            nearest = self._apart.min(axis=1)
            if apart.min() <= float(nearest.min()):
                return
            out = int(np.argmin(nearest))
            del self.kept[out]
            apart = np.delete(apart, out)
            self._apart = np.delete(np.delete(self._apart, out, axis=0), out, axis=1)
        look = fitted(luma, self.long_side_px)
        if self._shape not in (None, look.shape):
            # A stream may change its size under way.
            look = np.asarray(cv2.resize(look, self._shape[::-1], interpolation=cv2.INTER_AREA), np.uint8)
        self._shape = look.shape
        self.kept.append(Look(time_s, look, thumb))
        self._apart = np.pad(self._apart, (0, 1), constant_values=np.inf)
        self._apart[-1, :-1] = self._apart[:-1, -1] = apart


def thumb_of(luma: Picture) -> Thumb:
    """What tells looks apart."""
    return np.asarray(cv2.resize(luma, _THUMB, interpolation=cv2.INTER_AREA), np.int16)


def fitted(luma: Picture, long_side_px: int) -> Picture:
    """A copy, its long side at most so many pixels."""
    scale = long_side_px / max(luma.shape)
    if scale >= 1:
        return luma.copy()
    size = (max(16, round(luma.shape[1] * scale)), max(16, round(luma.shape[0] * scale)))
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)
