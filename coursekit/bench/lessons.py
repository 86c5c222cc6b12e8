"""Healthy lessons in quantity: minutes of picture under minutes of voice, none of it faulty.

Hours of recorded lessons nobody may pass on. What can be had is the same few clips seen again as another camera and
another editor would have left them: from another moment on, cropped, mirrored, graded, with subtitles or words that pop
up, under another voice in another room. A lesson is played to and fro, so that it has no seam; a seam would be a jump,
and rightly called one. Hours made so are good against a detector that fires now and then, and no proof for material
unlike these clips: ACCURACY.md says how much of it is repetition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path

import av
import cv2
import numpy as np

from coursekit.bench import faults_audio, faults_video, overprint, synth, traps_video
from coursekit.bench.clip import repeat_clip, write_clip
from coursekit.bench.faults_audio import Samples, Voice
from coursekit.bench.faults_video import Picture
from coursekit.bench.ladder_audio import read_clip
from coursekit.probe.measure import measure_media
from coursekit.video.decode import open_video

LENGTH_S = 180.0
MADE = ("synthesised workshop", "synthesised lecture", "synthesised scrolling")
RATE = 25
_FORTH_S = 12.0
_VOICE_S = 40.0
_SIZE = (854, 480)
_GRADES: tuple[tuple[str, tuple[float, float, float], float, float], ...] = (
    ("as it was graded", (1.0, 1.0, 1.0), 1.0, 1.0),
    ("warm", (0.92, 1.0, 1.07), 0.96, 1.0),
    ("cool", (1.07, 1.0, 0.93), 0.96, 1.0),
    ("dark", (1.0, 1.0, 1.0), 0.82, 1.1),
    ("flat", (1.0, 1.0, 1.0), 0.95, 0.85),
)
_PRINTS = {"subtitled": overprint.subtitled, "annotated": overprint.annotated}
_CROPS = (0.0, 0.06, 0.1, 0.16)


@dataclass(frozen=True, slots=True)
class Take:
    """How a clip is seen and heard once more."""

    number: int
    grade: int
    crop: float
    left: float
    top: float
    mirrored: bool
    first: int
    """Picture it begins with."""
    room: int
    gain_db: float
    print: str
    """What an editor laid over it."""

    @property
    def name(self) -> str:
        """What tells it from the others."""
        mirrored = ", mirrored" if self.mirrored else ""
        printed = f", {self.print}" if self.print else ""
        return f"take {self.number}: {_GRADES[self.grade][0]}, {self.crop:.0%} cut away{mirrored}{printed}"


def take_of(number: int, first: int, pictures: int, seed: int) -> Take:
    """The take of a number, of a clip with so many pictures that is used from its `first` on."""
    rng = np.random.default_rng([seed, number])
    spare = max(0, pictures - first - round(_FORTH_S * RATE))
    return Take(
        number=number,
        grade=int(rng.integers(len(_GRADES))),
        crop=float(rng.choice(_CROPS)),
        left=float(rng.uniform()),
        top=float(rng.uniform()),
        mirrored=bool(rng.integers(2)),
        first=first + int(rng.integers(spare + 1)),
        room=int(rng.integers(1_000_000)),
        gain_db=float(rng.uniform(-5, 1)),
        print=str(rng.choice(("", *_PRINTS))),
    )


def make_lesson(folder: Path, clip: str, path: Path | None, voice: Path | None, take: Take, seed: int) -> Path:
    """A lesson of three minutes as a file. `voice` None: a synthesised talker."""
    pictures = tuple(_pictures(clip, path, take, seed))
    # An index may promise more pictures than there are: what would begin behind the last begins with the first.
    pictures = pictures or tuple(_pictures(clip, path, replace(take, first=0), seed))
    forth = tuple(_changed(p, take) for p in pictures)
    # To and fro, the turning points once.
    loop: Iterable[Picture] = (*forth, *forth[-2:0:-1])
    if take.print:
        # What is laid over it does not come back.
        loop = _PRINTS[take.print](islice(cycle(loop), round(LENGTH_S * RATE)), RATE, take.room)
    short = write_clip(folder / "short.mp4", (np.ascontiguousarray(p[:, :, ::-1]) for p in loop), None, rate=RATE)
    return repeat_clip(short, folder / "lesson.mp4", LENGTH_S, _voice(voice, take))


def count_pictures(path: Path | None) -> int:
    """Pictures of a clip, as far as its index knows; 0 of one that is made."""
    if path is None:
        return 0
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        if stream.frames:
            return int(stream.frames)
        seconds = container.duration / av.time_base if container.duration else 0.0
        return round(seconds * float(stream.average_rate or 0) * 0.8)


def _pictures(clip: str, path: Path | None, take: Take, seed: int) -> Iterator[Picture]:
    if path is None:
        yield from _made(clip, seed * 1000 + take.number)
        return
    wanted = round(_FORTH_S * RATE)
    given = 0
    with open_video(path, measure_media(path)) as decoder:
        for _, frame in decoder.frames():
            if frame.index < take.first:
                continue
            yield np.asarray(frame.picture.to_ndarray(format="bgr24"), dtype=np.uint8)
            if (given := given + 1) >= wanted:
                return


def _made(clip: str, seed: int) -> Iterator[Picture]:
    if clip == MADE[2]:
        yield from traps_video.scroll(_SIZE, _FORTH_S, RATE, seed=seed)
        return
    made: synth.Workshop | synth.Lecture
    made = synth.Workshop(_SIZE, seed=seed) if clip == MADE[0] else synth.Lecture(_SIZE, slide_s=6.0, seed=seed)
    yield from (np.ascontiguousarray(p[:, :, ::-1]) for p in made.frames(_FORTH_S))


def _changed(picture: Picture, take: Take) -> Picture:
    if picture.shape[0] > _SIZE[1] * 1.5:
        scale = _SIZE[1] / picture.shape[0]
        picture = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    height, width = picture.shape[:2]
    # Cut and never enlarged: an enlarged picture is soft, and to say so is right.
    inner_w, inner_h = (int(n * (1 - take.crop)) // 2 * 2 for n in (width, height))
    x, y = int((width - inner_w) * take.left), int((height - inner_h) * take.top)
    out = picture[y : y + inner_h, x : x + inner_w]
    if take.mirrored:
        out = out[:, ::-1]
    _, channels, level, gamma = _GRADES[take.grade]
    return np.ascontiguousarray(
        faults_video.gain(
            np.ascontiguousarray(out), (channels[0] * level, channels[1] * level, channels[2] * level), gamma
        )
    )


def _voice(path: Path | None, take: Take) -> Samples:
    """A voice in a room of its own; its ends meet in silence."""
    rng = np.random.default_rng([7, take.room])
    if path is None:
        pitch = float(rng.uniform(85, 250))
        who = Voice(pitch, 0.85 + pitch / 700, float(rng.uniform(3.4, 5.2)), float(rng.uniform(-72, -58)))
        dry = faults_audio.voice(_VOICE_S, synth.RATE_HZ, who, take.room)
    else:
        clip = read_clip(path)
        dry = _resampled(clip.samples[:1, : int(_VOICE_S * clip.rate)], clip.rate)
    heard = faults_audio.stereo_room(dry, synth.RATE_HZ, take.room)
    peak = float(np.abs(heard).max())
    heard = heard * np.float32(0.7 / max(peak, 1e-6) * 10 ** (take.gain_db / 20))
    fade = np.minimum(1.0, np.arange(heard.shape[1]) / (0.05 * synth.RATE_HZ)).astype(np.float32)
    return np.asarray(heard * fade * fade[::-1], dtype=np.float32)


def _resampled(sound: Samples, rate: int) -> Samples:
    if rate == synth.RATE_HZ:
        return sound
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=synth.RATE_HZ)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound, np.float32), format="fltp", layout="mono")
    frame.sample_rate = rate
    blocks = [f.to_ndarray() for given in (frame, None) for f in resampler.resample(given)]
    return np.asarray(np.concatenate(blocks, axis=1), dtype=np.float32)
