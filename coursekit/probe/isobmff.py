"""Reads the box structure of MP4 and MOV files (ISO/IEC 14496-12, QuickTime File Format) without a demuxer.

A demuxer repairs silently what it can and gives up without a place where it cannot. This walker answers what it does
not say: where the file breaks off, which second of the lesson is lost, whether the index stands in front, what the edit
lists and the display matrix hold.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO, NamedTuple

from coursekit.probe.facts import Damage
from coursekit.probe.limits import BOXES as MAX_BOXES
from coursekit.probe.limits import INDEX_BYTES as MAX_INDEX_BYTES
from coursekit.probe.sampletable import SampleTable, parse_sample_table

_FIRST_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"moof", b"styp", b"pnot", b"uuid"})


class BoxError(Exception):
    """A box that contradicts its surroundings."""

    def __init__(self, offset: int, detail: str) -> None:
        super().__init__(offset, detail)
        self.offset = offset
        self.detail = detail


class Box(NamedTuple):
    """A box and where it stands in the file."""

    name: bytes
    offset: int
    size: int
    """Declared."""
    body: int
    """Offset of what it holds."""

    @property
    def end(self) -> int:
        """Offset of the byte after it, as declared."""
        return self.offset + self.size


class Transform(NamedTuple):
    """What a display matrix does."""

    rotation_deg: int
    """Clockwise."""
    mirrored: bool


UPRIGHT = Transform(0, False)


@dataclass(slots=True)
class EditEntry:
    """One line of an edit list: in the movie's and the track's own ticks."""

    duration: int
    media_time: int
    rate: float


@dataclass(slots=True)
class Track:
    """One trak box."""

    number: int
    """Position in the index, from 0."""
    id: int = 0
    handler: str = ""
    timescale: int = 0
    duration: int = 0
    transform: Transform = UPRIGHT
    clean_px: tuple[int, int] | None = None
    colour: tuple[int, int, int] | None = None
    """Primaries, transfer and matrix of the colr box, by their numbers in ITU-T H.273."""
    edits: list[EditEntry] = field(default_factory=list)
    samples: SampleTable | None = None


@dataclass(slots=True)
class IsoFile:
    """What the boxes of a file say."""

    brand: str | None = None
    boxes: list[Box] = field(default_factory=list)
    timescale: int = 0
    duration: int = 0
    tracks: list[Track] = field(default_factory=list)
    fragmented: bool = False
    has_index: bool = False
    tags: list[tuple[str, str, str]] = field(default_factory=list)
    """Place, key and text of metadata items that a demuxer may not pass on."""
    xmp: bytes | None = None
    damages: list[Damage] = field(default_factory=list)

    def first(self, name: bytes) -> Box | None:
        """The first top-level box of that name."""
        return next((box for box in self.boxes if box.name == name), None)

    @property
    def index_at_front(self) -> bool | None:
        """Whether the index comes before the payload."""
        index, payload = self.first(b"moov"), self.first(b"mdat")
        return None if index is None or payload is None else index.offset < payload.offset

    def movie_time(self, track: Track, ticks: int) -> float:
        """A time of a track's own clock as a time of the movie, edit list applied."""
        shift = 0.0
        for edit in track.edits:
            if edit.media_time < 0:
                shift += edit.duration / self.timescale if self.timescale else 0.0
            else:
                shift -= edit.media_time / track.timescale
                break
        return ticks / track.timescale + shift


def is_iso(head: bytes) -> bool:
    """Whether a file begins like an MP4 or MOV."""
    return head[4:8] in _FIRST_BOXES


def read_iso(handle: BinaryIO, size: int) -> IsoFile:
    """Walk the boxes of a file of `size` bytes. Damage is recorded, never raised."""
    iso = IsoFile()
    _walk_top(handle, size, iso)
    for box in iso.boxes:
        try:
            _read_top(handle, size, box, iso)
        except BoxError as error:
            iso.damages.append(Damage("box-damaged", error.detail, error.offset))
        except (struct.error, IndexError, ValueError, OverflowError) as error:
            iso.damages.append(Damage("box-damaged", f"{_name(box.name)}: {error}", box.offset))
    _judge_payload(size, iso)
    return iso


