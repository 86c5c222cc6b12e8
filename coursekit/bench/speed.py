"""How long an audit takes against a plain decode of the same lesson by the ffmpeg that comes with coursekit."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from coursekit.bench import synth
from coursekit.bench.clip import repeat_clip, write_clip
from coursekit.probe.process import ffmpeg_exe, run_tool

_CLIP_S = 12.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the clock and seconds of processors."""

    wall_s: float
    cpu_s: float


def measure_speed(seconds: float, height_px: int) -> Iterator[str]:
    """A table: decode, audit, and the audit of an unchanged lesson, for two sorts of lesson."""
    size = (height_px * 16 // 9, height_px)
    yield f"{'lesson':<22} {'':<12} {'wall s':>8} {'CPU s':>8} {'wall / decode':>14} {'CPU / decode':>13}"
    with tempfile.TemporaryDirectory(prefix="coursekit-") as name:
        folder = Path(name)
        sorts = (
            ("slides and lecturer", synth.Lecture(size).frames(_CLIP_S)),
            ("camera at a bench", synth.Workshop(size).frames(_CLIP_S)),
        )
        for title, frames in sorts:
            short = write_clip(folder / "short.mp4", frames, None)
            lesson = repeat_clip(short, folder / "lesson.mp4", seconds, synth.narration(_CLIP_S))
            plain = _least(2, lambda path=lesson: _decode(path))  # type: ignore[misc] # defaults bind the loop
            cache = folder / title
            full = _cost(lambda path=lesson, keep=cache: _audit(path, keep))  # type: ignore[misc]
            again = _cost(lambda path=lesson, keep=cache: _audit(path, keep))  # type: ignore[misc]
            for what, cost in (("decode", plain), ("audit", full), ("audit again", again)):
                yield (
                    f"{title:<22} {what:<12} {cost.wall_s:>8.2f} {cost.cpu_s:>8.2f} "
                    f"{cost.wall_s / plain.wall_s:>14.2f} {cost.cpu_s / max(plain.cpu_s, 1e-3):>13.2f}"
                )
    what = f"{seconds:.0f} s of {size[0]} × {size[1]} at 25 pictures a second"
    yield f"{what}, synthesised, H.264 and AAC; {os.cpu_count()} cores"


def _decode(path: Path) -> None:
    run_tool([ffmpeg_exe(), "-nostdin", "-v", "error", "-i", path, "-f", "null", "-"], timeout_s=3600)


def _audit(path: Path, cache: Path) -> None:
    argv: list[str | Path] = [
        sys.executable,
        "-m",
        "coursekit",
        "audit",
        path,
        "--cache",
        cache,
        "-q",
        "-q",
        "-f",
        "json",
    ]
    run_tool(argv, timeout_s=3600, check=False)


def _least(times: int, work: Callable[[], None]) -> Cost:
    return min((_cost(work) for _ in range(times)), key=lambda cost: cost.wall_s)


def _cost(work: Callable[[], None]) -> Cost:
    before, began = os.times(), time.monotonic()
    work()
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(time.monotonic() - began, cpu)
