"""Uploads on the disk: what has come so far, whose it is, until when it is kept. The length of the file is the offset.

Nothing here knows HTTP. An upload that is complete waits for its import; what became of it is kept beside it until it
expires, so that a sender who was cut off at the last byte can still ask.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from coursekit import codec
from coursekit.files import write_atomic
from coursekit.library.model import Import
from coursekit.library.shelf import Shelf

UPLOAD_SCHEMA = "coursekit/upload/1"


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload, as it was announced."""

    id: str
    owner: str
    """Name of the token."""
    name: str
    """What the sender calls the file; never a path here."""
    size_bytes: int
    created_s: float
    expires_s: float
    """Seconds since 1970."""
    schema: str = UPLOAD_SCHEMA


@dataclass(frozen=True, slots=True)
class UploadStatus:
    """What `GET /uploads/{id}` answers."""

    id: str
    name: str
    size_bytes: int
    offset: int
    state: str
    """`uploading`, `importing` or `done`."""
    expires: str
    """UTC, as 2026-03-05T08:00:00Z."""
    result: Import | None = None
    """Given once it is `done`."""
    trouble: str | None = None
    """Why the import could not run, though nothing is wrong with the package; it is tried again."""
    schema: str = UPLOAD_SCHEMA


@dataclass(frozen=True, slots=True)
class Uploads:
    """All uploads of a library."""

    root: Path

    @classmethod
    def of(cls, shelf: Shelf) -> Uploads:
        """Those of this library."""
        root = shelf.root / "uploads"
        root.mkdir(exist_ok=True, mode=0o700)
        return cls(root)

    def create(self, owner: str, name: str, size_bytes: int, keep_s: float) -> Upload:
        """A new one, empty."""
        now = time.time()
        upload = Upload(uuid.uuid4().hex, owner, name, size_bytes, now, now + keep_s)
        place = self.root / upload.id
        place.mkdir()
        self.data(upload).touch()
        # Last: an upload without this file was never promised to anybody.
        write_atomic(place / "upload.json", codec.dumps(upload))
        return upload

    def find(self, name: str) -> Upload | None:
        """An upload by its id."""
        if not (len(name) == 32 and name.isalnum() and name.isascii()):
            return None
        try:
            return codec.loads(Upload, (self.root / name / "upload.json").read_bytes())
        except (OSError, codec.CodecError):
            return None

    def data(self, upload: Upload) -> Path:
        """Where the bytes are."""
        return self.root / upload.id / "package.zip"

    @contextlib.contextmanager
    def unproved(self, upload: Upload, begin: int) -> Iterator[None]:
        """Bytes from `begin` on are on trial: they go unless the block ends well, and after a crash as well."""
        mark = self.root / upload.id / "unproved"
        write_atomic(mark, str(begin))
        try:
            yield
        except BaseException:
            os.truncate(self.data(upload), begin)
            raise
        finally:
            mark.unlink(missing_ok=True)

    def recover(self) -> None:
        """After a crash: take back what was on trial."""
        for mark in self.root.glob("*/unproved"):
            upload = self.find(mark.parent.name)
            if upload is not None and self.data(upload).exists():
                os.truncate(self.data(upload), int(mark.read_text(encoding="ascii")))
            mark.unlink(missing_ok=True)

    def offset(self, upload: Upload) -> int:
        """How many bytes have come."""
        try:
            return self.data(upload).stat().st_size
        except FileNotFoundError:
            return upload.size_bytes if self.result(upload) is not None else 0

    def result(self, upload: Upload) -> Import | None:
        """What became of it."""
        try:
            return codec.loads(Import, (self.root / upload.id / "result.json").read_bytes())
        except (OSError, codec.CodecError):
            return None

    def conclude(self, upload: Upload, result: Import) -> None:
        """Keep the answer; the bytes are in the library, or refused."""
        text = codec.dumps(result).encode("utf-8", "backslashreplace")
        write_atomic(self.root / upload.id / "result.json", text)
        self.data(upload).unlink(missing_ok=True)

    def remove(self, upload: Upload) -> None:
        """Forget one."""
        # The record first: what is left after a crash belongs to nobody and is swept.
        with contextlib.suppress(OSError):
            (self.root / upload.id / "upload.json").unlink()
        shutil.rmtree(self.root / upload.id, ignore_errors=True)

    def all(self) -> Iterator[Upload]:
        """Every upload, oldest first."""
        found = (self.find(place.name) for place in self.root.iterdir())
        yield from sorted((u for u in found if u is not None), key=lambda u: (u.created_s, u.id))

    def waiting(self) -> tuple[Upload, ...]:
        """Complete, and not yet imported: after a crash these are taken up again."""
        return tuple(u for u in self.all() if self.result(u) is None and self.offset(u) == u.size_bytes)

    def sweep(self, now: float | None = None) -> None:
        """Remove what has expired, and what a crash left without a record."""
        moment = time.time() if now is None else now
        for place in list(self.root.iterdir()):
            upload = self.find(place.name)
            if upload is not None and upload.expires_s < moment and upload not in self.waiting():
                self.remove(upload)
            elif upload is None and place.is_dir() and place.stat().st_mtime < moment - 3600:
                shutil.rmtree(place, ignore_errors=True)
