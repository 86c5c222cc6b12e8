"""Notices as data: clauses, and what they are bound to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from coursekit.terms import Level, Method, ThresholdSource

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
