"""What lies over looks of a lesson that show nothing else in common.

From scene to scene, and before a camera that moves, everything becomes another but what is laid over it. For every
pixel it is asked which way its edges run in each of some thirty looks least like each other, whichever side is the
brighter: a grey mark is dark over a bright ground and bright over a dark one. What runs the same way in nearly all of
them is no scenery. How far scenery agrees by chance, as upright trees in every look of a wood do, is measured on the
same looks, each moved a little another way.

The averages of `persistence` know a mark that is there for a part of the lesson, and one before a camera that stands,
and need many backgrounds for it; this knows one that is always there by a few scenes. Of 24 marks of opacity 0.3 and
0.5, 4 and 10 % wide, over five clips one after the other, the averages told 6 and this 23, and nothing of the clips
without them. Twelve looks for thirty-two told 15 of 28 over single clips and hardly kept upright trees apart; a bias
taken off by the mean of what is around did less than the chance that is measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.marks.boxes import Box
from coursekit.video.marks.looks import Look, Picture
from coursekit.video.marks.past import PACKED, breadth_of_lines, lines_of, packed
from coursekit.video.marks.persistence import Map, soft_edges
from coursekit.video.marks.regions import (
    AS_STEADY,
    WORD_GAP,
    Bits,
    PixelBox,
    Region,
    gathered,
    in_line,
    joined,
    looked_round,
    strokes,
)
from coursekit.video.marks.tracks import Ring, Surroundings, beyond_chance, differ

MAX_LOOKS = 32
_MIN_LOOKS = 3
"""Unlike each other: what two have in common may be chance."""
_SAME_VIEW = 0.3
"""Correlation of the edges of two looks from which they show one view."""
_SAME_ROOM = 0.12
"""From here two views may be of one room in which somebody moves: independent ones have 0.0–0.02."""
_COARSE = 2
"""Step, in pixels, at which views are compared and chance is measured."""
_MISSING = 0.4
"""Share of the looks in which an edge may be missing: white on white, or what passes for it for a while."""
_EDGE, _WEAK = 0.15, 0.08
"""How strongly, of 1, an edge runs the way it does in the other looks: what a mark is known by, and what is part of it
when it lies beside."""
_CHANCE = 3.0
"""Times the level that moved looks reach round a pixel that is taken off."""
_MOVED_PX = (10, 40)
_NEAR_PX = 41
_STRIP_PX = 60
_SPECK_PX = 4
_WEAK_SPECK_PX = 6
_MIN_EDGE_PX = 20
_STRONG_PCT = 80
_LIKE_OWN = 0.5
"""Of how strongly the best fifth of a place's edges agree: scenery that agrees by chance lies beside marks that do.
Of 53 marks over real clips 50 had the right box by 0.4 and 51 by this, the one over a roof only by this."""
_PART = 0.3
"""How strongly the edges of both parts of one mark agree: a skyline beside a sign had 0.15."""
_ROUNDS = 5
_STABLE = 0.95
"""Share of a place's edges that is left when no more is to be taken off."""
_THERE = 0.4
"""Share of its usual edges from which a look shows it."""
_FROM_BORDER = 0.01
"""Of the picture: what lies closer to its border is what a camera or a recorder left there."""
_MAX_FOUND = 12

Lines = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Laid:
    """A place at which the looks agree."""

    region: Region
    """`x` and `y` are those of lines, at twice their angle."""
    times: tuple[float, ...]
    """Of all looks, in order …"""
    scores: tuple[float, ...]
    """… and how much of its usual edges each shows."""
    different: int
    """Surroundings, each unlike all others, over which it is there."""
    unlike: int
    """Looks that showed views of their own."""
    sure: float

    @property
    def there(self) -> npt.NDArray[np.bool_]:
        """For each look whether it shows it."""
        return np.asarray(self.scores) >= _THERE

    def survival(self) -> tuple[int, int]:
        """Looks in which it is there, and in which not."""
        stayed = int(np.count_nonzero(self.there))
        return stayed, len(self.scores) - stayed

    def proof(self) -> float:
        """How far what the looks show of it lies beyond chance, in standard errors."""
        return self.sure

    def span(self) -> tuple[float, float]:
        """From when to when the looks show it, and hardly any between does not: a look by itself may be chance, and was
        for a word of ten seconds that was said to stand for two minutes."""
        shown = np.minimum(np.asarray(self.scores), 1.0) - _THERE
        before = np.concatenate(([0.0], np.cumsum(shown)))
        lowest = np.minimum.accumulate(before[:-1])
        last = int(np.argmax(before[1:] - lowest))
        first = int(np.argmin(before[: last + 1]))
        return round(self.times[first], 3), round(self.times[last], 3)

    def best_s(self) -> float:
        """When it stands out best."""
        return self.times[int(np.argmax(self.scores))]


