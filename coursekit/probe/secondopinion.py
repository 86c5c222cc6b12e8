"""MediaInfo reads the same file; where it and FFmpeg differ, the difference is a fact of its own.

Two readers that share no code and agree are worth more than one. Which of them is right is for a person: a report that
hid the difference would be choosing.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from coursekit.probe.facts import Disagreement, StreamFacts, StreamKind
from coursekit.probe.process import ToolError, run_tool

_DURATION_TOLERANCE_S = 0.1
_RATE_TOLERANCE = 0.002
_COUNT_TOLERANCE = 1
_MAX_DISAGREEMENTS = 40

# MediaInfo's name of a format to FFmpeg's names. A format that is not here is not compared.
_CODECS: Mapping[str, frozenset[str]] = {
    "AVC": frozenset({"h264"}),
    "HEVC": frozenset({"hevc"}),
    "VVC": frozenset({"vvc"}),
    "AV1": frozenset({"av1"}),
    "VP8": frozenset({"vp8"}),
    "VP9": frozenset({"vp9"}),
    "MPEG Video": frozenset({"mpeg1video", "mpeg2video"}),
    "MPEG-4 Visual": frozenset({"mpeg4", "msmpeg4v1", "msmpeg4v2", "msmpeg4v3"}),
    "VC-1": frozenset({"vc1", "wmv3"}),
    "JPEG": frozenset({"mjpeg"}),
    "ProRes": frozenset({"prores"}),
    "Theora": frozenset({"theora"}),
    "Sorenson 1": frozenset({"svq1"}),
    "Sorenson 3": frozenset({"svq3"}),
    "AAC": frozenset({"aac"}),
    "AC-3": frozenset({"ac3"}),
    "E-AC-3": frozenset({"eac3"}),
    "MPEG Audio": frozenset({"mp1", "mp2", "mp3"}),
    "Opus": frozenset({"opus"}),
    "Vorbis": frozenset({"vorbis"}),
    "FLAC": frozenset({"flac"}),
    "ALAC": frozenset({"alac"}),
    "WMA": frozenset({"wmav1", "wmav2", "wmapro", "wmalossless"}),
    "AMR": frozenset({"amr_nb", "amr_wb"}),
}
_KINDS = {"Video": StreamKind.VIDEO, "Audio": StreamKind.AUDIO}

Track = Mapping[str, str]


# Run by a Python of its own: a damaged MP3 is enough to bring MediaInfo down, and what it would take with it is the
# facts of the whole lesson. It gets an open handle, not a name: it would follow names of its own otherwise.
_SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from pymediainfo import MediaInfo
with open(sys.argv[2], "rb") as handle:
    text = MediaInfo.parse(handle, output="JSON", full=False, buffer_size=1 << 20)
sys.stdout.buffer.write(text.encode("utf-8", "replace"))
"""
_PATIENCE_S, _BYTES_A_SECOND = 30.0, 10e6
"""A lesson of 800 MB takes it seconds; damaged headers can make it run in circles."""
_MAX_OUTPUT_BYTES = 8 << 20


def read_mediainfo(path: Path) -> tuple[Track, ...]:
    """MediaInfo's tracks, values as it writes them. Raises ToolError where it is not there or does not come back."""
    package = importlib.util.find_spec("pymediainfo")
    if package is None or package.origin is None:
        raise ToolError("missing", "MediaInfo", "pymediainfo is not installed")
    home = Path(package.origin).parent.parent
    command: list[str | Path] = [sys.executable, "-I", "-X", "utf8", "-c", _SCRIPT, home, path.absolute()]
    patience_s = _PATIENCE_S + path.stat().st_size / _BYTES_A_SECOND
    done = run_tool(command, timeout_s=patience_s, max_output_bytes=_MAX_OUTPUT_BYTES)
    tracks = parse_mediainfo(done.stdout.decode("utf-8", "replace"))
    if tracks is None:
        raise ToolError("failed", "MediaInfo", "no JSON")
    return tracks


