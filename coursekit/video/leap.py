"""Leaping over pictures that repeat the one before, in H.264, so that what comes after them can still be decoded.

A slide changes late in a group of pictures: what follows is drawn from the repeats before it, and each of those would
have to be decoded for nothing, for all of them show the same. A decoder that simply is not given them takes them for
lost. But the header of a slice names its place by two counters, the number of the pictures to draw from and the order
of showing. Counted on from where the leap began, what comes after it is the undisturbed continuation: it finds the same
pictures at the same distances, only older copies of them.

What the repeats may hold beside skipped blocks, a few blocks of late polish, is lost until the next keyframe: of 1080p
slides, 0.01 levels in the mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from coursekit.probe.units import length_bytes, units
from coursekit.video.pacing import Flags, Floats

_HEAD_BYTES = 40
"""Of a slice: the counters stand within its first 16."""
_WORTH = 8
"""Packets: a leap over fewer saves next to nothing."""
_HIGH_PROFILES = (100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135)
_SLICE, _KEY_SLICE, _PARAMETERS = 1, 5, 7


class _Bits:
    """Reads a header bit by bit. Raises IndexError past its end."""

    def __init__(self, data: bytes) -> None:
        self._length = 8 * len(data)
        self._value = int.from_bytes(data, "big")
        self.at = 0

    def take(self, count: int) -> int:
        if self.at + count > self._length:
            raise IndexError
        self.at += count
        return self._value >> (self._length - self.at) & ((1 << count) - 1)

    def count(self) -> int:
        """An unsigned Exp-Golomb number."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)

    def replaced(self, at: int, count: int, value: int) -> None:
        shift = self._length - at - count
        self._value = self._value & ~(((1 << count) - 1) << shift) | value << shift

    def whole(self) -> bytes:
        return self._value.to_bytes(self._length // 8, "big")


@dataclass(frozen=True, slots=True)
class Counters:
    """Where a picture stands: its number among those that may be drawn from, and its place in the order of showing."""

    number: int
    order: int


@dataclass(frozen=True, slots=True)
class Leaper:
    """What must be known of a stream to leap in it."""

    length: int
    """Bytes of the length in front of each unit."""
    number_bits: int
    order_bits: int
    """0 where the order is not told but follows from the number."""
    colour_bits: int
    kept: int
    """Pictures that may be drawn from at once."""

    @classmethod
    def of(cls, codec: str, extra: bytes) -> Leaper | None:
        """None for what is not plain H.264 of whole pictures with one set of parameters."""
        length = length_bytes(codec, extra)
        if codec != "h264" or not length or len(extra) < 8 or extra[5] & 31 != 1:
            return None
        size = int.from_bytes(extra[6:8], "big")
        try:
            return _parameters(extra[8 : 8 + size], length)
        except IndexError:
            return None

    def begins(self, data: bytes) -> bool | None:
        """Whether nothing after this packet draws from what came before it; None where it changes the parameters."""
        kinds = {data[at] & 31 for at in units(data, self.length)}
        return None if _PARAMETERS in kinds else _KEY_SLICE in kinds

    def drawn_from(self, data: bytes) -> bool:
        """Whether others may be drawn from it."""
        return any(data[at] & 31 in (_SLICE, _KEY_SLICE) and data[at] & 0x60 for at in units(data, self.length))

    def counters(self, data: bytes) -> Counters | None:
        """Of a packet's picture; None where it has none, or not a whole one."""
        at = next((at for at in units(data, self.length) if data[at] & 31 in (_SLICE, _KEY_SLICE)), len(data))
        bits = _Bits(_unescaped(data[at : at + _HEAD_BYTES]))
        try:
            number_at, order_at = self._places(bits)
            bits.at = number_at
            number = bits.take(self.number_bits)
            bits.at = order_at
            return Counters(number, bits.take(self.order_bits))
        except IndexError:
            return None

    def moved(self, data: bytes, back: Counters) -> bytes:
        """The same packet with its counters turned back; what is not whole stays as it is, for the decoder to judge."""
        parts: list[bytes] = []
        try:
            for at in units(data, self.length):
                end = at + int.from_bytes(data[at - self.length : at], "big")
                unit = data[at:end]
                if unit[0] & 31 == _SLICE:
                    cut = _cut(unit)
                    unit = self._turned(unit[:cut], back) + unit[cut:]
                parts += [len(unit).to_bytes(self.length, "big"), unit]
        except (IndexError, OverflowError):
            return data
        return b"".join(parts)

    def _turned(self, head: bytes, back: Counters) -> bytes:
        bits = _Bits(_unescaped(head))
        for place, width, less in zip(
            self._places(bits), (self.number_bits, self.order_bits), _pair(back), strict=True
        ):
            bits.at = place
            bits.replaced(place, width, (bits.take(width) - less) % (1 << width))
        return _escaped(bits.whole())

    def _places(self, bits: _Bits) -> tuple[int, int]:
        kind = bits.take(8) & 31
        for _ in range(3):
            bits.count()  # first block, type, parameters
        bits.take(self.colour_bits)
        number_at = bits.at
        bits.take(self.number_bits)
        if kind == _KEY_SLICE:
            bits.count()
        return number_at, bits.at


def _pair(counters: Counters) -> tuple[int, int]:
    return counters.number, counters.order


def _parameters(unit: bytes, length: int) -> Leaper | None:
    bits = _Bits(_unescaped(unit))
    if bits.take(8) & 31 != _PARAMETERS:
        return None
    profile = bits.take(8)
    bits.take(16)
    bits.count()
    colour_bits = 0
    if profile in _HIGH_PROFILES:
        if bits.count() == 3:
            colour_bits = 2 * bits.take(1)
        bits.count()
        bits.count()
        bits.take(1)
        if bits.take(1):
            # Scaling matrices: nobody writes them for a lecture.
            return None
    number_bits = bits.count() + 4
    order = bits.count()
    if order == 1:
        return None
    order_bits = bits.count() + 4 if order == 0 else 0
    kept = bits.count()
    bits.take(1)
    bits.count()
    bits.count()
    if not bits.take(1):
        # Fields, or pictures that may be such.
        return None
    return Leaper(length, number_bits, order_bits, colour_bits, max(1, kept))


def _cut(unit: bytes) -> int:
    """Where to part a unit, never within bytes that are escaped together."""
    return next((at for at in range(_HEAD_BYTES, len(unit)) if unit[at - 1] > 3), len(unit))


def _unescaped(data: bytes) -> bytes:
    return data.replace(b"\0\0\3", b"\0\0")


def _escaped(data: bytes) -> bytes:
    out = bytearray()
    zeros = 0
    for byte in data:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def leaps(times: Floats, still: Flags, drawn: Flags, kept: int) -> Iterator[tuple[int, int]]:
    """Ranges of packets, in decoding order, that need not be decoded for what comes after them.

    Before each stay as many pictures to draw from as a decoder keeps, all of them repeats: whatever is drawn from
    after the leap shows what it should. Nothing in a range is shown before what precedes it or after what follows.
    """
    count = len(times)
    latest = np.maximum.accumulate(times)
    earliest = np.minimum.accumulate(times[::-1])[::-1]
    clean = np.flatnonzero(latest[:-1] < earliest[1:]) + 1
    live = np.flatnonzero(~still)
    for before, after in zip(live, [*live[1:], count], strict=True):
        if after == count or after - before <= _WORTH:
            continue
        ready = before + 1 + np.flatnonzero(np.cumsum(drawn[before + 1 : after]) >= kept)
        if not len(ready):
            continue
        inside = clean[(clean > ready[0]) & (clean <= after)]
        if len(inside) > 1 and inside[-1] - inside[0] >= _WORTH:
            yield int(inside[0]), int(inside[-1])
