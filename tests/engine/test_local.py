"""Workers that can be lost: a crash, a hang and a kill cost one file, never the run."""

from __future__ import annotations

import os
import signal
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from coursekit.engine.job import Job
from coursekit.engine.local import Limits, LocalEngine
from coursekit.folder import Identity
from coursekit.model import FileKind
from tests.cli.courses import make_course
from tests.media import make_video


def job(path: Path, cache: Path | None = None) -> Job:
    return Job(path.name, path, FileKind.VIDEO, Identity.of(path), None, cache)


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot kill by signal")
def test_killed_worker_costs_its_file_only(tmp_path: Path) -> None:
    course = make_course(tmp_path, ("b.mp4", "c.mp4"))
    long = make_video(tmp_path / "a.mp4", seconds=60, size=(1280, 720))
    engine = LocalEngine(workers=1)

    def kill_when_busy() -> None:
        while not engine._workers or engine._workers[0].heard == 0.0:
            time.sleep(0.01)
        time.sleep(1.0)
        os.kill(engine._workers[0].process.pid or 0, signal.SIGKILL)

    killer = threading.Thread(target=kill_when_busy)
    killer.start()
    with engine:
        found = {
            f.path: f for f in engine.run([job(long), job(course / "b.mp4"), job(course / "c.mp4")], lambda _: None)
        }
    killer.join()
    assert [p.code for p in found["a.mp4"].problems] == ["crashed"]
    assert "signal 9" in found["a.mp4"].problems[0].detail
    assert found["b.mp4"].problems == ()
    assert found["c.mp4"].video[0].frames == 25


def test_silent_worker_is_ended(tmp_path: Path) -> None:
    long = make_video(tmp_path / "a.mp4", seconds=20, size=(640, 360))
    with LocalEngine(workers=1, limits=Limits(stall_s=0.0)) as engine:
        (facts,) = engine.run([job(long)], lambda _: None)
    assert [p.code for p in facts.problems] == ["timeout"]


def test_file_that_changes_while_it_is_read_is_not_judged(tmp_path: Path) -> None:
    from coursekit.engine.job import run_job

    path = make_video(tmp_path / "a.mp4", seconds=2)
    touched = threading.Event()

    def touch(_: float, __: float) -> None:
        if not touched.is_set():
            touched.set()
            with path.open("ab") as file:
                file.write(b"\0\0\0\x08free")

    facts = run_job(job(path), touch)
    assert touched.is_set()
    assert [p.code for p in facts.problems] == ["changed-while-read"]
    assert facts.video == ()


def test_progress_is_told(tmp_path: Path) -> None:
    long = make_video(tmp_path / "a.mp4", seconds=20, size=(640, 360))
    steps = []
    with LocalEngine(workers=1) as engine:
        list(engine.run([job(long)], steps.append))
    assert steps
    assert all(step.name == "a.mp4" for step in steps)
    assert max(step.media_s for step in steps) > 1
    assert {round(step.total_s) for step in steps} == {20}
    assert all(a.media_s <= b.media_s for a, b in pairwise(steps))
