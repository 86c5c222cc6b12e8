"""The commands a clerk uses, and what they never tell."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from coursekit.cli.filing import filing
from tests.filing.course import COURSE, SECRET_ID, SECRET_PHONE, write_course
from tests.filing.papers import FORMS, HOST, PHONE, complete, paper, pdf, write_register

TODAY = ("--today", "2026-06-30")
FUJIAN = ("-p", "fujian-2025")
Change = Callable[[dict[str, Any]], object]


def run(*args: object) -> Result:
    return CliRunner().invoke(filing, [str(arg) for arg in args])


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course whose operator has every paper, the forms still to be signed."""
    raw = complete()
    raw["papers"] = [p for p in raw["papers"] if p["kind"] not in FORMS]
    folder = write_course(tmp_path / "课程 一")
    write_register(folder / "filing", raw)
    return folder


def change(course: Path, how: Change) -> None:
    path = course / "filing" / "register.yaml"
    raw = json.loads(path.read_text(encoding="utf-8"))
    how(raw)
    path.write_text(json.dumps(raw, ensure_ascii=False), encoding="utf-8")


def names(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


# ---------------------------------------------------------------------------------------------------------------- check


def test_check_names_only_the_forms_still_to_be_signed(course: Path) -> None:
    done = run("check", course, *FUJIAN, *TODAY)
    assert done.exit_code == 1
    said = [line for line in done.stdout.splitlines() if "×" in line]
    assert len(said) == 3
    assert all("paper-missing" in line for line in said)


def test_check_passes_when_everything_is_there(course: Path) -> None:
    def sign(raw: dict[str, Any]) -> None:
        raw["papers"] += [{"kind": kind, "files": ["papers/credit-report.pdf"]} for kind in FORMS]

    change(course, sign)
    done = run("check", course, *FUJIAN, *TODAY)
    assert done.exit_code == 0, done.stdout


FAULTS: list[tuple[Change, str]] = [
    (lambda raw: paper(raw, "mlps-test-report").update(expires="2026-06-01"), "expired"),
    (lambda raw: paper(raw, "icp-licence").update(owner="别家公司", domains=["other.example"]), "owner-differs"),
    (lambda raw: paper(raw, "credit-report").update(files=["papers/没有.pdf"]), "file-missing"),
    (lambda raw: paper(raw, "credit-report").update(colour="红"), "unknown-field"),
    (lambda raw: paper(raw, "credit-report").update(files="papers/a.pdf"), "not-a-list"),
    (lambda raw: raw["operator"].pop("name"), "missing-field"),
]
"""What a clerk sees of them; every code of the check has its own case in tests/checks/filing."""


@pytest.mark.parametrize(("how", "code"), FAULTS)
def test_one_fault_in_the_register_is_told_by_its_code(course: Path, how: Change, code: str) -> None:
    change(course, how)
    done = run("check", course, *FUJIAN, *TODAY)
    assert done.exit_code == 1
    assert code in done.stdout


def test_papers_that_do_not_open_are_told(course: Path) -> None:
    papers = course / "filing" / "papers"
    (papers / "credit-report.pdf").write_bytes(b"")
    (papers / "finance-rules.pdf").write_bytes(b"no pdf at all" * 50)
    (papers / "management-rules.pdf").write_bytes(pdf(password="x"))
    said = run("check", course, *FUJIAN, *TODAY).stdout
    assert said.count("[unreadable") == 2
    assert said.count("[encrypted") == 1


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_out_of_the_folder_is_neither_opened_nor_packed(course: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.pdf").write_bytes(pdf("secret"))
    target = course / "filing" / "papers" / "credit-report.pdf"
    target.unlink()
    target.symlink_to(tmp_path / "secret.pdf")
    assert "file-outside" in run("check", course, *FUJIAN, *TODAY).stdout
    assert run("kit", course, *FUJIAN, *TODAY, "--draft", "-o", tmp_path / "kit").exit_code == 0
    assert not [n for n in names(tmp_path / "kit") if "信用报告" in n]


def test_an_unreadable_register_ends_with_its_line(course: Path) -> None:
    (course / "filing" / "register.yaml").write_text("schema: coursekit/register/1\n\tx: 1\n", encoding="utf-8")
    done = run("check", course, *FUJIAN)
    assert done.exit_code == 2
    assert "register.yaml:2:" in done.stderr
    assert "syntax" in done.stderr


def test_one_register_serves_several_courses(course: Path, tmp_path: Path) -> None:
    other = write_course(tmp_path / "课程二", COURSE.replace("demo-4", "demo-5").replace("（四级）", "（五级）"))
    register = course / "filing" / "register.yaml"
    done = run("forms", course, other, "-p", "tianjin-2025", "--register", register, "-o", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    done = run("forms", course, other, *FUJIAN, "--register", register, "-o", tmp_path / "out2")
    assert len([n for n in names(tmp_path / "out2") if "同意书" in n and n.endswith(".docx")]) == 2


# ---------------------------------------------------------------------------------------------------------------- forms


def test_forms_are_word_and_pdf_for_their_owner_alone(course: Path, tmp_path: Path) -> None:
    pytest.importorskip("typst", reason="the extra pdf is not installed")
    out = tmp_path / "表"
    done = run("forms", course, *FUJIAN, "-o", out)
    assert done.exit_code == 0, done.stderr
    assert names(out) == [
        "线上培训平台基本情况表.docx", "线上培训平台基本情况表.pdf",
        "线上培训数字资源审核同意书.docx", "线上培训数字资源审核同意书.pdf",
    ]  # fmt: skip
    if os.name != "nt":
        assert stat.S_IMODE(out.stat().st_mode) == 0o700
        assert {stat.S_IMODE((out / n).stat().st_mode) for n in names(out)} == {0o600}


def test_a_name_that_cannot_be_printed_leaves_no_form_behind(course: Path, tmp_path: Path) -> None:
    pytest.importorskip("typst", reason="the extra pdf is not installed")
    write_course(course, COURSE.replace("林秀喆", "林𠮷"))
    done = run("forms", course, *FUJIAN, "-o", tmp_path / "表")
    assert done.exit_code == 2
    assert "U+20BB7" in done.stderr
    assert "林𠮷" in done.stderr
    assert not (tmp_path / "表").exists()
    assert run("forms", course, *FUJIAN, "--no-pdf", "-o", tmp_path / "表").exit_code == 0
    assert [n for n in names(tmp_path / "表") if not n.endswith(".docx")] == []


def test_course_and_register_that_disagree_make_no_form(course: Path, tmp_path: Path) -> None:
    write_course(course, COURSE.replace("platform: 云栖", "platform: 云溪"))
    done = run("forms", course, *FUJIAN, "-o", tmp_path / "表")
    assert done.exit_code == 2
    assert "云溪" in done.stderr
    assert not (tmp_path / "表").exists()


# ------------------------------------------------------------------------------------------------------------------ kit


def test_the_kit_holds_papers_in_order_forms_index_and_sums(course: Path, tmp_path: Path) -> None:
    done = run("kit", course, *FUJIAN, *TODAY, "-o", tmp_path / "kit")
    assert done.exit_code == 0, done.stderr
    found = names(tmp_path / "kit")
    assert "00-目录.docx" in found
    numbered = [n for n in found if "/" not in n and n[:2].isdecimal()]
    assert [n[:2] for n in numbered] == sorted(n[:2] for n in numbered)
    order = [n.split("-", 1)[1] for n in numbered]
    first, second, third = map(order.index, ("营业执照或其他合法登记证明.pdf", "ICP业务经营许可证.pdf", "财务制度.pdf"))
    assert first < second < third
    mine = [n.split("/")[1] for n in found if "/" in n]
    assert {"审核专家1-身份证.pdf", "审核专家1-简历.pdf", "审核专家1-证明材料.pdf"} <= set(mine)
    assert [n for n in mine if "同意书（待签章）" in n]
    sums = dict(
        reversed(line.split("  ", 1))
        for line in (tmp_path / "kit" / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    )
    assert sorted([*sums, "SHA256SUMS"]) == found
    for name, digest in sums.items():
        assert hashlib.sha256((tmp_path / "kit" / name).read_bytes()).hexdigest() == digest


def test_the_index_says_what_is_missing_and_what_need_not_be_there(course: Path, tmp_path: Path) -> None:
    from docx import Document

    change(course, lambda raw: raw["papers"].remove(paper(raw, "finance-rules")))
    change(course, lambda raw: raw["papers"].remove(paper(raw, "prior-shortlisting-proof")))
    change(course, lambda raw: raw["papers"].remove(paper(raw, "imported-resource-licence")))
    change(course, lambda raw: raw.update(not_needed=[{"kind": "imported-resource-licence", "reason": "自主开发"}]))
    done = run("kit", course, "-p", "tianjin-2025", *TODAY, "--draft", "--no-pdf", "-o", tmp_path / "kit")
    assert done.exit_code == 0, done.stderr
    rows = Document(str(tmp_path / "kit" / "00-目录.docx")).tables[0].rows
    notes = {row.cells[1].text: row.cells[4].text for row in rows}
    assert notes["财务制度"] == "缺"
    assert notes["2021年以来入围人社部门平台的证明"] == "可不提供"
    assert notes["引进资源合法使用证明"] == "声明不需要：自主开发"
    assert notes["申报表（加盖公章）"] == "待签章"
    assert notes["管理制度"] == ""


def test_the_same_kit_twice(course: Path, tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        assert run("kit", course, *FUJIAN, *TODAY, "-o", tmp_path / name).exit_code == 0
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as packed:
        assert packed.testzip() is None
        assert "SHA256SUMS" in packed.namelist()
    if os.name != "nt":
        assert stat.S_IMODE((tmp_path / "a.zip").stat().st_mode) == 0o600


@pytest.mark.skipif(os.name == "nt", reason="no owners' permissions")
def test_the_kit_is_its_owners_alone(course: Path, tmp_path: Path) -> None:
    run("kit", course, *FUJIAN, *TODAY, "-o", tmp_path / "kit")
    for path in [tmp_path / "kit", *(tmp_path / "kit").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_kit_with_something_missing_is_refused_unless_it_is_a_draft(course: Path, tmp_path: Path) -> None:
    change(course, lambda raw: raw["papers"].remove(paper(raw, "icp-licence")))
    done = run("kit", course, *FUJIAN, *TODAY, "-o", tmp_path / "kit")
    assert done.exit_code == 1
    assert "ICP" in done.stderr
    assert not (tmp_path / "kit").exists()
    assert [p for p in tmp_path.iterdir() if p.name.startswith(".coursekit")] == []
    assert run("kit", course, *FUJIAN, *TODAY, "--draft", "-o", tmp_path / "kit").exit_code == 0


def test_a_kit_never_mixes_with_what_is_there(course: Path, tmp_path: Path) -> None:
    (tmp_path / "kit").mkdir()
    done = run("kit", course, *FUJIAN, *TODAY, "-o", tmp_path / "kit")
    assert done.exit_code == 2
    assert list((tmp_path / "kit").iterdir()) == []


def test_a_negative_opinion_refuses_the_kit_and_the_form_says_so(course: Path, tmp_path: Path) -> None:
    from coursekit.manifest.digest import course_digest
    from coursekit.manifest.load import load_manifest

    manifest = load_manifest(course / "course.yaml")
    hashes = {n: hashlib.sha256((course / n).read_bytes()).hexdigest() for n in ("第1课.mp4", "第2课.mp4")}
    digest = course_digest(manifest, hashes)
    said = f"reviews:\n  - {{expert: X2, verdict: reject, subject_sha256: '{digest}', comment: 第2课示范有误。}}\n"
    write_course(course, COURSE + said)
    done = run("kit", course, *FUJIAN, *TODAY, "-o", tmp_path / "kit")
    assert done.exit_code == 1
    assert "郑国䶮" in done.stderr
    done = run("forms", course, *FUJIAN, "-o", tmp_path / "表")
    assert done.exit_code == 0
    assert "郑国䶮" in done.stderr
    from docx import Document

    table = Document(str(tmp_path / "表" / "线上培训数字资源审核同意书.docx")).tables[0]
    words = "\n".join(p.text for row in table.rows for cell in row.cells for p in cell.paragraphs)
    assert "不符合要求。" in words
    assert "第2课示范有误。" in words


# -------------------------------------------------------------------------------------------------------------- privacy

SECRETS = (SECRET_ID, SECRET_PHONE, PHONE, "13900005678", "13900009012", "agent@example.cn")


def test_commands_tell_no_personal_data(course: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    (course / "experts" / f"{SECRET_ID}.pdf").write_bytes(b"broken")
    told = ""
    for args in (
        ("check", course, *FUJIAN),
        ("forms", course, *FUJIAN, "-o", tmp_path / "f"),
        ("kit", course, *FUJIAN, "-o", tmp_path / "k"),
        ("kit", course, *FUJIAN, "--draft", "-o", tmp_path / "k"),
    ):
        done = run(*args)
        told += done.stdout + done.stderr
    assert "审核专家" in told or "expert" in told
    told += "\n".join(record.getMessage() for record in caplog.records)
    assert [secret for secret in SECRETS if secret in told] == []


def test_no_report_and_no_facts_hold_personal_data(course: Path, tmp_path: Path) -> None:
    from coursekit.cli.audit import audit

    outputs = [tmp_path / name for name in ("report.json", "report.html", "junit.xml", "facts.json", "report.sarif")]
    args: list[str] = [str(course), *FUJIAN, "--scope", "filing", *TODAY, "-j", "1", "-vv"]
    for path, form in zip(outputs, ("json", "html", "junit", "facts", "sarif"), strict=True):
        args += ["-f", form, "-o", str(path)]
    done = CliRunner().invoke(audit, [*args, "-f", "text"])
    assert done.exit_code in (1, 3), done.stderr
    texts = [done.stdout, done.stderr, *(path.read_text(encoding="utf-8") for path in outputs)]
    for text in texts:
        assert [secret for secret in SECRETS if secret in text] == []
        assert "filing/papers" not in text
        assert "身份证.pdf" not in text
    report = json.loads(texts[2])
    papers = [r for r in report["results"] if r["check"] == "filing/evidence"]
    assert {r["verdict"] for r in papers} >= {"pass", "fail"}
    assert {r["subject"] for r in papers} == {"filing/register.yaml"}
    assert report["run"]["as_of"] == "2026-06-30"
    assert "2026-06-30" not in json.dumps({k: v for k, v in report.items() if k != "run"}, ensure_ascii=False)
    facts = json.loads(texts[5])
    assert not [f["path"] for f in facts["files"] if f["path"].startswith(("experts/", "filing/"))]


def test_another_day_or_another_paper_is_another_answer(course: Path, tmp_path: Path) -> None:
    from coursekit.cli.audit import audit

    def fails(*more: str) -> int:
        out = tmp_path / "r.json"
        CliRunner().invoke(
            audit, [str(course), *FUJIAN, "--scope", "filing", "-j", "1", "-f", "json", "-o", str(out), *more]
        )
        results = json.loads(out.read_text(encoding="utf-8"))["results"]
        return sum(r["verdict"] == "fail" for r in results if r["check"] == "filing/evidence")

    now = fails(*TODAY)
    assert fails("--today", "2027-06-30") == now + 1
    elsewhere = write_register(tmp_path / "elsewhere", complete())
    assert fails(*TODAY, "--register", str(elsewhere)) < now
    (elsewhere.parent / "papers" / "credit-report.pdf").unlink()
    assert fails(*TODAY, "--register", str(elsewhere)) == 1


def test_the_address_of_the_platform_is_compared_with_its_papers(course: Path) -> None:
    change(course, lambda raw: raw["platform"].update(url=f"https://{HOST}.evil.example/"))
    assert "domain-differs" in run("check", course, *FUJIAN, *TODAY).stdout
