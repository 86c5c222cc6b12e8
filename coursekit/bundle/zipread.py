"""Reading a zip from a stranger: everything is validated before anything is extracted, one code per rule.

`zipfile.extractall` mends in silence what an attacker wrote (`..` is stripped, a second entry of one name wins, sizes
are believed). Here every departure from a plain archive is refused by name, from the central directory and the local
headers together, and bytes are counted and checked while they stream. Two programs that read such an archive see the
same files: each byte of it belongs to exactly one header, one entry or the directory.
"""

from __future__ import annotations

import hashlib
import stat
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from coursekit.bundle.copying import CHUNK
from coursekit.bundle.names import collision, name_fault

STORED, DEFLATED = 0, 8
_AES = 99
_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_DESCRIPTOR = 0x0008
_UTF8 = 0x0800
_ZIP64_EXTRA = 0x0001
_SECOND_NAME_EXTRA = 0x7075
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_DOS_FOLDER = 0x10
_SMALL = 1 << 20
"""A text of spaces packs better than 1:200 and harms nobody; larger entries may not."""

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_LOCATOR = struct.Struct("<4sIQI")
_END64 = struct.Struct("<4sQ2H2I4Q")


class ZipFault(Exception):
    """Why an archive is refused. `code` has words in texts/package.toml."""

    def __init__(self, code: str, entry: str | None = None, detail: str = "") -> None:
        super().__init__(f"{code}: {entry or ''} {detail}".strip())
        self.code, self.entry, self.detail = code, entry, detail


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reader is willing to take."""

    entries: int = 20_000
    total_bytes: int = 1 << 40
    entry_bytes: int = 1 << 38
    depth: int = 32
    name_bytes: int = 1024
    directory_bytes: int = 64 << 20
    ratio: int = 200


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One validated entry."""

    name: str
    """POSIX path, exactly as in the archive; folders end in `/`."""
    size_bytes: int
    is_folder: bool
    crc32: int
    method: int
    compressed_bytes: int
    data_offset: int


@dataclass(frozen=True, slots=True)
class _Listed:
    """An entry as the central directory tells it."""

    raw_name: bytes
    name: str
    flags: int
    method: int
    stamp: tuple[int, int]
    crc32: int
    compressed: int
    size: int
    header_offset: int


@dataclass(frozen=True, slots=True)
class _Directory:
    offset: int
    size: int
    count: int


