"""Ladders of faults of the picture over real footage, healthy footage beside them, and what the checks say of each.

A rung is one fault at one strength. `noticed` marks the strengths that a viewer notices at once: there the detector
must not miss. Every rung is put on every clip inside a known span, encoded, decoded and measured as a lesson is, and
judged by a profile; a finding counts when it meets the span.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from coursekit.bench import faults_video as faults
from coursekit.bench.clip import write_clip
from coursekit.bench.faults_video import Picture
from coursekit.bench.score import Said
from coursekit.bench.verdicts import judge_facts
from coursekit.model import Profile
from coursekit.probe.measure import measure_media
from coursekit.video.decode import open_video
from coursekit.video.facts import VideoFacts
from coursekit.video.measure import measure_video

CHECKS = tuple(
    f"video/{name}"
    for name in (
        "shake", "jump", "flicker", "colour", "freeze", "black", "clarity", "interlace", "deformation", "flash",
    )
)  # fmt: skip
RATE = 25
LENGTH_S = 12.0
SPAN = (3.0, 9.0)


@dataclass(frozen=True, slots=True)
class Clip:
    """Some seconds of pictures, blue-green-red."""

    name: str
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class Rung:
    """One fault at one strength."""

    fault: str
    strength: str
    check: str
    make: Callable[[Clip, int], Iterable[Picture]]
    noticed: bool
    """A viewer notices it at once."""
    span: tuple[float, float] = SPAN
    height_px: int = 360


# -------------------------------------------------------------------------------------------------------------- looking


def read_clip(path: Path, height_px: int = 360, first: int = 0, most: int = 300) -> Clip:
    """Pictures of a file, scaled, played to and fro until the clip is full."""
    pictures: list[Picture] = []
    with open_video(path, measure_media(path)) as decoder:
        for _, frame in decoder.frames():
            if frame.index < first:
                continue
            image = np.asarray(frame.picture.to_ndarray(format="bgr24"), dtype=np.uint8)
            width = round(image.shape[1] * height_px / image.shape[0] / 2) * 2
            pictures.append(np.asarray(cv2.resize(image, (width, height_px), interpolation=cv2.INTER_AREA), np.uint8))
            if len(pictures) >= most:
                break
    loop = pictures + pictures[-2:0:-1]
    count = round(LENGTH_S * RATE)
    return Clip(path.stem, tuple(loop[i % len(loop)] for i in range(count)))


def look(pictures: Iterable[Picture], *, rate: Fraction | int = RATE, crf: int = 23) -> VideoFacts:
    """Facts of a clip, by way of a file, as it reaches an audit."""
    with tempfile.TemporaryDirectory(prefix="coursekit-") as folder:
        path = Path(folder) / "clip.mp4"
        write_clip(path, (np.ascontiguousarray(p[:, :, ::-1]) for p in pictures), None, rate=rate, crf=crf)
        return measure_video(path, measure_media(path), lambda _: None, threads=0)[0]


def judge_clip(facts: VideoFacts, profile: Profile) -> tuple[Said, ...]:
    """What the checks of the picture say under a profile."""
    return judge_facts(profile, CHECKS, lambda _: facts)


# ---------------------------------------------------------------------------------------------------------------- rungs


def shake_rungs() -> Iterator[Rung]:
    """Hand-held trajectories with a little rotation, and knocks."""
    for frequency in (1.2, 2.5, 5.0, 8.0):
        for percent in (0.15, 0.3, 0.6, 1.0, 2.0, 3.0):
            yield Rung(
                f"hand-held, {frequency:g} Hz", f"{percent:g} %", "video/shake",
                lambda clip, seed, f=frequency, a=percent: faults.move(  # type: ignore[misc] # defaults bind the loop
                    clip.pictures,
                    faults.handheld_path(
                        len(clip.pictures), RATE, amplitude=a / 100, frequency_hz=f, seed=seed, roll_deg=a / 4
                    ),
                    RATE,
                    SPAN,
                ),
                noticed=percent >= 0.6,
            )  # fmt: skip
    for percent in (0.3, 0.6, 1.0, 2.0, 3.0):
        yield Rung(
            "knocks", f"{percent:g} %", "video/shake",
            lambda clip, _, a=percent: faults.move(  # type: ignore[misc] # defaults bind the loop
                clip.pictures,
                faults.bump_path(len(clip.pictures), RATE, amplitude=a / 100, at_s=(3.5, 5.0, 6.5, 8.0)),
                RATE,
                SPAN,
            ),
            noticed=percent >= 1.0,
        )  # fmt: skip


def time_rungs() -> Iterator[Rung]:
    """Frozen, lost and repeated pictures."""
    for seconds in (1.0, 1.5, 2.0, 4.0, 6.0):
        span = (4.0, 4.0 + seconds)
        yield Rung(
            "freeze", f"{seconds:g} s", "video/freeze",
            lambda clip, _, s=span: faults.freeze(clip.pictures, RATE, s),  # type: ignore[misc] # binds the loop
            noticed=seconds >= 2.0, span=span,
        )  # fmt: skip
    for seconds in (0.08, 0.4, 1.0, 2.5, 4.0):
        span = (4.0, 4.0 + seconds)
        yield Rung(
            "black", f"{seconds:g} s", "video/black",
            lambda clip, _, s=span: faults.black(clip.pictures, RATE, s),  # type: ignore[misc] # binds the loop
            noticed=seconds >= 0.4, span=span,
        )  # fmt: skip
    for percent in (1, 3, 5, 10, 20):
        yield Rung(
            "frames repeated", f"{percent} %", "video/jump",
            lambda clip, seed, p=percent: faults.repeat_frames(  # type: ignore[misc] # defaults bind the loop
                clip.pictures, p / 100, seed, RATE, SPAN
            ),
            noticed=percent >= 5,
        )  # fmt: skip


def missing_rungs() -> Iterator[Rung]:
    """Pictures left out though the times go on."""
    for frames in (2, 4, 6, 10, 15):
        yield Rung(
            "frames left out", f"{frames} at a time", "video/jump",
            lambda clip, _, n=frames: faults.jump_ahead(  # type: ignore[misc] # defaults bind the loop
                clip.pictures, RATE, (3.2, 4.6, 6.1, 7.7), n
            ),
            noticed=frames >= 10,
        )  # fmt: skip


def light_rungs() -> Iterator[Rung]:
    """Flicker, flashes, and two cameras that do not match."""
    for frequency in (1.5, 5.0, 10.0):
        for percent in (1, 2, 5, 10, 20):
            yield Rung(
                f"flicker, {frequency:g} Hz", f"{percent} %", "video/flicker",
                lambda clip, _, f=frequency, d=percent: faults.flicker(  # type: ignore[misc] # defaults bind the loop
                    clip.pictures, RATE, depth=d / 100, frequency_hz=f, span=SPAN
                ),
                noticed=percent >= 5,
            )  # fmt: skip
    for frequency in (2, 3, 4, 6, 10):
        yield Rung(
            "flashes", f"{frequency} a second", "video/flash",
            lambda clip, _, f=frequency: faults.flash(  # type: ignore[misc] # defaults bind the loop
                clip.pictures, RATE, frequency_hz=f, level=0.8, span=SPAN
            ),
            noticed=frequency >= 4,
        )  # fmt: skip
    for frequency in (2, 3, 4, 6, 10):
        yield Rung(
            "red flashes", f"{frequency} a second", "video/flash",
            lambda clip, _, f=frequency: faults.flash_red(  # type: ignore[misc] # defaults bind the loop
                clip.pictures, RATE, frequency_hz=f, span=SPAN
            ),
            noticed=frequency >= 4,
        )  # fmt: skip
    for percent in (2, 4, 8, 12, 20):
        yield Rung(
            "white balance between cameras", f"±{percent} %", "video/colour",
            lambda clip, _, p=percent / 100: two_cameras(  # type: ignore[misc] # defaults bind the loop
                clip, lambda q: faults.gain(q, (1 - p, 1.0, 1 + p))
            ),
            noticed=percent >= 8, span=(1.9, LENGTH_S),
        )  # fmt: skip
    for percent in (5, 10, 20, 30, 40):
        yield Rung(
            "exposure between cameras", f"+{percent} %", "video/colour",
            lambda clip, _, p=percent / 100: two_cameras(  # type: ignore[misc] # defaults bind the loop
                clip, lambda q: faults.gain(q, 1 + p)
            ),
            noticed=percent >= 20, span=(1.9, LENGTH_S),
        )  # fmt: skip


def picture_rungs() -> Iterator[Rung]:
    """Blur, enlargement and fields shown as frames. For clips of 1080 lines."""
    for lines in (720, 600, 480, 360, 240):
        yield Rung(
            "enlarged to 1080", f"from {lines}", "video/clarity",
            lambda clip, _, h=lines: (faults.through_size(p, h) for p in clip.pictures),  # type: ignore[misc] # loop
            noticed=lines <= 480, span=(0.0, LENGTH_S), height_px=1080,
        )  # fmt: skip
    for sigma in (1.0, 2.0, 3.0, 5.0, 8.0):
        yield Rung(
            "out of focus at 1080", f"σ {sigma:g} px", "video/clarity",
            lambda clip, _, s=sigma: (faults.soften(p, s) for p in clip.pictures),  # type: ignore[misc] # binds loop
            noticed=sigma >= 3, span=(0.0, LENGTH_S), height_px=1080,
        )  # fmt: skip


def comb_rungs() -> Iterator[Rung]:
    """Fields woven into frames, throughout."""
    yield Rung(
        "fields shown as frames", "throughout", "video/interlace",
        # To and fro: two pictures are woven into one, and all of the clip's length is to be woven.
        lambda clip, _: faults.interlace((*clip.pictures, *clip.pictures[::-1])), noticed=True, span=(0.0, LENGTH_S),
    )  # fmt: skip


def two_cameras(clip: Clip, change: Callable[[Picture], Picture], shot_s: float = 2.0) -> Iterator[Picture]:
    """Shots by turns from one camera and from a second with a tighter view, whose colours `change` sets."""
    for number, picture in enumerate(clip.pictures):
        if int(number / RATE / shot_s) % 2 == 0:
            yield picture
            continue
        height, width = picture.shape[:2]
        part = picture[round(0.12 * height) : round(0.88 * height), round(0.12 * width) : round(0.88 * width)]
        yield change(np.asarray(cv2.resize(part, (width, height)), dtype=np.uint8))
