"""In bad faith: well sealed, signed by a trusted key, and false; and what a platform insists on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from coursekit import codec
from coursekit.bundle.attestation import EXPERT_REVIEW, TEST_RESULT
from coursekit.bundle.bag import Findings
from coursekit.bundle.bagwrite import write_bag_zip
from coursekit.bundle.demands import Demands, judge_demands, own_profile
from coursekit.bundle.model import Answer
from coursekit.bundle.plan import Plan
from coursekit.bundle.told import told_lines
from coursekit.bundle.verify import verify_package
from coursekit.terms import Scope
from tests.bundle.packed import Packed
from tests.bundle.spoilt import approval, decision, fault_codes, judged_by, report_with, told, with_records

FALSE: dict[str, tuple[Callable[[Plan], Plan], str]] = {
    "does-not-conform": (lambda p: told(p, outcome="does_not_conform"), "package-does-not-conform"),
    "outcome-differs": (lambda p: told(p, outcome="undecided"), "records-differ"),
    "profile-differs": (lambda p: told(p, profiles=(replace(p.package.profiles[0], hash="0" * 64),)), "records-differ"),
    "version-differs": (lambda p: told(p, version="0" * 64), "course-version-differs"),
    "lesson-of-other-bytes": (
        lambda p: told(p, lessons=(replace(p.package.lessons[0], sha256="0" * 64), *p.package.lessons[1:])),
        "records-differ",
    ),
    "lesson-left-out": (lambda p: told(p, lessons=p.package.lessons[1:]), "records-differ"),
    "subtitle-not-there": (
        lambda p: told(p, lessons=(replace(p.package.lessons[0], cover="no.png"), *p.package.lessons[1:])),
        "records-differ",
    ),
    "not-approved": (
        lambda p: told(p, approval=approval(approved=False, decisions=(decision(p),))),
        "package-not-approved",
    ),
    "approved-by-nobody": (lambda p: told(p, approval=approval()), "package-not-approved"),
    "approved-with-changes": (
        lambda p: told(p, approval=approval(decisions=(decision(p, verdict="revise"),))),
        "package-not-approved",
    ),
    "approved-other-bytes": (
        lambda p: told(p, approval=approval(decisions=(decision(p, subject_sha256="0" * 64),))),
        "review-of-other-bytes",
    ),
    "report-does-not-add-up": (
        lambda p: report_with(p, '"verdict": "pass"', '"verdict": "fail"'),
        "report-does-not-add-up",
    ),
    "report-of-other-lessons": (
        lambda p: report_with(p, p.package.lessons[0].sha256 or "", "0" * 64),
        "records-differ",
    ),
    "decisions-differ": (lambda p: with_records(p, decisions=codec.dumps(approval())), "records-differ"),
    "package-unreadable": (lambda p: with_records(p, package="{}"), "record-unreadable"),
    "report-unreadable": (lambda p: with_records(p, report="{}"), "record-unreadable"),
    "draft-in-disguise": (lambda p: with_records(p, package=codec.dumps(replace(p.package, draft=True))), "draft-mark-differs"),  # noqa: E501
}  # fmt: skip


@pytest.mark.parametrize("name", FALSE)
def test_a_package_that_contradicts_itself_is_refused(name: str, packed: Packed, tmp_path: Path) -> None:
    change, code = FALSE[name]
    made = write_bag_zip(change(packed.plan), tmp_path / "x.zip", (packed.key,))
    found = verify_package(made.path, trust=packed.trust)
    assert found.answer is Answer.REFUSED
    assert code in fault_codes(found)


def test_what_is_sworn_must_be_what_is_said(packed: Packed, tmp_path: Path) -> None:
    """The statements are signed by a trusted key, over this bag, and tell of other profiles and other experts."""
    from coursekit.bundle import bagwrite

    other = replace(packed.plan.package, scope="media", approval=approval())
    original = bagwrite.attest
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bagwrite, "attest", lambda package, *rest: original(other, *rest))
        made = write_bag_zip(packed.plan, tmp_path / "x.zip", (packed.key,))
    found = verify_package(made.path, trust=packed.trust, lang="en")
    assert fault_codes(found) == {"attestation-differs"}
    assert {TEST_RESULT, EXPERT_REVIEW} <= {re.findall(r"\((.+)\)", f.message)[0] for f in found.faults}


def test_approved_packages_pass_and_their_end_is_told(packed: Packed, tmp_path: Path) -> None:
    plan = told(packed.plan, approval=approval(decisions=(decision(packed.plan),)), use_until="2020-01-31")
    made = write_bag_zip(plan, tmp_path / "x.zip", (packed.key,))
    found = verify_package(made.path, trust=packed.trust)
    assert found.ok
    assert [w.code for w in found.warnings] == ["use-has-ended", "profile-not-known"]
    lines = "\n".join(line for line, _, _ in told_lines(found, "zh"))
    assert "专家 1 人，通过 1 人，最后一次 2026-03-05" in lines


TIANJIN = Demands(("tianjin-2025",), Scope.COURSE)


@pytest.mark.parametrize(
    ("profile_id", "own_hash", "scope", "demands", "faults", "open_", "warnings"),
    [
        ("tianjin-2025", True, "course", TIANJIN, set(), set(), set()),
        ("tianjin-2025", True, "filing", TIANJIN, set(), set(), set()),
        ("tianjin-2025", True, "media", TIANJIN, {"scope-not-as-demanded"}, set(), set()),
        ("tianjin-2025", True, "media", None, set(), set(), {"scope-is-narrow"}),
        ("tianjin-2025", False, "course", TIANJIN, set(), {"profile-other-version"}, set()),
        ("tianjin-2025", False, "course", None, set(), set(), {"profile-other-version"}),
        ("fujian-2025", True, "course", TIANJIN, {"profile-not-as-demanded"}, set(), set()),
        ("studio", False, "course", TIANJIN, {"profile-not-as-demanded"}, set(), {"profile-not-known"}),
        ("../../etc/profile.toml", False, "course", None, set(), set(), {"profile-not-known"}),
    ],
)  # fmt: skip
def test_a_platform_insists_on_a_notice_and_a_scope(
    profile_id: str, own_hash: bool, scope: str, demands: Demands | None, faults: set[str], open_: set[str],
    warnings: set[str], packed: Packed, tmp_path: Path,
) -> None:  # fmt: skip
    own = own_profile(profile_id)
    assert own is not None or not own_hash
    sha256 = own.hash if own is not None and own_hash else "0" * 64
    made = write_bag_zip(judged_by(packed.plan, profile_id, sha256, scope), tmp_path / "x.zip", (packed.key,))
    found = verify_package(made.path, trust=packed.trust, demands=demands)
    said = [{i.code for i in issues} for issues in (found.faults, found.open, found.warnings)]
    assert said == [faults, open_, warnings]


def test_a_scope_that_nobody_knows_reaches_nothing(packed: Packed) -> None:
    found = Findings()
    judge_demands(replace(packed.plan.package, scope="everything"), Demands(scope=Scope.MEDIA), found)
    assert [f.code for f in found.faults] == ["scope-not-as-demanded"]
