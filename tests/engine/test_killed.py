"""Kill -9 at any moment: the next run goes on from what is finished and ends in the report of an undisturbed one."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.courses import coursekit
from tests.media import make_video

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows cannot kill by signal")


def make_lessons(folder: Path) -> Path:
    """Three lessons, each of its own length, so that none is known by another's hash."""
    folder.mkdir()
    for number in range(3):
        make_video(folder / f"lesson-{number}.mp4", seconds=2 + number, size=(320, 180))
    return folder


def audit(course: Path, cache: Path) -> dict[str, Any]:
    said = coursekit("audit", course, "--cache", cache, "-f", "json", "-q")
    report = said.report()
    del report["run"]
    return report


def finished(cache: Path) -> dict[Path, int]:
    """Facts kept so far, and when each was written."""
    return {p: p.stat().st_mtime_ns for p in (cache / "facts").rglob("*.json")}


def killed_run(course: Path, cache: Path, after_s: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "coursekit", "audit", course, "--cache", cache, "-q", "-q"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        process.kill()
    process.wait()
    # Workers notice that nobody waits for them; what they were at must not be written after the next run began.
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and _group_lives(process.pid):
        time.sleep(0.02)
    assert not _group_lives(process.pid)


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


@pytest.mark.parametrize("kills", [4, pytest.param(50, marks=pytest.mark.campaign)])
def test_killed_runs_resume(tmp_path: Path, kills: int) -> None:
    course = make_lessons(tmp_path / "course")
    began = time.monotonic()
    undisturbed = audit(course, tmp_path / "reference")
    whole_s = time.monotonic() - began
    moments = random.Random(20261121)
    halfway = 0
    for number in range(kills):
        cache = tmp_path / f"cache-{number}"
        # The first moments of every process are imports: kill where something may be at work, and a few anywhere.
        killed_run(course, cache, moments.uniform(0.1 if number % 4 == 0 else 0.4, 1.0) * whole_s)
        before = finished(cache)
        halfway += 0 < len(before) < 9
        assert audit(course, cache) == undisturbed
        after = finished(cache)
        assert {path: after[path] for path in before} == before, "measured again what was finished"
    assert halfway, "no kill hit a run that was half done: the test tells nothing"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_asked_to_stop_says_so_and_resumes(tmp_path: Path, how: signal.Signals) -> None:
    course = make_lessons(tmp_path / "course")
    make_video(course / "long.mp4", seconds=60, size=(640, 360))
    cache = tmp_path / "cache"
    process = subprocess.Popen(
        [sys.executable, "-m", "coursekit", "audit", course, "--cache", cache, "-f", "json", "-j", "1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not finished(cache) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(how)
    assert process.wait(60) == 3
    before = finished(cache)
    assert before
    audit(course, cache)
    after = finished(cache)
    assert {path: after[path] for path in before} == before
    assert len(after) == 12
