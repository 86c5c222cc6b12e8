"""A few seconds of a lesson as a small MP4, for a page that is handed on without the lesson."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.probe.facts import ProbeFacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    import av

    from coursekit.video.meter import Frame

_LONG_SIDE_PX = 426
_WIDTH_STEP = 128
"""Rows end where their memory does, those of colour too: what lay beyond the end found its way into the bytes."""
_MOST_FPS = 30
_CLOCK = Fraction(1, 90_000)
SAME_BYTES = {"x264-params": "cpu-independent=1"}
"""For x264: the same pictures become the same bytes. Of a height that no 16 divides, its fast paths read memory beyond
the last row, and whatever lay there chose how the bytes were spent."""
_OPTIONS = {"preset": "veryfast", "crf": "29", "threads": "1", **SAME_BYTES}
"""One thread: the same bytes on every machine."""


def cut_clip(path: Path, probe: ProbeFacts, stream: int, start_s: float, end_s: float) -> bytes | None:
    """Picture and sound between two presentation times; None where the file gives no picture there.

    Every picture keeps its own time, so that a stutter in the lesson is a stutter in the excerpt.
    """
    import av

    from coursekit.video.decode import open_video

    made = io.BytesIO()
    with open_video(path, probe) as decoder, av.open(made, "w", format="mp4") as out:
        width, height = decoder.readers[stream].info.display_px
        scale = min(1.0, _LONG_SIDE_PX / max(width, height))
        across = max(_WIDTH_STEP, round(width * scale / _WIDTH_STEP) * _WIDTH_STEP)
        size = across, max(2, round(height * across / width / 2) * 2)
        video = out.add_stream("libx264", rate=_MOST_FPS, options=_OPTIONS)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.codec_context.time_base = _CLOCK
        sound = _sound(path, start_s, end_s)
        audio = out.add_stream("aac", rate=48_000, layout="mono") if sound is not None else None
        count = 0
        for frame in _between(decoder.frames_from(stream, start_s), start_s, end_s):
            picture = _small(frame, size)
            picture.pts, picture.time_base = round((frame.time_s - start_s) / _CLOCK), _CLOCK
            out.mux(video.encode(picture))
            count += 1
        if not count:
            return None
        out.mux(video.encode(None))
        if sound is not None and audio is not None:
            for piece in _pieces(sound):
                out.mux(audio.encode(piece))
            out.mux(audio.encode(None))
    return made.getvalue()


def _between(frames: Iterator[Frame], start_s: float, end_s: float) -> Iterator[Frame]:
    last_s = -1.0
    for frame in frames:
        if frame.time_s >= end_s:
            return
        if frame.time_s >= start_s and frame.time_s - last_s >= 0.9 / _MOST_FPS:
            last_s = frame.time_s
            yield frame


def _small(frame: Frame, size: tuple[int, int]) -> av.VideoFrame:
    import av
    import cv2
    import numpy as np

    image = np.ascontiguousarray(frame.turn(frame.picture.to_ndarray(format="bgr24")))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return av.VideoFrame.from_ndarray(np.asarray(small, np.uint8), format="bgr24")


def _sound(path: Path, start_s: float, end_s: float) -> tuple[bytes, int] | None:
    from coursekit.audio.evidence import sound_between

    try:
        heard = sound_between(path, start_s, end_s, None).set_channels(1).set_frame_rate(48_000)
    except ValueError:
        return None
    return heard.raw_data, heard.frame_rate


def _pieces(sound: tuple[bytes, int]) -> Iterator[av.AudioFrame]:
    import av
    import numpy as np

    pcm = np.frombuffer(sound[0], "<i2").astype(np.float32) / 32768
    for start in range(0, len(pcm), 1024):
        piece = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm[None, start : start + 1024]), "fltp", "mono")
        piece.sample_rate, piece.pts, piece.time_base = sound[1], start, Fraction(1, sound[1])
        yield piece
