"""Lines whose letters are others from look to look: subtitles, captions, clocks.

They stand at one height and look alike from afar, so that over pictures that move their averages stay as those of a
mark do. Under six clips with subtitles that never repeat, two thirds of the looks and more showed letters there that
none of the others showed (their edges had 0.02–0.10 in common); of sixty marks, opaque and faint, in corners and where
subtitles stand, one look in eight did.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.marks.boxes import Box, as_captions
from coursekit.video.marks.looks import Look
from coursekit.video.marks.persistence import Map

_HIGH = 0.2
"""Of the picture: two lines of large print."""
_LOW_PX = 13
"""A lower line has no letters to tell apart: accounts 5 to 9 pixels high, opaque over feathers or faces, had others in
0.2 to 0.5 of the looks, higher ones over six clips in 0.16 at most. Subtitles have twice that. Where captions stand and
as wide as they are, sixteen addresses 4 to 13 pixels high over four clips had others in 0.06 of the looks at most,
subtitles of 6 to 9 pixels in 0.5 to 0.75."""
_MIN_LOOKS = 4
_STEEP = 20.0
"""Slope of brightness, levels a pixel, of what is printed to be read."""
_DENSE = 0.08
"""Share of a line that its letters' edges take at least …"""
_DENSER = 2.0
"""… and times as much as above and below it."""
_UNLIKE = 0.4
"""Correlation of the edges of two looks below which they show other letters."""
_CLIP = 60.0
"""So that the one bright letter does not speak for all."""


def renewed(looks: Sequence[Look], box: Box) -> float | None:
    """Share of the looks that show letters in a box, hardly any beside it, and others than the other looks do.

    None where that cannot be told: of what is too high for a line, too low to be read and not where captions stand, or
    of too few looks.
    """
    if len(looks) < _MIN_LOOKS or box[3] > _HIGH:
        return None
    if box[3] * looks[0].luma.shape[0] < _LOW_PX and not as_captions(box):
        return None
    lines = [line for look in looks if (line := _letters(look.luma, box)) is not None]
    if len(lines) < _MIN_LOOKS:
        return 0.0
    rows = np.stack(lines)
    alike = rows @ rows.T
    np.fill_diagonal(alike, np.nan)
    others = np.nanmedian(alike, axis=1) < _UNLIKE
    return round(int(np.count_nonzero(others)) / len(looks), 2)


def _letters(luma: npt.NDArray[np.uint8], box: Box) -> npt.NDArray[np.float32] | None:
    """The edges in a box, as a vector of length 1; None where they are no letters."""
    height, width = luma.shape
    # What drifts may lie partly or wholly outside.
    x0, x1 = max(0, int(box[0] * width)), min(width, int(np.ceil((box[0] + box[2]) * width)))
    y0, y1 = max(0, int(box[1] * height)), min(height, int(np.ceil((box[1] + box[3]) * height)))
    if x1 <= x0 or y1 <= y0:
        return None
    apart, beside = max(3, (y1 - y0) // 8), max(4, (y1 - y0) // 2)
    top = max(0, y0 - apart - beside)
    across, down = _slopes(luma[top : y1 + apart + beside, x0:x1])
    steep = cv2.magnitude(across, down) > _STEEP
    line = slice(y0 - top, y1 - top)
    least = max(
        _DENSE, _DENSER * _share(steep[: max(0, line.start - apart)]), _DENSER * _share(steep[line.stop + apart :])
    )
    if _share(steep[line]) < least:
        return None
    edges = np.clip(np.concatenate([across[line].ravel(), down[line].ravel()]), -_CLIP, _CLIP)
    return np.asarray(edges / max(float(np.linalg.norm(edges)), 1e-6), np.float32)


def _slopes(luma: npt.NDArray[np.uint8]) -> tuple[Map, Map]:
    smooth = np.asarray(cv2.GaussianBlur(luma, (0, 0), 0.7), np.float32)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *way, ksize=3, scale=1 / 8) for way in ((1, 0), (0, 1)))
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _share(steep: npt.NDArray[np.bool_]) -> float:
    return float(steep.mean()) if steep.size else 0.0
