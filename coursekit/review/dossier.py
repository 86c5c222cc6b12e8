"""The experts' dossier: the machine's evidence and the questions a person must answer, in one folder or zip.

It opens from disk in a browser, asks nothing of the network, and holds nothing of a person but an expert's name and
right to judge. The same course gives the same dossier, byte for byte.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from coursekit import codec
from coursekit.files import write_atomic
from coursekit.manifest.course import normal
from coursekit.manifest.digest import learner_files
from coursekit.manifest.model import Manifest
from coursekit.model import Profile
from coursekit.pipeline import Audit
from coursekit.report.stills import Picture
from coursekit.report.view import Issue, Passed, Subject, View, build_view
from coursekit.review.evidence import Gathered, gather_all
from coursekit.review.model import CourseTag, Dossier, MediaRef, PaperRef, ProfileTag, Question, Say
from coursekit.review.questions import (
    COURSE,
    FOR_EXPERTS,
    build_questions,
    finding_key,
    requirements_of,
    tag_experts,
    tag_lessons,
    whole_digest,
)
from coursekit.review.shelf import Shelf
from coursekit.texts import phrase

PAGE, DATA, README = "index.html", "dossier.json", "README.txt"
_SHOWN_MANIFEST = FOR_EXPERTS | {"manifest/assessment"}
_IN_ZIP = "dossier"
_EPOCH = (1980, 1, 1, 0, 0, 0)


class DossierError(Exception):
    """No dossier can be made. `code` names a phrase of `dossier`."""

    def __init__(self, code: str, **args: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.args_ = args

    def words(self, lang: str) -> str:
        """For the terminal."""
        return phrase("dossier", self.code, lang, **self.args_)


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a picture or sound lies in the dossier."""

    name: str
    size_px: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """A dossier before it is written: what it binds, what it shows."""

    course: Path
    """The course's folder."""
    dossier: Dossier
    data: bytes
    """dossier.json."""
    sha256: str
    view: View
    manifest: Manifest
    profiles: tuple[Profile, ...]
    gathered: Mapping[str, Gathered]
    files: Mapping[str, bytes]
    """Evidence by its name in the folder."""
    shown: Mapping[str, Shown]
    """By the hash of the bytes."""
    answered: Mapping[str, tuple[str, ...]]
    """Expert to the keys of questions answered in decisions taken in before: they are not asked again."""
    asked: Mapping[str, Question]
    """Key of an issue to the question about it."""

    def place(self, data: bytes) -> Shown:
        """Where a piece of evidence lies."""
        return self.shown[hashlib.sha256(data).hexdigest()]


def build_dossier(done: Audit, manifest: Manifest, profiles: tuple[Profile, ...], shelf: Shelf) -> Built:
    """The dossier of an audited course. `done` must hold facts, and no expert's answer yet."""
    files = {f.path: f for f in done.facts.files} if done.facts else {}
    hashes = {normal(name): f.sha256 for name, f in files.items()}
    missing = [path for path in learner_files(manifest) if not hashes.get(normal(path))]
    course_sha256 = whole_digest(manifest, hashes)
    if missing or course_sha256 is None:
        raise DossierError("media-missing" if missing else "no-lessons", file=", ".join(missing[:3]) or "—")
    if not tag_experts(manifest):
        raise DossierError("no-experts")
    view = for_experts(build_view(done.report, files))
    gathered = gather_all(view, done.folder)
    shown, evidence = _lay_out(view, gathered)
    lessons = tag_lessons(manifest, hashes)
    subjects = {normal(s.name): hashes.get(normal(s.name), "") for s in view.subjects} | {COURSE: course_sha256}
    dossier = Dossier(
        course=CourseTag(manifest.course.id, manifest.course.title, course_sha256),
        profiles=tuple(ProfileTag(p.id, p.title, p.hash) for p in done.report.profiles),
        requirements=requirements_of(profiles),
        experts=tag_experts(manifest),
        lessons=lessons,
        media=tuple(MediaRef(normal(path), hashes[normal(path)]) for path in learner_files(manifest)),
        questions=build_questions(profiles, manifest, lessons, course_sha256, view.issues, subjects),
        evidence=tuple(PaperRef(name, hashlib.sha256(data).hexdigest()) for name, data in evidence.items()),
    )
    data = codec.dumps(dossier).encode("utf-8")
    sha256 = hashlib.sha256(data).hexdigest()
    return Built(
        done.folder.root, dossier, data, sha256, view, manifest, profiles, gathered, evidence, shown,
        answered_before(dossier, sha256, shelf), questions_of(view, dossier, subjects),
    )  # fmt: skip


