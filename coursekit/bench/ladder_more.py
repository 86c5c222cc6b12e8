"""Ladders that belong to no clip of sound or picture alone: loudness, shape, tracks out of step, covers.

A file rung makes a whole file, so that what the container says is judged too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np

from coursekit.bench import faults_video, ladder_audio, synth
from coursekit.bench.clip import ENCODING
from coursekit.bench.faults_audio import Samples
from coursekit.bench.faults_video import Picture
from coursekit.bench.ladder_video import LENGTH_S, Clip
from coursekit.bench.ladder_video import Rung as PictureRung
from coursekit.bench.lettering import make_slides
from coursekit.bench.score import Interval
from coursekit.model import FileFacts
from coursekit.pipeline import Settings, measure

_SIZE = (320, 180)
_SYNC_S = 8.0


@dataclass(frozen=True, slots=True)
class FileRung:
    """One fault of a whole file at one strength."""

    ladder: str
    fault: str
    strength: str
    check: str
    codes: frozenset[str]
    noticed: bool
    make: Callable[[Path], Path]
    """Folder → the file made in it."""

    def measure(self) -> FileFacts:
        """Make the file and measure it as an audit does."""
        return measure_made(self.make)


def measure_made(make: Callable[[Path], Path]) -> FileFacts:
    """Make a file in a folder of its own and measure it as an audit does."""
    with tempfile.TemporaryDirectory(prefix="coursekit-") as folder:
        return measure((make(Path(folder)),), Settings(workers=1, cache_root=None)).files[0]


def span_heard(fault: str, strength: str, seconds: float) -> Interval | None:
    """Where a fault of sound lies, for those that do not last from end to end; as the ladder of sound places them."""
    if fault == "hole":
        return seconds * 0.4, seconds * 0.4 + float(strength.removesuffix(" s"))
    if fault == "gain step for 12 s":
        return seconds * 0.4, seconds * 0.4 + 12.0
    return None


# ------------------------------------------------------------------------------------------------------------ loudness


def level_rungs() -> Iterator[ladder_audio.Rung]:
    """The whole lesson too quiet, or its peaks over full scale."""
    for lufs in (-34, -37, -40, -44, -50):
        yield ladder_audio.Rung(
            "whole lesson quiet", f"{lufs} LUFS", "audio/loudness", frozenset({"too-quiet"}),
            lambda c, to=lufs: ladder_audio.Clip(c.name, _levelled(c, to), c.rate),  # type: ignore[misc] # binds loop
            noticed=lufs <= -40, min_s=8.0,
        )  # fmt: skip
    for over in (1.0, 3.5, 5.0, 7.0, 9.0):
        yield ladder_audio.Rung(
            "peaks over full scale", f"+{over:g} dBTP", "audio/loudness", frozenset({"true-peak-high", "too-loud"}),
            lambda c, db=over: ladder_audio.Clip(c.name, _peaked(c, db), c.rate),  # type: ignore[misc] # binds loop
            noticed=over >= 7, min_s=8.0,
        )  # fmt: skip


def _levelled(clip: ladder_audio.Clip, lufs: float) -> Samples:
    gain = 10 ** ((lufs - ladder_audio.loudness_of(clip.samples, clip.rate)) / 20)
    return np.asarray(clip.samples * gain, dtype=np.float32)


def _peaked(clip: ladder_audio.Clip, db: float) -> Samples:
    return np.asarray(clip.samples / max(float(np.abs(clip.samples).max()), 1e-9) * 10 ** (db / 20), dtype=np.float32)


# --------------------------------------------------------------------------------------------------------------- shape


def shape_rungs() -> Iterator[PictureRung]:
    """Pictures squeezed between bars, shrunk inside a frame of black, and stretched to fill the frame."""
    whole = (0.0, LENGTH_S)
    for aspect in (1.42, 1.2, 1.1, 0.9, 0.7):
        yield PictureRung(
            "squeezed between bars", f"to {aspect:g}:1", "video/deformation",
            lambda clip, _, a=aspect: (faults_video.pillarbox(p, a) for p in clip.pictures),  # type: ignore[misc]
            noticed=aspect <= 1.1, span=whole,
        )  # fmt: skip
    for percent in (2, 4, 8, 12, 20):
        yield PictureRung(
            "black on all four sides", f"{percent} %", "video/deformation",
            lambda clip, _, s=percent / 100: (_framed(p, s) for p in clip.pictures),  # type: ignore[misc] # binds loop
            noticed=percent >= 8, span=whole,
        )  # fmt: skip
    for percent in (5, 10, 20, 33):
        yield PictureRung(
            "stretched to fill the frame", f"{percent} %", "video/deformation",
            lambda clip, _, f=1 + percent / 100: _stretched(clip, f),  # type: ignore[misc] # binds the loop
            noticed=percent >= 20, span=whole,
        )  # fmt: skip


def _framed(picture: Picture, share: float) -> Picture:
    height, width = picture.shape[:2]
    x, y = round(width * share), round(height * share)
    out = np.zeros_like(picture)
    out[y : height - y, x : width - x] = cv2.resize(
        picture, (width - 2 * x, height - 2 * y), interpolation=cv2.INTER_AREA
    )
    return out


def _stretched(clip: Clip, factor: float) -> Iterator[Picture]:
    return (faults_video.stretch(p, factor) for p in clip.pictures)


# --------------------------------------------------------------------------------------------------------------- files


@cache
def _lesson() -> tuple[tuple[synth.Picture, ...], Samples]:
    frames = tuple(synth.Workshop(_SIZE, seed=5).frames(_SYNC_S))
    return frames, synth.narration(_SYNC_S, 5)


def _out_of_step(folder: Path, late_ms: float) -> Path:
    """The sound so much later than the picture (negative: earlier), by timestamps."""
    frames, sound = _lesson()
    path = folder / "lesson.mkv"
    first_sound, first_picture = max(0.0, late_ms / 1000), max(0.0, -late_ms / 1000)
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25, options={"preset": "veryfast", **ENCODING})
        video.width, video.height, video.pix_fmt = *_SIZE, "yuv420p"
        audio = out.add_stream("flac", rate=synth.RATE_HZ, layout="stereo")
        for number, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number * 40 + round(first_picture * 1000), Fraction(1, 1000)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        for start in range(0, sound.shape[1], 4096):
            block = np.ascontiguousarray((sound[:, start : start + 4096].T * 32767).astype(np.int16).reshape(1, -1))
            piece = av.AudioFrame.from_ndarray(block, format="s16", layout="stereo")
            piece.sample_rate, piece.time_base = synth.RATE_HZ, Fraction(1, synth.RATE_HZ)
            piece.pts = start + round(first_sound * synth.RATE_HZ)
            out.mux(audio.encode(piece))
        out.mux(audio.encode(None))
    return path


def _cover(size_px: tuple[int, int], contrast: float) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        from PIL import Image

        picture = synth.draw_slide(size_px, 1).astype(np.float32)
        flat = 128 + (picture - picture.mean()) * contrast
        path = folder / "cover.png"
        Image.fromarray(np.clip(flat, 0, 255).astype(np.uint8)).save(path)
        return path

    return make


def _files() -> Iterator[FileRung]:
    for late in (-500, -250, -120, -60, -40, 40, 90, 180, 300, 500):
        yield FileRung(
            "files", "sound later than the picture" if late > 0 else "sound before the picture", f"{abs(late)} ms",
            "audio/sync", frozenset({"sound-starts-late" if late > 0 else "sound-starts-early"}),
            noticed=late >= 180 or late <= -60, make=lambda folder, ms=late: _out_of_step(folder, ms),  # type: ignore[misc]
        )  # fmt: skip
    for short in (600, 470, 400, 230, 120):
        yield FileRung(
            "covers", "too small", f"{short} px", "cover/image", frozenset({"small", "too-small"}),
            noticed=short < 480, make=_cover((short * 16 // 9, short), 1.0),
        )  # fmt: skip
    for contrast in (0.2, 0.1, 0.05, 0.02, 0.0):
        yield FileRung(
            "covers", "nothing to see", f"contrast {contrast:.0%}", "cover/image", frozenset({"nearly-blank", "blank"}),
            noticed=contrast <= 0.1, make=_cover((1280, 720), contrast),
        )  # fmt: skip

    for percent in (5, 10, 20, 33):
        yield FileRung(
            "files", "Chinese slides stretched to fill the frame", f"{percent} %",
            "video/deformation", frozenset({"letters-stretched"}),
            noticed=percent >= 20, make=lambda folder, f=1 + percent / 100: make_slides(folder, stretch=f),  # type: ignore[misc] # binds the loop
        )  # fmt: skip


FILES = tuple(_files())
LETTERED: tuple[tuple[str, Callable[[Path], Path]], ...] = (
    ("Chinese slides", make_slides),
    ("letters set far apart", lambda folder: make_slides(folder, spacing=0.2)),
    ("Chinese slides in Serif", lambda folder: make_slides(folder, serif=True, spacing=0.1)),
    ("Latin among Chinese", lambda folder: make_slides(folder, latin=0.5)),
    ("Latin slides set far apart", lambda folder: make_slides(folder, latin=1.0, spacing=0.2)),
)
"""Healthy lettering that looks broader than it is."""
