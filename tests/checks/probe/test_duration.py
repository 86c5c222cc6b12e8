"""probe/duration."""

from __future__ import annotations

import pytest

from coursekit.model import Verdict
from coursekit.probe.checks.duration import DurationParams, duration
from tests.probe_facts import audio, closed, lesson, packets, probe, video
from tests.support import run_check

PARAMS = DurationParams(target_min=45.0, tolerance_min=5.0)


@pytest.mark.parametrize(
    ("minutes", "verdict", "codes"),
    [
        (39.9, Verdict.FAIL, ("too-short",)),
        (40.0, Verdict.PASS, ()),
        (45.0, Verdict.PASS, ()),
        (50.0, Verdict.PASS, ()),
        (50.1, Verdict.FAIL, ("too-long",)),
    ],
)
def test_around_a_class_hour(minutes: float, verdict: Verdict, codes: tuple[str, ...]) -> None:
    facts = probe(video(packets=packets(minutes * 60)), audio(packets=packets(minutes * 60)))
    outcome = run_check(duration, lesson(facts), PARAMS)
    assert (outcome.verdict, outcome.codes) == (verdict, codes)


def test_the_packets_are_believed_not_the_header() -> None:
    facts = probe(video(packets=packets(600)), audio(packets=packets(600)), duration_s=2700.0)
    assert run_check(duration, lesson(facts), PARAMS).codes == ("too-short",)


def test_a_recording_that_starts_late_lasts_from_its_first_packet() -> None:
    late = packets(2700, first_s=18_000.0, end_s=20_700.0)
    assert run_check(duration, lesson(probe(video(packets=late))), PARAMS).verdict is Verdict.PASS


def test_what_cannot_be_known_is_not_tested() -> None:
    outcome = run_check(duration, lesson(closed("empty")), PARAMS)
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_TESTED, "does-not-open")
    timeless = packets(first_s=None, end_s=None)
    facts = probe(video(packets=timeless), duration_s=None)
    outcome = run_check(duration, lesson(facts), PARAMS)
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_TESTED, "duration-unknown")
