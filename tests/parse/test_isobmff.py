"""Boxes, sample tables and matrices, built by hand."""

from __future__ import annotations

import io
import struct

import pytest

from coursekit.probe.isobmff import IsoFile, Transform, is_iso, read_iso, read_matrix
from coursekit.probe.sampletable import SampleTable, parse_sample_table


def box(name: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), name) + body


def full(name: bytes, content: bytes, version: int = 0) -> bytes:
    return box(name, bytes([version, 0, 0, 0]), content)


def read(data: bytes) -> IsoFile:
    return read_iso(io.BytesIO(data), len(data))


def codes(iso: IsoFile) -> list[str]:
    return [damage.code for damage in iso.damages]


def movie(sample_sizes: list[int], chunk_at: int, *, extra: bytes = b"", edits: bytes = b"") -> bytes:
    """A moov with one track of 25 samples a second in one chunk."""
    sizes = struct.pack(f">II{len(sample_sizes)}I", 0, len(sample_sizes), *sample_sizes)
    table = box(
        b"stbl",
        full(b"stsd", struct.pack(">I", 0)),
        full(b"stts", struct.pack(">III", 1, len(sample_sizes), 40)),
        full(b"stsc", struct.pack(">IIII", 1, 1, len(sample_sizes), 1)),
        full(b"stsz", sizes),
        full(b"stco", struct.pack(">II", 1, chunk_at)),
    )
    matrix = struct.pack(">9i", 0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
    track = box(
        b"trak",
        full(b"tkhd", bytes(8) + struct.pack(">I", 7) + bytes(24) + matrix + bytes(8)),
        edits,
        box(
            b"mdia",
            full(b"mdhd", bytes(8) + struct.pack(">II", 1000, 40 * len(sample_sizes)) + bytes(4)),
            full(b"hdlr", bytes(4) + b"vide" + bytes(12)),
            box(b"minf", table),
        ),
    )
    header = full(b"mvhd", bytes(8) + struct.pack(">II", 600, 24 * len(sample_sizes)) + bytes(80))
    return box(b"moov", header, track, extra)


FTYP = box(b"ftyp", b"isom\0\0\0\0")


def front(sample_sizes: list[int], **more: bytes) -> bytes:
    """ftyp, moov, mdat: the index first."""
    at = len(FTYP) + len(movie(sample_sizes, 0, **more)) + 8
    return FTYP + movie(sample_sizes, at, **more) + box(b"mdat", bytes(sum(sample_sizes)))


def test_a_whole_file() -> None:
    iso = read(front([100] * 50))
    assert (iso.brand, iso.index_at_front, iso.fragmented, codes(iso)) == ("isom", True, False, [])
    (track,) = iso.tracks
    assert (track.id, track.handler, track.timescale, track.duration) == (7, "vide", 1000, 2000)
    assert track.transform == Transform(90, False)
    assert track.samples is not None
    assert (track.samples.count, track.samples.time_of(25)) == (50, 1000)


@pytest.mark.parametrize(("kept", "lost_s"), [(0, 0.0), (99, 0.0), (100, 0.04), (2550, 1.0), (4999, 1.96)])
def test_the_second_at_which_it_breaks_off(kept: int, lost_s: float) -> None:
    data = front([100] * 50)
    cut = data[: len(data) - 5000 + kept]
    iso = read(cut)
    assert codes(iso) == ["truncated"]
    assert iso.damages[0].time_s == pytest.approx(lost_s)
    assert iso.damages[0].offset == len(cut)


def test_the_edit_list_moves_the_second() -> None:
    pause = struct.pack(">IIihhIihh", 2, 300, -1, 1, 0, 1200, 80, 1, 0)  # half a second empty, then from 80 ms on
    edits = box(b"edts", full(b"elst", pause))
    data = front([100] * 50, edits=edits)
    iso = read(data[: len(data) - 2500])
    assert iso.damages[0].time_s == pytest.approx(1.0 + 0.5 - 0.08)
    assert [edit.media_time for edit in iso.tracks[0].edits] == [-1, 80]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (FTYP + box(b"mdat", bytes(100)), ["index-missing"]),
        (FTYP + movie([10], 10**6), ["payload-missing"]),
        (front([10] * 5) + b"\xff" * 40, ["trailing-data"]),
        (front([10] * 5) + b"\0\0", []),
        (FTYP + b"\0\0\0\3xxxx" + bytes(50), ["box-damaged"]),
        (FTYP + struct.pack(">I4sQ", 1, b"mdat", 2**62) + bytes(10), ["truncated", "index-missing"]),
        (FTYP + movie([10], 0)[:60], ["truncated", "box-damaged"]),
        (b"", ["index-missing"]),
    ],
)
def test_damage(data: bytes, expected: list[str]) -> None:
    assert codes(read(data)) == expected


