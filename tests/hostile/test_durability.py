"""Disks that fill up, break and shut; clocks that jump; files that change: the old file or the new one, and words."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from coursekit.engine.job import Job, run_job
from coursekit.files import WholeFile, replacing, write_atomic
from coursekit.folder import Identity
from coursekit.model import FileKind
from tests.cli.courses import coursekit, make_course, profile

root_only = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can mount a small disk to be filled"
)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of 256 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.decode(errors='replace').strip()}")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(disk: Path) -> None:
    """To the last block."""
    with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


@root_only
def test_a_full_disk_keeps_the_old_report_and_is_said(tmp_path: Path, small_disk: Path) -> None:
    course = make_course(tmp_path / "course")
    report = small_disk / "report.json"
    report.write_text("the old one", encoding="utf-8")
    fill(small_disk)
    said = coursekit("audit", course, "-p", profile(tmp_path), "-o", report)
    assert said.code == 3
    assert "report.json" in said.err
    assert "No space left" in said.err
    assert report.read_text(encoding="utf-8") == "the old one"
    assert [p.name for p in small_disk.iterdir() if p.name.startswith(".")] == []


@root_only
def test_a_disk_that_takes_half_a_write_is_full_and_not_done(small_disk: Path) -> None:
    fill(small_disk)
    with (small_disk / "ballast").open("r+b") as ballast:
        ballast.truncate(ballast.seek(0, 2) - 8192)
    with pytest.raises(OSError, match="No space left"), WholeFile(small_disk / "lesson", "xb") as file:
        file.write(bytes(100_000))
    with (small_disk / "lesson").open("r+b", buffering=0) as file:
        file.truncate(0)
        assert file.write(bytes(100_000)) == 8192, "what an ordinary unbuffered file takes for done"


@root_only
def test_a_full_cache_costs_time_and_no_truth(tmp_path: Path, small_disk: Path) -> None:
    course = make_course(tmp_path / "course")
    fill(small_disk)
    said = coursekit("audit", course, "-p", profile(tmp_path), "-f", "json", "--cache", small_disk / "cache")
    assert said.code == 0, said.err
    assert said.report()["summary"]["outcome"] == "conforms"


def test_a_write_that_fails_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "file"
    write_atomic(target, "old")

    def fail_half_way() -> None:
        with replacing(target) as file:
            file.write(b"half of the new")
            raise OSError(errno.EIO, "disk")

    with pytest.raises(OSError, match="disk"):
        fail_half_way()
    assert target.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* Reads of the file named by BROKEN_FILE fail beyond BROKEN_AT, or come in drips of BROKEN_DRIP bytes. */
static int is_it(int fd) {
  char link[64], name[4096];
  const char *wanted = getenv("BROKEN_FILE");
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, name, sizeof name - 1);
  if (n <= 0 || !wanted) return 0;
  name[n] = 0;
  return strcmp(name, wanted) == 0;
}
ssize_t read(int fd, void *to, size_t n) {
  static ssize_t (*real)(int, void *, size_t);
  if (!real) real = dlsym(RTLD_NEXT, "read");
  if (is_it(fd)) {
    const char *at = getenv("BROKEN_AT"), *drip = getenv("BROKEN_DRIP");
    if (at && lseek(fd, 0, SEEK_CUR) >= atol(at)) { errno = EIO; return -1; }
    if (drip && n > (size_t)atol(drip)) n = atol(drip);
  }
  return real(fd, to, n);
}
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library put in front of the C library's read."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("no C compiler here to build a disk that breaks")
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text(SHIM, encoding="ascii")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", folder / "shim.so", folder / "shim.c", "-ldl"], check=True)
    return folder / "shim.so"


READ = """
import json, sys
from pathlib import Path
from coursekit import codec
from coursekit.engine.job import Job, run_job
from coursekit.folder import Identity
from coursekit.model import FileKind
path = Path(sys.argv[1])
facts = run_job(Job(path.name, path, FileKind.VIDEO, Identity.of(path), None, None), lambda *_: None)
print(codec.dumps(facts))
"""


def _read(path: Path, shim: Path, **broken: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", READ, path],
        env={**os.environ, "LD_PRELOAD": str(shim), "BROKEN_FILE": str(path.resolve()), **broken},
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    read: dict[str, object] = json.loads(done.stdout)
    return read


def test_short_reads_change_no_figure(tmp_path: Path, shim: Path) -> None:
    clip = make_course(tmp_path / "course") / "lesson-1.mp4"
    plain = _read(clip, shim)
    assert "problems" not in plain or plain["problems"] == []
    assert _read(clip, shim, BROKEN_DRIP="97") == plain


@pytest.mark.parametrize("at", ["0", "700"])
def test_a_disk_that_fails_is_said_and_never_judged(tmp_path: Path, shim: Path, at: str) -> None:
    clip = make_course(tmp_path / "course") / "lesson-1.mp4"
    facts = _read(clip, shim, BROKEN_AT=at)
    (problem,) = facts["problems"]  # type: ignore[misc]
    assert problem["code"] in ("unreadable", "io"), "a problem of the disk, not of the file"
    assert "Input/output" in problem["detail"]
    assert not facts.get("video")


NOBODY = """
import os, sys
from pathlib import Path
import av, numpy, PIL.Image
import coursekit.probe.measure, coursekit.audio.measure, coursekit.video.measure
from coursekit import codec
from coursekit.engine.job import Job, run_job
from coursekit.files import write_atomic
from coursekit.folder import Identity
from coursekit.model import FileKind
os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
path = Path(sys.argv[1])
facts = run_job(Job(path.name, path, FileKind.VIDEO, Identity.of(path), None, path.parent / "cache"), lambda *_: None)
print(codec.dumps(facts, indent=None), end="")
try:
    write_atomic(path.parent / "report.json", "{}")
