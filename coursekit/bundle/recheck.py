"""Measuring again what costs little: containers, durations, sizes, and the syllabus. Nothing is decoded.

The platform's own coursekit opens each lesson's container and judges the container rules and the course-level rules of
the very profiles the package names. It does so in a process of its own: media comes from a stranger.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from coursekit import codec
from coursekit.bundle.bag import Fault, Findings
from coursekit.bundle.demands import own_profile
from coursekit.bundle.model import Package, PackagedLesson
from coursekit.bundle.plan import COURSE_FOLDER
from coursekit.bundle.tree import FolderTree, Tree
from coursekit.engine import cage
from coursekit.engine.answers import hear
from coursekit.engine.local import REQUIRE_CAGE
from coursekit.manifest.faults import ManifestError
from coursekit.manifest.load import manifest_from_text
from coursekit.manifest.model import Manifest
from coursekit.model import Course, CourseFacts, FileFacts, FileKind, Lesson, Level, Profile, Scope, Verdict
from coursekit.probe.facts import ProbeFacts, StreamKind
from coursekit.rules.judge import judge

TOLERANCE_S = 1.0
"""A container's word on its length and the length that was decoded differ by less, in a healthy file."""
_LONGEST_LOOK_S = 300.0
_SYLLABUS = frozenset({"manifest/coverage", "manifest/hours", "manifest/weights", "manifest/assessment"})


def recheck_probe(tree: Tree, package: Package, course_json: bytes, found: Findings, lang: str) -> None:
    """Look again; what breaks a must rule now, or is longer or shorter than was said, is a fault."""
    profiles = _profiles(package, found)
    facts: dict[str, FileFacts] = {}
    with contextlib.closing(Looker()) as looker:
        for lesson in package.lessons:
            if lesson.path is None:
                continue
            name = f"data/{COURSE_FOLDER}/{lesson.path}"
            with _on_disk(tree, name, lesson.path) as file:
                probe = looker.look(file)
            if isinstance(probe, str):
                found.open.append(Fault("recheck-undecided", name, probe))
                continue
            kind = FileKind.VIDEO if any(s.kind is StreamKind.VIDEO for s in probe.streams) else FileKind.AUDIO
            facts[lesson.path] = FileFacts(lesson.path, lesson.sha256 or "", lesson.size_bytes or 0, kind, probe=probe)
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
        profile = own_profile(named.id)
        if profile is None or profile.hash != named.hash:
            found.open.append(Fault("recheck-other-profile", None, named.id))
            continue
        rules = tuple(r for r in profile.rules if r.check and (r.check.startswith("probe/") or r.check in _SYLLABUS))
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


class Looker:
    """Opens containers in a process of its own, shut in before it sees the first; what it answers is read as JSON."""

    def __init__(self) -> None:
        self._context = get_context("spawn")
        self.process: SpawnProcess | None = None
        self._pipe: Connection | None = None

    def look(self, file: Path) -> ProbeFacts | str:
        """What the file is, or why nobody can say."""
        if self._pipe is None:
            self._pipe, child = self._context.Pipe()
            self.process = self._context.Process(target=serve, args=(child,), daemon=True)
            self.process.start()
            child.close()
        try:
            self._pipe.send_bytes(os.fsencode(file))
            if not self._pipe.poll(_LONGEST_LOOK_S):
                self.close()
                return "timeout"
            said = hear(self._pipe)
            if said[:1] == b"f":
                return codec.loads(ProbeFacts, said[1:])
            return said[1:200].decode("utf-8", "replace")
        except (EOFError, OSError, codec.CodecError, UnicodeDecodeError) as error:
            self.close()
            return f"crashed: {type(error).__name__}"

    def close(self) -> None:
        """End the process, whatever it is doing."""
        if self.process is not None and self._pipe is not None:
            self._pipe.close()
            self.process.kill()
            self.process.join()
        self.process = self._pipe = None


def serve(pipe: Connection) -> None:
    """The process's life: a path in, facts or a reason out."""
    whole = cage.enter()
    from coursekit.probe.measure import measure_media

    while True:
        try:
            file = Path(os.fsdecode(pipe.recv_bytes()))
        except (EOFError, OSError):
            return
        if not whole and os.environ.get(REQUIRE_CAGE) == "require":
            pipe.send_bytes(b"wnot-caged, see coursekit doctor")
            continue
        try:
            answer = b"f" + codec.dumps(measure_media(file), indent=None).encode("utf-8", "replace")
        except Exception as error:  # noqa: BLE001 - whatever a stranger's media does to a reader is said, not raised
            answer = b"w" + f"{type(error).__name__}: {error}".encode("utf-8", "replace")
        pipe.send_bytes(answer)


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
