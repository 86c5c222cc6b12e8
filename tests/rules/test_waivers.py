"""Waivers: what they accept, and what ends them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from coursekit.model import Report
from coursekit.rules.waivers import WaiverError, apply_waivers, content_hash, entry_text, load_waivers
from coursekit.terms import FailOn, Outcome, Verdict
from tests.report.courses import finding, report_of, result

TODAY = dt.date(2026, 6, 1)
UNTIL = dt.date(2026, 12, 31)
FAILS = result("a.mp4", "video/shake", Verdict.FAIL, finding(3.0, 5.0))


def waived(
    report: Report, tmp_path: Path, *, today: dt.date = TODAY, fail_on: FailOn = FailOn.MUST, text: str | None = None
) -> Report:
    digest = content_hash("a.mp4", {}, report) or ""
    body = text or entry_text(FAILS, FAILS.findings[0], digest, '有意"手持"\n\x7f\\', "<b>张三</b>", UNTIL)
    path = tmp_path / "waivers.toml"
    path.write_text('schema = "coursekit/waivers/1"\n\n' + body, encoding="utf-8")
    return apply_waivers(report, load_waivers(path), {}, fail_on, today)


@pytest.mark.parametrize("fail_on", list(FailOn))
def test_an_accepted_finding_breaks_nothing_and_stays_in_sight(tmp_path: Path, fail_on: FailOn) -> None:
    report = waived(report_of(FAILS, fail_on=fail_on), tmp_path, fail_on=fail_on)
    kept = report.results[0].findings[0]
    assert report.summary.outcome is Outcome.CONFORMS
    assert report.results[0].verdict is Verdict.REVIEW
    assert kept.waiver is not None
    assert (kept.waiver.verdict, kept.waiver.who) == (Verdict.FAIL, "<b>张三</b>")
    assert kept.waiver.reason == '有意"手持"\n\x7f\\'
    assert report.summary.counts["must"] == {**report.summary.counts["must"], "fail": 0, "review": 1}
    assert [u.state for u in report.waivers] == ["applied"]


def test_the_last_day_counts_and_the_next_does_not(tmp_path: Path) -> None:
    assert waived(report_of(FAILS), tmp_path, today=UNTIL).waivers[0].state == "applied"
    late = waived(report_of(FAILS), tmp_path, today=UNTIL + dt.timedelta(days=1))
    assert late.waivers[0].state == "expired"
    assert late.summary.outcome is Outcome.DOES_NOT_CONFORM


def test_new_bytes_end_it(tmp_path: Path) -> None:
    report = report_of(FAILS)
    text = entry_text(FAILS, FAILS.findings[0], "f" * 64, "r", "w", UNTIL)
    after = waived(report, tmp_path, text=text)
    assert after.waivers[0].state == "changed"
    assert after.results == report.results


@pytest.mark.parametrize("span", [(30.0, 32.0), (1.0, 12.0)])
def test_another_place_or_a_longer_one_is_not_accepted_along(tmp_path: Path, span: tuple[float, float]) -> None:
    both = replace(FAILS, findings=(*FAILS.findings, finding(*span)))
    report = waived(report_of(both), tmp_path)
    assert [f.waiver is not None for f in report.results[0].findings] == [True, False]
    assert report.summary.outcome is Outcome.DOES_NOT_CONFORM


def test_what_was_not_tested_cannot_be_accepted(tmp_path: Path) -> None:
    report = waived(report_of(result("a.mp4", "video/shake", Verdict.NOT_TESTED, reason="stage-failed")), tmp_path)
    assert report.waivers[0].state == "unmatched"
    assert report.summary.outcome is Outcome.UNDECIDED


ENTRY = 'subject = "a"\ncheck = "video/shake"\ncode = "c"\nsha256 = "0"\nreason = "r"\nwho = "w"\nuntil = 2026-12-31\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "schema"),
        ('schema = "coursekit/waivers/1"\n[waiver]\n', "[[waiver]]"),
        (f'schema = "coursekit/waivers/1"\n[[waiver]]\n{ENTRY.replace("who", "whom")}', "whom"),
        (
            f'schema = "coursekit/waivers/1"\n[[waiver]]\n{ENTRY.replace(chr(34) + "r" + chr(34), chr(34) * 2)}',
            "reason",
        ),
        (f'schema = "coursekit/waivers/1"\n[[waiver]]\n{ENTRY.replace("2026-12-31", "1")}', "until"),
        (f'schema = "coursekit/waivers/1"\n[[waiver]]\n{ENTRY}span = [5, 3]\n', "span"),
        ("not toml", "TOML"),
    ],
)
def test_a_file_that_is_not_understood_accepts_nothing(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WaiverError) as caught:
        load_waivers(path)
    assert says in caught.value.describe("en")
    assert "waivers.toml" in caught.value.describe("zh")
