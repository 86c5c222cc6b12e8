"""The sound in a Python of its own: the same facts, and nothing that befalls it costs more than its stage."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from coursekit.cores import machine_cores
from coursekit.engine.beside import measure_sound
from coursekit.engine.job import Job
from coursekit.engine.local import LocalEngine
from coursekit.engine.stages import AudioStage, FailedStage, measure_stage
from coursekit.folder import Identity
from coursekit.model import FileKind, ProbeFacts
from coursekit.probe.measure import measure_media
from tests.media import make_audio, make_video

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks for the processes in /proc")
two_cores = pytest.mark.skipif(machine_cores() < 2, reason="with one core the sound waits for the picture")


def test_says_what_would_have_been_said_here(tmp_path: Path) -> None:
    folder = tmp_path / "第一课 lesson\n'one'"
    folder.mkdir()
    path = make_audio(folder / "-声音.wav", seconds=5)
    probe = measure_media(path)
    heard: list[float] = []
    beside = measure_sound(path, probe, heard.append)
    assert isinstance(beside, AudioStage)
    assert beside == measure_stage("audio", path, probe, lambda _: None)
    assert heard == sorted(heard)
    assert all(0 < at <= 5 for at in heard)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are text there")
def test_name_that_is_no_text_reaches_the_other_python(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/l\xe9on.wav"))
    make_audio(tmp_path / "a.wav", seconds=1).rename(path)
    beside = measure_sound(path, measure_media(path), lambda _: None)
    assert isinstance(beside, AudioStage)
    assert beside.streams[0].decoded_s == pytest.approx(1.0, abs=0.01)


def test_fault_of_the_file_is_told_as_it_would_be_here(tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.wav", seconds=1)
    probe = measure_media(path)
    path.unlink()
    beside = measure_sound(path, probe, lambda _: None)
    assert isinstance(beside, FailedStage)
    assert beside == measure_stage("audio", path, probe, lambda _: None)
    assert beside.problem.stage == "audio"


@linux
def test_killed_it_costs_the_sound_and_says_so(tmp_path: Path) -> None:
    path = make_audio(tmp_path / "a.wav", seconds=600)
    beside = _while_killing(path, measure_media(path))
    assert isinstance(beside, FailedStage)
    assert (beside.problem.stage, beside.problem.code) == ("audio", "crashed")
    assert "signal 9" in beside.problem.detail


@linux
@two_cores
def test_lesson_whose_sound_is_lost_keeps_its_picture(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", seconds=64, size=(160, 90))
    job = Job(path.name, path, FileKind.VIDEO, Identity.of(path), None, tmp_path / "cache")
    engine = LocalEngine(workers=1)
    killer = threading.Thread(target=lambda: _kill_child_of(lambda: engine._workers and engine._workers[0].process.pid))
    killer.start()
    with engine:
        (facts,) = engine.run([job], lambda _: None)
    killer.join()
    assert [(p.stage, p.code) for p in facts.problems] == [("audio", "crashed")]
    assert facts.video[0].frames == 64 * 25
    with LocalEngine(workers=1) as engine:
        (again,) = engine.run([job], lambda _: None)
    assert again.problems == ()
    assert again.audio[0].decoded_s == pytest.approx(64, abs=0.1)


@linux
@two_cores
def test_ends_with_the_worker_that_asked(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", seconds=64, size=(160, 90))
    job = Job(path.name, path, FileKind.VIDEO, Identity.of(path), None, None)
    engine = LocalEngine(workers=1)
    orphans: list[int] = []

    def kill_worker() -> None:
        worker = _wait_for(lambda: engine._workers and engine._workers[0].process.pid)
        orphans.append(_wait_for(lambda: _sound_of(worker)))
        os.kill(worker, signal.SIGKILL)

    killer = threading.Thread(target=kill_worker)
    killer.start()
    with engine:
        (facts,) = engine.run([job], lambda _: None)
    killer.join()
    assert [p.code for p in facts.problems] == ["crashed"]
    _wait_for(lambda: not _lives(orphans[0]))


def _while_killing(path: Path, probe: ProbeFacts) -> object:
    killer = threading.Thread(target=lambda: _kill_child_of(os.getpid))
    killer.start()
    found = measure_sound(path, probe, lambda _: None)
    killer.join()
    return found


def _kill_child_of(parent: object) -> None:
    assert callable(parent)
    os.kill(_wait_for(lambda: _sound_of(_wait_for(parent))), signal.SIGKILL)


def _sound_of(parent: int) -> int:
    """The Python that measures the sound for a process; 0 where there is none yet."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            status = (place / "stat").read_text().rpartition(")")[2].split()
            if int(status[1]) == parent and b"beside" in (place / "cmdline").read_bytes():
                return int(place.name)
        except OSError:
            continue
    return 0


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait_for(ask: object, patience_s: float = 60.0) -> int:
    assert callable(ask)
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        if found := ask():
            return int(found)
        time.sleep(0.005)
    raise AssertionError("waited in vain")
