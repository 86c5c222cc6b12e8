"""Zips built byte by byte, each with one fault. A library that writes zips would mend most of them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

UNIX = 3 << 8
REGULAR = 0o100644 << 16


@dataclass(frozen=True)
class Entry:
    """One entry; the `local_…` fields and the others with defaults of None follow from the rest."""

    name: bytes
    data: bytes = b"hello\n"
    method: int = 0
    flags: int = 0x0800
    outside: int = REGULAR
    comment: bytes = b""
    extra: bytes = b""
    local_extra: bytes | None = None
    packed: bytes | None = None
    crc: int | None = None
    size: int | None = None
    local_name: bytes | None = None
    local_size: int | None = None
    local_crc: int | None = None
    local_method: int | None = None
    after: bytes = b""
    """Bytes behind the data: a descriptor, or something that does not belong there."""
    offset_shift: int = 0
    magic: bytes = b"PK\3\4"

    @property
    def stored(self) -> bytes:
        if self.packed is not None:
            return self.packed
        return self.data if self.method == 0 else deflate(self.data)

    @property
    def sums(self) -> tuple[int, int, int]:
        crc = zlib.crc32(self.data) if self.crc is None else self.crc
        return crc, len(self.stored), len(self.data) if self.size is None else self.size

    def local(self) -> bytes:
        crc, packed, size = self.sums
        name = self.name if self.local_name is None else self.local_name
        extra = self.extra if self.local_extra is None else self.local_extra
        head = struct.pack(
            "<4s5H3I2H",
            self.magic,
            20,
            self.flags,
            self.method if self.local_method is None else self.local_method,
            0,
            33,
            crc if self.local_crc is None else self.local_crc,
            packed,
            size if self.local_size is None else self.local_size,
            len(name),
            len(extra),
        )
        return head + name + extra + self.stored + self.after

    def central(self, offset: int) -> bytes:
        crc, packed, size = self.sums
        head = struct.pack(
            "<4s6H3I5H2I",
            b"PK\1\2",
            UNIX | 20,
            20,
            self.flags,
            self.method,
            0,
            33,
            crc,
            packed,
            size,
            len(self.name),
            len(self.extra),
            len(self.comment),
            0,
            0,
            self.outside,
            offset + self.offset_shift,
        )
        return head + self.name + self.extra + self.comment


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


@dataclass(frozen=True)
class End:
    """What stands at the end, and what does not belong."""

    count: int | None = None
    size: int | None = None
    offset: int | None = None
    disk: int = 0
    comment: bytes = b""
    comment_length: int | None = None
    before: bytes = b""
    before_shifts: bool = False
    """Whether offsets tell of what stands in front."""
    after: bytes = b""
    gap: bytes = b""
    """Between the last entry and the directory."""
    tail: bytes = b""
    """Between the directory and its end record."""
    zip64: bool = False
    zip64_count: int | None = None
    repeat_last: bool = False
    """The last entry is listed once more, with the same header."""
    more: Callable[[bytes], bytes] = field(default=lambda raw: raw)


def build(entries: Sequence[Entry], end: End | None = None) -> bytes:
    """The archive."""
    end = end or End()
    shift = len(end.before) if end.before_shifts else 0
    body, directory = b"", b""
    for entry in entries:
        listed = entry.central(len(body) + shift)
        body += entry.local()
        directory += listed
    if end.repeat_last:
        directory += directory[directory.rindex(b"PK\1\2") :]
    body += end.gap
    count = len(entries) + end.repeat_last if end.count is None else end.count
    size = len(directory) if end.size is None else end.size
    offset = len(body) + shift if end.offset is None else end.offset
    raw = end.before + body + directory + end.tail
    if end.zip64:
        record_at = len(raw)
        many = count if end.zip64_count is None else end.zip64_count
        raw += struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, many, many, size, offset)
        raw += struct.pack("<4sIQI", b"PK\6\7", 0, record_at, 1)
        count, size, offset = 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF
    length = len(end.comment) if end.comment_length is None else end.comment_length
    raw += struct.pack("<4s4H2IH", b"PK\5\6", end.disk, 0, count, count, size, offset, length)
    return end.more(raw + end.comment + end.after)


A, B = Entry(b"a.txt"), Entry(b"b.txt", b"world\n")
PACKED = Entry(b"a.txt", b"hello hello hello\n" * 50, method=8)


def named(name: str) -> list[Entry]:
    return [A, Entry(name.encode("utf-8"))]


def descriptor(entry: Entry, *, crc: int | None = None) -> Entry:
    """The same entry as a stream of unknown length: zeros in its header, the truth behind its data."""
    real = entry.sums
    told = real[0] if crc is None else crc
    return replace(
        entry,
        flags=entry.flags | 8,
        local_crc=0,
        local_size=0,
        after=struct.pack("<4s3I", b"PK\7\x08", told, real[1], real[2]),
    )


def zip64_entry(entry: Entry) -> Entry:
    """The same entry with its sizes in the zip64 field, as writers do that do not know them beforehand."""
    crc, packed, size = entry.sums
    del crc
    extra = struct.pack("<2H2Q", 1, 16, size, packed)
    return replace(entry, extra=extra)


def quoted_overlap() -> bytes:
    """The shape of the well-known bomb: one entry's data runs over the next entry's header."""
    inner = Entry(b"b.txt", b"x" * 100)
    outer = Entry(b"a.txt", b"", packed=b"", size=len(inner.local()))
    raw = outer.local() + inner.local()
    listed = replace(outer, packed=inner.local(), data=inner.local(), size=None)
    first = listed.central(0)
    second = inner.central(len(outer.local()))
    at = len(raw)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 2, 2, len(first + second), at, 0)
    head = bytearray(raw)
    # The local header tells what the directory tells: only the ranges betray it.
    struct.pack_into("<3I", head, 14, *listed.sums)
    return bytes(head) + first + second + end


BOMB = Entry(b"a.txt", b"\0" * (8 << 20), method=8)
LYING = Entry(b"a.txt", b"\0" * (8 << 20), method=8, size=100_000)
"""Says 100 kB, and inflates to 8 MB."""

FAULTS: dict[str, tuple[str, bytes]] = {
    # id: code, archive
    "path-traversal": ("path-traversal", build(named("../evil.txt"))),
    "path-traversal-inside": ("path-traversal", build(named("x/../../evil.txt"))),
    "path-traversal-windows": ("path-traversal", build(named("..\\evil.txt"))),
    "absolute-path": ("absolute-path", build(named("/tmp/evil.txt"))),
    "drive-letter": ("drive-letter", build(named("C:\\evil.txt"))),
    "drive-letter-relative": ("drive-letter", build(named("c:evil.txt"))),
    "unc-path": ("unc-path", build(named("\\\\server\\share\\evil.txt"))),
    "backslash": ("backslash", build(named("x\\evil.txt"))),
    "empty-name": ("empty-name", build([A, Entry(b"")])),
    "empty-part": ("empty-part", build(named("x//y"))),
    "nul-in-name": ("nul-in-name", build([A, Entry(b"evil.txt\0.png")])),
    "control-character": ("control-character", build(named("evil\x1b[2J.txt"))),
    "control-character-bidi": ("control-character", build(named("lesson\u202e4pm.exe"))),
    "device-name": ("device-name", build(named("x/CON.txt"))),
    "device-name-com": ("device-name", build(named("com1"))),
    "trailing-dot": ("trailing-dot-or-space", build(named("evil.txt."))),
    "trailing-space": ("trailing-dot-or-space", build(named("x /y"))),
    "windows-character": ("windows-character", build(named("a.txt:stream"))),
    "symlink": ("symlink", build([A, Entry(b"link", b"/etc/passwd", outside=0o120777 << 16)])),
    "special-file": ("special-file", build([A, Entry(b"tty", b"", outside=0o020666 << 16)])),
    "folder-as-file": ("special-file", build([A, Entry(b"x", b"", outside=0o040755 << 16)])),
    "folder-with-data": ("folder-with-data", build([A, Entry(b"x/", b"data", outside=0o040755 << 16)])),
    "encrypted": ("encrypted", build([A, replace(B, flags=0x0801)])),
    "encrypted-aes": ("encrypted", build([A, replace(B, method=99, packed=b"world\n")])),
    "compression-method": ("compression-method", build([A, replace(B, method=12, packed=b"world\n")])),
    "duplicate-name": ("duplicate-name", build([A, A])),
    "names-collide-case": ("names-collide", build([A, Entry(b"A.TXT")])),
    "names-collide-sharp-s": ("names-collide", build([Entry("straße".encode()), Entry(b"STRASSE")])),
    "names-collide-nfc": ("names-collide", build([Entry("é".encode()), Entry("e\u0301".encode())])),
    "file-and-folder": ("file-and-folder", build([Entry(b"x"), Entry(b"x/y")])),
    "file-and-folder-case": ("file-and-folder", build([Entry(b"X/y"), Entry(b"x")])),
    "overlap": ("overlap", quoted_overlap()),
    "overlap-same-header": ("duplicate-name", build([A], End(repeat_last=True))),
    "local-name-differs": ("local-header-differs", build([A, replace(B, local_name=b"c.txt")])),
    "local-size-differs": ("local-header-differs", build([A, replace(B, local_size=5)])),
    "local-crc-differs": ("local-header-differs", build([A, replace(B, local_crc=1)])),
    "local-method-differs": ("local-header-differs", build([A, replace(B, local_method=8)])),
    "local-header-absent": ("local-header-differs", build([A, replace(B, magic=b"PK\3\5")])),
    "descriptor-differs": ("local-header-differs", build([descriptor(A, crc=1), B])),
    "data-before": ("data-before", build([A], End(before=b"#!/bin/sh\n", before_shifts=True))),
    "data-before-unseen": ("data-before", build([A], End(before=b"MZ\0\0"))),
    "data-after": ("data-after", build([A], End(after=b"more"))),
    "archive-comment": ("archive-comment", build([A], End(comment=b"hello"))),
    "entry-comment": ("entry-comment", build([A, replace(B, comment=b"hello")])),
    "hidden-between-entries": ("hidden-data", build([replace(A, after=b"secret"), B])),
    "hidden-before-directory": ("hidden-data", build([A, B], End(gap=b"secret"))),
    "hidden-behind-directory": ("hidden-data", build([A, B], End(tail=b"secret"))),
    "hidden-in-deflate": ("hidden-data", build([replace(PACKED, packed=deflate(PACKED.data) + b"secret")])),
    "ratio": ("ratio", build([BOMB])),
    "lying-bomb": ("size-differs", build([LYING])),
    "wrong-crc": ("wrong-crc", build([A, replace(B, crc=1)])),
    "size-too-small": ("size-differs", build([replace(PACKED, size=PACKED.sums[2] - 1)])),
    "size-too-large": ("size-differs", build([replace(PACKED, size=PACKED.sums[2] + 1)])),
    "stored-size-differs": ("size-differs", build([replace(A, size=5)])),
    "bad-deflate": ("bad-deflate", build([replace(PACKED, packed=b"\xff\xff\xff\xff")])),
    "deflate-ends-early": ("bad-deflate", build([replace(PACKED, packed=deflate(PACKED.data)[:-6])])),
    "name-encoding": ("name-encoding", build([A, Entry("第一课".encode("gbk"), flags=0)])),
    "name-not-utf8": ("name-encoding", build([A, Entry("第一课".encode("gbk"))])),
    "second-name": ("second-name", build([A, replace(B, extra=struct.pack("<2HBI", 0x7075, 10, 1, 0) + b"c.txt")])),
    "bad-extra": ("bad-extra", build([A, replace(B, extra=b"\x01\x00\xff")])),
    "zip64-without-need": ("zip64-differs", build([A, zip64_entry(B)])),
    "zip64-count-differs": ("directory-differs", build([A], End(zip64=True, zip64_count=2))),
    "count-differs": ("directory-differs", build([A, B], End(count=1))),
    "directory-size-differs": ("hidden-data", build([A, B], End(size=50))),
    "several-volumes": ("several-volumes", build([A], End(disk=1))),
    "truncated": ("truncated", build([A, B])[:-30]),
    "comment-cut-off": ("truncated", build([A], End(comment_length=9))),
    "not-a-zip": ("not-a-zip", b"this is no archive, and long enough to look for one" * 3),
    "too-deep": ("too-deep", build(named("/".join("x" * 40)))),
    "name-too-long": ("name-too-long", build([A, Entry(b"x" * 1200)])),
    "too-many-entries": ("too-many-entries", build([Entry(b"%d" % n, b"") for n in range(101)])),
    "too-large": ("too-large", build([Entry(b"a.txt", b"x" * 3_000_000)])),
}

GOOD: dict[str, tuple[list[Entry], End]] = {
    "plain": ([A, B], End()),
    "empty": ([], End()),
    "deflated": ([PACKED, B], End()),
    "chinese": ([Entry("课程/第一课.mp4".encode())], End()),
    "folders": ([Entry(b"x/", b"", outside=0o040755 << 16), Entry(b"x/y")], End()),
    "descriptor": ([descriptor(A), descriptor(B)], End()),
    "zip64-directory": ([A, B], End(zip64=True)),
}
