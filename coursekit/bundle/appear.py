"""A package appears under its name in one step, whole. What a killed run leaves is a hidden part beside it, under a
name of its own, which the next run takes over: ten gigabytes are not left lying about for each attempt."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from coursekit.files import sync_folder


class Busy(Exception):
    """Another run is writing this very package."""

    code = "package-busy"


def part_of(target: Path) -> Path:
    """Where a target grows."""
    return target.with_name(f".{target.name}.part")


@contextlib.contextmanager
def growing_file(target: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `target` when the block ends well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = part_of(target)
    with _locked(part) as file:
        file.truncate(0)
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if os.name == "nt":
                file.close()
            part.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink()
            raise
    sync_folder(target.parent)


@contextlib.contextmanager
def growing_folder(target: Path) -> Iterator[Path]:
    """An empty folder that becomes `target` when the block ends well. `target` must not be there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = part_of(target)
    lock = part.with_name(f"{part.name}.lock")
    with _locked(lock):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        try:
            yield part
            part.rename(target)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        finally:
            with contextlib.suppress(OSError):
                lock.unlink()
    sync_folder(target.parent)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """An open file that only this process writes; the lock dies with the process."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    while True:
        with os.fdopen(os.open(path, flags, 0o666), "r+b", buffering=0) as file:
            _lock(file)
            try:
                same = os.path.samestat(os.fstat(file.fileno()), path.lstat())
            except FileNotFoundError:
                same = False
            if not same:
                # Between opening and locking the other run finished: this file is its package now. Begin again.
                continue
            yield file
            return


def _lock(file: BinaryIO) -> None:
    try:
        if os.name == "nt":
            import msvcrt

            getattr(msvcrt, "locking")(file.fileno(), getattr(msvcrt, "LK_NBLCK"), 1)  # noqa: B009 - absent elsewhere
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise Busy(file.name) from error
