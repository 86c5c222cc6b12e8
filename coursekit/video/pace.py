"""Evenness of movement: pictures repeated, held too long or missing while things move.

A frame counts as repeated when it changes far less than its neighbours do. Converted rates (24 in 30, 18 in 25,
drawings on twos) repeat by a rhythm, and screen recordings by stopping and starting; what a recorder drops has no
rhythm and happens amid movement. Presentation times count too: a gap amid movement is a picture that stayed too long,
while the gaps that a screen recorder leaves over a still picture are none.
"""

from __future__ import annotations

from array import array
from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from coursekit.video.facts import LeapSpan, PaceFacts, StutterSpan
from coursekit.video.meter import Frame, Picture, StreamInfo
from coursekit.video.rhythm import find_cadence, find_rhythm
from coursekit.video.signals import ALIKE, Signals, likeness

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Lines = npt.NDArray[np.float32]

_NEIGHBOURS = 8
"""Frames on each side among which the "usual" change is looked for."""
_USUAL = 65
"""Percentile of those: drawings on twos and strong dropping leave half the frames without any change."""
_REPEAT = 0.25
"""Of the usual change: below it a frame is a repeat."""
_SUDDEN = 0.4
"""Of the nearest frames that are no repeats, on either side: where a swing turns back, movement fades instead."""
_EXACT = 0.12
_STILLER = 0.6
_MOVES = 4.0
"""Change where most changes, levels, from which something moves."""
_LIVE = 0.12
"""Usual change of 320 px pictures below which nothing moves."""
_BOX_PX = 16
_SOFT, _SOFT_MOVES, _BESIDE = 0.36, 2.5, 0.6
"""What is left of movement in the box that moves most when compression smears a repeat: 0.16 of the usual (a tenth
above 0.33) where people at a table moved, while the stillest fiftieth of the true frames kept 0.6. The mean change of
the whole picture (0.24, a tenth above 0.49, against 0.35), its 60 liveliest pixels and the size of the packets told
them apart less well. Both neighbours must move as usual: where a hand turns back they fade too. Of a talking head
whose box changes by less than 2.5 levels a repeat cannot be told, nor seen."""
_PUMPING = 0.4
"""Share of the change that is light: from there on it is no movement that is measured."""
_MAX_STILL_SHARE = 0.4
_MAX_HOLD_FRAMES = 12
"""Longer holds are freezes."""
_JOIN_S = 6.0
_MAX_SPANS = 200
_LEAP, _LEAP_BOX, _LEAP_CHANGE = 3.0, 8.0, 0.25
_LEAP_EACH = (1.25, 1.2)
"""A leap changes the picture, and the box that moves most, by more than the frames beside it do; both together by
three times and more. Of nine clips with 10 (15) pictures left out at four places, five (six) are told by two leaps and
more. In two hand-held clips the leaps are taken for cuts, and so are most of a bird's; a face in a corner of a slide
moves too little of the picture. In the same clips whole, in 25 recorded ones and in 23 traps two leaps within six
seconds were found only where pictures are truly lost (a lamp with every tenth lost)."""
_LEAP_FAR, _LEAP_ALONE = 2.4, 4.0
"""Among five even steps one of three times their length leads 2.3 times less far than all five; one of twice their
length, as a slow pan of whole pixels takes now and then, three times. What leaps in one small place alone, four times
as far as beside it, is too small to measure its way."""
_LEAP_MIDDLE, _LEAP_LEAST, _LEAP_LASTS = 2.0, 0.85, (0.5, 1.4)
"""Amid quick movement no picture is beside itself: then one that changes twice as much as those beside it usually do,
and alone makes up the whole way from three pictures before to two after it. Quick movement goes 1.5–4 times as far in
those five steps as in the quickest of them; a flash goes nowhere."""
_LEAP_AMID, _LEAP_AMID_S, _LEAP_AMID_PCT = 1.3, 0.6, 87
"""And one that stands out for longer than from those beside it. A camera that is jolted, in a car or a hand, takes such
steps all the time: there and in a film of short shots what looked like a leap changed 0.3–1.2 times as much as the
liveliest eighth of the pictures within 0.6 s, pictures left out amid movement 1.36–6.5 times."""
_LEAP_KEY = 1.4
"""A keyframe redraws a picture of little movement at one blow, as leaps do: 1.3 in the box that moves most."""
_LEAP_BESIDE, _LEAP_ALIVE, _LEAP_LIGHT = 4, 0.25, 0.35
"""Where less of the picture lives, things are drawn or shown on a screen: windows pop up and leap as they should."""
_LEAP_CLEAR_S = 0.4
_STEPS = 6
"""Pictures from three before to two after."""
_LINE, _LINE_RIM = 0.1, 0.03
"""Of the height: a line of subtitles, and what its letters spread to either side."""
_LINE_SHARE, _LINE_BESIDE, _LEAST = 0.25, 1.5, 0.02
"""What changes in one such line by so much of all change, and beside it by no more than so many times as much as usual,
is a subtitle that comes or goes and no leap. Thirteen over a table of people and a talker had 0.43-0.98 and 0.2-1.47,
fainter ones over a camera that sways 0.3; of twenty-five places at which 6 or 10 pictures are left out, in seven clips,
two of a mouth had 0.6-0.8 and 0.7-1.02, the rest 1.6 and more beside it."""


