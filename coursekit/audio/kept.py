"""What is kept of a lesson of any length: the strongest of what was found, and no more."""

from __future__ import annotations

import heapq
from typing import Generic, TypeVar

T = TypeVar("T")


class Strongest(Generic[T]):
    """So many of the strongest; of equals, those that came first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._heap: list[tuple[float, float, T]] = []

    def add(self, strength: float, time: float, item: T) -> None:
        """Offer one. No two may have the same time."""
        if len(self._heap) < self._most:
            heapq.heappush(self._heap, (strength, -time, item))
        elif strength > self._heap[0][0]:
            heapq.heapreplace(self._heap, (strength, -time, item))

    def in_order(self) -> tuple[T, ...]:
        """Those kept, in order of time."""
        return tuple(item for _, _, item in sorted(self._heap, key=lambda entry: -entry[1]))
