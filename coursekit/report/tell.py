"""One finding as one line of plain text, and the name it keeps from run to run: what every CI format needs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.model import Finding, Level, Report, Result, Span, Verdict
from coursekit.paths import for_terminal
from coursekit.report import figures
from coursekit.report.text import tell_once
from coursekit.texts import phrase


@dataclass(frozen=True, slots=True)
class Item:
    """A finding, or a rule nobody could test, told once however many clauses ask for it."""

    result: Result
    finding: Finding | None
    clauses: tuple[str, ...]
    fingerprint: str

    @property
    def verdict(self) -> Verdict:
        """Of the finding itself, which may be milder than its result's."""
        return self.finding.verdict if self.finding else self.result.verdict

    @property
    def code(self) -> str:
        """The stable kebab-case code."""
        if self.finding is not None:
            return self.finding.code
        return self.result.reason.code if self.result.reason else self.result.verdict.value

    @property
    def check(self) -> str:
        """The check, or the rule where no check answers it."""
        return self.result.check or self.result.rule

    @property
    def breaks(self) -> bool:
        """Whether it keeps the course from conforming."""
        return self.result.level is Level.MUST and self.verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.NOT_TESTED)


_PRESSING = (Verdict.FAIL, Verdict.ERROR, Verdict.NOT_TESTED, Verdict.REVIEW)


def items(report: Report) -> list[Item]:
    """Everything to tell, the worst first, else in the order of the report."""
    seen: dict[str, int] = {}
    found = []
    for told in tell_once(report):
        raw = identity(told.result, told.finding)
        # Two findings alike in all but their second are told apart by their order, which a new cut does not change.
        seen[raw] = seen.get(raw, 0) + 1
        digest = hashlib.sha256(f"{raw}\0{seen[raw]}".encode("utf-8", "surrogatepass")).hexdigest()
        found.append(Item(told.result, told.finding, told.clauses, digest))
    levels = tuple(Level)
    return sorted(found, key=lambda i: (levels.index(i.result.level), _PRESSING.index(i.verdict)))


def identity(result: Result, finding: Finding | None) -> str:
    """What makes a finding the same one in the next run. No measured value and no time is part of it."""
    code = finding.code if finding else (result.reason.code if result.reason else result.verdict.value)
    lesson = str(finding.args.get("lesson", "")) if finding else ""
    pointer = getattr(finding.where, "pointer", "") if finding else ""
    return "\0".join((result.subject, str(result.stream), result.check or result.rule, code, lesson, pointer))


def subject_of(report: Report, item: Item) -> str:
    """The file, or the words for the whole course."""
    name = item.result.subject
    return phrase("report", "the-course", report.lang) if name == "." else for_terminal(name)


def headline(report: Report, item: Item) -> str:
    """`lesson02.mp4 [00:03:10–00:04:02] too quiet: −30.1 LUFS, expected −26…−22 LUFS`."""
    parts = [subject_of(report, item)]
    if item.finding is not None and (place := figures.place(item.finding.where)):
        parts.append(for_terminal(place))
    return f"{' '.join(parts)}: {sentence(report, item)}"


def sentence(report: Report, item: Item) -> str:
    """What was found, without the place."""
    if item.finding is None:
        return for_terminal(item.result.reason.message if item.result.reason else item.result.verdict.value)
    figure = figures.figure(item.finding.measured, item.finding.expected, report.lang)
    brackets = "（{}）" if report.lang == "zh" else " ({})"
    ruling = f" {item.finding.ruling}" if item.finding.ruling else ""
    return for_terminal(item.finding.message + (brackets.format(figure) if figure else "") + ruling)


def remedy(item: Item) -> str:
    """How to mend it."""
    return for_terminal(item.finding.remedy) if item.finding else ""


def clause_line(report: Report, item: Item) -> str:
    """The clauses it stands under."""
    return for_terminal(("；" if report.lang == "zh" else "; ").join(item.clauses))


def times(item: Item) -> tuple[float, float] | None:
    """Its span, where it has one."""
    where = item.finding.where if item.finding else None
    return (where.start_s, where.end_s) if isinstance(where, Span) else None


def quiet(report: Report) -> Iterator[Result]:
    """Results that found nothing."""
    return (r for r in report.results if r.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE))
