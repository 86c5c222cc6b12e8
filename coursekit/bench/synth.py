"""Pictures made from nothing: slides with a lecturer, a workshop; and a narrator for them. The same for the same seed.

Samples and the accuracy bench need material that anyone can make, offline, in seconds. None of it is meant to be
admired; it must have the properties that checks look at: a voice with pauses and two ears, sharp text, a picture that
moves where a lesson's picture moves and rests where it rests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coursekit.bench.faults_audio import Samples, stereo_room, voice

Picture = npt.NDArray[np.uint8]
"""Height × width × RGB."""

RATE_HZ = 48_000


def narration(seconds: float, seed: int = 0) -> Samples:
    """A narrator in a quiet room, heard with two ears, at a level that a studio would deliver."""
    return stereo_room(voice(seconds, RATE_HZ, seed=seed), RATE_HZ, seed)


@dataclass(frozen=True, slots=True)
class Lecture:
    """Slides with a lecturer in a corner."""

    size_px: tuple[int, int] = (1280, 720)
    rate: int = 25
    slide_s: float = 12.0
    seed: int = 0

    def frames(self, seconds: float) -> Iterator[Picture]:
        """The lesson's pictures, one after another."""
        slide: Picture | None = None
        shown = -1
        for index in range(round(seconds * self.rate)):
            number = int(index / self.rate / self.slide_s)
            if number != shown:
                slide, shown = draw_slide(self.size_px, number, self.seed), number
            assert slide is not None
            picture = slide.copy()
            _draw_lecturer(picture, index / self.rate, self.seed)
            yield picture


def draw_slide(size_px: tuple[int, int], number: int, seed: int = 0) -> Picture:
    """A slide: title, points, a diagram; sharp edges as slides have them."""
    from PIL import Image, ImageDraw, ImageFont

    width, height = size_px
    rng = np.random.default_rng(seed * 1000 + number)
    unit = height / 720
    hue = rng.integers(0, 60, 3)
    image = Image.new("RGB", size_px, (244 - int(hue[0] / 8), 246 - int(hue[1] / 8), 248))
    draw = ImageDraw.Draw(image)
    accent = (30 + int(hue[0]), 70 + int(hue[1]), 130 + int(hue[2]))
    draw.rectangle((0, 0, width, int(88 * unit)), fill=accent)
    draw.text(
        (40 * unit, 22 * unit), f"{number + 1}. {_words(rng, 4)}", fill="white", font=ImageFont.load_default(38 * unit)
    )
    for line in range(int(rng.integers(3, 6))):
        top = (140 + line * 70) * unit
        draw.ellipse((60 * unit, top + 8 * unit, 74 * unit, top + 22 * unit), fill=accent)
        draw.text((92 * unit, top), _words(rng, 5), fill=(40, 44, 52), font=ImageFont.load_default(27 * unit))
    bars = rng.uniform(40, 190, 5)
    for index, bar in enumerate(bars):
        left = (90 + index * 74) * unit
        draw.rectangle(
            (left, (690 - bar * 0.9) * unit, left + 44 * unit, 690 * unit), fill=accent, outline=(20, 30, 60)
        )
    return np.asarray(image, np.uint8).copy()


def _words(rng: np.random.Generator, count: int) -> str:
    words = ("check meter before work insulation contact terminal switch earth cable phase load safety tool").split()  # noqa: SIM905 - a list of words reads as words
    return " ".join(rng.choice(words, count)).capitalize()


