"""Ladders of what is judged on a cover and on a course as a whole: names laid over covers, and a lesson that differs.

Real files throughout: covers are written and read as pictures, lessons are encoded and measured as an audit does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np

from coursekit.bench import synth
from coursekit.bench.clip import ENCODING
from coursekit.bench.faults_audio import Samples
from coursekit.bench.ladder_more import FileRung, measure_made
from coursekit.bench.lettering import face
from coursekit.bench.synth import Picture
from coursekit.model import Course, CourseFacts, FileFacts, Lesson

_COVER_PX = (1280, 720)
_MARKED = frozenset({"known-mark", "possible-mark", "named-mark", "name-in-title"})

# -------------------------------------------------------------------------------------------------------------- covers


def cover_rungs() -> Iterator[FileRung]:
    """An agency's name across a cover, by how much of it shows and by its width; and the name many times over."""
    for ground in ("workshop", "slide"):
        for percent in (15, 25, 35, 50, 80):
            yield _cover(
                f"an agency's name over a {ground}", f"opacity {percent} %", ground, percent / 100, 0.4, percent >= 35
            )
    for share in (0.12, 0.2, 0.3, 0.5, 0.6):
        yield _cover("an agency's name by width", f"{share:.0%} of the width", "workshop", 0.5, share, share >= 0.3)
    for percent in (15, 25, 35, 50, 80):
        yield _cover(
            "an agency's name, tiled", f"opacity {percent} %", "workshop", percent / 100, 0.22, percent >= 35,
            tiled=True,
        )  # fmt: skip


def _cover(
    fault: str, strength: str, ground: str, opacity: float, share: float, noticed: bool, *, tiled: bool = False
) -> FileRung:
    def make(folder: Path) -> Path:
        path = folder / "cover.png"
        grey = 255 if ground == "workshop" else 110  # white ink on a white slide would be no mark
        _save(path, _named(_ground(ground, 3), "shutterstock", opacity, share, tiled=tiled, grey=grey))
        return path

    return FileRung("cover marks", fault, strength, "cover/watermark", _MARKED, noticed, make)


@cache
def _ground(kind: str, seed: int) -> Picture:
    if kind == "slide":
        return synth.draw_slide(_COVER_PX, seed, seed)
    return next(synth.Workshop(_COVER_PX, seed=seed).frames(1 / 25))


