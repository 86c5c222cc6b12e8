"""One decode of a file's moving pictures, shared by everything that looks at them.

All times are presentation times from the start of the file as a player counts it (the container's own start is 0).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.probe.facts import DecodeError, ProbeFacts, StreamFacts
from coursekit.probe.limits import FRAME_PIXELS
from coursekit.probe.media import MediaError, open_media
from coursekit.probe.units import length_bytes, slices
from coursekit.video.meter import Frame, StreamInfo, small_size

if TYPE_CHECKING:
    from av import Packet, VideoFrame, VideoStream
    from av.container import InputContainer

_MERGE_S = 2.0
_SEEK_BACK_S = (0.0, 2.0, 10.0, 60.0, inf)
"""How far before a time a keyframe is sought; at last the file is read from its beginning."""
_MAX_ERRORS = 200
_RATE_GUESS = Fraction(25)


def stream_info(facts: StreamFacts, stream: VideoStream) -> StreamInfo:
    """What meters may know of a stream, from its probe and its decoder."""
    context = stream.codec_context
    picture = facts.picture
    coded = (context.width, context.height)
    rotation = picture.rotation_deg // 90 * 90 % 360 if picture else 0
    shown = coded[::-1] if rotation % 180 else coded
    return StreamInfo(
        stream=facts.index,
        coded_px=coded,
        shown_px=shown,
        small_px=small_size(*shown),
        display_px=picture.display_px if picture else shown,
        sample_aspect=picture.sample_aspect if picture else Fraction(1),
        rotation_deg=rotation,
        mirrored=bool(picture and picture.mirrored),
        frame_rate=(picture.measured_rate or picture.frame_rate) if picture else None,
        declared_rate=picture.frame_rate if picture else None,
        codec=facts.codec or context.name,
        full_range=_full_range(context.pix_fmt or "", picture.colour_range if picture else None),
        interlaced=None if not picture or picture.field_order is None else picture.field_order != "progressive",
    )


def _full_range(pixel_format: str, declared: str | None) -> bool:
    # RGB is turned into limited-range YUV on the way to the small pictures.
    return pixel_format.startswith("yuvj") or (pixel_format.startswith(("yuv", "nv", "gray")) and declared == "full")


@dataclass(slots=True)
class _Errors:
    """Complaints of one decoder, neighbours merged."""

    found: list[DecodeError] = field(default_factory=list)
    dropped: int = 0

    def add(self, time_s: float | None, detail: str) -> None:
        last = self.found[-1] if self.found else None
        if (
            last
            and last.detail == detail
            and (time_s is None or last.time_s is None or time_s - self._last_s <= _MERGE_S)
        ):
            self.found[-1] = DecodeError(last.time_s, last.count + 1, detail)
        elif len(self.found) < _MAX_ERRORS:
            self.found.append(DecodeError(None if time_s is None else round(time_s, 6), 1, detail))
        else:
            self.dropped += 1
        if time_s is not None:
            self._last_s = time_s

    _last_s: float = 0.0


@dataclass(slots=True)
class StreamReader:
    """State of one stream while its file is decoded."""

    info: StreamInfo
    stream: VideoStream
    start: Fraction
    errors: _Errors = field(default_factory=_Errors)
    frames: int = 0
    first_s: float = 0.0
    last_s: float = 0.0
    end_s: float = 0.0
    looked: int = 0
    """Pictures that were decoded."""
    left_out: int = 0
    """Pictures of which only the packets were looked at."""
    _sizes: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from av.video.reformatter import VideoReformatter

        self._scaler = VideoReformatter()
        self.extra = bytes(self.stream.codec_context.extradata or b"")
        self.step_s = float(1 / (self.info.frame_rate or _RATE_GUESS))

    _scaler: object = None
    extra: bytes = b""
    """What the codec must know before the first packet."""
    step_s: float = 0.04
    """How long one picture is shown."""

    @property
    def decode_errors(self) -> tuple[DecodeError, ...]:
        """What the decoder complained of, in order of time."""
        found = self.errors.found
        if self.errors.dropped:
            last = found[-1]
            return (*found[:-1], DecodeError(last.time_s, last.count + self.errors.dropped, last.detail))
        return tuple(found)

    def decode(self, packet: Packet[Any]) -> Iterator[Frame]:
        """Frames that this packet completes; damage is noted and decoding goes on."""
        import av

        at = self.packet_s(packet)
        if packet.pts is not None and packet.size:
            self._sizes[packet.pts] = packet.size
            if len(self._sizes) > 1024:
                for pts in sorted(self._sizes)[:512]:
                    del self._sizes[pts]
        try:
            pictures = self.stream.decode(packet)
        except av.FFmpegError as error:
            self.errors.add(at, error.strerror or str(error))
            return
        for picture in pictures:
            yield self._frame(picture)

    def flush(self) -> Iterator[Frame]:
        """Frames that the decoder still holds when reading had to stop."""
        import av

        try:
            rest = self.stream.decode(None)
        except av.FFmpegError:
            return
        for picture in rest:
            yield self._frame(picture)

    def restart(self) -> Iterator[Frame]:
        """Frames that the decoder still holds; it then waits for a keyframe."""
        yield from self.flush()
        self.stream.codec_context.flush_buffers()

    def close(self) -> None:
        """Let go of the decoder and the pictures it holds; what was counted stays."""
        del self.stream
        self._scaler = None

    def leave_out(self, count: int) -> None:
        """Count pictures that are not decoded."""
        self.frames += count
        self.left_out += count

    def enter(self, times_s: list[float]) -> None:
        """Count pictures that are known without decoding, in order of time."""
        self.frames += len(times_s)
        self.last_s = max(self.last_s, times_s[-1])
        self.end_s = max(self.end_s, times_s[-1] + self.step_s)

    def slices(self, packet: Packet[Any]) -> int:
        """Parts that a packet's picture is coded in."""
        return slices(bytes(packet), self.info.codec, length_bytes(self.info.codec, self.extra))

    def like(self, packet: Packet[Any], data: bytes) -> Packet[Any]:
        """Other bytes at a packet's place."""
        import av

        other = av.Packet(data)
        other.stream = packet.stream
        other.time_base, other.pts, other.dts, other.duration = (
            packet.time_base,
            packet.pts,
            packet.dts,
            packet.duration,
        )
        return other

    def packet_s(self, packet: Packet[Any]) -> float | None:
        """When a packet's picture is shown."""
        stamp = packet.pts if packet.pts is not None else packet.dts
        base = packet.time_base or self.stream.time_base
        return None if stamp is None or base is None else self._seconds(stamp, base)

    def time_of(self, stamp: int) -> float:
        """When a picture of this stamp is shown."""
        return self._seconds(stamp, self.stream.time_base or Fraction(0))

    def _seconds(self, stamp: int, base: Fraction) -> float:
        """`stamp * base - start`, as exact as by fractions, which take ten times as long for every packet."""
        start = self.start
        above = stamp * base.numerator * start.denominator - start.numerator * base.denominator
        return above / (base.denominator * start.denominator)

    def _frame(self, picture: VideoFrame) -> Frame:
        base = picture.time_base or self.stream.time_base
        if picture.pts is not None and base is not None:
            time_s = self._seconds(picture.pts, base)
        else:
            time_s = self.last_s + self.step_s if self.frames else 0.0
        size = self._sizes.pop(picture.pts, 0) if picture.pts is not None else 0
        if picture.is_corrupt:
            self.errors.add(time_s, "frame marked as damaged by the decoder")
        frame = Frame(
            self.frames,
            time_s,
            picture,
            self.info,
            self._scaler,  # type: ignore[arg-type] # VideoReformatter, imported late
            key=bool(picture.key_frame),
            packet_bytes=size,
            damaged=bool(picture.is_corrupt),
        )
        if not self.frames:
            self.first_s = time_s
        self.frames += 1
        self.looked += 1
        self.last_s = time_s
        length = float(picture.duration * base) if picture.duration and base else self.step_s
        self.end_s = max(self.end_s, time_s + length)
        return frame


