"""GitHub Actions: annotations on stdout, and a summary in Markdown for $GITHUB_STEP_SUMMARY."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.model import Level, Outcome, Verdict
from coursekit.paths import for_terminal
from coursekit.report import figures
from coursekit.report.anchors import Anchors
from coursekit.report.tell import Item, clause_line, headline, items, remedy, sentence
from coursekit.report.view import check_title
from coursekit.texts import phrase

if TYPE_CHECKING:
    from coursekit.model import Report
    from coursekit.pipeline import Audit

PER_KIND = 10
"""GitHub shows ten annotations of a kind for each step; the worst must be among them."""
_ROWS = 50


def render_annotations(done: Audit, _: Path | None = None) -> str:
    """Workflow commands, the worst first; the last one says how many more there are."""
    report = done.report
    anchors = Anchors.of(done)
    lines = []
    told: dict[str, int] = {}
    left = 0
    for item in items(report):
        kind = "error" if item.breaks else "warning" if item.verdict is not Verdict.REVIEW else "notice"
        told[kind] = told.get(kind, 0) + 1
        if told[kind] >= PER_KIND:
            left += 1
            continue
        anchor = anchors.of_finding(item.result.subject, item.finding)
        title = f"{check_title(item.check, item.check)[report.lang]} {item.code}"
        text = f"{headline(report, item)}\n{remedy(item)} ({clause_line(report, item)})"
        place = f"file={_property(anchor.path)},line={anchor.line},title={_property(title)}"
        lines.append(f"::{kind} {place}::{_data(text)}")
    if left:
        lines.append(f"::notice title=coursekit::{_data(phrase('page', 'github-more', report.lang, n=left))}")
    return "".join(f"{line}\n" for line in lines)


def _data(text: str) -> str:
    # A CI log is shown in a terminal, too; only our own line breaks travel, as GitHub wants them written.
    return "%0A".join(for_terminal(line).replace("%", "%25") for line in text.split("\n"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


_TIERS = {Outcome.CONFORMS: "✅", Outcome.DOES_NOT_CONFORM: "❌", Outcome.UNDECIDED: "⚠️"}


def render_summary(done: Audit, _: Path | None = None) -> str:
    """One line that says it, one table that shows it."""
    report = done.report
    lang, summary = report.lang, report.summary
    scope = phrase("report", f"scope-{summary.scope.value}", lang)
    profiles = ", ".join(p.id for p in report.profiles)
    word = phrase("report", f"outcome-{summary.outcome.value}", lang, scope=scope, profiles=profiles)
    found = items(report)
    lines = [f"## {_TIERS[summary.outcome]} {_cell(report.course.title)} · {_cell(word)}", ""]
    lines += [_counts(report, found), ""]
    if found:
        heads = [phrase("page", key, lang) for key in ("filter-verdict", "col-lesson", "where", "col-issues", "mend")]
        lines += ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
        lines += [_row(report, item) for item in found[:_ROWS]]
        if len(found) > _ROWS:
            lines += ["", phrase("page", "github-more", lang, n=len(found) - _ROWS)]
    return "\n".join(lines) + "\n"


def _counts(report: Report, found: list[Item]) -> str:
    def number(*verdicts: Verdict, level: Level | None = None) -> int:
        return sum(i.verdict in verdicts and level in (None, i.result.level) for i in found)

    parts = (
        ("n-must-fail", number(Verdict.FAIL, level=Level.MUST)),
        ("n-untested", number(Verdict.ERROR, Verdict.NOT_TESTED)),
        ("n-review", number(Verdict.REVIEW)),
        ("n-should-fail", number(Verdict.FAIL, level=Level.SHOULD)),
        ("n-passed", sum(r.verdict is Verdict.PASS for r in report.results)),
    )
    return " · ".join(f"**{n}** {phrase('page', key, report.lang)}" for key, n in parts)


def _row(report: Report, item: Item) -> str:
    subject = item.result.subject
    name = phrase("report", "the-course", report.lang) if subject == "." else subject
    place = figures.place(item.finding.where).strip("[]") if item.finding else ""
    advice = item.result.level is not Level.MUST and item.verdict is Verdict.FAIL
    verdict = phrase("page", "verdict-fail-should" if advice else f"verdict-{item.verdict.value}", report.lang)
    title = check_title(item.check, item.check)[report.lang]
    cells = (verdict, name, place, f"{title}: {sentence(report, item)}", remedy(item))
    return "| " + " | ".join(_cell(c) for c in cells) + " |"


_MARKUP = re.compile(r"([\\`*_\[\]<>#|~&@$!])")


def _cell(text: str) -> str:
    """Text that Markdown leaves alone: no markup, no HTML, no mention, no cell border, no bare link."""
    shown = for_terminal(text)
    return _MARKUP.sub(lambda m: f"&#{ord(m[1])};", shown).replace("://", "&#58;//").replace("www.", "www&#46;")
