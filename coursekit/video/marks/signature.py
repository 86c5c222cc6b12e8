"""A mark's edges on a small grid: enough to know it again at any size and opacity, small enough for a facts file.

The text is `aspect:base64`. Checks compare signatures, so comparing is plain Python.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

COLUMNS, ROWS = 32, 16
_ASPECT_SLACK = 1.6
"""A line of text three pixels high may be found four or five high."""
Grid = list[list[float]]


def signature_of(edges: Any, pixel_aspect: float = 1.0) -> str:
    """The signature of a map of edge strengths, cut to the mark."""
    import cv2
    import numpy as np

    whole = np.asarray(edges, np.float32)
    grid = cv2.resize(whole, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    top = float(grid.max())
    levels = np.asarray(np.round(grid / top * 255) if top > 0 else grid, dtype=np.uint8)
    aspect = whole.shape[1] * pixel_aspect / max(whole.shape[0], 1)
    return f"{aspect:.2f}:{base64.b64encode(levels.tobytes()).decode('ascii')}"


def read_signature(signature: str) -> tuple[float, Grid] | None:
    """Width over height, and the grid; None where the text is no signature."""
    aspect, _, text = signature.partition(":")
    try:
        raw = base64.b64decode(text, validate=True)
        shape = float(aspect)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != COLUMNS * ROWS:
        return None
    return shape, [[float(v) for v in raw[row * COLUMNS : (row + 1) * COLUMNS]] for row in range(ROWS)]


def likeness(one: str | None, other: str | None) -> float:
    """Correlation of two signatures, −1…1; 0 where one is missing or the shapes differ."""
    a, b = (read_signature(s) if s else None for s in (one, other))
    if a is None or b is None or not 1 / _ASPECT_SLACK <= a[0] / max(b[0], 1e-6) <= _ASPECT_SLACK:
        return 0.0
    return _correlation(_softened(a[1]), _softened(b[1]))


def symmetry(signature: str | None) -> float:
    """Correlation of a signature with itself turned upside down: 1 for a crosshair."""
    read = read_signature(signature) if signature else None
    if read is None:
        return 0.0
    grid = _softened(read[1])
    return _correlation(grid, grid[::-1])


def _softened(grid: Grid) -> list[float]:
    """A 3 × 3 mean: a mark found a pixel off is still the same."""
    out: list[float] = []
    for y in range(ROWS):
        for x in range(COLUMNS):
            near = [
                grid[j][i]
                for j in range(max(0, y - 1), min(ROWS, y + 2))
                for i in range(max(0, x - 1), min(COLUMNS, x + 2))
            ]
            out.append(sum(near) / len(near))
    return out


def _correlation(a: list[float], b: list[float]) -> float:
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    dot = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    power = sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b)
    return dot / power**0.5 if power > 0 else 0.0