@dataclass(slots=True)
class VideoDecoder:
    """A file opened for one pass over all its moving pictures."""

    container: InputContainer
    readers: dict[int, StreamReader]
    read_error: str | None = None

    def frames(self) -> Iterator[tuple[StreamReader, Frame]]:
        """All frames of all video streams, in the order in which the decoders deliver them."""
        import av

        streams = [reader.stream for reader in self.readers.values()]
        if not streams:
            return
        packets = self.container.demux(streams)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError as error:
                self.read_error = error.strerror or str(error)
                for reader in self.readers.values():
                    reader.errors.add(reader.last_s, self.read_error)
                break
            if packet is None:
                return
            reader = self.readers[packet.stream.index]
            for frame in reader.decode(packet):
                yield reader, frame
        for reader in self.readers.values():
            for frame in reader.flush():
                yield reader, frame

    def packets(self, reader: StreamReader) -> Iterator[Packet[Any]]:
        """Packets of one stream; where reading fails, that is noted and they end."""
        import av

        packets = self.container.demux(reader.stream)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError as error:
                self.read_error = error.strerror or str(error)
                reader.errors.add(reader.last_s, self.read_error)
                return
            if packet is None:
                return
            if packet.size:
                yield packet

    def frames_from(self, index: int, time_s: float) -> Iterator[Frame]:
        """Frames of one stream from the keyframe before a time on. Their `index` counts from there."""
        for packet in self.packets_from(index, time_s):
            yield from self.readers[index].decode(packet)

    def packets_from(self, index: int, time_s: float) -> Iterator[Packet[Any]]:
        """Packets of one stream from the keyframe before a time on, the empty one at the end too.

        Where a file has no index (transport streams), seeking goes by guesses and may end amid a group of pictures, or
        past the time; then the keyframe is sought further back.
        """
        reader = self.readers[index]
        base = reader.stream.time_base
        if base is None:
            yield from self._packets_on(reader)
            return
        for back_s in _SEEK_BACK_S:
            sought = Fraction(max(0.0, time_s - back_s)) + reader.start if back_s < inf else Fraction(0)
            place = max(0, int(sought / base))
            self.container.seek(place, stream=reader.stream, backward=True)
            packets = self._packets_on(reader)
            if place == 0:
                break
            key = next((p for p in packets if p.is_keyframe or not p.size), None)
            at_s = None if key is None or not key.size else reader.packet_s(key)
            if key is not None and at_s is not None and at_s <= time_s + reader.step_s / 2:
                yield key
                break
        yield from packets

    def _packets_on(self, reader: StreamReader) -> Iterator[Packet[Any]]:
        """Packets of one stream from where the file stands."""
        import av

        packets = self.container.demux(reader.stream)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError:
                packet = None
            if packet is None:
                return
            yield packet


