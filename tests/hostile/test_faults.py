"""Fault injection and the soak in short; `python -m tests.hostile.faults 300` and `… soak 2000` are the campaigns."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.hostile.faults import KINDS, campaign
from tests.hostile.soak import soak

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, resource limits and /proc as Linux has them")


def test_faults_at_random_points_leave_nothing_half_and_lose_nothing(tmp_path: Path) -> None:
    outcome = campaign(tmp_path, 20, seed=5)
    assert outcome.faults == []
    assert sum(outcome.done.values()) >= 20
    assert {kind for kind in KINDS if any(f" {kind} " in what for what in outcome.done)} >= {"kill", "ENOSPC", "EIO"}


def test_lessons_in_a_loop_leave_nothing_behind(tmp_path: Path) -> None:
    samples = list(soak(tmp_path, 15, per_course=5))
    first, last = samples[0], samples[-1]
    assert (last.descriptors, last.children, last.temporary) == (first.descriptors, first.children, first.temporary)
    assert last.memory_kb - first.memory_kb < 20_000