def _named(picture: Picture, name: str, opacity: float, share: float, *, tiled: bool, grey: int = 255) -> Picture:
    """The name in an office's sans serif, which is not what the detector draws with."""
    from PIL import Image, ImageDraw, ImageFont

    height, width = picture.shape[:2]
    left, _, right, _ = ImageFont.truetype(face(), 200).getbbox(name)
    size = 200 * share * width / (right - left)
    paper = Image.new("L", (width, height))
    draw = ImageDraw.Draw(paper)
    step = (int(share * width * 1.4), int(size * 3))
    places = (
        [(x, y) for y in range(int(size), height, step[1]) for x in range(0, width - int(share * width), step[0])]
        if tiled
        else [(int(width * (1 - share) / 2), height // 2)]
    )
    for place in places:
        draw.text(place, name, fill=255, font=ImageFont.truetype(face(), size), anchor="lm")
    ink = np.asarray(paper)
    cover = (ink.astype(np.float32) / 255 * opacity)[:, :, None]
    return np.asarray(picture * (1 - cover) + grey * cover, np.float32).round().astype(np.uint8)


def _save(path: Path, picture: Picture) -> None:
    from PIL import Image

    Image.fromarray(picture).save(path)


def clean_covers(count: int) -> Iterator[tuple[str, Callable[[Path], Path]]]:
    """Covers with nothing on them but the course's own title."""

    def maker(picture: Callable[[], Picture]) -> Callable[[Path], Path]:
        def make(folder: Path) -> Path:
            path = folder / "cover.png"
            _save(path, picture())
            return path

        return make

    for number in range(count):
        seed = 100 + number
        yield f"slide {number + 1}", maker(lambda s=seed: _ground("slide", s))  # type: ignore[misc] # binds the loop
        yield (
            f"workshop with a title {number + 1}",
            maker(
                lambda s=seed: _named(_ground("workshop", s), "Electrician, level 4", 1.0, 0.6, tiled=False)  # type: ignore[misc]
            ),
        )


# ------------------------------------------------------------------------------------------------------------- courses

_LESSONS = 5
_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Make:
    """How a lesson of a course is made."""

    gain_lu: float = 0.0
    size: tuple[int, int] = (320, 180)
    fps: int = 25
    rate_hz: int = 48_000
    channels: int = 2
    intro_s: float = 3.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class CourseRung:
    """A course of lessons alike, but for one."""

    fault: str
    strength: str
    codes: frozenset[str]
    noticed: bool
    odd: Make

    def measure(self) -> CourseFacts:
        """Make the odd lesson beside the usual ones and measure them all."""
        return course_of([*(_measured(Make(seed=n)) for n in range(_LESSONS - 1)), _measured(self.odd)])


def course_rungs() -> Iterator[CourseRung]:
    """One lesson louder or softer, of another format, size or rate, or with another intro."""
    for gain in (2.0, 4.0, 6.0, 9.0, 14.0):
        for sign in (1, -1):
            yield CourseRung(
                "one lesson louder" if sign > 0 else "one lesson softer", f"{gain:g} LU",
                frozenset({"loudness-differs"}), gain >= 6, Make(gain_lu=sign * gain, seed=9),
            )  # fmt: skip
    for rate in (44_100, 32_000, 16_000):
        yield _odd("sample rate", f"{rate} Hz", "sample-rate-differs", Make(rate_hz=rate))
    yield _odd("one channel", "1", "channels-differ", Make(channels=1))
    for size in ((426, 240), (320, 240), (640, 360)):
        yield _odd("picture size", f"{size[0]}x{size[1]}", "picture-size-differs", Make(size=size))
    for fps in (24, 30, 50):
        yield _odd("frame rate", f"{fps}", "frame-rate-differs", Make(fps=fps))
    for seconds in (4.0, 5.5, 7.0):
        yield CourseRung(
            "intro", f"{seconds:g} s for 3 s", frozenset({"intro-differs"}), seconds >= 5.5,
            Make(intro_s=seconds, seed=9),
        )  # fmt: skip


def _odd(fault: str, strength: str, code: str, make: Make) -> CourseRung:
    return CourseRung(fault, strength, frozenset({code}), True, replace(make, seed=9))


def healthy_courses() -> Iterator[tuple[str, Callable[[], CourseFacts]]]:
    """Lessons of one studio: a little louder, a little softer, intros cut a few frames apart."""
    for number in range(4):
        makes = [
            Make(
                gain_lu=(-1.0, 0.7, 0.0, 1.2, -0.6)[(n + number) % 5], intro_s=3.0 + 0.2 * (n % 3), seed=10 * number + n
            )
            for n in range(_LESSONS)
        ]
        yield f"course {number + 1}", lambda m=makes: course_of([_measured(make) for make in m])  # type: ignore[misc]


def course_of(files: list[FileFacts]) -> CourseFacts:
    """Measured lessons as a course."""
    named = {f"{n + 1:02}.mp4": replace(file, path=f"{n + 1:02}.mp4") for n, file in enumerate(files)}
    return CourseFacts(Course("bench", "bench", tuple(Lesson(name, name, name) for name in named)), named)


@cache
def _measured(how: Make) -> FileFacts:
    return measure_made(lambda folder: _encode(folder / "lesson.mp4", how))


def _encode(path: Path, how: Make) -> Path:
    sound = synth.narration(_SECONDS, how.seed) * 10 ** ((how.gain_lu - 6.0) / 20)
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=how.fps, options={"preset": "ultrafast", **ENCODING})
        video.width, video.height, video.pix_fmt = *how.size, "yuv420p"
        layout = "stereo" if how.channels == 2 else "mono"
        audio = out.add_stream("aac", rate=how.rate_hz, layout=layout)
        out.set_chapters(_chapters(how.intro_s))
        scene = synth.Workshop(how.size, how.fps, how.seed)
        for picture in scene.frames(_SECONDS):
            out.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(video.encode(None))
        for piece in _pieces(sound, how.rate_hz, layout):
            out.mux(audio.encode(piece))
        out.mux(audio.encode(None))
    return path


def _chapters(intro_s: float) -> list[av.container.core.Chapter]:
    cuts = (("片头", 0.0, intro_s), ("正文", intro_s, _SECONDS))
    return [
        {
            "id": n, "start": round(a * 1000), "end": round(b * 1000), "time_base": Fraction(1, 1000),
            "metadata": {"title": title},
        }
        for n, (title, a, b) in enumerate(cuts)
    ]  # fmt: skip


def _pieces(sound: Samples, rate_hz: int, layout: str) -> Iterator[av.AudioFrame]:
    change = av.AudioResampler(format="fltp", layout=layout, rate=rate_hz)
    for start in range(0, sound.shape[1], 4096):
        block = np.ascontiguousarray(np.clip(sound[:, start : start + 4096], -1, 1), np.float32)
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate, frame.time_base, frame.pts = synth.RATE_HZ, Fraction(1, synth.RATE_HZ), start
        yield from change.resample(frame)
    yield from change.resample(None)


COVERS = tuple(cover_rungs())
COURSES = tuple(course_rungs())
