"""A package appears under its name in one step, whole. What a killed run leaves is a hidden part beside it, under a
name of its own, which the next run takes over: ten gigabytes are not left lying about for each attempt."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from coursekit.files import WholeFile, sync_folder
from coursekit.locks import release, try_lock


class Busy(Exception):
    """Another run is writing this very package."""

    code = "package-busy"


def part_of(target: Path) -> Path:
    """Where a target grows."""
    return target.with_name(f".{target.name}.part")


@contextlib.contextmanager
def growing_file(target: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `target` when the block ends well."""
    part = part_of(target)
    with _alone(target, part):
        try:
            with WholeFile(part, "w+b") as file:
                yield cast("BinaryIO", file)
                os.fsync(file.fileno())
            part.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink()
            raise
        sync_folder(target.parent)


@contextlib.contextmanager
def growing_folder(target: Path) -> Iterator[Path]:
    """An empty folder that becomes `target` when the block ends well. `target` must not be there."""
    part = part_of(target)
    with _alone(target, part):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        try:
            yield part
            part.rename(target)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        sync_folder(target.parent)


@contextlib.contextmanager
def _alone(target: Path, part: Path) -> Iterator[None]:
    """The only run that writes this package; Busy where another does."""
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = part.with_name(f"{part.name}.lock")
    handle = try_lock(lock)
    if handle is None:
        raise Busy(target.name)
    try:
        yield
    finally:
        release(handle, lock)
