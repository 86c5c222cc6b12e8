"""What a file finds that has taken a worker over: nothing it may change, nobody to talk to, no way up."""

from __future__ import annotations

import json
import os
import pickle
import platform
import sys
from pathlib import Path

import pytest

from coursekit import codec
from coursekit.engine import cage, local
from coursekit.engine.job import Job
from coursekit.engine.local import Limits, LocalEngine
from coursekit.folder import Identity
from coursekit.model import FileFacts, FileKind
from tests.cli.courses import coursekit
from tests.media import make_video

caged = pytest.mark.skipif(
    cage.landlock_version() == 0 or cage.seccomp_program(platform.machine()) is None,
    reason="this system offers no Landlock or no seccomp: nothing but limits holds here",
)
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows the environment of a process")


def job(path: Path, cache: Path | None = None) -> Job:
    return Job(path.name, path, FileKind.VIDEO, Identity.of(path), None, cache)


@pytest.fixture(scope="module")
def tried() -> cage.Cage:
    return cage.try_cage()


@caged
@pytest.mark.parametrize("part", ["environment", "limits", "writes", "network", "programs", "processes"])
def test_nothing_gets_out(tried: cage.Cage, part: str) -> None:
    assert tried.holds[part]


@caged
def test_doctor_says_that_it_holds_in_both_languages() -> None:
    assert "cage: whole" in coursekit("doctor").out
    assert "隔离: 完整" in coursekit("doctor", "--lang", "zh", lang="zh").out


def test_a_gap_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from coursekit.cli import doctor

    holds = dict.fromkeys(cage._PARTS, True) | {"network": False}
    monkeypatch.setattr(cage, "try_cage", lambda: cage.Cage(holds))
    said = doctor._cage()
    assert said.startswith("not whole")
    assert "no network" in said


@linux
def test_a_worker_measures_in_the_cage_and_remembers_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-nobody-may-see")
    clip = make_video(tmp_path / "a.mp4", seconds=3, size=(320, 180))
    seen: list[bytes] = []
    engine = LocalEngine(workers=1)

    def look(_: local.Step) -> None:
        pid = engine._workers[0].process.pid or 0
        seen.append(Path(f"/proc/{pid}/environ").read_bytes())
        assert os.getpgid(pid) == pid, "a group of its own, to be killed as one"

    with engine:
        (facts,) = engine.run([job(clip, tmp_path / "cache")], look)
    assert seen
    assert all(b"a-secret" not in environment for environment in seen)
    assert facts.problems == ()
    assert facts.probe is not None
    assert facts.probe.second_opinion, "the second reader starts a program, and it is the only one that may"
    assert any((tmp_path / "cache" / "facts").rglob("*.json")), "the cache may be written"


def test_where_the_cage_is_required_nothing_is_measured_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clip = tmp_path / "a.mp4"
    clip.write_bytes(b"x")
    monkeypatch.setattr(cage, "enter", lambda _: False)
    monkeypatch.setenv(local.REQUIRE_CAGE, "require")
    facts = local._caged(job(clip))(job(clip), lambda *_: None)
    assert [p.code for p in facts.problems] == ["not-caged"]


@linux
def test_processor_time_comes_to_an_end(tmp_path: Path) -> None:
    clip = make_video(tmp_path / "a.mp4", seconds=40, size=(1280, 720))
    with LocalEngine(workers=1, limits=Limits(cpu_s=0.2)) as engine:
        (facts,) = engine.run([job(clip)], lambda _: None)
    assert [p.code for p in facts.problems] == ["timeout"]
    assert "processor time" in facts.problems[0].detail


def test_an_answer_is_never_unpickled(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "taken over",)  # type: ignore[return-value]

    clip = tmp_path / "a.mp4"
    clip.write_bytes(b"x")
    about = job(clip)
    for said in (
        pickle.dumps(Evil()),
        b"f" + pickle.dumps(Evil()),
        b"s[1]",
        b's["a", 1]',
        b"f{}",
        b"f" + b"[" * 100_000,
        b"f" + codec.dumps(FileFacts("another.mp4", "", 1, FileKind.VIDEO)).encode(),
    ):
        with pytest.raises((ValueError, RecursionError)):
            local._understand(said, about)
    assert not (tmp_path / "taken over").exists()
    good = local._understand(b"s" + json.dumps([1.5, 3.0]).encode(), about)
    assert good == local.Step("a.mp4", 1.5, 3.0)


def test_the_filter_refuses_other_architectures_and_knows_its_own() -> None:
    for machine in ("x86_64", "aarch64"):
        program = cage.seccomp_program(machine)
        assert program is not None
        assert len(program) % 8 == 0
    assert cage.seccomp_program("riscv64") is None
