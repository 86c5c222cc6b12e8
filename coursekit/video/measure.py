"""Measure the moving pictures of one file: one decode, every meter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2

from coursekit.cover.reader import put_away
from coursekit.heap import return_memory
from coursekit.probe.facts import ProbeFacts
from coursekit.probe.limits import refuse_beyond
from coursekit.video.clarity import ClarityMeter
from coursekit.video.decode import StreamReader, VideoDecoder, open_video
from coursekit.video.facts import Coverage, VideoFacts
from coursekit.video.geometry import GeometryMeter
from coursekit.video.interlace import InterlaceMeter
from coursekit.video.joins import JoinsMeter
from coursekit.video.light import LightMeter
from coursekit.video.lips import measure_lips
from coursekit.video.looks import Ask, Gap, Item, Repeats, ahead, walk
from coursekit.video.marks.meter import MarksMeter
from coursekit.video.meter import Meter, StreamInfo
from coursekit.video.motion.meter import MotionMeter
from coursekit.video.notice import Notice
from coursekit.video.pace import PaceMeter
from coursekit.video.signals import Signals
from coursekit.video.stillness import StillnessMeter

VERSION = 39
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
SHORT_S = 120.0
"""Up to this length every picture is decoded: there is nothing to be gained by leaving any out."""


def measure_video(
    path: Path,
    probe: ProbeFacts,
    progress: Callable[[float], None],
    *,
    threads: int = 1,
    thorough: bool = False,
    short_s: float = SHORT_S,
) -> tuple[VideoFacts, ...]:
    """Facts of every moving picture in the file; attached covers are none.

    `progress` gets the media second reached. `threads` is the number of decoder threads, 0 for all cores; with more
    than one, decoding runs ahead of analysis. `thorough` decodes every picture; otherwise a stream longer than
    `short_s` is decoded where its packets, or what was seen of it, say that there is something to see.
    """
    # The process is the unit of parallel work; threads inside OpenCV would only fight over the cores.
    cv2.setNumThreads(1)
    refuse_beyond(probe)
    done = _look_through(path, probe, progress, threads=threads, thorough=thorough, short_s=short_s)
    # The decoders and their pictures are gone: the words of marks, which are read now, need the room.
    return_memory()
    found: list[VideoFacts] = []
    while done:
        # What a meter held goes with it: lips are looked at next, and need room of their own.
        found.append(done.pop(0).finish())
    put_away()
    return tuple(_with_lips(path, probe, facts, threads) for facts in found)


def _look_through(
    path: Path, probe: ProbeFacts, progress: Callable[[float], None], *, threads: int, thorough: bool, short_s: float
) -> list[_Pass]:
    """Every picture that is decoded goes through every meter."""
    told = 0.0
    with open_video(path, probe, threads=threads) as decoder:
        adaptive = not thorough and len(decoder.readers) == 1 and (probe.duration_s or 0.0) > short_s
        passes = {index: _Pass(reader, threads, thorough=not adaptive) for index, reader in decoder.readers.items()}
        if not passes:
            return []
        only = next(iter(passes.values())) if len(passes) == 1 else None
        for item in _items(decoder, only, probe, threads=threads, adaptive=adaptive):
            one = only or passes[item.info.stream]  # type: ignore[union-attr] # several streams: only frames come
            time_s = one.take(item)
            if time_s - told >= _PROGRESS_STEP_S:
                told = time_s
                progress(told)
    return list(passes.values())


def _with_lips(path: Path, probe: ProbeFacts, facts: VideoFacts, threads: int) -> VideoFacts:
    """What stretches to look at is known only now: they are decoded once more, with the sound beside them."""
    main = probe.main_video
    if main is None or main.index != facts.stream:
        return facts
    return replace(facts, lips=measure_lips(path, probe, facts, threads=threads))


def _items(
    decoder: VideoDecoder, only: _Pass | None, probe: ProbeFacts, *, threads: int, adaptive: bool
) -> Iterator[Item]:
    damaged_s = tuple(d.time_s for d in probe.damages if d.time_s is not None)

    def walk_with(ask: Ask) -> Iterator[Item]:
        if adaptive and only is not None:
            return walk(decoder, only.reader, ask, damaged_s)
        return (frame for _, frame in decoder.frames())

    ask = only.notice.asked if only is not None else lambda: True
    if threads == 1:
        return walk_with(ask)
    width, height = next(iter(decoder.readers.values())).info.coded_px
    return ahead(walk_with, ask, width * height * 3 // 2)


class _Pass:
    """The pass over one stream."""

    def __init__(self, reader: StreamReader, threads: int, *, thorough: bool) -> None:
        self.reader = reader
        self._thorough = thorough
        self.signals = Signals(reader.info)
        self.meters = {name: make(reader.info, self.signals) for name, make in METERS.items()}
        motion = self.meters["motion"]
        weave = self.meters["interlace"]
        assert isinstance(motion, MotionMeter)
        joins, marks = self.meters["joins"], self.meters["marks"]
        assert isinstance(weave, InterlaceMeter)
        assert isinstance(joins, JoinsMeter)
        assert isinstance(marks, MarksMeter)
        self._beside = threads != 1
        """There are cores to spare."""
        if self._beside:
            marks.work_beside()
        self.notice = Notice(self.signals, motion, weave, joins)
        self._rest: tuple[float, float] | None = None
        self._repeats = 0
        self._longest_gap_s = 0.0

    def take(self, item: Item) -> float:
        """The next picture, repeats or gap; gives the time that is reached."""
        if isinstance(item, Repeats):
            start_s = self.signals.last.time_s if self.signals.last and not self._rest else None
            self.signals.repeat(item.times_s, item.packet_bytes)
            self._repeats += len(item.times_s)
            begun = self._rest[0] if self._rest else start_s if start_s is not None else item.times_s[0]
            self._rest = (begun, item.times_s[-1])
            return item.times_s[-1]
        self._rested()
        if isinstance(item, Gap):
            self._longest_gap_s = max(self._longest_gap_s, item.end_s - item.start_s)
            self.signals.gap(item.start_s, item.end_s, static=False, turn=item.turn)
            for meter in self.meters.values():
                meter.gap(item.start_s, item.end_s, static=False)
            self.notice.forget()
            return item.end_s
        self.signals.feed(item)
        for meter in self.meters.values():
            meter.feed(item)
        return item.time_s

    def _rested(self) -> None:
        """The picture stood still for a while: the figures of each picture are in the signals already."""
        if self._rest is not None:
            for meter in self.meters.values():
                meter.gap(*self._rest, static=True)
            self._rest = None

    def finish(self) -> VideoFacts:
        self._rested()
        reader, info = self.reader, self.reader.info
        # METERS names for each field the meter that builds its type.
        parts: dict[str, Any] = self._parts()
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
            coverage=self._coverage(),
            **parts,
        )

    def _parts(self) -> dict[str, object]:
        if not self._beside:
            return {name: meter.finish() for name, meter in self.meters.items()}
        # The reader of words takes seconds, a good part of them on one core: what else is to be worked out fills the
        # other.
        with ThreadPoolExecutor(1, thread_name_prefix="marks") as other:
            marks = other.submit(self.meters["marks"].finish)
            parts = {name: meter.finish() for name, meter in self.meters.items() if name != "marks"}
            return {**parts, "marks": marks.result()}

    def _coverage(self) -> Coverage:
        reader = self.reader
        known = max(0, reader.frames - reader.left_out)
        length = max(0.0, reader.end_s - reader.first_s)
        return Coverage(
            thorough=self._thorough,
            decoded=reader.looked,
            repeats=self._repeats,
            left_out=reader.left_out,
            looked_s=round(length * known / max(reader.frames, 1), 3),
            longest_gap_s=round(self._longest_gap_s, 3),
        )
