"""The report a producer reads on a terminal: what to mend first, then what to look at, passes folded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.model import Finding, Level, Report, Result, ThresholdSource, Verdict
from coursekit.paths import for_terminal
from coursekit.report import figures
from coursekit.texts import phrase

_STYLES = {
    Verdict.ERROR: "magenta",
    Verdict.FAIL: "red",
    Verdict.NOT_TESTED: "magenta",
    Verdict.REVIEW: "yellow",
    Verdict.PASS: "green",
    Verdict.NOT_APPLICABLE: "bright_black",
}
_MARKS = {
    Verdict.ERROR: "!",
    Verdict.FAIL: "✗",
    Verdict.NOT_TESTED: "?",
    Verdict.REVIEW: "◎",
    Verdict.PASS: "✓",
    Verdict.NOT_APPLICABLE: "·",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text and the colour it may have."""

    text: str
    colour: str | None = None
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """One thing to tell: the same finding under several clauses is told once."""

    result: Result
    finding: Finding | None
    clauses: tuple[str, ...]
    results: tuple[Result, ...] = ()
    """All that say it, one a clause."""


def render_lines(report: Report, verbosity: int = 0) -> Iterator[Line]:
    """The report, line by line. verbosity −1: no passes and no open rules; 1: every pass with its figure."""
    t = _Speaker(report.lang)
    yield from _head(report, t)
    told = tell_once(report)
    for level in (Level.MUST, Level.SHOULD):
        for verdict in (Verdict.ERROR, Verdict.FAIL, Verdict.NOT_TESTED, Verdict.REVIEW):
            group = [x for x in told if x.result.level is level and _verdict(x) is verdict]
            if group:
                yield Line("")
                yield Line(t(f"{verdict.value}-{level.value}", n=len(group)), _STYLES[verdict], bold=True)
                for item in group:
                    yield from _told_lines(item, report, t)
    yield from _dead_waivers(report, t)
    yield from _passes(report, t, verbosity)
    if verbosity >= 0:
        yield from _open(report, t, verbosity)
    yield Line("")
    yield from _verdict_lines(report, t)


def summary_lines(report: Report) -> Iterator[Line]:
    """The last lines alone, for stderr when the report itself goes to a file."""
    yield from _verdict_lines(report, _Speaker(report.lang))


def render(report: Report) -> str:
    """The report as plain text."""
    return "\n".join(for_terminal(line.text) for line in render_lines(report)) + "\n"


class _Speaker:
    def __init__(self, lang: str) -> None:
        self.lang = lang

    def __call__(self, key: str, **args: str | int | float) -> str:
        return phrase("report", key, self.lang, **args)


def _head(report: Report, t: _Speaker) -> Iterator[Line]:
    yield Line(
        t(
            "head",
            title=report.course.title,
            lessons=report.summary.lessons,
            media=figures.clock(report.summary.media_s),
            profiles=", ".join(p.id for p in report.profiles),
            scope=t(f"scope-{report.summary.scope.value}"),
        ),
        bold=True,
    )


def tell_once(report: Report) -> list[Told]:
    """Findings and unanswered rules, those that differ in their clause only put together."""
    groups: dict[tuple[object, ...], list[tuple[Result, Finding | None]]] = {}
    for result in report.results:
        for finding in result.findings:
            # What a person said of a rule is told rule by rule and voice by voice.
            said = (result.rule, finding.message) if result.check is None else result.check
            place = (result.subject, result.stream, said, finding.code, finding.where, finding.verdict)
            groups.setdefault((result.level, *place), []).append((result, finding))
        if result.verdict in (Verdict.ERROR, Verdict.NOT_TESTED):
            code = result.reason.message if result.reason else ""
            key = (result.level, result.subject, result.stream, result.check or result.rule, code, result.verdict)
            groups.setdefault(key, []).append((result, None))
    return [
        Told(
            members[0][0],
            members[0][1],
            tuple(dict.fromkeys(_clause(result) for result, _ in members)),
            tuple(result for result, _ in members),
        )
        for members in groups.values()
    ]


def _verdict(told: Told) -> Verdict:
    return told.finding.verdict if told.finding else told.result.verdict


def _clause(result: Result) -> str:
    return f"{result.rule.split('/')[0]} {result.clause.number}"


