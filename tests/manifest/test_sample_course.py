"""The sample course passes; each of its one-fault variants gives exactly the expected finding at the expected line."""

from __future__ import annotations

import re

import pytest

from coursekit.manifest.load import manifest_from_text
from coursekit.model import Verdict
from tests.manifest.sample import judge_sample, sample_files, sample_text, told
from tests.manifest.variants import VARIANTS, Variant


def test_clean_course_passes() -> None:
    manifest = manifest_from_text(sample_text())
    assert manifest.faults == ()
    assert len(manifest.lessons) >= 40
    assert len(manifest.points) >= 120
    results = judge_sample(sample_text(), sample_files())
    assert [(r.rule, r.verdict, r.reason, r.findings) for r in results if r.verdict is not Verdict.PASS] == []
    assert {r.check for r in results} == {v.check for v in VARIANTS}


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.id)
def test_one_fault_gives_one_finding(variant: Variant) -> None:
    clean = sample_text()
    find = variant.find
    if "DIGEST" in find:
        digest = re.search(r"[0-9a-f]{64}", clean[clean.index("reviews:") :])
        assert digest is not None
        find = find.replace("DIGEST", digest.group())
    assert not find or clean.count(find) == 1, "the edit must fit one place"
    text = clean.replace(find, variant.replace) if find else clean
    files = sample_files()
    variant.files(files)
    results = judge_sample(text, files)
    found = told(results)
    assert [key[:3] for key in found] == [(variant.check, variant.code, variant.pointer)]
    (_, _, _, line) = next(iter(found))
    assert line is not None
    assert variant.on in text.splitlines()[line - 1]
    # What could not be judged for this fault says so, and nothing else fell silent.
    silent = {(r.check, r.reason.code) for r in results if r.reason is not None}
    allowed = {"manifest/schema": {"manifest-faulty"}, "manifest/files": {"reviewed-file-missing", "minutes-unknown"}}
    assert {code for _, code in silent} <= allowed.get(variant.check, set()), silent


def test_variants_are_enough() -> None:
    assert len(VARIANTS) >= 40
    assert len({v.id for v in VARIANTS}) == len(VARIANTS)
