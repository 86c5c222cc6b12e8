"""manifest/hours."""

from __future__ import annotations

import pytest

from coursekit.manifest.checks.hours import HoursParams, hours
from coursekit.model import Verdict
from tests.checks.manifest.small import Change, judged, remeasured

PARAMS = HoursParams(lesson_hour_min=45.0, tolerance_min=5.0, max_online_pct=50.0)
L1 = "id: L1, title: 兆欧表, mode: online, part: theory, hours: 1"


def test_half_is_not_more_than_half() -> None:
    outcome = judged(hours, PARAMS)
    assert outcome.verdict is Verdict.PASS


def test_thirds_add_up() -> None:
    # 2/3 + 1/3 + 1 = 2 of 4 hours; as binary floats this would be 50.000000000000007 %.
    edits = [
        (L1, L1.replace("hours: 1", 'hours: "2/3"')),
        ("title: 接地, mode: online, part: theory, hours: 1", 'title: 接地, mode: online, part: theory, hours: "4/3"'),
    ]
    lengths: Change = lambda files: (remeasured("l1.mp4", 1800.0)(files), remeasured("l2.mp4", 3600.0)(files), None)[-1]  # noqa: E731
    assert judged(hours, PARAMS, *edits, files=lengths).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("edits", "change", "codes"),
    [
        ([("hours: 2, teaches", 'hours: "1.9", teaches')], None, ["too-much-online"]),
        ([("total: 3", "total: 5")], None, ["below-reference"]),
        ([("hours: {reference", "hours: {unit_minutes: 40, reference")], None, ["other-class-hour"]),
        ([(L1, L1.replace("hours: 1", "hours: 0"))], None, ["no-hours"]),
        ([], remeasured("l1.mp4", 39.9 * 60), ["too-few-minutes"]),
        ([], remeasured("l1.mp4", 50.1 * 60), ["too-many-minutes"]),
        ([], remeasured("l1.mp4", 40 * 60), []),
        ([], remeasured("l1.mp4", 50 * 60), []),
    ],
)
def test_finds(edits: list[tuple[str, str]], change: Change | None, codes: list[str]) -> None:
    outcome = judged(hours, PARAMS, *edits, files=change)
    assert (outcome.verdict, list(outcome.codes)) == (Verdict.FAIL if codes else Verdict.PASS, codes)


def test_blended_lessons_count_their_online_part() -> None:
    edits = [
        ("mode: offline, part: practice, hours: 2", 'mode: blended, part: practice, hours: 2, online_hours: "0.5"')
    ]
    outcome = judged(hours, PARAMS, *edits)
    assert outcome.codes == ("too-much-online",)
    assert outcome.findings[0].args["online"] == "2.5"


def test_unmeasured_media() -> None:
    outcome = judged(hours, PARAMS, files=remeasured("l1.mp4", None))
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_TESTED, "minutes-unknown")
    # A breach that is plain without them is told all the same.
    outcome = judged(hours, PARAMS, ("total: 3", "total: 5"), files=remeasured("l1.mp4", None))
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("below-reference",))
