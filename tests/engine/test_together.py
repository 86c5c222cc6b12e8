"""Several audits at once, killed holders of locks, and courses that are edited while they are looked at."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coursekit import codec, pipeline
from coursekit.engine.job import Job, run_job
from coursekit.folder import Identity
from coursekit.locks import locked, release, try_lock
from coursekit.model import FileFacts, FileKind, Verdict
from coursekit.settings import Settings
from coursekit.terms import Outcome
from tests.cli.courses import coursekit, make_course

NAMES = tuple(f"lesson-{number}.mp4" for number in range(3))


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = make_course(tmp_path / "course", NAMES)
    for path in folder.iterdir():
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return folder


def job(path: Path, cache: Path, name: str = "") -> Job:
    return Job(name or path.name, path, FileKind.VIDEO, Identity.of(path), None, cache)


def test_four_audits_at_once_say_the_same(course: Path, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "coursekit", "audit", course, "-f", "json", "-j", "1", "--cache", tmp_path / "cache"]
    running = [subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for _ in range(4)]
    reports = []
    for process in running:
        out, _ = process.communicate(timeout=240)
        report = json.loads(out)
        del report["run"]
        reports.append(report)
    assert all(report == reports[0] for report in reports)
    assert {r["verdict"] for r in reports[0]["results"]}.isdisjoint({"error"})
    assert list((tmp_path / "cache" / "locks").iterdir()) == []


def test_work_is_done_once_by_whoever_comes_first(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from coursekit.probe import measure

    looked: list[Path] = []
    really = measure.measure_media

    def counted(path: Path) -> Any:
        looked.append(path)
        return really(path)

    monkeypatch.setattr(measure, "measure_media", counted)
    copy = course / "the same bytes.mp4"
    copy.write_bytes((course / NAMES[0]).read_bytes())
    found: list[FileFacts] = []
    waited = threading.Event()

    def wait(done_s: float, total_s: float) -> None:
        if total_s == 0.0:
            waited.set()

    def measure_it(path: Path) -> None:
        found.append(run_job(job(path, tmp_path / "cache", "lesson"), wait))

    threads = [threading.Thread(target=measure_it, args=(p,)) for p in (course / NAMES[0], copy) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(found) == 4
    assert len(looked) == 1
    assert all(facts == found[0] for facts in found)
    assert waited.is_set(), "those that wait must be heard, or they pass for hung"


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot kill by signal")
def test_lock_dies_with_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    script = (
        "import sys, time; from pathlib import Path; from coursekit.locks import try_lock; "
        "assert try_lock(Path(sys.argv[1])) is not None; print('held', flush=True); time.sleep(600)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    assert try_lock(path) is None
    asked = threading.Event()

    def kill_once() -> None:
        if not asked.is_set():
            asked.set()
            os.kill(holder.pid, signal.SIGKILL)

    with locked(path, kill_once) as waited:
        assert waited
        assert try_lock(path) is None
    holder.wait(10)
    holder.stdout.close()
    assert not path.exists()


def test_lock_is_for_one_at_a_time(tmp_path: Path) -> None:
    inside, most = 0, 0

    def enter() -> None:
        nonlocal inside, most
        for _ in range(40):
            with locked(tmp_path / "lock"):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most == 1
    handle = try_lock(tmp_path / "lock")
    assert handle is not None
    release(handle, tmp_path / "lock")
    assert list(tmp_path.iterdir()) == []


def test_cache_that_cannot_be_locked_costs_no_truth(course: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "locks").write_text("in the way", encoding="utf-8")
    facts = run_job(job(course / NAMES[0], tmp_path / "cache"), lambda *_: None)
    assert facts.problems == ()


def replace_with(path: Path, data: bytes) -> None:
    other = path.with_name(".new")
    other.write_bytes(data)
    other.replace(path)


EDITS: dict[str, Callable[[Path], object]] = {
    "lesson-0.mp4": lambda c: replace_with(c / "lesson-0.mp4", (c / "lesson-1.mp4").read_bytes()),
    "lesson-2.mp4": lambda c: replace_with(c / "lesson-2.mp4", b"no film at all"),
    "lesson-1.mp4": lambda c: (c / "lesson-1.mp4").unlink(),
    "new.mp4": lambda c: (c / "new.mp4").write_bytes(b"new"),
    "waivers.toml": lambda c: (c / "waivers.toml").write_text('schema = "coursekit/waivers/1"\n'),
    "review/decision.json": lambda c: ((c / "review").mkdir(), (c / "review" / "decision.json").write_text("{}")),
}


@pytest.mark.parametrize("name", EDITS)
def test_file_that_changes_during_the_audit_is_named_and_not_judged(course: Path, tmp_path: Path, name: str) -> None:
    edited = threading.Event()

    def edit(event: pipeline.Event) -> None:
        # The first lesson is done, the last has not begun.
        if isinstance(event, pipeline.Finished) and not edited.is_set():
            edited.set()
            EDITS[name](course)

    settings = Settings(lang="en", workers=1, cache_root=tmp_path / "cache")
    audit = pipeline.audit(course, settings, edit, want_facts=True)
    assert edited.is_set()
    assert audit.report.run.changed == (name,)
    assert audit.report.summary.outcome is Outcome.UNDECIDED
    assert audit.facts is not None
    for file in audit.facts.files:
        assert [p.code for p in file.problems] == (["changed-while-read"] if file.path == name else [])
        assert bool(file.video) == (file.path != name)
    judged = {r.verdict for r in audit.report.results if r.subject == name}
    assert judged.isdisjoint({Verdict.PASS, Verdict.FAIL, Verdict.REVIEW})
    # Left alone, it is judged as it is now.
    again = pipeline.audit(course, settings)
    assert again.report.run.changed == ()
    if name == "lesson-0.mp4":
        fresh = pipeline.audit(course, Settings(lang="en", workers=1, cache_root=None))
        assert codec.dumps(again.report.results) == codec.dumps(fresh.report.results)


def test_course_edited_during_the_audit_is_said_so(course: Path, tmp_path: Path) -> None:
    (course / "long.wav").write_bytes(wave(40))
    argv = [sys.executable, "-m", "coursekit", "audit", course, "-j", "1", "--cache", tmp_path / "cache"]
    env = {**os.environ, "COURSEKIT_LANG": "en"}
    running = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    assert running.stderr is not None
    for line in running.stderr:
        if b"[1/4]" in line:
            (course / "late.txt").write_text("late", encoding="utf-8")
            break
    out, _ = running.communicate(timeout=120)
    assert running.returncode == 3
    assert b"edited during the audit: 1 file changed, came or went (late.txt)" in out
    assert coursekit("audit", course, "--cache", tmp_path / "cache").out.count("edited during") == 0


def wave(seconds: int) -> bytes:
    """Silence."""
    data = bytes(2 * 8000 * seconds)
    head = b"RIFF" + (36 + len(data)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    form = (1).to_bytes(2, "little") * 2 + (8000).to_bytes(4, "little") + (16000).to_bytes(4, "little")
    return head + form + b"\2\0\x10\0" + b"data" + len(data).to_bytes(4, "little") + data
