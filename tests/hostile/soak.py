"""Small lessons in a loop, as a platform's night has them: `python -m tests.hostile.soak 2000`.

One process audits course after course of new lessons. Its memory, its open descriptors, the processes it left and the
temporary files of the machine are counted as it goes; none of them may grow with the number of lessons.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from coursekit import pipeline
from coursekit.report import FORMATS
from coursekit.settings import Settings
from tests.cli.courses import make_course, profile

_PER_COURSE = 25


@dataclass(frozen=True)
class Sample:
    """What one process holds after so many lessons."""

    lessons: int
    memory_kb: int
    descriptors: int
    children: int
    temporary: int
    """Files in the folder for temporary files."""


def soak(root: Path, lessons: int, per_course: int = _PER_COURSE) -> Iterator[Sample]:
    """A sample after every course."""
    scratch = root / "tmp"
    scratch.mkdir()
    before, tempfile.tempdir = tempfile.tempdir, str(scratch)
    try:
        own = profile(root)
        names = tuple(f"lesson-{n}.mp4" for n in range(per_course))
        course = make_course(root / "course", names)
        for number in range(0, lessons, per_course):
            for name in names:
                # Other bytes, so that each lesson is measured: the last box is a padding that nobody reads.
                with (course / name).open("r+b") as file:
                    file.seek(-4, os.SEEK_END)
                    file.write((number + 1).to_bytes(4, "big"))
            cache = root / "cache"
            done = pipeline.audit(course, Settings(profiles=(str(own),), cache_root=cache, workers=2), want_facts=True)
            assert done.report.run.measured_files == per_course
            assert done.facts is not None
            assert all(not f.problems for f in done.facts.files)
            for name in ("json", "sarif", "junit", "facts"):
                FORMATS[name].load()(done, None)
            shutil.rmtree(cache)
            yield _sample(number + per_course, scratch)
    finally:
        tempfile.tempdir = before


def _sample(lessons: int, scratch: Path) -> Sample:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    memory = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    tasks = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    return Sample(lessons, memory, len(os.listdir("/proc/self/fd")), len(tasks), sum(1 for _ in scratch.rglob("*")))  # noqa: PTH208


def main() -> int:
    """The command."""
    lessons = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    logging.disable(logging.INFO)
    began = time.monotonic()
    samples = []
    with tempfile.TemporaryDirectory(prefix="coursekit-soak-") as name:
        for sample in soak(Path(name), lessons):
            samples.append(sample)
            if len(samples) == 1 or sample.lessons % 250 == 0:
                print(f"{time.monotonic() - began:6.0f} s  {sample}", flush=True)
    # What is loaded once is loaded by the first quarter.
    early, last = samples[len(samples) // 4], samples[-1]
    grown_kb = last.memory_kb - early.memory_kb
    print(f"memory grew by {grown_kb} kB between lesson {early.lessons} and lesson {last.lessons}")
    still = (last.descriptors, last.children, last.temporary) == (early.descriptors, early.children, early.temporary)
    return 0 if still and grown_kb < 8192 else 1


if __name__ == "__main__":
    sys.exit(main())
