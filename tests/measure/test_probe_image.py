"""Pictures: opened to the last row, measured as shown, refused where they are bombs."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from coursekit import codec
from coursekit.probe.facts import ImageFacts
from coursekit.probe.image import MAX_PIXELS, measure_image
from coursekit.probe.media import MediaError

LUMA = 1.5


def scene(size: tuple[int, int] = (320, 200)) -> Image.Image:
    """A ramp from black to white, left to right."""
    ramp = np.tile(np.linspace(0, 255, size[0]).astype(np.uint8), (size[1], 1))
    return Image.fromarray(ramp).convert("RGB")


def measured(path: Path) -> ImageFacts:
    facts = measure_image(path)
    assert codec.loads(ImageFacts, codec.dumps(facts)) == facts
    return facts


@pytest.mark.parametrize(
    ("suffix", "name"),
    [("jpg", "jpeg"), ("png", "png"), ("webp", "webp"), ("gif", "gif"), ("bmp", "bmp"), ("tiff", "tiff")],
)
def test_formats(suffix: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / f"封面.{suffix}"
    scene().save(path)
    facts = measured(path)
    assert (facts.format, facts.size_px, facts.display_px, facts.opens) == (name, (320, 200), (320, 200), True)
    assert (facts.frames, facts.orientation, facts.bit_depth) == (1, 1, 8)
    assert facts.luma_mean == pytest.approx(127.5, abs=2 * LUMA)
    assert facts.luma_range is not None
    assert facts.luma_range[0] < 10
    assert facts.luma_range[1] > 245


def test_exif_turns_the_picture(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    scene().save(tmp_path / "a.jpg", exif=exif)
    facts = measured(tmp_path / "a.jpg")
    assert (facts.size_px, facts.display_px, facts.orientation) == ((320, 200), (200, 320), 6)


def test_print_colours_and_deep_ones(tmp_path: Path) -> None:
    scene().convert("CMYK").save(tmp_path / "print.jpg")
    assert measured(tmp_path / "print.jpg").mode == "CMYK"
    deep = (np.linspace(0, 65535, 64).astype(np.uint16) * np.ones((64, 1), np.uint16)).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    facts = measured(tmp_path / "deep.png")
    assert (facts.bit_depth, facts.mode) == (16, "I;16")
    assert facts.luma_mean == pytest.approx(127.5, abs=3 * LUMA)


def test_a_blank_cover_has_no_spread(tmp_path: Path) -> None:
    Image.new("RGB", (300, 300), "white").save(tmp_path / "a.png")
    assert measured(tmp_path / "a.png").luma_std == pytest.approx(0.0)
    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    clear = measured(tmp_path / "clear.png")
    assert clear.alpha
    assert clear.luma_std == pytest.approx(0.0)
    assert clear.luma_mean == pytest.approx(255.0), "nothing on it shows as the white of the page"


def test_a_moving_picture_is_counted(tmp_path: Path) -> None:
    scene().save(tmp_path / "a.gif", save_all=True, append_images=[scene().rotate(9), scene().rotate(20)])
    assert measured(tmp_path / "a.gif").frames == 3


@pytest.mark.parametrize(("suffix", "code"), [("jpg", "truncated"), ("png", "truncated"), ("webp", "damaged")])
def test_half_a_picture(suffix: str, code: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:5000])
    facts = measured(path)
    assert (facts.opens, facts.open_code) == (False, code)


def bomb(width: int, height: int) -> bytes:
    """A PNG that promises far more than it holds."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 16, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(10_000)))
        + chunk(b"IEND", b"")
    )


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(bomb(32_000, 32_000))
    facts = measured(tmp_path / "a.png")
    assert (facts.opens, facts.open_code, facts.size_px) == (False, "too-large", (32_000, 32_000))
    assert MAX_PIXELS < 32_000 * 32_000


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"hello", "not-an-image"),
        (b"\0\0\0\x20ftypisom\0\0\0\0isom", "not-an-image"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "unsupported"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
        (b"\xff\xd8\xff\xe0", "damaged"),
    ],
)
def test_what_is_no_picture(data: bytes, code: str, tmp_path: Path) -> None:
    (tmp_path / "cover.png").write_bytes(data)
    facts = measured(tmp_path / "cover.png")
    assert (facts.opens, facts.open_code) == (False, code)


def test_labels_in_png_exif_and_xmp(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("AIGC", '{"Label":"1"}')
    scene().save(tmp_path / "a.png", pnginfo=info)
    assert [(label.place, label.fields) for label in measured(tmp_path / "a.png").aigc] == [
        ("png-text", {"Label": "1"})
    ]
    exif = Image.Exif()
    exif[0x010E] = '{"AIGC":{"Label":"3"}}'
    packet = b"<rdf:Description><TC260:AIGC>{&quot;Label&quot;:&quot;2&quot;}</TC260:AIGC></rdf:Description>"
    scene().save(tmp_path / "a.jpg", exif=exif, xmp=packet)
    places = {label.place: label.fields["Label"] for label in measured(tmp_path / "a.jpg").aigc}
    assert places == {"xmp": "2", "exif/0x010e": "3"}


def test_a_picture_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MediaError):
        measure_image(tmp_path / "gone.png")


def test_real_covers(shared: Path) -> None:
    for path in sorted((shared / "media" / "covers").iterdir()):
        facts = measured(path)
        assert (facts.format, facts.opens, facts.mode) == ("jpeg", True, "RGB")
        assert facts.luma_std is not None
        assert facts.luma_std > 10
