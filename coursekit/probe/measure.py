"""Measures what a media file is: its container, its streams, its packets, and what two readers say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.probe.aigc import find_labels, xmp_items
from coursekit.probe.facts import Chapter, Damage, Edit, ProbeFacts, StreamFacts, StreamKind
from coursekit.probe.framing import framing_damages
from coursekit.probe.isobmff import IsoFile, Track, is_iso, read_iso
from coursekit.probe.limits import TAG_CHARACTERS as _MAX_VALUE
from coursekit.probe.limits import TAGS as _MAX_TAGS
from coursekit.probe.media import MediaError, open_media, origin_of
from coursekit.probe.packets import scan_packets
from coursekit.probe.process import ToolError, mediainfo_version
from coursekit.probe.secondopinion import Track as ReaderTrack
from coursekit.probe.secondopinion import disagreements, read_mediainfo
from coursekit.probe.sniff import recognise
from coursekit.probe.streams import describe_stream, first_pictures

if TYPE_CHECKING:
    from av.container import InputContainer

VERSION = 2

_MAX_CHAPTERS = 500
_MAX_DAMAGES = 20
_MAX_EDITS = 50
_REFUSALS = ("unreadable", "not-a-file", "io")
"""The system's word, not the file's: nothing was looked at, so there are no facts."""
_DEMUXER_NAMES = {"matroska,webm": "matroska", "mov,mp4,m4a,3gp,3g2,mj2": "mp4", "asf_o": "asf", "live_flv": "flv"}


def measure_media(path: Path) -> ProbeFacts:
    """Facts of a media file. One that is none, or is broken, has facts too: they say so.

    Raises MediaError only where the system would not let the file be read.
    """
    size, head, iso, damages = _read_structure(path)
    recognised = recognise(head)
    seen = recognised.format if recognised else "unknown"
    base = ProbeFacts(container=seen, size_bytes=size)
    if iso is not None:
        base = _with_boxes(base, iso)
    try:
        with open_media(path) as container:
            scan = scan_packets(container)
            origin = origin_of(container)
            pictures = first_pictures(path)
            tracks = _match_tracks(container, iso)
            streams = tuple(
                describe_stream(stream, scan, pictures.get(stream.index), tracks.get(stream.index), origin)
                for stream in container.streams
            )
            name = _container_name(container.format.name, head, iso)
            items = [*_iso_items(iso), *_tag_items(container)]
            tags = _tags(container.metadata)
            duration_s = None if container.duration is None else round(container.duration / 1_000_000, 6)
            chapters = _chapters(container, float(origin))
    except MediaError as error:
        if error.code in _REFUSALS:
            raise
        code = "index-missing" if any(d.code == "index-missing" for d in damages) else error.code
        return replace(
            base,
            opens=False,
            open_code=code,
            open_detail=_refusal_detail(error, seen),
            damages=_limit(damages),
        )
    second, failure = _second_opinion(path)
    return replace(
        base,
        container=name,
        start_s=round(float(origin), 6),
        duration_s=duration_s,
        bit_rate_bps=round(size * 8 / duration_s) if duration_s else None,
        streams=streams,
        read_error=scan.read_error,
        damages=_limit([*_dated(damages, streams, float(origin)), *scan.damages]),
        chapters=chapters,
        tags=tags,
        encoder=_encoder(tags),
        aigc=find_labels(items),
        disagreements=disagreements(duration_s, streams, second) if second is not None else (),
        second_opinion=_second_name() if second is not None else None,
        second_opinion_failure=failure,
    )


def _read_structure(path: Path) -> tuple[int, bytes, IsoFile | None, list[Damage]]:
    """Size, first bytes, boxes and outer damage. What is no regular file is left to open_media to refuse."""
    try:
        if not path.is_file():
            return 0, b"", None, []
        with path.open("rb") as handle:
            head = handle.read(4096)
            size = handle.seek(0, 2)
            if is_iso(head):
                iso = read_iso(handle, size)
                return size, head, iso, iso.damages
            return size, head, None, list(framing_damages(handle, size))
    except OSError as error:
        raise MediaError("unreadable", error.strerror or str(error)) from error


def _refusal_detail(error: MediaError, seen: str) -> str:
    return error.detail if seen == "unknown" else f"{error.detail} ({seen})"


def _dated(damages: Iterable[Damage], streams: Iterable[StreamFacts], origin_s: float) -> list[Damage]:
    """Damage with its second. Where no index maps a truncation to one, the packets that are left do."""
    lasting = [s.packets for s in streams if s.kind in (StreamKind.VIDEO, StreamKind.AUDIO) and not s.attached_picture]
    ends = [time for p in lasting for time in (p.first_corrupt_s, p.end_s) if time is not None]
    dated: list[Damage] = []
    for damage in damages:
        if damage.time_s is not None:
            dated.append(replace(damage, time_s=round(max(0.0, damage.time_s - origin_s), 6)))
        elif damage.code == "truncated" and ends:
            dated.append(replace(damage, time_s=min(ends)))
        else:
            dated.append(damage)
    return dated


def _limit(damages: Iterable[Damage]) -> tuple[Damage, ...]:
    return tuple(damages)[:_MAX_DAMAGES]


def _with_boxes(base: ProbeFacts, iso: IsoFile) -> ProbeFacts:
    edits = [
        Edit(
            track=track.number,
            duration_s=round(edit.duration / iso.timescale, 6) if iso.timescale else 0.0,
            media_time_s=round(edit.media_time / track.timescale, 6)
            if edit.media_time >= 0 and track.timescale
            else None,
            rate=edit.rate,
        )
        for track in iso.tracks
        for edit in track.edits
    ]
    return replace(
        base,
        brand=iso.brand.strip() if iso.brand else None,
        index_at_front=iso.index_at_front,
        fragmented=iso.fragmented,
        edits=tuple(edits[:_MAX_EDITS]),
    )


def _match_tracks(container: InputContainer, iso: IsoFile | None) -> dict[int, Track]:
    """FFmpeg gives an MP4's streams the ids of their tracks."""
    if iso is None:
        return {}
    by_id = {track.id: track for track in iso.tracks}
    return {stream.index: by_id[stream.id] for stream in container.streams if stream.id in by_id}


