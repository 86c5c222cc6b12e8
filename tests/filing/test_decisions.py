"""From the experts' decision files to the consent form, the evidence and the kit."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from docx import Document

from coursekit.cli.filing import filing
from coursekit.filing.checks.evidence import EvidenceParams, evidence
from coursekit.filing.desk import open_desk
from coursekit.filing.fill import expert_fields
from coursekit.rules.profiles import load_profile
from coursekit.terms import Verdict
from tests.filing.papers import TODAY, complete, pdf, write_register
from tests.review.conftest import Desk, desk, first_desk
from tests.review.courses import add, change_lesson, decide
from tests.support import run_check

__all__ = ["desk", "first_desk"]
FUJIAN = load_profile("fujian-2025")


def scan(folder: Path, name: str) -> Path:
    (folder / name).write_bytes(pdf(name.partition(".")[0]))
    return folder / name


def opinions(course: Path) -> list[str]:
    one = open_desk((course,), FUJIAN, TODAY).courses[0]
    return [fields["expert.opinion"] for fields in expert_fields(one)]


def test_opinions_come_from_the_decisions_and_go_with_the_bytes(desk: Desk, tmp_path: Path) -> None:
    assert opinions(desk.course) == ["", ""]
    add(desk.course, decide(desk.built, "X1", opinion="讲解清楚。"), papers=(scan(tmp_path, "x1.pdf"),))
    assert opinions(desk.course) == ["符合要求。\n讲解清楚。", ""]
    add(desk.course, decide(desk.built, "X2", "revise", "第三课重录。"), papers=(scan(tmp_path, "x2.pdf"),))
    assert opinions(desk.course) == ["符合要求。\n讲解清楚。", "不符合要求，需要调整或修改。\n第三课重录。"]
    change_lesson(desk.course)
    assert opinions(desk.course) == ["", ""]


def test_scans_that_came_with_the_decisions_are_the_signed_form(desk: Desk, tmp_path: Path) -> None:
    def judged() -> Verdict:
        now = open_desk((desk.course,), FUJIAN, TODAY)
        return run_check(evidence, now.subject(0), EvidenceParams(("review-consent-form",))).verdict

    add(desk.course, decide(desk.built, "X1"), papers=(scan(tmp_path, "x1.pdf"),))
    assert judged() is Verdict.NOT_TESTED, "one of two has signed"
    add(desk.course, decide(desk.built, "X2"), papers=(scan(tmp_path, "x2.pdf"),))
    assert judged() is Verdict.PASS
    change_lesson(desk.course)
    assert judged() is Verdict.NOT_TESTED, "signed for other bytes"


@pytest.mark.parametrize("verdict", ["pass", "reject"])
def test_from_decisions_to_form_and_kit(desk: Desk, tmp_path: Path, verdict: str) -> None:
    raw = complete()
    raw["operator"]["name"] = "示例学校"
    write_register(desk.course / "filing", raw)
    add(desk.course, decide(desk.built, "X1"), papers=(scan(tmp_path, "x1.pdf"),))
    add(desk.course, decide(desk.built, "X2", verdict, "示范有误。"), papers=(scan(tmp_path, "x2.pdf"),))
    common = (str(desk.course), "-p", "fujian-2025", "--today", "2026-06-30")
    done = CliRunner().invoke(filing, ["forms", *common, "-o", str(tmp_path / "表")])
    assert done.exit_code == 0, done.stderr
    table = Document(str(tmp_path / "表" / "线上培训数字资源审核同意书.docx")).tables[0]
    words = [p.text for row in table.rows for cell in row.cells for p in cell.paragraphs]
    assert ("不符合要求。" in words) is (verdict == "reject")
    done = CliRunner().invoke(filing, ["kit", *common, "-o", str(tmp_path / "kit")])
    # The papers of this course's experts do not open, so it is refused in any case, and says so of a negative opinion.
    assert done.exit_code == 1
    assert ("郑国栋 did not pass" in done.stderr) is (verdict == "reject")
    done = CliRunner().invoke(filing, ["kit", *common, "--draft", "-o", str(tmp_path / "kit")])
    assert done.exit_code == 0, done.stderr
    signed = [p for p in (tmp_path / "kit").rglob("*.pdf") if "同意书" in p.name and "待签章" not in p.name]
    assert len(signed) == 3, "the register's copy and a scan of each expert"
