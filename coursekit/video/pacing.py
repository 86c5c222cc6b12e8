"""What of a stream must be decoded for nothing in it to be missed: decided from its packets, before any is decoded.

A bitstream says a good deal for nothing. A picture that repeats the one before takes some dozen bytes, whatever its
size: such pictures are entered as repeats and need no decoding. Where everything moves, the first seconds of every ten
are looked at; what they show of trembling, pumping light or lost pictures, and any packet out of the ordinary after
them (a sudden change of rate, a tiny packet among large ones, a step in the times), has the rest looked at too.

Pure: sizes and times in, numbers out. Nothing here knows a decoder.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LOOK_S = 4.0
"""Trembling and pumping are judged in windows of two seconds: four hold several."""
EVERY_S = 10.0
_GLANCE_S = 0.8
"""Looked at after a keyframe out of turn (a cut) when no long look is due: both sides of a join must be seen."""
_STILL_BYTES = 24.0
"""Of each slice: x264 takes 14 to 23 more for a slice more, at 360 lines as at 1080, in 1 to 8 slices."""
_STILL_BYTES_PER_BLOCK = 0.025
"""A block of 16 × 16 that is skipped costs a small part of a bit; H.264 of unmoved 1080p slides was seen at 85–175
bytes a picture, the smallest moving picture of a camera at 450."""
MAX_SLICES = 32
"""As many as are counted; encoders cut a picture into as many slices as they have threads."""
_BESIDE = 4
"""Pictures on either side of a large packet that never count as still: what compares both sides of a cut looks at
them. Nor do those shown before it and coded after it, which may be drawn from it."""
_POLISH = 8
_NEW_TIMES = 8.0
"""So many pictures after a new one (its packet takes so many times what a repeat may take) an encoder polishes it: of
1080p slides 250 to 1,150 bytes once or twice, where every new slide took 7,000 and more. The polish is decoded, those
round it show what it shows: two fifths fewer pictures of a slide lesson are looked at."""
_MAX_REORDER = 16
"""Pictures that may be shown before one that is coded before them."""
_MIN_STILL = 6
_RATE_WINDOW_S = 0.4
_RATE_UP, _RATE_DOWN = 1.8, 0.45
"""Of the rates in what was looked at: beyond them something else is going on."""
_REMEMBERED = 8
_MIN_REMEMBERED = 2
_SMALL = 0.5
_STEP = 1.5
_MEMORY = 1500
EXTRA_S = 60.0
EXTRA_SHARE = 0.1
"""Seconds beyond the regular looks: so many at the start, and so many for each second of the stream. A lesson shaken
from end to end shows it in every regular look; to follow it without a break would tell nothing new."""


@dataclass(frozen=True, slots=True)
class Group:
    """Packets from a keyframe to before the next one, in decoding order."""

    times: Floats
    """Presentation time of each, seconds."""
    sizes: Floats
    """Bytes of each."""
    keyed: bool = True
    """Begins with a keyframe. A longer group than is held at a time comes in parts; the later ones do not."""
    whole: bool = True
    """Ends where the next keyframe begins."""
    last: bool = False
    """Nothing follows."""
    doubtful: bool = False
    """Something in it is known to be damaged."""
    slices: Ints | None = None
    """In how many parts each is coded, where that could make it larger than a repeat in one; None: all in one."""

    @property
    def start_s(self) -> float:
        """Time of its first picture."""
        return float(self.times.min())


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done with a group."""

    still: Flags
    """In decoding order: the picture repeats the one before."""
    head: int
    """Packets that are decoded without asking."""
    end: int
    """Packets that are decoded if the head shows anything of note; after them only repeats follow."""
    usual_end: bool = True
    """The group is as long as groups of this stream are: the next keyframe comes by the clock, not for a cut."""


