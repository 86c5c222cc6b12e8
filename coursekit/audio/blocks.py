"""A block of samples cut into stretches of equal length: sums, powers and maxima of each.

numpy reduces a short inner axis stretch by stretch; measured on a second of two channels at 48 kHz, halving by strided
maxima takes a tenth of that (0.04 ms against 0.45 for stretches of 32), and `einsum` a seventh (0.02 against 0.15 for
sums of eight).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOP_HZ = 100
"""Loudness moves on by 10 ms: a meter that moves by 100 ms misses Tech 3341 case 13."""
_MOST_SLICES = 15


@lru_cache(maxsize=32)
def edges_of(rate: int, samples: int, hz: int = HOP_HZ) -> NDArray[np.intp]:
    """Edges of the stretches in a block that starts on a whole second; a part of one at the end is left out."""
    count = samples * hz // rate
    edges = np.round(np.arange(count + 1) * rate / hz).astype(np.intp)
    # All blocks but the last have the same, and ask three times each.
    edges.flags.writeable = False
    return edges


def sums(values: NDArray[np.floating], edges: NDArray[np.intp]) -> NDArray[np.floating]:
    """Sums between the edges, along the last axis."""
    step = _step(edges)
    if step:
        return np.asarray(np.einsum("...ij->...i", _cut(values, edges, step)))
    return np.asarray(np.add.reduceat(values[..., : edges[-1]], edges[:-1], axis=-1))


def powers(values: NDArray[np.floating], edges: NDArray[np.intp]) -> NDArray[np.floating]:
    """Mean squares between the edges, along the last axis."""
    step = _step(edges)
    if step:
        cut = _cut(values, edges, step)
        return np.asarray(np.einsum("...ij,...ij->...i", cut, cut) / step)
    squares = values[..., : edges[-1]] ** 2
    return np.asarray(np.add.reduceat(squares, edges[:-1], axis=-1) / np.diff(edges))


def maxima(values: NDArray[np.floating], edges: NDArray[np.intp]) -> NDArray[np.floating]:
    """The largest between the edges, along the last axis."""
    step = _step(edges)
    if not step:
        return np.asarray(np.maximum.reduceat(values[..., : edges[-1]], edges[:-1], axis=-1))
    best = values[..., : edges[-1]]
    while step % 2 == 0:
        best = np.maximum(best[..., 0::2], best[..., 1::2])
        step //= 2
    if step > _MOST_SLICES:
        return np.asarray(best.reshape(*best.shape[:-1], -1, step).max(axis=-1))
    top = best[..., 0::step]
    for at in range(1, step):
        top = np.maximum(top, best[..., at::step])
    return np.asarray(top)


def windows(values: NDArray[Any], size: int, step: int, count: int) -> NDArray[Any]:
    """`count` stretches of `size`, each `step` after the one before: a view of one dimension that lies in one piece.

    `sliding_window_view` does the same in forty times the time (30 µs), nine times a block.
    """
    assert (count - 1) * step + size <= len(values)
    return np.ndarray((count, size), values.dtype, values, 0, (step * values.itemsize, values.itemsize))


def highest(values: NDArray[Any], size: int) -> NDArray[Any]:
    """The highest of every so many neighbours: of two, of four and so on, each from the ones before."""
    best, reach = values, 1
    while reach < size:
        step = min(reach, size - reach)
        best = np.maximum(best[:-step], best[step:])
        reach += step
    return best


def decimated(values: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Means of so many neighbours; what is left over at the end is left out."""
    whole = len(values) // factor
    return np.asarray(np.einsum("ij->i", values[: whole * factor].reshape(whole, factor)) / np.float32(factor))


def _step(edges: NDArray[np.intp]) -> int:
    """The common length of all stretches, 0 where they differ."""
    count = len(edges) - 1
    return int(edges[1]) if count and edges[-1] == edges[1] * count else 0


def _cut(values: NDArray[np.floating], edges: NDArray[np.intp], step: int) -> NDArray[np.floating]:
    return values[..., : edges[-1]].reshape(*values.shape[:-1], len(edges) - 1, step)