def _container_name(demuxer: str, head: bytes, iso: IsoFile | None) -> str:
    if iso is not None and demuxer.startswith("mov"):
        return "mov" if iso.brand is None or iso.brand.startswith("qt") else "mp4"
    if demuxer == "matroska,webm" and b"webm" in head[:64]:
        return "webm"
    return _DEMUXER_NAMES.get(demuxer, demuxer)


def _printable(text: str) -> str:
    # A lone surrogate is no text and cannot be written as UTF-8.
    return text[:_MAX_VALUE].encode("utf-8", "replace").decode("utf-8")


def _tags(metadata: Mapping[str, str]) -> dict[str, str]:
    return {_printable(key): _printable(value) for key, value in sorted(metadata.items())[:_MAX_TAGS]}


def _tag_items(container: InputContainer) -> list[tuple[str, str, str]]:
    items = [("tags", key, value) for key, value in container.metadata.items()]
    for stream in container.streams:
        items += [(f"stream{stream.index}/tags", key, value) for key, value in stream.metadata.items()]
    return items


def _iso_items(iso: IsoFile | None) -> list[tuple[str, str, str]]:
    if iso is None:
        return []
    return [*iso.tags, *(xmp_items("xmp", iso.xmp) if iso.xmp else [])]


def _encoder(tags: Mapping[str, str]) -> str | None:
    lowered = {key.lower(): value for key, value in tags.items()}
    names = ("encoder", "encoded_by", "software", "com.apple.quicktime.software", "handler_name")
    return next((lowered[name] for name in names if lowered.get(name)), None)


def _chapters(container: InputContainer, origin_s: float) -> tuple[Chapter, ...]:
    return tuple(
        Chapter(
            round(float(chapter["start"] * (chapter["time_base"] or 1)) - origin_s, 3),
            round(float(chapter["end"] * (chapter["time_base"] or 1)) - origin_s, 3),
            _printable(chapter["metadata"]["title"]) if "title" in chapter["metadata"] else None,
        )
        for chapter in container.chapters()[:_MAX_CHAPTERS]
    )


def _second_opinion(path: Path) -> tuple[tuple[ReaderTrack, ...] | None, str | None]:
    """What the second reader says, or what became of it. One that is not installed has not failed."""
    try:
        return read_mediainfo(path), None
    except ToolError as error:
        return None, None if error.code in ("missing", "cannot-start") else error.code


def _second_name() -> str:
    return f"MediaInfo {mediainfo_version()}"