class PaceMeter:
    """Fills `VideoFacts.pace`."""

    def __init__(self, info: StreamInfo, signals: Signals) -> None:
        self._signals = signals
        self._rows = array("l")
        self._box = array("f")
        self._lasting = array("f")
        self._scene = array("b")
        self._fine: deque[Picture] = deque(maxlen=_STEPS)
        self._profiles: deque[Lines] = deque(maxlen=2 * _LEAP_BESIDE + 1)
        """How much each row of the picture changed, in the last few."""
        self._line = array("b")

    def feed(self, frame: Frame) -> None:
        """Note the change in the box that moves most."""
        difference = self._signals.difference
        if difference is None:
            self._forget()
        self._fine.append(self._signals.fine)
        if difference is None:
            return
        boxes = cv2.boxFilter(difference, cv2.CV_16U, (_BOX_PX, _BOX_PX), normalize=False)
        self._rows.append(len(self._signals) - 1)
        self._box.append(cv2.minMaxLoc(boxes)[1] / _BOX_PX**2)
        # Both tell of the picture two before, one of the last three here: none whose box changed too little is a leap,
        # nor one that changed less than those beside it.
        told = max(self._box[-3:]) >= _LEAP_BOX and self._stands_out(2)
        self._lasting.append(self._lasts() if told else float("inf"))
        self._scene.append(self._goes_on() if told else True)
        self._profiles.append(np.asarray(cv2.reduce(difference, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F), np.float32)[:, 0])
        self._line.append(self._stands_out(_LEAP_BESIDE) and self._is_line())

    def _stands_out(self, back: int) -> bool:
        """Whether the picture so many before may be a leap among those after it and as many before it."""
        changes = self._signals.latest("change", 2 * back + 1)
        if len(changes) <= 2 * back:
            return True
        most = max(max(changes[:back]), max(changes[back + 1 :]))
        # Not told for what comes after a gap, which is no number.
        return not changes[back] < _LEAP_LEAST * most

    def _is_line(self) -> bool:
        """Whether of the picture four before hardly more than one line changed."""
        if len(self._profiles) <= 2 * _LEAP_BESIDE or self._box[-1 - _LEAP_BESIDE] < _LEAP_BOX:
            return False
        rows = np.stack(self._profiles)
        high = rows.shape[1]
        line, rim = max(3, round(_LINE * high)), round(_LINE_RIM * high)
        sums = np.convolve(rows[_LEAP_BESIDE], np.ones(line), "valid")
        top = int(np.argmax(sums))
        if sums[top] < _LINE_SHARE * rows[_LEAP_BESIDE].sum():
            return False
        beside = np.delete(rows, slice(max(0, top - rim), top + line + rim), axis=1).mean(axis=1)
        usual = float(np.median(np.delete(beside, _LEAP_BESIDE)))
        return bool(beside[_LEAP_BESIDE] < _LINE_BESIDE * max(usual, _LEAST))

    def _forget(self) -> None:
        self._fine.clear()
        self._profiles.clear()

    def _lasts(self) -> float:
        """How far the newest five steps led, over how far the third of them did."""
        if len(self._fine) < _STEPS:
            return float("inf")
        first, _, before, after, _, last = self._fine
        step = cv2.mean(cv2.absdiff(before, after))[0]
        return cv2.mean(cv2.absdiff(first, last))[0] / step if step > 0 else float("inf")

    def _goes_on(self) -> bool:
        """Whether both sides of that third step show one scene: quick movement hides cuts from their finder. People, a
        made workshop and a street were alike by 0.58 and more with up to 15 pictures left out, quick cuts of a music
        video by 0.1."""
        return len(self._fine) < _STEPS or likeness(self._fine[2], self._fine[3]) >= ALIKE

    def gap(self, start_s: float, end_s: float, *, static: bool) -> None:
        """The signals note it; across a still gap the picture goes on as it was."""
        if not static:
            self._forget()

    def finish(self) -> PaceFacts:
        """Stuttering spans, and leaps."""
        signals = self._signals
        rows = np.asarray(self._rows, dtype=np.int64)
        box, lasting = np.zeros(len(signals)), np.full(len(signals), np.inf)
        scene = np.ones(len(signals), dtype=np.bool_)
        box[rows] = self._box
        lasting[np.maximum(rows - 2, 0)] = self._lasting
        scene[np.maximum(rows - 2, 0)] = self._scene
        line = np.zeros(len(signals), dtype=np.bool_)
        line[np.maximum(rows - _LEAP_BESIDE, 0)] = self._line
        series = Movement(
            times=signals.times,
            change=np.nan_to_num(signals.series("change").astype(np.float64)),
            box=box,
            lasting=lasting,
            scene=scene,
            line=line,
            key=signals.series("key") > 0,
            alive=np.nan_to_num(signals.series("alive").astype(np.float64)),
            light=np.abs(np.diff(signals.series("mean").astype(np.float64), prepend=signals.series("mean")[:1])),
            cuts=signals.sudden,
            frame_s=1 / signals.rate,
            gaps=tuple(row for row, static in signals.gaps if not static),
        )
        return PaceFacts(stutter=tuple(find_stutter(series)[:_MAX_SPANS]), leaps=tuple(find_leaps(series)[:_MAX_SPANS]))


