"""Facts and profiles in, results out. Opens no media file, starts no tool, prints nothing."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from coursekit.codec import CodecError, decode
from coursekit.filing.facts import FilingSubject
from coursekit.model import (
    AudioFacts,
    CourseFacts,
    CoverFacts,
    FileFacts,
    LessonFacts,
    Level,
    Method,
    OpenRule,
    Profile,
    Reason,
    Result,
    Rule,
    Scalar,
    Scope,
    SupportFacts,
    Verdict,
    VideoFacts,
)
from coursekit.rules.check import CannotTest, Check, CheckContext, NotApplicable, Subject
from coursekit.rules.registry import UnknownCheck, load_check
from coursekit.texts import Teller

log = logging.getLogger(__name__)
COURSE_SUBJECT = "."


class ParamsError(ValueError):
    """A rule's parameters do not fit its check: a fault of the profile, never of the course."""


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """One subject of one check, with what the report calls it."""

    name: str
    facts: Subject | None
    file: FileFacts | None
    stream: int | None = None
    absent: str | None = None
    """Reason code where there is nothing to look at."""


def judge(profiles: tuple[Profile, ...], facts: CourseFacts, scope: Scope, lang: str) -> tuple[Result, ...]:
    """Every rule of the scope on every subject it speaks of, passes included."""
    teller = Teller(lang)
    return tuple(
        result
        for profile in profiles
        for rule in profile.rules
        if rule.method in scope.methods
        for result in _judge_rule(rule, facts, teller)
    )


def open_rules(profiles: tuple[Profile, ...], scope: Scope, lang: str) -> tuple[OpenRule, ...]:
    """The rules outside the scope: they stay open, and are said to."""
    return tuple(
        OpenRule(rule.id, rule.method, rule.level, rule.clause, rule.question[lang] if rule.question else None)
        for profile in profiles
        for rule in profile.rules
        if rule.method not in scope.methods
    )


def _judge_rule(rule: Rule, facts: CourseFacts, teller: Teller) -> Iterator[Result]:
    if rule.unavailable is not None:
        detail = rule.unavailable[teller.lang]
        yield _unasked(rule, Verdict.NOT_TESTED, "rule-text-unavailable", teller, detail=detail)
    elif rule.method is Method.INFORMATIONAL or rule.level is Level.INFO:
        yield _unasked(rule, Verdict.NOT_APPLICABLE, "informational", teller)
    elif rule.method is Method.HUMAN:
        yield _unasked(rule, Verdict.NOT_TESTED, "needs-person", teller)
    elif rule.check is None:
        yield _unasked(rule, Verdict.NOT_TESTED, "needs-paper", teller, **_papers(rule))
    else:
        try:
            check = load_check(rule.check)
        except UnknownCheck:
            yield _unasked(rule, Verdict.NOT_TESTED, "no-such-check", teller, check=rule.check)
            return
        params = build_params(rule, check)
        for target in targets(check.facts, facts):
            yield _judge_target(rule, check, params, target, facts, teller)


def _papers(rule: Rule) -> dict[str, Scalar]:
    """The papers a rule asks for, by their labels."""
    from coursekit.filing.kinds import labels

    return {"papers_zh": labels(rule.evidence, "zh"), "papers_en": labels(rule.evidence, "en")}


def build_params(rule: Rule, check: Check) -> Any:
    """The check's typed parameters from the rule's table. A check of papers is told which ones, too."""
    params = dict(rule.params)
    if any(field.name == "evidence" for field in dataclasses.fields(check.params)):
        params["evidence"] = list(rule.evidence)
    try:
        return decode(check.params, params)
    except CodecError as error:
        raise ParamsError(f"{rule.id}: params of {check.id}: {error}") from error