def _name(name: bytes) -> str:
    return name.decode("latin-1").encode("unicode_escape").decode("ascii")


def _plausible(name: bytes) -> bool:
    return all(0x20 <= byte < 0x7F or byte == 0xA9 for byte in name)


def _walk_top(handle: BinaryIO, size: int, iso: IsoFile) -> None:
    offset = 0
    while offset < size:
        if len(iso.boxes) >= MAX_BOXES:
            iso.damages.append(Damage("box-damaged", f"more than {MAX_BOXES} boxes", offset))
            return
        handle.seek(offset)
        head = handle.read(16)
        if len(head) < 8:
            if head.strip(b"\0"):
                detail = f"{size - offset} bytes after the last box"
                iso.damages.append(Damage("trailing-data", detail, offset, count=size - offset))
            return
        length, name = struct.unpack_from(">I4s", head)
        body = offset + 8
        if length == 1 and len(head) == 16:
            length, body = struct.unpack_from(">Q", head, 8)[0], offset + 16
        elif length == 0:
            length = size - offset
        if length < body - offset or not _plausible(name):
            _record_garbage(size, offset, iso)
            return
        iso.boxes.append(Box(name, offset, length, body))
        offset += length
    if offset > size:
        iso.damages.append(_truncation(iso.boxes[-1], size))


def _record_garbage(size: int, offset: int, iso: IsoFile) -> None:
    names = {box.name for box in iso.boxes}
    whole = b"moov" in names and (b"mdat" in names or b"moof" in names)
    detail = f"{size - offset} bytes that are no box"
    code = "trailing-data" if whole else "box-damaged"
    iso.damages.append(Damage(code, detail, offset, count=size - offset if whole else None))


def _truncation(box: Box, size: int) -> Damage:
    detail = f"{_name(box.name)} at byte {box.offset} declares {box.size} bytes, {box.end - size} are missing"
    return Damage("truncated", detail, size, count=box.end - size)


def _read_top(handle: BinaryIO, size: int, box: Box, iso: IsoFile) -> None:
    if box.name == b"ftyp":
        iso.brand = _name(_load(handle, size, box)[:4])
    elif box.name == b"moov" and not iso.has_index:
        _read_moov(_load(handle, size, box), box, iso)
        iso.has_index = True
    elif box.name == b"moof":
        iso.fragmented = True
    elif box.name == b"meta":
        _read_meta(_load(handle, size, box), box.body, "meta", iso)
    elif box.name == b"uuid" and box.size < 4 << 20:
        data = _load(handle, size, box)
        if b"<x:xmpmeta" in data or b"<rdf:RDF" in data:
            iso.xmp = data[16:]


def _load(handle: BinaryIO, size: int, box: Box) -> bytes:
    if box.end > size:
        raise BoxError(size, f"{_name(box.name)} is cut off after {size - box.body} of {box.end - box.body} bytes")
    if box.size > MAX_INDEX_BYTES:
        raise BoxError(box.offset, f"{_name(box.name)} of {box.size} bytes")
    handle.seek(box.body)
    return handle.read(box.end - box.body)


def children(data: bytes, base: int, start: int = 0) -> Iterator[tuple[bytes, bytes, int]]:
    """Boxes inside a box: name, content, and offset in the file. `base` is the file offset of `data`."""
    offset = start
    while offset + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, offset)
        body = offset + 8
        if length == 1 and offset + 16 <= len(data):
            length, body = struct.unpack_from(">Q", data, offset + 8)[0], offset + 16
        elif length == 0:
            # QuickTime ends a user-data list with four zero bytes.
            if name == b"\0\0\0\0" or offset + 8 == len(data):
                return
            length = len(data) - offset
        if length < body - offset or offset + length > len(data):
            raise BoxError(base + offset, f"{_name(name)} of {length} bytes does not fit where it stands")
        yield name, data[body : offset + length], base + body
        offset += length