@dataclass(frozen=True, slots=True)
class Movement:
    """How much every frame differs from the one before."""

    times: Floats
    change: Floats
    """Mean over the picture."""
    box: Floats
    """Mean over the box that changes most."""
    alive: Floats
    light: Floats
    """Change of the mean brightness, without sign."""
    cuts: tuple[int, ...]
    """And other sudden changes."""
    frame_s: float
    lasting: Floats
    """How far the five steps around this one led, over how far it did."""
    scene: Flags
    """Whether it shows what the one before showed, roughly."""
    line: Flags
    """Whether hardly more than one line of it changed."""
    key: Flags
    gaps: tuple[int, ...] = ()
    """Frames before which something was left out."""


def find_stutter(series: Movement) -> list[StutterSpan]:
    """Spans with repeated or missing pictures amid movement."""
    times, change, alive, frame_s = series.times, series.change, series.alive, series.frame_s
    count = len(change)
    if count < 4 * _NEIGHBOURS:
        return []
    steps = np.diff(times, prepend=times[0] - frame_s)
    usual = local_percentile(change, _NEIGHBOURS, _USUAL)
    exact = _exact_repeats(series, usual)
    usual_box = local_percentile(series.box, _NEIGHBOURS, _USUAL)
    soft = _soft_repeats(series, exact, usual_box)
    # A gap in the times amid movement: the frame before it was held for as many frames as are missing.
    held = np.maximum(np.rint(steps / frame_s) - 1, 0)
    held[[0, *series.gaps]] = 0
    missing = (held >= 1) & (steps > 1.7 * frame_s) & (usual > _LIVE) & (change > _REPEAT * usual)
    missing &= series.box >= _MOVES
    second = round(1 / frame_s)
    still = local_mean((change < np.maximum(_REPEAT * usual, 0.03)).astype(np.float64), second)
    pumping = local_mean(np.minimum(series.light, change), second // 2) >= _PUMPING * local_mean(change, second // 2)
    low = exact | soft | missing
    event = low & (still <= _MAX_STILL_SHARE) & ~pumping
    # Nothing is known of the change from before a gap to after it.
    for cut in (0, *series.cuts, *series.gaps):
        event[max(0, cut - 1) : cut + 2] = False
    rows = np.flatnonzero(event)
    spans = []
    # Long holds are freezes and have their own facts.
    groups = [np.concatenate(h) for g in _groups(rows, times) if (h := _short_holds(g))]
    cadence = find_cadence(groups, series.gaps, round(_JOIN_S / frame_s))
    for group, beat in zip(groups, cadence, strict=True):
        weight = np.where(missing[group], held[group], 1)
        lost = float(weight.sum())
        first, last = int(group[0]), int(group[-1])
        start_s, end_s = float(times[max(0, first - 1)]), float(times[min(last + 1, count - 1)])
        leaps = _leaps_after(group, event, low, soft, (change, usual), (series.box, usual_box))
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
                        max(len(h) + 1 for h in _short_holds(group)) * frame_s,
                        float(steps[group][missing[group]].max(initial=0.0)),
                    ),
                    4,
                ),
                leap=round(float(np.median(leaps)), 2) if leaps else 0.0,
                alive=round(float(np.median(alive[window][lively])), 3) if lively.any() else 0.0,
                rhythm=round(max(find_rhythm(group), beat), 2),
                sure=round(float(weight[(exact | missing)[group]].sum()) / lost, 3),
            )
        )
    return spans


