"""What binds one part of a manifest to another: unique ids, references that resolve, paths that stay inside."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator

from coursekit.manifest.faults import Fault
from coursekit.manifest.model import Manifest
from coursekit.manifest.vocabulary import MediaRole, Mode
from coursekit.model import Scalar

_ESCAPE = re.compile(r"(?:[A-Za-z]:|[/\\]|(?:.*[/\\])?\.\.(?:[/\\]|\Z))", re.DOTALL)


def escaping_paths(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Paths that lead out of the course. A backslash or a stray dot is a slip; these are refused."""
    return tuple(
        dataclasses.replace(f, code="path-escapes")
        for f in faults
        if f.code == "bad-path" and _ESCAPE.match(str(f.args["value"]))
    )


def reference_faults(manifest: Manifest) -> Manifest:
    """The manifest with the faults of its references added."""
    found = [*manifest.faults, *_references(manifest)]
    found.sort(key=lambda f: (f.line, f.column))
    return dataclasses.replace(manifest, faults=tuple(found))


def _references(manifest: Manifest) -> Iterator[Fault]:
    sections: dict[str, tuple[str, ...]] = {
        "points": tuple(p.id for p in manifest.points),
        "lessons": tuple(le.id for le in manifest.lessons),
        "assessments": tuple(a.id for a in manifest.assessments),
        "rights": tuple(r.id for r in manifest.rights),
        "marks": tuple(m.id for m in manifest.marks),
        "experts": tuple(e.id for e in manifest.experts),
    }
    for section, ids in sections.items():
        yield from _unique(manifest, section, ids)
    if manifest.ai is not None:
        yield from _unique(manifest, "ai/items", tuple(i.id for i in manifest.ai.items))
    known = {section: frozenset(ids) for section, ids in sections.items()}
    for pointer, target, section in _links(manifest):
        if target and target not in known[section]:
            yield _at(manifest, "dangling-reference", pointer, target=target, section=section)
    yield from _lessons(manifest)


def _unique(manifest: Manifest, section: str, ids: tuple[str, ...]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for index, name in enumerate(ids):
        if not name:
            continue
        if name in first:
            line, _ = manifest.places.position(f"/{section}/{first[name]}/id")
            yield _at(manifest, "duplicate-id", f"/{section}/{index}/id", id=name, first_line=line)
        else:
            first[name] = index


def _links(manifest: Manifest) -> Iterator[tuple[str, str, str]]:
    """Pointer, id referred to, and the section it must be found in."""
    for i, point in enumerate(manifest.points):
        for j, name in enumerate(point.requires):
            yield f"/points/{i}/requires/{j}", name, "points"
    for i, lesson in enumerate(manifest.lessons):
        for j, name in enumerate(lesson.requires):
            yield f"/lessons/{i}/requires/{j}", name, "lessons"
        for j, teaching in enumerate(lesson.teaches):
            yield f"/lessons/{i}/teaches/{j}/point", teaching.point, "points"
    for i, assessment in enumerate(manifest.assessments):
        for j, name in enumerate(assessment.covers):
            yield f"/assessments/{i}/covers/{j}", name, "points"
    for i, right in enumerate(manifest.rights):
        for j, name in enumerate(right.lessons):
            yield f"/rights/{i}/lessons/{j}", name, "lessons"
    for i, mark in enumerate(manifest.marks):
        if mark.right:
            yield f"/marks/{i}/right", mark.right, "rights"
    for i, review in enumerate(manifest.reviews):
        yield f"/reviews/{i}/expert", review.expert, "experts"
        if review.lesson:
            yield f"/reviews/{i}/lesson", review.lesson, "lessons"


def _lessons(manifest: Manifest) -> Iterator[Fault]:
    users: dict[str, tuple[str, int]] = {}
    for i, lesson in enumerate(manifest.lessons):
        files: dict[str, int] = {}
        for j, media in enumerate(lesson.media):
            if media.file and media.file in files:
                line, _ = manifest.places.position(f"/lessons/{i}/media/{files[media.file]}/file")
                pointer = f"/lessons/{i}/media/{j}/file"
                yield _at(manifest, "repeated-value", pointer, value=media.file, first_line=line)
            files.setdefault(media.file, j)
        mains = [j for j, m in enumerate(lesson.media) if m.role is MediaRole.MAIN]
        for j in mains[1:]:
            line, _ = manifest.places.position(f"/lessons/{i}/media/{mains[0]}/file")
            yield _at(manifest, "two-main-files", f"/lessons/{i}/media/{j}", lesson=lesson.id, first_line=line)
        for j in mains[:1]:
            file = lesson.media[j].file
            if file in users:
                other, line = users[file]
                yield _at(
                    manifest,
                    "file-used-twice",
                    f"/lessons/{i}/media/{j}/file",
                    file=file,
                    lesson=other,
                    first_line=line,
                )
            elif file:
                users[file] = (lesson.id, manifest.places.position(f"/lessons/{i}/media/{j}/file")[0])
        seen: dict[str, int] = {}
        for j, teaching in enumerate(lesson.teaches):
            if teaching.point and teaching.point in seen:
                line, _ = manifest.places.position(f"/lessons/{i}/teaches/{seen[teaching.point]}/point")
                yield _at(
                    manifest, "repeated-value", f"/lessons/{i}/teaches/{j}/point", value=teaching.point, first_line=line
                )
            seen.setdefault(teaching.point, j)
        if lesson.mode is Mode.BLENDED and lesson.online_hours is None:
            yield _at(manifest, "blended-without-share", f"/lessons/{i}/online_hours", lesson=lesson.id)
        elif lesson.mode is not Mode.BLENDED and lesson.online_hours is not None:
            yield _at(manifest, "share-without-blended", f"/lessons/{i}/online_hours", lesson=lesson.id)
        elif lesson.online_hours is not None and lesson.online_hours > lesson.hours:
            yield _at(manifest, "share-above-hours", f"/lessons/{i}/online_hours", lesson=lesson.id)


def _at(manifest: Manifest, code: str, pointer: str, **args: Scalar) -> Fault:
    line, column = manifest.places.position(pointer)
    return Fault(code, pointer, line, column, args)
