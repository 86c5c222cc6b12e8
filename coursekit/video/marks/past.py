"""Pictures looked back on when something is first suspected, in little memory."""

from __future__ import annotations

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


def packed(values: tuple[Map, Map]) -> tuple[npt.NDArray[np.int8], ...]:
    """Soft gradients in an eighth of the memory."""
    return tuple(np.asarray(part * PACKED, dtype=np.int8) for part in values)
