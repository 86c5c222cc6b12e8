"""Pictures looked back on when something is first suspected, in little memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coursekit.video.marks.persistence import Map

KEPT = 24
"""How many: some six seconds at the start of a lesson."""
COARSE = 2
PACKED = 127
"""What a whole edge is in them."""


@dataclass(frozen=True, slots=True)
class Past:
    """One picture at working size."""

    time_s: float
    scene: int
    luma: npt.NDArray[np.uint8]
    soft: tuple[npt.NDArray[np.int8], ...]
    """Soft gradients, x and y, PACKED times."""
    turned: tuple[npt.NDArray[np.int8], ...]
    news: npt.NDArray[np.uint8]
    """Where it showed another background, eight pixels to a byte: see `marked`."""
    coarse: tuple[npt.NDArray[np.int8], ...]
    """Soft gradients of every so many pixels both ways."""

    def edges(self, *, turning: bool) -> tuple[npt.NDArray[np.int8], ...]:
        """Soft gradients, or those that turn with the ground's brightness."""
        return self.turned if turning else self.soft

    def fresh(self) -> npt.NDArray[np.uint8]:
        """1 where it showed another background."""
        return np.unpackbits(self.news, axis=1, count=self.luma.shape[1])


def marked(fresh: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """A map of noughts and ones in an eighth of the memory."""
    return np.packbits(fresh, axis=1)


def coarse(soft: Sequence[npt.NDArray[np.int8]]) -> tuple[npt.NDArray[np.int8], ...]:
    """Packed soft gradients of a quarter of the pixels."""
    return tuple(np.ascontiguousarray(part[::COARSE, ::COARSE]) for part in soft)


def packed(values: Sequence[Map]) -> tuple[npt.NDArray[np.int8], ...]:
    """Soft gradients in a quarter of the memory."""
    return tuple(_packed(part) for part in values)


def _packed(part: Map) -> npt.NDArray[np.int8]:
    out = np.empty(part.shape, np.int8)
    # Piece by piece, as numpy converts: a plane in between would cost more than the work.
    np.multiply(part, np.float32(PACKED), out=out, dtype=np.float32, casting="unsafe")
    return out


def _doubled() -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]:
    """For every packed pair x and y, as a number of sixteen bits: as strong, at twice the angle."""
    both = np.arange(1 << 16, dtype=np.uint16)
    x, y = ((half.astype(np.uint8).view(np.int8).astype(np.float64)) for half in (both >> 8, both & 255))
    size = np.maximum(np.hypot(x, y), 1e-6)
    first, second = (np.clip(np.round(part / size), -PACKED, PACKED) for part in (x * x - y * y, 2 * x * y))
    return first.astype(np.int8), second.astype(np.int8)


_DOUBLED = _doubled()


def lines_of(soft: Sequence[npt.NDArray[np.int8]]) -> tuple[npt.NDArray[np.int8], ...]:
    """Which way edges run, whichever of their sides is the brighter: packed soft gradients at twice their angle.

    A grey mark is dark over a bright ground and bright over a dark one, and its edges run the same way.
    """
    x, y = (np.ascontiguousarray(part).view(np.uint8).astype(np.uint16) for part in soft)
    both = (x << 8) | y
    return tuple(table.take(both) for table in _DOUBLED)


def breadth_of_lines(x: Map, y: Map) -> float:
    """Share of lines across their main direction: at twice the angle what runs across points the other way."""
    whole = float(np.sum(np.hypot(x, y)))
    return max(0.0, 0.5 - 0.5 * float(np.hypot(np.sum(x), np.sum(y))) / max(whole, 1e-9))
