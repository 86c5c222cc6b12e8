"""What faults are put on and what is healthy: clips of a folder as far as they are described, and clips made from
nothing, so that anyone can run the bench.

A clip is named by its file name and never by its path: what the bench writes is the same on every machine.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from coursekit.bench import (
    faults_audio,
    faults_video,
    ladder_audio,
    ladder_marks,
    ladder_video,
    lessons,
    overprint,
    synth,
    traps_video,
)
from coursekit.bench.faults_audio import Voice
from coursekit.bench.faults_video import Picture

TABLE = "clips.toml"
SIZE = (640, 360)
SHARP_SIZE = (1280, 720)
VOICES = {
    "synthesised voice A": (Voice(), 48_000),
    "synthesised voice B": (Voice(210, 1.17, 4.8, -58), 44_100),
    "synthesised voice C": (Voice(95, 0.95, 3.6, -70), 16_000),
}
SCENES = ("synthesised workshop", "synthesised lecture")
BOARDS = {
    "synthesised pan": "moving",
    "synthesised lecture": "talking",
    "synthesised scrolling": "screen",
    "synthesised slides": "slides",
}
TRAPS = (
    "slides", "points flying in", "scrolling by wheel", "scrolling smoothly", "windows popping up", "pan and zoom",
    "foreground swinging", "machine shaking", "fades", "whiteboard", "animation on twos", "timelapse", "rain",
    "parallax", "something handled", "subtitles", "words popping up",
)  # fmt: skip
_VOICE_S = 45.0
_GROUND_S = 12.0


class TableError(ValueError):
    """A clips.toml that cannot be used."""


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of a clip."""

    name: str
    what: str = ""
    sound: bool = False
    picture: int = 0
    first: int = 0
    sharp: bool = False
    marks: str = ""
    marks_height: int = 720
    marks_first_s: float = 0.0
    mouth: tuple[float, ...] = ()
    faults: tuple[str, ...] = ()
    excused: Mapping[str, str] = field(default_factory=dict)
    cuts: tuple[int, ...] | None = None
    """First picture of each shot but the first, looked for by eye; None where nobody looked."""
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """The clips of a folder."""

    clips: Mapping[str, Described]
    unknown: tuple[str, ...] = ()
    """Files that no table describes: not used."""

    def named(self, holds: Callable[[Described], object]) -> tuple[str, ...]:
        """Names of the clips of which something holds, in the order of the table."""
        return tuple(name for name, clip in self.clips.items() if holds(clip))


_MEDIA = {".mp4", ".mov", ".mkv", ".avi", ".wav", ".mp3", ".m4a", ".flac", ".jpg", ".jpeg", ".png", ".webp"}


def find_clips(folder: Path | None) -> Shelf:
    """The described clips that lie under a folder."""
    if folder is None:
        return Shelf({})
    table = _read(Path(__file__).with_name(TABLE))
    if (own := folder / TABLE).is_file():
        table |= _read(own)
    files = {p.name: p for p in sorted(folder.rglob("*")) if p.suffix.lower() in _MEDIA and p.is_file()}
    known = {
        name: Described(name=name, path=files[name], **_typed(name, entry))
        for name, entry in table.items()
        if name in files
    }
    return Shelf(known, tuple(name for name in files if name not in known))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TableError(f"{path.name}: {error}") from error


