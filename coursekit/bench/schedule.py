"""What it costs to hand out a lesson and take its facts back, apart from measuring it.

Every lesson here is one that may not be opened, so that a measuring process answers at once: what is left is the way
there and back, through the scheduler, the worker, the measuring process and this machine's cache.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from coursekit.engine.address import Engine, open_engine
from coursekit.engine.job import Job
from coursekit.folder import Identity
from coursekit.model import FileKind


def measure_schedule(lessons: int, workers: int, engine: str | None = None) -> Iterator[str]:
    """A table: this machine's own engine, and a cluster (one of this machine's where none is named)."""
    yield f"{'engine':<28} {'start s':>8} {'first s':>8} {'ms a lesson':>12} {'CPU ms a lesson':>16}"
    for address in ("local", engine or f"dask://local?workers={workers}"):
        began = time.monotonic()
        with open_engine(address, workers) as opened:
            started = time.monotonic()
            times = list(_run(opened, lessons))
        (first, first_cpu), (last, last_cpu) = times[0], times[-1]
        a_lesson, cpu = ((end - start) / (lessons - 1) * 1000 for start, end in ((first, last), (first_cpu, last_cpu)))
        yield f"{address:<28} {started - began:>8.2f} {first - started:>8.2f} {a_lesson:>12.2f} {cpu:>16.2f}"
    yield f"{lessons} lessons that are answered unopened, {workers} workers; counted from the first answer"
    yield "processor time is of this process and all it started; a cluster elsewhere is not in it"


def _run(engine: Engine, lessons: int) -> Iterator[tuple[float, float]]:
    """The time, and the processor time, of the first answer and of the last."""
    nothing = Identity(0, 0, 0, 0)
    jobs = [
        Job(f"lesson-{n}.mp4", Path(f"lesson-{n}.mp4"), FileKind.VIDEO, nothing, "not-a-file", None)
        for n in range(lessons)
    ]
    for count, _ in enumerate(engine.run(jobs, lambda _: None), start=1):
        if count in (1, lessons):
            yield time.monotonic(), _processor_s()


def _processor_s() -> float:
    try:
        import psutil  # type: ignore[import-untyped] # it brings no types
    except ImportError:
        # It comes with the cluster extra.
        return time.process_time()
    this = psutil.Process()
    total = 0.0
    for process in (this, *this.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system
    return total
