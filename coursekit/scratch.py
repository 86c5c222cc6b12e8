"""Room on a disk for what must be looked at and lies elsewhere: bounded for all processes of a machine together.

A lesson on a store is brought here, measured and taken away. However many workers and audits run at once, what lies
here stays under one limit; who finds no room waits. What a killed process left is taken away by whoever comes next.

COURSEKIT_SCRATCH names another folder (a fast disk), COURSEKIT_SCRATCH_GB another limit.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from coursekit.engine.cache import default_cache_dir
from coursekit.locks import locked, release, try_lock

_DEFAULT_GB = 8.0
"""Ten lessons of the largest size the notices allow, and more than any one file ought to have."""
_LOOK_AGAIN_S = 0.2
_HOLD = "held"


class NoRoom(Exception):
    """More is asked for than the scratch space may ever hold."""

    def __init__(self, asked: int, limit: int) -> None:
        super().__init__(asked, limit)
        self.asked = asked
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Scratch:
    """A folder and how much may lie in it."""

    root: Path
    limit_bytes: int

    @contextlib.contextmanager
    def room(self, size_bytes: int, waiting: Callable[[], None] = lambda: None) -> Iterator[Path]:
        """A folder of one's own with so much room, gone afterwards. Raises NoRoom, or OSError of the disk."""
        if size_bytes > self.limit_bytes:
            raise NoRoom(size_bytes, self.limit_bytes)
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        while (taken := self._take(size_bytes, waiting)) is None:
            waiting()
            time.sleep(_LOOK_AGAIN_S)
        place, handle = taken
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)
            release(handle, place / _HOLD)
            shutil.rmtree(place, ignore_errors=True)

    def _take(self, size_bytes: int, waiting: Callable[[], None]) -> tuple[Path, int] | None:
        with locked(self.root / ".lock", waiting):
            if self._used() + size_bytes > self.limit_bytes:
                return None
            # The name says how much is spoken for: a locked file cannot be read everywhere.
            place = self.root / f"{uuid.uuid4().hex}-{size_bytes}"
            place.mkdir(mode=0o700)
            handle = try_lock(place / _HOLD)
            assert handle is not None
            return place, handle

    def _used(self) -> int:
        used = 0
        for place in self.root.iterdir():
            size = place.name.rpartition("-")[2]
            if not size.isdecimal():
                continue
            try:
                handle = try_lock(place / _HOLD)
            except FileNotFoundError:
                # Its owner is taking it away just now.
                continue
            if handle is None:
                used += int(size)
            else:
                # Nobody holds it: its owner was killed.
                shutil.rmtree(place, ignore_errors=True)
                release(handle, place / _HOLD)
                shutil.rmtree(place, ignore_errors=True)
        return used


def scratch() -> Scratch:
    """This machine's scratch space."""
    chosen = os.environ.get("COURSEKIT_SCRATCH")
    root = Path(chosen) if chosen else default_cache_dir() / "scratch"
    try:
        gigabytes = float(os.environ.get("COURSEKIT_SCRATCH_GB", ""))
    except ValueError:
        gigabytes = _DEFAULT_GB
    if not math.isfinite(gigabytes) or gigabytes <= 0:
        gigabytes = _DEFAULT_GB
    return Scratch(root, int(gigabytes * 1e9))
