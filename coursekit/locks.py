"""Locks between processes that a crash cannot leave behind: the system holds them, and lets go when the holder dies."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_LOOK_AGAIN_S = 0.05


def try_lock(path: Path) -> int | None:
    """Take the lock that the file `path` stands for; None while another holds it. Raises OSError where none can be.

    The answer is to be given to `release`. The folder must be there.
    """
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOINHERIT", 0) | getattr(os, "O_CLOEXEC", 0))
        try:
            if not _take(handle):
                os.close(handle)
                return None
            if _still_named(handle, path):
                return handle
        except BaseException:
            os.close(handle)
            raise
        # The holder before has removed the file on leaving: what is locked here has no name any more.
        os.close(handle)


def release(handle: int, path: Path) -> None:
    """Give the lock back and take its file away, so that a thousand lessons leave nothing lying."""
    # Removed while it is still held: whoever has it open finds it nameless and begins anew. Windows keeps open files.
    with contextlib.suppress(OSError):
        path.unlink()
    os.close(handle)
    if os.name == "nt":
        with contextlib.suppress(OSError):
            path.unlink()


@contextlib.contextmanager
def locked(path: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[bool]:
    """Hold the lock, however long it takes to get it; `waiting` is called now and then, so that silence is no stall.

    Gives whether it had to be waited for.
    """
    handle = try_lock(path)
    waited = handle is None
    while handle is None:
        waiting()
        time.sleep(_LOOK_AGAIN_S)
        handle = try_lock(path)
    try:
        yield waited
    finally:
        release(handle, path)


def _take(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            # Not lockf: a process would never stand in its own way, and its threads must.
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _still_named(handle: int, path: Path) -> bool:
    try:
        now = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(handle), now)
