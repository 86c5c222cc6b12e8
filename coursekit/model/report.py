"""What an audit found: results and findings, and the report they are handed on in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from coursekit.model.rules import Clause, Override
from coursekit.terms import Level, Method, Outcome, Scope, ThresholdSource, Verdict

Scalar = str | int | float | bool
REPORT_SCHEMA = "coursekit/report/1"


@dataclass(frozen=True, slots=True)
class Span:
    """A place in time, and in the picture where one is known."""

    start_s: float
    end_s: float
    frame: int | None = None
    box: tuple[float, float, float, float] | None = None
    """x, y, w, h as fractions of the shown picture."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a text file: JSON pointer and line."""

    pointer: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found."""

    value: Scalar | tuple[Scalar, ...] | None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What was wanted: a range, a choice, or one value."""

    min: float | None = None
    max: float | None = None
    one_of: tuple[Scalar, ...] | None = None
    equals: Scalar | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was not tested or does not apply."""

    code: str
    message: str
    args: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waiver:
    """A person accepts one finding, by name and for a time."""

    reason: str
    who: str
    until: str | None
    """Last day it holds, as 2026-12-31; None where experts accepted it on these very bytes."""
    verdict: Verdict
    """What the finding would be without it."""


@dataclass(frozen=True, slots=True)
class WaiverUse:
    """One entry of waivers.toml, and whether it still holds."""

    subject: str
    check: str
    code: str
    reason: str
    who: str
    until: str
    state: str
    """`applied`, `expired`, `changed` (the file has other bytes now) or `unmatched` (nothing of the kind was found)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault or doubt, at one place, with what to do about it. Built by a CheckContext only."""

    code: str
    verdict: Verdict
    """fail or review."""
    message: str
    where: Span | Place | None
    """None: the subject as a whole."""
    measured: Measured
    expected: Expected | None
    remedy: str
    args: Mapping[str, Scalar] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    waiver: Waiver | None = None
    """Set where a person accepted it: it is then a `review` that breaks nothing, and stays in sight."""
    ruling: str | None = None
    """What experts said who want it changed."""


@dataclass(frozen=True, slots=True)
class Result:
    """One rule on one subject."""

    rule: str
    check: str | None
    method: Method
    level: Level
    clause: Clause
    subject: str
    """Course-relative POSIX path; `.` is the course."""
    verdict: Verdict
    threshold_source: ThresholdSource
    reason: Reason | None = None
    measured: Measured | None = None
    expected: Expected | None = None
    findings: tuple[Finding, ...] = ()
    stream: int | None = None
    question: str | None = None
    override: Override | None = None


@dataclass(frozen=True, slots=True)
class OpenRule:
    """A rule outside the scope judged: listed, not counted."""

    rule: str
    method: Method
    level: Level
    clause: Clause
    question: str | None = None


@dataclass(frozen=True, slots=True)
class ProfileRef:
    """Which profile judged."""

    id: str
    hash: str
    title: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The count, and the word at the end."""

    scope: Scope
    scope_note: str | None
    outcome: Outcome
    counts: Mapping[str, Mapping[str, int]]
    """level → verdict → number of results."""
    open: Mapping[str, int]
    """method → number of rules outside the scope."""
    lessons: int
    media_s: float


@dataclass(frozen=True, slots=True)
class CourseRef:
    """Which course was judged."""

    id: str
    title: str
    manifest: str | None
    lessons: tuple[LessonRef, ...]
    covers: tuple[CoverRef, ...] = ()


@dataclass(frozen=True, slots=True)
class CoverRef:
    """A cover and the bytes it was judged by."""

    path: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class LessonRef:
    """A lesson as the report names it."""

    id: str
    title: str
    path: str
    sha256: str | None
    duration_s: float | None


@dataclass(frozen=True, slots=True)
class Run:
    """The only part of a report in which two runs over the same input may differ."""

    started: str
    finished: str
    host: str
    coursekit: str
    tools: Mapping[str, str]
    measured_files: int
    cached_files: int
    as_of: str | None = None
    """The day papers had to be in date, where they were looked at."""
    interrupted: bool = False
    not_done: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Files that were changed, added or removed while the audit ran: it speaks of neither state as a whole."""

    @property
    def partial(self) -> bool:
        """Whether the run did not see the course as it lies there, so that nothing can be decided."""
        return self.interrupted or bool(self.changed)


@dataclass(frozen=True, slots=True)
class Report:
    """report.json."""

    lang: str
    course: CourseRef
    profiles: tuple[ProfileRef, ...]
    summary: Summary
    results: tuple[Result, ...]
    open: tuple[OpenRule, ...]
    run: Run
    waivers: tuple[WaiverUse, ...] = ()
    """Every waiver of the course, those that no longer hold included."""
    schema: str = REPORT_SCHEMA
