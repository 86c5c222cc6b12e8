"""Reads office files: OOXML as the zip it is, legacy formats by their header. No office package, no macro, no link."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from coursekit.probe.facts import DocumentFacts
from coursekit.probe.limits import OFFICE_BYTES as MAX_TOTAL_BYTES
from coursekit.probe.limits import OFFICE_PART_BYTES as MAX_PART_BYTES
from coursekit.probe.limits import OFFICE_PARTS as MAX_ENTRIES

_MAX_PARTS_READ = 30
_MAX_HOSTS = 50

_MAIN = {
    "docx": b"wordprocessingml.document.main+xml",
    "docm": b"word.document.macroEnabled.main+xml",
    "pptx": b"presentationml.presentation.main+xml",
    "ppsx": b"presentationml.slideshow.main+xml",
    "pptm": b"powerpoint.presentation.macroEnabled.main+xml",
    "xlsx": b"spreadsheetml.sheet.main+xml",
    "xlsm": b"excel.sheet.macroEnabled.main+xml",
}
_FORMATS = {
    "docx": "docx",
    "docm": "docx",
    "pptx": "pptx",
    "ppsx": "pptx",
    "pptm": "pptx",
    "xlsx": "xlsx",
    "xlsm": "xlsx",
}
_PAGES = {
    "docx": re.compile(r"word/document\.xml$"),
    "pptx": re.compile(r"ppt/slides/slide\d+\.xml$"),
    "xlsx": re.compile(r"xl/worksheets/sheet\d+\.xml$"),
}
_TEXT = {
    "docx": (re.compile(rb"<w:t[ >][^<]*</w:t>|<w:t>[^<]*</w:t>"),),
    "pptx": (re.compile(rb"<a:t>[^<]*</a:t>"),),
    "xlsx": (re.compile(rb"<(?:v|t)(?: [^>]*)?>[^<]+</(?:v|t)>"),),
}
_TAG = re.compile(rb"<[^>]*>")
_EXTERNAL = re.compile(
    rb'Target="(?:https?:)?//([^/"?#]+)[^"]*"[^>]*TargetMode="External"|TargetMode="External"[^>]*Target="(?:https?:)?//([^/"?#]+)'
)
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error, ValueError)


def read_ooxml(path: Path, facts: DocumentFacts) -> DocumentFacts:
    """Facts of a Word, PowerPoint or Excel file."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _read_parts(archive, facts)
    except _BROKEN as error:
        return replace(facts, opens=False, open_code="damaged", open_detail=str(error)[:200])


def _read_parts(archive: zipfile.ZipFile, facts: DocumentFacts) -> DocumentFacts:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_TOTAL_BYTES:
        return replace(facts, opens=False, open_code="too-large", open_detail=f"{len(entries)} parts")
    if any(entry.flag_bits & 1 for entry in entries):
        return replace(facts, opens=False, open_code="encrypted", encrypted=True)
    names = {entry.filename: entry for entry in entries}
    if "[Content_Types].xml" not in names:
        return replace(facts, format="zip", opens=False, open_code="unrecognised", open_detail="no [Content_Types].xml")
    types = _part(archive, names["[Content_Types].xml"])
    kind = next((_FORMATS[name] for name, mark in _MAIN.items() if mark in types), None)
    if kind is None:
        return replace(facts, format="zip", opens=False, open_code="unrecognised", open_detail="no main part")
    pages = [entry for name, entry in names.items() if _PAGES[kind].search(name)]
    if not pages:
        return replace(facts, format=kind, opens=False, open_code="damaged", open_detail="the main part is missing")
    characters = sum(_characters(_part(archive, entry), kind) for entry in pages[:_MAX_PARTS_READ])
    if kind == "xlsx" and "xl/sharedStrings.xml" in names:
        characters += _characters(_part(archive, names["xl/sharedStrings.xml"]), kind)
    media = sum(1 for name in names if "/media/" in name or "/charts/chart" in name or "/embeddings/" in name)
    return replace(
        facts,
        format=kind,
        pages=None if kind == "docx" else len(pages),
        characters=characters,
        pictures=media,
        macros=any(name.endswith("vbaProject.bin") for name in names),
        external=_hosts(archive, entries),
    )


