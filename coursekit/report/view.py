"""A report as a page wants it: findings told once, in both languages, put under the lesson they speak of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from coursekit.model import (
    Clause,
    FileFacts,
    Finding,
    LessonRef,
    Level,
    Measured,
    OpenRule,
    Report,
    Result,
    Span,
    Text,
    ThresholdSource,
    Verdict,
)
from coursekit.paths import for_terminal
from coursekit.report import figures
from coursekit.report.text import Told, tell_once
from coursekit.rules.judge import SEVERITY
from coursekit.texts import LANGS, MissingText, Teller, check_text

ORDER = {
    key: number
    for number, key in enumerate(
        (level, verdict)
        for level in (Level.MUST, Level.SHOULD, Level.INFO)
        for verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.NOT_TESTED, Verdict.REVIEW)
    )
}
"""What a reader mends first: breaches, then what could not be looked at, then doubts; advice after all of it."""


@dataclass(frozen=True, slots=True)
class Cited:
    """A clause behind an issue, verbatim."""

    rule: str
    profile: str
    clause: Clause
    own_threshold: bool


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing to tell a reader, at one place."""

    key: str
    """Stable within a page: `i1`, `i2` …"""
    verdict: Verdict
    level: Level
    check: str
    code: str
    title: Text
    subject: str
    stream: int | None
    message: Text
    remedy: Text
    place: str
    start_s: float | None
    end_s: float | None
    box: tuple[float, float, float, float] | None
    measured: Text
    expected: Text
    cited: tuple[Cited, ...]
    override: str | None
    finding: Finding | None

    @property
    def waived(self) -> bool:
        """A person accepted it: nothing is left to do."""
        return self.finding is not None and self.finding.waiver is not None


@dataclass(frozen=True, slots=True)
class Passed:
    """A check that found nothing wrong, with its figure."""

    title: Text
    check: str
    stream: int | None
    verdict: Verdict
    measured: Text
    expected: Text
    reason: Text


@dataclass(frozen=True, slots=True)
class Subject:
    """A lesson, another file, or the course itself, with all that is said of it."""

    key: str
    name: str
    title: str
    number: int | None
    lesson: LessonRef | None
    file: FileFacts | None
    issues: tuple[Issue, ...]
    passed: tuple[Passed, ...]

    @property
    def worst(self) -> Issue | None:
        """What to mend first here."""
        return self.issues[0] if self.issues else None


@dataclass(frozen=True, slots=True)
class Task:
    """The same fault in several places: one piece of work."""

    first: Issue
    issues: tuple[Issue, ...]
    subjects: tuple[Subject, ...]


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A clause as a filing officer looks it up."""

    rule: str
    profile: str
    clause: Clause
    level: Level
    method: str
    verdict: Verdict | None
    """Worst over all subjects; None: outside the scope."""
    counts: Mapping[str, int]
    question: Text | None
    issues: tuple[Issue, ...]
    title: Text | None = None
    """What is checked for it."""


@dataclass(frozen=True, slots=True)
class View:
    """All that a page shows."""

    report: Report
    subjects: tuple[Subject, ...]
    rules: tuple[RuleRow, ...]
    issues: tuple[Issue, ...] = field(default=())

    @property
    def lessons(self) -> tuple[Subject, ...]:
        """The lessons, in course order."""
        return tuple(s for s in self.subjects if s.lesson is not None)

    @property
    def others(self) -> tuple[Subject, ...]:
        """The course as a whole, covers, papers."""
        return tuple(s for s in self.subjects if s.lesson is None)

    def tasks(self) -> tuple[Task, ...]:
        """Issues put together by what has to be done, the most pressing and the most frequent first."""
        groups: dict[tuple[object, ...], list[Issue]] = {}
        for issue in (i for i in self.issues if not i.waived):
            groups.setdefault((issue.level, issue.verdict, issue.check, issue.code), []).append(issue)
        by_name = {s.name: s for s in self.subjects}
        tasks = [
            Task(g[0], tuple(g), tuple(by_name[n] for n in dict.fromkeys(i.subject for i in g) if n in by_name))
            for g in groups.values()
        ]
        return tuple(sorted(tasks, key=lambda t: (rank(t.first), -len(t.subjects), t.first.check, t.first.code)))


def rank(issue: Issue) -> int:
    """Where an issue stands in the order of mending; what was accepted comes last."""
    return ORDER[issue.level, issue.verdict] + (len(ORDER) if issue.waived else 0)


def build_view(report: Report, files: Mapping[str, FileFacts]) -> View:
    """Everything a page needs, nothing decided anew."""
    issues = tuple(_issue(f"i{n}", told) for n, told in enumerate(tell_once(report), 1))
    by_subject: dict[str, list[Issue]] = {}
    for issue in issues:
        by_subject.setdefault(issue.subject, []).append(issue)
    quiet: dict[str, list[Result]] = {}
    for result in report.results:
        if result.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE):
            quiet.setdefault(result.subject, []).append(result)
    lessons = {le.path: (n, le) for n, le in enumerate(report.course.lessons, 1)}
    names = [*lessons, *(n for n in dict.fromkeys((*by_subject, *quiet)) if n not in lessons)]
    subjects = []
    for at, name in enumerate(names, 1):
        number, lesson = lessons.get(name, (None, None))
        found = tuple(sorted(by_subject.get(name, ()), key=lambda i: (rank(i), i.start_s or 0.0)))
        title = lesson.title if lesson else name
        passed = tuple(_passed(quiet.get(name, ())))
        subjects.append(Subject(f"s{at}", name, title, number, lesson, files.get(name), found, passed))
    return View(
        report,
        tuple(subjects),
        tuple(sorted(_rule_rows(report, issues), key=_in_the_notice)),
        tuple(sorted(issues, key=rank)),
    )


def both(make: object, *args: object) -> Text:
    """A figure in both languages."""
    assert callable(make)
    return Text(zh=for_terminal(make(*args, "zh")), en=for_terminal(make(*args, "en")))


def check_title(check: str | None, rule: str) -> Text:
    """What a check is called; the rule's own id where it has none."""
    try:
        return check_text(check or "").title
    except (MissingText, OSError):
        name = check or rule
        return Text(zh=name, en=name)


