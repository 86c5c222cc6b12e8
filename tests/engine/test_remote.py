"""A course on a store gives the report it gives on a disk, through little scratch space and a poor line."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from coursekit import codec, pipeline, store
from coursekit.folder import CourseError, list_folder
from coursekit.scratch import NoRoom, Scratch
from coursekit.settings import Settings
from tests.cli.courses import coursekit, make_course

# The store's client and the store's stand-in let go of their sockets when the collector comes by.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:(moto|botocore|aiobotocore|werkzeug).*"),
]
BUCKET = "studio"
KEY, SECRET, TOKEN = "AKIA-TEST-KEY", "secret-that-nobody-may-see", "token-that-nobody-may-see"
NAMES = ("1 入门/lesson-1.mp4", "1 入门/lesson-2.mp4", "lesson #3.mp4")
MANIFEST = """\
schema: coursekit/manifest/1
course:
  id: demo
  title: 演示
lessons: []
"""


class Store:
    """moto's server, and what a test wants of it."""

    def __init__(self, url: str) -> None:
        import boto3

        self.url = url
        self.client = boto3.client(
            "s3", endpoint_url=url, aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="us-east-1"
        )
        self.client.create_bucket(Bucket=BUCKET)

    def put(self, key: str, data: bytes) -> None:
        self.client.put_object(Bucket=BUCKET, Key=key, Body=data)

    def put_folder(self, folder: Path, prefix: str) -> str:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(f"{prefix}/{path.relative_to(folder).as_posix()}", path.read_bytes())
        return f"s3://{BUCKET}/{prefix}"


