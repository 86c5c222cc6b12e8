"""`--recheck probe`: the platform looks for itself, cheaply, and from inside a cage."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from coursekit.bundle.bagwrite import write_bag_folder, write_bag_zip
from coursekit.bundle.model import Answer, Verification
from coursekit.bundle.plan import Plan
from coursekit.bundle.recheck import Looker
from coursekit.bundle.verify import Recheck, verify_package
from coursekit.rules.profiles import load_profile
from tests.bundle.packed import Packed
from tests.bundle.spoilt import fault_codes, judged_by, told, with_records


def test_recheck_needs_the_same_rules(packed: Packed) -> None:
    found = verify_package(packed.zip, trust=packed.trust, recheck=Recheck.PROBE)
    assert (found.answer, [o.code for o in found.open]) == (Answer.UNDECIDED, ["recheck-other-profile"])


def rechecked(plan: Plan, packed: Packed, target: Path) -> Verification:
    """A package judged by a profile that is here as well, verified with another look at its media."""
    profile = load_profile("tianjin-2025")
    plan = judged_by(plan, profile.id, profile.hash)
    write = write_bag_zip if target.suffix == ".zip" else write_bag_folder
    made = write(plan, target, (packed.key,))
    assert verify_package(made.path, trust=packed.trust).ok, "whatever is false, only another look shows it"
    return verify_package(made.path, trust=packed.trust, recheck=Recheck.PROBE, lang="en")


@pytest.mark.parametrize("name", ["x.zip", "x"])
def test_recheck_opens_the_containers_again(name: str, packed: Packed, tmp_path: Path) -> None:
    assert rechecked(packed.plan, packed, tmp_path / name).ok
    assert sorted(p.name for p in tmp_path.iterdir()) in (["x"], ["x.zip", "x.zip.minisig"])


def test_recheck_finds_what_the_records_keep_silent(packed: Packed, tmp_path: Path) -> None:
    first, *rest = packed.plan.package.lessons
    longer = told(packed.plan, lessons=(replace(first, duration_s=99.0), *rest))
    found = rechecked(longer, packed, tmp_path / "a.zip")
    assert fault_codes(found) == {"recheck-duration"}
    course = json.loads(packed.plan.records["course.json"])
    del course["lessons"][2]["teaches"]
    found = rechecked(with_records(packed.plan, course=json.dumps(course)), packed, tmp_path / "b.zip")
    assert fault_codes(found) == {"recheck-failed"}
    assert "manifest/coverage orphan-lesson" in found.faults[0].message
    found = rechecked(with_records(packed.plan, course="{"), packed, tmp_path / "c.zip")
    assert "record-unreadable" in fault_codes(found)


def test_a_reader_that_dies_decides_nothing(tmp_path: Path) -> None:
    looker = Looker()
    try:
        assert "MediaError" in str(looker.look(tmp_path / "absent.mp4"))
        assert looker.process is not None
        looker.process.kill()
        looker.process.join()
        assert str(looker.look(tmp_path / "absent.mp4")).startswith("crashed")
        assert "MediaError" in str(looker.look(tmp_path / "absent.mp4")), "the next file gets a fresh one"
    finally:
        looker.close()
