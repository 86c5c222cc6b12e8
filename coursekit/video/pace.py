"""Evenness of movement: pictures repeated, held too long or missing while things move.

A frame counts as repeated when it changes far less than its neighbours do. Converted rates (24 in 30, 18 in 25,
drawings on twos) repeat by a rhythm, and screen recordings by stopping and starting; what a recorder drops has no
rhythm and happens amid movement. Presentation times count too: a gap amid movement is a picture that stayed too long,
while the gaps that a screen recorder leaves over a still picture are none.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coursekit.video.facts import PaceFacts, StutterSpan
from coursekit.video.meter import Frame, StreamInfo
from coursekit.video.signals import Signals

Floats = npt.NDArray[np.float64]

_NEIGHBOURS = 8
"""Frames on each side whose median change is "usual"."""
_REPEAT = 0.25
"""Of the usual change: below it a frame is a repeat."""
_SUDDEN = 0.4
"""Of the nearest frames that are no repeats, on either side: where a swing turns back, movement fades instead."""
_EXACT = 0.12
_STILLER = 0.6
_MOVES = 4.0
"""Change in the block that changes most, levels, from which something moves."""
_LIVE = 0.12
"""Usual change of 320 px pictures below which nothing moves."""
_MAX_STILL_SHARE = 0.4
_MAX_HOLD_FRAMES = 12
"""Longer holds are freezes."""
_MIN_RHYTHM = 5
_MIN_BEAT = 12
_JOIN_S = 6.0
_MAX_SPANS = 200


class PaceMeter:
    """Fills `VideoFacts.pace`."""

    def __init__(self, info: StreamInfo, signals: Signals) -> None:
        self._signals = signals

    def feed(self, frame: Frame) -> None:
        """All it needs is in the signals."""

    def gap(self, start_s: float, end_s: float, *, static: bool) -> None:
        """The signals note it."""

    def finish(self) -> PaceFacts:
        """Stuttering spans."""
        signals = self._signals
        stutter = find_stutter(
            signals.times,
            np.nan_to_num(signals.series("change").astype(np.float64)),
            np.nan_to_num(signals.series("change_block").astype(np.float64)),
            signals.series("alive"),
            signals.cuts,
            1 / signals.rate,
            tuple(row for row, _ in signals.gaps),
        )
        return PaceFacts(stutter=tuple(stutter[:_MAX_SPANS]))


def find_stutter(
    times: Floats,
    change: Floats,
    block: Floats,
    alive: npt.NDArray[np.float32],
    cuts: tuple[int, ...],
    frame_s: float,
    gaps: tuple[int, ...] = (),
) -> list[StutterSpan]:
    """Spans with repeated or missing pictures amid movement."""
    count = len(change)
    if count < 4 * _NEIGHBOURS:
        return []
    steps = np.diff(times, prepend=times[0] - frame_s)
    usual = local_median(change, _NEIGHBOURS)
    repeat = (change < _REPEAT * usual) & (usual > _LIVE)
    repeat &= change < _SUDDEN * _nearest_lively(change, repeat)
    # Where a swing turns back for one frame the grain lives on; a repeat is all but exact.
    exact = alive < _STILLER * _nearest_lively(np.nan_to_num(alive).astype(np.float64), repeat)
    repeat &= exact | (change < _EXACT * usual)
    # Grain that the encoder refreshes now and then changes everything a little; movement changes some place a lot.
    around = _nearest_lively(block, repeat)
    repeat &= (around >= _MOVES) & (block < _SUDDEN * around)
    # A gap in the times amid movement: the frame before it was held for as many frames as are missing.
    held = np.maximum(np.rint(steps / frame_s) - 1, 0)
    held[[0, *gaps]] = 0
    missing = (held >= 1) & (steps > 1.7 * frame_s) & (usual > _LIVE) & (change > _REPEAT * usual)
    missing &= block >= _MOVES
    still = local_mean((change < np.maximum(_REPEAT * usual, 0.03)).astype(np.float64), round(1 / frame_s))
    event = (repeat | missing) & (still <= _MAX_STILL_SHARE)
    for cut in (0, *cuts):
        event[max(0, cut - 1) : cut + 2] = False
    rows = np.flatnonzero(event)
    spans = []
    for group in _groups(rows, times):
        # Long holds are freezes and have their own facts.
        holds = _holds(group)
        group = np.concatenate([h for h in holds if len(h) <= _MAX_HOLD_FRAMES] or [np.zeros(0, np.int64)])
        if not len(group):
            continue
        lost = float(np.where(missing[group], held[group], 1).sum())
        first, last = int(group[0]), int(group[-1])
        start_s, end_s = float(times[max(0, first - 1)]), float(times[min(last + 1, count - 1)])
        after = [row + 1 for row in group if row + 1 < count and not event[row + 1]]
        window = slice(max(0, first - 12), last + 12)
        lively = ~event[window]
        spans.append(
            StutterSpan(
                start_s=round(start_s, 6),
                end_s=round(end_s, 6),
                count=round(lost),
                share=round(lost * frame_s / max(end_s - start_s, 1.0), 4),
                longest_s=round(
                    max(
                        max(len(h) + 1 for h in holds if len(h) <= _MAX_HOLD_FRAMES) * frame_s,
                        float(steps[group][missing[group]].max(initial=0.0)),
                    ),
                    4,
                ),
                leap=round(float(np.median(change[after] / usual[after])), 2) if after else 0.0,
                alive=round(float(np.median(np.nan_to_num(alive[window][lively]))), 3) if lively.any() else 0.0,
                rhythm=round(find_rhythm(group), 2),
            )
        )
    return spans


def find_rhythm(rows: npt.NDArray[np.int64]) -> float:
    """How regular the repeats are, 0 to 1.

    Converted rates alternate between two neighbouring distances (18 in 25: 3 and 4), and where some of the repeats are
    missed their beat still shows in the spectrum; chance gives neither.
    """
    distances = np.diff(rows)
    distances = distances[distances > 1]
    rhythm = 0.0
    if len(distances) >= _MIN_RHYTHM:
        rhythm = max(float(np.mean((distances == d) | (distances == d + 1))) for d in np.unique(distances))
    if len(rows) >= _MIN_BEAT:
        train = np.zeros(1 << int(np.ceil(np.log2(2 * (rows[-1] - rows[0] + 1)))))
        train[rows - rows[0]] = 1
        beat = np.abs(np.fft.rfft(train)) / len(rows)
        slowest = max(1, len(train) // 26)
        rhythm = max(rhythm, float(beat[slowest:].max()))
    return min(rhythm, 1.0)


def _nearest_lively(change: Floats, repeat: npt.NDArray[np.bool_]) -> Floats:
    lively = np.flatnonzero(~repeat)
    if not len(lively):
        return np.zeros(len(change))
    rows = np.arange(len(change))
    after = np.minimum(np.searchsorted(lively, rows), len(lively) - 1)
    before = np.maximum(np.searchsorted(lively, rows, side="right") - 1, 0)
    return np.minimum(change[lively[before]], change[lively[after]])


def local_median(values: Floats, reach: int) -> Floats:
    """Median of `reach` values on each side."""
    padded = np.pad(values, reach, mode="reflect")
    view = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    out = np.empty(len(values))
    for start in range(0, len(values), 8192):
        out[start : start + 8192] = np.median(view[start : start + 8192], axis=1)
    return out


def local_mean(values: Floats, reach: int) -> Floats:
    """Mean of `reach` values on each side."""
    reach = min(reach, len(values) - 1)
    total = np.concatenate([[0.0], np.cumsum(np.pad(values, reach, mode="reflect"))])
    return np.asarray((total[2 * reach + 1 :] - total[: -2 * reach - 1]) / (2 * reach + 1))


def _groups(rows: npt.NDArray[np.int64], times: Floats) -> list[npt.NDArray[np.int64]]:
    if not len(rows):
        return []
    return [g for g in np.split(rows, np.flatnonzero(np.diff(times[rows]) > _JOIN_S) + 1) if len(g)]


def _holds(rows: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    return list(np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1))
