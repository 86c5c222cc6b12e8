"""What was measured of files."""

from __future__ import annotations

from dataclasses import dataclass

from coursekit.audio.facts import AudioFacts
from coursekit.probe.facts import DocumentFacts, ImageFacts, ProbeFacts
from coursekit.terms import FileKind
from coursekit.video.facts import VideoFacts

FACTS_SCHEMA = "coursekit/facts/1"


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
