"""A bag as files under names, whether it lies in a folder or in a zip."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Protocol, Self

from coursekit.bundle.copying import CHUNK
from coursekit.bundle.zipread import Limits, StrictZip, ZipFault
from coursekit.files import open_plain
from coursekit.paths import display_name

BAG_DECLARATION = "bagit.txt"


class TreeFault(Exception):
    """Why a folder or archive cannot be read as a bag at all."""

    def __init__(self, code: str, path: str | None = None, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.path, self.detail = code, path, detail


class Tree(Protocol):
    """Files by their name relative to the bag, with what it takes to read each once."""

    kind: str
    sizes: Mapping[str, int]

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of one file in pieces."""

    def close(self) -> None:
        """Let go."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class _Closing:
    def close(self) -> None:
        """Let go."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class FolderTree(_Closing):
    """A bag that lies in a folder. Links and devices are refused: what they show can change behind the checksums."""

    kind = "folder"

    def __init__(self, root: Path, limits: Limits) -> None:
        self.root = root
        self.sizes: Mapping[str, int] = dict(sorted(self._walk(root, "", limits.entries, limits.depth)))

    def _walk(self, folder: Path, prefix: str, entries: int, depth: int) -> Iterator[tuple[str, int]]:
        waiting = [(folder, prefix, 0)]
        seen = 0
        while waiting:
            here, before, level = waiting.pop()
            if level > depth:
                raise TreeFault("too-deep", before)
            with os.scandir(here) as listing:
                for entry in listing:
                    seen += 1
                    if seen > entries:
                        raise TreeFault("too-many-entries", detail=str(seen))
                    name = before + entry.name
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISDIR(status.st_mode):
                        waiting.append((Path(entry.path), f"{name}/", level + 1))
                    elif stat.S_ISREG(status.st_mode):
                        yield name, status.st_size
                    else:
                        raise TreeFault("symlink" if stat.S_ISLNK(status.st_mode) else "special-file", name)

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of one file in pieces."""
        # Seen to be a plain file when it was listed; it may have been swapped since.
        with open_plain(self.root.joinpath(*name.split("/"))) as file:
            while chunk := file.read(CHUNK):
                yield chunk


class ZipTree(_Closing):
    """A bag in a single zip, at its top or in the one folder that stands there."""

    kind = "zip"

    def __init__(self, path: Path, limits: Limits) -> None:
        self.archive = StrictZip(path, limits)
        try:
            self._prefix = self._find_bag()
        except BaseException:
            self.archive.close()
            raise
        cut = len(self._prefix)
        self.sizes: Mapping[str, int] = {name[cut:]: e.size_bytes for name, e in self.archive.entries.items()}

    def _find_bag(self) -> str:
        names = self.archive.entries
        if BAG_DECLARATION in names:
            return ""
        tops = {name.split("/", 1)[0] for name in names}
        top = next(iter(tops)) if len(tops) == 1 else ""
        if f"{top}/{BAG_DECLARATION}" not in names:
            raise TreeFault("no-bag")
        return f"{top}/"

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of one entry in pieces."""
        return self.archive.chunks(self.archive.entries[self._prefix + name])

    def close(self) -> None:
        """Let go of the archive."""
        self.archive.close()


def open_tree(path: Path, limits: Limits) -> FolderTree | ZipTree:
    """The bag at `path`. ZipFault or TreeFault where it is none, or a dangerous one."""
    return FolderTree(path, limits) if path.is_dir() else ZipTree(path, limits)


def nfc(name: str) -> str:
    """A name as it is compared: macOS decomposes what people and manifests write composed."""
    return unicodedata.normalize("NFC", name)


def shown(name: str) -> str:
    """A name as text that UTF-8 can hold, otherwise untouched: `x//y` must not be shown as `x/y`."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return display_name(PurePosixPath(name))
    return name


__all__ = ["BAG_DECLARATION", "FolderTree", "Tree", "TreeFault", "ZipFault", "ZipTree", "nfc", "open_tree", "shown"]