def _leaps_after(
    group: npt.NDArray[np.int64],
    event: Flags,
    low: Flags,
    soft: Flags,
    whole: tuple[Floats, Floats],
    local: tuple[Floats, Floats],
) -> list[float]:
    """How much the pictures in which movement goes on after repeats change, in usual changes; one beside a cut counts
    as no loss but is none of them.

    After soft repeats the box that moves most counts: where a mouth lost every tenth or twentieth picture it leapt by
    1.6–2.0, where one merely rested for a picture by 1.0–1.2, and the whole picture by 0.9–1.1 either way.
    """
    found = []
    for row in group:
        if row + 1 < len(event) and not event[row + 1]:
            moves = np.flatnonzero(~low[row + 1 : row + 1 + _MAX_HOLD_FRAMES])
            if len(moves):
                after = int(row + 1 + moves[0])
                change, usual = local if soft[row] else whole
                found.append(float(change[after] / usual[after]))
    return found


def _exact_repeats(series: Movement, usual: Floats) -> Flags:
    change, alive = series.change, series.alive
    repeat = (change < _REPEAT * usual) & (usual > _LIVE)
    repeat &= change < _SUDDEN * _nearest_lively(change, repeat)
    # Where a swing turns back for one frame the grain lives on; a repeat is all but exact.
    repeat &= (alive < _STILLER * _nearest_lively(alive, repeat)) | (change < _EXACT * usual)
    # Grain that the encoder refreshes now and then changes everything a little; movement changes some place a lot.
    around = _nearest_lively(series.box, repeat)
    return np.asarray(repeat & (around >= _MOVES) & (series.box < _SUDDEN * around))


