"""Copying a file once while hashing it: what goes into a package is what was audited, or nothing is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from coursekit.files import open_plain

CHUNK = 1 << 20


class ChangedSince(Exception):
    """A file is no longer the one that was audited."""

    code = "changed-since-audit"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def read_checked(path: Path, name: str, sha256: str, size_bytes: int) -> Iterator[bytes]:
    """The bytes of a file in pieces; the end is only reached when they are the expected ones, else ChangedSince."""
    digest = hashlib.sha256()
    left = size_bytes
    try:
        file = open_plain(path)
    except OSError as error:
        raise ChangedSince(name) from error
    with file:
        while chunk := file.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                raise ChangedSince(name)
            digest.update(chunk)
            yield chunk
    if left or digest.hexdigest() != sha256:
        raise ChangedSince(name)


def copy_checked(path: Path, name: str, sha256: str, size_bytes: int, write: Callable[[bytes], object]) -> None:
    """Copy a file into `write`, once, in bounded memory."""
    for chunk in read_checked(path, name, sha256, size_bytes):
        write(chunk)