def find_laid(looks: Sequence[Look]) -> list[Laid]:
    """Places at which looks unlike each other agree, the strongest first. All of one size."""
    looks = sorted(looks, key=lambda look: look.time_s)
    if len(looks) < _MIN_LOOKS:
        return []
    soft = [packed(soft_edges(look.luma)) for look in looks]
    own = _unlike(soft)
    if len(own) < _MIN_LOOKS:
        return []
    lines = [lines_of(soft[n]) for n in own]
    agreed = _agreed(lines) - _CHANCE * _chance(lines)
    x, y = (_mean([line[axis] for line in lines]) for axis in (0, 1))
    spread = _spread([looks[n].luma for n in own])
    count = np.full(agreed.shape, len(own), np.float32)
    found: list[Laid] = []
    scenes = _scenes(len(looks), own)
    parts = [_region(box, mask, x, y, agreed, len(own)) for box, mask in _places(agreed)]
    for region in (looked_round(region, count, spread) for region in _whole(parts, WORD_GAP * agreed.shape[1])):
        scores = np.asarray([_score(region, pair) for pair in soft])
        ring = Ring(region, agreed.shape)
        over: list[Surroundings] = []
        for look, score, scene in zip(looks, scores, scenes, strict=True):
            new = ring.look(look.luma, scene) if score >= _THERE else None
            if new is not None and all(differ(new, old) for old in over):
                over.append(new)
        laid = Laid(
            region, tuple(look.time_s for look in looks), tuple(scores.tolist()), len(over), len(own),
            round(beyond_chance(scores[own]), 1),
        )  # fmt: skip
        if laid.there.any() and _clear(region.extent(), agreed.shape):
            found.append(laid)
    found.sort(key=lambda one: one.region.edge_px * one.region.consistency, reverse=True)
    return found[:_MAX_FOUND]


def _mean(parts: Sequence[Lines]) -> Map:
    return np.asarray(np.mean(parts, axis=0, dtype=np.float32) / np.float32(PACKED), np.float32)


def _spread(pictures: Sequence[Picture]) -> Map:
    """Standard deviation of each pixel's brightness."""
    total, squares = (np.zeros(pictures[0].shape, np.float32) for _ in range(2))
    for picture in pictures:
        cv2.accumulate(picture, total)
        cv2.accumulateSquare(picture, squares)
    mean = total / len(pictures)
    return np.asarray(np.sqrt(np.maximum(squares / len(pictures) - mean * mean, 0)), np.float32)


def _unlike(soft: Sequence[tuple[Lines, ...]]) -> list[int]:
    """Numbers of looks each of which shows another view than those before it."""
    rows = np.stack([np.concatenate([part[::_COARSE, ::_COARSE].ravel() for part in pair]) for pair in soft])
    rows = rows.astype(np.float32)
    power = np.maximum(np.sqrt(np.einsum("ij,ij->i", rows, rows)), 1e-6)
    alike = (rows @ rows.T) / np.outer(power, power)
    own: list[int] = []
    for number in range(len(soft)):
        if all(alike[number, other] < _SAME_VIEW for other in own):
            own.append(number)
    return _without_majority(own, alike)


def _without_majority(own: list[int], alike: npt.NDArray[np.float32]) -> list[int]:
    """Of the views of one room no more than of all else together: what stands in that room is not laid over it."""
    rooms: list[list[int]] = []
    for number in own:
        linked = [room for room in rooms if any(alike[number, other] >= _SAME_ROOM for other in room)]
        rooms = [room for room in rooms if room not in linked] + [sorted(sum(linked, [number]))]
    largest = max(rooms, key=len)
    rest = len(own) - len(largest)
    if len(largest) <= rest or rest < _MIN_LOOKS:
        return own
    kept = {largest[n] for n in np.linspace(0, len(largest) - 1, rest).round().astype(int)}
    return [number for number in own if number in kept or number not in largest]


def _scenes(count: int, own: Sequence[int]) -> list[int]:
    """For each look the number of its view: a view lasts until the next begins."""
    return [sum(first <= number for first in own) for number in range(count)]


