"""`coursekit package` killed at random moments: under the final name there is a whole package or none.

Five kills here; COURSEKIT_KILLS=100 for the campaign.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coursekit.bundle.appear import part_of
from coursekit.bundle.keys import load_trust, save_key
from coursekit.bundle.verify import verify_package
from tests.bundle.packed import LESSONS, MACHINE_ONLY, PASSPHRASE, Packed, make_small_course, trusting

KILLS = int(os.environ.get("COURSEKIT_KILLS", "5"))
PADDING = 25_000_000
"""Behind each lesson: enough bytes for a kill to fall among them."""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_a_killed_run_leaves_nothing_half_and_the_next_one_finishes(packed: Packed, tmp_path: Path) -> None:
    course = make_small_course(tmp_path / "course")
    for name in LESSONS:
        with (course / name).open("ab") as file:
            # A box that players skip, mostly a hole in the file.
            file.write((8 + PADDING).to_bytes(4, "big") + b"free")
            file.truncate(file.tell() + PADDING)
    profile, key, out = tmp_path / "p.toml", tmp_path / "studio.key", tmp_path / "out"
    profile.write_text(MACHINE_ONLY, encoding="utf-8")
    save_key(packed.key, key, PASSPHRASE)
    target = out / "x.bag.zip"
    command = [sys.executable, "-m", "coursekit", "package", course, "-p", profile, "--key", key, "-o", target, "-q"]
    env = {**os.environ, "COURSEKIT_KEY_PASSPHRASE": PASSPHRASE, "COURSEKIT_CACHE": str(tmp_path / "cache")}
    subprocess.run(command, env=env, check=True, capture_output=True)
    whole = target.read_bytes()

    def begin() -> subprocess.Popen[bytes]:
        """A run that has begun to write: starting Python is not what is tested."""
        for left in (target, target.with_name(f"{target.name}.minisig")):
            left.unlink(missing_ok=True)
        before = touched()
        child = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while child.poll() is None and touched() == before and time.monotonic() < until:
            time.sleep(0.001)
        return child

    def touched() -> int | None:
        """When the part was last written to: the run before may have left one."""
        with contextlib.suppress(FileNotFoundError):
            return part_of(target).stat().st_mtime_ns
        return None

    child, began = begin(), time.monotonic()
    child.wait()
    writing = time.monotonic() - began
    dice = random.Random(1121)
    caught = 0
    for _ in range(KILLS):
        child = begin()
        time.sleep(dice.random() * writing)
        child.kill()
        child.wait()
        if target.exists():
            assert verify_package(target, trust=trusting(packed.key)).ok
        else:
            caught += 1
    assert caught >= KILLS // 5, f"only {caught} of {KILLS} kills fell into the writing"
    subprocess.run(command, env=env, check=True, capture_output=True)
    assert target.read_bytes() == whole
    assert verify_package(target, trust=load_trust([tmp_path / "studio.pub"])).ok
    assert sorted(p.name for p in out.iterdir()) == ["x.bag.zip", "x.bag.zip.minisig"]
