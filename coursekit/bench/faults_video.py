"""Controlled faults for moving pictures: pure, seeded functions, shared by tests and the accuracy bench.

Pictures are blue-green-red arrays (height × width × 3, uint8). Every generator takes an iterator of pictures and gives
an iterator of pictures, so that a lesson of any length passes through in constant memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Span = tuple[float, float]
"""Start and end, seconds."""

ALWAYS: Span = (0.0, float("inf"))


def _within(number: int, rate: float, span: Span) -> bool:
    return span[0] - 1e-9 <= number / rate < span[1] - 1e-9


# ------------------------------------------------------------------------------------------------------------- movement


@dataclass(frozen=True, slots=True)
class Path:
    """A camera's unwanted movement: one row a frame."""

    x: npt.NDArray[np.float64]
    """Fraction of the picture's width."""
    y: npt.NDArray[np.float64]
    turn_rad: npt.NDArray[np.float64]


def handheld_path(
    frames: int, rate: float, *, amplitude: float, frequency_hz: float, seed: int, roll_deg: float = 0.0
) -> Path:
    """Band-limited wandering round `frequency_hz` (one octave wide).

    `amplitude`: peak of a sine of the same power, as a fraction of the width, over both axes together.
    """
    rng = np.random.default_rng(seed)

    def wander() -> npt.NDArray[np.float64]:
        size = max(64, 1 << int(np.ceil(np.log2(max(frames, 2)))))
        f = np.fft.rfftfreq(size, 1 / rate)
        low, high = frequency_hz / np.sqrt(2), min(frequency_hz * np.sqrt(2), rate / 2 * 0.95)
        band = (f >= low) & (f <= high)
        spectrum = np.where(band, rng.normal(size=f.size) + 1j * rng.normal(size=f.size), 0)
        wave = np.fft.irfft(spectrum, size)[:frames]
        power = float(np.sqrt(np.mean(wave**2))) or 1.0
        return np.asarray(wave / power)

    x, y, turn = wander(), wander(), wander()
    share = amplitude / np.sqrt(2) / np.sqrt(2)
    return Path(x * share, y * share, turn * np.deg2rad(roll_deg) / np.sqrt(2))


def bump_path(frames: int, rate: float, *, amplitude: float, at_s: Iterable[float], frequency_hz: float = 5.0) -> Path:
    """Knocks against the tripod: a damped swing at each of the times."""
    t = np.arange(frames) / rate
    y = np.zeros(frames)
    for start in at_s:
        after = np.maximum(t - start, 0)
        y += np.where(t >= start, np.exp(-after * 4) * np.sin(2 * np.pi * frequency_hz * after), 0)
    return Path(np.asarray(y * amplitude * 0.5), np.asarray(y * amplitude), np.zeros(frames))


def move(pictures: Iterable[Picture], path: Path, rate: float = 25.0, span: Span = ALWAYS) -> Iterator[Picture]:
    """Let the camera follow the path inside the span; the picture is enlarged a little so that no border shows."""
    reach = max(float(np.abs(path.x).max()), float(np.abs(path.y).max()), 1e-6)
    zoom = 1 + 2.2 * reach + 2 * float(np.abs(path.turn_rad).max())
    for number, picture in enumerate(pictures):
        height, width = picture.shape[:2]
        row = min(number, len(path.x) - 1)
        active = _within(number, rate, span)
        turn = float(path.turn_rad[row]) if active else 0.0
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), np.rad2deg(turn), zoom)
        if active:
            matrix[:, 2] += (float(path.x[row]) * width * zoom, float(path.y[row]) * width * zoom)
        yield np.asarray(
            cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT),
            dtype=np.uint8,
        )


# ----------------------------------------------------------------------------------------------------------------- time


def freeze(pictures: Iterable[Picture], rate: float, span: Span) -> Iterator[Picture]:
    """The picture stands still inside the span while time goes on, then jumps to where it would be."""
    held: Picture | None = None
    for number, picture in enumerate(pictures):
        if _within(number, rate, span):
            held = picture if held is None else held
            yield held
        else:
            held = None
            yield picture


def repeat_frames(
    pictures: Iterable[Picture], share: float, seed: int, rate: float = 25.0, span: Span = ALWAYS
) -> Iterator[Picture]:
    """A share of the frames, by chance, is replaced by the one before: what a recorder that cannot keep up writes."""
    rng = np.random.default_rng(seed)
    last: Picture | None = None
    for number, picture in enumerate(pictures):
        dropped = last is not None and rng.random() < share and _within(number, rate, span)
        last = last if dropped and last is not None else picture
        yield last


def jump_ahead(pictures: Iterable[Picture], rate: float, at_s: Iterable[float], skip: int) -> Iterator[Picture]:
    """`skip` frames are missing at each of the times."""
    holes = {round(t * rate) for t in at_s}
    left = 0
    for number, picture in enumerate(pictures):
        if number in holes:
            left = skip
        if left:
            left -= 1
            continue
        yield picture


