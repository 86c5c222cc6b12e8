"""Hearing a worker out: what it says is bytes of bounded size that come in time, or it has said nothing."""

from __future__ import annotations

import signal
import sys
import threading
from multiprocessing.connection import Connection

MOST_BYTES = 64 << 20
"""A hundred times the facts of the longest lesson."""
_IN_TIME_S = 30.0
"""For the rest of an answer that has begun: 64 MB go through a pipe in a fraction of a second."""


def hear(pipe: Connection, most_bytes: int = MOST_BYTES) -> bytes:
    """The message that has begun to arrive. Raises EOFError or OSError where it ends, is too long or does not come.

    Whoever stalls halfway through holds its parent up for half a minute; the parent then ends it, and so this thread.
    """
    said: list[bytes | BaseException] = []

    def listen() -> None:
        try:
            said.append(pipe.recv_bytes(most_bytes))
        except (EOFError, OSError, MemoryError) as error:
            said.append(error)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    listener.join(_IN_TIME_S)
    if not said:
        raise TimeoutError("an answer that began did not come to its end")
    if isinstance(said[0], bytes):
        return said[0]
    if isinstance(said[0], MemoryError):
        raise OSError("an answer too large to be held")
    raise said[0]


def how_it_ended(status: int) -> tuple[str, str]:
    """Code and words for a measuring process that ended before it had answered; below 0: by that signal."""
    if sys.platform != "win32" and status == -signal.SIGXCPU:
        return "timeout", "the measuring process used up the processor time of one file"
    if status < 0:
        return "crashed", f"the measuring process was ended by signal {-status}"
    return "crashed", f"the measuring process ended with status {status}"
