"""A course's files without measuring them: names, kinds and hashes, enough for most of what a manifest claims."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from coursekit.files import sha256_of
from coursekit.find import kind_of
from coursekit.folder import Entry, list_folder
from coursekit.manifest.course import course_from_manifest, normal
from coursekit.manifest.digest import learner_files
from coursekit.manifest.model import Manifest
from coursekit.model import CourseFacts, FileFacts, FileKind

UNMEASURED = frozenset({"minutes-unknown", "not-hashed", "not-measured"})
"""Reasons that only an audit can settle."""


def unmeasured_facts(
    root: Path, manifest: Manifest, *, hashes: bool = True, tick: Callable[[str], None] = lambda _: None
) -> CourseFacts:
    """Facts of a course whose media nobody has looked into. Hashes are taken only where the manifest needs them."""
    course = course_from_manifest(root, manifest)
    wanted = _to_hash(manifest) if hashes else frozenset()
    files = {}
    for name, entry in list_folder(root).entries.items():
        kind = kind_of(entry)
        if kind is FileKind.UNKNOWN or entry.refused:
            continue
        tick(name)
        files[name] = FileFacts(name, _hash(entry, normal(name) in wanted), entry.path.stat().st_size, kind)
    return CourseFacts(course, files, manifest)


def _hash(entry: Entry, wanted: bool) -> str:
    return sha256_of(entry.path) if wanted else ""


def _to_hash(manifest: Manifest) -> frozenset[str]:
    """Files with a declared hash; all that a review speaks of, where there is one."""
    names = set(learner_files(manifest)) if manifest.reviews else set()
    for cover in manifest.course.covers:
        if cover.sha256:
            names.add(cover.file)
    if manifest.standard is not None and manifest.standard.sha256 and manifest.standard.file:
        names.add(manifest.standard.file)
    for lesson in manifest.lessons:
        for media in lesson.media:
            if media.sha256:
                names.add(media.file)
            names.update(subtitle.file for subtitle in media.subtitles if subtitle.sha256)
    names.update(paper.file for paper in manifest.papers if paper.sha256)
    return frozenset(normal(name) for name in names)
