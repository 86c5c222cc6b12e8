"""Counts a file's packets from end to end: what is really there, against what the headers promise."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from coursekit.probe.facts import Damage, Gap, PacketFacts, StreamKind
from coursekit.probe.media import demux, origin_of
from coursekit.probe.units import length_bytes

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet

STANDARD_RATES = tuple(
    Fraction(*rate)
    for rate in (
        (5, 1), (10, 1), (12, 1), (25, 2), (15000, 1001), (15, 1), (20, 1), (24000, 1001), (24, 1), (25, 1),
        (30000, 1001), (30, 1), (48000, 1001), (48, 1), (50, 1), (60000, 1001), (60, 1), (90, 1), (100, 1),
        (120000, 1001), (120, 1),
    )
)  # fmt: skip
_STEADY_S = 0.0011
"""Timestamps in whole milliseconds jump by one; no player shows that."""
_GAP_S = 0.5
_MAX_GAPS = 20
_MAX_PLACES = 20
_MERGE_S = 1.0
# H.264 and HEVC never have more than two zero bytes in a row inside a unit, and a length never ends in more than
# three: eight in a row are a hole, such as an interrupted copy leaves.
_HOLE = bytes(8)


@dataclass(slots=True)
class Timing:
    """What the packets say of a picture's rate."""

    rate: Fraction | None = None
    variable: bool | None = None


@dataclass(slots=True)
class Scan:
    """The packets of a whole file."""

    packets: dict[int, PacketFacts] = field(default_factory=dict)
    timing: dict[int, Timing] = field(default_factory=dict)
    damages: list[Damage] = field(default_factory=list)
    read_error: str | None = None


@dataclass(slots=True)
class _Counter:
    kind: str
    tick: Fraction
    length_bytes: int
    """Of the length in front of each unit; 0 where the codec has none."""
    start: int | None
    origin: Fraction
    """When the file begins, in seconds on its own clock."""
    count: int = 0
    bytes: int = 0
    keyframes: int = 0
    shown: array[int] = field(default_factory=lambda: array("q"))
    end: int | None = None
    last_dts: int | None = None
    last_length: int = 0
    backward: int = 0
    first_backward: int | None = None
    without_time: int = 0
    corrupt: int = 0
    first_corrupt: int | None = None
    hidden: int = 0
    damaged: list[tuple[int, int, int | None]] = field(default_factory=list)
    """Time, packets and byte offset of each run of damaged packets."""


def scan_packets(container: InputContainer) -> Scan:
    """Read every packet of every stream. A demuxer that stops with an error leaves the error and what came before."""
    import av

    origin = origin_of(container)
    counters = {stream.index: _counter(stream, origin) for stream in container.streams}
    scan = Scan()
    try:
        for packet in demux(container):
            # PyAV ends each stream with an empty packet of its own.
            if packet.size and (counter := counters.get(packet.stream_index)) is not None:
                _count(counter, packet)
    except av.FFmpegError as error:
        scan.read_error = error.strerror or str(error)
    for index, counter in counters.items():
        scan.packets[index] = _facts(counter)
        if counter.kind == StreamKind.VIDEO:
            scan.timing[index] = _timing(counter)
        scan.damages += _damages(index, counter)
    return scan


def _counter(stream: Any, origin: Fraction) -> _Counter:
    context = stream.codec_context
    tick = stream.time_base or Fraction(1, 1000)
    extra = bytes(context.extradata or b"") if context is not None and stream.type in ("video", "audio") else b""
    length = length_bytes(context.name, extra) if context is not None else 0
    return _Counter(stream.type, tick, length, stream.start_time, origin)


def _count(counter: _Counter, packet: Packet[Any]) -> None:
    counter.count += 1
    counter.bytes += packet.size
    counter.keyframes += packet.is_keyframe
    pts = packet.pts if packet.pts is not None else packet.dts
    if pts is None:
        counter.without_time += 1
    elif packet.is_discard:
        counter.hidden += 1
    else:
        counter.shown.append(pts)
        end = pts + (packet.duration or 0)
        if counter.end is None or end > counter.end:
            counter.end, counter.last_length = end, packet.duration or 0
    if packet.dts is not None:
        if counter.last_dts is not None and packet.dts <= counter.last_dts:
            counter.backward += 1
            if counter.first_backward is None:
                counter.first_backward = packet.dts
        counter.last_dts = packet.dts
    if packet.is_corrupt:
        counter.corrupt += 1
        if counter.first_corrupt is None:
            counter.first_corrupt = pts
    elif counter.length_bytes and not units_fit(bytes(packet), counter.length_bytes):
        _note_damage(counter, pts or 0, packet.pos)


