"""What an audit costs against a plain decode of the same lesson by the ffmpeg that comes with coursekit.

All figures of one run: lessons are made of short clips repeated, decoded and audited in turn. Ratios, not seconds, are
what can be compared between machines.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from coursekit.bench import synth, traps_video
from coursekit.bench.clip import repeat_clip, write_clip
from coursekit.cores import machine_cores
from coursekit.files import write_atomic
from coursekit.probe.process import ffmpeg_exe, run_tool

_SHOT_S = 11.0
_SLIDES_S = 96.0
_CAMERA_BPS = 2_000_000
_FILTERS = (
    "scdet,freezedetect,blackdetect,signalstats,vidstabdetect=result={scratch},blurdetect,blockdetect,idet,cropdetect"
)
_SOUND_FILTERS = "ebur128=peak=true,astats,silencedetect"
FILTERED_S = 40.0
"""The filters are run over so much of the lesson: all of it would take an hour and show the same ratio."""
_LESSONS = 10
_SHORTEST_S = 130.0
"""Below two minutes every picture is decoded: no lesson of a comparison is as short as that."""
_POLL_S = 0.5

ROWS = ("camera", "again", "thorough", "filters", "slides", "course", "memory")
"""What can be asked for by itself; `thorough`, `filters` and `again` bring the plain decode they are held against."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the clock, seconds of processors, and the most memory all processes together held."""

    wall_s: float
    cpu_s: float
    memory_mb: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One command over one lesson, and what it is held against."""

    lesson: str
    what: str
    cost: Cost
    plain: Cost | None = None
    """A plain decode of the same; for a course, one of its lessons."""
    told: str = ""
    """A figure that is no ratio of this row alone."""

    @property
    def wall(self) -> float | None:
        """Ratio on the clock."""
        return None if self.plain is None else self.cost.wall_s / self.plain.wall_s

    @property
    def cpu(self) -> float | None:
        """Ratio of processor time."""
        return None if self.plain is None else self.cost.cpu_s / max(self.plain.cpu_s, 1e-3)


@dataclass(slots=True)
class Bench:
    """Makes lessons of the length asked for, in a folder in which they are found again, and takes the time."""

    folder: Path
    seconds: float
    height_px: int = 1080
    lessons: int = _LESSONS
    wanted: Sequence[str] = ROWS
    _decode: Cost | None = None
    _audit: Cost | None = None
    rows: list[Row] = field(default_factory=list)

    def run(self) -> Iterator[Row]:
        """The rows asked for, each as it is known."""
        groups = (self._camera, self._slides, self._course, self._memory)
        for row in (row for group in groups for row in group()):
            self.rows.append(row)
            yield row

    def told(self) -> str:
        """What was measured on what."""
        width = self.height_px * 16 // 9
        return (
            f"{self.seconds:.0f} s of {width} × {self.height_px} at 25 pictures a second, H.264 (x264 medium) and AAC: "
            f"{3 * _SHOT_S:.0f} s of a synthesised workshop at {_CAMERA_BPS / 1e6:g} Mbit/s and {_SLIDES_S:.0f} s of "
            f"synthesised slides, repeated without coding them again; usual filters over "
            f"{min(FILTERED_S, self.seconds):.0f} s; {machine_cores()} cores ({platform.machine()}), Python "
            f"{platform.python_version()}; one run, each command once"
        )

    def _camera(self) -> Iterator[Row]:
        """Shots of a bench at which something is always moving."""
        if not {"camera", "again", "thorough", "filters"} & set(self.wanted):
            return
        lesson = self._camera_lesson(self.seconds)
        plain = self._decode = cost_of(lambda: decode(lesson))
        yield Row("camera", "decode", plain, plain)
        if {"camera", "again", "filters"} & set(self.wanted):
            cache = self.folder / f"cache-{os.getpid()}"
            self._audit = cost_of(lambda: audit(lesson, cache))
            yield Row("camera", "audit", self._audit, plain)
            if "again" in self.wanted:
                yield Row("camera", "audit again", cost_of(lambda: audit(lesson, cache)), plain)
        if "thorough" in self.wanted:
            yield Row("camera", "audit --thorough", cost_of(lambda: audit(lesson, None, "--thorough")), plain)
        if "filters" in self.wanted and self._audit is not None:
            part = min(FILTERED_S, self.seconds)
            some = cost_of(lambda: decode(lesson, part))
            usual = cost_of(lambda: self._filter(lesson, part))
            times = usual.wall_s / some.wall_s * plain.wall_s / self._audit.wall_s
            yield Row("camera", f"usual filters, {part:.0f} s", usual, some, f"{times:.1f} times the audit")

    def _slides(self) -> Iterator[Row]:
        """Slides that stand for some seconds, with a narrator."""
        if "slides" not in self.wanted:
            return
        lesson = self._slide_lesson()
        plain = cost_of(lambda: decode(lesson))
        yield Row("slides", "decode", plain, plain)
        yield Row("slides", "audit", cost_of(lambda: audit(lesson, None)), plain)

    def _course(self) -> Iterator[Row]:
        """Lessons of one course, against one of them."""
        if "course" not in self.wanted or not self.lessons:
            return
        part_s = max(_SHORTEST_S, self.seconds / 9)
        source = self._camera_lesson(part_s)
        one, course = self.folder / "one", self.folder / f"course-{self.lessons}-{part_s:.0f}"
        one.mkdir(exist_ok=True)
        course.mkdir(exist_ok=True)
        for number in range(self.lessons):
            # Of the same weight, and each other bytes: what is equal would be measured once.
            self._once(
                course / f"lesson-{number:02}.mp4",
                lambda path, n=number: _copy(source, path, f"Lesson {n + 1}"),  # type: ignore[misc] # binds the loop
            )
        (one / "lesson.mp4").unlink(missing_ok=True)
        (one / "lesson.mp4").hardlink_to(course / "lesson-00.mp4")
        single = cost_of(lambda: audit(one, None))
        yield Row(f"course, {part_s:.0f} s each", "audit, 1 lesson", single, single)
        yield Row(
            f"course, {part_s:.0f} s each",
            f"audit, {self.lessons} lessons",
            cost_of(lambda: audit(course, None)),
            single,
        )

    def _memory(self) -> Iterator[Row]:
        """A ninth of the length against twice the length: 5 and 90 minutes for a lesson of 45."""
        if "memory" not in self.wanted:
            return
        held: list[float] = []
        for seconds in (max(_SHORTEST_S, self.seconds / 9), self.seconds * 2):
            lesson = self._camera_lesson(seconds)
            cost = cost_of(lambda path=lesson: audit(path, None))  # type: ignore[misc] # binds the loop
            held += [cost.memory_mb] if cost.memory_mb else []
            told = f"memory {held[1] / held[0]:.2f} of the short one's" if len(held) == 2 else ""
            yield Row(f"camera, {seconds:.0f} s", "audit", cost, told=told)

    def _camera_lesson(self, seconds: float) -> Path:
        size = (self.height_px * 16 // 9, self.height_px)

        def clip(path: Path) -> object:
            shots = (p for seed in range(3) for p in synth.Workshop(size, seed=seed).frames(_SHOT_S))
            return write_clip(path, shots, None, preset="medium", container="mp4", bit_rate=_CAMERA_BPS)

        return self._lesson("camera", clip, seconds, 3 * _SHOT_S)

    def _slide_lesson(self) -> Path:
        size = (self.height_px * 16 // 9, self.height_px)

        def clip(path: Path) -> object:
            pictures = (p[:, :, ::-1] for p in traps_video.slides(size, _SLIDES_S, 25, every_s=12.0))
            return write_clip(path, pictures, None, preset="medium", container="mp4")

        return self._lesson("slides", clip, self.seconds, _SLIDES_S)

    def _lesson(self, name: str, clip: Callable[[Path], object], seconds: float, clip_s: float) -> Path:
        short = self._once(self.folder / f"{name}-{self.height_px}.mp4", clip)
        # The pictures are repeated as often as the sound is: the sound is as long as the clip.
        return self._once(
            self.folder / f"{name}-{self.height_px}-{seconds:.0f}s.mp4",
            lambda path: repeat_clip(short, path, seconds, synth.narration(clip_s)),
        )

    def _once(self, path: Path, make: Callable[[Path], object]) -> Path:
        if not path.exists():
            # A run that was broken off must not leave half a lesson under its name.
            part = path.with_name(f"part-{path.name}")
            make(part)
            part.replace(path)
        return path

    def _filter(self, lesson: Path, seconds: float) -> None:
        argv: list[str | Path] = [ffmpeg_exe(), "-nostdin", "-v", "error", "-t", f"{seconds:g}", "-i", lesson]
        argv += ["-vf", _FILTERS.format(scratch="shake.trf"), "-af", _SOUND_FILTERS, "-f", "null", "-"]
        run_tool(argv, timeout_s=7200, cwd=self.folder)


def heading() -> str:
    """Of the table for a terminal."""
    return (
        f"{'lesson':<22} {'':<24} {'wall s':>8} {'CPU s':>8} {'memory MB':>10} {'wall / plain':>13} {'CPU / plain':>12}"
    )


def as_line(row: Row) -> str:
    """A row for a terminal."""
    memory = "" if row.cost.memory_mb is None else f"{row.cost.memory_mb:.0f}"
    ratios = (
        f"{row.wall:>13.2f} {row.cpu:>12.2f}" if row.wall is not None and row.cpu is not None else f"{'':>13} {'':>12}"
    )
    told = f"  {row.told}" if row.told else ""
    return f"{row.lesson:<22} {row.what:<24} {row.cost.wall_s:>8.2f} {row.cost.cpu_s:>8.2f} {memory:>10} {ratios}{told}"


_MARK = re.compile(r"(<!-- speed:begin -->).*?(<!-- speed:end -->)", re.DOTALL)


def as_table(bench: Bench) -> str:
    """All rows, for a page."""
    lines = [
        "| lesson | command | wall s | CPU s | memory MB | wall / plain | CPU / plain | |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in bench.rows:
        cells = (
            row.lesson, f"`{row.what}`" if row.what.startswith("audit") else row.what,
            f"{row.cost.wall_s:.1f}", f"{row.cost.cpu_s:.1f}",
            "" if row.cost.memory_mb is None else f"{row.cost.memory_mb:.0f}",
            "" if row.wall is None else f"{row.wall:.2f}", "" if row.cpu is None else f"{row.cpu:.2f}", row.told,
        )  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join((bench.told() + ".", "", *lines))


def write_table(bench: Bench, pages: Sequence[Path]) -> tuple[str, ...]:
    """Put the table between the marks `speed:begin` and `speed:end` of pages. Names of what changed."""
    written = []
    for page in pages:
        old = page.read_text(encoding="utf-8")
        new = _MARK.sub(lambda m: f"{m[1]}\n{as_table(bench)}\n{m[2]}", old)
        if new != old:
            write_atomic(page, new)
            written.append(page.name)
    return tuple(written)


def _copy(source: Path, path: Path, title: str) -> None:
    run_tool(
        [
            *(ffmpeg_exe(), "-nostdin", "-v", "error", "-y", "-i", source, "-c", "copy"),
            *("-metadata", f"title={title}", "-movflags", "+faststart", path),
        ],
        timeout_s=600,
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