class StrictZip:
    """A validated archive. Construction raises ZipFault; nothing has been written anywhere by then."""

    entries: Mapping[str, ZipEntry]
    """By name, in the archive's order, files only."""

    def __init__(self, path: Path, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.file: BinaryIO = path.open("rb", buffering=0)
        try:
            self.file_bytes = self.file.seek(0, 2)
            directory = self._find_directory()
            listed = self._read_directory(directory)
            self._judge_names(listed)
            self._judge_sizes(listed)
            self.entries = self._read_headers(listed, directory)
        except BaseException:
            self.file.close()
            raise

    # ------------------------------------------------------------------------------------------------- the directory

    def _read_at(self, offset: int, size: int) -> bytes:
        self.file.seek(offset)
        data = b""
        while len(data) < size and (more := self.file.read(size - len(data))):
            data += more
        return data

    def _find_directory(self) -> _Directory:
        tail_at = max(0, self.file_bytes - _END.size - _FULL16 - _LOCATOR.size - _END64.size)
        tail = self._read_at(tail_at, self.file_bytes - tail_at)
        at = len(tail) - _END.size
        if at < 0 or not tail.startswith(b"PK\5\6", at):
            self._explain_missing_end(tail)
        _, disk, start_disk, here, count, size, offset, comment = _END.unpack_from(tail, at)
        if comment:
            raise ZipFault("truncated", detail="comment length")
        end_at = tail_at + at
        if disk or start_disk or here != count:
            raise ZipFault("several-volumes")
        if at >= _LOCATOR.size and tail.startswith(b"PK\6\7", at - _LOCATOR.size):
            return self._directory_64(end_at - _LOCATOR.size, (count, size, offset))
        if count == _FULL16 or _FULL32 in (size, offset):
            raise ZipFault("zip64-differs", detail="no locator")
        return self._place_directory(_Directory(offset, size, count), end_at)

    def _explain_missing_end(self, tail: bytes) -> None:
        at = tail.rfind(b"PK\5\6")
        if at < 0 or at + _END.size > len(tail):
            begins = self._read_at(0, 4) in (b"PK\3\4", b"PK\5\6")
            raise ZipFault("truncated" if begins else "not-a-zip")
        comment = _END.unpack_from(tail, at)[7]
        rest = len(tail) - at - _END.size
        if comment == rest:
            raise ZipFault("archive-comment", detail=str(rest))
        raise ZipFault("data-after" if comment < rest else "truncated", detail=str(rest - comment))

    def _directory_64(self, locator_at: int, small: tuple[int, int, int]) -> _Directory:
        _, disk, record_at, disks = _LOCATOR.unpack(self._read_at(locator_at, _LOCATOR.size))
        raw = self._read_at(record_at, _END64.size) if record_at + _END64.size <= locator_at else b""
        if disk or disks > 1:
            raise ZipFault("several-volumes")
        if not raw.startswith(b"PK\6\6"):
            raise ZipFault("data-before" if not raw or small[2] != _FULL32 else "zip64-differs", detail="no record")
        _, length, _, _, disk, start_disk, here, count, size, offset = _END64.unpack(raw)
        if disk or start_disk or here != count:
            raise ZipFault("several-volumes")
        if record_at + 12 + length != locator_at or length != _END64.size - 12:
            raise ZipFault("zip64-differs", detail="record length")
        for value, short, full in zip((count, size, offset), small, (_FULL16, _FULL32, _FULL32), strict=True):
            if short not in (full, value):
                raise ZipFault("zip64-differs", detail=f"{short} and {value}")
        return self._place_directory(_Directory(offset, size, count), record_at)

    def _place_directory(self, directory: _Directory, end_at: int) -> _Directory:
        if directory.count > self.limits.entries:
            raise ZipFault("too-many-entries", detail=str(directory.count))
        if directory.size > self.limits.directory_bytes:
            raise ZipFault("directory-too-large", detail=str(directory.size))
        gap = end_at - directory.size - directory.offset
        if gap > 0 and self._read_at(end_at - directory.size, 4) in (b"PK\1\2", b"PK\5\6"):
            # Everything was moved down by what somebody put in front.
            raise ZipFault("data-before", detail=str(gap))
        if gap:
            raise ZipFault("hidden-data" if gap > 0 else "directory-differs", detail=str(gap))
        return directory

    def _read_directory(self, directory: _Directory) -> list[_Listed]:
        data = self._read_at(directory.offset, directory.size)
        listed: list[_Listed] = []
        at = 0
        while at < len(data):
            if len(listed) == directory.count or not data.startswith(b"PK\1\2", at) or at + _CENTRAL.size > len(data):
                raise ZipFault("directory-differs", detail=f"entry {len(listed) + 1} of {directory.count}")
            entry, at = self._parse_central(data, at)
            listed.append(entry)
        if len(listed) != directory.count or len(data) != directory.size:
            raise ZipFault("directory-differs", detail=f"{len(listed)} of {directory.count}")
        return listed

    def _parse_central(self, data: bytes, at: int) -> tuple[_Listed, int]:
        fields = _CENTRAL.unpack_from(data, at)
        _, _, _, flags, method, time, date, crc, compressed, size, n_name, n_extra, n_comment, disk = fields[:14]
        outside, offset = fields[15], fields[16]
        at += _CENTRAL.size
        end = at + n_name + n_extra + n_comment
        if end > len(data):
            raise ZipFault("directory-differs", detail="runs past its end")
        raw_name = data[at : at + n_name]
        name = self._decode(raw_name, flags)
        extra = _parse_extra(data[at + n_name : at + n_name + n_extra], name)
        size, compressed, offset, disk = _widen(extra.get(_ZIP64_EXTRA, b""), (size, compressed, offset, disk), name)
        if disk:
            raise ZipFault("several-volumes", name)
        if n_comment:
            raise ZipFault("entry-comment", name)
        if _SECOND_NAME_EXTRA in extra:
            raise ZipFault("second-name", name)
        if flags & _ENCRYPTED or method == _AES:
            raise ZipFault("encrypted", name)
        if method not in (STORED, DEFLATED):
            raise ZipFault("compression-method", name, str(method))
        self._judge_kind(name, outside, size)
        return _Listed(raw_name, name, flags, method, (time, date), crc, compressed, size, offset), end

    @staticmethod
    def _decode(raw: bytes, flags: int) -> str:
        try:
            return raw.decode("utf-8" if flags & _UTF8 else "ascii")
        except UnicodeDecodeError as error:
            # Without the UTF-8 flag a name is whatever code page the reader happens to have.
            raise ZipFault("name-encoding", raw.decode("utf-8", "backslashreplace")) from error

    @staticmethod
    def _judge_kind(name: str, outside: int, size: int) -> None:
        kind = stat.S_IFMT(outside >> 16)
        if kind == stat.S_IFLNK:
            raise ZipFault("symlink", name)
        is_folder = name.endswith("/")
        wanted = stat.S_IFDIR if is_folder else stat.S_IFREG
        if kind not in (0, wanted) or (not is_folder and outside & _DOS_FOLDER):
            raise ZipFault("special-file", name, oct(outside >> 16))
        if is_folder and size:
            raise ZipFault("folder-with-data", name)

    # ------------------------------------------------------------------------------------------------ names and sizes

    def _judge_names(self, listed: list[_Listed]) -> None:
        for entry in listed:
            if len(entry.raw_name) > self.limits.name_bytes:
                raise ZipFault("name-too-long", entry.name[:80])
            if (code := name_fault(entry.name.removesuffix("/"))) is not None:
                raise ZipFault(code, entry.name)
            if entry.name.rstrip("/").count("/") >= self.limits.depth:
                raise ZipFault("too-deep", entry.name)
        if (found := collision(entry.name for entry in listed)) is not None:
            raise ZipFault(found[1], found[0])

    def _judge_sizes(self, listed: list[_Listed]) -> None:
        for entry in listed:
            if entry.method == STORED and entry.compressed != entry.size:
                raise ZipFault("size-differs", entry.name)
            if entry.size > self.limits.entry_bytes:
                raise ZipFault("too-large", entry.name, str(entry.size))
            if entry.size > _SMALL and entry.size > self.limits.ratio * entry.compressed:
                raise ZipFault("ratio", entry.name, f"1:{entry.size // max(1, entry.compressed)}")
        total = sum(entry.size for entry in listed)
        if total > self.limits.total_bytes:
            raise ZipFault("too-large", detail=str(total))
        if total > _SMALL and total > self.limits.ratio * self.file_bytes:
            raise ZipFault("ratio", detail=f"1:{total // self.file_bytes}")

    # ------------------------------------------------------------------------------------------------- local headers

    def _read_headers(self, listed: list[_Listed], directory: _Directory) -> Mapping[str, ZipEntry]:
        placed: dict[str, tuple[int, ZipEntry]] = {}
        in_order = sorted(listed, key=lambda entry: entry.header_offset)
        ends = [*(entry.header_offset for entry in in_order[1:]), directory.offset][: len(in_order)]
        if (in_order[0].header_offset if in_order else directory.offset) != 0:
            raise ZipFault("data-before", in_order[0].name if in_order else None)
        for entry, end in zip(in_order, ends, strict=True):
            header = self._read_at(entry.header_offset, _LOCAL.size)
            if len(header) < _LOCAL.size or not header.startswith(b"PK\3\4"):
                raise ZipFault("local-header-differs", entry.name, "no header")
            data_at = self._compare(entry, header)
            data_end = data_at + entry.compressed
            if data_end > end:
                raise ZipFault("overlap", entry.name)
            self._judge_gap(entry, data_end, end)
            placed[entry.name] = (
                data_at,
                ZipEntry(
                    entry.name,
                    entry.size,
                    entry.name.endswith("/"),
                    entry.crc32,
                    entry.method,
                    entry.compressed,
                    data_at,
                ),
            )
        return {e.name: placed[e.name][1] for e in listed if not e.name.endswith("/")}

    def _compare(self, entry: _Listed, header: bytes) -> int:
        """The local header must tell what the directory tells; gives where the data begins."""
        _, _, flags, method, time, date, crc, compressed, size, n_name, n_extra = _LOCAL.unpack(header)
        rest = self._read_at(entry.header_offset + _LOCAL.size, n_name + n_extra)
        extra = _parse_extra(rest[n_name:], entry.name)
        if _SECOND_NAME_EXTRA in extra:
            raise ZipFault("second-name", entry.name)
        size, compressed, _, _ = _widen(extra.get(_ZIP64_EXTRA, b""), (size, compressed, 0, 0), entry.name)
        pairs: list[tuple[str, object, object]] = [
            ("name", rest[:n_name], entry.raw_name),
            ("flags", flags, entry.flags),
            ("method", method, entry.method),
            ("time", (time, date), entry.stamp),
        ]
        sums = (("crc", crc, entry.crc32), ("compressed", compressed, entry.compressed), ("size", size, entry.size))
        # A stream of unknown length has zeros here and the truth behind its data.
        pairs += [(what, a, b) for what, a, b in sums if a or not flags & _DESCRIPTOR]
        for what, here, there in pairs:
            if here != there:
                raise ZipFault("local-header-differs", entry.name, what)
        return entry.header_offset + _LOCAL.size + int(n_name) + int(n_extra)

    def _judge_gap(self, entry: _Listed, data_end: int, end: int) -> None:
        gap = end - data_end
        if not entry.flags & _DESCRIPTOR:
            if gap:
                raise ZipFault("hidden-data", entry.name, str(gap))
            return
        if gap not in (12, 16, 20, 24):
            raise ZipFault("hidden-data" if gap > 24 else "local-header-differs", entry.name, f"descriptor {gap}")
        raw = self._read_at(data_end, gap)
        if gap in (16, 24):
            if not raw.startswith(b"PK\7\x08"):
                raise ZipFault("local-header-differs", entry.name, "descriptor")
            raw = raw[4:]
        found = struct.unpack("<3I" if len(raw) == 12 else "<I2Q", raw)
        if found != (entry.crc32, entry.compressed, entry.size):
            raise ZipFault("local-header-differs", entry.name, "descriptor")

    # ------------------------------------------------------------------------------------------------------- contents

    def chunks(self, entry: ZipEntry) -> Iterator[bytes]:
        """An entry's bytes in pieces; ZipFault at the first byte too many, at the end when size or CRC differ."""
        crc, left = 0, entry.size_bytes
        for chunk in self._stored(entry) if entry.method == STORED else self._inflated(entry):
            left -= len(chunk)
            if left < 0:
                raise ZipFault("size-differs", entry.name)
            crc = zlib.crc32(chunk, crc)
            yield chunk
        if left:
            raise ZipFault("size-differs", entry.name)
        if crc != entry.crc32:
            raise ZipFault("wrong-crc", entry.name)

    def _stored(self, entry: ZipEntry) -> Iterator[bytes]:
        at, end = entry.data_offset, entry.data_offset + entry.compressed_bytes
        while at < end:
            # Seek each time: entries may be read in turns.
            self.file.seek(at)
            chunk = self.file.read(min(CHUNK, end - at))
            if not chunk:
                raise ZipFault("truncated", entry.name)
            at += len(chunk)
            yield chunk

    def _inflated(self, entry: ZipEntry) -> Iterator[bytes]:
        inflate = zlib.decompressobj(-15)
        try:
            for packed in self._stored(entry):
                while packed:
                    # max_length: a bomb is opened one piece at a time, and counted.
                    chunk = inflate.decompress(packed, CHUNK)
                    packed = inflate.unconsumed_tail
                    if chunk:
                        yield chunk
                    if inflate.eof and (packed or inflate.unused_data):
                        raise ZipFault("hidden-data", entry.name, "behind the compressed stream")
            if chunk := inflate.flush():
                yield chunk
        except zlib.error as error:
            raise ZipFault("bad-deflate", entry.name, str(error)) from error
        if not inflate.eof:
            raise ZipFault("bad-deflate", entry.name, "ends early")

    def extract(self, entry: ZipEntry, target: BinaryIO, sha256: str | None = None) -> str:
        """Stream an entry into `target`; gives its SHA-256, ZipFault(`sha256-differs`) when it is another one."""
        digest = hashlib.sha256()
        for chunk in self.chunks(entry):
            digest.update(chunk)
            target.write(chunk)
        found = digest.hexdigest()
        if sha256 is not None and found != sha256:
            raise ZipFault("sha256-differs", entry.name)
        return found

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _parse_extra(raw: bytes, name: str) -> dict[int, bytes]:
    fields: dict[int, bytes] = {}
    at = 0
    while at < len(raw):
        if at + 4 > len(raw):
            raise ZipFault("bad-extra", name)
        kind, size = struct.unpack_from("<2H", raw, at)
        at += 4
        if at + size > len(raw) or kind in fields:
            raise ZipFault("bad-extra", name)
        fields[kind] = raw[at : at + size]
        at += size
    return fields


def _widen(extra: bytes, short: tuple[int, int, int, int], name: str) -> tuple[int, int, int, int]:
    """Size, compressed size, offset and disk, taken from the zip64 field where the short one is full."""
    values = list(short)
    at = 0
    for index, (full, width) in enumerate(((_FULL32, 8), (_FULL32, 8), (_FULL32, 8), (_FULL16, 4))):
        if values[index] != full:
            continue
        if at + width > len(extra):
            raise ZipFault("zip64-differs", name)
        values[index] = int.from_bytes(extra[at : at + width], "little")
        at += width
    if at != len(extra):
        raise ZipFault("zip64-differs", name)
    return values[0], values[1], values[2], values[3]
