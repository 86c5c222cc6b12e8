"""A small course that passes every manifest check, to be broken one way at a time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from coursekit.manifest.course import listed_files
from coursekit.manifest.digest import course_digest
from coursekit.manifest.load import manifest_from_text
from coursekit.model import Course, CourseFacts, FileFacts, FileKind, Lesson
from coursekit.probe.facts import AigcLabel, ProbeFacts
from coursekit.rules.check import Check
from tests.manifest.sample import KINDS, hash_of
from tests.support import Outcome, run_check

DIGEST = "d" * 64
SMALL = f"""schema: coursekit/manifest/1
course: {{id: c, title: 电工, levels: [4], use_until: 2027-12-31, fee: 免费}}
hours: {{reference: {{"4": {{total: 3}}}}}}
weights: {{"4": {{theory: {{"1": 50, "2": 50}}, skill: {{"1": 100}}}}}}
points:
  - {{id: K1, level: 4, kind: knowledge, function: "1", task: "1.1", code: "1.1.1", text: 兆欧表的用法}}
  - {{id: K2, level: 4, kind: knowledge, function: "2", task: "2.1", code: "2.1.1", text: 接地的种类, requires: [K1]}}
  - {{id: S1, level: 4, kind: skill, function: "1", task: "1.1", code: "1.1.1", text: 能测绝缘电阻, critical: true}}
lessons:
  - {{id: L1, title: 兆欧表, mode: online, part: theory, hours: 1, media: [{{file: l1.mp4}}], teaches: [{{point: K1}}]}}
  - {{id: L2, title: 接地, mode: online, part: theory, hours: 1, media: [{{file: l2.mp4}}], teaches: [{{point: K2}}]}}
  - {{id: L3, title: 实训, mode: offline, part: practice, hours: 2, teaches: [{{point: S1, depth: practise}}]}}
assessments:
  - {{id: Q1, covers: [K1, K2]}}
  - {{id: Q2, kind: practical, covers: [S1]}}
rights:
  - {{id: R1, item: 片头曲, kind: music, basis: licence, holder: 林, scope: 线上, expires: 2028-01-01, file: r1.pdf}}
rights_none: [font]
ai: {{used: true, items: [{{id: A1, what: 配音, kind: voice, files: [l1.mp4], label: 合, label_s: 3, metadata: true}}]}}
marks: [{{id: M1, name: 台标, texts: [云], right: R1}}]
experts:
  - {{id: X1, name: 甲, province: 福建, route: examiner, certificate_file: x1.png}}
  - {{id: X2, name: 乙, province: 福建省, route: substitute-with-consent, consent_file: x2.png}}
reviews:
  - {{expert: X1, verdict: pass, subject_sha256: {DIGEST}}}
  - {{expert: X2, verdict: pass, subject_sha256: {DIGEST}}}
"""

Change = Callable[[dict[str, FileFacts]], None]


def small_files(text: str = SMALL) -> dict[str, FileFacts]:
    """Every listed file of the unbroken course, lessons of 45 minutes."""
    found = {}
    for _, path in listed_files(manifest_from_text(text)):
        kind = KINDS[Path(path).suffix]
        label = (AigcLabel("moov/udta/meta", "{}"),) if path == "l1.mp4" else ()
        probe = ProbeFacts("mp4", duration_s=2700.0, aigc=label) if kind is FileKind.VIDEO else None
        found[path] = FileFacts(path, hash_of(path), 1, kind, probe=probe)
    return found


def small_facts(*edits: tuple[str, str], files: Change | None = None) -> CourseFacts:
    """The course after some edits, each of which must fit exactly once, and its files after a change."""
    digest = course_digest(manifest_from_text(SMALL), {path: hash_of(path) for path in small_files()})
    assert digest is not None
    text = SMALL
    for find, replace in edits:
        assert text.count(find) == 1, find
        text = text.replace(find, replace)
    manifest = manifest_from_text(text.replace(DIGEST, digest))
    there = small_files()
    if files is not None:
        files(there)
    lessons = tuple(Lesson(le.id, le.title, le.main.file) for le in manifest.lessons if le.main is not None)
    return CourseFacts(Course("c", "电工", lessons), there, manifest)


def judged(check: Check, params: object, *edits: tuple[str, str], files: Change | None = None) -> Outcome:
    """What a check says of the course after some edits."""
    return run_check(check, small_facts(*edits, files=files), params)


def remeasured(path: str, seconds: float | None) -> Change:
    """A file of another length; None: it was not measured."""

    def change(files: dict[str, FileFacts]) -> None:
        probe = None if seconds is None else ProbeFacts("mp4", duration_s=seconds)
        files[path] = dataclasses.replace(files[path], probe=probe)

    return change


def without(path: str) -> Change:
    """The file is gone."""
    return lambda files: files.__delitem__(path)


def rehashed(path: str, sha256: str) -> Change:
    """A file of other bytes."""
    return lambda files: files.__setitem__(path, dataclasses.replace(files[path], sha256=sha256))
