"""The fuzz campaign in short; `python -m tests.hostile.fuzz` runs the long one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.hostile.fuzz import campaign


@pytest.mark.logs_errors
@pytest.mark.skipif(sys.platform != "linux", reason="the watchers listen to Linux")
def test_damaged_input_of_every_kind_touches_nothing_and_calls_nobody(tmp_path: Path) -> None:
    tally, seen = campaign(tmp_path / "world", 90, seed=11)
    assert sum(tally.inputs.values()) >= 90
    assert {"mp4", "mkv", "wav", "png", "pdf", "manifest", "decision", "zip", "bag"} <= tally.inputs.keys()
    assert tally.answers["media measured"], "nothing was damaged so little that it could still be measured"
    assert seen == [], "files outside, sockets or programs"
    assert tally.faults == []
