"""What a worker of the tests does, in a module that a fresh process can import."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Told:
    """An answer."""

    data: bytes = b""
    at: dict[float, bytes] = field(default_factory=dict)


def work(order: str) -> Told:
    """As ordered."""
    if order == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if order == "hangs":
        time.sleep(600)
    if order == "raises":
        raise ValueError(order)
    if order == "lies":
        return "something else"  # type: ignore[return-value]
    return Told(order.encode(), {0.1: b"\0\xff"})