def parse_mediainfo(raw: str) -> tuple[Track, ...] | None:
    """Tracks of MediaInfo's JSON output, strings only."""
    try:
        tracks = json.loads(raw)["media"]["track"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(tracks, list):
        return None
    return tuple(
        {key: value for key, value in track.items() if isinstance(value, str)}
        for track in tracks
        if isinstance(track, dict)
    )


def disagreements(
    duration_s: float | None, streams: tuple[StreamFacts, ...], tracks: tuple[Track, ...]
) -> tuple[Disagreement, ...]:
    """Every figure in which MediaInfo's tracks differ from FFmpeg's streams."""
    found: list[Disagreement] = []
    general = next((track for track in tracks if track.get("@type") == "General"), {})
    theirs = _number(general, "Duration")
    if duration_s is not None and theirs is not None and abs(duration_s - theirs) > _DURATION_TOLERANCE_S:
        found.append(Disagreement("duration_s", f"{duration_s:.3f}", f"{theirs:.3f}"))
    for kind_name, kind in _KINDS.items():
        ours = [s for s in streams if s.kind is kind and not s.attached_picture]
        others = [track for track in tracks if track.get("@type") == kind_name]
        if len(ours) != len(others):
            found.append(Disagreement(f"{kind}_streams", str(len(ours)), str(len(others))))
        for stream, track in _pairs(ours, others):
            found += _compare(stream, track)
    return tuple(found[:_MAX_DISAGREEMENTS])


def _pairs(ours: list[StreamFacts], others: list[Track]) -> Iterator[tuple[StreamFacts, Track]]:
    """By the stream's order in the file where MediaInfo states it, else by position among its kind."""
    by_order = {track.get("StreamOrder"): track for track in others}
    if all(str(stream.index) in by_order for stream in ours):
        yield from ((stream, by_order[str(stream.index)]) for stream in ours)
    elif len(ours) == len(others):
        yield from zip(ours, others, strict=True)


def _compare(stream: StreamFacts, track: Track) -> Iterator[Disagreement]:
    known = _CODECS.get(track.get("Format", ""))
    if known is not None and stream.codec is not None and stream.codec not in known:
        yield Disagreement("codec", stream.codec, track["Format"], stream.index)
    lengths = [d for key in ("Duration", "Source_Duration") if (d := _number(track, key)) is not None]
    if stream.duration_s is not None and lengths:
        nearest = min(lengths, key=lambda length: abs(length - (stream.duration_s or 0)))
        if abs(nearest - stream.duration_s) > _DURATION_TOLERANCE_S:
            yield Disagreement("duration_s", f"{stream.duration_s:.3f}", f"{nearest:.3f}", stream.index)
    if stream.picture is not None:
        yield from _compare_picture(stream, track)
    if stream.sound is not None:
        yield from _compare_number(stream, track, "channels", stream.sound.channels, "Channels")
        yield from _compare_number(stream, track, "sample_rate_hz", stream.sound.sample_rate_hz, "SamplingRate")


def _compare_number(stream: StreamFacts, track: Track, name: str, ours: int, key: str) -> Iterator[Disagreement]:
    theirs = _number(track, key)
    if theirs is not None and round(theirs) != ours:
        yield Disagreement(name, str(ours), track[key], stream.index)


def _compare_picture(stream: StreamFacts, track: Track) -> Iterator[Disagreement]:
    assert stream.picture is not None
    picture = stream.picture
    sizes = [_size(track, prefix) for prefix in ("", "Sampled_", "Stored_")]
    known = [size for size in sizes if size is not None]
    if known and picture.coded_px not in known:
        yield Disagreement("size_px", "×".join(map(str, picture.coded_px)), "×".join(map(str, known[0])), stream.index)
    turn = _number(track, "Rotation")
    if turn is not None and round(turn) % 360 != picture.rotation_deg:
        yield Disagreement("rotation_deg", str(picture.rotation_deg), track["Rotation"], stream.index)
    theirs = _number(track, "FrameRate")
    rates = [rate for rate in (picture.frame_rate, picture.base_rate, picture.measured_rate) if rate]
    if theirs and rates and all(abs(theirs / float(rate) - 1) > _RATE_TOLERANCE for rate in rates):
        yield Disagreement("frame_rate", _rate(rates[0]), track["FrameRate"], stream.index)
    depth = _number(track, "BitDepth")
    if depth is not None and picture.bit_depth is not None and round(depth) != picture.bit_depth:
        yield Disagreement("bit_depth", str(picture.bit_depth), track["BitDepth"], stream.index)
    frames = {round(n) for key in ("FrameCount", "Source_FrameCount") if (n := _number(track, key)) is not None}
    counted = stream.packets.count
    # An edit list hides frames, and either reader may count them; MediaInfo rounds a count that it works out.
    least, most = counted - stream.packets.hidden - _COUNT_TOLERANCE, counted + _COUNT_TOLERANCE
    if frames and counted and not any(least <= n <= most for n in frames):
        yield Disagreement("frames", str(counted), "/".join(map(str, sorted(frames))), stream.index)


def _size(track: Track, prefix: str) -> tuple[int, int] | None:
    width = _number(track, f"{prefix}Width") or _number(track, "Width")
    height = _number(track, f"{prefix}Height") or _number(track, "Height")
    return None if width is None or height is None else (round(width), round(height))


def _rate(rate: Fraction) -> str:
    return f"{float(rate):.3f}"


def _number(track: Mapping[str, Any], key: str) -> float | None:
    try:
        return float(track[key])
    except (KeyError, ValueError):
        return None
