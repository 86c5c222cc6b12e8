"""Strokes in one picture: groups that are brighter or darker than what is round them, and the letters among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.bool_]
Picture = npt.NDArray[np.uint8]

_INK = 12.0
"""Levels by which strokes stand out: half of what a mark at opacity 0.15 adds to a mid grey."""
_STRONG_INK = 36.0
"""A seam of the wall that leads from a white name to the furniture makes one sign of all of it; at this level it is
gone."""
_STROKE_SHARE = 1 / 48
"""Widest stroke, of the long side."""
_LINK_SHARE = 1 / 64
"""Gap that still joins strokes, of the long side."""
_MIN_INK_PX = 40
_MAX_SIGNS = 60
_SAME_BOX_PX = 4
_MAX_SHARE = 0.25
_RING_PX = (4, 14)
_LETTER = 0.55
_ENLARGE = 3
_MIN_LETTER_PX = 4
_LONG = 1.8
"""Length over height from which a sign has a direction."""
_HALF = 0.5
_UNLIKE = 0.25
"""Of the usual width of its letters, by how much the widest of a line is wider than the narrowest."""


@dataclass(frozen=True, slots=True)
class Sign:
    """Strokes that belong together."""

    box: tuple[int, int, int, int]
    """x, y, w, h in pixels."""
    mask: Bits
    around: float
    """Slope, in levels a pixel, that nine tenths of the ring round it stay below."""
    angle_deg: float
    """0–90: of its main direction to the horizontal."""
    elongation: float
    letters: int
    """Strokes of one height in one row and of one ink."""


def find_signs(picture: Picture) -> list[Sign]:
    """Groups of strokes, the largest first; then those of strong ink that were only a part of one."""
    smooth = cv2.GaussianBlur(picture, (0, 0), 0.6)
    kernel = _reach(picture)
    bright = cv2.morphologyEx(smooth, cv2.MORPH_TOPHAT, kernel)
    dark = cv2.morphologyEx(smooth, cv2.MORPH_BLACKHAT, kernel)
    gx, gy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=1 / 8)
    slope = cv2.magnitude(gx, gy)
    found = _groups(np.maximum(bright, dark) > _INK, (bright, dark), slope)
    known = {sign.box for sign in found}
    strong = _groups(np.maximum(bright, dark) > _STRONG_INK, (bright, dark), slope)
    return found + [sign for sign in strong if not any(_nearly(sign.box, box) for box in known)]


def light_ink(picture: Picture) -> Picture:
    """By how many levels each pixel is lighter than what is round it, as far as a stroke may be wide."""
    return np.asarray(cv2.morphologyEx(picture, cv2.MORPH_TOPHAT, _reach(picture)), np.uint8)


def _reach(picture: Picture) -> Picture:
    side = max(7, round(max(picture.shape) * _STROKE_SHARE)) | 1
    return np.ones((side, side), np.uint8)


def _nearly(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return all(abs(a - b) <= _SAME_BOX_PX for a, b in zip(one, other, strict=True))


def _groups(ink: Bits, sides: tuple[Any, Any], slope: Any) -> list[Sign]:
    link = max(5, round(max(ink.shape) * _LINK_SHARE)) | 1
    joined = cv2.dilate(ink.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (link, link)))
    number, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    found: list[Sign] = []
    for label in sorted(range(1, number), key=lambda i: -int(stats[i, cv2.CC_STAT_AREA])):
        left, top, w, h = (int(n) for n in stats[label, :4])
        area = (slice(top, top + h), slice(left, left + w))
        mask = ink[area] & (labels[area] == label)
        if int(mask.sum()) >= _MIN_INK_PX and w * h < _MAX_SHARE * ink.size:
            found.append(_sign(mask, left, top, sides, slope))
        if len(found) >= _MAX_SIGNS:
            break
    return found


def _sign(mask: Bits, left: int, top: int, sides: tuple[Any, Any], slope: Any) -> Sign:
    rows, columns = np.nonzero(mask)
    t, b, le, r = int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1
    mask, top, left = mask[t:b, le:r], top + t, left + le
    height, width = mask.shape
    values, vectors = np.linalg.eigh(np.cov(np.stack([columns, rows]).astype(np.float64)))
    angle = float(abs(np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1]))))
    return Sign(
        box=(left, top, width, height),
        mask=mask,
        around=_around(slope, left, top, width, height),
        angle_deg=min(angle, 180 - angle),
        elongation=float(np.sqrt(values[1] / max(values[0], 1e-6))),
        # Between bright letters the ground looks like dark strokes: each side is counted for itself.
        letters=max(count_letters(side[top : top + height, left : left + width], mask) for side in sides),
    )


def _around(slope: Any, left: int, top: int, width: int, height: int) -> float:
    near, far = _RING_PX
    y0, x0 = max(0, top - far), max(0, left - far)
    window = slope[y0 : top + height + far, x0 : left + width + far]
    ring = np.ones(window.shape, bool)
    ring[max(0, top - near - y0) : top + height + near - y0, max(0, left - near - x0) : left + width + near - x0] = (
        False
    )
    return float(np.percentile(window[ring], 90)) if ring.any() else float("inf")


def count_letters(contrast: Any, mask: Bits) -> int:
    """Separate strokes of like height that stand on one line, as letters and figures do."""
    return len(_row(contrast, mask))


def _row(contrast: Any, mask: Bits) -> list[tuple[int, int, float, int]]:
    """The longest line of letters: top, height, ink and width of each."""
    strokes = contrast[mask & (contrast > _INK)]
    if not strokes.size:
        return []
    # The rim of a stroke is half ink, half ground: its brighter half tells the ink.
    ink = float(strokes[strokes >= np.median(strokes)].mean())
    shown = np.where(mask, contrast, 0).astype(np.float32)
    large = cv2.resize(shown, None, fx=_ENLARGE, fy=_ENLARGE, interpolation=cv2.INTER_CUBIC)
    number, labels, stats, _ = cv2.connectedComponentsWithStats((large > _LETTER * ink).astype(np.uint8))
    parts: list[tuple[int, int, float, int]] = []
    for label in range(1, number):
        left, top, w, h, _ = (int(n) for n in stats[label])
        if h >= _ENLARGE * _MIN_LETTER_PX and w <= 3 * h:
            area = (slice(top, top + h), slice(left, left + w))
            parts.append((top, h, float(large[area][labels[area] == label].mean()), w))
    rows = ([other for other in parts if _one_row(part, other)] for part in parts)
    return max(rows, key=len, default=[])


def count_turned(contrasts: Sequence[Any], mask: Bits) -> int:
    """Letters of a row that runs along the main direction of what is longer than high, 0 where all are as wide, as the
    dots of a row are. Several kinds of contrast: each is counted for itself."""
    rows, columns = np.nonzero(mask)
    values, vectors = np.linalg.eigh(np.cov(np.stack([columns, rows]).astype(np.float64)))
    if values[1] < _LONG * _LONG * values[0]:
        return 0
    height, width = mask.shape
    side = int(np.hypot(height, width)) + 2
    angle = float(np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1])))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    matrix[:, 2] += (side - width) / 2, (side - height) / 2
    level, *turned = (cv2.warpAffine(part.astype(np.float32), matrix, (side, side)) for part in (mask, *contrasts))
    lines = [_row(contrast, level > _HALF) for contrast in turned]
    return max((len(line) for line in lines if _is_written(line)), default=0)


def _is_written(line: Sequence[tuple[int, int, float, int]]) -> bool:
    widths = [width for *_, width in line]
    return bool(widths) and max(widths) - min(widths) >= _UNLIKE * float(np.median(widths))


def _one_row(one: tuple[int, int, float, int], other: tuple[int, int, float, int]) -> bool:
    slack = 0.25 * one[1]
    return (
        abs(other[1] - one[1]) <= slack and abs(other[0] - one[0]) <= slack and abs(other[2] - one[2]) <= 0.2 * one[2]
    )
