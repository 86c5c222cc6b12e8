"""probe/size: 800M in its two readings."""

from __future__ import annotations

import pytest

from coursekit.model import Verdict
from coursekit.probe.checks.size import SizeParams, size
from tests.probe_facts import lesson, probe
from tests.support import run_check

PARAMS = SizeParams(review_over_bytes=800_000_000, max_bytes=838_860_800)


@pytest.mark.parametrize(
    ("count", "verdict", "codes"),
    [
        (0, Verdict.PASS, ()),
        (800_000_000, Verdict.PASS, ()),
        (800_000_001, Verdict.REVIEW, ("near-limit",)),
        (838_860_800, Verdict.REVIEW, ("near-limit",)),
        (838_860_801, Verdict.FAIL, ("over-limit",)),
    ],
)
def test_the_limit(count: int, verdict: Verdict, codes: tuple[str, ...]) -> None:
    outcome = run_check(size, lesson(probe(), size_bytes=count), PARAMS)
    assert (outcome.verdict, outcome.codes) == (verdict, codes)


def test_the_remedy_names_a_rate_that_fits() -> None:
    outcome = run_check(size, lesson(probe(), size_bytes=900_000_000), PARAMS)
    assert outcome.findings[0].args["rate_kbps"] == 2370  # 800,000,000 bytes over 45 minutes


def test_a_file_that_was_never_probed_has_a_size() -> None:
    assert run_check(size, lesson(None, size_bytes=900_000_000), PARAMS).verdict is Verdict.FAIL
