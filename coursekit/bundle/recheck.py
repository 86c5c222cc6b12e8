"""Measuring again what costs little: containers, durations, sizes, and the syllabus. Nothing is decoded.

The platform's own coursekit opens each lesson's container and judges the container rules and the course-level rules of
the very profiles the package names. It does so in a process of its own: media comes from a stranger.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from coursekit.bundle.bag import Fault, Findings
from coursekit.bundle.model import Package, PackagedLesson
from coursekit.bundle.plan import COURSE_FOLDER
from coursekit.bundle.tree import FolderTree, Tree
from coursekit.manifest.faults import ManifestError
from coursekit.manifest.load import manifest_from_text
from coursekit.manifest.model import Manifest
from coursekit.model import Course, CourseFacts, FileFacts, FileKind, Lesson, Level, Profile, Scope, Verdict
from coursekit.probe.facts import ProbeFacts
from coursekit.rules.judge import judge
from coursekit.rules.profile_text import ProfileError
from coursekit.rules.profiles import load_profile

TOLERANCE_S = 1.0
"""A container's word on its length and the length that was decoded differ by less, in a healthy file."""
_LONGEST_LOOK_S = 300.0
_SYLLABUS = frozenset({"manifest/coverage", "manifest/hours", "manifest/weights", "manifest/assessment"})


def recheck_probe(tree: Tree, package: Package, course_json: bytes, found: Findings, lang: str) -> None:
    """Look again; what breaks a must rule now, or is longer or shorter than was said, is a fault."""
    profiles = _profiles(package, found)
    facts: dict[str, FileFacts] = {}
    for lesson in package.lessons:
        if lesson.path is None:
            continue
        name = f"data/{COURSE_FOLDER}/{lesson.path}"
        probe = _look(tree, name, lesson.path, found)
        if probe is None:
            continue
        facts[lesson.path] = FileFacts(
            lesson.path, lesson.sha256 or "", lesson.size_bytes or 0, FileKind.VIDEO, probe=probe
        )
        _compare_duration(lesson, probe, name, found)
    manifest = _manifest(course_json, found)
    lessons = tuple(Lesson(le.id, le.title, le.path) for le in package.lessons if le.path is not None)
    subject = CourseFacts(Course(package.id, package.title, lessons), facts, manifest)
    for result in judge(profiles, subject, Scope.COURSE, lang):
        if result.level is not Level.MUST:
            continue
        where = None if result.subject == "." else f"data/{COURSE_FOLDER}/{result.subject}"
        if result.verdict is Verdict.FAIL:
            codes = ", ".join(dict.fromkeys(f.code for f in result.findings))
            found.fault("recheck-failed", where, f"{result.rule} {result.check} {codes}")
        elif result.verdict in (Verdict.NOT_TESTED, Verdict.ERROR):
            found.open.append(Fault("recheck-undecided", where, f"{result.rule} {result.check}"))


def _profiles(package: Package, found: Findings) -> tuple[Profile, ...]:
    loaded = []
    for named in package.profiles:
        try:
            profile = load_profile(named.id)
        except (ProfileError, OSError, LookupError):
            profile = None
        if profile is None or profile.hash != named.hash:
            found.open.append(Fault("recheck-other-profile", None, named.id))
            continue
        rules = tuple(
            r for r in profile.rules if r.check and (r.check.startswith("probe/") or r.check in _SYLLABUS)
        )  # fmt: skip
        loaded.append(replace(profile, rules=rules))
    return tuple(loaded)


def _manifest(course_json: bytes, found: Findings) -> Manifest | None:
    try:
        return manifest_from_text(course_json.decode("utf-8"), json=True, path="course.json")
    except (ManifestError, UnicodeDecodeError):
        found.fault("record-unreadable", "data/course.json")
        return None


def _compare_duration(lesson: PackagedLesson, probe: ProbeFacts, name: str, found: Findings) -> None:
    if lesson.duration_s is None or probe.duration_s is None:
        return
    if abs(lesson.duration_s - probe.duration_s) > TOLERANCE_S:
        found.fault("recheck-duration", name, f"{lesson.duration_s:.1f} s / {probe.duration_s:.1f} s")


def _look(tree: Tree, name: str, path: str, found: Findings) -> ProbeFacts | None:
    with _on_disk(tree, name, path) as file, ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        from coursekit.probe.measure import measure_media

        try:
            return pool.submit(measure_media, file).result(timeout=_LONGEST_LOOK_S)
        except (TooLong, BrokenProcessPool) as error:
            for process in list((getattr(pool, "_processes", None) or {}).values()):
                process.kill()
            found.open.append(Fault("recheck-undecided", name, type(error).__name__))
        except Exception as error:  # noqa: BLE001 - whatever a stranger's media does to a reader is said, not raised
            found.open.append(Fault("recheck-undecided", name, f"{type(error).__name__}: {error}"[:200]))
    return None


@contextlib.contextmanager
def _on_disk(tree: Tree, name: str, path: str) -> Iterator[Path]:
    """A file that a reader of media can open: where it lies, or a copy for as long as it is looked at."""
    if isinstance(tree, FolderTree):
        yield tree.root.joinpath(*name.split("/"))
        return
    folder = Path(tempfile.mkdtemp(prefix="coursekit-"))
    try:
        # Its ending counts for some rules; the rest of a stranger's name does not reach the file system.
        copy = folder / f"lesson{Path(path).suffix}"
        with copy.open("xb") as target:
            for chunk in tree.chunks(name):
                target.write(chunk)
        yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)