def _typed(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    allowed = set(Described.__dataclass_fields__) - {"name", "path"}
    if unknown := set(entry) - allowed:
        raise TableError(f"{TABLE}: [{name}] has {', '.join(sorted(unknown))}; known are {', '.join(sorted(allowed))}")
    lists = {field: tuple(entry.get(field, ())) for field in ("faults", "mouth")}
    return {**entry, **lists, "cuts": tuple(entry["cuts"]) if "cuts" in entry else None}


# -------------------------------------------------------------------------------------------------------------- grounds


def sounds(shelf: Shelf) -> tuple[str, ...]:
    """Voices that carry faults of sound: real ones first."""
    real = shelf.named(lambda c: c.sound)
    return (*real, *VOICES)[: max(len(VOICES), len(real) + 2)]


def scenes(shelf: Shelf) -> tuple[str, ...]:
    """Pictures that carry faults of the picture."""
    return _alternate(shelf.named(lambda c: c.picture), SCENES)


def sharp_scenes(shelf: Shelf) -> tuple[str, ...]:
    """Pictures with real detail at 1080 lines."""
    return (*shelf.named(lambda c: c.sharp), SCENES[0])


def lesson_clips(shelf: Shelf) -> tuple[str, ...]:
    """Pictures that healthy lessons are made of: what carries faults or marks is long enough and well known."""
    return _alternate(shelf.named(lambda c: c.picture or c.marks), lessons.MADE)


def boards(shelf: Shelf) -> tuple[str, ...]:
    """Pictures that carry marks: one of each kind, then a second of each."""
    kinds: dict[str, list[str]] = {kind: [] for kind in BOARDS.values()}
    for name in shelf.named(lambda c: c.marks):
        kinds.setdefault(shelf.clips[name].marks, []).append(name)
    for name, kind in BOARDS.items():
        kinds[kind].append(name)
    deepest = max(len(names) for names in kinds.values())
    return tuple(names[turn] for turn in range(deepest) for names in kinds.values() if turn < len(names))


def moving_boards(shelf: Shelf) -> tuple[str, ...]:
    """Recorded pictures before a camera that moves, which carry marks."""
    return shelf.named(lambda c: c.marks == "moving")


def _alternate(real: tuple[str, ...], made: tuple[str, ...]) -> tuple[str, ...]:
    # One made clip early, so that a short run has both sorts.
    return (*real[:1], *made[:1], *real[1:], *made[1:])


@lru_cache(maxsize=8)
def sound(name: str, path: Path | None, seed: int) -> ladder_audio.Clip:
    """A voice."""
    if path is not None:
        clip = ladder_audio.read_clip(path)
        return ladder_audio.Clip(name, clip.samples[:1, : int(_VOICE_S * clip.rate)], clip.rate)
    talker, rate = VOICES[name]
    place = list(VOICES).index(name)
    return ladder_audio.Clip(name, faults_audio.voice(_VOICE_S, rate, talker, seed * 100 + place), rate)


@lru_cache(maxsize=2)
def scene(name: str, path: Path | None, height_px: int, first: int, seed: int) -> ladder_video.Clip:
    """Twelve seconds of pictures."""
    if path is not None:
        clip = ladder_video.read_clip(path, height_px, first)
        return ladder_video.Clip(name, clip.pictures)
    size = (height_px * 16 // 9 // 2 * 2, height_px)
    made: synth.Workshop | synth.Lecture
    made = synth.Workshop(size, seed=seed) if name == SCENES[0] else synth.Lecture(size, slide_s=20.0, seed=seed)
    return ladder_video.Clip(name, tuple(_turned(p) for p in made.frames(_GROUND_S)))


@lru_cache(maxsize=2)
def board(name: str, path: Path | None, kind: str, height_px: int, first_s: float, seed: int) -> ladder_marks.Clip:
    """Pictures that carry marks."""
    if path is not None:
        clip = ladder_marks.read_clip(path, kind, height_px=height_px, first_s=first_s)
        return ladder_marks.Clip(name, kind, clip.pictures)
    seconds, rate = ladder_marks.LENGTH_S, ladder_marks.RATE
    pictures: Iterator[Picture]
    if name == "synthesised pan":
        pictures = traps_video.pan_and_zoom(
            _turned(synth.Workshop((1280, 720), seed=seed).scene()), SIZE, seconds, rate
        )
    elif name == "synthesised lecture":
        pictures = (_turned(p) for p in synth.Lecture(SIZE, rate=rate, slide_s=4.0, seed=seed).frames(seconds))
    elif name == "synthesised scrolling":
        pictures = traps_video.scroll(SIZE, seconds, rate, seed=seed)
    else:
        # No slide lecture is filed with fewer lines, and small print on slides has some pixels.
        pictures = traps_video.slides(SHARP_SIZE, seconds, rate, every_s=3.0)
    return ladder_marks.Clip(name, kind, tuple(pictures))


def _turned(picture: Picture) -> Picture:
    return np.ascontiguousarray(picture[:, :, ::-1])


# -------------------------------------------------------------------------------------------------------------- healthy


def picture_traps(
    grounds: tuple[Picture, Picture], moving: tuple[Picture, ...]
) -> dict[str, Callable[[], Iterator[Picture]]]:
    """Healthy pictures that look like faults, over two still grounds and a moving clip."""
    t, rate, seconds = traps_video, ladder_video.RATE, _GROUND_S
    a, b = grounds
    return {
        "slides": lambda: t.slides(SIZE, seconds, rate),
        "points flying in": lambda: t.builds(SIZE, seconds, rate),
        "scrolling by wheel": lambda: t.scroll(SIZE, seconds, rate),
        "scrolling smoothly": lambda: t.scroll(SIZE, seconds, rate, smooth=True),
        "windows popping up": lambda: t.windows(SIZE, seconds, rate),
        "pan and zoom": lambda: t.pan_and_zoom(a, SIZE, seconds, rate),
        "foreground swinging": lambda: t.foreground(a, b, SIZE, seconds, rate),
        "machine shaking": lambda: t.machine(a, SIZE, seconds, rate),
        "fades": lambda: t.fades((a, b), SIZE, seconds, rate),
        "whiteboard": lambda: t.whiteboard(SIZE, seconds, rate),
        "animation on twos": lambda: t.on_twos(a, SIZE, seconds, rate),
        "timelapse": lambda: t.timelapse(moving, seconds, rate),
        "rain": lambda: t.rain(a, SIZE, seconds, rate),
        "parallax": lambda: t.parallax(a, b, SIZE, seconds, rate),
        "something handled": lambda: t.handled(a, b, SIZE, 2 * seconds, rate),
        "subtitles": lambda: overprint.subtitled(t.pan_and_zoom(a, SIZE, 2 * seconds, rate), rate, 1),
        "words popping up": lambda: overprint.annotated(t.pan_and_zoom(a, SIZE, 2 * seconds, rate), rate, 1),
    }


def picture_grades() -> dict[str, Callable[[tuple[Picture, ...]], Iterator[Picture]]]:
    """A clip as another camera and another editor would have left it: still healthy."""
    return {
        "as it is": lambda pictures: iter(pictures),
        "mirrored and cropped": lambda pictures: (_crop(p[:, ::-1], 0.1) for p in pictures),
        "graded warm": lambda pictures: (faults_video.gain(p, (0.9, 1.0, 1.08), 0.92) for p in pictures),
        "graded dark, cropped": lambda pictures: (faults_video.gain(_crop(p, 0.05), 0.85, 1.1) for p in pictures),
    }


def stills(name: str, path: Path | None, seed: int) -> tuple[Picture, Picture]:
    """Two pictures of 1080 lines: traps zoom into them, and what is enlarged is rightly called so."""
    if path is not None:
        clip = ladder_video.read_clip(path, 1080, most=40)
        return clip.pictures[0], clip.pictures[39]
    first, second = (_turned(synth.Workshop((1920, 1080), seed=seed + n).scene()) for n in range(2))
    return first, second


def _crop(picture: Picture, share: float) -> Picture:
    # Cut and not enlarged again: an enlarged picture is soft, and to say so is right.
    height, width = picture.shape[:2]
    x, y = round(share * width), round(share * height)
    inner_w, inner_h = (width - 2 * x) // 2 * 2, (height - 2 * y) // 2 * 2
    return np.ascontiguousarray(picture[y : y + inner_h, x : x + inner_w])


def talker(seed: int) -> ladder_audio.Clip:
    """Three minutes of a talker in a room, no two alike."""
    rng = np.random.default_rng(seed + 4096)
    pitch = float(rng.uniform(85, 250))
    who = Voice(pitch, 0.85 + pitch / 700, float(rng.uniform(3.4, 5.2)), float(rng.uniform(-72, -56)))
    rate = int(rng.choice([44_100, 48_000]))
    made = faults_audio.voice(180.0, rate, who, seed)
    heard = faults_audio.stereo_room(made, rate, seed)
    heard = heard * np.float32(10 ** (float(rng.uniform(-8, 2)) / 20))
    return ladder_audio.Clip("talker", faults_audio.limited(heard, rate, drive_db=3) if seed % 3 == 0 else heard, rate)
