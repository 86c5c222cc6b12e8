"""Boxes beside, within and upon each other: x, y, w, h, in pixels or as shares of the picture."""

from __future__ import annotations

Box = tuple[float, float, float, float]


def common(one: Box, other: Box) -> float:
    """Area that both have in common."""
    w = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    h = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return w * h if w > 0 and h > 0 else 0.0


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    both = common(one, other)
    return both / (one[2] * one[3] + other[2] * other[3] - both) if both else 0.0


def covers(one: Box, other: Box) -> float:
    """Share of `other` that lies inside `one`."""
    both = common(one, other)
    return both / (other[2] * other[3]) if both else 0.0


def shared(one: Box, other: Box) -> float:
    """Share of either, whichever is more, that lies in the other: 1 where one is a part of the other."""
    return max(covers(one, other), covers(other, one))
