"""How regular repeated pictures come: what a converted rate repeats has a beat, what a recorder loses has none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_MIN_RHYTHM = 5
_MIN_SLOW_RHYTHM, _SLOW_BEAT = 4, 8
"""A clip of five seconds of 24 shown as 25 has no more. Four distances that slow all agreed in one of 145 000 clips
that lost five pictures and more of 2–20 % by chance."""
_MIN_BEAT = 12
_MIN_TWO_BEATS = 4
"""Of shorter beats one or two make up most distances that chance gives."""
_SLOWEST = 26
"""Pictures from one repeat to the next of the slowest beat: 24 shown as 25 repeat every twenty-fifth."""
_MIN_IN_PIECE, _MIN_PIECES = 4, 4
_CHANCE = 0.02
"""That repeats without a beat point to a given one as clearly. Of a talking head converted from 18 in 25, nine pieces
of twelve showed its beat (0.59–0.89); in 300 lessons of 4–24 pieces each, with a twentieth, a tenth or a fifth lost by
chance, no beat was found."""

_CLEAREST = 75
"""Percentile: repeats that are missed blur the beat of a piece, nothing makes it clearer than it is. Of that talker the
middle piece had 0.80–0.87, the upper quarter 0.86–0.89."""


def find_rhythm(rows: Rows) -> float:
    """How regular the repeats are, 0 to 1.

    Converted rates alternate between two neighbouring distances (18 in 25: 3 and 4), and where some of the repeats are
    missed their beat still shows in the spectrum; chance gives neither.
    """
    distances = np.diff(rows)
    distances = distances[distances > 1]
    rhythm = 0.0
    if len(distances) == _MIN_SLOW_RHYTHM and distances.min() >= _SLOW_BEAT and np.ptp(distances) <= 1:
        rhythm = 1.0
    if len(distances) >= _MIN_RHYTHM:
        rhythm = max(float(np.mean(_by_beat(distances, int(d)))) for d in np.unique(distances))
    if len(rows) >= _MIN_BEAT:
        beats = _beats(rows, max(32, 1 << int(np.ceil(np.log2(2 * (rows[-1] - rows[0] + 1))))))
        rhythm = max(rhythm, float(beats.max()))
    return min(rhythm, 1.0)


def _by_beat(distances: Rows, beat: int) -> npt.NDArray[np.bool_]:
    """Distances of one beat, or of two: every cut hides a repeat, and a film of short shots has many."""
    over = distances - beat
    two = (over >= beat) & (over <= beat + 2) if beat >= _MIN_TWO_BEATS else np.zeros(len(over), dtype=np.bool_)
    return np.asarray((over == 0) | (over == 1) | two)


def find_cadence(groups: Sequence[Rows], gaps: Sequence[int], longest: int) -> tuple[float, ...]:
    """For each group how clear the beat is that the lesson has all over; 0 where there is none, or the group lacks it.

    A lesson that is looked at in pieces shows in none of them enough repeats to tell a beat from chance. What most
    pieces show, each counted from its own beginning, is how the lesson was made and no loss.
    """
    pieces = [[p for p in _pieces(group, gaps, longest) if len(p) >= _MIN_IN_PIECE] for group in groups]
    every = [piece for some in pieces for piece in some]
    none = (0.0,) * len(groups)
    if len(every) < _MIN_PIECES:
        return none
    beats = np.stack([_beats(piece, 1 << int(np.ceil(np.log2(4 * longest)))) for piece in every])
    counts = np.array([len(piece) for piece in every])
    best = int(np.argmax(((counts[:, None] * beats) ** 2).sum(axis=0)))
    there = beats[:, best] >= np.sqrt(-np.log(_CHANCE) / counts)
    if int(np.count_nonzero(there)) < max(_MIN_PIECES, len(every) / 2):
        return none
    clear = float(np.percentile(beats[there, best], _CLEAREST))
    ends = np.cumsum([len(some) for some in pieces])
    return tuple(
        clear if some and bool(there[end - len(some) : end].all()) else 0.0
        for some, end in zip(pieces, ends, strict=True)
    )


def _pieces(group: Rows, gaps: Sequence[int], longest: int) -> list[Rows]:
    """Parts without a gap, of that many pictures at most."""
    parts = np.split(group, np.searchsorted(group, gaps))
    return [
        piece
        for part in parts
        if len(part)
        for piece in np.split(part, np.flatnonzero(np.diff((part - part[0]) // longest)) + 1)
    ]


def _beats(rows: Rows, size: int) -> Floats:
    """How clearly the rows keep each beat that is not too slow, 0 to 1."""
    train = np.zeros(size)
    train[rows - rows[0]] = 1
    return np.asarray(np.abs(np.fft.rfft(train))[size // _SLOWEST :] / len(rows))
