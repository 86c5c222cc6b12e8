"""What it costs to hand out a lesson and take its facts back, apart from measuring it.

Every lesson here is one that may not be opened, so that a measuring process answers at once: what is left is the way
there and back, through the scheduler, the worker, the measuring process and this machine's cache.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from coursekit.engine.address import Engine, open_engine
from coursekit.engine.job import Job
from coursekit.folder import Identity
from coursekit.model import FileKind


def measure_schedule(lessons: int, workers: int, engine: str | None = None) -> Iterator[str]:
    """A table: this machine's own engine, and a cluster (one of this machine's where none is named)."""
    yield f"{'engine':<32} {'start s':>8} {'first s':>8} {'ms a lesson':>12}"
    for address in ("local", engine or f"dask://local?workers={workers}"):
        began = time.monotonic()
        with open_engine(address, workers) as opened:
            started = time.monotonic()
            first, last = _run(opened, lessons)
        yield (
            f"{address:<32} {started - began:>8.2f} {first - started:>8.2f} "
            f"{(last - first) / max(1, lessons - 1) * 1000:>12.2f}"
        )
    yield f"{lessons} lessons that are answered unopened, {workers} workers; counted from the first answer"


def _run(engine: Engine, lessons: int) -> tuple[float, float]:
    nothing = Identity(0, 0, 0, 0)
    jobs = [
        Job(f"lesson-{n}.mp4", Path(f"lesson-{n}.mp4"), FileKind.VIDEO, nothing, "not-a-file", None)
        for n in range(lessons)
    ]
    times = [time.monotonic() for _ in engine.run(jobs, lambda _: None)]
    return times[0], times[-1]