def _read_moov(data: bytes, box: Box, iso: IsoFile) -> None:
    for name, body, at in children(data, box.body):
        if name == b"mvhd":
            iso.timescale, iso.duration = _clock(body)
        elif name == b"trak":
            # Appended before it is filled, so that the tracks before a damaged one keep their numbers.
            track = Track(len(iso.tracks))
            iso.tracks.append(track)
            _read_trak(body, at, track, iso)
        elif name == b"mvex":
            iso.fragmented = True
        elif name == b"udta":
            _read_udta(body, at, "moov/udta", iso)
        elif name == b"meta":
            _read_meta(body, at, "moov/meta", iso)


def _clock(body: bytes) -> tuple[int, int]:
    """Timescale and duration of mvhd or mdhd."""
    if body[0] == 1:
        scale, duration = struct.unpack_from(">IQ", body, 20)
        return scale, 0 if duration == 2**64 - 1 else duration
    scale, duration = struct.unpack_from(">II", body, 12)
    return scale, 0 if duration == 2**32 - 1 else duration


def _read_trak(data: bytes, base: int, track: Track, iso: IsoFile) -> None:
    for name, body, at in children(data, base):
        if name == b"tkhd":
            long = body[0] == 1
            track.id = struct.unpack_from(">I", body, 20 if long else 12)[0]
            track.transform = read_matrix(struct.unpack_from(">9i", body, 52 if long else 40))
        elif name == b"edts":
            for inner, content, _ in children(body, at):
                if inner == b"elst":
                    track.edits = list(_edits(content))
        elif name == b"mdia":
            _read_mdia(body, at, track)
        elif name == b"udta":
            _read_udta(body, at, f"trak{track.number}/udta", iso)
        elif name == b"meta":
            _read_meta(body, at, f"trak{track.number}/meta", iso)


def read_matrix(matrix: tuple[int, ...]) -> Transform:
    """Rotation (clockwise, to a whole degree) and mirroring of a display matrix in 16.16 numbers."""
    a, b, _, c, d = (value / 65536 for value in matrix[:5])
    if a * d - b * c < 0:
        return Transform(round(math.degrees(math.atan2(-b, -a))) % 360, True)
    return Transform(round(math.degrees(math.atan2(b, a))) % 360, False)


