"""kill -9: the library is whole, and the next run finishes. `python -m tests.library.killed` does more of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.library.conftest import Parcels
from tests.library.killed import kill_at_every_step, kill_at_random

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked child")


def test_killed_at_any_step_an_import_leaves_a_whole_library(parcels: Parcels, tmp_path: Path) -> None:
    done = kill_at_every_step(tmp_path, (parcels.first,), parcels.policy, every=2)
    assert done.kills > 20


def test_killed_at_random_moments_nothing_is_lost_or_doubled(parcels: Parcels, tmp_path: Path) -> None:
    done = kill_at_random(tmp_path, (parcels.first, parcels.second, parcels.later), parcels.policy, times=25)
    assert done.kills == 25
