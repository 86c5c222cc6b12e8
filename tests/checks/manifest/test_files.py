"""manifest/files."""

from __future__ import annotations

import pytest

from coursekit.manifest.checks.files import FilesParams, files
from coursekit.model import FileFacts, FileKind, Verdict
from tests.checks.manifest.small import Change, judged, remeasured, without

PARAMS = FilesParams(duration_tolerance_s=2.0, require_kind=False)


def unlisted(there: dict[str, FileFacts]) -> None:
    there["花絮.mp4"] = FileFacts("花絮.mp4", "", 1, FileKind.VIDEO)


def shouted(there: dict[str, FileFacts]) -> None:
    there["L1.MP4"] = there.pop("l1.mp4")


def test_passes() -> None:
    assert judged(files, PARAMS).verdict is Verdict.PASS
    kinds = [
        ("file: l1.mp4", "file: l1.mp4, kind: video, duration_s: 2701"),
        ("file: l2.mp4", "file: l2.mp4, kind: vr"),
    ]
    assert judged(files, FilesParams(2.0, True), *kinds).verdict is Verdict.PASS


def test_decomposed_names_are_the_same_names() -> None:
    def decomposed(there: dict[str, FileFacts]) -> None:
        there["e\u0301.mp4"] = there.pop("l2.mp4")

    assert judged(files, PARAMS, ("l2.mp4", "é.mp4"), files=decomposed).verdict is Verdict.PASS


def test_names_that_only_case_tells_apart_clash_and_decomposed_ones_are_one() -> None:
    def twins(there: dict[str, FileFacts]) -> None:
        for name in ("图/A.png", "图/a.PNG", "straße.pdf", "STRASSE.pdf"):
            there[name] = FileFacts(name, "", 1, FileKind.IMAGE)

    outcome = judged(files, PARAMS, files=twins)
    assert (outcome.verdict, list(outcome.codes)) == (Verdict.FAIL, ["names-clash", "names-clash"])
    assert outcome.findings[1].args == {"file": "图/a.PNG", "other": "图/A.png"}


@pytest.mark.parametrize(
    ("edits", "change", "code"),
    [
        ([], without("l2.mp4"), "missing-file"),
        ([], shouted, "name-differs-in-case"),
        ([], unlisted, "unlisted-media"),
        ([("file: l2.mp4", f"file: l2.mp4, sha256: {'ab' * 32}")], None, "hash-differs"),
        ([("file: l2.mp4", "file: l2.mp4, duration_s: 2650")], None, "duration-differs"),
        ([("file: l2.mp4", "file: l2.mp4, kind: image")], None, "kind-differs"),
        ([("media: [{file: l2.mp4}], ", "")], without("l2.mp4"), "no-main-media"),
    ],
)
def test_fails(edits: list[tuple[str, str]], change: Change | None, code: str) -> None:
    outcome = judged(files, PARAMS, *edits, files=change)
    expected = [code, "unlisted-media"] if code == "name-differs-in-case" else [code]
    assert (outcome.verdict, list(outcome.codes)) == (Verdict.FAIL, expected)


def test_kind_is_asked_for_where_the_clause_does() -> None:
    assert judged(files, FilesParams(2.0, True)).codes == ("kind-not-stated", "kind-not-stated")


def test_unmeasured_duration_is_no_difference() -> None:
    edit = ("file: l2.mp4", "file: l2.mp4, duration_s: 2650")
    assert judged(files, PARAMS, edit, files=remeasured("l2.mp4", None)).verdict is Verdict.PASS
