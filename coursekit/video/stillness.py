"""Where the picture stood still or was black, and what stood around it.

A still picture is what most of a slide lecture is made of. What a stuck encoder leaves behind differs in what
surrounds it: pictures in which everything lives (grain, a breathing person) stop between one frame and the next
without a cut, nothing settles, and what follows has moved on meanwhile. Those surroundings are measured here; whether
they amount to an accusation is for the check.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coursekit.video.facts import BlackSpan, FreezeSpan, StillnessFacts
from coursekit.video.meter import Frame, StreamInfo
from coursekit.video.signals import Signals

_SAME = 0.05
"""Mean difference of 320 px pictures: repeats decode to 0.04 at most (the encoder still polishing), a talking head at
a low rate to 0.06 at least."""
_SAME_KEY = 1.5
"""A new keyframe redraws a still picture a little differently, a grainy one more (0.7 measured). Repeats on both sides
are asked for too, so that the keyframe on which movement resumes is none."""
_SETTLED = 0.015
_ECHO = 0.2
"""Of the usual change beside it: below that a frame at the rim of a still span belongs to it."""
_MAX_ECHOES = 4
_LIVELIEST = 90
"""Percentile: for some frames the encoder polishes what stands still."""
_MIN_FREEZE_S = 0.5
_AROUND_S = 10.0
_NEAR_S = 1.0
_BLACK_LIT = 0.002
_FADE_S = 0.6
_TITLE_LIT, _TITLE_S = 0.2, 0.15
"""Share that is lit at most of a title on black, and how long before or after it is looked at: where a title goes, what
is left is its ground and no loss. Beside the black of two edited films 0.006–0.11 was lit where a title stood, 0.996
and more where a picture was lost: at 0.1 one title would be missed, at 0.4 nothing changes, nor at half or twice the
time."""
_MAX_SPANS = 200

Flags = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.float32]


class StillnessMeter:
    """Fills `VideoFacts.stillness`."""

    def __init__(self, info: StreamInfo, signals: Signals) -> None:
        self._signals = signals

    def feed(self, frame: Frame) -> None:
        """All it needs is in the signals."""

    def gap(self, start_s: float, end_s: float, *, static: bool) -> None:
        """The signals note it."""

    def finish(self) -> StillnessFacts:
        """Still and black spans with their surroundings."""
        signals = self._signals
        same = repeats(signals)
        freezes = find_freezes(signals, same)
        blacks = find_black(signals)
        longest = sorted(freezes, key=lambda span: span.start_s - span.end_s)[:_MAX_SPANS]
        return StillnessFacts(
            still_share=round(float(np.mean(same)), 4) if len(same) else 0.0,
            freezes=tuple(sorted(longest, key=lambda span: span.start_s)),
            blacks=tuple(blacks[:_MAX_SPANS]),
        )


def repeats(signals: Signals) -> Flags:
    """Frames that show what the frame before showed."""
    change, key = signals.series("change"), signals.series("key") > 0
    with np.errstate(invalid="ignore"):
        same = change < _SAME
        # Only inside a still stretch: the keyframe on which movement resumes may differ as little.
        inside = np.concatenate([[False], same[:-1]]) & np.concatenate([same[1:], [True]])
        return np.asarray(same | (key & inside & (change < _SAME_KEY)))


def runs(flags: Flags) -> list[tuple[int, int]]:
    """Stretches of true: first row and one past the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def find_freezes(signals: Signals, same: Flags) -> list[FreezeSpan]:
    """Still spans of half a second and more."""
    times, raw = signals.times, signals.series("change")
    change, known = np.nan_to_num(raw), np.isfinite(raw)
    alive, size = np.nan_to_num(signals.series("alive")), signals.series("bytes")
    cuts = signals.sudden
    dark = signals.series("lit") < _BLACK_LIT
    frame = 1 / signals.rate
    found = []
    for first, end in runs(same):
        first, end = with_echoes(change, known, first, end)
        shown = first - 1 if first else 0
        start_s, end_s = float(times[shown]), signals.end_of(end - 1)
        if end_s - start_s < _MIN_FREEZE_S or float(np.median(change[first:end])) > _SETTLED:
            continue
        if np.mean(dark[first:end]) > 0.5:
            continue
        near = round(_NEAR_S / frame)
        around = round(_AROUND_S / frame)
        before, after = slice(max(0, first - near), first), slice(end + 1, end + 1 + near)
        wide = np.concatenate([same[max(0, first - around) : first], same[end : end + around]])
        live = change[before]
        ends = end >= len(same)
        found.append(
            FreezeSpan(
                start_s=round(start_s, 6),
                end_s=round(end_s, 6),
                frames=end - first,
                after_cut=any(first - near // 2 <= c <= first + 1 for c in cuts),
                before_cut=any(end - 1 <= c <= end + 1 for c in cuts),
                at_start=first <= 1,
                at_end=ends,
                change_before=_round(np.median(live)) if live.size else 0.0,
                change_last=_round(change[first - 1]) if first else 0.0,
                change_after=_round(np.median(change[after])) if change[after].size else 0.0,
                resume_change=0.0 if ends else _round(change[end]),
                alive_before=_round(np.median(alive[before])) if live.size else 0.0,
                alive_after=_round(np.median(alive[after])) if change[after].size else 0.0,
                still_around=_round(np.mean(wide)) if wide.size else 1.0,
                bytes_ratio=_ratio(size[first:end], size[before]),
                change_within=_round(np.percentile(change[first:end], _LIVELIEST)),
            )
        )
    return found


def with_echoes(change: npt.NDArray[np.float32], known: Flags, first: int, end: int) -> tuple[int, int]:
    """Take in the repeats at both ends that the encoder made a little different: still polishing, or looking ahead.

    What comes after a stretch that was left out is `known` as no repeat of anything: no span reaches across.
    """
    reach = 12
    before, after = change[max(0, first - reach) : first], change[end : end + reach]
    for _ in range(_MAX_ECHOES):
        if first > 1 and known[first - 1] and before.size and change[first - 1] < _ECHO * float(np.median(before)):
            first -= 1
    for _ in range(_MAX_ECHOES):
        if end < len(change) - 1 and known[end] and after.size and change[end] < _ECHO * float(np.median(after)):
            end += 1
    return first, end


def find_black(signals: Signals) -> list[BlackSpan]:
    """Black spans, with how the picture left and came back."""
    lit, mean, times = signals.series("lit"), signals.series("mean"), signals.times
    found = []
    for first, end in runs(lit < _BLACK_LIT):
        start_s, end_s = float(times[first]), signals.end_of(end - 1)
        reach, title = (max(2, round(length_s * signals.rate)) for length_s in (_FADE_S, _TITLE_S))
        found.append(
            BlackSpan(
                start_s=round(start_s, 6),
                end_s=round(end_s, 6),
                level=_round(np.median(mean[first:end])),
                at_start=first == 0,
                at_end=end >= len(lit),
                faded_out=first > 0
                and _gives_way(
                    lit[max(0, first - reach) : first + 1][::-1], mean[max(0, first - reach) : first + 1][::-1], title
                ),
                faded_in=end < len(lit) and _gives_way(lit[end - 1 : end + reach], mean[end - 1 : end + reach], title),
            )
        )
    return found


def _gives_way(lit: Levels, level: Levels, title: int) -> bool:
    """Whether there is a title on black beside it, or a fade."""
    return float(lit[1 : 1 + title].min(initial=1.0)) < _TITLE_LIT or _fades(level)


def _fades(level: Levels) -> bool:
    """Whether brightness rises from black over several frames, not at one blow."""
    rise = float(level[-1] - level[0])
    if len(level) < 4 or rise < 3:
        return rise < 3
    steps = np.diff(level)
    return float(steps.max()) < 0.6 * float(level.max() - level[0])


def _round(value: object) -> float:
    return float(f"{float(value):.4g}")  # type: ignore[arg-type] # NumPy scalars of several kinds


def _ratio(some: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float | None:
    if not some.size or not other.size or not float(np.median(other)):
        return None
    return _round(float(np.median(some)) / float(np.median(other)))
