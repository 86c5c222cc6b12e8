"""Looks for marks on a single picture, and takes the signature by which a registered mark is known again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.cover.facts import NameShape, PictureMarks, PictureWords
from coursekit.cover.reader import read_words, reader_name
from coursekit.cover.shapes import find_name
from coursekit.video.marks.signature import signature_of

if TYPE_CHECKING:
    from PIL import Image

Grey = npt.NDArray[np.float32]

_LONG_SIDE_PX = 1024
_MIN_SIDE_PX = 64
_SIGN_LONG_SIDE_PX = 128
_SOFT = 4.0
_BACKGROUND = 12.0
"""Levels from the colour of the border beyond which a pixel is content."""


def measure_marks(image: Image.Image, orientation: int = 1) -> PictureMarks:
    """Marks of a loaded picture. `orientation`: as EXIF states it."""
    upright = _upright(image, orientation)
    opaque = np.asarray(_on_white(upright).convert("RGB"), np.uint8)
    bgr = np.ascontiguousarray(opaque[:, :, ::-1])
    found = None
    if min(bgr.shape[:2]) >= _MIN_SIDE_PX:
        found = find_name(np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8))
    return PictureMarks(
        name=None
        if found is None
        else NameShape(found.best.word, found.best.box, found.best.likeness, found.best.standout, found.lead),
        words=tuple(PictureWords(w.text, w.box, w.score) for w in read_words(bgr)),
        signature=sign_of(upright),
        reader=reader_name(),
    )


def _on_white(image: Image.Image) -> Image.Image:
    from PIL import Image as Pillow

    if "A" not in image.getbands() and "transparency" not in image.info:
        return image
    clear = image.convert("RGBA")
    return Pillow.alpha_composite(Pillow.new("RGBA", clear.size, "white"), clear)


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    """A copy of moderate size, turned as it is shown."""
    from PIL import Image as Pillow

    small = image.copy()
    small.thumbnail((_LONG_SIDE_PX, _LONG_SIDE_PX))
    if small.mode.startswith("I") or small.mode == "F":
        small = small.point(lambda value: value * (1 / 256)).convert("L")
    turn = Pillow.Transpose
    turns = {2: turn.FLIP_LEFT_RIGHT, 3: turn.ROTATE_180, 4: turn.FLIP_TOP_BOTTOM, 5: turn.TRANSPOSE,
             6: turn.ROTATE_270, 7: turn.TRANSVERSE, 8: turn.ROTATE_90}  # fmt: skip
    return small.transpose(turns[orientation]) if orientation in turns else small


def sign_of(image: Image.Image) -> str | None:
    """The edges of the picture's content: cut to what is not transparent and not the colour of its border."""
    rgba = np.asarray(image.convert("RGBA"), dtype=np.float32)
    cover = rgba[:, :, 3] / 255
    grey = np.asarray(rgba[:, :, :3] @ np.array([0.299, 0.587, 0.114], np.float32), np.float32)
    if cover.min() < 0.9:
        content = cover > 0.1
    else:
        border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
        content = np.abs(grey - np.median(border)) > _BACKGROUND
    if not content.any():
        return None
    rows, columns = np.nonzero(content)
    area = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    grey, cover = grey[area], cover[area]
    scale = min(1.0, _SIGN_LONG_SIDE_PX / max(grey.shape))
    size = (max(4, round(grey.shape[1] * scale)), max(4, round(grey.shape[0] * scale)))
    # Over black and over white: a mark of either colour must show its rim, whatever it will be laid over.
    sides = [_edges(cv2.resize(grey * cover + ground * (1 - cover), size, interpolation=cv2.INTER_AREA), ground)
             for ground in (0.0, 255.0)]  # fmt: skip
    return signature_of(sum(sides))


def _edges(grey: Any, ground: float) -> Grey:
    pad = 2
    canvas = cv2.copyMakeBorder(np.asarray(grey, np.float32), pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=ground)
    canvas = cv2.GaussianBlur(canvas, (0, 0), 0.8)
    gx = cv2.Sobel(canvas, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    gy = cv2.Sobel(canvas, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    size = cv2.magnitude(gx, gy)
    return np.asarray(size / (size + _SOFT), np.float32)
