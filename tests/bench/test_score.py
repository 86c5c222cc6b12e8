"""The scorer: arithmetic against hand-computed values, and rows that say what happened."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from coursekit.bench.score import (
    Case,
    Said,
    Truth,
    box_iou,
    false_alarms,
    match,
    misses,
    rate_interval,
    score,
    time_iou,
    wilson,
)

HUM = Truth("audio/hum", frozenset({"mains-hum"}), (10.0, 20.0))
SAID = Said("audio/hum", "mains-hum", "fail", (12.0, 18.0))
CASE = Case("audio", "hum", "-40 dB", "clip", 30.0, (SAID,), HUM, noticed=True, judged=("audio/hum", "audio/noise"))


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (8, 10, 0.4902, 0.9433), (49, 50, 0.8950, 0.9965)],
)
def test_wilson_as_published(count: int, of: int, low: float, high: float) -> None:
    assert wilson(count, of) == pytest.approx((low, high), abs=5e-4)


def test_wilson_of_nothing_knows_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0.0, 3.69), (1, 0.0253, 5.57), (10, 4.80, 18.39)])
def test_rates_within_the_exact_poisson_limits(count: int, low: float, high: float) -> None:
    found = rate_interval(count, 2.0)
    assert found[0] * 2 == pytest.approx(low, abs=0.03)
    assert found[1] * 2 == pytest.approx(high, abs=0.03)
    assert math.isinf(rate_interval(0, 0.0)[1])


def test_overlaps() -> None:
    assert time_iou((0, 10), (5, 15)) == pytest.approx(1 / 3)
    assert time_iou((0, 1), (2, 3)) == pytest.approx(0.0)
    assert box_iou((0, 0, 0.2, 0.2), (0.1, 0.1, 0.2, 0.2)) == pytest.approx(1 / 7)
    assert box_iou((0, 0, 0.1, 0.1), (0.5, 0.5, 0.1, 0.1)) == pytest.approx(0.0)


def test_a_finding_counts_by_check_code_time_and_place() -> None:
    found = match(HUM, (SAID,))
    assert found is not None
    assert found.time_iou == pytest.approx(0.6)
    assert match(HUM, (replace(SAID, check="audio/noise"),)) is None
    assert match(HUM, (replace(SAID, code="whistle"),)) is None
    assert match(HUM, (replace(SAID, span=(25.0, 28.0)),)) is None
    assert match(HUM, (replace(SAID, span=None),)) is not None, "of the whole lesson"
    mark = Truth("video/watermark", boxes=((0.1, 0.1, 0.2, 0.1),))
    right = Said("video/watermark", "third-party-mark", "fail", None, (0.11, 0.1, 0.2, 0.1))
    assert match(mark, (right,)) is not None
    assert match(mark, (replace(right, box=(0.6, 0.6, 0.2, 0.1)),)) is None
    assert match(mark, (replace(right, box=None),)) is None


def test_a_row_counts_what_is_right_wrong_and_missed() -> None:
    missed = replace(CASE, clip="other", said=())
    beside = replace(CASE, clip="third", said=(SAID, replace(SAID, span=(25.0, 28.0))))
    row = score((CASE, missed, beside), ("audio/hum",))["audio/hum"]
    assert (row.found, row.cases, row.noticed) == (2, 3, (2, 3))
    assert row.precision == (2, 3)
    assert row.steps[0].failed == 2
    assert [case.clip for case in misses((CASE, missed, beside))] == ["other"]


def test_healthy_material_counts_every_finding_but_those_excused_or_known() -> None:
    healthy = replace(CASE, truth=None, seconds=1800.0)
    again = replace(healthy, before=frozenset({("audio/hum", "mains-hum")}))
    row = score((healthy, again), ("audio/hum", "audio/noise"))
    assert (row["audio/hum"].false_fails, row["audio/hum"].healthy_s) == (1, pytest.approx(3600.0))
    assert (row["audio/hum"].quiet_cases, row["audio/hum"].healthy_cases) == (1, 2)
    assert (row["audio/noise"].false_fails, row["audio/noise"].quiet_cases) == (0, 2)
    excused = replace(healthy, excused=frozenset({"audio/hum"}))
    assert not score((excused,), ("audio/hum",))["audio/hum"].healthy_cases
    assert [case for case, _ in false_alarms((healthy, again, excused))] == [healthy]


def test_what_another_check_says_of_a_fault_is_listed_apart() -> None:
    loud = replace(CASE, said=(SAID, Said("audio/noise", "noise", "review")))
    rows = score((loud,), ("audio/hum", "audio/noise"))
    assert rows["audio/noise"].others == 1
    assert rows["audio/noise"].precision == (0, 0)


def test_a_case_that_broke_counts_for_nothing() -> None:
    assert score((replace(CASE, problem="OSError"),), ("audio/hum",))["audio/hum"].cases == 0
