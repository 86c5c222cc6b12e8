"""The conformance suite of the Library of Congress, every bag of it, on every system."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursekit.bundle.model import Answer
from coursekit.bundle.verify import verify_package

NAMED = {
    # A refusal for the wrong reason would pass a test that only asks for refusal.
    "baginfo-missing-encoding": "declaration-malformed",
    "bom-in-bagit.txt": "declaration-has-bom",
    "corrupt-data-file": "file-changed",
    "corrupt-tag-file": "tag-file-changed",
    "extra-file-in-bag": "file-not-listed",
    "invalid-version-number": "declaration-malformed",
    "missing-baginfo": "tag-file-missing",
    "missing-bagit.txt": "no-declaration",
    "out-of-scope-file-paths-using-dot-notation": "path-traversal",
    "out-of-scope-file-paths-using-dot-notation-for-fetch": "path-traversal",
    "v0.97/invalid/same-filename-listed-twice-with-different-hashes": "listed-twice",
    # This one's declaration also ends in a space, which 1.0 forbids; that is found first.
    "v1.0/invalid/same-filename-listed-twice-with-different-hashes": "declaration-malformed",
    "bagit-with-invalid-whitespace": "declaration-malformed",
    "notAllManifestsListAllFiles": "file-not-listed",
    "v1.0/invalid/same-filename-listed-twice-with-the-same-hash": "listed-twice",
    "linux-only/out-of-scope-file-paths-using-absolute-path": "absolute-path",
    "linux-only/out-of-scope-file-paths-using-absolute-path-for-fetch": "absolute-path",
    "out-of-scope-file-paths-using-shortcut-username": "home-shortcut",
    "out-of-scope-file-paths-using-shortcut-username-for-fetch": "home-shortcut",
    "linux-only/out-of-scope-file-paths-using-shortcut": "home-shortcut",
    "linux-only/out-of-scope-file-paths-using-shortcut-for-fetch": "home-shortcut",
    "windows-only/out-of-scope-file-paths-using-absolute-path": "drive-letter",
    "windows-only/out-of-scope-file-paths-using-absolute-path-for-fetch": "drive-letter",
    "windows-only/out-of-scope-file-paths-using-shortcut": "backslash",
    "windows-only/out-of-scope-file-paths-using-shortcut-for-fetch": "backslash",
    "out-of-scope-file-paths-using-unc": "unc-path",
    "out-of-scope-file-paths-using-unc-for-fetch": "unc-path",
    "duplicate-file-with-different-case": "names-differ-by-case",
    "made-with-md5sum-tools": "made-by-checksum-tool",
    "relative-path": "leading-dot",
    "same-filename-listed-twice-with-different-normalization": "listed-under-two-names",
    "v0.97/warning/same-filename-listed-twice-with-the-same-hash": "listed-twice",
    "special-system-files": "system-file",
}


@pytest.fixture(scope="module")
def suite(shared: Path) -> Path:
    place = shared / "conformance" / "bagit"
    if not place.is_dir():
        pytest.skip("needs the BagIt conformance suite in the shared material")
    return place


def bags_of(suite: Path, *categories: str) -> list[Path]:
    return sorted(p for c in categories for p in suite.glob(f"v*/{c}/*") if p.is_dir())


def code_of(bag: Path) -> str:
    spelled = "/".join(bag.parts[-3:])
    return next(code for name, code in NAMED.items() if spelled == name or spelled.endswith(f"/{name}"))


def test_all_sixty_are_there(suite: Path) -> None:
    assert len(bags_of(suite, "*")) == 60


def test_valid_bags_are_whole(suite: Path) -> None:
    bags = bags_of(suite, "valid")
    assert len(bags) == 27
    for bag in bags:
        found = verify_package(bag, trust=None, bag_only=True)
        assert found.answer is Answer.WHOLE, (bag, found.faults)
        assert found.files


def test_invalid_bags_are_refused_by_name_on_every_system(suite: Path) -> None:
    bags = bags_of(suite, "invalid", "linux-only", "windows-only")
    assert len(bags) == 27
    for bag in bags:
        found = verify_package(bag, trust=None, bag_only=True)
        assert found.answer is Answer.REFUSED, bag
        assert code_of(bag) in {f.code for f in found.faults}, (bag, found.faults)


def test_warning_bags_are_whole_and_the_warning_is_named(suite: Path) -> None:
    bags = bags_of(suite, "warning")
    assert len(bags) == 6
    for bag in bags:
        found = verify_package(bag, trust=None, bag_only=True)
        assert found.answer is Answer.WHOLE, (bag, found.faults)
        assert code_of(bag) in {w.code for w in found.warnings}, (bag, found.warnings)
