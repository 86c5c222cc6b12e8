"""Boxes beside, within and upon each other: x, y, w, h, in pixels or as shares of the picture."""

from __future__ import annotations

Box = tuple[float, float, float, float]

_CENTRED, _OUTER, _LINE = 0.1, 0.25, 3.0
"""How far from the middle of the picture captions stand, across at most and along at least, and how many times as wide
as high they are, as shares of the picture: the sums of many subtitles over clips of 100 and 120 lines were 0.05 and
0.42 away at most and at least, and seven to fifteen times as wide."""


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


def as_captions(box: Box) -> bool:
    """Whether a share of the picture is long and low and stands where captions do."""
    x, y, w, h = box
    return abs(x + w / 2 - 0.5) < _CENTRED and abs(y + h / 2 - 0.5) > _OUTER and w >= _LINE * h