def _soft_repeats(series: Movement, exact: Flags, usual: Floats) -> Flags:
    box = series.box
    low = exact | ((box < _SOFT * usual) & (usual >= _SOFT_MOVES))
    around = _nearest_lively(box, low)
    return np.asarray(low & ~exact & (box < _SUDDEN * around) & (around >= _BESIDE * usual))


def find_leaps(series: Movement) -> list[LeapSpan]:
    """Single frames that differ from the last one by far more than their neighbours do, in one and the same scene."""
    change, box = series.change, series.box
    count = len(change)
    if count < 4 * _NEIGHBOURS:
        return []
    beside = [n for n in range(-_LEAP_BESIDE, _LEAP_BESIDE + 1) if n]
    changes = np.stack([np.roll(change, n) for n in beside])
    beside_box = np.maximum.reduce([np.roll(box, n) for n in beside])
    alive = np.minimum.reduce([np.roll(series.alive, n) for n in beside])
    more = change / np.maximum(changes.max(axis=0), 0.05)
    more_box = box / np.maximum(beside_box, 0.5)
    sudden = (more * more_box >= _LEAP) & (more >= _LEAP_EACH[0]) & (more_box >= _LEAP_EACH[1])
    sudden &= (series.lasting <= _LEAP_FAR) | (more_box >= _LEAP_ALONE)
    lasts = (series.lasting >= _LEAP_LASTS[0]) & (series.lasting <= _LEAP_LASTS[1])
    lasts &= (change >= _LEAP_MIDDLE * np.maximum(np.median(changes, axis=0), 0.05)) & (more >= _LEAP_LEAST)
    reach = round(_LEAP_AMID_S / series.frame_s)
    for place in np.flatnonzero(lasts & ~sudden):
        around = np.percentile(change[max(0, place - reach) : place + reach + 1], _LEAP_AMID_PCT)
        lasts[place] = change[place] >= _LEAP_AMID * around
    leap = (sudden | lasts) & (box >= _LEAP_BOX) & (change >= _LEAP_CHANGE) & (alive >= _LEAP_ALIVE)
    leap &= (
        series.scene & ~series.line & (series.light <= _LEAP_LIGHT * change) & (~series.key | (more_box >= _LEAP_KEY))
    )
    leap[: _LEAP_BESIDE + 1], leap[-_LEAP_BESIDE:] = False, False
    for row in (*series.cuts, *series.gaps):
        leap[np.abs(series.times - series.times[min(row, count - 1)]) < _LEAP_CLEAR_S] = False
    return [
        LeapSpan(
            start_s=round(float(series.times[group[0] - 1]), 6),
            end_s=round(float(series.times[group[-1]]), 6),
            count=len(group),
            strength=round(float(np.max(box[group] / np.maximum(beside_box[group], 0.1))), 1),
        )
        for group in _groups(np.flatnonzero(leap), series.times)
    ]


def _nearest_lively(change: Floats, repeat: Flags) -> Floats:
    lively = np.flatnonzero(~repeat)
    if not len(lively):
        return np.zeros(len(change))
    rows = np.arange(len(change))
    after = np.minimum(np.searchsorted(lively, rows), len(lively) - 1)
    before = np.maximum(np.searchsorted(lively, rows, side="right") - 1, 0)
    return np.minimum(change[lively[before]], change[lively[after]])


def local_percentile(values: Floats, reach: int, percent: int) -> Floats:
    """Percentile of a value and `reach` values on each side."""
    padded = np.pad(values, reach, mode="reflect")
    view = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    out = np.empty(len(values))
    for start in range(0, len(values), 8192):
        rank = (2 * reach) * percent // 100
        out[start : start + 8192] = np.partition(view[start : start + 8192], rank, axis=1)[:, rank]
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


def _short_holds(rows: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    holds = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    return [hold for hold in holds if len(hold) <= _MAX_HOLD_FRAMES]