def test_a_child_that_does_not_fit_is_named() -> None:
    data = bytearray(front([10] * 5))
    at = data.index(b"mdia") - 4
    data[at : at + 4] = b"\0\1\0\0"
    iso = read(bytes(data))
    assert iso.damages[0].code == "box-damaged"
    assert iso.damages[0].offset == at
    assert "mdia" in iso.damages[0].detail


def test_sizes_in_their_three_forms() -> None:
    to_the_end = front([10] * 5).replace(struct.pack(">I4s", 58, b"mdat"), struct.pack(">I4s", 0, b"mdat"))
    assert codes(read(to_the_end)) == []
    long_form = struct.pack(">I4sQ", 1, b"free", 24) + bytes(8)
    assert [box.size for box in read(long_form + front([10] * 5)).boxes][:2] == [24, 16]


@pytest.mark.parametrize(
    ("a", "b", "c", "d", "expected"),
    [
        (1, 0, 0, 1, Transform(0, False)),
        (0, 1, -1, 0, Transform(90, False)),
        (-1, 0, 0, -1, Transform(180, False)),
        (0, -1, 1, 0, Transform(270, False)),
        (-1, 0, 0, 1, Transform(0, True)),
        (1, 0, 0, -1, Transform(180, True)),
    ],
)
def test_display_matrices(a: int, b: int, c: int, d: int, expected: Transform) -> None:
    one = 65536
    assert read_matrix((a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30)) == expected


def test_metadata_items_by_key_and_by_name() -> None:
    value = b'{"Label":"1"}'
    item = box(b"data", struct.pack(">II", 1, 0), value)
    keyed = box(
        b"meta",
        full(b"hdlr", bytes(4) + b"mdta" + bytes(12)),
        full(b"keys", struct.pack(">I", 1) + box(b"mdta", b"AIGC")),
        box(b"ilst", struct.pack(">II", 8 + len(item), 1) + item),
    )
    named = box(
        b"udta",
        full(
            b"meta",
            full(b"hdlr", bytes(4) + b"mdir" + bytes(12))
            + box(b"ilst", box(b"----", full(b"mean", b"com.apple"), full(b"name", b"AIGC"), item)),
        ),
    )
    plain = box(b"udta", box(b"AIGC", value))
    for extra, place in ((keyed, "moov/meta"), (named, "moov/udta/meta"), (plain, "moov/udta")):
        assert read(front([10], extra=extra)).tags == [(place, "AIGC", value.decode())]


def test_a_hostile_count_allocates_nothing() -> None:
    huge = struct.pack(">II", 0xFFFFFFFF, 0xFFFFFFFF)
    tables = {
        b"stsz": bytes(4) + struct.pack(">II", 1, 0xFFFFFFFF),
        b"stsc": bytes(4) + struct.pack(">IIII", 0xFFFFFFFF, 1, 0xFFFFFFFF, 1),
        b"stco": bytes(4) + struct.pack(">II", 0xFFFFFFFF, 100),
        b"stts": bytes(4) + struct.pack(">I", 0xFFFFFFFF) + huge,
    }
    table = parse_sample_table(tables)
    assert isinstance(table, SampleTable)
    lost = table.first_beyond(1000)
    assert lost is not None
    assert (lost.sample, lost.offset) == (900, 1000)
    assert table.time_of(2**31) == 2**31 * 0xFFFFFFFF


def test_compact_sizes() -> None:
    tables = {
        b"stz2": bytes(4) + struct.pack(">II", 4, 3) + bytes([0x12, 0x30]),
        b"stsc": bytes(4) + struct.pack(">IIII", 1, 1, 3, 1),
        b"co64": bytes(4) + struct.pack(">IQ", 1, 2**33),
    }
    table = parse_sample_table(tables)
    assert table is not None
    assert list(table.ends) == [1, 3, 6]
    assert table.chunk_offsets == (2**33,)
    assert parse_sample_table({}) is None


def test_what_begins_like_an_mp4() -> None:
    assert is_iso(FTYP)
    assert not is_iso(b"\x1aE\xdf\xa3" + bytes(8))