except OSError as error:
    print(type(error).__name__)
"""


@root_only
def test_folders_that_may_only_be_read_are_enough_and_lost_permission_is_named(tmp_path: Path) -> None:
    course = make_course(tmp_path / "course", ("lesson-1.mp4", "lesson-2.mp4"))
    for place in (*tmp_path.parents, tmp_path):
        if not place.stat().st_mode & 0o001:
            place.chmod(place.stat().st_mode | 0o055)
    course.chmod(0o555)
    (course / "lesson-2.mp4").chmod(0)
    said = {}
    for name in ("lesson-1.mp4", "lesson-2.mp4"):
        done = subprocess.run(
            [sys.executable, "-c", NOBODY, course / name], capture_output=True, check=True, cwd=ROOT, text=True
        )
        facts, refused = done.stdout.splitlines()
        said[name] = json.loads(facts)
        assert refused == "PermissionError", "the report could not be written, and that was said"
    assert said["lesson-1.mp4"]["sha256"], "a folder that may only be read is enough"
    assert "unreadable" not in [p["code"] for p in said["lesson-1.mp4"].get("problems", [])]
    assert [p["code"] for p in said["lesson-2.mp4"]["problems"]] == ["unreadable"]
    assert sorted(p.name for p in course.iterdir()) == ["lesson-1.mp4", "lesson-2.mp4"]


def test_a_clock_that_jumps_back_makes_nothing_stale_pass_for_new(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"x")
    now = time.time_ns()
    identity = Identity.of(path)
    assert not identity.settled(now)
    assert identity.settled(now + 60_000_000_000)
    assert not identity.settled(now - 3600_000_000_000), "a file from the future proves nothing"
    os.utime(path, (now / 1e9 + 1e6, now / 1e9 + 1e6))
    assert not Identity.of(path).settled(now + 60_000_000_000)


def test_same_size_and_time_but_other_bytes_is_another_identity(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"old")
    before = Identity.of(path)
    os.utime(path, ns=(before.mtime_ns, before.mtime_ns))
    time.sleep(0.02)
    path.write_bytes(b"new")
    os.utime(path, ns=(before.mtime_ns, before.mtime_ns))
    assert Identity.of(path) != before, "nobody can set the change time back"


def test_a_file_that_is_gone_when_its_turn_comes_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"x")
    job = Job("a.mp4", path, FileKind.VIDEO, Identity.of(path), None, None)
    path.unlink()
    facts = run_job(job, lambda *_: None)
    assert [p.code for p in facts.problems] == ["unreadable"]
