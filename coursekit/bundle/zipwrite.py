"""Writing a zip: the same input gives the same bytes, on every system and with every version of zlib.

Entries are stored, not compressed (media is compressed already, and deflate differs between libraries), carry one fixed
time and one mode, and stand in the order in which they are added. Nothing is held in memory but the directory.
"""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from coursekit.bundle.appear import growing_file
from coursekit.bundle.copying import copy_checked

_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_PLAIN_FILE = 0o100644 << 16


class ZipWriter:
    """Adds entries to an archive that is being written."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    @contextlib.contextmanager
    def entry(self, name: str, size_bytes: int) -> Iterator[IO[bytes]]:
        """A stream for one entry of that size."""
        info = zipfile.ZipInfo(name, _TIME)
        info.create_system = _UNIX
        info.external_attr = _PLAIN_FILE
        # Known beforehand, so that only an entry past 4 GiB carries the zip64 fields that old readers stumble over.
        info.file_size = size_bytes
        with self._archive.open(info, "w") as stream:
            yield stream

    def add(self, name: str, data: bytes) -> None:
        """A small entry."""
        with self.entry(name, len(data)) as stream:
            stream.write(data)

    def copy(self, name: str, source: Path, sha256: str, size_bytes: int, *, called: str | None = None) -> None:
        """A file, read once; ChangedSince, by the name people `called` it, where it is no longer what was audited."""
        with self.entry(name, size_bytes) as stream:
            copy_checked(source, called or name, sha256, size_bytes, stream.write)


@contextlib.contextmanager
def zip_writer(target: Path) -> Iterator[ZipWriter]:
    """An archive that appears under `target` in one step when the block ends well."""
    with (
        growing_file(target) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True, strict_timestamps=False) as archive,
    ):
        yield ZipWriter(archive)
