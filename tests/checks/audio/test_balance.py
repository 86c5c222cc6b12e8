"""audio/balance."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coursekit.audio.checks.balance import balance
from coursekit.audio.facts import BedSpan
from coursekit.model import Verdict
from tests.audio_facts import shipped_params, spoken
from tests.support import run_check

PARAMS = shipped_params(balance)
BED = BedSpan(60.0, 120.0, 7.0, 5.0, 2.5, 0.3, 8.0)


@pytest.mark.parametrize(
    ("beds", "verdict"),
    [
        ((), Verdict.PASS),
        ((replace(BED, voice_over_bed_lu=14.0),), Verdict.PASS),
        ((BED,), Verdict.REVIEW),
        ((replace(BED, voice_over_bed_lu=2.0),), Verdict.FAIL),
        ((replace(BED, end_s=66.0),), Verdict.PASS),
        ((replace(BED, end_s=66.0), replace(BED, start_s=69.0, end_s=75.0)), Verdict.REVIEW),
        ((replace(BED, voice_over_bed_lu=2.0, steady_db=1.0, hiss_share=0.4),), Verdict.PASS),
        ((replace(BED, voice_over_bed_lu=2.0, steady_db=1.0, hiss_share=0.01),), Verdict.FAIL),
    ],
)
def test_beds(beds: tuple[BedSpan, ...], verdict: Verdict) -> None:
    outcome = run_check(balance, spoken(beds=beds), PARAMS)
    assert outcome.verdict is verdict
    assert outcome.codes == (() if verdict is Verdict.PASS else ("bed-too-loud",))


def test_without_a_voice_there_is_no_balance() -> None:
    assert run_check(balance, spoken(voice_s=0.0), PARAMS).reason == "no-voice"
