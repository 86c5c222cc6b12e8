"""A cluster of two workers gives the report that one machine gives, whatever becomes of the workers."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coursekit import codec, pipeline
from coursekit.engine.address import Cluster, EngineError, parse_engine
from coursekit.engine.dask_client import DaskEngine
from coursekit.engine.dask_worker import Build, Order, Unfit, measure_on_worker
from coursekit.engine.job import Job
from coursekit.engine.local import LocalEngine
from coursekit.folder import Identity
from coursekit.model import FileKind
from coursekit.settings import Settings
from coursekit.terms import FailOn
from tests.cli.courses import coursekit, make_course, profile
from tests.media import make_video

# distributed lets go of sockets and event loops when the collector comes by, not when a cluster is closed.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
NAMES = tuple(f"lesson-{number}.mp4" for number in range(4))


@pytest.fixture(scope="module")
def workers_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workers")


@pytest.fixture(scope="module")
def cluster(workers_cache: Path) -> Iterator[Any]:
    distributed = pytest.importorskip("distributed", reason="the extra coursekit[cluster] is not installed")
    before = os.environ.get("COURSEKIT_CACHE")
    os.environ["COURSEKIT_CACHE"] = str(workers_cache)
    try:
        with distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", silence_logs=50
        ) as started:
            yield started
    finally:
        os.environ.pop("COURSEKIT_CACHE")
        if before is not None:
            os.environ["COURSEKIT_CACHE"] = before


@pytest.fixture
def engine(cluster: Any) -> str:
    """As a person writes it."""
    return str(cluster.scheduler_address).replace("tcp://", "dask://")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_course(tmp_path_factory.mktemp("courses") / "course", NAMES)
    (folder / "broken.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(5000))
    (folder / "notes.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nGood day\n", encoding="utf-8")
    for path in folder.iterdir():
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return folder


def settings(cache: Path, engine: str = "local") -> Settings:
    return Settings(lang="en", fail_on=FailOn.MUST, workers=1, engine=engine, cache_root=cache)


def without_run(audit: pipeline.Audit) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(codec.dumps(audit.report))
    del report["run"]
    return report


@pytest.fixture(scope="module")
def on_disk(course: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What this machine alone says."""
    return without_run(pipeline.audit(course, settings(tmp_path_factory.mktemp("alone"))))


def entries(cache: Path) -> dict[str, int]:
    return {str(p.relative_to(cache)): p.stat().st_mtime_ns for p in (cache / "facts").rglob("*.json")}


def test_report_is_that_of_one_machine_and_nothing_is_measured_twice(
    course: Path, engine: str, on_disk: dict[str, Any], workers_cache: Path, tmp_path: Path
) -> None:
    heard: list[pipeline.Event] = []
    first = pipeline.audit(course, settings(tmp_path / "mine", engine), heard.append)
    assert without_run(first) == on_disk
    assert first.report.run.measured_files == len(NAMES) + 2
    done = [e.facts.path for e in heard if isinstance(e, pipeline.Finished)]
    assert sorted(done) == sorted([*NAMES, "broken.mp4", "notes.srt"])
    # What came back fills this machine's cache …
    again = pipeline.audit(course, settings(tmp_path / "mine"), want_facts=True)
    assert again.report.run.measured_files == 0
    assert without_run(again) == on_disk
    # … and the workers know it too, for whoever asks next.
    before = entries(workers_cache)
    assert before
    other = pipeline.audit(course, settings(tmp_path / "other", engine))
    assert without_run(other) == on_disk
    assert entries(workers_cache) == before


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot kill by signal")
def test_killed_worker_changes_nothing(cluster: Any, engine: str, tmp_path: Path) -> None:
    import psutil

    course = make_course(tmp_path / "course", NAMES[:2])
    make_video(course / "long.mp4", seconds=25, size=(480, 270))
    alone = without_run(pipeline.audit(course, settings(tmp_path / "alone")))
    killed: list[Any] = []
    over = threading.Event()

    def has_it_open(process: Any) -> bool:
        try:
            return any(f.path.endswith("long.mp4") for f in process.open_files())
        except psutil.Error:
            return False

    def watch() -> None:
        while not over.wait(0.01):
            for nanny in cluster.workers.values():
                at_work = [c for c in psutil.Process(nanny.pid).children(recursive=True) if has_it_open(c)]
                if at_work:
                    killed.extend(at_work)
                    os.kill(nanny.pid, signal.SIGKILL)
                    return

    # Not from the first step that is told of: a quiet machine has the lesson measured before one is due.
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        audit = pipeline.audit(course, settings(tmp_path / "mine", engine))
    finally:
        over.set()
        watcher.join()
    assert without_run(audit) == alone
    assert killed, "no worker was killed while it measured: this test has shown nothing"
    assert audit.facts is not None
    assert not any(file.problems for file in audit.facts.files)
    # What the lost worker had started does not go on measuring for nobody.
    _, alive = psutil.wait_procs(killed, timeout=10)
    assert not alive


