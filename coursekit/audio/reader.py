"""From packets to blocks of one second of samples, with the exact time of every sample."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import av
import numpy as np

from coursekit.probe.facts import DecodeError
from coursekit.probe.limits import refuse_sound

T = TypeVar("T")

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.packet import Packet
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

_JITTER_S = 0.020
_MAX_ERRORS = 50
_WIDE = 8
"""Channels from which PyAV reads past the list of a frame's planes, and crashes: they are woven into one plane."""
_SCALE = {"u8": 1 / 128, "s16": 1 / 32768, "s32": 1 / 2147483648, "s64": 2.0**-63, "flt": 1.0, "dbl": 1.0}


@dataclass(slots=True)
class Timeline:
    """Sample number to presentation time. Timestamps that jump start a new stretch; small jitter does not."""

    rate: int
    origin_s: float = 0.0
    """Subtracted from every timestamp: where the container's own clock starts."""
    firsts: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    gaps: list[tuple[float, float]] = field(default_factory=list)
    """Where the timestamps say that sound is missing (positive) or told twice (negative): time and length."""

    def anchor(self, sample: int, time_s: float | None) -> None:
        """A frame that starts with this sample claims this time."""
        if not self.firsts:
            self.firsts.append(0)
            self.times.append((time_s - self.origin_s) if time_s is not None else 0.0)
            return
        if time_s is None:
            return
        time_s -= self.origin_s
        expected = self.time(sample)
        if abs(time_s - expected) > _JITTER_S:
            self.gaps.append((expected, time_s - expected))
            self.firsts.append(sample)
            self.times.append(time_s)

    def time(self, sample: float) -> float:
        """Presentation time of a sample."""
        if not self.firsts:
            return sample / self.rate
        i = max(0, bisect_right(self.firsts, sample) - 1)
        return self.times[i] + (sample - self.firsts[i]) / self.rate


@dataclass(frozen=True, slots=True)
class Clock:
    """Turns seconds of decoded sound, in which meters count, into presentation time."""

    timeline: Timeline
    rate: int

    @property
    def plain(self) -> bool:
        """Both are the same."""
        return len(self.timeline.firsts) <= 1 and abs(self.timeline.time(0)) < 0.0005

    def place(self, facts: T) -> T:
        """The same facts, or a tuple of them, with every place in time moved to where it is presented."""
        if self.plain:
            return facts
        if isinstance(facts, tuple):
            return cast("T", tuple(self.place(item) for item in facts))
        if not is_dataclass(facts) or isinstance(facts, type):
            return facts
        changes: dict[str, Any] = {}
        for item in fields(facts):
            value = getattr(facts, item.name)
            if item.name in _MOMENTS and isinstance(value, float):
                changes[item.name] = round(self.timeline.time(value * self.rate), 3)
            elif isinstance(value, tuple) or is_dataclass(value):
                changes[item.name] = self.place(value)
        return cast("T", replace(cast("Any", facts), **changes))


_MOMENTS = ("start_s", "end_s", "time_s")
_MAX_GAPS = 50


def longest_gaps(timeline: Timeline) -> list[tuple[float, float]]:
    """The longest jumps of the timestamps, in order of time."""
    return sorted(sorted(timeline.gaps, key=lambda g: -abs(g[1]))[:_MAX_GAPS])


