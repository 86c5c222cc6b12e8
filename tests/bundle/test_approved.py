"""From experts' decisions to a package that says so: approved, stale, refused."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from coursekit.bundle.bagwrite import write_bag_zip
from coursekit.bundle.build import Refusal, plan_package
from coursekit.bundle.keys import new_key
from coursekit.bundle.verify import verify_package
from coursekit.manifest.load import load_manifest
from coursekit.terms import Scope
from tests.bundle.packed import trusting
from tests.review.courses import DAY, SECRETS, add, build, change_lesson, decide, make_reviewed_course, settings_of


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that both experts passed."""
    return review(tmp_path_factory.mktemp("approved"), "pass")


def review(root: Path, last: str) -> Path:
    """A course and what its experts say; `last` is the verdict of the last of them."""
    course = make_reviewed_course(root / "course")
    built = build(course, root / "cache")
    *first, final = [expert.id for expert in built.dossier.experts]
    for expert in first:
        add(course, decide(built, expert))
    add(course, decide(built, final, last, "" if last == "pass" else "第二课有错字"))
    return course


def test_an_approved_course_is_packed_under_numbers(reviewed: Path, tmp_path: Path) -> None:
    plan = plan_package(reviewed, settings_of(reviewed, reviewed.parent / "cache"))
    approval = plan.package.approval
    assert (approval.required, approval.approved, approval.on) == (True, True, DAY)
    assert [d.expert for d in approval.decisions] == ["expert-1", "expert-2"]
    assert {d.verdict for d in approval.decisions} == {"pass"}
    assert {d.subject_sha256 for d in approval.decisions} == {plan.package.version}
    assert all(d.record_sha256 for d in approval.decisions)
    key = new_key()
    made = write_bag_zip(plan, tmp_path / "x.zip", (key,))
    found = verify_package(made.path, trust=trusting(key))
    assert found.ok, found.faults
    data = made.path.read_bytes()
    names = [expert.name for expert in load_manifest(reviewed / "course.yaml").experts]
    assert names
    for secret in (*SECRETS, *names):
        assert secret.encode() not in data, secret


def test_a_lesson_changed_after_the_review_is_not_packed(reviewed: Path, tmp_path: Path) -> None:
    course = tmp_path / "course"
    shutil.copytree(reviewed, course)
    rules = (reviewed.parent / "house.toml").read_text(encoding="utf-8")
    # What the experts let pass in the old bytes fails in the new ones, and is not what is tried here.
    kept = [rule for rule in rules.split("[[rule]]") if '"house/2-1"' not in rule]
    (tmp_path / "house.toml").write_text("[[rule]]".join(kept), encoding="utf-8")
    change_lesson(course)
    settings = settings_of(course, reviewed.parent / "cache")
    with pytest.raises(Refusal) as caught:
        plan_package(course, replace(settings, scope=Scope.MEDIA))
    assert caught.value.code == "review-stale"
    with pytest.raises(Refusal):
        plan_package(course, settings)
    assert plan_package(course, settings, draft=True).package.draft


def test_one_expert_who_asks_for_changes_is_enough(tmp_path: Path) -> None:
    course = review(tmp_path, "revise")
    with pytest.raises(Refusal) as caught:
        plan_package(course, settings_of(course, tmp_path / "cache", scope=Scope.MEDIA))
    assert caught.value.code == "review-refused"
