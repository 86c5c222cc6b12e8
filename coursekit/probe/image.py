"""Measures a picture file: what it is, whether it opens to the last row, how large it is shown, how much is on it."""

from __future__ import annotations

import errno
import math
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.cover.facts import PictureMarks
from coursekit.probe.aigc import find_labels, xmp_items
from coursekit.probe.facts import AigcLabel, ImageFacts
from coursekit.probe.limits import PICTURE_PIXELS as MAX_PIXELS
from coursekit.probe.media import MediaError
from coursekit.probe.sniff import read_head, recognise

if TYPE_CHECKING:
    from PIL import Image

VERSION = 2

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_NAMES = {"MPO": "jpeg"}
_SMALL_PX = 256
_ORIENTATION = 0x0112
_TURNED = (5, 6, 7, 8)
_EXIF_FOLDER = 0x8769
# Everything Pillow's readers raise on a file that lies about itself. Each is the file's fault, none is ours.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, AttributeError,
           ZeroDivisionError, struct.error, zlib.error, RuntimeError)  # fmt: skip


def measure_image(path: Path) -> ImageFacts:
    """Facts of a picture file. One that does not open has facts too: they say why.

    Raises MediaError only where the system would not let the file be read.
    """
    try:
        size = path.stat().st_size
        head = read_head(path)
    except OSError as error:
        raise MediaError("unreadable", error.strerror or str(error)) from error
    found = recognise(head)
    seen = found.format if found else "unknown"

    def closed(code: str, detail: str | None = None, px: tuple[int, int] = (0, 0)) -> ImageFacts:
        return ImageFacts(seen, px, opens=False, open_code=code, open_detail=detail, size_bytes=size)

    if size == 0:
        return closed("empty")
    from PIL import Image, UnidentifiedImageError

    try:
        with _own_limit(), Image.open(path, formats=_FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                return closed("too-large", f"{image.width}×{image.height}", image.size)
            try:
                image.load()
            except _BROKEN as error:
                _raise_if_of_the_system(error)
                code = "truncated" if "truncated" in str(error).lower() else "damaged"
                return closed(code, str(error)[:200], image.size)
            return _facts(image, head, size)
    except UnidentifiedImageError:
        known = found is not None and found.kind.value == "image"
        unread = known and seen.upper() not in _FORMATS
        return closed("unsupported" if unread else "damaged" if known else "not-an-image", seen)
    except _BROKEN as error:
        _raise_if_of_the_system(error)
        return closed("damaged", str(error)[:200])


def _raise_if_of_the_system(error: Exception) -> None:
    """Pillow's own OSErrors carry no number; one that does is the disk's, and says nothing of the picture.

    EINVAL is the picture's again: it sent its reader to a place before its beginning.
    """
    if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
        raise MediaError("io", error.strerror or str(error)) from error


@contextmanager
def _own_limit() -> Iterator[None]:
    """Pillow's guard warns, then raises without the size; ours looks at the size before a row is decoded."""
    from PIL import Image

    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings():
            # Pillow remarks on every oddity it repairs; what matters of them is in the facts.
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _facts(image: Image.Image, head: bytes, size: int) -> ImageFacts:
    orientation = _orientation(image)
    frames = getattr(image, "n_frames", 1) if image.format != "MPO" else 1
    mean, spread, span = _luma(image)
    profile = image.info.get("icc_profile")
    name = image.format or "unknown"
    return ImageFacts(
        format=_NAMES.get(name, name.lower()),
        size_px=image.size,
        display_px=(image.height, image.width) if orientation in _TURNED else image.size,
        size_bytes=size,
        mode=image.mode,
        bit_depth=_depth(image, head),
        orientation=orientation,
        frames=frames,
        alpha="A" in image.getbands() or "transparency" in image.info,
        colour_profile=_profile(profile) if isinstance(profile, bytes) else None,
        luma_mean=mean,
        luma_std=spread,
        luma_range=span,
        aigc=_labels(image),
        marks=_marks(image, orientation),
    )


def _marks(image: Image.Image, orientation: int) -> PictureMarks:
    from coursekit.cover.measure import measure_marks

    return measure_marks(image, orientation)


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _BROKEN:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _profile(data: bytes) -> str | None:
    """Colour space of an ICC profile's header."""
    return data[16:20].decode("ascii", "replace").strip() or None


def _depth(image: Image.Image, head: bytes) -> int | None:
    """Bits per sample as stored; Pillow hands 16-bit colour over as 8."""
    if image.format == "PNG" and len(head) > 24:
        return head[24]
    if image.format == "TIFF":
        bits: Any = getattr(image, "tag_v2", {}).get(258)
        return int(bits[0] if isinstance(bits, tuple) else bits) if bits else 1
    return {"1": 1, "I;16": 16, "I": 32, "F": 32}.get(image.mode, 8)


def _luma(image: Image.Image) -> tuple[float, float, tuple[int, int]]:
    """Mean, spread and the 1st and 99th percentile of a small grey copy, as a reader sees it: on white."""
    small = image.copy()
    small.thumbnail((_SMALL_PX, _SMALL_PX))
    if small.mode.startswith("I") or small.mode == "F":
        small = small.point(lambda value: value * (1 / 256)).convert("L")
    elif "A" in small.getbands() or "transparency" in small.info:
        from PIL import Image

        clear = small.convert("RGBA")
        small = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("L")
    else:
        small = small.convert("L")
    counts = small.histogram()
    total = sum(counts)
    mean = sum(level * count for level, count in enumerate(counts)) / total
    variance = sum((level - mean) ** 2 * count for level, count in enumerate(counts)) / total
    return round(mean, 1), round(math.sqrt(variance), 2), (_percentile(counts, 0.01), _percentile(counts, 0.99))


def _percentile(counts: list[int], share: float) -> int:
    wanted, seen = share * sum(counts), 0
    for level, count in enumerate(counts):
        seen += count
        if seen >= wanted:
            return level
    return len(counts) - 1


def _labels(image: Image.Image) -> tuple[AigcLabel, ...]:
    items: list[tuple[str, str, str]] = []
    place = f"{(image.format or '').lower()}-text"
    for key, value in image.info.items():
        if key in ("xmp", "XML:com.adobe.xmp"):
            packet = value.encode("utf-8", "replace") if isinstance(value, str) else value
            items += xmp_items("xmp", packet) if isinstance(packet, bytes) else []
        elif isinstance(value, str | bytes) and key not in ("exif", "icc_profile"):
            items.append((place, str(key), _text(value)))
    try:
        exif = image.getexif()
        for folder in (exif, exif.get_ifd(_EXIF_FOLDER)):
            items += [("exif", f"{tag:#06x}", _text(value)) for tag, value in folder.items() if tag != 700]
        packet = exif.get(700)
        items += xmp_items("xmp", packet) if isinstance(packet, bytes) else []
    except _BROKEN:
        # A picture with a broken EXIF block still shows; what its blocks before it say stands.
        return find_labels(items)
    return find_labels(items)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, bytes):
        for prefix in (b"ASCII\0\0\0", b"UNICODE\0", b"\0" * 8):
            value = value.removeprefix(prefix)
        if b"{\0" in value[:4]:
            return value.decode("utf-16-le", "replace").strip("\0")
        return value.decode("utf-8", "replace").strip("\0")
    return ""
