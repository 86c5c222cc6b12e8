"""Whether freed memory is kept or given back, where the C library lets it be said (glibc); elsewhere nothing happens.

By itself glibc does the worst of both: it returns the buffers of every picture to the system and faults them in anew
for the next one, and keeps the large ones of a neural network for good.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_REUSED_BYTES = 32 << 20
"""The most that glibc takes: every buffer of a picture comes from the heap, where it is found again. Measuring 1080p
then meets an eighth of the page faults (60 a picture, not 470), costs a twentieth less and holds no more."""
_SPARE_BYTES = 64 << 20
"""Free memory at the end of the heap that is not returned: what glibc comes to by itself when it has freed 32 MB."""
_RETURNED_BYTES = 1 << 20
"""Blocks of this size are mapped one by one while memory is returned; smaller ones are too many for that."""


def reuse_memory() -> None:
    """For a process that works on picture after picture: what one freed is kept for the next."""
    _set(_REUSED_BYTES, _SPARE_BYTES)


def return_memory() -> None:
    """What is free goes back to the system now: between two pieces of work that need different things."""
    trim = getattr(_libc(), "malloc_trim", None)
    if trim is not None:
        trim(ctypes.c_size_t(0))


@contextmanager
def returned_memory() -> Iterator[None]:
    """What is freed within goes back to the system at once; so does, before and after, what is kept for reuse.

    For the one piece of work on a lesson that takes hundreds of megabytes for a second.
    """
    _set(_RETURNED_BYTES, _RETURNED_BYTES)
    return_memory()
    try:
        yield
    finally:
        reuse_memory()
        return_memory()


def _set(mapped_bytes: int, spare_bytes: int) -> None:
    mallopt = getattr(_libc(), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, mapped_bytes)
        mallopt(_M_TRIM_THRESHOLD, spare_bytes)


def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if sys.platform == "linux" else None