def _title(result: Result) -> Text:
    """The check's name; of a rule that a person judges, what the person was asked."""
    asked = _question(result.rule, result.question) if result.check is None else None
    return asked or check_title(result.check, result.rule)


def _issue(key: str, told: Told) -> Issue:
    result, finding = told.result, told.finding
    where = finding.where if finding else None
    span = where if isinstance(where, Span) else None
    if finding is not None:
        message, remedy = _words(result, finding)
        measured = _measured(finding.measured)
        expected = both(figures.expected, finding.expected)
        code = finding.code
    else:
        message, remedy = _reason(result), Text(zh="", en="")
        measured = expected = Text(zh="", en="")
        code = result.reason.code if result.reason else result.verdict.value
    return Issue(
        key=key,
        verdict=finding.verdict if finding else result.verdict,
        level=result.level,
        check=result.check or result.rule,
        code=code,
        title=_title(result),
        subject=result.subject,
        stream=result.stream,
        message=message,
        remedy=remedy,
        place=figures.place(where).strip("[]"),
        start_s=span.start_s if span else None,
        end_s=span.end_s if span else None,
        box=span.box if span else None,
        measured=measured,
        expected=expected,
        cited=tuple(_cited(r) for r in told.results),
        override=f"{result.override.profile}: {result.override.reason}" if result.override else None,
        finding=finding,
    )


def _measured(found: Measured | None) -> Text:
    return both(figures.measured, found)


def _cited(result: Result) -> Cited:
    own = result.threshold_source is ThresholdSource.COURSEKIT
    return Cited(result.rule, result.rule.partition("/")[0], result.clause, own)


def _words(result: Result, finding: Finding) -> tuple[Text, Text]:
    said: dict[str, tuple[str, str]] = {}
    for lang in LANGS:
        try:
            said[lang] = Teller(lang).finding(result.check or "", finding.code, finding.args)
        except (LookupError, ValueError, OSError):
            # A report of another version, or a fault whose words come from elsewhere: its own words stand.
            said[lang] = (finding.message, finding.remedy)
    return tuple(Text(zh=for_terminal(said["zh"][n]), en=for_terminal(said["en"][n])) for n in (0, 1))  # type: ignore[return-value]  # two of them


def _reason(result: Result) -> Text:
    if result.reason is None:
        return Text(zh="", en="")
    said = {}
    for lang in LANGS:
        try:
            said[lang] = Teller(lang).reason(result.reason.code, result.reason.args)
        except (LookupError, ValueError):
            said[lang] = result.reason.message
    return Text(zh=for_terminal(said["zh"]), en=for_terminal(said["en"]))


def _passed(results: Iterable[Result]) -> Iterable[Passed]:
    seen = set()
    for result in sorted(results, key=lambda r: r.verdict is Verdict.NOT_APPLICABLE):
        key = (result.check or result.rule, result.stream, result.verdict, result.expected)
        if key in seen:
            continue
        seen.add(key)
        yield Passed(
            check_title(result.check, result.rule),
            result.check or result.rule,
            result.stream,
            result.verdict,
            _measured(result.measured),
            both(figures.expected, result.expected),
            _reason(result),
        )


@cache
def _questions() -> Mapping[str, Text]:
    from coursekit.rules.profiles import list_profiles

    return {r.id: r.question for p in list_profiles() for r in p.rules if r.question is not None}


@cache
def _places() -> Mapping[str, int]:
    from coursekit.rules.profiles import list_profiles

    return {rule: n for n, rule in enumerate(r.id for p in list_profiles() for r in p.rules)}


def _in_the_notice(row: RuleRow) -> int:
    """Clauses in the order in which a notice prints them, whether judged now or left open; a studio's own come last."""
    return _places().get(row.rule, len(_places()))


def _question(rule: str, said: str | None) -> Text | None:
    if said is None:
        return None
    return _questions().get(rule) or Text(zh=said, en=said)


def _rule_rows(report: Report, issues: tuple[Issue, ...]) -> Iterable[RuleRow]:
    speaking: dict[str, list[Issue]] = {}
    for issue in issues:
        for cited in issue.cited:
            speaking.setdefault(cited.rule, []).append(issue)
    rows: dict[str, list[Result]] = {}
    for result in report.results:
        rows.setdefault(result.rule, []).append(result)
    for rule, results in rows.items():
        first = results[0]
        yield RuleRow(
            rule,
            rule.partition("/")[0],
            first.clause,
            first.level,
            first.method.value,
            min((r.verdict for r in results), key=SEVERITY.index),
            dict(Counter(r.verdict.value for r in results)),
            _question(rule, first.question),
            tuple(speaking.get(rule, ())),
            check_title(first.check, rule) if first.check else None,
        )
    for still in report.open:
        yield _open_row(still)


def _open_row(rule: OpenRule) -> RuleRow:
    question = _question(rule.rule, rule.question)
    return RuleRow(
        rule.rule, rule.rule.partition("/")[0], rule.clause, rule.level, rule.method.value, None, {}, question, ()
    )
