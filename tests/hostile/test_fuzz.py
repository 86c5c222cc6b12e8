"""The fuzz campaign in short; `python -m tests.hostile.fuzz` runs the long one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.hostile import fuzz
from tests.hostile.attacks import Kind, Target
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


@pytest.mark.logs_errors
@pytest.mark.skipif(sys.platform != "linux", reason="the watchers listen to Linux")
def test_a_throw_that_hangs_or_dies_is_told_and_the_campaign_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def misbehave(target: Target, numbers: range) -> None:
        target.tally.inputs["odd"] += 1
        if numbers.start == 1:
            pipe = target.world.course / "pipe"
            os.mkfifo(pipe)
            pipe.read_bytes()
        if numbers.start == 3:
            os.abort()

    monkeypatch.setattr(fuzz, "KINDS", (Kind("odd", 1.0, misbehave, patience_s=2),))
    monkeypatch.setattr(fuzz, "_LAST_WORDS_S", 0.5)
    journal = tmp_path / "journal"
    tally, _ = campaign(tmp_path / "world", 6, seed=1, journal=journal)
    assert tally.inputs == {"odd": 6}
    hung, died = tally.faults
    assert hung.startswith("odd 1-2: hangs")
    assert "misbehave" in hung, "where it stood"
    assert died.startswith("odd 3-4: the main process came to an end")
    again, _ = campaign(tmp_path / "again", 6, seed=1, journal=journal)
    assert (again.inputs, again.faults) == (tally.inputs, tally.faults), "nothing is thrown twice"
