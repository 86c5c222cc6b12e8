"""The library as a folder: what lies where, and in which order it is written.

```
library.json            what this folder is
objects/ab/cdef…        every file once, under its SHA-256, read-only
editions/<id>.json      one record per package taken in: the truth
announced/<id>          the webhook has heard of it
quarantine/<name>.json  packages refused, with the reasons
incoming/<run>/         what an import is receiving; of no meaning once that import has ended
index.sqlite3           made from the records, and made again from them whenever it is not what they say
```

An object is in place, and safe on the disk, before a record names it; a record is in place before the index shows it.
So a run that dies anywhere leaves objects nobody names or a record not yet indexed, never a record without its files.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from coursekit import codec
from coursekit.files import sync_folder, write_atomic
from coursekit.library.model import LIBRARY_SCHEMA, Edition
from coursekit.locks import locked, release, try_lock

SHA256 = re.compile(r"[0-9a-f]{64}")
_MARK = "library.json"
_HALF_WRITTEN_S = 3600
"""A small file that is still being written after an hour is not being written."""


class LibraryFault(Exception):
    """The library cannot be used as asked. `code` names a phrase of texts/library.toml."""

    def __init__(self, code: str, **args: str) -> None:
        super().__init__(f"{code}: {', '.join(args.values())}")
        self.code = code
        self.args_ = args


@dataclass(frozen=True, slots=True)
class Shelf:
    """A library folder."""

    root: Path

    def object_path(self, sha256: str) -> Path:
        """Where a file lies."""
        return self.root / "objects" / sha256[:2] / sha256[2:]

    def has(self, sha256: str, size_bytes: int) -> bool:
        """Whether a file is in place, whole by its size."""
        try:
            return self.object_path(sha256).stat().st_size == size_bytes
        except OSError:
            return False

    def objects(self) -> Iterator[Path]:
        """Every file in the store."""
        yield from sorted((self.root / "objects").glob("??/*"))

    def edition_path(self, edition: str) -> Path:
        """Where a record lies."""
        return self.root / "editions" / f"{edition}.json"

    def edition_ids(self) -> frozenset[str]:
        """Every edition there is."""
        names = (path.stem for path in (self.root / "editions").glob("*.json"))
        return frozenset(name for name in names if SHA256.fullmatch(name))

    def edition(self, edition: str) -> Edition:
        """A record; LibraryFault where it cannot be read."""
        path = self.edition_path(edition)
        try:
            return codec.loads(Edition, path.read_bytes())
        except FileNotFoundError as error:
            raise LibraryFault("no-such-edition", edition=edition) from error
        except (OSError, codec.CodecError) as error:
            raise LibraryFault("record-unreadable", file=str(path), detail=str(error)) from error

    def keep(self, edition: Edition) -> None:
        """Write a record. Its objects are in place."""
        write_atomic(self.edition_path(edition.id), codec.dumps(edition))

    def announced(self, edition: str) -> bool:
        """Whether the webhook has heard."""
        return (self.root / "announced" / edition).exists()

    def mark_announced(self, edition: str) -> None:
        """The webhook has heard."""
        write_atomic(self.root / "announced" / edition, b"")

    @contextlib.contextmanager
    def receiving(self) -> Iterator[Path]:
        """A folder for one import's files, gone when the block ends; what dead imports left goes as well."""
        incoming = self.root / "incoming"
        incoming.mkdir(exist_ok=True)
        self.sweep()
        place = incoming / uuid.uuid4().hex
        # Nobody else receives here, but the sweep of another import may hold the lock between its making and ours.
        with locked(place.with_suffix(".lock")):
            place.mkdir()
            try:
                yield place
            finally:
                shutil.rmtree(place, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what imports that died were receiving. One that lives holds its lock."""
        for name in ("editions", "announced", "quarantine"):
            for left in (self.root / name).glob(".coursekit-*"):
                with contextlib.suppress(OSError):
                    if time.time() - left.stat().st_mtime > _HALF_WRITTEN_S:
                        left.unlink()
        for place in (self.root / "incoming").glob("*"):
            lock = place.with_suffix(".lock")
            if place == lock and place.with_suffix("").exists():
                continue
            handle = try_lock(lock)
            if handle is not None:
                shutil.rmtree(place, ignore_errors=True)
                release(handle, lock)

    def place(self, received: Path, sha256: str, size_bytes: int) -> Path:
        """Put a received file, already safe on the disk, into the store. Gives the folder that must be synced."""
        target = self.object_path(sha256)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not self.has(sha256, size_bytes):
            received.chmod(0o444)
            received.replace(target)
        return target.parent


def open_shelf(root: Path, *, create: bool = False) -> Shelf:
    """The library at `root`; with `create`, a new one where there is nothing."""
    mark = root / _MARK
    if create and not mark.exists():
        # Looked for again at the end: an import beside this one may have made the library in between.
        if root.exists() and (not root.is_dir() or any(_strange(root))) and not mark.exists():
            raise LibraryFault("not-a-library", library=str(root))
        for name in _PARTS:
            (root / name).mkdir(parents=True, exist_ok=True)
        write_atomic(mark, json.dumps({"schema": LIBRARY_SCHEMA}) + "\n")
        sync_folder(root)
    try:
        schema = json.loads(mark.read_bytes()).get("schema")
    except FileNotFoundError as error:
        raise LibraryFault("not-a-library", library=str(root)) from error
    except (OSError, ValueError, AttributeError) as error:
        raise LibraryFault("record-unreadable", file=str(mark), detail=str(error)) from error
    if schema != LIBRARY_SCHEMA:
        raise LibraryFault("library-of-another-version", library=str(root), schema=str(schema))
    return Shelf(root)


_PARTS = ("objects", "editions", "announced", "quarantine", "incoming")


def _strange(root: Path) -> Iterator[Path]:
    """What is in a folder besides what the making of a library, cut short, leaves there."""
    for path in root.iterdir():
        if not path.name.startswith(".coursekit-") and not (path.name in _PARTS and not any(path.iterdir())):
            yield path
