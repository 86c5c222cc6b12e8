"""Pictures looked back on when something is first suspected, in little memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coursekit.video.marks.persistence import Map

KEPT = 24
"""How many: some six seconds at the start of a lesson."""
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
    fresh: npt.NDArray[np.uint8]

    def edges(self, *, turning: bool) -> tuple[npt.NDArray[np.int8], ...]:
        """Soft gradients, or those that turn with the ground's brightness."""
        return self.turned if turning else self.soft


def packed(values: Sequence[Map]) -> tuple[npt.NDArray[np.int8], ...]:
    """Soft gradients in a quarter of the memory."""
    return tuple(_packed(part) for part in values)


def _packed(part: Map) -> npt.NDArray[np.int8]:
    out = np.empty(part.shape, np.int8)
    # Piece by piece, as numpy converts: a plane in between would cost more than the work.
    np.multiply(part, np.float32(PACKED), out=out, dtype=np.float32, casting="unsafe")
    return out
