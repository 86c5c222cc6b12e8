"""Walking through a stream by a plan: what is decoded, what is entered as a repeat, what is left out.

`walk` gives pictures, repeats and gaps in the order of time. `ahead` runs such a walk and the scaling in threads of
their own, a few pictures ahead of whoever looks at them, so that both overlap with analysis (FFmpeg and OpenCV work
without Python's lock).
"""

from __future__ import annotations

import contextlib
import heapq
import queue
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from coursekit.video.decode import StreamReader, VideoDecoder
from coursekit.video.leap import Counters, Leaper, leaps
from coursekit.video.meter import Frame
from coursekit.video.pacing import MAX_SLICES, Group, Pacer, Plan, blocks_of, still_bytes

if TYPE_CHECKING:
    from av import Packet

_MAX_PACKETS = 900
_MAX_BYTES = 24 << 20
_AHEAD_BYTES = 40 << 20


@dataclass(slots=True)
class Repeats:
    """Pictures that follow each other and show what the one before them showed: most of a slide lecture."""

    times_s: list[float]
    packet_bytes: list[int]

    def add(self, others: Repeats) -> None:
        """Take in those that come next."""
        self.times_s += others.times_s
        self.packet_bytes += others.packet_bytes


@dataclass(frozen=True, slots=True)
class Gap:
    """Pictures that were not decoded."""

    start_s: float
    end_s: float
    turn: bool
    """The keyframe after it came out of turn: there may be a cut."""


Item = Frame | Repeats | Gap
Ask = Callable[[], bool]
"""Whether what was seen of late is worth a closer look. Asked after everything given so far was looked at."""


@dataclass(slots=True)
class _Held:
    """Packets of a group and what the pacer may know of them."""

    packets: list[Packet[Any]]
    group: Group | None
    """None where packets carry no times of their own: nothing can be planned."""


def walk(decoder: VideoDecoder, reader: StreamReader, ask: Ask, damaged_s: tuple[float, ...] = ()) -> Iterator[Item]:
    """Pictures, repeats and gaps of one stream."""
    pacer = Pacer(blocks_of(*reader.info.coded_px), reader.step_s)
    open_since: float | None = None  # where what was left out begins
    flowing = False
    usual = True
    feeder = _Feeder(reader, Leaper.of(reader.info.codec, reader.extra))
    for held in _groups(decoder, reader, damaged_s):
        group, packets = held.group, held.packets
        if group is None:
            yield from feeder.decode(packets)
            flowing = True
            continue
        if not flowing and not group.keyed:
            reader.leave_out(len(packets))
            continue
        plan = pacer.plan(group)
        came_by_clock, usual = usual, plan.usual_end
        head = plan.head
        if head == 0 and flowing and ask() and pacer.go_on(group, plan):
            # The look ended where the group before did.
            head = plan.end
        if head == 0:
            if flowing:
                yield from feeder.restart()
                open_since, flowing = reader.end_s, False
            reader.leave_out(len(packets))
            continue
        if open_since is not None:
            yield Gap(open_since, float(group.times[0]), not came_by_clock)
            open_since = None
        still = frozenset(packets[row].pts for row in np.flatnonzero(plan.still))
        skip = 0 if flowing else _leading(group)
        reader.leave_out(skip)
        yield from feeder.decode(packets[:1] + packets[1 + skip : head], still, doubtful=group.doubtful)
        done = head
        if done < plan.end and ask() and pacer.go_on(group, plan):
            yield from feeder.decode(packets[done : plan.end], still, doubtful=group.doubtful)
            done = plan.end
        flowing = done == len(packets)
        if flowing:
            continue
        yield from feeder.restart()
        if done == plan.end:
            yield from _repeats(reader, group, plan, packets)
        else:
            open_since = reader.end_s
            reader.leave_out(len(packets) - done)
    if flowing:
        yield from feeder.flush()


