"""The nouns of coursekit: what every stage hands to the next.

Everything here is a frozen dataclass of plain values, so that a stage boundary can be a file: `codec` turns any of
these into JSON and back without a word of code per class. Facts hold numbers and no opinions; results hold verdicts
and open no file.
"""

from __future__ import annotations

from coursekit.audio.facts import AudioFacts
from coursekit.model.course import Course, CourseFacts, CoverFacts, Lesson, LessonFacts, SupportFacts
from coursekit.model.facts import FACTS_SCHEMA, FactsFile, FileFacts, Problem
from coursekit.model.report import (
    REPORT_SCHEMA,
    CourseRef,
    CoverRef,
    Expected,
    Finding,
    LessonRef,
    Measured,
    OpenRule,
    Place,
    ProfileRef,
    Reason,
    Report,
    Result,
    Run,
    Scalar,
    Span,
    Summary,
    Waiver,
    WaiverUse,
)
from coursekit.model.rules import TOPICS, Clause, Override, Profile, Rule, Text
from coursekit.probe.facts import DocumentFacts, ImageFacts, ProbeFacts
from coursekit.terms import FileKind, Level, Method, Outcome, Scope, ThresholdSource, Verdict
from coursekit.video.facts import VideoFacts

__all__ = [
    "FACTS_SCHEMA",
    "REPORT_SCHEMA",
    "TOPICS",
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
    "Waiver",
    "WaiverUse",
]
