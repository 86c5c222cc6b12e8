"""manifest/weights."""

from __future__ import annotations

import pytest

from coursekit.manifest.checks.weights import WeightsParams, weights
from coursekit.model import Verdict
from tests.checks.manifest.small import judged

PARAMS = WeightsParams(tolerance_points=10.0)
TABLE = 'weights: {"4": {theory: {"1": 50, "2": 50}, skill: {"1": 100}}}\n'


def test_passes() -> None:
    assert judged(weights, PARAMS).verdict is Verdict.PASS
    edit = ('theory: {"1": 50, "2": 50}', 'theory: {"1": "41.5", "2": "117/2"}')
    assert judged(weights, PARAMS, edit).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("find", "replace", "verdict", "codes"),
    [
        ('"2": 50}', '"2": 49}', Verdict.FAIL, ["not-100"]),
        ('skill: {"1": 100}', 'skill: {"1": 95, "9": 5}', Verdict.FAIL, ["weight-without-points"]),
        (
            'theory: {"1": 50, "2": 50}',
            'theory: {"1": 100}',
            Verdict.FAIL,
            ["hours-off-weight", "function-without-weight"],
        ),
        ('theory: {"1": 50, "2": 50}', 'theory: {"1": 65, "2": 35}', Verdict.REVIEW, ["hours-off-weight"] * 2),
    ],
)
def test_finds(find: str, replace: str, verdict: Verdict, codes: list[str]) -> None:
    outcome = judged(weights, PARAMS, (find, replace))
    assert (outcome.verdict, list(outcome.codes)) == (verdict, codes)


def test_a_lesson_says_where_its_hours_count() -> None:
    outcome = judged(weights, PARAMS, ("id: L2, title", 'id: L2, function: "1", title'))
    assert outcome.codes == ("hours-off-weight", "hours-off-weight")


def test_without_tables() -> None:
    outcome = judged(weights, PARAMS, (TABLE, ""))
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_TESTED, "no-weights")