def _agreed(lines: Sequence[Sequence[Lines]]) -> Map:
    """How strongly the edges of a pixel run, in all but the worst looks, the way they do in the others."""
    height, width = lines[0][0].shape
    # Of three or four none may lack it.
    worst = int((len(lines) - 2) * _MISSING)
    out = np.empty((height, width), np.float32)
    for top in range(0, height, _STRIP_PX):
        strip = slice(top, top + _STRIP_PX)
        x, y = (np.stack([line[axis][strip] for line in lines], axis=-1).astype(np.float32) for axis in (0, 1))
        others_x, others_y = x.sum(axis=-1, keepdims=True) - x, y.sum(axis=-1, keepdims=True) - y
        along = (x * others_x + y * others_y) / np.maximum(np.hypot(others_x, others_y), 1e-6)
        along.partition(worst, axis=-1)
        out[strip] = along[..., worst] / PACKED
    return out


def _chance(lines: Sequence[Sequence[Lines]]) -> Map:
    """The level that the same looks reach round each pixel when each of them is moved a little another way."""
    rng = np.random.default_rng(0)
    moved: list[tuple[Lines, ...]] = []
    for line in lines:
        way = tuple(int(v) for v in rng.choice((-1, 1), 2) * rng.integers(*_MOVED_PX, 2))
        moved.append(tuple(np.ascontiguousarray(np.roll(part, way, (0, 1))[::_COARSE, ::_COARSE]) for part in line))
    level = cv2.blur(np.maximum(_agreed(moved), 0), (_NEAR_PX // _COARSE, _NEAR_PX // _COARSE))
    height, width = lines[0][0].shape
    return np.asarray(cv2.resize(level, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _places(agreed: Map) -> Iterator[tuple[PixelBox, Bits]]:
    """Boxes of edges that agree about as much as the best of them, and which they are."""
    sure = strokes(agreed > _EDGE, _SPECK_PX)
    for box, mask in gathered(sure | strokes(agreed > _WEAK, _WEAK_SPECK_PX), sure, _MIN_EDGE_PX):
        yield from _alike(agreed, box, mask, sure)


def _alike(
    agreed: Map, box: PixelBox, mask: Bits, sure: Bits, rounds: int = _ROUNDS
) -> Iterator[tuple[PixelBox, Bits]]:
    """What is left of one place, again and again: ribs of a roof that agree by chance hide how strong a sign is."""
    left, top, w, h = box
    area = (slice(top, top + h), slice(left, left + w))
    least = _LIKE_OWN * float(np.percentile(agreed[area][mask], _STRONG_PCT))
    alike = np.zeros_like(sure)
    alike[area] = mask & (agreed[area] >= least)
    for part, inner in gathered(strokes(alike, _SPECK_PX), sure, _MIN_EDGE_PX):
        if rounds > 1 and int(inner.sum()) < _STABLE * int(mask.sum()):
            yield from _alike(agreed, part, inner, sure, rounds - 1)
        else:
            yield part, inner


def _whole(parts: Sequence[Region], gap: float) -> list[Region]:
    """Parts that stand in one line close by and agree about as strongly are one mark: a sign and the name beside it."""
    whole: list[Region] = []
    for part in sorted(parts, key=lambda part: part.edge_px, reverse=True):
        for other in [o for o in whole if _continues(o, part, gap)]:
            whole.remove(other)
            both = joined(other, part)
            share = other.edge_px / (other.edge_px + part.edge_px)
            part = replace(
                both,
                consistency=share * other.consistency + (1 - share) * part.consistency,
                breadth=breadth_of_lines(both.x, both.y),
            )
        whole.append(part)
    return whole


def _continues(one: Region, other: Region, gap: float) -> bool:
    low, high = sorted((one.consistency, other.consistency))
    return low >= max(_PART, AS_STEADY * high) and in_line(one.extent(), other.extent(), gap)


def _region(box: PixelBox, mask: Bits, x: Map, y: Map, agreed: Map, count: int) -> Region:
    left, top, w, h = box
    area = (slice(top, top + h), slice(left, left + w))
    x, y = x[area] * mask, y[area] * mask
    return Region(
        box=box,
        mask=mask,
        x=x,
        y=y,
        backgrounds=count,
        consistency=float(np.mean(agreed[area][mask])),
        breadth=breadth_of_lines(x, y),
        held=1.0,
    )


def _clear(box: Box, shape: tuple[int, ...]) -> bool:
    x, y, w, h = box
    height, width = shape
    return min(x, width - x - w) >= _FROM_BORDER * width and min(y, height - y - h) >= _FROM_BORDER * height


def _score(region: Region, soft: Sequence[Lines]) -> float:
    """How much of its usual edges a look shows."""
    left, top, w, h = region.box
    x, y = lines_of([part[top : top + h, left : left + w] for part in soft])
    usual = float(np.sum(region.x * region.x + region.y * region.y))
    along = float(np.sum(x * region.x, dtype=np.float64) + np.sum(y * region.y, dtype=np.float64))
    return along / PACKED / max(usual, 1e-6)
