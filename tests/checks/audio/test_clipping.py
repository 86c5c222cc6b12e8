"""audio/clipping."""

from __future__ import annotations

import pytest

from coursekit.audio.checks.clipping import clipping
from coursekit.audio.facts import ClippingFacts, ClipSpan, OverSpan
from coursekit.model import Verdict
from tests.audio_facts import shipped_params, track
from tests.support import run_check

PARAMS = shipped_params(clipping)


@pytest.mark.parametrize(
    ("loud", "flat", "hard", "verdict"),
    [
        (400, 3, 0, Verdict.PASS),
        (400, 7, 0, Verdict.PASS),
        (400, 24, 0, Verdict.REVIEW),
        (400, 60, 0, Verdict.FAIL),
        (100, 0, 5, Verdict.REVIEW),
        (300, 10, 60, Verdict.FAIL),
    ],
)
def test_flat_tops(loud: int, flat: int, hard: int, verdict: Verdict) -> None:
    span = ClipSpan(10.0, 40.0, loud, flat, hard, -3.0)
    outcome = run_check(clipping, track(clipping=ClippingFacts(20000, flat, hard, (span,))), PARAMS)
    assert outcome.verdict is verdict
    assert outcome.codes == (() if verdict is Verdict.PASS else ("clipped",))


@pytest.mark.parametrize(("peak", "count", "found"), [(1.0, 500, False), (3.0, 4, False), (3.0, 40, True)])
def test_overs_between_samples(peak: float, count: int, found: bool) -> None:
    overs = ClippingFacts(loud=20000, overs=count, over_spans=(OverSpan(3.0, 3.0, count, peak),))
    outcome = run_check(clipping, track(clipping=overs), PARAMS)
    assert outcome.codes == (("inter-sample-overs",) if found else ())
    assert outcome.verdict is (Verdict.REVIEW if found else Verdict.PASS)


@pytest.mark.parametrize(
    ("ceiling_dbfs", "tops", "verdict"),
    [(-1.0, 13, Verdict.REVIEW), (-12.7, 13, Verdict.PASS), (-12.7, 16, Verdict.REVIEW)],
)
def test_few_tops_count_only_at_the_ceiling_of_the_track(ceiling_dbfs: float, tops: int, verdict: Verdict) -> None:
    span = ClipSpan(148.0, 149.0, 200, tops, 0, ceiling_dbfs)
    heard = track(clipping=ClippingFacts(12000, 65, 0, (span,)), sample_peak_dbfs=-0.5)
    assert run_check(clipping, heard, PARAMS).verdict is verdict