def _edits(body: bytes) -> Iterator[EditEntry]:
    version, count = body[0], struct.unpack_from(">I", body, 4)[0]
    layout = ">Qqhh" if version == 1 else ">Iihh"
    step = struct.calcsize(layout)
    for index in range(min(count, (len(body) - 8) // step)):
        duration, media_time, whole, part = struct.unpack_from(layout, body, 8 + index * step)
        yield EditEntry(duration, media_time, whole + part / 65536)


def _read_mdia(data: bytes, base: int, track: Track) -> None:
    for name, body, at in children(data, base):
        if name == b"mdhd":
            track.timescale, track.duration = _clock(body)
        elif name == b"hdlr":
            track.handler = _name(body[8:12])
        elif name == b"minf":
            for inner, content, where in children(body, at):
                if inner == b"stbl":
                    tables = {table: rows for table, rows, _ in children(content, where)}
                    track.samples = parse_sample_table(tables)
                    description = tables.get(b"stsd", b"")
                    track.clean_px = _clean_aperture(description)
                    track.colour = _colour(description)


def _colour(stsd: bytes) -> tuple[int, int, int] | None:
    at = stsd.find(b"colr", 94)
    if at < 0 or at + 14 > len(stsd) or stsd[at + 4 : at + 8] not in (b"nclx", b"nclc"):
        return None
    primaries, transfer, matrix = struct.unpack_from(">3H", stsd, at + 8)
    return primaries, transfer, matrix


def _clean_aperture(stsd: bytes) -> tuple[int, int] | None:
    # 8 bytes of stsd, 8 of entry header, 78 of a visual sample entry; then the extensions.
    at = stsd.find(b"clap", 94)
    if at < 0 or at + 20 > len(stsd):
        return None
    width, width_by, height, height_by = struct.unpack_from(">4I", stsd, at + 4)
    return (round(width / width_by), round(height / height_by)) if width_by and height_by else None


def _read_udta(data: bytes, base: int, place: str, iso: IsoFile) -> None:
    for name, body, at in children(data, base):
        if name == b"meta":
            _read_meta(body, at, place + "/meta", iso)
        elif name == b"XMP_":
            iso.xmp = body
        elif name.upper() == b"AIGC":
            iso.tags.append((place, "AIGC", _utf8(body.lstrip(b"\0"))))


def _read_meta(data: bytes, base: int, place: str, iso: IsoFile) -> None:
    # ISO's meta has four bytes of version in front, QuickTime's has not.
    start = 0 if data[4:8] == b"hdlr" else 4
    keys: list[str] = []
    for name, body, at in children(data, base, start):
        if name == b"keys":
            keys = [_utf8(key) for _, key, _ in children(body, at, 8)]
        elif name == b"ilst":
            for item, content, where in children(body, at):
                number = int.from_bytes(item, "big")
                key = keys[number - 1] if 0 < number <= len(keys) else _name(item)
                _read_item(key, content, where, place, iso)


def _read_item(key: str, data: bytes, base: int, place: str, iso: IsoFile) -> None:
    for name, body, _ in children(data, base):
        if name == b"name":
            key = _utf8(body[4:])
        elif name == b"data" and len(iso.tags) < 200:
            iso.tags.append((place, key, _utf8(body[8:])))


def _utf8(data: bytes) -> str:
    return data[:8000].decode("utf-8", "replace").strip("\0")


# ------------------------------------------------------------------------------------------------- what is not there


def _judge_payload(size: int, iso: IsoFile) -> None:
    """Add what the index knows to the damages: a missing index, missing payload, and the second of a truncation."""
    payload = [(box.body, min(box.end, size)) for box in iso.boxes if box.name == b"mdat"]
    if not iso.has_index:
        if not any(damage.code == "box-damaged" for damage in iso.damages):
            found = ", ".join(_name(box.name) for box in iso.boxes[:8])
            iso.damages.append(Damage("index-missing", f"no moov box; found: {found}", size))
        return
    lost = _first_lost(size, payload, iso)
    if lost is None:
        return
    time_s, offset, detail, count = lost
    if any(damage.code == "truncated" for damage in iso.damages):
        _date_truncation(iso, time_s)
    else:
        iso.damages.append(Damage("payload-missing", detail, offset, time_s, count))


def _date_truncation(iso: IsoFile, time_s: float) -> None:
    iso.damages = [replace(damage, time_s=time_s) if damage.code == "truncated" else damage for damage in iso.damages]


def _first_lost(size: int, payload: list[tuple[int, int]], iso: IsoFile) -> tuple[float, int, str, int] | None:
    """Time and offset of the earliest sample that no payload box holds."""
    found: list[tuple[float, int, str, int]] = []
    # A payload box is not always declared right; a sample inside the file and outside the index is believed.
    spans = payload or [(size, size)]
    limit = max(end for _, end in spans)
    for track in iso.tracks:
        if track.samples is None or not track.timescale:
            continue
        lost = track.samples.first_beyond(limit)
        if lost is not None:
            time_s = round(max(0.0, iso.movie_time(track, track.samples.time_of(lost.sample))), 3)
            detail = (
                f"{lost.missing} of {track.samples.count} samples of track {track.number} ({track.handler}) are missing"
            )
            found.append((time_s, min(lost.offset, size), detail, lost.missing))
    return min(found, default=None)