class TrackReader:
    """One audio stream's packets in, blocks of one second out."""

    def __init__(self, stream: AudioStream, origin_s: float) -> None:
        context = stream.codec_context
        # Not the stream itself: it lives no longer than its container.
        self.index = stream.index
        self.rate = context.sample_rate if context is not None else 0
        self.channels = context.channels if context is not None else 0
        self.layout = ""
        self.names: tuple[str, ...] = ()
        self.samples = 0
        self.timeline = Timeline(self.rate, origin_s)
        self._errors: list[DecodeError] = []
        self._buffer: Samples | None = None
        self._fill = 0
        self._resampler: av.AudioResampler | None = None
        self._format = ""
        self._alike: av.AudioFifo | None = None
        """Frames of the format the stream began with, strung together outside Python: forty and more make a block."""

    @property
    def errors(self) -> tuple[DecodeError, ...]:
        """What the decoder complained about, runs of neighbours merged."""
        return tuple(self._errors)

    def decode(self, packet: Packet[AudioStream]) -> Iterator[Samples]:
        """Whole blocks that this packet completes, shaped (channels, rate). A block is valid until the next one."""
        try:
            for frame in packet.decode():
                yield from self._take(frame)
        except av.FFmpegError as error:
            self._complain(packet, error.strerror or str(error))

    def stop(self, detail: str) -> None:
        """The demuxer could not go on."""
        self._errors.append(DecodeError(round(self.timeline.time(self.samples), 3), 1, detail))

    def flush(self) -> Iterator[Samples]:
        """The last block, shorter than the others."""
        yield from self._draw()
        if self._resampler is not None:
            for frame in self._resampler.resample(None):
                yield from self._store(frame)
        if self._buffer is not None and self._fill:
            yield _finite(self._buffer[:, : self._fill])
            self._fill = 0

    def _take(self, frame: AudioFrame) -> Iterator[Samples]:
        if self._buffer is None:
            # A decoder may find another rate than the header stated.
            refuse_sound(frame.sample_rate, frame.layout.nb_channels)
            self.rate = self.timeline.rate = frame.sample_rate
            self.channels = frame.layout.nb_channels
            self.layout = frame.layout.name
            self.names = tuple(channel.name for channel in frame.layout.channels)
            self._buffer = np.empty((self.channels, self.rate), dtype=np.float32)
            self._format = frame.format.name
            self._alike = av.AudioFifo()
        if frame.is_corrupt:
            self._complain(frame, "frame marked as damaged by the decoder")
        # The stretch still held back by the resampler is a few samples, far below the jitter that is let pass.
        self.timeline.anchor(self.samples, frame.time)
        wide = self.channels >= _WIDE and frame.format.is_planar
        if wide or frame.sample_rate != self.rate or frame.layout.nb_channels != self.channels:
            yield from self._draw()
            # The stream changes its format under way; the figures stay those of the format it began with.
            if self._resampler is None:
                layout = frame.layout if wide else self.layout
                self._resampler = av.AudioResampler(format="flt" if wide else "fltp", layout=layout, rate=self.rate)
            for same in self._resampler.resample(frame):
                self.samples += same.samples
                yield from self._store(same)
            return
        self.samples += frame.samples
        alike = self._alike
        if alike is None or frame.format.name != self._format:
            yield from self._draw()
            self._alike = None
            yield from self._store(frame)
            return
        # It would insist on stamps that count its samples; those were looked at above.
        frame.pts = None
        alike.write(frame)
        while alike.samples >= self.rate - self._fill:
            yield from self._draw(self.rate - self._fill)

    def _draw(self, samples: int = 0) -> Iterator[Samples]:
        """So many samples of those strung together, or what there is."""
        frame = self._alike.read(samples) if self._alike is not None else None
        if frame is not None:
            yield from self._store(frame)

    def _store(self, frame: AudioFrame) -> Iterator[Samples]:
        buffer = self._buffer
        assert buffer is not None
        planes = _planes(frame, self.channels)
        done, count = 0, len(planes[0])
        while done < count:
            n = min(count - done, self.rate - self._fill)
            for channel, plane in zip(buffer, planes, strict=True):
                channel[self._fill : self._fill + n] = plane[done : done + n]
            self._fill += n
            done += n
            if self._fill == self.rate:
                self._fill = 0
                yield _finite(buffer)

    def _complain(self, at: Packet[AudioStream] | AudioFrame, detail: str) -> None:
        time_s = None
        if at.pts is not None and at.time_base is not None:
            time_s = round(float(at.pts * at.time_base) - self.timeline.origin_s, 3)
        last = self._errors[-1] if self._errors else None
        if (
            last is not None
            and last.detail == detail
            and (
                len(self._errors) >= _MAX_ERRORS
                or time_s is None
                or (last.time_s is not None and time_s - last.time_s < 1.0 + 0.05 * last.count)
            )
        ):
            self._errors[-1] = DecodeError(last.time_s, last.count + 1, detail)
        elif len(self._errors) < _MAX_ERRORS:
            self._errors.append(DecodeError(time_s, 1, detail))


def _planes(frame: AudioFrame, channels: int) -> Sequence[Samples]:
    """Each channel's samples; what most decoders give is looked at where it lies."""
    if frame.format.name == "fltp" and len(frame.planes) == channels:
        return [np.frombuffer(cast("Any", plane), np.float32, frame.samples) for plane in frame.planes]
    return list(samples_of(frame, channels))


def _finite(block: Samples) -> Samples:
    # A damaged float stream can hold anything; a NaN would poison every figure after it.
    if not np.isfinite(block).all():
        np.nan_to_num(block, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
    return block


def samples_of(frame: AudioFrame, channels: int) -> Samples:
    """A frame's samples as floats, full scale 1.0, shaped (channels, n)."""
    values: NDArray[Any] = frame.to_ndarray()
    name = frame.format.name
    if not name.endswith("p"):
        values = values.reshape(-1, channels).T
    kind = name.removesuffix("p")
    if kind in ("flt", "dbl"):
        return _finite(values.astype(np.float32, copy=False))
    if kind == "u8":
        return (values.astype(np.float32) - 128) * np.float32(_SCALE[kind])
    return values.astype(np.float32) * np.float32(_SCALE[kind])
