"""What editors lay over a lesson: subtitles, the teacher's name, words and arrows that pop up. Pure and seeded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.bench.faults_video import Picture, Span
from coursekit.bench.lettering import CHINESE, face

_LETTER_S = 0.28
"""A letter takes so long to say."""
_FADE_S = 0.3
_WIDEST = 0.9
_WORDS = ("护理要点", "洗手七步法", "注意", "温度适宜", "报告医生", "协助翻身", "错误示范", "正确示范", "观察皮肤")
_INKS = ((255, 255, 255), (255, 220, 60), (120, 230, 255))
_GROUNDS = (None, (20, 60, 140, 230), (170, 60, 30, 255))

Ink = tuple[int, int, int]
Ground = tuple[int, int, int, int] | None
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Print:
    """Something laid over the picture for a time."""

    span: Span
    rgba: npt.NDArray[np.float32]
    place: tuple[int, int]
    """x and y of its top left corner."""
    fade_s: float = _FADE_S


def subtitled(pictures: Iterable[Picture], rate: int, seed: int) -> Iterator[Picture]:
    """White letters with a dark rim, in the middle at the bottom; no line comes twice."""
    return _laid(pictures, rate, _subtitles, np.random.default_rng([3, seed]))


def annotated(pictures: Iterable[Picture], rate: int, seed: int) -> Iterator[Picture]:
    """A name at first, then words and arrows, now here, now there, for four to nine seconds each."""
    return _laid(pictures, rate, _notes, np.random.default_rng([4, seed]))


def _subtitles(size: Size, rng: np.random.Generator) -> Iterator[_Print]:
    width, height = size
    start = 0.5
    while True:
        letters = "".join(rng.permutation(list(CHINESE))[: int(rng.integers(3, 19))])
        line = _fitted(_words(letters, round(0.05 * height), _INKS[0], None), width)
        end = start + max(1.2, _LETTER_S * len(letters))
        yield _Print((start, end), line, ((width - line.shape[1]) // 2, round(0.9 * height) - line.shape[0] // 2), 0.0)
        start = end + float(rng.uniform(0.1, 1))


def _notes(size: Size, rng: np.random.Generator) -> Iterator[_Print]:
    width, height = size
    name = _words("李明 高级护理员", round(0.045 * height), _INKS[0], _GROUNDS[1])
    yield _Print((1.0, 7.0), _fitted(name, width), (round(0.06 * width), round(0.78 * height)))
    start = 8.0
    for word in cycle(rng.permutation(_WORDS)):
        ground = _GROUNDS[int(rng.integers(len(_GROUNDS)))]
        note = _words(str(word), round(height * rng.uniform(0.045, 0.08)), _INKS[int(rng.integers(len(_INKS)))], ground)
        note = _arrow(size) if rng.random() < 0.25 else _fitted(note, width)
        end = start + float(rng.uniform(4, 9))
        x = round(width * (0.14 if rng.random() < 0.5 else 0.6))
        yield _Print((start, end), note, (x, round(height * rng.uniform(0.15, 0.65))))
        start = end + float(rng.uniform(0.5, 3))


def _words(letters: str, high_px: int, ink: Ink, ground: Ground) -> npt.NDArray[np.float32]:
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(face(), max(8, high_px))
    paper = Image.new(
        "RGBA", (round(font.getlength(letters)) + 2 * high_px // 3, round(1.6 * high_px)), ground or (0, 0, 0, 0)
    )
    rim = 0 if ground else max(1, high_px // 14)
    place = (high_px // 3, 0.15 * high_px)
    ImageDraw.Draw(paper).text(place, letters, (*ink, 255), font, stroke_width=rim, stroke_fill=(0, 0, 0, 255))
    return np.asarray(paper, np.float32)


def _arrow(size: tuple[int, int]) -> npt.NDArray[np.float32]:
    width, height = round(0.09 * size[0]), round(0.09 * size[1])
    shape = np.array([(0, 0.35), (0.6, 0.35), (0.6, 0), (1, 0.5), (0.6, 1), (0.6, 0.65), (0, 0.65)])
    out = np.zeros((height, width, 4), np.uint8)
    cv2.fillPoly(out, [np.round(shape * (width - 1, height - 1)).astype(np.int32)], (230, 30, 30, 255), cv2.LINE_AA)
    return out.astype(np.float32)


def _fitted(note: npt.NDArray[np.float32], width: int) -> npt.NDArray[np.float32]:
    scale = _WIDEST * width / note.shape[1]
    if scale >= 1:
        return note
    return np.asarray(cv2.resize(note, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.float32)


def _laid(
    pictures: Iterable[Picture],
    rate: int,
    plan: Callable[[Size, np.random.Generator], Iterator[_Print]],
    rng: np.random.Generator,
) -> Iterator[Picture]:
    coming: Iterator[_Print] | None = None
    for number, picture in enumerate(pictures):
        now_s = number / rate
        if coming is None:
            coming = plan((picture.shape[1], picture.shape[0]), rng)
            last = next(coming)
        while last.span[1] <= now_s:
            last = next(coming)
        yield _with(picture, last, now_s)


def _with(picture: Picture, note: _Print, now_s: float) -> Picture:
    (start, end), (x, y) = note.span, note.place
    if not start <= now_s < end:
        return picture
    out = picture.copy()
    part = out[y : y + note.rgba.shape[0], x : x + note.rgba.shape[1]]
    rgba = note.rgba[: part.shape[0], : part.shape[1]]
    shown = min(1.0, (now_s - start) / note.fade_s, (end - now_s) / note.fade_s) if note.fade_s else 1.0
    cover = rgba[..., 3:] / 255 * shown
    part[:] = np.clip(part * (1 - cover) + rgba[..., 2::-1] * cover, 0, 255).astype(np.uint8)
    return out
