"""The course a manifest describes, as it lies in its folder."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

from coursekit.find import kind_of
from coursekit.folder import FILING, MANIFEST_NAMES, Folder, list_folder
from coursekit.manifest.faults import Fault, ManifestError
from coursekit.manifest.load import find_manifest
from coursekit.manifest.model import Manifest
from coursekit.model import Course, FileKind, Lesson
from coursekit.paths import inside


def course_from_manifest(course: Path | Folder, manifest: Manifest) -> Course:
    """Lessons in teaching order with their main file, covers, and every other file that is recognised as a document.

    A listed file that is not there keeps its place, so that the report can name the lesson. A listed file that is a
    link out of the course is refused: what lies outside was never part of what is filed.
    """
    folder = course if isinstance(course, Folder) else list_folder(course)
    root = folder.root
    by_name = {normal(name): name for name in folder.entries}
    listed: dict[str, str] = {}
    outside = []
    for pointer, path in listed_files(manifest):
        listed[pointer] = by_name.get(normal(path), path)
        if _leads_out(folder, listed[pointer]):
            line, column = manifest.places.position(pointer)
            outside.append(Fault("link-escapes", pointer, line, column, {"file": path}))
    manifest_path = find_manifest(root)
    if outside:
        raise ManifestError(manifest_path or root, tuple(outside))
    lessons = []
    covers = {name: None for pointer, name in listed.items() if pointer.startswith("/course/covers/")}
    for i, lesson in enumerate(manifest.lessons):
        if lesson.main is not None and lesson.main.file:
            j = lesson.media.index(lesson.main)
            lessons.append(Lesson(lesson.id, lesson.title, listed[f"/lessons/{i}/media/{j}/file"]))
        if lesson.cover is not None:
            covers[listed[f"/lessons/{i}/cover"]] = None
    taken = {le.path for le in lessons} | set(covers)
    rest = [name for name in folder.entries if name not in taken and name not in MANIFEST_NAMES]
    hidden = private_files(manifest)
    unknown = {n for n in rest if normal(n) in hidden or kind_of(folder.entries[n]) is FileKind.UNKNOWN}
    # Papers in filing/ are in no listing; that they are there is all that the manifest's checks may know.
    filed = {n for n in listed.values() if n.partition("/")[0] == FILING and (root / n).is_file()} - set(rest)
    return Course(
        id=manifest.course.id,
        title=manifest.course.title,
        lessons=tuple(lessons),
        covers=tuple(covers),
        documents=tuple(name for name in rest if name not in unknown),
        manifest_path=manifest_path.name if manifest_path else None,
        ignored=(*(name for name in rest if name in unknown), *sorted(filed)),
    )


def private_files(manifest: Manifest) -> frozenset[str]:
    """Papers about a person: no report and no package names them. By their normal names."""
    named = (
        path
        for expert in manifest.experts
        for path in (expert.identity_file, expert.cv_file, expert.certificate_file, expert.consent_file)
    )
    return frozenset(normal(path) for path in named if path)


def _leads_out(folder: Folder, name: str) -> bool:
    """The file is a link, or lies behind a linked folder, that leaves the course."""
    entry = folder.entries.get(name)
    if entry is not None:
        return entry.refused == "outside-course"
    path = folder.root / name
    return path.exists() and not inside(folder.root, path)


def listed_files(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Pointer and path of every file the manifest names."""
    for pointer, path in _named(manifest):
        if path:
            yield pointer, path


def _named(manifest: Manifest) -> Iterator[tuple[str, str | None]]:
    for i, cover in enumerate(manifest.course.covers):
        yield f"/course/covers/{i}/file", cover.file
    if manifest.standard is not None:
        yield "/standard/file", manifest.standard.file
    for i, lesson in enumerate(manifest.lessons):
        for j, media in enumerate(lesson.media):
            yield f"/lessons/{i}/media/{j}/file", media.file
            for k, subtitle in enumerate(media.subtitles):
                yield f"/lessons/{i}/media/{j}/subtitles/{k}/file", subtitle.file
        yield f"/lessons/{i}/cover", lesson.cover
    for i, assessment in enumerate(manifest.assessments):
        yield f"/assessments/{i}/file", assessment.file
    for i, right in enumerate(manifest.rights):
        yield f"/rights/{i}/file", right.file
    for i, mark in enumerate(manifest.marks):
        yield f"/marks/{i}/file", mark.file
    for i, expert in enumerate(manifest.experts):
        yield f"/experts/{i}/certificate_file", expert.certificate_file
        yield f"/experts/{i}/identity_file", expert.identity_file
        yield f"/experts/{i}/cv_file", expert.cv_file
        yield f"/experts/{i}/consent_file", expert.consent_file
    for i, review in enumerate(manifest.reviews):
        yield f"/reviews/{i}/file", review.file
    for i, paper in enumerate(manifest.papers):
        yield f"/papers/{i}/file", paper.file


def normal(path: str) -> str:
    """macOS writes names decomposed, people and manifests do not."""
    return unicodedata.normalize("NFC", path)
