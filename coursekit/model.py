"""The nouns of coursekit: what every stage hands to the next.

Everything here is a frozen dataclass of plain values, so that a stage boundary can be a file: `codec` turns any of
these into JSON and back without a word of code per class. Facts hold numbers and no opinions; results hold verdicts
and open no file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from coursekit.audio.facts import AudioFacts
from coursekit.probe.facts import DocumentFacts, ImageFacts, ProbeFacts
from coursekit.terms import FileKind, Level, Method, Outcome, Scope, ThresholdSource, Verdict
from coursekit.video.facts import VideoFacts

if TYPE_CHECKING:
    from coursekit.filing.facts import FilingFacts
    from coursekit.manifest.model import Manifest

Scalar = str | int | float | bool
FACTS_SCHEMA = "coursekit/facts/1"
REPORT_SCHEMA = "coursekit/report/1"
TOPICS = (
    "content",
    "practice",
    "correctness",
    "proofreading",
    "banned",
    "picture",
    "sound",
    "marks",
    "other",
    "whole",
    "verdict",
)
"""The parts of an expert's sheet, in its order. `verdict` is no question of its own: the last word answers it."""


# ---------------------------------------------------------------------------------------------------------------- facts


@dataclass(frozen=True, slots=True)
class Problem:
    """A stage that could not finish: what stopped it. Never an opinion about the course."""

    stage: str
    """`probe`, `audio`, `video`, `image` or `document`."""
    code: str
    """kebab-case: `timeout`, `crashed`, `memory`, `unreadable`, `changed-while-read` …"""
    detail: str
    """The tool's own words, for the reader who must act on it."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """All that was measured of one file."""

    path: str
    """Course-relative POSIX path; bytes that are not UTF-8 appear as \\xNN."""
    sha256: str
    size_bytes: int
    kind: FileKind
    probe: ProbeFacts | None = None
    audio: tuple[AudioFacts, ...] = ()
    video: tuple[VideoFacts, ...] = ()
    image: ImageFacts | None = None
    document: DocumentFacts | None = None
    problems: tuple[Problem, ...] = ()

    def problem(self, stage: str) -> Problem | None:
        """What stopped `stage`, if anything did."""
        return next((p for p in self.problems if p.stage == stage), None)


@dataclass(frozen=True, slots=True)
class FactsFile:
    """facts.json."""

    files: tuple[FileFacts, ...]
    schema: str = FACTS_SCHEMA


# --------------------------------------------------------------------------------------------------------------- course


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson: a main media file, and what the manifest says of it where there is one."""

    id: str
    title: str
    path: str
    """Of the main media file, course-relative POSIX."""


@dataclass(frozen=True, slots=True)
class Course:
    """A course folder as found: names only, nothing measured."""

    id: str
    title: str
    lessons: tuple[Lesson, ...]
    covers: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    """Everything else that is recognised: papers, subtitles, slides, pictures that are no cover."""
    manifest_path: str | None = None
    ignored: tuple[str, ...] = ()
    """Files that are no course material (hidden files, the manifest itself, reports)."""


@dataclass(frozen=True, slots=True)
class LessonFacts:
    """A subject of checks: one lesson's main file as a whole."""

    lesson: Lesson
    file: FileFacts


@dataclass(frozen=True, slots=True)
class CoverFacts:
    """A subject of checks: one cover picture."""

    file: FileFacts


@dataclass(frozen=True, slots=True)
class SupportFacts:
    """A subject of checks: one supporting file (paper, slides, subtitle, web page, 3D asset)."""

    file: FileFacts


@dataclass(frozen=True, slots=True)
class CourseFacts:
    """A subject of checks: the course as a whole."""

    course: Course
    files: Mapping[str, FileFacts]
    """By course-relative path."""
    manifest: Manifest | None = None
    filing: FilingFacts | None = None
    """The operator's papers, where the scope speaks of them."""

    @property
    def lessons(self) -> tuple[LessonFacts, ...]:
        """Lessons whose file was found, in course order."""
        return tuple(LessonFacts(le, self.files[le.path]) for le in self.course.lessons if le.path in self.files)


# ---------------------------------------------------------------------------------------------------------------- rules


@dataclass(frozen=True, slots=True)
class Clause:
    """Where a rule comes from, in the notice's own words."""

    document: str
    number: str
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """One piece of coursekit's own wording in both languages. Clause text never is one of these."""

    zh: str
    en: str

    def __getitem__(self, lang: str) -> str:
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Override:
    """What a studio profile changed in a rule it includes, kept beside the original."""

    reason: str
    profile: str
    original_level: Level | None = None
    original_params: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A clause bound to a check with parameters, or to a question, or to a paper."""

    id: str
    clause: Clause
    level: Level
    method: Method
    check: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    threshold_source: ThresholdSource = ThresholdSource.CLAUSE
    question: Text | None = None
    evidence: tuple[str, ...] = ()
    """Keys of the operator's evidence register that would answer a document or platform rule."""
    unavailable: Text | None = None
    """Why nothing can be tested: the text of the rule is not known."""
    note: Text | None = None
    override: Override | None = None
    topic: str = "other"
    """Of a question: which part of an expert's sheet it stands in (`TOPICS`)."""
    each: str = "course"
    """Of a question: asked once for the `course`, or of every `lesson`."""
    lesson_question: Text | None = None
    """Of a question about the course: what is asked of every lesson besides."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A notice as data."""

    id: str
    title: Text
    rules: tuple[Rule, ...]
    hash: str
    """SHA-256 over the profile's bytes and those of all it includes."""
    includes: tuple[str, ...] = ()
    excluded: Mapping[str, str] = field(default_factory=dict)
    """Rule id to the reason for leaving it out."""


# -------------------------------------------------------------------------------------------------------------- results


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


__all__ = [
    "FACTS_SCHEMA",
    "REPORT_SCHEMA",
    "AudioFacts",
    "Clause",
    "Course",
    "CourseFacts",
    "CourseRef",
    "CoverFacts",
    "CoverRef",
    "DocumentFacts",
    "Expected",
    "FactsFile",
    "FileFacts",
    "FileKind",
    "Finding",
    "ImageFacts",
    "Lesson",
    "LessonFacts",
    "LessonRef",
    "Level",
    "Measured",
    "Method",
    "OpenRule",
    "Outcome",
    "Override",
    "Place",
    "ProbeFacts",
    "Problem",
    "Profile",
    "ProfileRef",
    "Reason",
    "Report",
    "Result",
    "Rule",
    "Run",
    "Scalar",
    "Scope",
    "Span",
    "Summary",
    "SupportFacts",
    "Text",
    "ThresholdSource",
    "Verdict",
    "VideoFacts",
]