def _draw_lecturer(picture: Picture, time_s: float, seed: int) -> None:
    from PIL import Image, ImageDraw

    height, width = picture.shape[:2]
    unit = height / 720
    box = (int(width - 330 * unit), int(height - 420 * unit), int(width - 30 * unit), int(height - 40 * unit))
    inset = Image.new("RGB", (box[2] - box[0], box[3] - box[1]), (168, 178, 184))
    draw = ImageDraw.Draw(inset)
    w, h = inset.size
    for shelf in range(4):
        draw.rectangle((0, h * (0.12 + shelf * 0.2), w, h * (0.14 + shelf * 0.2)), fill=(140, 146, 150))
    sway = np.sin(time_s * 0.9 + seed) * w * 0.03 + np.sin(time_s * 0.37) * w * 0.02
    nod = np.sin(time_s * 1.7 + seed) * h * 0.012
    draw.ellipse((w * 0.18 + sway, h * 0.62 + nod, w * 0.82 + sway, h * 1.4), fill=(60, 76, 108))
    draw.ellipse((w * 0.33 + sway, h * 0.2 + nod, w * 0.67 + sway, h * 0.68 + nod), fill=(222, 184, 156))
    draw.pieslice((w * 0.32 + sway, h * 0.17 + nod, w * 0.68 + sway, h * 0.6 + nod), 180, 360, fill=(44, 38, 36))
    talk = abs(np.sin(time_s * 12.1) * np.sin(time_s * 1.3)) * h * 0.035
    draw.ellipse((w * 0.45 + sway, h * 0.57 + nod - talk, w * 0.55 + sway, h * 0.58 + nod + talk), fill=(120, 50, 48))
    for eye in (0.42, 0.56):
        draw.ellipse((w * eye + sway, h * 0.4 + nod, w * (eye + 0.03) + sway, h * 0.43 + nod), fill=(30, 30, 34))
    hand = np.sin(time_s * 2.3) * h * 0.08
    draw.ellipse((w * 0.74 + sway, h * 0.7 + hand, w * 0.92 + sway, h * 0.86 + hand), fill=(222, 184, 156))
    picture[box[1] : box[3], box[0] : box[2]] = np.asarray(inset, np.uint8)


@dataclass(frozen=True, slots=True)
class Workshop:
    """A locked camera over a bench: textured background, tools, a moving part. `path` moves the camera."""

    size_px: tuple[int, int] = (1280, 720)
    rate: int = 25
    seed: int = 0

    def scene(self, margin_px: int = 0) -> Picture:
        """The still background, with room around it for a camera that moves."""
        from PIL import Image, ImageDraw, ImageFilter

        width, height = self.size_px[0] + 2 * margin_px, self.size_px[1] + 2 * margin_px
        rng = np.random.default_rng(self.seed + 77)
        grain = rng.normal(0, 1, (height // 8 + 1, width // 8 + 1))
        board = Image.fromarray(np.uint8(np.clip(128 + grain * 22, 0, 255))).resize(
            (width, height), Image.Resampling.BICUBIC
        )
        image = Image.merge("RGB", [board.point(lambda v, g=g: int(v * g)) for g in (0.92, 0.8, 0.66)])
        draw = ImageDraw.Draw(image)
        for _ in range(26):
            x, y = rng.uniform(0, width), rng.uniform(0, height)
            w, h = rng.uniform(20, 190), rng.uniform(12, 110)
            colour = tuple(int(v) for v in rng.uniform(30, 220, 3))
            draw.rectangle((x, y, x + w, y + h), fill=colour, outline=(20, 20, 20), width=2)
            draw.line((x, y + h / 2, x + w, y + h / 3), fill=(240, 240, 240), width=3)
        fine = rng.normal(0, 5, (height, width, 1))
        soft = np.asarray(image.filter(ImageFilter.GaussianBlur(0.6)), np.float32)
        return np.clip(soft + fine, 0, 255).astype(np.uint8)

    def frames(self, seconds: float, path: npt.NDArray[np.float64] | None = None) -> Iterator[Picture]:
        """Pictures of the bench; `path` is a camera position in pixels (frames × 2) from the centre."""
        from PIL import Image, ImageDraw

        margin = 0 if path is None else int(np.ceil(np.abs(path).max())) + 2
        scene = self.scene(margin)
        width, height = self.size_px
        rng = np.random.default_rng(self.seed)
        for index in range(round(seconds * self.rate)):
            dx, dy = (0.0, 0.0) if path is None else path[index]
            picture = Image.fromarray(scene).transform(
                self.size_px, Image.Transform.AFFINE, (1, 0, margin + dx, 0, 1, margin + dy), Image.Resampling.BILINEAR
            )
            draw = ImageDraw.Draw(picture)
            time_s = index / self.rate
            cx, cy = width * (0.5 + 0.12 * np.sin(time_s * 0.8)), height * (0.62 + 0.05 * np.sin(time_s * 1.9))
            draw.ellipse((cx - 90, cy - 60, cx + 90, cy + 60), fill=(214, 176, 148), outline=(120, 90, 70), width=3)
            angle = time_s * 3.0
            tip = (cx + 150 * np.cos(angle), cy + 60 * np.sin(angle))
            draw.line((cx, cy, *tip), fill=(70, 70, 76), width=16)
            noisy = np.asarray(picture, np.int16) + rng.integers(-2, 3, (height, width, 1), dtype=np.int16)
            yield np.clip(noisy, 0, 255).astype(np.uint8)
