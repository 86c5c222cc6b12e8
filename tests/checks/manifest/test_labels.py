"""manifest/labels."""

from __future__ import annotations

import pytest

from coursekit.manifest.checks.labels import LabelsParams, labels
from coursekit.model import Verdict
from tests.checks.manifest.small import SMALL, Change, judged, remeasured

PARAMS = LabelsParams(metadata_key="AIGC", min_label_s=2.0)
AI = next(line for line in SMALL.splitlines(keepends=True) if line.startswith("ai: "))


def test_passes() -> None:
    assert judged(labels, PARAMS).verdict is Verdict.PASS
    unlabelled = remeasured("l1.mp4", 2700.0)
    assert judged(labels, PARAMS, (AI, "ai: {used: false}\n"), files=unlabelled).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("edits", "change", "codes"),
    [
        ([(AI, "")], remeasured("l1.mp4", 2700.0), ["ai-not-declared"]),
        ([(AI, "ai: {used: true}\n")], remeasured("l1.mp4", 2700.0), ["ai-items-missing"]),
        ([(AI, AI.replace("true, items", "false, items"))], None, ["ai-declared-both-ways"]),
        ([(AI, "ai: {used: false}\n")], None, ["ai-label-not-declared"]),
        ([(AI, AI.replace("files: [l1.mp4], ", ""))], remeasured("l1.mp4", 2700.0), ["ai-files-missing"]),
        ([(AI, AI.replace("label: 合, ", ""))], None, ["ai-no-visible-label"]),
        ([(AI, AI.replace("label_s: 3", "label_s: 1.9"))], None, ["ai-label-too-brief"]),
        ([(AI, AI.replace(", metadata: true", ""))], None, ["ai-no-metadata-label"]),
        ([], remeasured("l1.mp4", 2700.0), ["ai-metadata-absent"]),
        ([("texts: [云], ", "")], None, ["mark-not-described"]),
        ([(", right: R1", "")], None, ["mark-without-right"]),
    ],
)
def test_fails(edits: list[tuple[str, str]], change: Change | None, codes: list[str]) -> None:
    outcome = judged(labels, PARAMS, *edits, files=change)
    assert (outcome.verdict, list(outcome.codes)) == (Verdict.FAIL, codes)


def test_unmeasured_file() -> None:
    outcome = judged(labels, PARAMS, files=remeasured("l1.mp4", None))
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_TESTED, "not-measured")
