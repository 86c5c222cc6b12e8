"""A course as it lies there, and the subjects of checks in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coursekit.model.facts import FileFacts

if TYPE_CHECKING:
    from coursekit.filing.facts import FilingFacts
    from coursekit.manifest.model import Manifest


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
