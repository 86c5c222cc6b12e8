"""filing/evidence: one fault in an otherwise complete register, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from coursekit.filing.checks.evidence import EvidenceParams, evidence
from coursekit.filing.facts import FilingFacts, FilingSubject
from coursekit.filing.kinds import paper_kinds
from coursekit.manifest.load import manifest_from_text
from coursekit.manifest.model import Manifest
from coursekit.model import Course, CourseFacts, DocumentFacts, FileFacts, FileKind, ImageFacts, Place, Problem, Verdict
from coursekit.rules.judge import build_params
from coursekit.rules.profiles import list_profiles, load_profile
from tests.filing.papers import TODAY, complete, paper, register_of
from tests.support import Outcome, run_check

GOOD = FileFacts("p", "0" * 64, 9, FileKind.DOCUMENT, document=DocumentFacts("pdf", pages=1, characters=9, pictures=0))


def subject(raw: dict[str, Any] | None, manifest: Manifest | None = None, **files: FileFacts | None) -> FilingSubject:
    register = register_of(raw) if raw is not None else None
    found = {
        f"/papers/{i}/files/{j}": files.get(one.kind.replace("-", "_"), GOOD)
        for i, one in enumerate(register.papers if register else ())
        for j in range(len(one.files))
    }
    if manifest is not None:
        from coursekit.filing.measure import manifest_papers

        found |= {place: files.get(place.rpartition("/")[2], GOOD) for place, _ in manifest_papers(manifest)}
    held = {place: file for place, file in found.items() if file is not None}
    course = CourseFacts(Course("c", "c", ()), {}, manifest)
    return FilingSubject(course, FilingFacts("filing/register.yaml", register, held, TODAY))


def rule_params(rule_id: str) -> EvidenceParams:
    rule = next(r for r in load_profile(rule_id.partition("/")[0]).rules if r.id == rule_id)
    params: EvidenceParams = build_params(rule, evidence)
    return params


def judge(rule_id: str, change: Callable[[dict[str, Any]], object] | None = None, **files: FileFacts | None) -> Outcome:
    raw = complete()
    if change is not None:
        change(raw)
    return run_check(evidence, subject(raw, **files), rule_params(rule_id))


def put(kind: str, **fields: object) -> Callable[[dict[str, Any]], object]:
    return lambda raw: paper(raw, kind).update(fields)


def drop(kind: str, *fields: str) -> Callable[[dict[str, Any]], object]:
    return lambda raw: [paper(raw, kind).pop(field) for field in fields]


def lose(kind: str) -> Callable[[dict[str, Any]], object]:
    return lambda raw: raw["papers"].remove(paper(raw, kind))


def load(**fields: object) -> Callable[[dict[str, Any]], object]:
    return lambda raw: paper(raw, "load-test-report")["load"].update(fields)


def unload(field: str) -> Callable[[dict[str, Any]], object]:
    return lambda raw: paper(raw, "load-test-report")["load"].pop(field)


@pytest.mark.parametrize("profile", ["fujian-2025", "guangdong-2022", "tianjin-2025", "shanghai-2020", "pudong-2020"])
def test_a_complete_register_passes_every_clause_about_the_operator(profile: str) -> None:
    outcomes = {
        rule.id: run_check(evidence, subject(complete()), build_params(rule, evidence))
        for rule in load_profile(profile).rules
        if rule.check == "filing/evidence" and not any(word in str(rule.evidence) for word in ("expert", "examiner"))
    }
    assert {rule: o.codes for rule, o in outcomes.items() if o.verdict is not Verdict.PASS} == {}
    assert len(outcomes) > 10


FAULTS = [
    ("fujian-2025/call.1.2-1", lose("software-copyright"), "paper-missing"),
    ("fujian-2025/call.1.3-1", put("mlps-test-report", expires="2026-06-29"), "expired"),
    ("fujian-2025/call.1.3-1", drop("mlps-test-report", "expires"), "not-stated"),
    ("fujian-2025/call.1.3-1", put("mlps-filing", level=2), "level-too-low"),
    ("fujian-2025/call.1.3-1", put("mlps-test-report", level=2), "level-too-low"),
    ("guangdong-2022/a1.1.3-1", put("mlps-certificate", level=2), "level-too-low"),
    ("tianjin-2025/4.2-1", put("mlps-certificate", level=2), None),
    ("tianjin-2025/4.2-1", put("mlps-certificate", level=1), "level-too-low"),
    ("tianjin-2025/4.2-1", drop("mlps-certificate", "level"), "not-stated"),
    ("fujian-2025/call.1.4-1", put("icp-licence", owner="另一家公司（示例）"), "owner-differs"),
    ("fujian-2025/call.1.5-1", drop("icp-filing", "owner"), "not-stated"),
    ("fujian-2025/call.1.4-1", put("icp-licence", domains=["other.example"]), "domain-differs"),
    ("fujian-2025/call.1.4-1", put("icp-licence", domains=["ple.cn"]), "domain-differs"),
    ("fujian-2025/call.1.5-1", put("icp-filing", domains=["www.example.cn"]), None),
    ("fujian-2025/call.1.5-1", drop("icp-filing", "domains"), "not-stated"),
    ("fujian-2025/call.1.4-1", put("icp-licence", expires="2026-06-30"), None),
    ("fujian-2025/call.1.6-1", put("icp-filing", since="2024-07-01"), "running-too-short"),
    ("fujian-2025/call.1.6-1", put("icp-filing", since="2024-06-30"), None),
    ("guangdong-2022/a1.1.5-1", put("icp-filing", since="2017-10-01"), "running-too-short"),
    ("guangdong-2022/a1.1.5-1", put("icp-filing", since="2017-09-30"), None),
    ("guangdong-2022/a1.1.5-1", drop("icp-filing", "since"), "not-stated"),
    ("fujian-2025/call.2.2-1", load(online=99_999), "figure-too-low"),
    ("fujian-2025/call.2.2-1", load(concurrent=999), "figure-too-low"),
    ("fujian-2025/call.2.2-1", unload("concurrent"), "not-stated"),
    ("fujian-2025/call.2.2-1", put("load-test-report", marks=[]), "mark-missing"),
    ("pudong-2020/a1.3.1-1", load(online=19_999), "figure-too-low"),
    ("guangdong-2022/a1.2.9-1", load(online=49_999), "figure-too-low"),
    ("guangdong-2022/a1.2.10-1", load(tps=249), "figure-too-low"),
    ("guangdong-2022/a1.2.10-1", load(lan_mbps=100), "figure-too-low"),
    ("tianjin-2025/a2.1.2-1", load(response_s=5.1), "too-slow"),
    ("tianjin-2025/a2.1.3-1", load(fetch_s=2.1), "too-slow"),
    ("tianjin-2025/a2.1.3-1", unload("fetch_s"), "not-stated"),
    ("guangdong-2022/a1.1.2-1", put("technical-team", staff=14), "figure-too-low"),
    ("guangdong-2022/a1.2.8-1", put("data-retention-proof", retention_years=3), "figure-too-low"),
    ("tianjin-2025/a2.1.4-1", put("data-retention-proof", retention_years=3), None),
    ("fujian-2025/call.1.9-1", put("credit-report", issued="2026-07-01"), "dated-in-future"),
    ("pudong-2020/a3-1", put("platform-test-report", marks=["CNAS"]), None),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "change", "code"), FAULTS)
def test_one_fault_one_finding(rule: str, change: Callable[[dict[str, Any]], object], code: str | None) -> None:
    outcome = judge(rule, change)
    assert outcome.codes == ((code,) if code else ())
    assert outcome.verdict is (Verdict.FAIL if code else Verdict.PASS)


def test_a_third_party_report_without_its_mark_does_not_stand_in_for_anything() -> None:
    def only_report(raw: dict[str, Any]) -> None:
        paper(raw, "platform-test-report")["marks"] = []
        lose("platform-use-commitment")(raw)
        lose("authority-listing")(raw)

    assert judge("pudong-2020/a3-1", only_report).codes == ("mark-missing",)


LOCKED = replace(GOOD, document=DocumentFacts("pdf", opens=False, open_code="encrypted", encrypted=True))
BROKEN = replace(GOOD, document=DocumentFacts("pdf", opens=False, open_code="damaged"))
BLANK = replace(GOOD, document=DocumentFacts("pdf", pages=1, characters=0, pictures=0))
OLD = replace(GOOD, document=DocumentFacts("doc"))
FILM = replace(GOOD, document=DocumentFacts("mp4", opens=False, open_code="unrecognised"))
LINK = FileFacts("p", "", 0, FileKind.DOCUMENT, problems=(Problem("document", "outside-course", ""),))
HUNG = FileFacts("p", "", 0, FileKind.DOCUMENT, problems=(Problem("document", "timeout", ""),))
SCAN = FileFacts("p", "0" * 64, 9, FileKind.IMAGE, image=ImageFacts("jpeg", size_px=(100, 100)))


@pytest.mark.parametrize(
    ("file", "code", "verdict"),
    [
        (None, "file-missing", Verdict.FAIL),
        (LOCKED, "encrypted", Verdict.FAIL),
        (BROKEN, "unreadable", Verdict.FAIL),
        (FILM, "unreadable", Verdict.FAIL),
        (BLANK, "nothing-inside", Verdict.FAIL),
        (LINK, "file-outside", Verdict.FAIL),
        (OLD, "not-looked-into", Verdict.REVIEW),
        (SCAN, None, Verdict.PASS),
    ],
)
def test_a_paper_must_open(file: FileFacts | None, code: str | None, verdict: Verdict) -> None:
    outcome = judge("fujian-2025/call.1.9-1", credit_report=file)
    assert (outcome.codes, outcome.verdict) == ((code,) if code else (), verdict)


def test_a_paper_that_could_not_be_opened_in_time_is_not_tested() -> None:
    outcome = judge("fujian-2025/call.1.9-1", credit_report=HUNG)
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_TESTED, "stage-failed")


def test_a_fault_stands_though_another_paper_could_not_be_opened() -> None:
    outcome = judge("guangdong-2022/a1.1.1-1", lose("local-office-proof"), legal_entity_registration=HUNG)
    assert outcome.codes == ("paper-missing",)


NEEDS = {
    "same_owner": "owner", "same_domain": "domains", "min_mlps_level": "level", "min_years": "since",
    "in_date": "expires", "marks": "marks", "min_online": "load", "min_concurrent": "load", "min_tps": "load",
    "min_lan_mbps": "load", "max_response_s": "load", "max_fetch_s": "load", "min_staff": "staff",
    "min_retention_years": "retention",
}  # fmt: skip


def test_every_number_a_notice_sets_is_looked_for_on_a_paper_it_asks_for() -> None:
    """A requirement that no paper asked for can show would pass unseen."""
    for profile in list_profiles():
        for rule in profile.rules:
            if rule.check == "filing/evidence":
                has = {
                    f for e in rule.evidence for k in e.split("|") if k in paper_kinds() for f in paper_kinds()[k].has
                }
                assert {NEEDS[name] for name in rule.params if name in NEEDS} <= has, rule.id


def test_only_what_a_notice_asks_for_under_a_condition_can_be_declared_away() -> None:
    def declare(kind: str) -> Callable[[dict[str, Any]], object]:
        def change(raw: dict[str, Any]) -> None:
            lose(kind)(raw)
            raw["not_needed"] = [{"kind": kind, "reason": "全部资源为自主开发"}]

        return change

    allowed = judge("tianjin-2025/4.5-1", declare("imported-resource-licence"))
    assert (allowed.codes, allowed.verdict) == (("declared-not-needed",), Verdict.REVIEW)
    assert judge("tianjin-2025/4.5-1", declare("training-syllabus")).codes == ("paper-missing",)


def test_a_finding_stands_at_its_line_of_the_register() -> None:
    outcome = judge("fujian-2025/call.1.4-1", put("icp-licence", owner="另一家"))
    where = outcome.findings[0].where
    assert isinstance(where, Place)
    assert where.pointer.endswith("/owner")
    assert where.line == 1


def test_without_a_register_nothing_is_tested() -> None:
    alone = FilingSubject(CourseFacts(Course("c", "c", ()), {}), None)
    outcome = run_check(evidence, alone, rule_params("fujian-2025/call.1.9-1"))
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_TESTED, "needs-paper")


def test_a_faulty_register_is_not_judged() -> None:
    found = subject(complete())
    assert found.filing is not None
    assert found.filing.register is not None
    from coursekit.manifest.faults import Fault

    faulty = replace(found.filing.register, faults=(Fault("no-value", "/operator/name", 3, 1),))
    outcome = run_check(
        evidence, replace(found, filing=replace(found.filing, register=faulty)), rule_params("fujian-2025/call.1.9-1")
    )
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_TESTED, "register-faulty")


EXPERTS = """\
schema: coursekit/manifest/1
course: {id: c, title: 课程}
experts:
  - {id: X1, name: 甲, route: examiner, certificate_file: e/1.png, identity_file: e/1-id.png, cv_file: e/1.pdf}
  - {id: X2, name: 乙, route: professional-title, certificate_file: e/2.png, identity_file: e/2i.png, cv_file: e/2.pdf}
