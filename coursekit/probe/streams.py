"""What a stream's header and its first picture say, before the lesson is decoded."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from coursekit.probe.facts import PacketFacts, PictureFacts, SoundFacts, StreamFacts, StreamKind
from coursekit.probe.isobmff import Track, Transform
from coursekit.probe.limits import FRAME_PIXELS
from coursekit.probe.media import MediaError, demux, open_media
from coursekit.probe.packets import Scan, Timing

# ITU-T H.273; names as ffmpeg writes them where it has one, `pq` and `hlg` as everybody says.
PRIMARIES = {1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film", 9: "bt2020",
             10: "smpte428", 11: "smpte431", 12: "smpte432", 22: "ebu3213"}  # fmt: skip
TRANSFERS = {1: "bt709", 4: "gamma22", 5: "gamma28", 6: "smpte170m", 7: "smpte240m", 8: "linear", 9: "log100",
             10: "log316", 11: "iec61966-2-4", 12: "bt1361e", 13: "srgb", 14: "bt2020-10", 15: "bt2020-12",
             16: "pq", 17: "smpte428", 18: "hlg"}  # fmt: skip
MATRICES = {0: "rgb", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "ycgco",
            9: "bt2020nc", 10: "bt2020c", 14: "ictcp"}  # fmt: skip
RANGES = {1: "limited", 2: "full"}
FIELD_ORDERS = {1: "progressive", 2: "tt", 3: "bb", 4: "tb", 5: "bt"}
_HDR = {"pq": "pq", "hlg": "hlg"}
_FIRST_PICTURE_PACKETS = 300
_MAX_TITLE = 200


@dataclass(frozen=True, slots=True)
class FirstPicture:
    """What the first decoded picture of a stream adds to its header."""

    primaries: int
    transfer: int
    matrix: int
    range: int
    rotation_deg: int
    """Clockwise."""
    interlaced: bool
    mastering: str | None = None
    max_cll: int | None = None
    max_fall: int | None = None
    dolby_vision: bool = False


def first_pictures(path: Path) -> dict[int, FirstPicture]:
    """Decode one picture of each video stream. A stream whose first packets do not decode is left out."""
    import av

    found: dict[int, FirstPicture] = {}
    try:
        with open_media(path) as container:
            wanted = {s.index: s for s in container.streams.video if s.codec_context is not None}
            if not wanted:
                return {}
            for stream in wanted.values():
                stream.codec_context.thread_count = 1
                stream.codec_context.options = {"max_pixels": str(FRAME_PIXELS)}
            tried = dict.fromkeys(wanted, 0)
            for packet in demux(container, *wanted.values()):
                index = packet.stream_index
                # A demuxer may hand over a stream that it only finds on the way.
                if index in found or tried.get(index, _FIRST_PICTURE_PACKETS) >= _FIRST_PICTURE_PACKETS:
                    continue
                tried[index] += 1
                try:
                    frames = packet.decode()
                except av.FFmpegError:
                    continue
                if frames:
                    found[index] = _first_picture(frames[0])
                if all(i in found or tried[i] >= _FIRST_PICTURE_PACKETS for i in wanted):
                    break
    except MediaError:
        # The packet scan has met the same error and reports it; here it only means fewer pictures.
        return found
    return found


def _first_picture(frame: Any) -> FirstPicture:
    side = {data.type.name: bytes(data) for data in frame.side_data}
    light = side.get("CONTENT_LIGHT_LEVEL", b"")
    cll, fall = struct.unpack_from("=2I", light) if len(light) >= 8 else (None, None)
    return FirstPicture(
        primaries=int(frame.color_primaries),
        transfer=int(frame.color_trc),
        matrix=int(frame.colorspace),
        range=int(frame.color_range),
        rotation_deg=round(-frame.rotation) % 360,
        interlaced=bool(frame.interlaced_frame),
        mastering=_mastering(side.get("MASTERING_DISPLAY_METADATA", b"")),
        max_cll=cll,
        max_fall=fall,
        dolby_vision=any(name.startswith("DOVI") for name in side),
    )


def _mastering(data: bytes) -> str | None:
    """AVMasteringDisplayMetadata: ten rationals (three primaries, white point, least and greatest luminance), flags."""
    if len(data) < 88:
        return None
    numbers = struct.unpack_from("=20i2i", data)
    values = [numbers[i] / numbers[i + 1] if numbers[i + 1] else 0.0 for i in range(0, 20, 2)]
    has_primaries, has_luminance = numbers[20:22]
    parts = []
    if has_primaries:
        pairs = zip("RGB", range(0, 6, 2), strict=True)
        parts += [f"{name}({values[i]:.4f},{values[i + 1]:.4f})" for name, i in pairs]
        parts.append(f"WP({values[6]:.4f},{values[7]:.4f})")
    if has_luminance:
        parts.append(f"L({values[8]:.4f}–{values[9]:.0f} cd/m²)")
    return " ".join(parts) or None


def describe_stream(
    stream: Any, scan: Scan, picture: FirstPicture | None, track: Track | None, origin: Fraction
) -> StreamFacts:
    """Facts of one stream of an open container. `track` is its trak box, where the file is an MP4."""
    context = stream.codec_context
    kind = StreamKind(stream.type) if stream.type in set(StreamKind) else StreamKind.DATA
    tick = stream.time_base
    tags: Mapping[str, str] = stream.metadata
    dispositions = tuple(flag.name for flag in stream.disposition if flag.name)
    # FFmpeg has no decoder for some tags; such a stream has no context and is described by its header alone.
    known = context is not None
    codec = context.codec.canonical_name if known and context.codec is not None else None
    coded = known and kind in (StreamKind.VIDEO, StreamKind.AUDIO)
    return StreamFacts(
        index=stream.index,
        kind=kind,
        codec=codec,
        packets=scan.packets.get(stream.index, PacketFacts(0, 0, 0)),
        codec_tag=_tag(context) if known else None,
        profile=_words(stream.profile) if known else None,
        level=_level(context) if coded and kind is StreamKind.VIDEO else None,
        time_base=tick,
        start_s=_time(stream.start_time, tick, origin),
        duration_s=_seconds(stream.duration, tick),
        frames=stream.frames or None,
        bit_rate_bps=(context.bit_rate or None) if coded else None,
        default="default" in dispositions,
        attached_picture="attached_pic" in dispositions,
        dispositions=dispositions,
        language=_words(stream.language) if stream.language != "und" else None,
        title=_words(tags.get("title")),
        picture=_picture(stream, scan.timing.get(stream.index, Timing()), picture, track)
        if coded and kind is StreamKind.VIDEO and context.width and context.height
        else None,
        sound=_sound(context) if coded and kind is StreamKind.AUDIO else None,
    )


def _words(text: str | None) -> str | None:
    return text[:_MAX_TITLE] if text else None


def _tag(context: Any) -> str | None:
    try:
        tag = context.codec_tag
    except UnicodeDecodeError:
        # PyAV reads the four bytes as ASCII; a damaged header may hold any.
        return None
    return "".join(c for c in tag if c.isprintable()).strip("\0 ") or None


def _level(context: Any) -> int | None:
    level = context.level
    return level if level is not None and level > 0 else None


def _seconds(ticks: int | None, tick: Fraction | None) -> float | None:
    return None if ticks is None or tick is None else round(float(ticks * tick), 6)


def _time(ticks: int | None, tick: Fraction | None, origin: Fraction) -> float | None:
    return None if ticks is None or tick is None else round(float(ticks * tick - origin), 6) + 0.0


def _sound(context: Any) -> SoundFacts | None:
    if not context.sample_rate:
        return None
    form = context.format
    return SoundFacts(
        sample_rate_hz=context.sample_rate,
        channels=context.layout.nb_channels,
        layout=_words(context.layout.name),
        sample_format=form.name if form is not None else None,
        bit_depth=_pcm_depth(context.name),
    )


def _pcm_depth(codec: str) -> int | None:
    """Of uncompressed sound, from the codec's name; the decoder's format is wider than 24-bit sound."""
    match = re.match(r"pcm_[suf](\d+)", codec)
    return int(match.group(1)) if match else None


def _picture(stream: Any, timing: Timing, first: FirstPicture | None, track: Track | None) -> PictureFacts:
    context = stream.codec_context
    coded = (context.width, context.height)
    sample_aspect = stream.sample_aspect_ratio or context.sample_aspect_ratio or Fraction(1)
    if sample_aspect <= 0:
        sample_aspect = Fraction(1)
    turn = track.transform if track is not None else Transform(first.rotation_deg if first else 0, False)
    display = shown_size(coded, sample_aspect, turn.rotation_deg)
    padded = (context.coded_width, context.coded_height)
    colour = _colours(context, first)
    form = context.format
    container = track.colour if track is not None else None
    return PictureFacts(
        coded_px=coded,
        display_px=display,
        padded_px=padded if all(padded) and padded != coded else None,
        clean_px=track.clean_px if track is not None and track.clean_px != coded else None,
        sample_aspect=sample_aspect,
        display_aspect=_aspect(coded, sample_aspect, turn.rotation_deg),
        rotation_deg=turn.rotation_deg,
        mirrored=turn.mirrored,
        pixel_format=context.pix_fmt,
        bit_depth=form.components[0].bits if form is not None and form.components else None,
        chroma=chroma_name(form),
        alpha=form is not None and any(component.is_alpha for component in form.components),
        primaries=colour[0],
        transfer=colour[1],
        matrix=colour[2],
        colour_range=colour[3],
        container_primaries=PRIMARIES.get(container[0]) if container else None,
        container_transfer=TRANSFERS.get(container[1]) if container else None,
        container_matrix=MATRICES.get(container[2]) if container else None,
        hdr=_HDR.get(colour[1] or ""),
        mastering=first.mastering if first else None,
        max_cll=first.max_cll if first else None,
        max_fall=first.max_fall if first else None,
        dolby_vision=first.dolby_vision if first else False,
        field_order=FIELD_ORDERS.get(int(context.field_order)),
        first_interlaced=first.interlaced if first else None,
        frame_rate=stream.average_rate,
        base_rate=stream.base_rate,
        measured_rate=timing.rate,
        variable_rate=timing.variable,
    )


def _colours(context: Any, first: FirstPicture | None) -> tuple[str | None, str | None, str | None, str | None]:
    """Of the picture itself where one was decoded, of the header otherwise."""
    codes = (
        (first.primaries, first.transfer, first.matrix, first.range)
        if first
        else (int(context.color_primaries), int(context.color_trc), int(context.colorspace), int(context.color_range))
    )
    return (PRIMARIES.get(codes[0]), TRANSFERS.get(codes[1]), MATRICES.get(codes[2]), RANGES.get(codes[3]))


def shown_size(coded: tuple[int, int], sample_aspect: Fraction, rotation_deg: int) -> tuple[int, int]:
    """The size at which a player shows a picture: sample aspect applied to the width, then turned."""
    # However flat a file calls its pixels, a picture has a column.
    width, height = max(round(coded[0] * sample_aspect), min(coded[0], 1)), coded[1]
    return (height, width) if rotation_deg % 180 in range(46, 135) else (width, height)


def _aspect(coded: tuple[int, int], sample_aspect: Fraction, rotation_deg: int) -> Fraction:
    aspect = Fraction(coded[0], coded[1]) * sample_aspect
    return 1 / aspect if rotation_deg % 180 in range(46, 135) else aspect


def chroma_name(form: Any) -> str | None:
    """`4:2:0` and the like, of a pixel format."""
    if form is None:
        return None
    if form.is_rgb:
        return "rgb"
    if form.has_palette:
        return "rgb"
    # Not component.is_chroma: PyAV calls a plane of full size no chroma.
    if sum(1 for component in form.components if not component.is_alpha) < 3:
        return "gray"
    width, height = form.chroma_width(16), form.chroma_height(16)
    return {
        (8, 8): "4:2:0",
        (8, 16): "4:2:2",
        (16, 16): "4:4:4",
        (16, 8): "4:4:0",
        (4, 16): "4:1:1",
        (4, 4): "4:1:0",
    }.get((width, height))
