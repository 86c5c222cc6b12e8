"""Large packages: zip64, bounded memory, and a speed that is set against sha256sum and cp when somebody asks.

Two lessons of 40 MB here; COURSEKIT_PACK_LESSONS=12 COURSEKIT_PACK_MB=800 with `-s` prints the figures.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from coursekit.bundle.bagwrite import write_bag_zip
from coursekit.bundle.keys import SigningKey, new_key
from coursekit.bundle.model import Answer, Approval, FileRole, Package, PackagedFile, PackagedLesson
from coursekit.bundle.plan import RECORDS, Plan
from coursekit.bundle.verify import verify_package
from coursekit.files import sha256_of
from tests.bundle.packed import Packed

LESSONS = int(os.environ.get("COURSEKIT_PACK_LESSONS", "2"))
MEGABYTES = int(os.environ.get("COURSEKIT_PACK_MB", "40"))
MOST_MEMORY_MB = 200
STEP = """
import pathlib, pickle, resource, sys
from coursekit.bundle.bagwrite import write_bag_zip
from coursekit.bundle.keys import new_key
from coursekit.bundle.verify import verify_package
what, target, plan = sys.argv[1:]
if what == "pack":
    write_bag_zip(pickle.loads(pathlib.Path(plan).read_bytes()), pathlib.Path(target), (new_key(),))
else:
    found = verify_package(pathlib.Path(target), trust=None, bag_only=True)
    assert not found.faults, found.faults
status = pathlib.Path("/proc/self/status")
# Where /proc is, it knows this program alone; ru_maxrss also counts what the parent held before the exec.
lines = status.read_text().splitlines() if status.exists() else []
peak = next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), None)
print(peak or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def bulk_plan(sources: list[Path], sums: list[str]) -> Plan:
    """A plan for files that are no lessons: only their bytes count here."""
    files = tuple(
        PackagedFile(p.name, sha256, p.stat().st_size, FileRole.MEDIA) for p, sha256 in zip(sources, sums, strict=True)
    )
    lessons = tuple(
        PackagedLesson(f.path, f.path, f.path, f.sha256, f.size_bytes, 2700.0, "online", "theory", "1/1") for f in files
    )
    package = Package("bulk", "bulk", "0" * 64, False, "conforms", "course", "must", (), Approval(False, False),
                      lessons, (), files)  # fmt: skip
    return Plan(package, {p.name: p for p in sources}, dict.fromkeys(RECORDS, b"{}"), {})


def make_bulk(folder: Path) -> list[Path]:
    """Files that do not compress and have no holes."""
    folder.mkdir()
    block = os.urandom(1 << 20)
    paths = [folder / f"{n:02}.bin" for n in range(LESSONS)]
    for number, path in enumerate(paths):
        with path.open("wb") as file:
            for piece in range(MEGABYTES):
                file.write(number.to_bytes(4, "big") + piece.to_bytes(4, "big") + block[: 1_000_000 - 8])
    return paths


@pytest.mark.skipif(sys.platform == "win32", reason="the resource module and sha256sum are not on this system")
def test_memory_is_bounded_whatever_the_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sources = make_bulk(tmp_path / "bulk")
    total = sum(p.stat().st_size for p in sources)
    said = {}
    sums = [sha256_of(p) for p in sources]
    if "COURSEKIT_PACK_LESSONS" in os.environ:
        began = time.monotonic()
        subprocess.run(["sha256sum", *sources], check=True, capture_output=True)
        (tmp_path / "copy").mkdir()
        subprocess.run(["cp", *sources, tmp_path / "copy"], check=True)
        said["sha256sum + cp"] = time.monotonic() - began, 0
        shutil.rmtree(tmp_path / "copy")
    (tmp_path / "plan").write_bytes(pickle.dumps(bulk_plan(sources, sums)))
    for what in ("pack", "verify"):
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", STEP, what, tmp_path / "x.zip", tmp_path / "plan"],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        memory = int(done.stdout.split()[-1]) // 1024
        said[what] = time.monotonic() - began, memory
        assert memory <= MOST_MEMORY_MB
    shutil.rmtree(tmp_path / "bulk")
    (tmp_path / "x.zip").unlink()
    with capsys.disabled():
        if "COURSEKIT_PACK_LESSONS" in os.environ:
            for what, (seconds, memory) in said.items():
                print(f"\n{what}: {seconds:.1f} s, {total / seconds / 1e6:.0f} MB/s, {memory} MB of memory")


def test_zip64_is_written_and_read(packed: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the limit lowered, every entry and offset of a small package is a large one."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    made = write_bag_zip(packed.plan, tmp_path / "x.zip", (packed.key,))
    raw = made.path.read_bytes()
    assert raw != packed.zip.read_bytes()
    assert b"PK\6\6" in raw[-200:]
    assert verify_package(made.path, trust=packed.trust).ok


def test_many_small_files_are_verified(tmp_path: Path) -> None:
    (tmp_path / "bulk").mkdir()
    paths = [tmp_path / "bulk" / f"{n}.txt" for n in range(3000)]
    for path in paths:
        path.write_bytes(path.name.encode())
    sums = [hashlib.sha256(p.name.encode()).hexdigest() for p in paths]
    key: SigningKey = new_key()
    plan = bulk_plan(paths, sums)
    plan = replace(plan, package=replace(plan.package, lessons=()))
    made = write_bag_zip(plan, tmp_path / "x.zip", (key,))
    found = verify_package(made.path, trust=None, bag_only=True)
    assert (found.answer, len(found.files)) == (Answer.WHOLE, 3000 + len(RECORDS))