@dataclass(slots=True)
class Pacer:
    """Plans one group after another."""

    blocks: int
    """Blocks of 16 × 16 in a picture."""
    frame_s: float
    _look_until_s: float = float("-inf")
    _next_look_s: float = float("-inf")
    _longest: int = 0
    _rates: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    """Lowest and highest rate in the heads of late."""
    _small: deque[float] = field(default_factory=lambda: deque(maxlen=_MEMORY))
    _spent_s: float = 0.0
    _begun_s: float | None = None
    _cut: bool = False
    _stood: bool = False
    """The group before ended in repeats."""
    _was_odd: bool = False

    def plan(self, group: Group) -> Plan:
        """What to decode of this group."""
        count = len(group.sizes)
        expected = self._stood and not self._cut and not group.doubtful and not group.last
        still = still_pictures(group, self.blocks, expected=expected)
        self._stood = group.whole and bool(still[np.argsort(group.times, kind="stable")[-_MIN_STILL:]].all())
        end = clean_end(group.times, int(np.max(np.flatnonzero(~still), initial=0)) + 1) if group.whole else count
        after_cut, self._cut = self._cut, False
        usual = not group.keyed or not group.whole or count >= 0.98 * self._longest
        if group.keyed and group.whole:
            self._longest = max(self._longest, count)
            self._cut = not usual
        first = self._begun_s is None
        if self._begun_s is None:
            self._begun_s = group.start_s
        if first or group.last or group.doubtful or still.any() or not group.keyed or not group.whole:
            self._looked(group, end)
            return Plan(still, end, end, usual)
        head = min(clean_end(group.times, self._regular(group, after_cut)), end)
        was_odd, self._was_odd = self._was_odd, head < end and self._odd(group, head)
        if not self._was_odd or was_odd:
            # What is out of the ordinary once is not remembered as usual; what lasts is.
            self._looked(group, head)
        if self._was_odd and self._afford(group, head, end):
            return Plan(still, end, end, usual)
        return Plan(still, head, end, usual)

    def go_on(self, group: Group, plan: Plan) -> bool:
        """The head showed something of note: whether the rest may be looked at too."""
        return self._afford(group, plan.head, plan.end)

    def _regular(self, group: Group, after_cut: bool) -> int:
        start = group.start_s
        if start >= self._next_look_s - self.frame_s:
            self._look_until_s, self._next_look_s = start + LOOK_S, start + EVERY_S
        until = max(self._look_until_s, start + _GLANCE_S if after_cut else float("-inf"))
        return int(np.count_nonzero(group.times < until - self.frame_s / 2))

    def _afford(self, group: Group, head: int, end: int) -> bool:
        assert self._begun_s is not None
        cost = (end - head) * self.frame_s
        if self._spent_s + cost > EXTRA_S + EXTRA_SHARE * (group.start_s - self._begun_s):
            return False
        self._spent_s += cost
        return True

    def _looked(self, group: Group, count: int) -> None:
        rates = rates_of(group.times[:count], group.sizes[:count], self.frame_s)
        if len(rates):
            self._rates.append((float(rates.min()), float(rates.max())))
        self._small.extend(group.sizes[1:count].tolist())

    def _odd(self, group: Group, head: int) -> bool:
        times = np.sort(group.times)
        if np.any(np.diff(times) > _STEP * self.frame_s) or np.any(np.diff(times) < 0.5 * self.frame_s):
            return True
        if float(group.sizes[max(head, 1) :].min(initial=np.inf)) < _SMALL * self._usual_small():
            return True
        rates = rates_of(group.times, group.sizes, self.frame_s)
        known = list(self._rates)
        if len(known) < _MIN_REMEMBERED:
            # Nothing to go by but its own head.
            own = rates_of(group.times[:head], group.sizes[:head], self.frame_s)
            known += [(float(own.min()), float(own.max()))] if len(own) else []
        if not len(rates) or not known:
            return False
        lows = [low for low, _ in known]
        # The middle of the lows: a quiet beginning must not hide that the picture stops later on. What the head shows
        # is seen; the first pictures after a keyframe are often small, because it took so much.
        later = rates[-(-head // rate_window(self.frame_s)) :]
        slices = 1 if group.slices is None else int(group.slices.max(initial=1))
        if float(later.min(initial=np.inf)) < 2 * still_bytes(self.blocks, slices) < float(np.median(lows)):
            return True
        low, high = min(lows), max(high for _, high in known)
        return bool(rates.max() > _RATE_UP * high or rates.min() < _RATE_DOWN * low)

    def _usual_small(self) -> float:
        return float(np.percentile(self._small, 2)) if len(self._small) > 2 * _REMEMBERED else 0.0


def blocks_of(width: int, height: int) -> int:
    """Blocks of 16 × 16 that a picture is coded in."""
    return -(-width // 16) * -(-height // 16)


def still_bytes(blocks: int, slices: int = 1) -> float:
    """The most bytes that a picture which repeats the one before takes."""
    return _STILL_BYTES * slices + _STILL_BYTES_PER_BLOCK * blocks


def still_pictures(group: Group, blocks: int, *, expected: bool = False) -> Flags:
    """Pictures, in decoding order, that are coded as nothing but a repeat, far from any that are not.

    `expected`: its keyframe comes by the clock amid repeats, and shows once more what has stood there; what follows it
    needs no closer look than what comes before.
    """
    order = np.argsort(group.times, kind="stable")
    most = still_bytes(blocks) + _STILL_BYTES * ((group.slices - 1) if group.slices is not None else 0)
    beyond = (group.sizes / most)[order]
    live, new = beyond > 1, beyond > _NEW_TIMES
    if group.keyed:
        live[order == 0] = new[order == 0] = True
    spread, polish = live.copy(), np.zeros(len(order), np.bool_)
    for row in np.flatnonzero(live):
        polish[row] = not new[row] and new[max(0, row - _POLISH) : row].any()
        if polish[row] or (expected and order[row] == 0):
            continue
        spread[max(0, row - _BESIDE) : row + _BESIDE + 1] = True
        before = slice(max(0, row - _MAX_REORDER), row)
        spread[before] |= order[before] > order[row]
    # The first pictures of a later part may follow a large packet of the part before, its last be drawn from the next.
    if not group.keyed:
        spread[:_BESIDE] = True
    if not group.whole:
        spread[-_MAX_REORDER:] = True
    # A stretch does not end where something in it is polished.
    quiet = ~spread | polish
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet.astype(np.int8), [0]])))
    for first, last in edges.reshape(-1, 2):
        if last - first < _MIN_STILL:
            quiet[first:last] = False
    quiet &= ~live
    still = np.zeros(len(order), np.bool_)
    still[order] = quiet
    return still


def clean_end(times: Floats, count: int) -> int:
    """The least number of packets, `count` or more, after which every later picture is shown later too."""
    if count >= len(times):
        return len(times)
    if count <= 0:
        return 0
    latest = np.maximum.accumulate(times)[:-1]
    earliest_after = np.minimum.accumulate(times[::-1])[::-1][1:]
    clean = np.flatnonzero(latest < earliest_after) + 1
    later = clean[clean >= count]
    return int(later[0]) if len(later) else len(times)


def rate_window(frame_s: float) -> int:
    """Pictures in a window over which rates are taken."""
    return max(4, round(_RATE_WINDOW_S / frame_s))


def rates_of(times: Floats, sizes: Floats, frame_s: float) -> Floats:
    """Bytes a picture in successive windows, the keyframe (and what it left over for the next ones) not counted."""
    times, sizes = times[1:], sizes[1:]
    length = rate_window(frame_s)
    order = np.argsort(times, kind="stable")
    usable = len(sizes) // length * length
    return np.asarray(sizes[order][:usable].reshape(-1, length).mean(axis=1)) if usable else np.zeros(0)