def black(pictures: Iterable[Picture], rate: float, span: Span) -> Iterator[Picture]:
    """The picture is lost inside the span."""
    for number, picture in enumerate(pictures):
        yield np.zeros_like(picture) if _within(number, rate, span) else picture


# ---------------------------------------------------------------------------------------------------------------- light


def gain(picture: Picture, factor: float | tuple[float, float, float], gamma: float = 1.0) -> Picture:
    """Brightness, white balance (blue, green, red) and gamma of one picture."""
    factors = (factor,) * 3 if isinstance(factor, (int, float)) else factor
    levels = np.arange(256) / 255
    table = np.stack([np.clip(levels**gamma * f * 255 + 0.5, 0, 255) for f in factors], axis=1).astype(np.uint8)
    return np.asarray(cv2.LUT(picture, table.reshape(1, 256, 3)), dtype=np.uint8)


def flicker(
    pictures: Iterable[Picture], rate: float, *, depth: float, frequency_hz: float, span: Span = ALWAYS
) -> Iterator[Picture]:
    """Brightness swings by ± `depth` (fraction) at the frequency."""
    for number, picture in enumerate(pictures):
        if _within(number, rate, span):
            yield gain(picture, 1 + depth * float(np.sin(2 * np.pi * frequency_hz * number / rate)))
        else:
            yield picture


def flash(
    pictures: Iterable[Picture], rate: float, *, frequency_hz: float, level: float, span: Span
) -> Iterator[Picture]:
    """Bright and dark by turns, `frequency_hz` times a second, over the whole picture."""
    for number, picture in enumerate(pictures):
        if _within(number, rate, span) and int(number / rate * frequency_hz * 2) % 2:
            white = np.full_like(picture, 255)
            yield np.asarray(cv2.addWeighted(picture, 1 - level, white, level, 0), dtype=np.uint8)
        else:
            yield picture


def flash_red(pictures: Iterable[Picture], rate: float, *, frequency_hz: float, span: Span) -> Iterator[Picture]:
    """The picture as it is and the same in red alone by turns, as a warning lamp lights it."""
    for number, picture in enumerate(pictures):
        if _within(number, rate, span) and int(number / rate * frequency_hz * 2) % 2:
            yield np.asarray(np.clip(picture * np.array([0.1, 0.1, 0.3]) + np.array([0, 0, 170]), 0, 255), np.uint8)
        else:
            yield picture


def drift(
    pictures: Iterable[Picture], rate: float, *, factor: tuple[float, float, float], span: Span
) -> Iterator[Picture]:
    """White balance slides from neutral to `factor` (blue, green, red) over the span, and stays there."""
    for number, picture in enumerate(pictures):
        share = float(np.clip((number / rate - span[0]) / max(span[1] - span[0], 1e-6), 0, 1))
        yield gain(picture, tuple(1 + (f - 1) * share for f in factor))  # type: ignore[arg-type] # three values


# -------------------------------------------------------------------------------------------------------------- picture


def soften(picture: Picture, sigma_px: float) -> Picture:
    """Out of focus."""
    return picture if sigma_px <= 0 else np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px), dtype=np.uint8)


def through_size(picture: Picture, height_px: int) -> Picture:
    """As if recorded at that height and blown up again."""
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (round(width * height_px / height / 2) * 2, height_px), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def stretch(picture: Picture, factor: float) -> Picture:
    """Wider by `factor` (narrower below 1) inside the same frame size: cut where too wide, repeated rim where not."""
    height, width = picture.shape[:2]
    matrix = np.array([[factor, 0, width / 2 * (1 - factor)], [0, 1, 0]], dtype=np.float64)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REFLECT), dtype=np.uint8)


def pillarbox(picture: Picture, aspect: float) -> Picture:
    """Black bars left and right (or above and below) so that a picture of `aspect` remains, squeezed into it."""
    height, width = picture.shape[:2]
    inner_w, inner_h = (
        (round(height * aspect / 2) * 2, height) if aspect < width / height else (width, round(width / aspect / 2) * 2)
    )
    out = np.zeros_like(picture)
    x, y = (width - inner_w) // 2, (height - inner_h) // 2
    out[y : y + inner_h, x : x + inner_w] = cv2.resize(picture, (inner_w, inner_h), interpolation=cv2.INTER_AREA)
    return out


def interlace(pictures: Iterable[Picture], *, top_first: bool = True) -> Iterator[Picture]:
    """Weave each two pictures into one of half the rate: what is left when fields are shown as frames."""
    pair: list[Picture] = []
    for picture in pictures:
        pair.append(picture)
        if len(pair) == 2:
            first, second = pair if top_first else pair[::-1]
            woven = first.copy()
            woven[1::2] = second[1::2]
            yield woven
            pair = []


def each(
    pictures: Iterable[Picture], change: Callable[[Picture], Picture], rate: float = 25.0, span: Span = ALWAYS
) -> Iterator[Picture]:
    """Apply a change to every picture inside the span."""
    for number, picture in enumerate(pictures):
        yield change(picture) if _within(number, rate, span) else picture
