"""Small files of every kind that measuring opens, to be damaged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PIL import Image, PngImagePlugin

from tests.media import make_video, run_ffmpeg


def make_seeds(folder: Path, url: str) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each; those that can hold an address hold `url`."""
    folder.mkdir()
    clip = make_video(folder / "clip.mp4", seconds=0.4, size=(96, 64), options={"metadata": f"comment={url}"})
    yield "mp4", clip.read_bytes()
    for name, codecs in (
        ("mkv", ("-c", "copy")),
        ("mov", ("-c", "copy")),
        ("ts", ("-c", "copy")),
        ("webm", ("-c:v", "libvpx", "-c:a", "libvorbis")),
        ("avi", ("-c:v", "mpeg4", "-c:a", "libmp3lame")),
        ("flv", ("-c:v", "flv", "-an")),
    ):
        run_ffmpeg("-i", clip, *codecs, folder / f"clip.{name}")
        yield name, (folder / f"clip.{name}").read_bytes()
    for name, codec in (("wav", "pcm_s16le"), ("mp3", "libmp3lame"), ("flac", "flac"), ("ogg", "libvorbis")):
        run_ffmpeg("-i", clip, "-vn", "-c:a", codec, folder / f"clip.{name}")
        yield name, (folder / f"clip.{name}").read_bytes()
    picture = Image.effect_noise((48, 32), 60).convert("RGB")
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><r href='{url}'/></x:xmpmeta>", zip=True)
    picture.save(folder / "p.png", pnginfo=text)
    picture.save(folder / "p.jpg", exif=Image.Exif())
    picture.save(folder / "p.gif")
    picture.save(folder / "p.webp")
    picture.save(folder / "p.tif")
    picture.save(folder / "p.pdf", title="x")
    for name in ("png", "jpg", "gif", "webp", "tif", "pdf"):
        yield name, (folder / f"p.{name}").read_bytes()
    yield "srt", f"1\n00:00:01,000 --> 00:00:02,000\n<font>{url}</font>\n".encode()
    yield "html", f"<!doctype html><html><img src='{url}'><script src='{url}'></script></html>".encode()