@dataclass(slots=True)
class _Feeder:
    """Gives packets to the decoder. Of those that repeat a picture only what others refer to is decoded."""

    reader: StreamReader
    leaper: Leaper | None
    _due: list[tuple[int, int]] = field(default_factory=list)
    """Stamp and size of the repeats that were given and have not come out: a heap."""
    _back: Counters | None = None
    """How far the counters are turned back since the last leap."""
    _begun: bool = False
    """Everything since a picture that draws from nothing was given: what is missing is known."""

    def decode(
        self, packets: list[Packet[Any]], still: frozenset[int | None] = frozenset(), *, doubtful: bool = False
    ) -> Iterator[Item]:
        context = self.reader.stream.codec_context
        self._begin(packets[0])
        leaps = {} if doubtful or not still else self._leaps(packets, still)
        until = 0
        for row, packet in enumerate(packets):
            repeats = packet.pts in still
            if repeats and packet.pts is not None:
                heapq.heappush(self._due, (packet.pts, packet.size))
            if row in leaps:
                until, self._back = leaps[row]
            if row < until:
                continue
            # A picture that is left out cannot complain: where damage is known every one is decoded.
            context.skip_frame = "NONREF" if repeats and not doubtful else "DEFAULT"
            yield from self._out(self.reader.decode(self._turned(packet)))

    def _begin(self, packet: Packet[Any]) -> None:
        begins = self.leaper.begins(bytes(packet)) if self.leaper is not None else None
        if begins is not False:
            self._begun, self._back = bool(begins), None

    def _leaps(self, packets: list[Packet[Any]], still: frozenset[int | None]) -> dict[int, tuple[int, Counters]]:
        """Row at which to leap → row to go on with, and how far counters are to be turned back from there on."""
        leaper = self.leaper
        if leaper is None or not self._begun:
            return {}
        times = np.array([self.reader.packet_s(packet) for packet in packets], np.float64)
        rests = np.array([packet.pts in still for packet in packets])
        drawn = np.array([leaper.drawn_from(bytes(p)) if r else True for p, r in zip(packets, rests, strict=True)])
        found: dict[int, tuple[int, Counters]] = {}
        number, order = (self._back.number, self._back.order) if self._back is not None else (0, 0)
        for start, end in leaps(times, rests, drawn, leaper.kept):
            shown = [row + int(np.argmin(times[row:])) for row in (start, end)]
            told = [leaper.counters(bytes(packets[row])) for row in (start, end, *shown)]
            if None in told:
                return {}
            one, other, first, later = (c for c in told if c is not None)
            number, order = number + other.number - one.number, order + later.order - first.order
            found[start] = end, Counters(number, order)
        return found

    def _turned(self, packet: Packet[Any]) -> Packet[Any]:
        if self._back is None or self.leaper is None:
            return packet
        return self.reader.like(packet, self.leaper.moved(bytes(packet), self._back))

    def restart(self) -> Iterator[Item]:
        """What the decoder still holds; it then waits for a keyframe."""
        self._back, self._begun = None, False
        yield from self._out(self.reader.restart())
        yield from self._passed(None)

    def flush(self) -> Iterator[Item]:
        """What the decoder still holds, at the end."""
        yield from self._out(self.reader.flush())
        yield from self._passed(None)

    def _out(self, frames: Iterator[Frame]) -> Iterator[Item]:
        for frame in frames:
            stamp = frame.picture.pts
            yield from self._passed(stamp)
            if self._due and stamp == self._due[0][0]:
                heapq.heappop(self._due)
                if not frame.damaged:
                    yield Repeats([frame.time_s], [frame.packet_bytes])
                    continue
            yield frame

    def _passed(self, stamp: int | None) -> Iterator[Repeats]:
        """Repeats that are to be shown before this and were left out by the decoder."""
        found = Repeats([], [])
        while self._due and (stamp is None or self._due[0][0] < stamp):
            pts, size = heapq.heappop(self._due)
            found.add(Repeats([self.reader.time_of(pts)], [size]))
        if found.times_s:
            self.reader.enter(found.times_s)
            yield found


def _leading(group: Group) -> int:
    """Packets after the keyframe that are shown before it: they refer to what was not decoded."""
    early = np.flatnonzero(group.times[1:] < group.times[0])
    return int(early[-1]) + 1 if len(early) else 0


def _repeats(reader: StreamReader, group: Group, plan: Plan, packets: list[Packet[Any]]) -> Iterator[Repeats]:
    order = plan.end + np.argsort(group.times[plan.end :], kind="stable")
    if len(order):
        found = Repeats(group.times[order].tolist(), [packets[row].size for row in order])
        reader.enter(found.times_s)
        yield found


def _groups(decoder: VideoDecoder, reader: StreamReader, damaged_s: tuple[float, ...]) -> Iterator[_Held]:
    held: list[Packet[Any]] = []
    size = 0
    keyed = True
    for packet in decoder.packets(reader):
        if held and packet.is_keyframe:
            yield _held(reader, held, damaged_s, keyed=keyed, whole=True, last=False)
            held, size, keyed = [], 0, True
        elif len(held) >= _MAX_PACKETS or size >= _MAX_BYTES:
            yield _held(reader, held, damaged_s, keyed=keyed, whole=False, last=False)
            held, size, keyed = [], 0, False
        held.append(packet)
        size += packet.size
    if held:
        yield _held(reader, held, damaged_s, keyed=keyed, whole=True, last=True)


