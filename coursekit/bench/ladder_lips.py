"""Talkers whose lips and voice lie apart by a known time, and pictures beside a voice that show no talking mouth.

No recording of a talker with his own voice comes with the project, so mouths are made: a jaw that opens as the level of
a voice says, for a part of the way, and for the rest by chance, since real lips also close for consonants and round for
vowels. A voice explains about half of how far a mouth opens; `FOLLOW` makes it so. The head sways, blinks and gestures.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from coursekit.bench import faults_audio, synth
from coursekit.bench.clip import write_clip
from coursekit.bench.faults_audio import Samples, Voice
from coursekit.bench.ladder_audio import Clip
from coursekit.bench.material import Described, Shelf
from coursekit.bench.score import Case, Truth
from coursekit.bench.synth import RATE_HZ, Picture
from coursekit.model import FileFacts, FileKind
from coursekit.probe.measure import measure_media
from coursekit.video.facts import VideoFacts
from coursekit.video.lips import MAX_WINDOWS, WINDOW_S, measure_lips

Floats = npt.NDArray[np.float64]

CHECK = "audio/sync"
RATE = 25
SECONDS = MAX_WINDOWS * WINDOW_S + 2.0
FOLLOW = 0.5
"""Correlation of mouth and voice."""
LEAD_S = 0.06
"""By which these lips lead: the middle of what is measured of chained syllables (20 ms behind to 70 ms ahead) and of
single ones (up to 200 ms ahead)."""
_SIZE = (480, 270)


@dataclass(frozen=True, slots=True)
class Mouth:
    """Where the lips meet, and how wide they are, pixels."""

    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class LipRung:
    """The voice later than the lips by so much; negative: earlier."""

    late_ms: int

    @property
    def fault(self) -> str:
        """Its name."""
        return "voice later than the lips" if self.late_ms > 0 else "voice before the lips"

    @property
    def code(self) -> str:
        """What must be said."""
        return "lips-before-voice" if self.late_ms > 0 else "lips-behind-voice"

    @property
    def noticed(self) -> bool:
        """ITU-R BT.1359 has viewers who are asked about it accept up to 185 ms late and 90 ms early. Whoever follows a
        lesson is not asked: from a quarter of a second on nobody overlooks it."""
        return self.late_ms >= 300 or self.late_ms <= -250


RUNGS = tuple(LipRung(ms) for ms in (-500, -300, -250, -180, -90, -40, 40, 90, 180, 300, 400, 500))


def level(sound: Samples, times: Floats, rate: int = RATE_HZ) -> Floats:
    """How loud a voice is at each time, 0 to about 1, as a mouth would show it."""
    hop = rate // 100
    count = sound.shape[1] // hop
    power = (sound[0, : count * hop].reshape(count, hop).astype(np.float64) ** 2).mean(axis=1)
    shape = np.hanning(13)
    loud = np.convolve((power + 1e-9) ** 0.3, shape / shape.sum(), "same")
    low, high = np.percentile(loud, [5, 97])
    return np.asarray(np.interp(times, (np.arange(count) + 0.5) / 100, (loud - low) / max(high - low, 1e-9)))


def openings(sound: Samples, count: int, *, follow: float = FOLLOW, seed: int = 0) -> Floats:
    """How far the mouth is open in each picture, 0 to 1.5."""
    times = np.arange(count) / RATE
    voiced = level(sound, times + LEAD_S)
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hz = np.fft.rfftfreq(count, 1 / RATE)
    own = np.fft.irfft(spectrum / (1 + (hz / 5) ** 4) / np.sqrt(1 + (0.8 / np.maximum(hz, 0.01)) ** 2), count)
    own *= voiced.std() * np.sqrt(1 / follow**2 - 1) / own.std()
    return np.clip(voiced + own, 0, 1.5)


def open_mouth(picture: Picture, mouth: Mouth, opening: float) -> Picture:
    """The jaw dropped: what is below the lips moves down, less towards the chin, and the gap is dark."""
    height, width = picture.shape[:2]
    reach = 1.7 * mouth.width
    left, right = max(0, int(mouth.x - reach)), min(width, int(mouth.x + reach))
    top, bottom = max(0, int(mouth.y - 2)), min(height, int(mouth.y + 2.2 * mouth.width))
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    drop = np.float32(0.4 * opening * mouth.width) * np.exp(-(((x - mouth.x) / (0.55 * mouth.width)) ** 2))
    under = y > mouth.y
    fading = np.clip(1 - (y - mouth.y - drop) / (1.6 * mouth.width), 0, 1)
    source = np.where(under, np.maximum(y - drop * fading, mouth.y), y).astype(np.float32)
    moved = cv2.remap(picture, x, source, cv2.INTER_LINEAR).astype(np.float32)
    gap = (0.8 * np.clip(mouth.y + drop - y, 0, 1) * under)[..., None]
    out = picture.copy()
    out[top:bottom, left:right] = (moved * (1 - gap) + 24 * gap).astype(np.uint8)
    return out


# -------------------------------------------------------------------------------------------------------------- people


@dataclass(frozen=True, slots=True)
class Person:
    """A drawn head and shoulders before a shelf. `height_px` is that of the head."""

    height_px: int = 120
    at: tuple[float, float] = (0.5, 0.45)
    seed: int = 0

    def frames(self, mouths: Floats, *, gestures: Floats | None = None) -> Iterator[Picture]:
        """Swaying, nodding and blinking by chance; `gestures` lift a hand, 0 to 1."""
        rng = np.random.default_rng(self.seed)
        wall = synth.Workshop(_SIZE, seed=self.seed).scene()
        ground = cv2.GaussianBlur(wall, (0, 0), 2.0).astype(np.float32)
        count = len(mouths)
        sway, nod = (_wander(rng, count, hz) * self.height_px * 0.04 for hz in (0.5, 1.2))
        blinks = np.convolve(rng.random(count) < 0.012, np.ones(4), "same")
        head = _head(self.height_px, self.seed)
        size = head.shape[0]
        hand = np.zeros(count) if gestures is None else gestures
        grain = [rng.normal(0, 2.0, (_SIZE[1], _SIZE[0], 1)).astype(np.float32) for _ in range(16)]
        for number in range(count):
            x = self.at[0] * _SIZE[0] - size / 2 + sway[number]
            y = self.at[1] * _SIZE[1] - size / 2 + nod[number]
            move = np.array([[1, 0, x], [0, 1, y]], np.float32)
            layer = head.copy()
            if blinks[number]:
                layer[round(size * 0.36) : round(size * 0.42), round(size * 0.36) : round(size * 0.64), :3] = (
                    205,
                    165,
                    140,
                )
            lips = Mouth(size * 0.5, size * 0.605, size * 0.16)
            layer[..., :3] = open_mouth(np.ascontiguousarray(layer[..., :3]), lips, float(mouths[number]))
            shown = cv2.warpAffine(layer, move, _SIZE, flags=cv2.INTER_LINEAR)
            share = shown[..., 3:].astype(np.float32) / 255
            picture = ground + (shown[..., :3] - ground) * share
            centre = (round(x + size * 0.95), round(y + size * (1.1 - 0.35 * hand[number])))
            cv2.ellipse(picture, centre, (round(size * 0.1), round(size * 0.13)), 20.0, 0, 360, (214, 172, 146), -1)
            yield np.clip(picture + grain[rng.integers(16)], 0, 255).astype(np.uint8)


def _wander(rng: np.random.Generator, count: int, hz: float) -> Floats:
    knots = np.arange(0, count / RATE + 2 / hz, 0.5 / hz)
    path = np.interp(np.arange(count) / RATE, knots, rng.normal(0, 1, len(knots)))
    shape = np.hanning(max(3, round(RATE / hz)))
    return np.asarray(np.convolve(path, shape / shape.sum(), "same"))


def _head(height_px: int, seed: int) -> Picture:
    """Colour and cover of a head in a square twice as wide as it."""
    from PIL import Image, ImageDraw, ImageFilter

    size = int(height_px / 0.55)
    image = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)

    def oval(x0: float, y0: float, x1: float, y1: float, colour: tuple[int, int, int]) -> None:
        draw.ellipse((x0 * size, y0 * size, x1 * size, y1 * size), fill=(*colour, 255))

    oval(0.12, 0.72, 0.88, 1.5, (58, 74, 106))
    oval(0.42, 0.6, 0.58, 0.85, (206, 164, 138))
    oval(0.27, 0.14, 0.73, 0.66, (44, 38, 36))
    oval(0.31, 0.2, 0.69, 0.72, (222, 184, 156))
    for eye in (0.38, 0.55):
        oval(eye, 0.37, eye + 0.07, 0.41, (250, 248, 246))
        oval(eye + 0.02, 0.37, eye + 0.05, 0.41, (36, 30, 30))
    oval(0.42, 0.585, 0.58, 0.605, (168, 84, 84))
    oval(0.425, 0.603, 0.575, 0.63, (180, 96, 92))
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(height_px / 120))).copy()
    grain = np.random.default_rng(seed).normal(0, 4, (size, size, 1))
    soft[..., :3] = np.clip(soft[..., :3] + grain, 0, 255).astype(np.uint8)
    return soft


def recorded_face(path: Path, mouth: Mouth, mouths: Floats, height_px: int = 480) -> Iterator[Picture]:
    """A recorded face that keeps its own movement, played to and fro, with a jaw that talks."""
    pictures: list[Picture] = []
    scale = 1.0
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            scale = height_px / frame.height
            width = round(frame.width * scale / 2) * 2
            pictures.append(np.asarray(frame.reformat(width, height_px, "rgb24").to_ndarray(), np.uint8))
    there = Mouth(mouth.x * scale, mouth.y * scale, mouth.width * scale)
    round_trip = [*range(len(pictures)), *range(len(pictures) - 2, 0, -1)]
    for number, opening in enumerate(mouths):
        yield open_mouth(pictures[round_trip[number % len(round_trip)]], there, float(opening))


# --------------------------------------------------------------------------------------------------------------- files


def spoken(sound: Samples, rate: int, seconds: float = SECONDS) -> Samples:
    """A voice at the rate of the files, one channel, again and again until the time is full."""
    count = round(seconds * RATE_HZ)
    at = np.arange(count) * (rate / RATE_HZ)
    again = np.interp(np.mod(at, sound.shape[1] - 1), np.arange(sound.shape[1]), sound[0])
    return np.asarray(again[None], np.float32)


@cache
def made_voice(seed: int) -> Samples:
    """A synthesised narrator."""
    talker = Voice(pitch_hz=(120.0, 205.0, 98.0)[seed % 3], pace_hz=(4.2, 4.8, 3.7)[seed % 3])
    return faults_audio.voice(SECONDS, RATE_HZ, talker, 300 + seed)


def with_sound(picture_path: Path, sound: Samples, path: Path, late_ms: int = 0) -> Path:
    """The pictures as they are coded beside a voice that comes so much later; within the track, so no header tells."""
    late = round(late_ms * RATE_HZ / 1000)
    moved = np.roll(sound, late, axis=1)
    with av.open(str(picture_path)) as source, av.open(str(path), "w") as out:
        pictures = source.streams.video[0]
        copied = out.add_stream_from_template(pictures)
        audio = out.add_stream("aac", rate=RATE_HZ, layout="mono")
        audio.bit_rate = 96_000
        for packet in source.demux(pictures):
            if packet.dts is not None:
                packet.stream = copied
                out.mux(packet)
        for start in range(0, moved.shape[1], 1024):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(moved[:, start : start + 1024]), "fltp", "mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
            out.mux(audio.encode(frame))
        out.mux(audio.encode(None))
    return path


def look(path: Path) -> FileFacts:
    """What `audio/sync` reads of a file: its packets, and the lips."""
    probe = measure_media(path)
    main = probe.main_video
    assert main is not None
    assert main.picture is not None
    end_s = main.packets.end_s or SECONDS
    seen = VideoFacts(main.index, main.picture.coded_px, main.picture.display_px, Fraction(RATE), end_s, 0, ())
    lips = measure_lips(path, probe, seen)
    video = VideoFacts(
        main.index, main.picture.coded_px, main.picture.display_px, Fraction(RATE), end_s, 0, (), lips=lips
    )
    return FileFacts("clip", "", path.stat().st_size, FileKind.VIDEO, probe, video=(video,))


class Studio:
    """Coded pictures of one talker, made when first wanted and kept for as long as voices are put beside them."""

    def __init__(self, pictures: Iterator[Picture]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="coursekit-")
        self._pictures = pictures
        self._coded: Path | None = None

    def with_voice(self, sound: Samples, late_ms: int = 0) -> FileFacts:
        """The facts of that file."""
        if self._coded is None:
            self._coded = write_clip(Path(self._folder.name) / "picture.mp4", self._pictures, None)
        path = with_sound(self._coded, sound, Path(self._folder.name) / f"lesson{late_ms:+}.mp4", late_ms)
        try:
            return look(path)
        finally:
            path.unlink()

    def close(self) -> None:
        """Drop the pictures."""
        self._folder.cleanup()


COUNT = round(SECONDS * RATE)


def traps(voice: Samples, seed: int = 0) -> Mapping[str, Callable[[], tuple[Iterator[Picture], Samples]]]:
    """Pictures and a voice that do not belong together. Nothing may be said of any."""
    still = np.zeros(COUNT)
    # Hands move with the stress of phrases, each time a little earlier or later.
    rng = np.random.default_rng(seed)
    moments = np.arange(COUNT) / RATE + _wander(rng, COUNT, 0.7) * 0.3
    stress = np.convolve(level(voice, moments), np.ones(15) / 15, "same")
    other = made_voice(seed + 1)
    accompaniment = spoken(faults_audio.music(20.0, RATE_HZ, seed=seed), RATE_HZ)
    return {
        "a face that listens": lambda: (Person(seed=seed).frames(still), voice),
        "a face that says something else": lambda: (Person(seed=seed + 1).frames(openings(other, COUNT)), voice),
        "hands that go with the voice": lambda: (Person(seed=seed + 2).frames(still, gestures=stress), voice),
        "voice over hands at work": lambda: (synth.Workshop(_SIZE, seed=seed).frames(SECONDS), voice),
        "voice over slides": lambda: (synth.Lecture(_SIZE, slide_s=40.0, seed=seed).frames(SECONDS), voice),
        "a talking face under music": lambda: (Person(seed=seed + 3).frames(openings(voice, COUNT)), accompaniment),
    }


# --------------------------------------------------------------------------------------------------------------- cases

Look = Callable[[], FileFacts]

FACES: Mapping[str, tuple[Person, float]] = {
    "synthesised talker, close": (Person(120, seed=1), FOLLOW),
    "synthesised talker, in a corner": (Person(56, (0.86, 0.76), seed=2), FOLLOW),
    "synthesised talker, mumbling": (Person(100, (0.4, 0.5), seed=3), 0.35),
}


def faces(shelf: Shelf) -> tuple[str, ...]:
    """Faces that can be made to talk: real ones first."""
    return (*shelf.named(lambda c: c.mouth), *FACES)


def cases(name: str, described: Described, voice: Clip | None, items: tuple[int, ...]) -> Iterator[tuple[Case, Look]]:
    """The ladder on one face, and the face in step."""
    if described.path is not None and voice is not None:
        sound = spoken(voice.samples, voice.rate)
        pictures = recorded_face(described.path, Mouth(*described.mouth), openings(sound, COUNT))
    else:
        person, follow = FACES[name]
        sound = made_voice(person.seed)
        pictures = person.frames(openings(sound, COUNT, follow=follow, seed=person.seed))
    studio = Studio(pictures)
    healthy = Case("healthy", "lips in step", "as it is", name, SECONDS, judged=(CHECK,))
    yield healthy, lambda: studio.with_voice(sound)
    for number in items:
        rung = RUNGS[number]
        case = Case(
            "lips", rung.fault, f"{abs(rung.late_ms)} ms", name, SECONDS, (), Truth(CHECK, frozenset({rung.code})),
            rung.noticed, judged=(CHECK,), order=number,
        )  # fmt: skip
        yield case, lambda r=rung: studio.with_voice(sound, r.late_ms)  # type: ignore[misc] # binds the loop
    studio.close()


def trap_cases(name: str, items: tuple[int, ...], seed: int) -> Iterator[tuple[Case, Look]]:
    """Pictures and voices that do not belong together."""
    for number in items:
        trap, make = tuple(traps(made_voice(seed), seed).items())[number]
        case = Case("healthy", trap, "trap", name, SECONDS, judged=(CHECK,))

        def look(make: Callable[[], tuple[Iterator[Picture], Samples]] = make) -> FileFacts:
            pictures, sound = make()
            studio = Studio(pictures)
            try:
                return studio.with_voice(sound)
            finally:
                studio.close()

        yield case, look
