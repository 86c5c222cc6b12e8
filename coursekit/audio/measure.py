"""Measure every audio stream of a file: one demuxing, one decoding, block by block."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
import numpy as np

from coursekit.audio import blocks
from coursekit.audio.channels import ChannelMeter, listening_mix, mixed
from coursekit.audio.clipping import ClippingMeter
from coursekit.audio.facts import AudioFacts, TimeGap
from coursekit.audio.frames import FrameMeter
from coursekit.audio.glitches import GlitchMeter
from coursekit.audio.hum import HumMeter
from coursekit.audio.loudness import LoudnessMeter, bounded_curve, to_lufs
from coursekit.audio.reader import Clock, Timeline, TrackReader, longest_gaps
from coursekit.audio.silence import LevelLog
from coursekit.audio.true_peak import TruePeakMeter, to_db
from coursekit.audio.voice import analyse_voice
from coursekit.probe.facts import DecodeError, ProbeFacts
from coursekit.probe.limits import refuse_beyond
from coursekit.probe.media import open_media

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.packet import Packet
    from numpy.typing import NDArray

VERSION = 2
"""Raise when a figure changes: it is part of the key under which facts are kept."""


def measure_audio(path: Path, probe: ProbeFacts, progress: Callable[[float], None]) -> tuple[AudioFacts, ...]:
    """Decode all audio streams of a file from end to end. `progress` is told the media second reached."""
    refuse_beyond(probe)
    with open_media(path) as container:
        # Not before: what opening an MP4 takes and frees again (16 MB for 90 minutes) shall go back.
        keep_freed_memory()
        streams = list(container.streams.audio)
        if not streams:
            return ()
        # As players do, and as the picture is timed: the container's own clock starts at its first stream.
        origin_s = max(0, container.start_time or 0) / 1_000_000
        readers = {stream.index: TrackReader(stream, origin_s) for stream in streams}
        meters: dict[int, TrackMeter] = {}
        known = [stream for stream in streams if stream.codec_context is not None]
        try:
            for packet in container.demux(known) if known else ():
                reader = readers[packet.stream.index]
                for block in reader.decode(cast("Packet[AudioStream]", packet)):
                    _meter(meters, reader).push(block)
                    progress(reader.timeline.time(reader.samples))
        except av.FFmpegError as error:
            # A file cut short: what came before the cut is measured all the same.
            for reader in readers.values():
                reader.stop(error.strerror or str(error))
        for reader in readers.values():
            for block in reader.flush():
                _meter(meters, reader).push(block)
    return tuple(_facts(reader, meters.get(index)) for index, reader in readers.items())


class TrackMeter:
    """All meters of one track. Blocks are one second long, all but the last; little in here grows with them."""

    def __init__(self, rate: int, names: tuple[str, ...]) -> None:
        self.rate = rate
        self.samples = 0
        self._mix = listening_mix(names)
        self._wide = np.empty((len(names), rate))
        self._loudness = LoudnessMeter(rate, names)
        self._true_peak = TruePeakMeter(rate, len(names))
        self._channels = ChannelMeter(len(names))
        self._clipping = ClippingMeter(rate)
        self._levels = LevelLog()
        self._glitches = GlitchMeter(rate)
        self._hum = HumMeter(rate)
        self._frames = FrameMeter(rate)
        self._voice_levels = array("b")
        self._curve = array("f")

    def push(self, x: NDArray[np.float32]) -> None:
        """Take a block shaped (channels, n), n = rate but for the last."""
        edges = blocks.edges_of(self.rate, x.shape[1])
        wide = self._wide[:, : x.shape[1]]
        wide[:] = x
        weighted = self._loudness.push(wide)
        self._true_peak.push(x)
        self._channels.push(x, wide)
        self._clipping.push(x)
        if weighted.size:
            # A constant is silence too: some encoders write it as a step off zero.
            self._levels.push(blocks.powers(wide, edges) - (blocks.sums(wide, edges) / np.diff(edges)) ** 2)
        self._glitches.push(x)
        mono = mixed(x, self._mix)
        self._hum.push(mono)
        self._frames.push(mono)
        if weighted.size:
            self._curve.append(float(weighted.mean()))
            pairs = weighted[: len(weighted) // 2 * 2].reshape(-1, 2).mean(axis=1)
            # Half decibels: -128 to -0.5 LUFS, and what is louder counts as that.
            half = np.round(2 * to_lufs(np.maximum(pairs, 1e-13)))
            self._voice_levels.extend(np.clip(half + 128, -128, 127).astype(np.int8).tolist())
        self.samples += x.shape[1]

    def facts(self, stream: int, timeline: Timeline, layout: str | None, errors: tuple[DecodeError, ...]) -> AudioFacts:
        """What all meters found."""
        place = Clock(timeline, self.rate).place
        self._true_peak.finish()
        loudness = self._loudness.finish()
        dropouts, clicks = self._glitches.finish()
        levels = np.frombuffer(self._voice_levels, np.int8).astype(np.float32)
        levels -= 128
        levels /= 2
        step, curve = bounded_curve(np.frombuffer(self._curve, np.float32))
        return AudioFacts(
            stream=stream,
            integrated_lufs=_round(loudness.integrated_lufs, 2),
            max_momentary_lufs=_round(loudness.max_momentary_lufs, 2),
            max_short_term_lufs=_round(loudness.max_short_term_lufs, 2),
            loudness_range_lu=_round(loudness.loudness_range_lu, 2),
            true_peak_dbtp=_round(to_db(self._true_peak.peak), 2),
            sample_rate_hz=self.rate,
            channels=self._true_peak.channels,
            decoded_s=round(self.samples / self.rate, 4),
            start_s=round(timeline.time(0), 4),
            end_s=round(timeline.time(self.samples - 1) + 1 / self.rate, 4),
            layout=layout,
            sample_peak_dbfs=_round(to_db(self._true_peak.sample_peak), 2),
            decode_errors=errors,
            gaps=tuple(TimeGap(round(t, 3), round(n, 3)) for t, n in longest_gaps(timeline)),
            gap_count=len(timeline.gaps),
            clock_drift_s=round(sum(n for _, n in timeline.gaps), 3),
            curve_lufs=curve,
            curve_step_s=step,
            channel=place(self._channels.finish()),
            clipping=place(self._true_peak.overs.beside(self._clipping.finish())),
            silent_spans=place(self._levels.silent_spans()),
            silent_share=self._levels.silent_share(),
            pause_dbfs=self._levels.quiet_level_dbfs(),
            dropouts=place(dropouts),
            dropout_count=self._glitches.dropout_count,
            clicks=place(clicks),
            click_count=self._glitches.click_count,
            hum=place(self._hum.finish()),
            tones=self._frames.whistle.finish(),
            voice=place(analyse_voice(levels, self._frames)),
        )


def keep_freed_memory() -> None:
    """Have the C library keep what is freed instead of giving it back and asking for it again.

    Every block of a second takes and frees some megabytes. glibc hands them back to the system each time until it has
    seen a larger piece come and go, up to 32 MiB; then it keeps them. Measured on five minutes of stereo: 240,000 page
    faults fewer of 240,000, a fifth of the time, and no more memory at the peak. Other C libraries do not mind.
    """
    np.empty(30 << 20, np.uint8)


def _meter(meters: dict[int, TrackMeter], reader: TrackReader) -> TrackMeter:
    index = reader.index
    if index not in meters:
        meters[index] = TrackMeter(reader.rate, reader.names)
    return meters[index]


def _facts(reader: TrackReader, meter: TrackMeter | None) -> AudioFacts:
    if meter is not None:
        return meter.facts(reader.index, reader.timeline, reader.layout or None, reader.errors)
    errors = reader.errors or (DecodeError(None, 1, "no sound came out of the decoder"),)
    return AudioFacts(
        stream=reader.index,
        integrated_lufs=None,
        max_momentary_lufs=None,
        max_short_term_lufs=None,
        loudness_range_lu=None,
        true_peak_dbtp=None,
        sample_rate_hz=reader.rate,
        channels=reader.channels,
        decoded_s=0.0,
        decode_errors=errors,
    )


def _round(value: float | None, digits: int) -> float | None:
    return value if value is None or math.isinf(value) else round(value, digits)