def test_cluster_of_this_machine_serves(course: Path, on_disk: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    target = tmp_path / "report.json"
    said = coursekit("audit", course, "--engine", "dask://local?workers=1", "--cache", tmp_path / "c", "-o", target)
    report = json.loads(target.read_text(encoding="utf-8"))
    assert report.pop("run")["measured_files"] == len(NAMES) + 2
    assert report == on_disk
    assert "distributed" not in said.err
    assert "[6/6]" in said.err


@pytest.mark.parametrize(
    ("text", "cluster"),
    [
        ("local", None),
        ("dask://media-7:8786", Cluster("tcp://media-7:8786")),
        ("dask://10.0.0.7:8786/", Cluster("tcp://10.0.0.7:8786")),
        ("dask://[fe80::1]:8786", Cluster("tcp://[fe80::1]:8786")),
        ("dask+tls://media-7:8786", Cluster("tls://media-7:8786")),
        ("dask://local", Cluster(None)),
        ("dask://local?workers=2", Cluster(None, 2)),
    ],
)
def test_address(text: str, cluster: Cluster | None) -> None:
    assert parse_engine(text) == cluster


@pytest.mark.parametrize(
    "text",
    ["", "cloud", "dask://", "dask://host", "dask://host:x", "dask://u@host:1", "tcp://host:1", "dask://host:1/path",
     "dask://local?workers=0", "dask://local?workers=two", "dask://local?threads=2", "dask://h:1?workers=2"],
)  # fmt: skip
def test_address_that_is_none_is_told_so(text: str) -> None:
    with pytest.raises(EngineError) as caught:
        parse_engine(text)
    assert caught.value.code == "engine-unknown"


def test_scheduler_that_is_not_there_is_named(course: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    with pytest.raises(EngineError) as caught, DaskEngine(Cluster("tcp://127.0.0.1:9"), connect_s=1.0):
        pass
    assert caught.value.code == "engine-unreachable"
    assert caught.value.args_["scheduler"] == "tcp://127.0.0.1:9"


def test_certificates_that_are_wanting_are_no_traceback() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(EngineError) as caught, DaskEngine(Cluster("tls://127.0.0.1:9"), connect_s=1.0):
        pass
    assert caught.value.code == "engine-unreachable"
    assert "TLS" in caught.value.args_["detail"]


@contextlib.contextmanager
def started(timer: threading.Timer) -> Iterator[None]:
    timer.start()
    yield
    timer.join()


def address_in(place: Path) -> str:
    """What a scheduler that is starting writes there; the file is there a moment before its words are."""
    until = time.monotonic() + 60
    while True:
        try:
            return str(json.loads(place.read_text(encoding="utf-8"))["address"])
        except (FileNotFoundError, json.JSONDecodeError):
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def test_scheduler_that_is_lost_stops_the_run(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    place = tmp_path / "scheduler.json"
    argv = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    scheduler = subprocess.Popen(
        [*argv, "--no-dashboard", "--scheduler-file", place], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        address = address_in(place)
        end = threading.Timer(0.5, scheduler.kill)
        with pytest.raises(EngineError) as caught, DaskEngine(Cluster(address), connect_s=5.0) as there, started(end):
            list(there.run([job(tmp_path / "a.mp4"), job(tmp_path / "b.mp4")], lambda _: None))
    finally:
        scheduler.kill()
        scheduler.wait()
    assert caught.value.code == "engine-lost"
    assert caught.value.midway


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot kill by signal")
def test_measuring_process_that_is_lost_is_replaced(course: Path) -> None:
    engine = LocalEngine(1)
    with engine:
        good = engine.measure(asked(course / NAMES[0]), lambda _: None)
        pid = engine._workers[0].process.pid
        assert pid
        os.kill(pid, signal.SIGSTOP)
        threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()
        lost = engine.measure(asked(course / NAMES[1]), lambda _: None)
        again = engine.measure(asked(course / NAMES[1]), lambda _: None)
    assert good.problems == ()
    assert [p.code for p in lost.problems] == ["crashed"]
    assert again.problems == ()
    assert again.video[0].frames == 25


def asked(path: Path) -> Job:
    return Job(path.name, path, FileKind.VIDEO, Identity.of(path), None, None)


def test_without_the_extra_the_message_says_what_to_install(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "distributed.py").write_text("raise ImportError('no distributed here')\n", encoding="utf-8")
    said = coursekit(
        "audit", course, "-p", profile(tmp_path), "--engine", "dask://h:1", "--no-cache", PYTHONPATH=str(tmp_path)
    )
    assert said.code == 2
    assert 'pip install "coursekit[cluster]"' in said.err
    assert "Nothing was audited" in said.err
    assert said.out == ""


def test_worker_of_another_build_is_refused(engine: str) -> None:
    other = Build("0.0.1", "3.11.0", "tools", "code")
    with pytest.raises(EngineError) as caught, DaskEngine(Cluster(engine.replace("dask", "tcp")), build=other):
        pass
    assert caught.value.code == "engine-worker-differs"
    assert "0.0.1" in caught.value.args_["difference"]


def job(path: Path) -> Job:
    return Job(path.name, path, FileKind.VIDEO, Identity(1, 1, 1, 1), None, None)


def test_worker_that_came_late_and_differs_measures_nothing(course: Path) -> None:
    with pytest.raises(Unfit) as caught:
        measure_on_worker(job(course / NAMES[0]), Order(Build("0.0.1", "3.11", "", ""), "topic", own_cache=True))
    assert caught.value.code == "engine-worker-differs"


def test_worker_that_does_not_see_the_course_stops_the_run(engine: str, tmp_path: Path) -> None:
    with pytest.raises(EngineError) as caught, DaskEngine(Cluster(engine.replace("dask", "tcp"))) as there:
        list(there.run([job(tmp_path / "elsewhere" / "a.mp4")], lambda _: None))
    assert caught.value.code == "engine-worker-blind"
    assert "elsewhere" in caught.value.args_["folder"]


@pytest.mark.logs_errors
def test_a_wait_that_is_left_behind_is_no_news(engine: str, caplog: pytest.LogCaptureFixture) -> None:
    """What asyncio says of a sender whose loop has ended, whenever the collector comes by: in a later lesson's log."""
    with DaskEngine(Cluster(engine.replace("dask", "tcp"))) as there:
        assert list(there.run([], lambda _: None)) == []
    loop = asyncio.new_event_loop()
    for error in (TimeoutError("Timeout"), OSError("disk")):
        loop.create_future().set_exception(error)
    loop.close()
    gc.collect()
    said = [r.exc_info[1] for r in caplog.records if r.exc_info]
    assert [str(error) for error in said] == ["disk"]


def test_cluster_without_workers_does_not_wait_for_ever(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0", silence_logs=50) as empty,
        pytest.raises(EngineError) as caught,
        DaskEngine(Cluster(empty.scheduler_address), patience_s=0.0) as there,
    ):
        list(there.run([job(tmp_path / "a.mp4")], lambda _: None))
    assert caught.value.code == "engine-no-workers"
