"""Slides with lines of letters, as wide as they were set or stretched to fill the frame."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np

from coursekit.bench.clip import write_clip
from coursekit.bench.faults_video import Picture

_SIZE = (1280, 720)
_RATE = 5
_SLIDES, _SLIDE_S = 5, 4.0
CHINESE = (
    "老年人居家护理员应当每日观察皮肤颜色和体温变化协助翻身时先说明目的再托住肩部与臀部动作缓慢平稳避免拖拽"
    "餐具消毒须煮沸十五分钟以上食物温度适宜少量多次进食后保持坐姿三十分钟发现异常立即报告家属并联系社区医院"
)
_LATIN = "observe the colour of the skin every day and help the person to turn slowly without pulling at arms or legs"


def face(*, serif: bool = False) -> str:
    """Noto Sans or Serif SC, of the wheel that the forms are set with."""
    return str(files("pylopdf_fonts_zh_cn") / f"Noto{'Serif' if serif else 'Sans'}SC-Regular.otf")


def make_slides(
    folder: Path, *, stretch: float = 1.0, spacing: float = 0.0, serif: bool = False, latin: float = 0.0
) -> Path:
    """A film of slides. `spacing` between letters, of their size; `latin`: share of the lines that are Latin."""
    slides = (draw_lines(n, stretch=stretch, spacing=spacing, serif=serif, latin=latin) for n in range(_SLIDES))
    pictures = (slide[:, :, ::-1] for slide in slides for _ in range(round(_SLIDE_S * _RATE)))
    return write_clip(folder / "slides.mp4", (np.ascontiguousarray(p) for p in pictures), None, rate=_RATE)


def draw_lines(number: int, *, stretch: float, spacing: float, serif: bool, latin: float) -> Picture:
    """One slide: a title and lines of several sizes on a plain ground."""
    from PIL import Image, ImageDraw, ImageFont

    rng = np.random.default_rng(number)
    width, height = round(_SIZE[0] / stretch), _SIZE[1]
    dark = bool(number % 2)
    ground, ink = rng.integers(10, 60, 3), rng.integers(200, 255, 3)
    paper = Image.new("RGB", (width, height), tuple(int(v) for v in (ground if dark else ink)))
    draw = ImageDraw.Draw(paper)
    fill = tuple(int(v) for v in (ink if dark else ground))
    top = 24
    for size, letters in _lines(rng, latin):
        if top + size > height - 20:
            break
        font, left = ImageFont.truetype(face(serif=serif), size), 40.0
        for letter in letters:
            step = font.getlength(letter) + spacing * size
            if left + step > width - 20:
                break
            draw.text((left, top), letter, fill=fill, font=font)
            left += step
        top += round(1.7 * size)
    return np.asarray(cv2.resize(np.asarray(paper), _SIZE, interpolation=cv2.INTER_LINEAR), np.uint8)


def _lines(rng: np.random.Generator, latin: float) -> Iterator[tuple[int, str]]:
    yield int(rng.integers(48, 64)), _part(rng, CHINESE if latin < 1 else _LATIN, 9)
    while True:
        text = _LATIN if rng.random() < latin else CHINESE
        yield int(rng.integers(26, 40)), _part(rng, text, int(rng.integers(12, 26)))


def _part(rng: np.random.Generator, text: str, count: int) -> str:
    start = int(rng.integers(len(text) - count))
    return text[start : start + count].strip()
