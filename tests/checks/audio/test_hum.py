"""audio/hum."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coursekit.audio.checks.hum import hum
from coursekit.audio.facts import HumSpan
from coursekit.model import Verdict
from tests.audio_facts import shipped_params, track
from tests.support import run_check

PARAMS = shipped_params(hum)
COMB = HumSpan(60.0, 96.0, 50.0, 5, 120.0, 80.0, 1.0, -55.0)


def test_no_comb_passes() -> None:
    assert run_check(hum, track(), PARAMS).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("comb", "verdict"),
    [
        (COMB, Verdict.FAIL),
        (replace(COMB, level_dbfs=-69.0), Verdict.REVIEW),
        (replace(COMB, level_dbfs=-75.0), Verdict.PASS),
        (replace(COMB, third_line=5.0), Verdict.PASS),
        (replace(COMB, third_line=10.0), Verdict.REVIEW),
        (replace(COMB, third_line=10.0, level_dbfs=-68.0), Verdict.PASS),
        (replace(COMB, steady=0.4), Verdict.PASS),
        (replace(COMB, harmonics=2), Verdict.PASS),
    ],
)
def test_combs(comb: HumSpan, verdict: Verdict) -> None:
    outcome = run_check(hum, track(hum=(comb,)), PARAMS)
    assert outcome.verdict is verdict
    assert outcome.codes == (() if verdict is Verdict.PASS else ("mains-hum",))


def test_half_minutes_in_a_row_are_one_finding() -> None:
    combs = tuple(replace(COMB, start_s=30.0 * n, end_s=30.0 * n + 36) for n in range(20))
    outcome = run_check(hum, track(hum=combs), PARAMS)
    assert len(outcome.findings) == 1
    where = outcome.findings[0].where
    assert (getattr(where, "start_s", None), getattr(where, "end_s", None)) == (0.0, 606.0)
