"""video/flash."""

from __future__ import annotations

import pytest

from coursekit.model import Span, Verdict
from coursekit.video.checks.flash import flash as check
from coursekit.video.facts import FlashSpan, LightFacts
from tests.support import run_check
from tests.video_facts import stream, tianjin


@pytest.mark.parametrize(("per_second", "codes"), [(3, ()), (4, ("flashes",)), (10, ("flashes",))])
def test_flashes_in_a_second(per_second: int, codes: tuple[str, ...]) -> None:
    facts = stream(light=LightFacts(flashes=(FlashSpan(5.0, 8.0, per_second, 3 * per_second),)))
    outcome = run_check(check, facts, tianjin(check))
    assert outcome.codes == codes
    assert outcome.verdict is (Verdict.FAIL if codes else Verdict.PASS)
    assert all(f.verdict is Verdict.FAIL and f.where == Span(5.0, 8.0) for f in outcome.findings)


def test_red_flashes_are_named_by_themselves() -> None:
    spans = (FlashSpan(5.0, 8.0, 5, 15, "red"), FlashSpan(5.0, 8.0, 2, 6))
    outcome = run_check(check, stream(light=LightFacts(flashes=spans)), tianjin(check))
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("red-flashes",))


def test_unmeasured() -> None:
    assert run_check(check, stream(light=None), tianjin(check)).reason == "not-measured"