def _held(
    reader: StreamReader,
    packets: list[Packet[Any]],
    damaged_s: tuple[float, ...],
    *,
    keyed: bool,
    whole: bool,
    last: bool,
) -> _Held:
    stamps = [packet.pts for packet in packets]
    if None in stamps or len(set(stamps)) < len(stamps):
        return _Held(packets, None)
    times = np.array([reader.packet_s(packet) for packet in packets], dtype=np.float64)
    first, end = float(times.min()) - 1, float(times.max()) + 1
    group = Group(
        times=times,
        sizes=np.array([packet.size for packet in packets], dtype=np.float64),
        keyed=keyed and bool(packets[0].is_keyframe),
        whole=whole,
        last=last,
        doubtful=any(p.is_corrupt or p.is_discard for p in packets) or any(first <= t <= end for t in damaged_s),
        slices=_slices(reader, packets),
    )
    return _Held(packets, group)


def _slices(reader: StreamReader, packets: list[Packet[Any]]) -> npt.NDArray[np.int64]:
    """Counted where it can matter: in packets too large for a repeat in one slice, and not for one in many."""
    blocks = blocks_of(*reader.info.coded_px)
    least, most = still_bytes(blocks), still_bytes(blocks, MAX_SLICES)
    return np.array([reader.slices(p) if least < p.size <= most else 1 for p in packets], np.int64)


@dataclass(slots=True)
class _Question:
    answered: threading.Event
    answer: bool = False


_Handed = Item | _Question | BaseException | None
_HANDFUL = 250


class _Belt:
    """Hands items from one thread to the next, until nobody looks any more."""

    def __init__(self, room: int, over: threading.Event) -> None:
        self._items: queue.Queue[_Handed] = queue.Queue(room)
        self._over = over

    def put(self, item: _Handed) -> None:
        while not self._over.is_set():
            with contextlib.suppress(queue.Full):
                return self._items.put(item, timeout=1.0)
        raise _Over

    def get(self) -> _Handed:
        while not self._over.is_set():
            with contextlib.suppress(queue.Empty):
                return self._items.get(timeout=1.0)
        raise _Over


def ahead(walk_with: Callable[[Ask], Iterator[Item]], ask: Ask, picture_bytes: int) -> Generator[Item, None, None]:
    """The same items, made in two threads that run ahead: one decodes, one scales.

    Where one thread did both, the decoder's own threads ran out of packets while it scaled: a twentieth more of the
    clock for a camera lesson of which every picture is decoded.
    """
    over = threading.Event()
    room = max(2, min(16, _AHEAD_BYTES // max(picture_bytes, 1))) // 2
    decoded, scaled = _Belt(room, over), _Belt(room, over)

    def decode() -> None:
        repeats = Repeats([], [])

        def hand_repeats() -> None:
            """Repeats that follow each other go together: to hand over each alone costs more than to enter it."""
            nonlocal repeats
            if repeats.times_s:
                decoded.put(repeats)
                repeats = Repeats([], [])

        def asked() -> bool:
            hand_repeats()
            question = _Question(threading.Event())
            decoded.put(question)
            while not question.answered.wait(1.0):
                if over.is_set():
                    raise _Over
            return question.answer

        for item in walk_with(asked):
            if isinstance(item, Repeats):
                repeats.add(item)
            else:
                hand_repeats()
                decoded.put(item)
            if len(repeats.times_s) >= _HANDFUL:
                hand_repeats()
        hand_repeats()
        decoded.put(None)

    def scale() -> None:
        while True:
            item = decoded.get()
            if isinstance(item, Frame):
                item.prepare()
            scaled.put(item)
            if item is None or isinstance(item, BaseException):
                return

    threads = [
        threading.Thread(target=_until_over, args=(work, out), name=work.__name__, daemon=True)
        for work, out in ((decode, decoded), (scale, scaled))
    ]
    for thread in threads:
        thread.start()
    try:
        while (item := scaled.get()) is not None:
            if isinstance(item, _Question):
                item.answer = ask()
                item.answered.set()
            elif isinstance(item, BaseException):
                raise item
            else:
                yield item
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _until_over(work: Callable[[], None], out: _Belt) -> None:
    """What fails is handed on to the thread that waits for pictures."""
    try:
        work()
    except _Over:
        return
    except BaseException as error:  # noqa: BLE001 - it is raised there
        with contextlib.suppress(_Over):
            out.put(error)


class _Over(Exception):
    """Nobody looks any more."""
