"""The sample table of one track (ISO/IEC 14496-12, 8.6 and 8.7): which bytes of the file are which moment.

The tables are run-length coded and stay so: a hostile count is arithmetic here, never an allocation, because no list
grows beyond the bytes that are in the file.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple


class Lost(NamedTuple):
    """Samples that the file does not hold."""

    sample: int
    """Number of the first, from 0."""
    offset: int
    """Where the index says it begins."""
    missing: int


@dataclass(slots=True)
class SampleTable:
    """Sizes, places and times of a track's samples."""

    count: int
    constant_size: int
    """0 where sizes differ; then `ends` holds them."""
    ends: Sequence[int]
    """Bytes up to and including each sample."""
    chunk_offsets: Sequence[int]
    chunk_runs: Sequence[tuple[int, int]]
    """First chunk (from 0) and samples per chunk."""
    time_runs: Sequence[tuple[int, int]]
    """Count and step, in the track's ticks."""
    shift_runs: Sequence[tuple[int, int]]
    """Count and distance of presentation from decoding."""

    def first_beyond(self, limit: int) -> Lost | None:
        """The first sample that ends beyond byte `limit`, in the order of the index, and how many do."""
        first: tuple[int, int] | None = None
        missing = 0
        for chunk, sample, count in self._chunks():
            offset = self.chunk_offsets[chunk]
            if offset + self._bytes(sample, sample + count) <= limit:
                continue
            held = self._held(sample, count, limit - offset)
            missing += count - held
            if first is None:
                first = (sample + held, offset + self._bytes(sample, sample + held))
        return None if first is None else Lost(first[0], first[1], missing)

    def _chunks(self) -> list[tuple[int, int, int]]:
        """Chunk, its first sample, its number of samples."""
        out: list[tuple[int, int, int]] = []
        sample = 0
        last = len(self.chunk_offsets)
        for position, (begin, each) in enumerate(self.chunk_runs):
            end = self.chunk_runs[position + 1][0] if position + 1 < len(self.chunk_runs) else last
            for chunk in range(begin, min(end, last)):
                count = min(each, self.count - sample)
                if count <= 0:
                    return out
                out.append((chunk, sample, count))
                sample += count
        return out

    def _bytes(self, start: int, end: int) -> int:
        if self.constant_size:
            return (end - start) * self.constant_size
        before = self.ends[start - 1] if start else 0
        return (self.ends[end - 1] if end else 0) - before

    def _held(self, sample: int, count: int, room: int) -> int:
        """How many of a chunk's samples fit into `room` bytes."""
        if room <= 0:
            return 0
        if self.constant_size:
            return min(count, room // self.constant_size)
        before = self.ends[sample - 1] if sample else 0
        return min(count, bisect_right(self.ends, before + room, sample, sample + count) - sample)

    def time_of(self, sample: int) -> int:
        """Presentation time of a sample, in the track's ticks, edit list not applied."""
        return _total(self.time_runs, sample) + _value(self.shift_runs, sample)


def _total(runs: Sequence[tuple[int, int]], index: int) -> int:
    total = 0
    for count, step in runs:
        taken = min(count, index)
        total += taken * step
        index -= taken
        if index <= 0:
            break
    return total


def _value(runs: Sequence[tuple[int, int]], index: int) -> int:
    for count, value in runs:
        if index < count:
            return value
        index -= count
    return 0


def parse_sample_table(tables: Mapping[bytes, bytes]) -> SampleTable | None:
    """Build the table from the boxes of an stbl; None where one of the needed boxes is not there."""
    sizes = _sizes(tables)
    if sizes is None or b"stsc" not in tables or not ({b"stco", b"co64"} & tables.keys()):
        return None
    count, constant, ends = sizes
    return SampleTable(
        count=count,
        constant_size=constant,
        ends=ends,
        chunk_offsets=_numbers(tables[b"co64"], "Q") if b"co64" in tables else _numbers(tables[b"stco"], "I"),
        chunk_runs=[(first - 1, each) for first, each, _ in _rows(tables[b"stsc"], ">III") if first > 0],
        time_runs=_pairs(tables.get(b"stts", b""), signed=False),
        shift_runs=_pairs(tables.get(b"ctts", b""), signed=True),
    )


def _sizes(tables: Mapping[bytes, bytes]) -> tuple[int, int, Sequence[int]] | None:
    if (stsz := tables.get(b"stsz")) is not None:
        constant, count = struct.unpack_from(">II", stsz, 4)
        if constant:
            return count, constant, ()
        ends = array("Q", accumulate(_unpack(stsz, 12, count, "I")))
        return len(ends), 0, ends
    if (stz2 := tables.get(b"stz2")) is not None:
        bits, count = stz2[7], struct.unpack_from(">I", stz2, 8)[0]
        if bits == 4:
            halves = [half for byte in stz2[12:] for half in (byte >> 4, byte & 15)][:count]
        else:
            halves = list(_unpack(stz2, 12, count, "B" if bits == 8 else "H"))
        ends = array("Q", accumulate(halves))
        return len(ends), 0, ends
    return None


def _unpack(data: bytes, start: int, count: int, code: str) -> Sequence[int]:
    width = struct.calcsize(">" + code)
    count = max(0, min(count, (len(data) - start) // width))
    return struct.unpack_from(f">{count}{code}", data, start)


def _numbers(data: bytes, code: str) -> Sequence[int]:
    return _unpack(data, 8, struct.unpack_from(">I", data, 4)[0], code)


def _rows(data: bytes, layout: str) -> list[tuple[int, ...]]:
    if len(data) < 8:
        return []
    width = struct.calcsize(layout)
    count = min(struct.unpack_from(">I", data, 4)[0], (len(data) - 8) // width)
    return list(struct.iter_unpack(layout, data[8 : 8 + count * width]))


def _pairs(data: bytes, *, signed: bool) -> list[tuple[int, int]]:
    return [(row[0], row[1]) for row in _rows(data, ">Ii" if signed else ">II")]
