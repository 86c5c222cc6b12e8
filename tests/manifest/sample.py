"""The sample course as facts: what a measurement of its files would find, without a single frame encoded."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from coursekit.manifest.course import listed_files
from coursekit.manifest.digest import course_digest
from coursekit.manifest.load import manifest_from_text
from coursekit.manifest.model import Manifest
from coursekit.model import Course, CourseFacts, FileFacts, FileKind, Finding, Lesson, Method, Result, Scope
from coursekit.probe.facts import AigcLabel, ProbeFacts
from coursekit.rules.judge import judge
from coursekit.rules.profiles import load_profile

SAMPLE = Path(__file__).resolve().parents[2] / "sample_courses" / "elderly-care" / "course.yaml"
PROFILES = ("fujian-2025", "shanghai-2020", "tianjin-2025")
UNREVIEWED = "0" * 64
KINDS: Mapping[str, FileKind] = {
    ".mp4": FileKind.VIDEO,
    ".srt": FileKind.SUBTITLE,
    ".png": FileKind.IMAGE,
    ".glb": FileKind.MODEL,
    ".pdf": FileKind.DOCUMENT,
    ".docx": FileKind.DOCUMENT,
    ".txt": FileKind.DOCUMENT,
}


@cache
def sample_text() -> str:
    """course.yaml with the digest that its reviews speak of."""
    text = SAMPLE.read_text(encoding="utf-8")
    digest = course_digest(manifest_from_text(text), {path: hash_of(path) for path in sample_durations_and_files()})
    assert digest is not None
    return text.replace(UNREVIEWED, digest)


def hash_of(path: str) -> str:
    """The hash that the file of this name has in these tests."""
    return hashlib.sha256(path.encode()).hexdigest()


@cache
def sample_durations_and_files() -> Mapping[str, float | None]:
    """Every file of the clean course, with its duration where it has one."""
    manifest = manifest_from_text(SAMPLE.read_text(encoding="utf-8"))
    durations = {m.file: m.duration_s for le in manifest.lessons for m in le.media}
    return {path: durations.get(path) for _, path in listed_files(manifest)}


def sample_files() -> dict[str, FileFacts]:
    """Facts of every file of the clean course."""
    label = (AigcLabel("moov/udta/meta", "{}"),)
    return {
        path: FileFacts(
            path,
            hash_of(path),
            1,
            KINDS[Path(path).suffix],
            probe=ProbeFacts("mp4", duration_s=seconds, aigc=label if "L01" in path else ()) if seconds else None,
        )
        for path, seconds in sample_durations_and_files().items()
    }


def facts_of(manifest: Manifest, files: Mapping[str, FileFacts]) -> CourseFacts:
    """The course with these files lying in its folder."""
    lessons = tuple(Lesson(le.id, le.title, le.main.file) for le in manifest.lessons if le.main is not None)
    return CourseFacts(Course(manifest.course.id, manifest.course.title, lessons), files, manifest)


def judge_sample(text: str, files: Mapping[str, FileFacts]) -> tuple[Result, ...]:
    """All manifest rules of three notices."""
    profiles = []
    for name in PROFILES:
        profile = load_profile(name)
        rules = tuple(r for r in profile.rules if r.method is Method.MANIFEST)
        profiles.append(dataclasses.replace(profile, rules=rules))
    return judge(tuple(profiles), facts_of(manifest_from_text(text), files), Scope.COURSE, "zh")


def told(results: tuple[Result, ...]) -> dict[tuple[str, str, str, int | None], Finding]:
    """Each finding once, however many clauses it breaks: check, code, pointer, line."""
    found = {}
    for result in results:
        for finding in result.findings:
            pointer, line = getattr(finding.where, "pointer", ""), getattr(finding.where, "line", None)
            found[result.check or "", finding.code, pointer, line] = finding
    return found
