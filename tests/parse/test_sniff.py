"""First bytes, then the name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from coursekit.model import FileKind
from coursekit.probe.media import DEMUXERS, script_kind
from coursekit.probe.sniff import EXTENSIONS, recognise, sniff

HEADS = {
    "mp4": b"\0\0\0\x20ftypisom\0\0\0\0",
    "mov": b"\0\0\0\x14ftypqt  \0\0\0\0",
    "avif": b"\0\0\0\x20ftypavif\0\0\0\0",
    "matroska": b"\x1aE\xdf\xa3\x93B\x82\x88matroska",
    "webm": b"\x1aE\xdf\xa3\x93B\x82\x84webm",
    "avi": b"RIFF\0\0\0\0AVI LIST",
    "wav": b"RIFF\0\0\0\0WAVEfmt ",
    "webp": b"RIFF\0\0\0\0WEBPVP8 ",
    "mpegts": (b"\x47" + bytes(187)) * 6,
    "mpeg": b"\0\0\1\xba\x44\0\4\0",
    "flv": b"FLV\1\5\0\0\0\x09",
    "ogg": b"OggS\0\2" + bytes(22) + b"\1\x13OpusHead",
    "mp3": b"ID3\4\0\0\0\0\0\x23",
    "aac": b"\xff\xf1\x50\x80\x02\x1f\xfc\x21",
    "png": b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR",
    "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "pdf": b"%PDF-1.7\n",
    "ole": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "docx": b"PK\3\4" + bytes(26) + b"word/document.xml",
    "zip": b"PK\3\4" + bytes(26) + b"notes.txt",
    "glb": b"glTF\2\0\0\0",
    "vtt": "\ufeffWEBVTT\n\n".encode(),
    "srt": "1\r\n00:00:01,000 --> 00:00:02,000\r\n你好\r\n".encode("gb18030"),
    "html": b"<!DOCTYPE html><html lang=zh>",
    "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">',
    "gltf": b'{"asset":{"version":"2.0"},"scenes":[]}',
}


@pytest.mark.parametrize("name", sorted(HEADS))
def test_formats_by_their_first_bytes(name: str) -> None:
    found = recognise(HEADS[name])
    assert found is not None
    assert found.format == name


@pytest.mark.parametrize("head", [b"", b"\0", b"\0" * 4096, "第一课".encode(), b"import av\n", b"MZ\x90\0"])
def test_what_says_nothing(head: bytes) -> None:
    assert recognise(head) is None


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("01.mp4", HEADS["mp4"], FileKind.VIDEO),
        ("01.mp4", b"text", FileKind.VIDEO),
        ("01.mp4", HEADS["pdf"], FileKind.VIDEO),
        ("01.mp3", HEADS["mp4"], FileKind.AUDIO),
        ("01", HEADS["mp4"], FileKind.VIDEO),
        ("01.bak", HEADS["mp3"], FileKind.AUDIO),
        ("01", HEADS["ogg"], FileKind.AUDIO),
        ("cover.JPG", HEADS["png"], FileKind.IMAGE),
        ("讲义.pdf", b"", FileKind.DOCUMENT),
        ("讲义", HEADS["docx"], FileKind.DOCUMENT),
        ("字幕.srt", b"", FileKind.SUBTITLE),
        ("index.html", b"", FileKind.WEB),
        ("model.glb", HEADS["glb"], FileKind.MODEL),
        ("main.ts", b"export const a = 1;\n", FileKind.UNKNOWN),
        ("main.ts", HEADS["mpegts"], FileKind.VIDEO),
        ("notes.txt", b"hello", FileKind.UNKNOWN),
        ("package.zip", HEADS["zip"], FileKind.UNKNOWN),
    ],
)
def test_whose_business_a_file_is(name: str, head: bytes, kind: FileKind, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(head)
    assert sniff(path) is kind


def test_a_file_that_cannot_be_read_is_what_its_name_says(tmp_path: Path) -> None:
    assert sniff(tmp_path / "gone.mp4") is FileKind.VIDEO
    assert sniff(tmp_path) is FileKind.UNKNOWN


def test_every_container_a_name_promises_can_be_opened() -> None:
    promised = {
        name for kind, names in EXTENSIONS.values() if kind in (FileKind.VIDEO, FileKind.AUDIO) for name in names
    }
    assert promised <= set(DEMUXERS)


def test_nothing_that_refers_to_other_files_is_opened() -> None:
    forbidden = {
        "hls",
        "dash",
        "concat",
        "concatf",
        "image2",
        "image2pipe",
        "sdp",
        "rtsp",
        "rtp",
        "imf",
        "lavfi",
        "ffmetadata",
    }
    assert forbidden & set(DEMUXERS) == set()


def test_sniffing_imports_nothing_heavy() -> None:
    code = "import sys, coursekit.probe.sniff; print(*sorted({'av', 'numpy', 'PIL', 'pymediainfo'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, encoding="utf-8")
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("head", [HEADS["mp4"], HEADS["wav"], b"", b"v=1"])
def test_media_are_no_scripts(head: bytes) -> None:
    assert script_kind(head) is None
