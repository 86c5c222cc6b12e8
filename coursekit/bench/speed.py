"""What an audit costs against a plain decode of the same lesson by the ffmpeg that comes with coursekit.

All figures of one run: lessons are made of a short clip repeated, decoded and audited in turn. Ratios, not seconds, are
what can be compared between machines.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from coursekit.bench import synth, traps_video
from coursekit.bench.clip import repeat_clip, write_clip
from coursekit.probe.process import ffmpeg_exe, run_tool

_SHOT_S = 11.0
_CAMERA_BPS = 2_000_000
_FILTERS = (
    "scdet,freezedetect,blackdetect,signalstats,vidstabdetect=result={scratch},blurdetect,blockdetect,idet,cropdetect"
)
_SOUND_FILTERS = "ebur128=peak=true,astats,silencedetect"
FILTERED_S = 40.0
"""The filters are run over so much of the lesson: all of it would take an hour and show the same ratio."""
_LESSONS = 10
_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the clock, seconds of processors, and the most memory all processes together held."""

    wall_s: float
    cpu_s: float
    memory_mb: float | None = None


def measure_speed(seconds: float, height_px: int, *, filters: bool = True, lessons: int = _LESSONS) -> Iterator[str]:
    """A table of every ratio, line by line as it is known."""
    size = (height_px * 16 // 9, height_px)
    yield (
        f"{'lesson':<16} {'':<24} {'wall s':>8} {'CPU s':>8} {'memory MB':>10} "
        f"{'wall / decode':>14} {'CPU / decode':>13}"
    )
    with tempfile.TemporaryDirectory(prefix="coursekit-") as name:
        bench = _Bench(Path(name), seconds, size)
        yield from bench.camera(filters=filters)
        yield from bench.slides()
        if lessons:
            yield from bench.course(lessons)
    yield (
        f"{seconds:.0f} s of {size[0]} × {size[1]} at 25 pictures a second, synthesised, H.264 and AAC; "
        f"{os.cpu_count()} cores; one run"
    )


@dataclass(slots=True)
class _Bench:
    folder: Path
    seconds: float
    size: tuple[int, int]
    decode: Cost = Cost(1.0, 1.0)

    def camera(self, *, filters: bool) -> Iterator[str]:
        """Shots of a bench at which something is always moving."""
        shots = (p for seed in range(3) for p in synth.Workshop(self.size, seed=seed).frames(_SHOT_S))
        short = write_clip(self.folder / "camera.mp4", shots, None, preset="medium", bit_rate=_CAMERA_BPS)
        lesson = self._lesson(short, "camera lesson", self.seconds, 3 * _SHOT_S)
        tenth = self._lesson(short, "tenth", self.seconds / 9, 3 * _SHOT_S)
        self.decode = cost_of(lambda: decode(lesson))
        yield self._row("camera", "decode", self.decode)
        cache = self.folder / "cache"
        adaptive = cost_of(lambda: audit(lesson, cache))
        yield self._row("", "audit", adaptive)
        yield self._row("", "audit again", cost_of(lambda: audit(lesson, cache)))
        yield self._row("", "audit --thorough", cost_of(lambda: audit(lesson, None, "--thorough")))
        small = cost_of(lambda: audit(tenth, None))
        yield self._row("", "audit of a ninth", small)
        if adaptive.memory_mb and small.memory_mb:
            yield f"{'':<16} memory, whole lesson / a ninth of it: {adaptive.memory_mb / small.memory_mb:.2f}"
        if filters:
            part = min(FILTERED_S, self.seconds)
            plain = cost_of(lambda: decode(lesson, part))
            usual = cost_of(lambda: self._filter(lesson, part))
            yield self._row("", f"usual filters ({part:.0f} s)", usual, plain)
            expected = usual.wall_s / plain.wall_s * self.decode.wall_s
            yield f"{'':<16} usual filters / audit: {expected / adaptive.wall_s:.1f}"

    def slides(self) -> Iterator[str]:
        """Slides that stand for some seconds, with a narrator."""
        pictures = (p[:, :, ::-1] for p in traps_video.slides(self.size, 96.0, 25, every_s=12.0))
        short = write_clip(self.folder / "slides.mp4", pictures, None, preset="medium")
        lesson = self._lesson(short, "slide lecture", self.seconds, 96.0)
        plain = cost_of(lambda: decode(lesson))
        yield self._row("slides", "decode", plain, plain)
        yield self._row("", "audit", cost_of(lambda: audit(lesson, None)), plain)

    def course(self, count: int) -> Iterator[str]:
        """Lessons of one course, against one of them."""
        one = self.folder / "one"
        course = self.folder / "course"
        one.mkdir()
        course.mkdir()
        for number in range(count):
            lesson = course / f"lesson-{number:02}.mp4"
            cut = ["-ss", str(number), "-t", str(max(30.0, self.seconds / 9 - count))]
            run_tool(
                [ffmpeg_exe(), "-nostdin", "-v", "error", *cut, "-i", self.folder / "tenth.mp4", "-c", "copy", lesson],
                timeout_s=600,
            )
        (one / "lesson.mp4").hardlink_to(course / "lesson-00.mp4")
        single, whole = cost_of(lambda: audit(one, None)), cost_of(lambda: audit(course, None))
        yield self._row("course", "one lesson", single, single)
        yield self._row("", f"{count} lessons", whole, single)
        yield f"{'':<16} {count} lessons / one: {whole.wall_s / single.wall_s:.1f}"

    def _lesson(self, short: Path, name: str, seconds: float, clip_s: float) -> Path:
        # The pictures are repeated as often as the sound is: the sound is as long as the clip.
        return repeat_clip(short, self.folder / f"{name}.mp4", seconds, synth.narration(clip_s))

    def _filter(self, lesson: Path, seconds: float) -> None:
        argv: list[str | Path] = [ffmpeg_exe(), "-nostdin", "-v", "error", "-t", f"{seconds:g}", "-i", lesson]
        argv += ["-vf", _FILTERS.format(scratch=self.folder / "shake.trf"), "-af", _SOUND_FILTERS, "-f", "null", "-"]
        run_tool(argv, timeout_s=7200, cwd=self.folder)

    def _row(self, lesson: str, what: str, cost: Cost, plain: Cost | None = None) -> str:
        plain = plain or self.decode
        memory = "" if cost.memory_mb is None else f"{cost.memory_mb:.0f}"
        return (
            f"{lesson:<16} {what:<24} {cost.wall_s:>8.2f} {cost.cpu_s:>8.2f} {memory:>10} "
            f"{cost.wall_s / plain.wall_s:>14.2f} {cost.cpu_s / max(plain.cpu_s, 1e-3):>13.2f}"
        )


def decode(path: Path, seconds: float | None = None) -> None:
    """What every other tool pays at least."""
    part = [] if seconds is None else ["-t", f"{seconds:g}"]
    run_tool([ffmpeg_exe(), "-nostdin", "-v", "error", *part, "-i", path, "-f", "null", "-"], timeout_s=7200)


def audit(path: Path, cache: Path | None, *more: str) -> None:
    """The whole command, in a process of its own."""
    kept: list[str | Path] = ["--no-cache"] if cache is None else ["--cache", cache]
    argv = [sys.executable, "-m", "coursekit", "audit", path, *kept, "-q", "-q", "-f", "json", *more]
    run_tool(argv, timeout_s=7200, check=False)


def cost_of(work: Callable[[], None]) -> Cost:
    """What some work costs, the processes it starts included."""
    before, began = os.times(), time.monotonic()
    watch = _Watch()
    with watch:
        work()
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(time.monotonic() - began, cpu, watch.peak_mb)


class _Watch:
    """The most memory that all descendants of this process held at one moment; None where the system does not say."""

    def __init__(self) -> None:
        self.peak_mb: float | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> None:
        if Path("/proc/self/smaps_rollup").exists():
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_POLL_S):
            held = sum(_memory_mb(pid) for pid in _descendants(os.getpid()))
            self.peak_mb = max(self.peak_mb or 0.0, held)


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in listing.read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *_descendants(child)]
    return found


def _memory_mb(pid: int) -> float:
    # What several processes share (the pages of Python and of the libraries) counts once.
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
