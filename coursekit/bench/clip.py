"""Writing a clip from frames and samples, and making a long lesson of a short clip."""

from __future__ import annotations

import tempfile
import wave
from collections.abc import Iterable
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import ffmpeg
import numpy as np

from coursekit.bench.faults_audio import Samples
from coursekit.bench.synth import RATE_HZ, Picture
from coursekit.probe.process import ffmpeg_exe, run_tool
from coursekit.video.excerpt import SAME_BYTES

ENCODING = {"threads": "2", **SAME_BYTES}
"""Each thread gets a slice of every picture, and by itself x264 takes as many as the machine has: the same clip on
every machine, and at every turn."""


def write_clip(
    path: Path,
    frames: Iterable[Picture],
    sound: Samples | None,
    *,
    rate: Fraction | int = 25,
    crf: int = 23,
    preset: str = "veryfast",
    container: str | None = None,
    bit_rate: int | None = None,
    group: int = 250,
) -> Path:
    """An H.264 + AAC clip with its index at the front. `container` where the name does not say it.

    `bit_rate` instead of `crf` where a lesson of a given weight is wanted; `group` pictures to a keyframe at most.
    """
    pictures = iter(frames)
    first = next(pictures)
    height, width = first.shape[:2]
    muxing = {"movflags": "+faststart"} if container in (None, "mp4", "mov") else {}
    with av.open(str(path), "w", format=container, options=muxing) as output:
        quality = {"crf": str(crf)} if bit_rate is None else {"b": str(bit_rate)}
        how = {**quality, "preset": preset, **ENCODING}
        video = output.add_stream("libx264", rate=rate, options=how)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.gop_size = group
        audio = None
        if sound is not None:
            layout = "mono" if sound.shape[0] == 1 else "stereo"
            audio = output.add_stream("aac", rate=RATE_HZ, layout=layout)
            audio.bit_rate = 128_000
        for picture in chain([first], pictures):
            output.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(video.encode(None))
        if audio is not None and sound is not None:
            for start in range(0, sound.shape[1], 1024):
                block = np.ascontiguousarray(sound[:, start : start + 1024], np.float32)
                frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=audio.layout.name)
                frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
                output.mux(audio.encode(frame))
            output.mux(audio.encode(None))
    return path


def repeat_clip(source: Path, path: Path, seconds: float, sound: Samples) -> Path:
    """The pictures of a short clip again and again until `seconds` are full: a lesson of real length in a moment.

    The sound is repeated sample by sample and encoded as one: repeated packets would creep away from the picture by
    some milliseconds at every turn, since AAC ends on a whole block.
    """
    with tempfile.TemporaryDirectory(prefix="coursekit-") as scratch:
        spoken = write_wave(Path(scratch, "sound.wav"), sound)
        pictures = ffmpeg.input(str(source.absolute()), stream_loop=-1).video
        graph = ffmpeg.output(
            pictures,
            ffmpeg.input(str(spoken), stream_loop=-1).audio,
            str(path.absolute()),
            t=seconds,
            movflags="+faststart",
            **{"c:v": "copy", "c:a": "aac", "b:a": "128k"},
        )
        run_tool(
            [ffmpeg_exe(), "-nostdin", "-hide_banner", "-loglevel", "error", "-y", *graph.get_args()], timeout_s=600
        )
    return path


def write_wave(path: Path, sound: Samples) -> Path:
    """16-bit PCM."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(len(sound))
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes((np.clip(sound.T, -1, 1) * 32767).astype("<i2").tobytes())
    return path
