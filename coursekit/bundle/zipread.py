"""Reading a zip from a stranger: everything is validated before anything is extracted, one code per rule.

`zipfile.extractall` mends in silence what an attacker wrote (`..` is stripped, a second entry of one name wins, sizes
are believed). Here every departure from a plain archive is refused by name, from the central directory and the local
headers together, and bytes are counted and checked while they stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self


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


class StrictZip:
    """A validated archive. Construction raises ZipFault; nothing has been written anywhere by then."""

    def __init__(self, path: Path, limits: Limits | None = None) -> None:
        raise NotImplementedError

    entries: Mapping[str, ZipEntry]
    """By name, in the archive's order, files only."""

    def chunks(self, entry: ZipEntry) -> Iterator[bytes]:
        """An entry's bytes in pieces; ZipFault at the first byte too many, at the end when size or CRC differ."""
        raise NotImplementedError

    def extract(self, entry: ZipEntry, target: BinaryIO, sha256: str | None = None) -> str:
        """Stream an entry into `target`; gives its SHA-256, ZipFault(`sha256-differs`) when it is another one."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
