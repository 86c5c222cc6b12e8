"""What a file is: by its first bytes, then by its name. Fast and light, for it is asked of every file of a course."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath
from typing import NamedTuple

from coursekit.model import FileKind

HEAD_BYTES = 4096

VIDEO, AUDIO, IMAGE = FileKind.VIDEO, FileKind.AUDIO, FileKind.IMAGE
DOCUMENT, SUBTITLE, WEB, MODEL = FileKind.DOCUMENT, FileKind.SUBTITLE, FileKind.WEB, FileKind.MODEL


class Recognised(NamedTuple):
    """A format known by its first bytes."""

    format: str
    kind: FileKind


_MARKS: tuple[tuple[int, bytes, str, FileKind], ...] = (
    (0, b"\x1aE\xdf\xa3", "matroska", VIDEO),
    (0, b"FLV\x01", "flv", VIDEO),
    (0, b"0&\xb2u\x8ef\xcf\x11", "asf", VIDEO),
    (0, b".RMF", "rm", VIDEO),
    (0, b"\x06\x0e+4\x02\x05\x01\x01", "mxf", VIDEO),
    (0, b"\x00\x00\x01\xba", "mpeg", VIDEO),
    (0, b"\x00\x00\x01\xb3", "mpegvideo", VIDEO),
    (0, b"AV\x01\x00U", "pva", VIDEO),
    (0, b"fLaC", "flac", AUDIO),
    (0, b"#!AMR", "amr", AUDIO),
    (0, b"caff\x00", "caf", AUDIO),
    (0, b"MAC ", "ape", AUDIO),
    (0, b"ID3", "mp3", AUDIO),
    (0, b"\x89PNG\r\n\x1a\n", "png", IMAGE),
    (0, b"\xff\xd8\xff", "jpeg", IMAGE),
    (0, b"GIF87a", "gif", IMAGE),
    (0, b"GIF89a", "gif", IMAGE),
    (0, b"II*\x00", "tiff", IMAGE),
    (0, b"MM\x00*", "tiff", IMAGE),
    (0, b"8BPS", "psd", IMAGE),
    (0, b"\x00\x00\x00\x0cjP  \r\n", "jpeg2000", IMAGE),
    (0, b"\x00\x00\x00\x0cJXL \r\n", "jxl", IMAGE),
    (0, b"\xff\x0a", "jxl", IMAGE),
    (0, b"glTF", "glb", MODEL),
    (0, b"Kaydara FBX Binary", "fbx", MODEL),
    (0, b"ply\n", "ply", MODEL),
    (0, b"%PDF-", "pdf", DOCUMENT),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole", DOCUMENT),
    (0, b"{\\rtf", "rtf", DOCUMENT),
)

_RIFF: Mapping[bytes, Recognised] = {
    b"AVI ": Recognised("avi", VIDEO),
    b"AVIX": Recognised("avi", VIDEO),
    b"WAVE": Recognised("wav", AUDIO),
    b"WEBP": Recognised("webp", IMAGE),
}
_ISO_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"moof", b"styp", b"pnot"})
_ISO_IMAGES = {b"avif": "avif", b"avis": "avif", b"heic": "heif", b"heix": "heif", b"mif1": "heif", b"msf1": "heif"}
_ISO_SOUND = frozenset({b"M4A ", b"M4B "})

# By name: what the name says the file is, and which containers a medium of that name may be without lying. A lesson
# called .m4v that holds MP4 deceives nobody; one called .mp4 that holds AVI stops in a browser.
EXTENSIONS: Mapping[str, tuple[FileKind, tuple[str, ...]]] = {
    **dict.fromkeys(("mp4", "m4v"), (VIDEO, ("mp4",))),
    **dict.fromkeys(("mov", "qt"), (VIDEO, ("mov", "mp4"))),
    **dict.fromkeys(("3gp", "3g2"), (VIDEO, ("mp4",))),
    "mkv": (VIDEO, ("matroska", "webm")),
    "webm": (VIDEO, ("webm",)),
    "avi": (VIDEO, ("avi",)),
    **dict.fromkeys(("wmv", "asf"), (VIDEO, ("asf",))),
    **dict.fromkeys(("flv", "f4v"), (VIDEO, ("flv", "mp4"))),
    **dict.fromkeys(("mpg", "mpeg", "vob"), (VIDEO, ("mpeg", "mpegvideo", "mpegts"))),
    **dict.fromkeys(("ts", "m2ts", "mts"), (VIDEO, ("mpegts",))),
    "mxf": (VIDEO, ("mxf",)),
    "ogv": (VIDEO, ("ogg",)),
    **dict.fromkeys(("rm", "rmvb"), (VIDEO, ("rm",))),
    "mp3": (AUDIO, ("mp3",)),
    "m4a": (AUDIO, ("mp4",)),
    "aac": (AUDIO, ("aac",)),
    "wav": (AUDIO, ("wav",)),
    "flac": (AUDIO, ("flac", "ogg")),
    **dict.fromkeys(("ogg", "oga", "opus"), (AUDIO, ("ogg",))),
    "wma": (AUDIO, ("asf",)),
    **dict.fromkeys(("aif", "aiff"), (AUDIO, ("aiff",))),
    "ac3": (AUDIO, ("ac3", "eac3")),
    "amr": (AUDIO, ("amr",)),
    "ape": (AUDIO, ("ape",)),
    **dict.fromkeys(("jpg", "jpeg", "jpe"), (IMAGE, ("jpeg",))),
    "png": (IMAGE, ("png",)),
    "gif": (IMAGE, ("gif",)),
    "webp": (IMAGE, ("webp",)),
    "bmp": (IMAGE, ("bmp",)),
    **dict.fromkeys(("tif", "tiff"), (IMAGE, ("tiff",))),
    "avif": (IMAGE, ("avif",)),
    **dict.fromkeys(("heic", "heif"), (IMAGE, ("heif",))),
    "svg": (IMAGE, ("svg",)),
    "psd": (IMAGE, ("psd",)),
    "pdf": (DOCUMENT, ("pdf",)),
    **dict.fromkeys(("doc", "ppt", "xls", "wps", "dps", "et"), (DOCUMENT, ("ole",))),
    **dict.fromkeys(("docx", "docm"), (DOCUMENT, ("docx",))),
    **dict.fromkeys(("pptx", "pptm", "ppsx"), (DOCUMENT, ("pptx",))),
    **dict.fromkeys(("xlsx", "xlsm"), (DOCUMENT, ("xlsx",))),
    "rtf": (DOCUMENT, ("rtf",)),
    "srt": (SUBTITLE, ("srt",)),
    "vtt": (SUBTITLE, ("vtt",)),
    **dict.fromkeys(("ass", "ssa"), (SUBTITLE, ("ass",))),
    **dict.fromkeys(("html", "htm", "xhtml"), (WEB, ("html",))),
    "glb": (MODEL, ("glb",)),
    "gltf": (MODEL, ("gltf",)),
    "obj": (MODEL, ("obj",)),
    "stl": (MODEL, ("stl",)),
    "fbx": (MODEL, ("fbx",)),
    "ply": (MODEL, ("ply",)),
}


def extension_of(path: PurePath) -> str:
    """Lower case, without the dot."""
    return path.suffix[1:].lower()


def read_head(path: Path, count: int = HEAD_BYTES) -> bytes:
    """The first bytes of a regular file; nothing of anything else. Raises OSError."""
    # Looked at before it is opened: opening a FIFO would wait for a writer, opening a device may do anything.
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - a name with undecodable bytes needs no detour
        return b""
    with path.open("rb", buffering=0) as handle:
        return handle.read(count) or b""


_NAMES_SHARED_WITH_TEXT = frozenset({"ts", "et", "ape"})
"""Endings that programmers and others use too: such a name alone is no promise."""


def sniff(path: Path, head: Callable[[], bytes] | None = None) -> FileKind:
    """What a file is meant to be and whose business it is. Reads at most 4 kB, by `head` where no disk has the file.

    A known name decides whose business: a `lesson.mp4` that holds a PDF is a lesson that is none, and the part that
    judges lessons is the one that can say so. Where the name promises nothing, the content does.
    """
    extension = extension_of(path)
    by_name = EXTENSIONS.get(extension, (FileKind.UNKNOWN, ()))[0]
    if head is not None and by_name is not FileKind.UNKNOWN and extension not in _NAMES_SHARED_WITH_TEXT:
        # The name decides, and a request for each of ten thousand lessons would only slow it down.
        return by_name
    try:
        found = recognise(read_head(path) if head is None else head())
    except OSError:
        return by_name
    if by_name is FileKind.UNKNOWN or (extension in _NAMES_SHARED_WITH_TEXT and found is None):
        return found.kind if found else FileKind.UNKNOWN
    return by_name


def recognise(head: bytes) -> Recognised | None:
    """The format of a file by its first bytes; None where they say nothing."""
    for look in _LOOKS:
        if (found := look(head)) is not None:
            return found
    return None


def _by_mark(head: bytes) -> Recognised | None:
    for offset, mark, name, kind in _MARKS:
        if head.startswith(mark, offset):
            return Recognised("webm", kind) if name == "matroska" and b"webm" in head[:64] else Recognised(name, kind)
    return None


def _riff(head: bytes) -> Recognised | None:
    if head[:4] in (b"RIFF", b"RF64", b"RIFX"):
        return _RIFF.get(head[8:12])
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return Recognised("aiff", AUDIO)
    return None


def _iso(head: bytes) -> Recognised | None:
    if head[4:8] not in _ISO_BOXES:
        return None
    brand = head[8:12]
    if head[4:8] != b"ftyp":
        return Recognised("mov", VIDEO)
    if brand in _ISO_IMAGES:
        return Recognised(_ISO_IMAGES[brand], IMAGE)
    if brand in _ISO_SOUND:
        return Recognised("mp4", AUDIO)
    return Recognised("mov" if brand == b"qt  " else "mp4", VIDEO)


def _ogg(head: bytes) -> Recognised | None:
    if not head.startswith(b"OggS"):
        return None
    return Recognised("ogg", VIDEO if b"\x80theora" in head[:256] else AUDIO)


def _packets(head: bytes) -> Recognised | None:
    for first, step in ((0, 188), (4, 192)):
        if len(head) > first + 4 * step and all(head[first + i * step] == 0x47 for i in range(5)):
            return Recognised("mpegts", VIDEO)
    if head[:2] in (b"\xff\xf1", b"\xff\xf9") and len(head) > 7:
        return Recognised("aac", AUDIO)
    if len(head) > 4 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2 and head[2] & 0xF0 not in (0x00, 0xF0):
        return Recognised("mp3", AUDIO)
    if head[:2] == b"\x0bw" and len(head) > 7:
        return Recognised("ac3", AUDIO)
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0" and len(head) > 26:
        return Recognised("bmp", IMAGE)
    return None


def _zip(head: bytes) -> Recognised | None:
    if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return None
    for part, name in ((b"word/", "docx"), (b"ppt/", "pptx"), (b"xl/", "xlsx")):
        if part in head:
            return Recognised(name, DOCUMENT)
    return Recognised("zip", FileKind.UNKNOWN)


def head_text(head: bytes) -> str | None:
    """The first bytes as text, where they are some; the encoding is only guessed as far as ASCII marks need."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "ignore")
    if b"\0" in head:
        return None
    return head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")


