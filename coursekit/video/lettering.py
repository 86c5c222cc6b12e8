"""How broad Chinese letters stand: what tells a stretched picture without knowing the scene.

Chinese type is cast on a square. In a line of it blank columns stand at one distance all along, and between them lie
letters as broad as they are high, whatever their distance. Latin letters have no such distance; lines of figures do,
but a column of a Chinese letter is crossed by more strokes. Both stay as they are when the picture is stretched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.meter import Picture

WORK_PX = 1280
"""Long side at which letters are looked for."""
_EDGE = 40
_CLOSE_PX = (9, 17, 33)
"""Gaps closed to make lines of letters 8–130 px high; a letter stands a third of its height from the next at most."""
_HEIGHTS = (0.9, 4.0)
"""Of the gap closed."""
_MIN_HEIGHT = 14
"""Below it strokes run into one another."""
_FULL = 0.55
_CONTRAST = 50
_PITCH = (0.8, 1.9)
"""Distances tried, in heights of the line: a square set with a fifth of space and stretched by a half has 1.85."""
_MIN_LETTERS = 5
_TOUCHING = 0.1
"""Share of the letters that may touch the next: none did in nine lines of ten at 22–64 px, Regular and Bold."""
_EVEN = 0.85
"""Share of the letters that must be about as high and as broad as the broad and high ones; lines of Latin 0.5–0.9."""
_ABOUT = 0.75
_STROKES = 2.25
"""Strokes across a column on average: Chinese 2.2–3.2 in Regular, 2.1–3.0 in Bold, figures 1.8–2.2, Latin and capitals
1.3–1.9, with space between letters or without, stretched or not."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of Chinese letters."""

    letters: int
    breadth: float
    """Width over height of its letters, the narrow and the low ones left out. Sans and Serif, Regular and Bold, with 0,
    10 and 20 % of space between letters: 0.92–1.00, a tenth of the lines below and above; stretched by 10 % 1.01–1.11,
    by 20 % 1.11–1.21, by 33 % 1.23–1.34."""


def find_lettering(luma: Picture) -> list[Line]:
    """Lines of Chinese letters in a picture of `WORK_PX` or less."""
    lines = (_line(luma[rows, columns]) for rows, columns in _places(luma))
    return [line for line in lines if line is not None]


def _places(luma: Picture) -> Iterator[tuple[slice, slice]]:
    """Where there may be a line of something, each place once."""
    edges = cv2.morphologyEx(luma, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    edges = cv2.threshold(edges, _EDGE, 1, cv2.THRESH_BINARY)[1]
    taken = np.zeros(luma.shape, np.bool_)
    for gap in _CLOSE_PX:
        closed = cv2.morphologyEx(edges, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
        closed = cv2.morphologyEx(closed, cv2.MORPH_CLOSE, np.ones((gap // 3, 1), np.uint8))
        for x, y, w, h, area in cv2.connectedComponentsWithStats(closed)[2][1:]:
            fits = max(_MIN_HEIGHT, _HEIGHTS[0] * gap) <= h <= _HEIGHTS[1] * gap and w >= 4 * h
            if not fits or area < _FULL * w * h or taken[y + h // 2, x + w // 2]:
                continue
            taken[y : y + h, x : x + w] = True
            yield slice(max(0, y - 2), y + h + 2), slice(max(0, x - 2), x + w + 2)


def _line(part: Picture) -> Line | None:
    ink = _ink(part)
    if ink is None:
        return None
    strokes = np.count_nonzero(np.diff(ink.astype(np.int8), axis=0, prepend=0) == 1, axis=0)
    if float(strokes[strokes > 0].mean()) < _STROKES:
        return None
    letters = _letters(ink)
    if len(letters) < _MIN_LETTERS:
        return None
    usual = np.percentile(letters, 75, axis=0)
    if float(np.mean(letters >= _ABOUT * usual, axis=0).min()) < _EVEN:
        return None
    return Line(len(letters), float(usual[0] / usual[1]))


def _ink(part: Picture) -> npt.NDArray[np.bool_] | None:
    """What is written, cut to its height and width."""
    low, high = np.percentile(part[::2, ::2], (2, 98))
    if high - low < _CONTRAST:
        return None
    ink = np.asarray(part > (low + high) / 2, np.bool_)
    if ink.mean() > 0.5:
        ink = ~ink
    rows, columns = np.flatnonzero(ink.mean(axis=1) > 0.02), np.flatnonzero(ink.any(axis=0))
    if not len(rows) or not len(columns):
        return None
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return ink if len(ink) >= _MIN_HEIGHT - 2 else None


def _letters(ink: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Width and height of every letter between blank columns that stand at one distance; empty where they do not."""
    height, width = ink.shape
    written = np.asarray(ink.any(axis=0), np.bool_)
    best = (_TOUCHING, 0.0, 0.0)
    for pitch in np.arange(_PITCH[0], _PITCH[1], 0.01) * height:
        count = int(width / pitch)
        if count < _MIN_LETTERS:
            break
        starts = np.arange(0, pitch, max(1.0, height / 24))
        at = np.minimum((starts[:, None] + np.arange(count) * pitch).astype(int), width - 1)
        touching = written[at].mean(axis=1)
        place = int(touching.argmin())
        if touching[place] < best[0]:
            best = (float(touching[place]), float(pitch), float(starts[place]))
    _, pitch, start = best
    if not pitch:
        return np.zeros((0, 2))
    ends = np.round(np.arange(start, width + 1, pitch)).astype(int)
    # What stands before the first blank is a letter too, if it is a whole one.
    ends = np.concatenate([[0], ends]) if start > 0.6 * pitch else ends
    sizes = []
    for left, right in pairwise(ends):
        columns = np.flatnonzero(written[left:right])
        rows = np.flatnonzero(ink[:, left:right].any(axis=1))
        if len(columns):
            sizes.append((columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1))
    return np.asarray(sizes, np.float64).reshape(-1, 2)
