"""JUnit XML: a test suite per lesson, a test case per check, so that a CI shows counts and which lesson broke.

A finding is a failure, a doubt that a person must settle passes with its words in the output (a red build nobody can
mend is ignored after a week), what was not tested is skipped, what broke is an error. A must rule not tested is an
error too: skipped cases turn no build red, and what could not be checked never passes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.model import Level, Result, Verdict
from coursekit.report.tell import Item, clause_line, items, remedy, sentence
from coursekit.report.view import check_title
from coursekit.report.xml import Element, document
from coursekit.rules.judge import SEVERITY
from coursekit.texts import phrase

if TYPE_CHECKING:
    from coursekit.model import Report
    from coursekit.pipeline import Audit

Case = tuple[str, int | None, str]


def render_junit(done: Audit, _: Path | None = None) -> str:
    """The report as test results."""
    report = done.report
    cases: dict[Case, list[Result]] = {}
    for result in report.results:
        cases.setdefault((result.subject, result.stream, result.check or result.rule), []).append(result)
    told: dict[Case, list[Item]] = {}
    for item in items(report):
        told.setdefault((item.result.subject, item.result.stream, item.check), []).append(item)
    name = f"coursekit {' '.join(p.id for p in report.profiles)}"
    root = Element("testsuites", name=name)
    totals = [0, 0, 0, 0]
    for subject in dict.fromkeys(case[0] for case in cases):
        label = phrase("report", "the-course", report.lang) if subject == "." else subject
        suite = Element("testsuite", name=label)
        counts = [0, 0, 0, 0]
        for case, results in cases.items():
            if case[0] == subject:
                _case(suite, label, case, results, told.get(case, []), report, counts)
        suite.attributes |= _counts(counts)
        totals = [a + b for a, b in zip(totals, counts, strict=True)]
        root.children.append(suite)
    root.attributes |= _counts(totals)
    return document(root)


def _counts(counts: list[int]) -> dict[str, str]:
    return {key: str(n) for key, n in zip(("tests", "failures", "errors", "skipped"), counts, strict=True)} | {
        "time": "0"
    }


def _case(
    suite: Element, label: str, case: Case, results: list[Result], told: list[Item], report: Report, counts: list[int]
) -> None:
    _, stream, check = case
    title = check_title(check, check)[report.lang]
    name = f"{check} {title}" if title != check else check
    # GitLab merges cases without a class name, and all that share class and name.
    node = suite.add("testcase", classname=label, name=name + (f" #{stream}" if stream is not None else ""), time="0")
    counts[0] += 1
    verdict = min((r.verdict for r in results), key=SEVERITY.index)
    must = any(r.level is Level.MUST and r.verdict is verdict for r in results)
    said = [i for i in told if i.verdict is verdict]
    if verdict is Verdict.FAIL:
        counts[1] += 1
        message = "; ".join(sentence(report, i) for i in said[:3])
        node.add("failure", _body(said, report), message=message, type=said[0].code if said else "fail")
    elif verdict is Verdict.ERROR or (verdict is Verdict.NOT_TESTED and must):
        counts[2] += 1
        node.add("error", _body(said, report), message=_reason(results, verdict), type=verdict.value)
    elif verdict in (Verdict.NOT_TESTED, Verdict.NOT_APPLICABLE):
        counts[3] += 1
        node.add("skipped", message=_reason(results, verdict))
    rest = [i for i in told if i.verdict is Verdict.REVIEW]
    if rest:
        node.add("system-out", _body(rest, report))


def _reason(results: list[Result], verdict: Verdict) -> str:
    return next((r.reason.message for r in results if r.verdict is verdict and r.reason), verdict.value)


def _body(told: list[Item], report: Report) -> str:
    from coursekit.report import figures

    lines = []
    for item in told:
        place = figures.place(item.finding.where) if item.finding else ""
        head = f"{place} {item.code}" if place else item.code
        lines.append(f"{head}: {sentence(report, item)} [{clause_line(report, item)}]")
        if fix := remedy(item):
            lines.append(f"  → {fix}")
    return "\n".join(lines)