def _told_lines(told: Told, report: Report, t: _Speaker) -> Iterator[Line]:
    result, finding = told.result, told.finding
    verdict = _verdict(told)
    subject = t("the-course") if result.subject == "." else result.subject
    stream = t("stream", n=result.stream) if result.stream is not None else ""
    clauses = "；".join(told.clauses) if t.lang == "zh" else "; ".join(told.clauses)
    if finding is None:
        reason = result.reason.message if result.reason else ""
        yield Line(f"{_MARKS[verdict]} {subject}{stream} {result.check or result.rule}: {reason} ({clauses})")
        return
    where = figures.place(finding.where)
    what = figures.figure(finding.measured, finding.expected, report.lang)
    head = " ".join(p for p in (f"{_MARKS[verdict]} {subject}{stream}", where, result.check or "", finding.code) if p)
    yield Line(f"{head}: {what} ({clauses})", _STYLES[verdict])
    yield Line(f"    {finding.message}")
    if finding.ruling:
        yield Line(f"    {finding.ruling}", "yellow")
    yield Line(f"    → {finding.remedy}")
    if finding.waiver:
        accepted = finding.waiver
        key = "waived" if accepted.until else "waived-by-experts"
        words = t(key, who=accepted.who, until=accepted.until or "", reason=accepted.reason)
        yield Line(f"    {words}", "green")
    if result.threshold_source is ThresholdSource.COURSEKIT:
        yield Line(f"    {t('own-threshold')}", "bright_black")
    if result.override:
        yield Line(f"    {t('overridden', profile=result.override.profile, reason=result.override.reason)}")


def _dead_waivers(report: Report, t: _Speaker) -> Iterator[Line]:
    for use in report.waivers:
        if use.state != "applied":
            place = t("the-course") if use.subject == "." else use.subject
            yield Line(f"· {place} {use.check} {use.code}: {t(f'waiver-{use.state}', until=use.until)}", "yellow")


def _passes(report: Report, t: _Speaker, verbosity: int) -> Iterator[Line]:
    passed = [r for r in report.results if r.verdict is Verdict.PASS]
    idle = sum(r.verdict is Verdict.NOT_APPLICABLE for r in report.results)
    if verbosity < 0 or not (passed or idle):
        return
    yield Line("")
    if verbosity == 0:
        yield Line(t("passes-folded", n=len(passed), idle=idle), "green")
        return
    yield Line(t("passes", n=len(passed), idle=idle), "green", bold=True)
    for result in passed:
        what = figures.figure(result.measured, result.expected, report.lang)
        subject = t("the-course") if result.subject == "." else result.subject
        yield Line(f"✓ {subject} {result.check or result.rule}{': ' + what if what else ''} ({_clause(result)})")


def _open(report: Report, t: _Speaker, verbosity: int) -> Iterator[Line]:
    if not report.open:
        return
    joiner = "、" if t.lang == "zh" else ", "
    methods = joiner.join(f"{t('method-' + m)} {n}" for m, n in report.summary.open.items())
    yield Line(t("open", methods=methods, n=len(report.open)), "bright_black")
    if verbosity >= 1:
        for rule in report.open:
            what = rule.question or rule.clause.text
            yield Line(f"  · {rule.rule} {rule.clause.number}: {what}", "bright_black")


def _verdict_lines(report: Report, t: _Speaker) -> Iterator[Line]:
    summary = report.summary
    colour = {"conforms": "green", "does_not_conform": "red", "undecided": "magenta"}[summary.outcome.value]
    must, should = summary.counts["must"], summary.counts["should"]
    looked = any(n for level in summary.counts.values() for verdict, n in level.items() if verdict != "not_applicable")
    yield Line(
        t(
            f"outcome-{summary.outcome.value}" if looked else "outcome-nothing-judged",
            scope=t(f"scope-{summary.scope.value}"),
            profiles=", ".join(p.id for p in report.profiles),
        ),
        colour,
        bold=True,
    )
    yield Line(
        t(
            "counts",
            must_fail=must["fail"],
            should_fail=should["fail"],
            review=must["review"] + should["review"],
            not_tested=must["not_tested"] + must["error"],
            passed=must["pass"] + should["pass"],
        )
    )
    if summary.scope_note:
        yield Line(t(f"note-{summary.scope_note}"), "yellow")
    if report.run.interrupted:
        names = ", ".join(report.run.not_done[:5]) + (" …" if len(report.run.not_done) > 5 else "")
        yield Line(t("interrupted", n=len(report.run.not_done), names=names), "magenta")
    if report.run.changed:
        names = ", ".join(report.run.changed[:5]) + (" …" if len(report.run.changed) > 5 else "")
        yield Line(t("changed-meanwhile", n=len(report.run.changed), names=names), "magenta")
    # The whole list stands in report.json; here the three that a second opinion would ask for.
    shown = ("FFmpeg libraries", "av", "MediaInfo")
    tools = ", ".join(f"{name} {report.run.tools[name]}" for name in shown if name in report.run.tools)
    yield Line(t("tools", coursekit=report.run.coursekit, tools=tools), "bright_black")
