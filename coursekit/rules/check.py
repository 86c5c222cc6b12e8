"""How a check is declared, and how it speaks.

A check is a generator over facts::

    @check("audio/loudness", facts=AudioFacts, params=LoudnessParams)
    def loudness(ctx: CheckContext, facts: AudioFacts, params: LoudnessParams) -> Iterator[Finding]:
        ctx.observe(measured(facts.integrated_lufs, "LUFS"), between(params.min_lufs, params.max_lufs, "LUFS"))
        if facts.integrated_lufs < params.min_lufs:
            yield ctx.fail("too-quiet", measured=…, expected=…)

It yields nothing for a pass, raises `CannotTest` when it could not look and `NotApplicable` when there is nothing to
look at; any other exception becomes an `error` result with its traceback in the log, and the run goes on. The type in
`facts` selects the subjects. A check opens no file, starts no tool, knows no province and no clause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from coursekit.filing.facts import FilingSubject
from coursekit.model import (
    AudioFacts,
    CourseFacts,
    CoverFacts,
    Expected,
    FileFacts,
    Finding,
    LessonFacts,
    Measured,
    Place,
    Scalar,
    Span,
    SupportFacts,
    Verdict,
    VideoFacts,
)

Subject = LessonFacts | AudioFacts | VideoFacts | CoverFacts | SupportFacts | CourseFacts | FilingSubject


class CannotTest(Exception):
    """The check could not look. `code` names a reason in texts/reasons.toml."""

    def __init__(self, code: str, **args: Scalar) -> None:
        super().__init__(code)
        self.code = code
        self.args_ = args


class NotApplicable(Exception):
    """There is nothing here for the check to look at."""

    def __init__(self, code: str, **args: Scalar) -> None:
        super().__init__(code)
        self.code = code
        self.args_ = args


class Teller(Protocol):
    """Gives a finding its words in the language of the report."""

    def finding(self, check: str, code: str, args: Mapping[str, Scalar]) -> tuple[str, str]:
        """Message and remedy."""
        ...


@dataclass(slots=True)
class CheckContext:
    """What a check may know of its surroundings, and the only maker of findings."""

    check_id: str
    teller: Teller
    file: FileFacts | None
    """The file the subject stands in; None for the course."""
    course: CourseFacts | None = None
    """The course around it: registered marks, the other lessons."""
    measured: Measured | None = None
    expected: Expected | None = None

    def observe(self, measured: Measured, expected: Expected | None = None) -> None:
        """State what was measured for the subject as a whole, so that a pass shows its figure too."""
        self.measured, self.expected = measured, expected

    def fail(
        self,
        code: str,
        *,
        measured: Measured,
        expected: Expected | None = None,
        where: Span | Place | None = None,
        evidence: tuple[str, ...] = (),
        **args: Scalar,
    ) -> Finding:
        """Strong evidence: the rule is broken."""
        return self._finding(Verdict.FAIL, code, measured, expected, where, evidence, args)

    def review(
        self,
        code: str,
        *,
        measured: Measured,
        expected: Expected | None = None,
        where: Span | Place | None = None,
        evidence: tuple[str, ...] = (),
        **args: Scalar,
    ) -> Finding:
        """Weaker evidence: a person must look."""
        return self._finding(Verdict.REVIEW, code, measured, expected, where, evidence, args)

    def _finding(
        self,
        verdict: Verdict,
        code: str,
        measured: Measured,
        expected: Expected | None,
        where: Span | Place | None,
        evidence: tuple[str, ...],
        args: Mapping[str, Scalar],
    ) -> Finding:
        message, remedy = self.teller.finding(self.check_id, code, args)
        return Finding(
            code=code,
            verdict=verdict,
            message=message,
            where=where,
            measured=measured,
            expected=expected,
            remedy=remedy,
            args=dict(args),
            evidence=evidence,
        )


CheckFunction = Callable[[CheckContext, Any, Any], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """A registered check."""

    id: str
    facts: type
    params: type
    run: CheckFunction
    stages: tuple[str, ...]
    """Measuring stages it reads; where one of them could not finish, the check is not tested."""


_DEFAULT_STAGES: Mapping[type, tuple[str, ...]] = {
    LessonFacts: ("probe",),
    AudioFacts: ("probe", "audio"),
    VideoFacts: ("probe", "video"),
    CoverFacts: ("image",),
    SupportFacts: ("document",),
    CourseFacts: (),
    FilingSubject: (),
}


@dataclass(frozen=True, slots=True)
class NoParams:
    """For a check that needs none."""


def check(
    check_id: str, *, facts: type, params: type = NoParams, stages: tuple[str, ...] | None = None
) -> Callable[[CheckFunction], Check]:
    """Declare a check. `params` is a frozen dataclass without defaults: every number stands in a profile."""

    def declare(function: CheckFunction) -> Check:
        return Check(check_id, facts, params, function, _DEFAULT_STAGES[facts] if stages is None else stages)

    return declare


def measured(value: Scalar | tuple[Scalar, ...] | None, unit: str | None = None) -> Measured:
    """What was found."""
    return Measured(value, unit)


def at_least(minimum: float, unit: str | None = None) -> Expected:
    """A lower bound."""
    return Expected(min=minimum, unit=unit)


def at_most(maximum: float, unit: str | None = None) -> Expected:
    """An upper bound."""
    return Expected(max=maximum, unit=unit)


def between(minimum: float, maximum: float, unit: str | None = None) -> Expected:
    """A range, both ends allowed."""
    return Expected(min=minimum, max=maximum, unit=unit)


def one_of(*choices: Scalar) -> Expected:
    """A choice."""
    return Expected(one_of=choices)


def equal_to(value: Scalar, unit: str | None = None) -> Expected:
    """One value."""
    return Expected(equals=value, unit=unit)