def _text(head: bytes) -> Recognised | None:
    text = head_text(head)
    if not text:
        return None
    lowered = text.lstrip().lower()
    if lowered.startswith("webvtt"):
        return Recognised("vtt", SUBTITLE)
    if lowered.startswith("[script info]"):
        return Recognised("ass", SUBTITLE)
    if lowered.startswith("solid ") and "facet" in lowered:
        return Recognised("stl", MODEL)
    if lowered.startswith("<"):
        if "<html" in lowered or lowered.startswith("<!doctype html"):
            return Recognised("html", WEB)
        if "<svg" in lowered:
            return Recognised("svg", IMAGE)
    if lowered.startswith("{") and '"asset"' in lowered and '"version"' in lowered:
        return Recognised("gltf", MODEL)
    lines = [line.strip() for line in lowered.split("\n", 4)[:4]]
    if any(_is_srt_time(line) for line in lines):
        return Recognised("srt", SUBTITLE)
    return None


def _is_srt_time(line: str) -> bool:
    start, arrow, end = line.partition("-->")
    return bool(arrow) and start.strip()[:2].isdigit() and end.strip()[:2].isdigit() and ":" in start


_LOOKS: tuple[Callable[[bytes], Recognised | None], ...] = (_by_mark, _riff, _iso, _ogg, _zip, _packets, _text)