@pytest.fixture(scope="module")
def moto() -> Iterator[Store]:
    server = pytest.importorskip("moto.server", reason="the development extra is not installed")
    pytest.importorskip("s3fs", reason="the extra coursekit[remote] is not installed")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield Store(f"http://{host}:{port}")
    running.stop()


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Points this process, and those it starts, at a store."""

    def point(url: str) -> None:
        import fsspec

        for name, value in {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": TOKEN,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "COURSEKIT_SCRATCH": str(tmp_path / "scratch"),
        }.items():
            monkeypatch.setenv(name, value)
        store._store.cache_clear()
        fsspec.get_filesystem_class("s3").clear_instance_cache()

    yield point
    store._store.cache_clear()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("courses") / "示范课"
    (folder / "1 入门").mkdir(parents=True)
    make_course(folder, NAMES)
    (folder / "broken.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(5000))
    (folder / "notes.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nGood day\n", encoding="utf-8")
    (folder / "picture").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    (folder / "empty.mp4").write_bytes(b"")
    (folder / ".hidden.mp4").write_bytes(b"no")
    (folder / "reports").mkdir()
    (folder / "reports" / "old.mp4").write_bytes(b"no")
    return folder


def settings(cache: Path | None, engine: str = "local") -> Settings:
    return Settings(lang="en", workers=1, engine=engine, cache_root=cache)


def without_run(audit: pipeline.Audit) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(codec.dumps(audit.report))
    del report["run"]
    return report


@pytest.fixture(scope="module")
def on_disk(course: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return without_run(pipeline.audit(course, settings(tmp_path_factory.mktemp("disk"))))


def largest(folder: Path) -> int:
    return max(path.stat().st_size for path in folder.rglob("*") if path.is_file())


class Watch:
    """How much lies in a folder at most, looked at every few milliseconds from beside."""

    def __init__(self, folder: Path) -> None:
        self.most = 0
        self.looks = 0
        self._folder = folder
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._end.wait(0.003):
            lying = 0
            for folder, _, names in os.walk(self._folder):
                for name in names:
                    try:
                        lying += (Path(folder) / name).stat().st_size
                    except FileNotFoundError:
                        continue
            self.most = max(self.most, lying)
            self.looks += 1


def test_report_is_that_of_the_disk_and_scratch_space_stays_small(
    moto: Store, connect: Callable[[str], None], course: Path, on_disk: dict[str, Any], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    url = moto.put_folder(course, "示范课")
    connect(moto.url)
    # Room for one lesson and a half, and two workers that would like more.
    room = largest(course) * 3 // 2
    monkeypatch.setenv("COURSEKIT_SCRATCH_GB", repr(room / 1e9))
    with Watch(tmp_path / "scratch") as watch:
        audit = pipeline.audit(url, Settings(lang="en", workers=2, cache_root=tmp_path / "cache"))
    assert without_run(audit) == on_disk
    assert watch.looks > 50
    assert largest(course) <= watch.most <= room
    assert [p.name for p in (tmp_path / "scratch").iterdir()] == []
    # Unchanged by the store's word: nothing is fetched, and the bytes are known on a disk too.
    again = pipeline.audit(url, settings(tmp_path / "cache"), want_facts=True)
    assert again.report.run.measured_files == 0
    assert without_run(again) == on_disk
    stages = sorted((tmp_path / "cache" / "facts").rglob("*.json"))
    assert without_run(pipeline.audit(course, settings(tmp_path / "cache"))) == on_disk
    assert sorted((tmp_path / "cache" / "facts").rglob("*.json")) == stages


def test_workers_of_a_cluster_fetch_for_themselves(
    moto: Store, connect: Callable[[str], None], course: Path, on_disk: dict[str, Any], tmp_path: Path
) -> None:
    pytest.importorskip("distributed", reason="the extra coursekit[cluster] is not installed")
    url = moto.put_folder(course, "cluster/示范课")
    connect(moto.url)
    target = tmp_path / "report.json"
    said = coursekit("audit", url, "--engine", "dask://local?workers=1", "--cache", tmp_path / "cache", "-o", target)
    report = json.loads(target.read_text(encoding="utf-8"))
    assert report.pop("run")["measured_files"] == 7, said.err
    assert report == on_disk
    assert list((tmp_path / "scratch").iterdir()) == []


class Cutter:
    """Passes bytes on between a client and the store, and cuts the line in the midst of answers."""

    def __init__(self, target: str, after_bytes: int, times: int) -> None:
        host, port = target.removeprefix("http://").split(":")
        self._target = (host, int(port))
        self._after = after_bytes
        self.left = times
        self.cuts = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            upstream = socket.create_connection(self._target)
            threading.Thread(target=self._pass, args=(client, upstream, None), daemon=True).start()
            threading.Thread(target=self._pass, args=(upstream, client, self._after), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, limit: int | None) -> None:
        passed = 0
        try:
            while data := source.recv(16384):
                passed += len(data)
                if limit is not None and passed > limit and self.left > 0:
                    self.left -= 1
                    self.cuts += 1
                    sink.sendall(data[: len(data) // 2])
                    break
                sink.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, sink):
                # Closing alone would not wake the thread that reads it.
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()


@pytest.mark.skipif(os.name == "nt", reason="closes sockets that another thread reads")
def test_dropped_connections_are_taken_up_again(
    moto: Store, connect: Callable[[str], None], course: Path, on_disk: dict[str, Any], tmp_path: Path
) -> None:
    url = moto.put_folder(course, "cut/示范课")
    cutter = Cutter(moto.url, after_bytes=40_000, times=5)
    connect(cutter.url)
    audit = pipeline.audit(url, settings(tmp_path / "cache"))
    cutter.close()
    assert cutter.cuts == 5
    assert without_run(audit) == on_disk


def test_line_that_stays_dead_is_said_and_not_kept(
    moto: Store, connect: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(moto.url)
    monkeypatch.setattr(store, "_FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(store, "_ATTEMPTS", 2)
    moto.put("dead/lesson.mp4", bytes(200_000))
    (entry,) = list_folder(f"s3://{BUCKET}/dead").entries.values()
    cutter = Cutter(moto.url, after_bytes=20_000, times=10**6)
    connect(cutter.url)
    ticks: list[float] = []
    assert entry.url is not None
    with (
        pytest.raises(store.StoreError) as caught,
        store.near(entry.url, entry.identity, lambda: ticks.append(time.monotonic())),
    ):
        pass
    cutter.close()
    assert caught.value.code == "io"
    assert "2 attempts" in caught.value.detail
    assert ticks
    assert list((tmp_path / "scratch").iterdir()) == []


def test_file_replaced_after_the_listing_is_refused(moto: Store, connect: Callable[[str], None]) -> None:
    connect(moto.url)
    moto.put("replaced/lesson.mp4", b"a" * 1000)
    (entry,) = list_folder(f"s3://{BUCKET}/replaced").entries.values()
    moto.put("replaced/lesson.mp4", b"b" * 1000)
    assert entry.url is not None
    with pytest.raises(store.StoreError) as caught, store.near(entry.url, entry.identity, lambda: None):
        pass
    assert caught.value.code == "changed-while-read"


def test_replaced_while_it_is_read_is_refused(
    moto: Store, connect: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(moto.url)
    monkeypatch.setattr(store, "_CHUNK_BYTES", 400)
    moto.put("swapped/lesson.mp4", b"a" * 1000)
    (entry,) = list_folder(f"s3://{BUCKET}/swapped").entries.values()
    assert entry.url is not None
    with (
        pytest.raises(store.StoreError) as caught,
        store.near(entry.url, entry.identity, lambda: moto.put("swapped/lesson.mp4", b"b" * 1000)),
    ):
        pass
    assert caught.value.code == "changed-while-read"


def test_file_larger_than_the_scratch_space_is_no_silence(
    moto: Store, connect: Callable[[str], None], course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(moto.url)
    monkeypatch.setenv("COURSEKIT_SCRATCH_GB", "0.000001")
    moto.put("large/lesson.mp4", bytes(2000))
    audit = pipeline.audit(f"s3://{BUCKET}/large", settings(None), want_facts=True)
    assert audit.facts is not None
    (problem,) = audit.facts.files[0].problems
    assert problem.code == "scratch-too-small"
    assert "COURSEKIT_SCRATCH_GB" in problem.detail
    assert audit.report.summary.outcome == "undecided"


def test_nothing_secret_is_said(moto: Store, connect: Callable[[str], None], course: Path, tmp_path: Path) -> None:
    url = moto.put_folder(course, "secret")
    connect(moto.url)
    said = coursekit("audit", url, "-vv", "-f", "json", "--cache", tmp_path / "cache")
    assert said.code in (0, 1, 3)
    assert said.report()["course"]["title"] == "secret"
    kept = "".join(p.read_text("utf-8") for p in (tmp_path / "cache").rglob("*.json"))
    for secret in (KEY, SECRET, TOKEN, "Authorization", "Signature="):
        assert secret not in said.out + said.err + kept


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("s3://", "store-address"),
        ("s3://KEY:SECRET@studio/course", "store-address"),
        ("s3://studio/nothing-here", "course-missing"),
        ("s3://no-such-bucket/course", "course-missing"),
    ],
)
def test_address_that_leads_nowhere(moto: Store, connect: Callable[[str], None], target: str, code: str) -> None:
    connect(moto.url)
    with pytest.raises(CourseError) as caught:
        list_folder(target)
    assert caught.value.code == code
    assert "SECRET" not in repr(caught.value.args_)


def test_store_that_does_not_answer_is_named(connect: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("s3fs")
    connect("http://user:hidden@127.0.0.1:9")
    monkeypatch.setitem(store._TIMEOUTS, "retries", {"max_attempts": 1, "mode": "standard"})
    with pytest.raises(CourseError) as caught:
        list_folder("s3://studio/course")
    assert caught.value.code == "store-unreachable"
    assert "hidden" not in caught.value.args_["detail"]


def test_without_the_extra_the_message_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "s3fs.py").write_text("raise ImportError('no s3fs here')\n", encoding="utf-8")
    said = coursekit("audit", "s3://studio/course", "--no-cache", PYTHONPATH=str(tmp_path))
    assert said.code == 2
    assert 'pip install "coursekit[remote]"' in said.err


def test_manifest_on_a_store_is_read_and_papers_are_not(
    moto: Store, connect: Callable[[str], None], tmp_path: Path
) -> None:
    connect(moto.url)
    moto.put("with-manifest/course.yaml", MANIFEST.encode())
    moto.put("with-manifest/filing/papers/identity.pdf", b"%PDF-")
    moto.put("with-manifest/a//b.mp4", b"x")
    url = f"s3://{BUCKET}/with-manifest"
    audit = pipeline.audit(url, settings(tmp_path / "cache"))
    assert audit.report.course.manifest == "course.yaml"
    assert "identity" not in codec.dumps(audit.report)
    assert list_folder(url).entries["a//b.mp4"].refused == "outside-course"
    said = coursekit("audit", url, "--scope", "filing", "--cache", tmp_path / "cache")
    assert said.code == 2
    assert "papers (filing/)" in said.err


def test_one_lesson_of_a_store(moto: Store, connect: Callable[[str], None], course: Path, tmp_path: Path) -> None:
    moto.put_folder(course, "one")
    connect(moto.url)
    said = coursekit("measure", f"s3://{BUCKET}/one/{NAMES[2]}", "--cache", tmp_path / "cache")
    assert said.code == 0, said.err
    (facts,) = json.loads(said.out)["files"]
    assert facts["path"] == "lesson #3.mp4"
    assert facts["video"][0]["frames"] == 25


def test_room_is_shared_waited_for_and_given_back(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "scratch", 100)
    order: list[str] = []
    waiting = threading.Event()

    def second() -> None:
        with scratch.room(60, waiting.set) as place:
            order.append("second")
            assert place.is_dir()

    with scratch.room(50) as first, scratch.room(50) as other:
        assert first != other
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]
    assert list(scratch.root.iterdir()) == []
    with pytest.raises(NoRoom), scratch.room(101):
        pass


def test_room_of_a_dead_process_is_taken_back(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "scratch", 100)
    left = scratch.root / "0123-90"
    left.mkdir(parents=True)
    (left / "held").write_bytes(b"")
    (left / "file.mp4").write_bytes(bytes(90))
    with scratch.room(50):
        assert not left.exists()
