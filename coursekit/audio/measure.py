"""Measure every audio stream of a file: one demuxing, one decoding, block by block."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import av

from coursekit.audio.facts import AudioFacts
from coursekit.audio.loudness import LoudnessMeter
from coursekit.audio.reader import Timeline, TrackReader
from coursekit.audio.true_peak import TruePeakMeter, to_db
from coursekit.probe.facts import DecodeError, ProbeFacts
from coursekit.probe.media import open_media

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
"""Raise when a figure changes: it is part of the key under which facts are kept."""


def measure_audio(path: Path, probe: ProbeFacts, progress: Callable[[float], None]) -> tuple[AudioFacts, ...]:
    """Decode all audio streams of a file from end to end. `progress` is told the media second reached."""
    with open_media(path) as container:
        streams = list(container.streams.audio)
        if not streams:
            return ()
        origin_s = (container.start_time or 0) / 1_000_000
        readers = {stream.index: TrackReader(stream, origin_s) for stream in streams}
        meters: dict[int, TrackMeter] = {}
        known = [stream for stream in streams if stream.codec_context is not None]
        try:
            for packet in container.demux(known) if known else ():
                reader = readers[packet.stream.index]
                for block in reader.decode(packet):
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
    """All meters of one track. Blocks are one second long, all but the last; nothing in here grows with them."""

    def __init__(self, rate: int, names: tuple[str, ...]) -> None:
        self.rate = rate
        self.samples = 0
        self.loudness = LoudnessMeter(rate, names)
        self.true_peak = TruePeakMeter(rate, len(names))

    def push(self, x: NDArray[np.float32]) -> None:
        """Take a block shaped (channels, n), n = rate but for the last."""
        self.loudness.push(x)
        self.true_peak.push(x)
        self.samples += x.shape[1]

    def facts(self, stream: int, timeline: Timeline, layout: str | None, errors: tuple[DecodeError, ...]) -> AudioFacts:
        """What all meters found."""
        self.true_peak.finish()
        loudness = self.loudness.finish()
        return AudioFacts(
            stream=stream,
            integrated_lufs=_round(loudness.integrated_lufs, 2),
            max_momentary_lufs=_round(loudness.max_momentary_lufs, 2),
            max_short_term_lufs=_round(loudness.max_short_term_lufs, 2),
            loudness_range_lu=_round(loudness.loudness_range_lu, 2),
            true_peak_dbtp=_round(to_db(self.true_peak.peak), 2),
            sample_rate_hz=self.rate,
            channels=self.true_peak.channels,
            decoded_s=round(self.samples / self.rate, 4),
            start_s=round(timeline.time(0), 4),
            end_s=round(timeline.time(self.samples - 1) + 1 / self.rate, 4),
            layout=layout,
            sample_peak_dbfs=_round(to_db(self.true_peak.sample_peak), 2),
            decode_errors=errors,
        )


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