def _part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """One part, unpacked no further than the limit: what a zip says of its sizes is not believed."""
    with archive.open(entry) as handle:
        data = handle.read(MAX_PART_BYTES + 1)
    if len(data) > MAX_PART_BYTES:
        raise zipfile.BadZipFile(f"{entry.filename} unpacks to more than {MAX_PART_BYTES} bytes")
    return data


def _characters(xml: bytes, kind: str) -> int:
    """Characters of text. By pattern: an XML parser would have to be defended against the file."""
    found = 0
    for pattern in _TEXT[kind]:
        for match in pattern.finditer(xml):
            found += len(_TAG.sub(b"", match.group()).decode("utf-8", "replace").strip())
    return found


def _hosts(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> tuple[str, ...]:
    hosts: set[str] = set()
    relations = [entry for entry in entries if entry.filename.endswith(".rels")]
    for entry in relations[: _MAX_PARTS_READ * 4]:
        for match in _EXTERNAL.finditer(_part(archive, entry)):
            hosts.add((match.group(1) or match.group(2)).decode("utf-8", "replace").lower())
    return tuple(sorted(hosts)[:_MAX_HOSTS])


# ------------------------------------------------------------------------------------------------------ legacy formats

_SECTOR_END = 0xFFFFFFFA
_MAX_DIRECTORY_BYTES = 4 << 20
_STREAMS = {"WordDocument": "doc", "PowerPoint Document": "ppt", "Workbook": "xls", "Book": "xls"}


def read_ole(path: Path, facts: DocumentFacts) -> DocumentFacts:
    """Facts of a file in the compound format of Office 97–2003: which one it is, and whether it is encrypted.

    A modern office file with a password is such a container, too, with a stream named EncryptedPackage.
    """
    with path.open("rb") as handle:
        try:
            names = _directory(handle)
        except (struct.error, ValueError, IndexError) as error:
            return replace(facts, opens=False, open_code="damaged", open_detail=str(error)[:200])
    if "EncryptedPackage" in names:
        return replace(facts, format="ole", opens=False, open_code="encrypted", encrypted=True)
    kind = next((kind for stream, kind in _STREAMS.items() if stream in names), None)
    if kind is None:
        return replace(facts, opens=False, open_code="unrecognised", open_detail=", ".join(sorted(names)[:5]))
    if kind == "doc" and _word_encrypted(path):
        return replace(facts, format=kind, opens=False, open_code="encrypted", encrypted=True)
    return replace(facts, format=kind, macros="VBA" in names or "_VBA_PROJECT_CUR" in names)


def _directory(handle: BinaryIO) -> set[str]:
    """Names of a compound file's streams (MS-CFB 2.6)."""
    header = handle.read(512)
    shift = struct.unpack_from("<H", header, 30)[0]
    if shift not in (9, 12):
        raise ValueError("sector size")
    size = 1 << shift
    table = [sector for sector in struct.unpack_from("<109I", header, 76) if sector < _SECTOR_END]
    sector = struct.unpack_from("<I", header, 48)[0]
    names: set[str] = set()
    seen: set[int] = set()
    while sector < _SECTOR_END and sector not in seen and len(seen) * size < _MAX_DIRECTORY_BYTES:
        seen.add(sector)
        handle.seek((sector + 1) * size)
        data = handle.read(size)
        if len(data) < size:
            raise ValueError("the directory is cut off")
        for at in range(0, size, 128):
            length = struct.unpack_from("<H", data, at + 64)[0]
            if 2 < length <= 64:
                names.add(data[at : at + length - 2].decode("utf-16-le", "replace"))
        sector = _next_sector(handle, table, sector, size)
    return names


def _next_sector(handle: BinaryIO, table: list[int], sector: int, size: int) -> int:
    index = sector // (size // 4)
    if index >= len(table):
        return _SECTOR_END
    handle.seek((table[index] + 1) * size + 4 * (sector % (size // 4)))
    data = handle.read(4)
    return int(struct.unpack("<I", data)[0]) if len(data) == 4 else _SECTOR_END


def _word_encrypted(path: Path) -> bool:
    """The fEncrypted bit of Word's file information block, which stands at the start of its stream (MS-DOC 2.5.2)."""
    with path.open("rb") as handle:
        data = handle.read(1 << 16)
    at = data.find(b"\xec\xa5", 512)
    return at >= 0 and at % 512 == 0 and len(data) > at + 12 and bool(data[at + 11] & 0x01)
