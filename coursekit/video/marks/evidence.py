"""The crop that lets a reader see the mark a finding speaks of."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.marks.facts import MarkFacts, MarkKind

_MARGIN = 0.25
"""Of the mark's size, and at least one hundredth of the picture: a mark is judged by what it stands over."""
_WIDTH_PX = 480
_MAX_ENLARGE = 6.0
_QUALITY = 85


def crop_times(mark: MarkFacts) -> tuple[float, ...]:
    """Two moments: where it stands out best, and one as far from it as the spans allow, over something else.

    One where it drifts.
    """
    if mark.kind is MarkKind.DRIFTING:
        # A moment later it is elsewhere.
        return (mark.crop_at_s if mark.crop_at_s is not None else mark.spans[0][0],)
    best = mark.crop_at_s if mark.crop_at_s is not None else mark.spans[0][0]
    ends = [mark.spans[0][0], mark.spans[-1][1]]
    other = max(ends, key=lambda at: abs(at - best))
    return (best,) if abs(other - best) < 0.5 else tuple(sorted((best, other)))


def crop_mark(picture: npt.NDArray[np.uint8], box: tuple[float, float, float, float]) -> bytes:
    """JPEG of the place in a blue-green-red picture as shown, enlarged enough to read."""
    height, width = picture.shape[:2]
    x, y, w, h = box
    pad_x, pad_y = max(_MARGIN * w, 0.01), max(_MARGIN * h, 0.01)
    left, top = max(0, int((x - pad_x) * width)), max(0, int((y - pad_y) * height))
    right, bottom = min(width, int((x + w + pad_x) * width) + 1), min(height, int((y + h + pad_y) * height) + 1)
    part: Any = picture[top:bottom, left:right]
    scale = min(_MAX_ENLARGE, max(1.0, _WIDTH_PX / max(1, part.shape[1])))
    if scale > 1:
        part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    done, jpeg = cv2.imencode(".jpg", part, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise ValueError("the crop could not be written as JPEG")
    return bytes(jpeg.tobytes())
