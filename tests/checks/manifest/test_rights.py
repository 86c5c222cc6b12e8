"""manifest/rights."""

from __future__ import annotations

import pytest

from coursekit.manifest.checks.rights import RightsParams, rights
from coursekit.manifest.vocabulary import RightKind
from coursekit.model import Verdict
from tests.checks.manifest.small import Change, judged, without

PARAMS = RightsParams(kinds=(RightKind.MUSIC, RightKind.FONT))


def test_passes() -> None:
    assert judged(rights, PARAMS).verdict is Verdict.PASS
    edits = [("basis: licence, holder: 林, scope: 线上", "basis: public-domain"), (", file: r1.pdf", "")]
    assert judged(rights, PARAMS, *edits, files=without("r1.pdf")).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("edits", "change", "verdict", "code"),
    [
        ([("rights_none: [font]", "rights_none: []")], None, Verdict.FAIL, "kind-not-declared"),
        ([("rights_none: [font]", "rights_none: [font, music]")], None, Verdict.FAIL, "declared-both-ways"),
        ([(", file: r1.pdf", "")], without("r1.pdf"), Verdict.FAIL, "no-proof"),
        ([], without("r1.pdf"), Verdict.FAIL, "proof-missing"),
        ([("scope: 线上, ", "")], None, Verdict.FAIL, "no-scope"),
        ([("holder: 林, ", "")], None, Verdict.FAIL, "no-holder"),
        ([("expires: 2028-01-01", "expires: 2027-12-30")], None, Verdict.FAIL, "licence-too-short"),
        ([("use_until: 2027-12-31, ", "")], None, Verdict.REVIEW, "term-unknown"),
    ],
)
def test_finds(edits: list[tuple[str, str]], change: Change | None, verdict: Verdict, code: str) -> None:
    outcome = judged(rights, PARAMS, *edits, files=change)
    assert (outcome.verdict, outcome.codes) == (verdict, (code,))


def test_kinds_nobody_asks_for_are_not_judged() -> None:
    outcome = judged(rights, RightsParams(kinds=(RightKind.FONT,)), ("scope: 线上, ", ""))
    assert outcome.verdict is Verdict.PASS