def units_fit(data: bytes, length_bytes: int) -> bool:
    """Whether a packet of length-prefixed units (H.264, HEVC) is whole: lengths add up and no unit holds a hole."""
    if _HOLE in data:
        return False
    at, size = 0, len(data)
    while at < size:
        length = int.from_bytes(data[at : at + length_bytes], "big")
        at += length_bytes + length
        if length == 0 or at > size:
            return False
    return True


def _note_damage(counter: _Counter, pts: int, pos: int | None) -> None:
    if counter.damaged:
        time, count, offset = counter.damaged[-1]
        if abs(pts - time) * counter.tick < _MERGE_S * (count + 1) or len(counter.damaged) >= _MAX_PLACES:
            counter.damaged[-1] = (time, count + 1, offset)
            return
    counter.damaged.append((pts, 1, pos))


def _damages(index: int, counter: _Counter) -> list[Damage]:
    return [
        Damage("payload-damaged", f"{count} packets of stream {index} do not add up", pos, _time(counter, time), count)
        for time, count, pos in counter.damaged
    ]


def _length(counter: _Counter, ticks: int) -> float:
    return round(float(ticks * counter.tick), 6)


def _time(counter: _Counter, ticks: int) -> float:
    # Adding zero makes −0.0, which rounding leaves behind, a plain zero.
    return round(float(ticks * counter.tick - counter.origin), 6) + 0.0


def _facts(counter: _Counter) -> PacketFacts:
    facts: dict[str, Any] = {}
    if counter.shown:
        times = sorted(counter.shown)
        # Sound starts with priming samples that a player drops; the demuxer's start time knows them.
        first = times[0] if counter.start is None else max(times[0], min(counter.start, times[-1]))
        steps = sorted(b - a for a, b in pairwise(times))
        end = max(counter.end or times[-1], times[-1])
        if steps:
            median = steps[len(steps) // 2]
            if counter.last_length == 0:
                end = max(end, times[-1] + median)
            slack = max(1, int(_STEADY_S / counter.tick))
            facts |= {
                "min_step_s": _length(counter, steps[0]),
                "median_step_s": _length(counter, median),
                "max_step_s": _length(counter, steps[-1]),
                "steady_share": _share(sum(1 for step in steps if abs(step - median) <= slack), len(steps)),
            }
            if counter.kind in (StreamKind.VIDEO, StreamKind.AUDIO):
                facts |= _gaps(counter, times, median)
        facts |= {"first_s": _time(counter, first), "end_s": _time(counter, end)}
    if counter.first_backward is not None:
        facts["first_backward_s"] = _time(counter, counter.first_backward)
    if counter.first_corrupt is not None:
        facts["first_corrupt_s"] = _time(counter, counter.first_corrupt)
    return PacketFacts(
        count=counter.count,
        bytes=counter.bytes,
        keyframes=counter.keyframes,
        backward=counter.backward,
        without_time=counter.without_time,
        corrupt=counter.corrupt,
        hidden=counter.hidden,
        **facts,
    )


def _share(part: int, whole: int) -> float:
    """Never rounded up to one: a single odd step in an hour is still one."""
    return 1.0 if part == whole else min(0.9999, round(part / whole, 4))


def _gaps(counter: _Counter, times: list[int], median: int) -> dict[str, Any]:
    limit = max(int(_GAP_S / counter.tick), 3 * median)
    found = [(b - a, a, b) for a, b in pairwise(times) if b - a > limit]
    longest = sorted(sorted(found, reverse=True)[:_MAX_GAPS], key=lambda gap: gap[1])
    gaps = tuple(Gap(_time(counter, a), _time(counter, b)) for _, a, b in longest)
    return {"gaps": gaps, "gap_count": len(found)}


def _timing(counter: _Counter) -> Timing:
    times = sorted(set(counter.shown))
    if len(times) < 3:
        return Timing()
    steps = sorted(b - a for a, b in pairwise(times))
    median = steps[len(steps) // 2]
    slack = max(1, int(_STEADY_S / counter.tick))
    steady = [step for step in steps if abs(step - median) <= slack]
    if len(steps) - len(steady) > max(1, len(steps) // 200):
        return Timing((len(times) - 1) / ((times[-1] - times[0]) * counter.tick), True)
    # A hole is no slower rate: only the steps that are steady are averaged.
    span = sum(steady) * counter.tick
    return Timing(snap_rate(len(steady) / span, counter.tick / span), False)


def snap_rate(rate: Fraction, error: Fraction) -> Fraction:
    """The standard rate that a measured one is, given its relative error; the measured one where it is none."""
    # 24 and 24000/1001 lie a thousandth apart: a wider net would catch both.
    tolerance = min(Fraction(4, 10_000), max(Fraction(1, 1_000_000), error))
    nearest = min(STANDARD_RATES, key=lambda standard: abs(rate - standard))
    return nearest if abs(rate / nearest - 1) <= tolerance else rate
