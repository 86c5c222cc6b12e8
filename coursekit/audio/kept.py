"""What is kept of a lesson of any length: the strongest of what was found, and no more."""

from __future__ import annotations

import heapq
from typing import Generic, TypeVar

T = TypeVar("T")


class Strongest(Generic[T]):
    """So many of the strongest; of equals, those that came first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._heap: list[tuple[float, float, int, T]] = []
        self._offered = 0

    def add(self, strength: float, time: float, item: T) -> None:
        """Offer one."""
        # The number settles ties of strength and time: what is kept need not be comparable.
        self._offered += 1
        entry = (strength, -time, -self._offered, item)
        if len(self._heap) < self._most:
            heapq.heappush(self._heap, entry)
        elif strength > self._heap[0][0]:
            heapq.heapreplace(self._heap, entry)

    def in_order(self) -> tuple[T, ...]:
        """Those kept, in order of time."""
        return tuple(item for *_, item in sorted(self._heap, key=lambda entry: (-entry[1], -entry[2])))
