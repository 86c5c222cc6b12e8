"""Measure the moving pictures of one file: one decode, every meter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2

from coursekit.probe.facts import ProbeFacts
from coursekit.video.clarity import ClarityMeter
from coursekit.video.decode import StreamReader, open_video
from coursekit.video.facts import VideoFacts
from coursekit.video.geometry import GeometryMeter
from coursekit.video.interlace import InterlaceMeter
from coursekit.video.joins import JoinsMeter
from coursekit.video.light import LightMeter
from coursekit.video.marks.meter import MarksMeter
from coursekit.video.meter import Frame, Meter, StreamInfo
from coursekit.video.motion.meter import MotionMeter
from coursekit.video.pace import PaceMeter
from coursekit.video.signals import Signals
from coursekit.video.stillness import StillnessMeter

VERSION = 1
"""Raised when any figure changes: part of the key under which facts are cached."""

METERS: Mapping[str, Callable[[StreamInfo, Signals], Meter]] = {
    "motion": MotionMeter,
    "stillness": StillnessMeter,
    "pace": PaceMeter,
    "light": LightMeter,
    "clarity": ClarityMeter,
    "interlace": InterlaceMeter,
    "geometry": GeometryMeter,
    "joins": JoinsMeter,
    "marks": MarksMeter,
}
"""Field of VideoFacts → the meter that fills it. A meter that is not here does not run."""

_PROGRESS_STEP_S = 2.0


def measure_video(
    path: Path, probe: ProbeFacts, progress: Callable[[float], None], *, threads: int = 1
) -> tuple[VideoFacts, ...]:
    """Facts of every moving picture in the file; attached covers are none.

    `progress` gets the media second reached. `threads` is the number of decoder threads, 0 for all cores.
    """
    # The process is the unit of parallel work; threads inside OpenCV would only fight over the cores.
    cv2.setNumThreads(1)
    told = 0.0
    with open_video(path, probe, threads=threads) as decoder:
        passes = {index: _Pass(reader) for index, reader in decoder.readers.items()}
        for reader, frame in decoder.frames():
            passes[reader.info.stream].feed(frame)
            if frame.time_s - told >= _PROGRESS_STEP_S:
                told = frame.time_s
                progress(told)
        return tuple(one.finish() for one in passes.values())


class _Pass:
    """The pass over one stream."""

    def __init__(self, reader: StreamReader) -> None:
        self.reader = reader
        self.signals = Signals(reader.info)
        self.meters = {name: make(reader.info, self.signals) for name, make in METERS.items()}

    def feed(self, frame: Frame) -> None:
        self.signals.feed(frame)
        for meter in self.meters.values():
            meter.feed(frame)

    def finish(self) -> VideoFacts:
        reader, info = self.reader, self.reader.info
        # METERS names for each field the meter that builds its type.
        parts: dict[str, Any] = {name: meter.finish() for name, meter in self.meters.items()}
        return VideoFacts(
            stream=info.stream,
            coded_px=info.coded_px,
            display_px=info.display_px,
            frame_rate=info.frame_rate,
            decoded_s=round(max(0.0, reader.end_s - reader.first_s), 6),
            frames=reader.frames,
            cuts_s=self.signals.cuts_s,
            first_s=round(reader.first_s, 6),
            decode_errors=reader.decode_errors,
            **parts,
        )
