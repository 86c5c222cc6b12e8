"""What one sender may ask of the service: how much, how often, how slowly."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """Every limit of the import service, with what we think is right for one studio sending courses."""

    upload_bytes: int = 64 << 30
    """One package."""
    uploads_per_token: int = 4
    requests_per_minute: int = 600
    stall_s: float = 30.0
    """A connection from which nothing comes for so long is closed; what came is kept."""
    least_bytes_per_s: int = 16 << 10
    """On average over `stall_s`; a sender of single bytes occupies a connection as well as a silent one."""
    header_s: float = 10.0
    """From the first byte of a request to the end of its head."""
    keep_s: float = 24 * 3600.0
    """How long an upload may take in all, and how long its answer is kept."""
    connections: int = 64


class Rate:
    """Requests of each sender in the running minute. Remembers a bounded number of senders."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic, most_senders: int = 4096) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._most = most_senders
        self._seen: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, sender: str) -> float:
        """How long this sender must wait; 0 lets the request through and counts it."""
        now = self._clock()
        # A bucket that fills steadily: no burst at the turn of a minute.
        left, at = self._seen.pop(sender, (float(self._per_minute), now))
        left = min(float(self._per_minute), left + (now - at) * self._per_minute / 60)
        wait = 0.0 if left >= 1 else (1 - left) * 60 / self._per_minute
        self._seen[sender] = (left - 1 if wait <= 0 else left, now)
        while len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return wait


class Pace:
    """Whether bytes come fast enough, looked at over windows of `stall_s`."""

    def __init__(self, limits: ServiceLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._began = clock()
        self._bytes = 0

    def too_slow(self, received: int) -> bool:
        """Count what has come; True where the window ends with too little."""
        self._bytes += received
        lasted = self._clock() - self._began
        if lasted < self._limits.stall_s:
            return False
        slow = self._bytes < lasted * self._limits.least_bytes_per_s
        self._began, self._bytes = self._clock(), 0
        return slow
