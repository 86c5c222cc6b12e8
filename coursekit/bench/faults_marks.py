"""Controlled marks over moving pictures and covers: pure, seeded functions, shared by tests and the accuracy bench.

Pictures are blue-green-red arrays (height × width × 3, uint8). A stamp is what is laid over them; a route says where it
lies at a given second, so that marks can stay, jump, drift, repeat and come and go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.bench.faults_video import ALWAYS, Picture, Span

Box = tuple[float, float, float, float]
"""x, y, w, h as fractions of the picture."""
Route = Callable[[float], tuple[tuple[float, float], ...]]
"""Second → top left corners of the stamps shown then, as fractions of the picture."""

MARGIN = 0.03
CORNERS = ("top-left", "top-right", "bottom-left", "bottom-right")
_FACE = cv2.FONT_HERSHEY_DUPLEX


@dataclass(frozen=True, slots=True)
class Stamp:
    """A mark: how much of each pixel it covers, and with what."""

    cover: npt.NDArray[np.float32]
    """0–1, height × width."""
    ink: npt.NDArray[np.float32]
    """Blue-green-red, height × width × 3."""

    def share(self, width: int, height: int) -> tuple[float, float]:
        """Its size as fractions of a picture."""
        return self.cover.shape[1] / width, self.cover.shape[0] / height


# ------------------------------------------------------------------------------------------------------------- drawing


def _shrink(big: npt.NDArray[np.uint8], ink: npt.NDArray[np.uint8], width_px: int) -> Stamp:
    rows, columns = np.nonzero(big)
    big = big[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    ink = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    size = (max(2, width_px), max(2, round(big.shape[0] * width_px / big.shape[1])))
    cover = np.asarray(cv2.resize(big, size, interpolation=cv2.INTER_AREA) / 255, np.float32)
    return Stamp(cover, np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), dtype=np.float32))


def draw_text(
    text: str, width_px: int, *, ink: tuple[int, int, int] = (255, 255, 255), outlined: bool = False
) -> Stamp:
    """Words, Latin; outlined ones carry a dark rim, as subtitle tools and cameras write them."""
    scale, thick = 3.0, 7
    (w, h), below = cv2.getTextSize(text, _FACE, scale, thick)
    canvas = np.zeros((h + below + 60, w + 60), np.uint8)
    place = (30, 30 + h)
    colours = np.empty((*canvas.shape, 3), np.uint8)
    colours[:] = ink
    cv2.putText(canvas, text, place, _FACE, scale, 255, thick, cv2.LINE_AA)
    if outlined:
        rim = cv2.dilate(canvas, np.ones((13, 13), np.uint8))
        colours[canvas < 128] = (20, 20, 20)
        canvas = np.asarray(rim, dtype=np.uint8)
    return _shrink(canvas, colours, width_px)


def draw_logo(width_px: int, *, seed: int = 0) -> Stamp:
    """A round or square badge with a sign in it and letters beside it."""
    rng = np.random.default_rng(seed)
    canvas = np.zeros((260, 640), np.uint8)
    colours = np.full((260, 640, 3), 255, np.uint8)
    tint = tuple(int(v) for v in rng.integers(40, 255, 3))
    if rng.random() < 0.5:
        cv2.circle(canvas, (130, 130), 110, 255, -1, cv2.LINE_AA)
        cv2.circle(canvas, (130, 130), 80, 0, -1, cv2.LINE_AA)
    else:
        cv2.rectangle(canvas, (25, 25), (235, 235), 255, -1)
        cv2.rectangle(canvas, (55, 55), (205, 205), 0, -1)
    corners = rng.integers(80, 180, (int(rng.integers(3, 6)), 2))
    cv2.fillPoly(canvas, [cv2.convexHull(corners).astype(np.int32)], 255, cv2.LINE_AA)
    letters = "".join(chr(65 + int(c)) for c in rng.integers(0, 26, 3))
    cv2.putText(canvas, letters, (265, 185), _FACE, 4.6, 255, 18, cv2.LINE_AA)
    if rng.random() < 0.5:
        colours[:] = tint
    return _shrink(canvas, colours, width_px)


def negative(stamp: Stamp) -> Stamp:
    """Black for white, as a mark is drawn for white paper."""
    return Stamp(stamp.cover, np.asarray(255 - stamp.ink, np.float32))


def turned(stamp: Stamp, degrees: float) -> Stamp:
    """The stamp turned anticlockwise, on a canvas that holds it whole."""
    height, width = stamp.cover.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = (int(height * sin + width * cos) + 2, int(height * cos + width * sin) + 2)
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    ink = cv2.warpAffine(stamp.ink, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return Stamp(
        np.asarray(cv2.warpAffine(stamp.cover, matrix, size), dtype=np.float32), np.asarray(ink, dtype=np.float32)
    )


# -------------------------------------------------------------------------------------------------------------- routes


def stay(x: float, y: float, span: Span = ALWAYS) -> Route:
    """One place, for a time."""
    return lambda t: ((x, y),) if span[0] <= t < span[1] else ()


def corner_of(name: str, share: tuple[float, float], margin: float = MARGIN) -> tuple[float, float]:
    """Top left of a stamp that stands in a corner of the picture."""
    x = margin if "left" in name else 1 - margin - share[0]
    y = margin if "top" in name else 1 - margin - share[1]
    return x, y


def corner(name: str, share: tuple[float, float], span: Span = ALWAYS) -> Route:
    """In a corner, for a time."""
    return stay(*corner_of(name, share), span)


def jumping(share: tuple[float, float], every_s: float) -> Route:
    """From corner to corner."""
    order = ("top-left", "bottom-right", "top-right", "bottom-left")
    return lambda t: (corner_of(order[int(t / every_s) % 4], share),)


def drifting(share: tuple[float, float], speed: float) -> Route:
    """Along a straight line, bouncing off the borders; `speed` in picture widths a second."""

    def bounce(way: float, room: float) -> float:
        turn = way % (2 * room)
        return turn if turn <= room else 2 * room - turn

    return lambda t: (
        (bounce(0.05 + speed * t, 1 - share[0]), bounce(0.10 + 0.6 * speed * t, 1 - share[1])),
    )  # fmt: skip


def tiled(share: tuple[float, float], step: float = 1.7) -> Route:
    """All over the picture, every other row moved by half a step."""
    places: list[tuple[float, float]] = []
    row, y = 0, 0.02
    while y + share[1] < 1:
        x = 0.02 + (row % 2) * share[0] * step / 2
        while x + share[0] < 1:
            places.append((x, y))
            x += share[0] * step
        row, y = row + 1, y + share[1] * (step + 0.8)
    return lambda t: tuple(places)


def diagonal_pair(share: tuple[float, float]) -> Route:
    """Twice on the falling diagonal."""
    return lambda t: ((0.12, 0.15), (0.88 - share[0], 0.85 - share[1]))


# ------------------------------------------------------------------------------------------------------------- laying


def lay(picture: Picture, stamp: Stamp, x: float, y: float, opacity: float) -> Picture:
    """A picture with the stamp over it."""
    height, width = picture.shape[:2]
    sh, sw = stamp.cover.shape
    left, top = min(max(0, round(x * width)), width - 1), min(max(0, round(y * height)), height - 1)
    sw, sh = min(sw, width - left), min(sh, height - top)
    out = picture.copy()
    place = out[top : top + sh, left : left + sw].astype(np.float32)
    cover = (stamp.cover[:sh, :sw] * opacity)[:, :, None]
    blend = place * (1 - cover) + stamp.ink[:sh, :sw] * cover
    out[top : top + sh, left : left + sw] = np.clip(blend + 0.5, 0, 255).astype(np.uint8)
    return out


def overlay(
    pictures: Iterable[Picture], stamp: Stamp, route: Route, *, opacity: float = 1.0, rate: float = 25.0
) -> Iterator[Picture]:
    """Moving pictures with the stamp over them."""
    for number, picture in enumerate(pictures):
        out = picture
        for x, y in route(number / rate):
            out = lay(out, stamp, x, y, opacity)
        yield out


def boxes(stamp: Stamp, route: Route, at_s: float, size: tuple[int, int]) -> tuple[Box, ...]:
    """Where the stamps lie at a second, in a picture of that width and height."""
    w, h = stamp.share(*size)
    return tuple((x, y, min(w, 1 - x), min(h, 1 - y)) for x, y in route(at_s))
