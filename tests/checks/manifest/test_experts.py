"""manifest/experts."""

from __future__ import annotations

import pytest

from coursekit.manifest.checks.experts import ExpertsParams, experts
from coursekit.manifest.vocabulary import Route
from coursekit.model import Verdict
from tests.checks.manifest.small import DIGEST, Change, judged, rehashed, without
from tests.manifest.sample import hash_of

PARAMS = ExpertsParams(
    min_experts=2, province="福建省", require_all_pass=True, routes=(Route.EXAMINER, Route.SUBSTITUTE)
)
X2 = "  - {id: X2, name: 乙, province: 福建省, route: substitute-with-consent, consent_file: x2.png}\n"
REVIEW_1 = f"  - {{expert: X1, verdict: pass, subject_sha256: {DIGEST}}}\n"
REVIEW_2 = REVIEW_1.replace("X1", "X2")


def test_passes() -> None:
    assert judged(experts, PARAMS).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("edits", "change", "code"),
    [
        ([(X2, ""), (REVIEW_2, "")], None, "too-few-experts"),
        ([("province: 福建,", "province: 江西,")], None, "other-province"),
        ([("province: 福建, ", "")], None, "province-not-stated"),
        ([("route: examiner", "route: professional-title")], None, "route-not-accepted"),
        ([("route: examiner, ", "")], None, "route-not-stated"),
        ([], without("x1.png"), "no-certificate"),
        ([(", consent_file: x2.png", "")], None, "no-consent"),
        ([(REVIEW_2, "")], None, "no-review"),
        ([(REVIEW_2, REVIEW_2.replace("pass", "revise"))], None, "not-passed"),
        ([(REVIEW_2, REVIEW_2.replace(DIGEST, "e" * 64))], None, "stale-review"),
    ],
)
def test_fails(edits: list[tuple[str, str]], change: Change | None, code: str) -> None:
    outcome = judged(experts, PARAMS, *edits, files=change)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, (code,))


def test_changed_bytes_make_every_review_stale() -> None:
    outcome = judged(experts, PARAMS, files=rehashed("l2.mp4", "f" * 64))
    assert outcome.codes == ("stale-review", "stale-review")


def test_reviews_lesson_by_lesson() -> None:
    one = REVIEW_2.replace("verdict", "lesson: L1, verdict").replace(DIGEST, hash_of("l1.mp4"))
    two = REVIEW_2.replace("verdict", "lesson: L2, verdict").replace(DIGEST, hash_of("l2.mp4"))
    assert judged(experts, PARAMS, (REVIEW_2, one + two)).verdict is Verdict.PASS
    outcome = judged(experts, PARAMS, (REVIEW_2, one))
    assert outcome.codes == ("review-incomplete",)
    assert outcome.findings[0].args["lessons"] == "L2"


def test_the_last_review_counts() -> None:
    again = REVIEW_2.replace("pass", "reject") + REVIEW_2
    assert judged(experts, PARAMS, (REVIEW_2, again)).verdict is Verdict.PASS


def test_without_hashes() -> None:
    outcome = judged(experts, PARAMS, files=rehashed("l2.mp4", ""))
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_TESTED, "not-hashed")
    outcome = judged(experts, PARAMS, files=without("l2.mp4"))
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_TESTED, "reviewed-file-missing")
