"""`coursekit diff` and `coursekit waive`: from report.json to words, an exit code, an entry."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from coursekit import codec
from coursekit.cli.main import cli
from coursekit.model import CoverRef, Report
from coursekit.rules.waivers import apply_waivers, load_waivers
from coursekit.terms import FailOn, Verdict
from tests.report.courses import finding, report_of, result

FAILS = result("a 课.mp4", "video/shake", Verdict.FAIL, finding(3.0, 5.0), finding(50.0, 55.0))
MENDED = result("a 课.mp4", "video/shake", Verdict.FAIL, finding(50.0, 55.0))
UNSEEN = result("a 课.mp4", "video/shake", Verdict.NOT_TESTED, reason="stage-failed")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def saved(path: Path, report: Report) -> Path:
    path.write_text(codec.dumps(report), encoding="utf-8")
    return path


def test_diff_tells_the_four_kinds(tmp_path: Path) -> None:
    old, new = saved(tmp_path / "old.json", report_of(FAILS)), saved(tmp_path / "new.json", report_of(MENDED))
    ran = run("diff", old, new)
    assert ran.exit_code == 0
    assert "mended (1)" in ran.output
    assert "still there (1)" in ran.output
    assert "[00:00:03–00:00:05]" in ran.output
    told = json.loads(run("diff", old, new, "-f", "json").output)
    assert {k: len(v) for k, v in told.items() if k != "schema"} == {"new": 0, "lost": 0, "kept": 1, "mended": 1}


@pytest.mark.parametrize(("now", "code"), [(MENDED, 0), (FAILS, 0), (UNSEEN, 1)])
def test_the_gate_stops_what_is_new_and_what_nobody_saw(tmp_path: Path, now: object, code: int) -> None:
    old = saved(tmp_path / "old.json", report_of(FAILS))
    new = saved(tmp_path / "new.json", report_of(now))  # type: ignore[arg-type]
    assert run("diff", old, new, "--gate").exit_code == code


@pytest.mark.parametrize("text", ["", "[]", '{"schema": "coursekit/report/1"}', "\xff"])
def test_diff_names_what_it_cannot_read(tmp_path: Path, text: str) -> None:
    old = saved(tmp_path / "old.json", report_of(FAILS))
    bad = tmp_path / "bad.json"
    bad.write_text(text, encoding="latin-1")
    ran = run("diff", old, bad)
    assert ran.exit_code == 2
    assert "bad.json" in ran.output
    assert run("diff", old, tmp_path / "absent.json").exit_code == 2


ACCEPT = ("--reason", "meant", "--who", "张三", "--until", "2026-12-31")


def test_waive_writes_an_entry_that_is_read_back(tmp_path: Path) -> None:
    report = saved(tmp_path / "report.json", report_of(FAILS))
    into = tmp_path / "waivers.toml"
    for second in ("4", "52.5"):
        ran = run("waive", report, "a 课.mp4", "shaky-span", "--at", second, *ACCEPT, "--into", into)
        assert ran.exit_code == 0, ran.output
    assert [(w.code, w.span, w.who) for w in load_waivers(into)] == [
        ("shaky-span", (3.0, 5.0), "张三"),
        ("shaky-span", (50.0, 55.0), "张三"),
    ]


def test_a_finding_of_a_cover_is_accepted_for_its_bytes(tmp_path: Path) -> None:
    told = report_of(result("封面.png", "cover/image", Verdict.FAIL, finding(None, code="too-small")))
    bare = replace(told, course=replace(told.course, lessons=()))
    shown = replace(bare, course=replace(bare.course, covers=(CoverRef("封面.png", "c" * 64),)))
    assert run("waive", saved(tmp_path / "bare.json", bare), "封面.png", "too-small", *ACCEPT).exit_code == 2
    into = tmp_path / "waivers.toml"
    ran = run("waive", saved(tmp_path / "report.json", shown), "封面.png", "too-small", *ACCEPT, "--into", into)
    assert ran.exit_code == 0, ran.output
    (entry,) = load_waivers(into)
    assert (entry.subject, entry.sha256) == ("封面.png", "c" * 64)
    day = dt.date(2026, 12, 1)
    assert apply_waivers(shown, (entry,), {}, FailOn.MUST, day).waivers[0].state == "applied"
    other = replace(shown, course=replace(shown.course, covers=(CoverRef("封面.png", "d" * 64),)))
    assert apply_waivers(other, (entry,), {}, FailOn.MUST, day).waivers[0].state == "changed"


def test_waive_asks_which_one_and_refuses_what_is_not_there(tmp_path: Path) -> None:
    report = saved(tmp_path / "report.json", report_of(FAILS))
    ran = run("waive", report, "a 课.mp4", "shaky-span", *ACCEPT)
    assert ran.exit_code == 2
    assert "--at" in ran.output
    assert run("waive", report, "a 课.mp4", "picture-stuck", *ACCEPT).exit_code == 2
    assert run("waive", report, "a 课.mp4", "shaky-span", "--at", "30", *ACCEPT).exit_code == 2


def test_waive_leaves_a_broken_file_as_it_was_told(tmp_path: Path) -> None:
    report = saved(tmp_path / "report.json", report_of(MENDED))
    into = tmp_path / "waivers.toml"
    into.write_text("not toml", encoding="utf-8")
    ran = run("waive", report, "a 课.mp4", "shaky-span", *ACCEPT, "--into", into)
    assert ran.exit_code == 2
    assert into.read_text(encoding="utf-8") == "not toml"