def targets(kind: type, facts: CourseFacts) -> Iterator[Target]:
    """The subjects of a facts type, in course order."""
    if kind is CourseFacts:
        yield Target(COURSE_SUBJECT, facts, None)
    elif kind is FilingSubject:
        name = facts.filing.name if facts.filing is not None and facts.filing.register is not None else COURSE_SUBJECT
        yield Target(name, FilingSubject(facts, facts.filing), None)
    elif kind in (LessonFacts, AudioFacts, VideoFacts):
        yield from _lesson_targets(kind, facts)
    else:
        names = facts.course.covers if kind is CoverFacts else facts.course.documents
        if not names:
            yield Target(COURSE_SUBJECT, None, None, absent="no-such-subject")
        for name in names:
            file = facts.files.get(name)
            wrap = CoverFacts if kind is CoverFacts else SupportFacts
            yield Target(name, wrap(file) if file else None, file)


def _lesson_targets(kind: type, facts: CourseFacts) -> Iterator[Target]:
    if not facts.course.lessons:
        yield Target(COURSE_SUBJECT, None, None, absent="no-such-subject")
    for lesson in facts.course.lessons:
        file = facts.files.get(lesson.path)
        if file is None or kind is LessonFacts:
            yield Target(lesson.path, LessonFacts(lesson, file) if file else None, file)
            continue
        streams: tuple[AudioFacts, ...] | tuple[VideoFacts, ...] = file.audio if kind is AudioFacts else file.video
        stage = "audio" if kind is AudioFacts else "video"
        if not streams:
            # A stage that broke is no proof that the stream is absent.
            broken = file.problem("probe") or file.problem(stage)
            yield Target(lesson.path, None, file, absent=None if broken else f"no-{stage}-stream")
        for stream in streams:
            yield Target(lesson.path, stream, file, stream=stream.stream if len(streams) > 1 else None)


def _judge_target(rule: Rule, check: Check, params: Any, target: Target, course: CourseFacts, teller: Teller) -> Result:
    if target.absent is not None:
        return _result(rule, target, Verdict.NOT_APPLICABLE, reason=_reason(target.absent, teller, {}))
    if target.file is not None:
        for stage in check.stages:
            if problem := target.file.problem(stage):
                args: dict[str, Scalar] = {"stage": stage, "problem": problem.code, "detail": problem.detail}
                return _result(rule, target, Verdict.NOT_TESTED, reason=_reason("stage-failed", teller, args))
    if target.facts is None:
        return _result(rule, target, Verdict.NOT_TESTED, reason=_reason("not-measured", teller, {}))
    context = CheckContext(check.id, teller, target.file, course)
    try:
        findings = tuple(check.run(context, target.facts, params))
    except CannotTest as why:
        return _result(rule, target, Verdict.NOT_TESTED, context, reason=_reason(why.code, teller, why.args_))
    except NotApplicable as why:
        return _result(rule, target, Verdict.NOT_APPLICABLE, context, reason=_reason(why.code, teller, why.args_))
    except Exception as error:
        log.exception("%s on %s", check.id, target.name)
        detail = f"{type(error).__name__}: {error}"
        return _result(rule, target, Verdict.ERROR, reason=_reason("check-crashed", teller, {"detail": detail}))
    verdict = min((f.verdict for f in findings), key=SEVERITY.index, default=Verdict.PASS)
    return _result(rule, target, verdict, context, findings=findings)


SEVERITY: tuple[Verdict, ...] = tuple(Verdict)
"""Worst first."""


def _reason(code: str, teller: Teller, args: Mapping[str, Scalar]) -> Reason:
    return Reason(code, teller.reason(code, args), args)


def _unasked(rule: Rule, verdict: Verdict, code: str, teller: Teller, **args: Scalar) -> Result:
    result = _result(rule, Target(COURSE_SUBJECT, None, None), verdict, reason=_reason(code, teller, args))
    return dataclasses.replace(result, question=rule.question[teller.lang]) if rule.question else result


def _result(
    rule: Rule,
    target: Target,
    verdict: Verdict,
    context: CheckContext | None = None,
    *,
    reason: Reason | None = None,
    findings: tuple[Any, ...] = (),
) -> Result:
    return Result(
        rule=rule.id,
        check=rule.check,
        method=rule.method,
        level=rule.level,
        clause=rule.clause,
        subject=target.name,
        verdict=verdict,
        threshold_source=rule.threshold_source,
        reason=reason,
        measured=context.measured if context else None,
        expected=context.expected if context else None,
        findings=findings,
        stream=target.stream,
        override=rule.override,
    )
