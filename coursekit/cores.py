"""Cores: how many the machine lends us, and how many of them a worker may use for one file."""

from __future__ import annotations

import os
import sys

THREADS = "COURSEKIT_THREADS"
"""Environment of a worker: cores for one file, when there are fewer files than cores."""


def machine_cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def worker_threads() -> int:
    """Cores this worker may use. 0 leaves it to FFmpeg."""
    asked = os.environ.get(THREADS, "1")
    return int(asked) if asked.isdecimal() else 1
