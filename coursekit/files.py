"""Writing and hashing files so that a killed run leaves the old file or the new one, never half of either."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

_CHUNK = 1 << 20


def write_atomic(path: Path, data: bytes | str, *, sync: bool = True, private: bool = False) -> None:
    """Put `data` under `path` in one step. The folder is made where it is missing."""
    with replacing(path, sync=sync, private=private) as file:
        file.write(data.encode("utf-8") if isinstance(data, str) else data)


@contextlib.contextmanager
def replacing(path: Path, *, sync: bool = True, private: bool = False) -> Iterator[BinaryIO]:
    """A file to write and seek in that takes the place of `path` when the block ends well, and is gone otherwise.

    For what is too large to hold: a package of ten gigabytes is streamed, and still appears in one step. `private`: for
    its owner alone, where the system knows owners.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".coursekit-", dir=path.parent)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            if sync:
                file.flush()
                os.fsync(file.fileno())
        if not private:
            _permissions_of_a_new_file(temporary)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
    if sync:
        sync_folder(path.parent)


def _permissions_of_a_new_file(temporary: str) -> None:
    # mkstemp gives 0600; a report is an ordinary file and follows the user's umask.
    mask = os.umask(0)
    os.umask(mask)
    Path(temporary).chmod(0o666 & ~mask)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` outlast a power cut."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        # Some network file systems cannot sync a folder; the rename itself has been done.
        return
    finally:
        os.close(handle)


class WholeFile(io.FileIO):
    """An unbuffered file that takes every byte or raises: a nearly full disk takes half of them and says so once."""

    def write(self, data: Buffer, /) -> int:
        """All of it."""
        view = memoryview(data).cast("B")
        done = 0
        while done < len(view):
            done += super().write(view[done:]) or 0
        return done


def open_plain(path: Path) -> BinaryIO:
    """A file to be read that somebody else may have put there. Raises OSError, also for what is no plain file.

    Opening a FIFO would wait for a writer for ever, and opening a device may do anything.
    """
    handle = os.open(
        path,
        os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0),
    )
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "not a plain file", str(path))
        return os.fdopen(handle, "rb", buffering=0)
    except BaseException:
        os.close(handle)
        raise


def read_plain(path: Path, most: int) -> bytes:
    """A plain file of at most so many bytes. Raises OSError, also for a larger one."""
    with open_plain(path) as file:
        data = bytearray()
        while len(data) <= most and (chunk := file.read(min(_CHUNK, most + 1 - len(data)))):
            data += chunk
    if len(data) > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return bytes(data)


def sha256_of(path: Path, tick: Callable[[int], None] | None = None) -> str:
    """SHA-256 of a file, read once in bounded memory. `tick` hears how many bytes have been read."""
    digest = hashlib.sha256()
    done = 0
    with open_plain(path) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            if tick is not None:
                tick(done)
    return digest.hexdigest()
