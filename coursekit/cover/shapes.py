"""Finds the names of stock agencies and platforms in a picture by the shape of the words.

Reading fails where a pale, see-through word lies over leaves or planks: the reader sees leaves. But a word that is
known beforehand can be looked for: its outline, drawn in a plain sans serif, is compared with the directions of the
picture's edges at every place and in every likely size. What counts is how far the best place stands out from all
others at the same size, and from where other words stand, because a busy picture resembles every word a little.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.marks.names import drawn_words, everyday_words, holder_of

Complex = npt.NDArray[np.complex64]

_WORK_PX = 512
_WIDTHS = tuple(float(w) for w in np.geomspace(0.14, 0.62, 19))
"""Of the working picture's long side."""
_CLOSER = (0.955, 0.97, 0.985, 1.015, 1.03, 1.045)
_CLOSE = 3
"""How many words are looked at closely."""
_MIN_HEIGHT_PX = 14
_SOFT = 4.0
_FONT_PX = 120
_WEIGHT_PX = 4
_FLOOR = 0.15
_INK = 0.4
"""Contrast at which words are drawn for comparison: that of a translucent mark."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """A place that looks like a word."""

    word: str
    box: tuple[float, float, float, float]
    likeness: float
    """0–1: correlation of edge directions on the word's outline."""
    standout: float
    """How far it stands above all other places, in their standard deviations."""


@dataclass(frozen=True, slots=True)
class Found:
    """The known name that the picture holds most likely."""

    best: Likeness
    lead: float
    """Its standout over that of the best other word."""


def find_name(grey: npt.NDArray[np.uint8]) -> Found | None:
    """The likeliest known name; what is likely enough is for a check to say."""
    height, width = grey.shape
    scale = _WORK_PX / max(height, width)
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    edges = _directions(small)
    power = np.asarray(np.abs(edges) ** 2, np.float32)
    spectrum = np.fft.fft2(edges, (_WORK_PX, _WORK_PX))
    places = [
        best
        for word in (*drawn_words(), *everyday_words())
        if (best := _best_of(word, (share * _WORK_PX for share in _WIDTHS), spectrum, power)) is not None
    ]
    places.sort(key=lambda hit: -hit.standout)
    # A long word that is a hair too wide falls out of step with itself: the likeliest are looked at once more, closely.
    near = [_closer(hit, spectrum, power) for hit in places[:_CLOSE]]
    places = sorted((*near, *places[_CLOSE:]), key=lambda hit: -hit.standout)
    if not places or places[0].word in everyday_words():
        return None
    best = places[0]
    other = next((hit.standout for hit in places if not _same(hit.word, best.word)), 0.0)
    return Found(best, round(best.standout / max(other, 1e-6), 3))


def _same(word: str, other: str) -> bool:
    """Whether one holder has both, or one is part of the other: a mark of *shutterstock* looks like *Stock* too."""
    a, b = word.lower(), other.lower()
    return holder_of(word) == holder_of(other) or a in b or b in a


def _best_of(word: str, widths: Iterable[float], spectrum: Any, power: npt.NDArray[np.float32]) -> Likeness | None:
    hits = (_best_place(word, round(width), spectrum, power) for width in widths)
    return max((hit for hit in hits if hit is not None), key=lambda hit: hit.standout, default=None)


def _closer(hit: Likeness, spectrum: Any, power: npt.NDArray[np.float32]) -> Likeness:
    width = hit.box[2] * power.shape[1] - 4
    best = _best_of(hit.word, (width * step for step in _CLOSER), spectrum, power)
    return best if best is not None and best.standout > hit.standout else hit


def _best_place(word: str, width: int, spectrum: Any, power: npt.NDArray[np.float32]) -> Likeness | None:
    outline, support = _outline(word, width)
    h, w = outline.shape
    rows, columns = power.shape[0] - h + 1, power.shape[1] - w + 1
    if h < _MIN_HEIGHT_PX or rows < 8 or columns < 8:
        return None
    both = np.fft.ifft2(spectrum * np.conj(np.fft.fft2(outline, spectrum.shape))).real[:rows, :columns]
    energy = cv2.boxFilter(power, -1, (w, h), anchor=(0, 0), normalize=False, borderType=cv2.BORDER_CONSTANT)
    fill = support / (w * h)
    size = float(np.sum(np.abs(outline) ** 2))
    match = both / np.sqrt(size * np.maximum(energy[:rows, :columns] * fill, _FLOOR * support))
    spread = float(match.std())
    y, x = (int(v) for v in np.unravel_index(int(match.argmax()), match.shape))
    top = float(match[y, x])
    full_h, full_w = power.shape
    return Likeness(
        word,
        (round(x / full_w, 4), round(y / full_h, 4), round(w / full_w, 4), round(h / full_h, 4)),
        round(top, 3),
        round((top - float(match.mean())) / max(spread, 1e-6), 2),
    )


def _directions(grey: Any) -> Complex:
    smooth = cv2.GaussianBlur(np.asarray(grey, np.float32), (0, 0), 0.8)
    gx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    gy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    soft = cv2.magnitude(gx, gy) + _SOFT
    return np.asarray((gx + 1j * gy) / soft, np.complex64)


@cache
def _outline(word: str, width: int) -> tuple[Complex, float]:
    """Edge directions of a drawn word, and the number of pixels they stand on."""
    glyphs = _glyphs(word)
    height = max(4, round(glyphs.shape[0] * width / glyphs.shape[1]))
    drawn = cv2.resize(glyphs, (width, height), interpolation=cv2.INTER_AREA)
    edges = _directions(cv2.copyMakeBorder(drawn, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=0) * _INK)
    return edges, float(np.sum(np.abs(edges) > 0.1))


@cache
def _glyphs(word: str) -> npt.NDArray[np.uint8]:
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(_FONT_PX)
    canvas = Image.new("L", (_FONT_PX * (len(word) + 2), 2 * _FONT_PX))
    ImageDraw.Draw(canvas).text(
        (_FONT_PX // 2, _FONT_PX // 3), word, fill=255, font=font, stroke_width=_WEIGHT_PX, stroke_fill=255
    )
    ink = np.asarray(canvas, np.uint8)
    rows, columns = np.nonzero(ink)
    return np.ascontiguousarray(ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1])