def answered_before(dossier: Dossier, sha256: str, shelf: Shelf) -> Mapping[str, tuple[str, ...]]:
    """Expert to the questions that need not be asked again: those answered on another dossier, about the same bytes.

    What was refused is asked again, so that it can be taken back.
    """
    asked = {q.key for q in dossier.questions}
    taken, _ = shelf.taken()
    said: dict[str, dict[str, Say]] = {}
    for decision in (t.decision for t in taken if t.decision.dossier != sha256):
        said.setdefault(decision.expert.id, {}).update((a.question, a.says) for a in decision.answers)
    return {
        expert: tuple(key for key, says in answers.items() if key in asked and not says.against)
        for expert, answers in said.items()
    }


def questions_of(view: View, dossier: Dossier, subjects: Mapping[str, str]) -> Mapping[str, Question]:
    """Which question is about which issue."""
    keys = {q.key: q for q in dossier.questions}
    return {
        issue.key: keys[key]
        for issue in view.issues
        if issue.finding is not None
        and (sha256 := subjects.get(normal(issue.subject)))
        and (key := finding_key(issue.subject, issue.check, issue.finding, sha256)) in keys
    }


def for_experts(view: View) -> View:
    """What experts are shown: lessons, covers and the content of the course. Papers stay with the clerk.

    A paper's very name may say more of a person than an expert needs to know.
    """
    subjects = tuple(_content(s) for s in view.subjects if s.lesson is not None or s.name == COURSE or _is_cover(s))
    keys = {issue.key for subject in subjects for issue in subject.issues}
    return replace(view, subjects=subjects, issues=tuple(i for i in view.issues if i.key in keys))


def _is_cover(subject: Subject) -> bool:
    return any(c.startswith("cover/") for c in (*(i.check for i in subject.issues), *(p.check for p in subject.passed)))


def _content(subject: Subject) -> Subject:
    def kept(item: Issue | Passed) -> bool:
        domain = item.check.partition("/")[0]
        return item.check in _SHOWN_MANIFEST if domain == "manifest" else domain != "filing" and "/" in item.check

    def plain(issue: Issue) -> bool:
        # A rule that only a person can judge is a question, not an issue.
        return kept(issue) and (issue.finding is not None or issue.code != "needs-person")

    return replace(
        subject, issues=tuple(filter(plain, subject.issues)), passed=tuple(p for p in subject.passed if kept(p))
    )


def _lay_out(view: View, gathered: Mapping[str, Gathered]) -> tuple[Mapping[str, Shown], Mapping[str, bytes]]:
    """Names for all evidence: by lesson and kind, plain ASCII, so that any unpacker keeps them."""
    shown: dict[str, Shown] = {}
    files: dict[str, bytes] = {}

    def put(name: str, data: bytes, size_px: tuple[int, int] | None = None) -> None:
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 not in shown:
            shown[sha256] = Shown(f"evidence/{name}", size_px)
            files[f"evidence/{name}"] = data

    for subject in view.subjects:
        got = gathered.get(subject.name)
        if got is None:
            continue
        head = f"lesson-{subject.number:03d}" if subject.number else subject.key
        for kind, picture in _pictures(got):
            put(f"{head}-{kind}.jpg", picture.jpeg, picture.size_px)
        for key, (suffix, sound) in got.excerpts.items():
            put(f"{head}-{key}{suffix}", sound)
    return shown, files


def _pictures(got: Gathered) -> Iterator[tuple[str, Picture]]:
    if got.whole is not None:
        yield "cover", got.whole
    if got.stills.strip is not None:
        yield "strip", got.stills.strip
    for time_s, picture in (got.stills.at or {}).items():
        yield f"{round(time_s * 1000):07d}", picture
    for key, picture in got.crops.items():
        yield f"{key}-crop", picture


def contents(built: Built, lang: str) -> Mapping[str, bytes]:
    """Every file of the dossier's folder."""
    from coursekit.review.page import render_page

    readme = "\r\n".join((phrase("dossier", "readme", "zh"), "", phrase("dossier", "readme", "en"), ""))
    return {
        PAGE: render_page(built, lang).encode("utf-8"),
        DATA: built.data,
        README: ("\ufeff" + readme.replace("\n", "\r\n").replace("\r\r\n", "\r\n")).encode("utf-8"),
        **built.files,
    }


def write_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Put the dossier into a folder in one step. A folder that holds anything else is left alone."""
    if target.exists() and not is_ours(target):
        raise DossierError("target-not-ours", target=str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".coursekit-", dir=target.parent))
    try:
        fresh = scratch / "new"
        for name, data in files.items():
            place = fresh / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        if target.exists():
            target.rename(scratch / "old")
        fresh.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def is_ours(folder: Path) -> bool:
    """An empty folder, or a dossier of before."""
    return folder.is_dir() and ((folder / DATA).is_file() or not any(folder.iterdir()))


def write_zip(target: Path, files: Mapping[str, bytes]) -> None:
    """The dossier as one file. Same contents, same bytes: no clock goes in."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(f"{_IN_ZIP}/{name}", _EPOCH)
            entry.external_attr = 0o644 << 16
            packed = name.endswith((".html", ".json", ".txt"))
            entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            archive.writestr(entry, data)
    write_atomic(target, made.getvalue())