def _start(container: InputContainer) -> Fraction:
    """Exact start of the container. FFmpeg states it in microseconds; the stream that sets it knows it exactly.

    A negative start is the priming of an audio encoder, which no player shows.
    """
    if container.start_time is None or container.start_time <= 0:
        return Fraction(0)
    stated = Fraction(container.start_time, 1_000_000)
    exact = (Fraction(s.start_time) * s.time_base for s in container.streams if s.start_time and s.time_base)
    return next((e for e in exact if abs(e - stated) < Fraction(1, 500_000)), stated)


@contextmanager
def open_video(path: Path, probe: ProbeFacts, *, threads: int = 1) -> Iterator[VideoDecoder]:
    """Open a file for one pass. `threads`: of each decoder; 0 lets FFmpeg take every core.

    One thread is the right number where several lessons are measured side by side (one process a core).
    """
    import av

    with open_media(path) as container:
        start = _start(container)
        readers: dict[int, StreamReader] = {}
        unknown: list[str] = []
        for facts in probe.videos:
            if facts.index >= len(container.streams):
                continue
            stream = container.streams[facts.index]
            if not isinstance(stream, av.VideoStream):
                continue
            if stream.codec_context is None:
                unknown.append(facts.codec_tag or "?")
                continue
            stream.thread_type = "AUTO"
            # One more than cores, as FFmpeg takes by itself: a thread that waits for lines of the picture before leaves
            # its core to another. Of 1080p on two cores three take a twentieth less of both clock and processors.
            stream.codec_context.thread_count = threads + 1 if threads > 1 else threads
            # A stream may change its size under way, past every header.
            stream.codec_context.options = {"max_pixels": str(FRAME_PIXELS)}
            readers[facts.index] = StreamReader(stream_info(facts, stream), stream, start)
        if unknown and not readers:
            raise MediaError("no-decoder", ", ".join(unknown))
        try:
            yield VideoDecoder(container, readers)
        finally:
            for reader in readers.values():
                reader.close()