"""


def judge_experts(rule_id: str, text: str, **files: FileFacts | None) -> Outcome:
    manifest = manifest_from_text(text)
    assert manifest.faults == ()
    return run_check(evidence, subject(None, manifest, **files), rule_params(rule_id))


def test_the_papers_of_experts_are_those_of_the_manifest() -> None:
    assert judge_experts("fujian-2025/consent.papers-1", EXPERTS).verdict is Verdict.PASS
    assert judge_experts("fujian-2025/a1.experts.1-1", EXPERTS).verdict is Verdict.PASS
    without = EXPERTS.replace(", cv_file: e/2.pdf", "")
    assert judge_experts("fujian-2025/consent.papers-1", without).codes == ("paper-missing-of",)
    assert judge_experts("fujian-2025/a1.2-1", EXPERTS, identity_file=LOCKED).codes == ("encrypted", "encrypted")


def test_every_expert_needs_a_paper_of_the_route_that_expert_came_by() -> None:
    without = EXPERTS.replace("certificate_file: e/2.png, ", "")
    assert judge_experts("fujian-2025/a1.experts.1-1", without).codes == ("paper-missing-of",)


def test_no_message_names_a_file() -> None:
    outcome = judge_experts("fujian-2025/a1.2-1", EXPERTS, identity_file=BROKEN)
    assert outcome.codes == ("unreadable", "unreadable")
    assert all(".png" not in f.message + f.remedy + str(f.args) + str(f.where) for f in outcome.findings)
