"""What is done with freed memory, seen from outside: in a process of its own, by what it holds."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_BLOCKS_MB = 200
_SCRIPT = """
import sys
from pathlib import Path
from coursekit.heap import returned_memory, reuse_memory

def held_mb():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20

def work():
    blocks = [b"x" * (4 << 20) for _ in range(50)]
    return bytearray(64 << 10)  # lies above the blocks: the heap cannot shrink below it

reuse_memory()
before = held_mb()
if sys.argv[1] == "returned":
    with returned_memory():
        kept = work()
else:
    kept = work()
print(held_mb() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc lets it be said")
@pytest.mark.parametrize(("how", "least_mb", "most_mb"), [("kept", 0.7 * _BLOCKS_MB, 300.0), ("returned", -50.0, 20.0)])
def test_what_is_freed_is_kept_for_reuse_or_returned_at_once(how: str, least_mb: float, most_mb: float) -> None:
    told = subprocess.run([sys.executable, "-c", _SCRIPT, how], capture_output=True, text=True, check=True)
    assert least_mb <= float(told.stdout) <= most_mb
