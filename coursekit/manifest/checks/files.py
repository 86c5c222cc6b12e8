"""manifest/files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from coursekit.manifest.course import listed_files, normal, private_files
from coursekit.manifest.model import Manifest
from coursekit.manifest.sections import Files, condense, manifest_of
from coursekit.manifest.vocabulary import LessonRole, MediaKind, Mode
from coursekit.model import CourseFacts, FileKind, Finding, Place
from coursekit.paths import folded
from coursekit.rules.check import CheckContext, check, equal_to, measured

# What a resource of each filed kind can be as a file. Simulations and the like come as anything a player runs.
_FORMS: Mapping[MediaKind, frozenset[FileKind]] = {
    MediaKind.TEXT: frozenset({FileKind.DOCUMENT, FileKind.WEB, FileKind.SUBTITLE}),
    MediaKind.IMAGE: frozenset({FileKind.IMAGE}),
    MediaKind.AUDIO: frozenset({FileKind.AUDIO}),
    MediaKind.VIDEO: frozenset({FileKind.VIDEO}),
    MediaKind.ANIMATION: frozenset({FileKind.VIDEO, FileKind.IMAGE, FileKind.WEB}),
    MediaKind.MODEL: frozenset({FileKind.MODEL, FileKind.WEB}),
    MediaKind.INTERACTIVE: frozenset({FileKind.WEB, FileKind.DOCUMENT}),
}


@dataclass(frozen=True, slots=True)
class FilesParams:
    """How far a declared duration may stray, and whether each medium must say its kind."""

    duration_tolerance_s: float
    require_kind: bool


@check("manifest/files", facts=CourseFacts, params=FilesParams)
def files(ctx: CheckContext, facts: CourseFacts, params: FilesParams) -> Iterator[Finding]:
    """Every file the manifest lists is there, unchanged; none lies there unlisted, no two are one to Windows."""
    yield from condense(ctx, "more-of-the-same", _judge(ctx, facts, params))


def _judge(ctx: CheckContext, facts: CourseFacts, params: FilesParams) -> Iterator[Finding]:
    manifest = manifest_of(facts, "course", "standard", "lessons")
    found = Files(facts)
    listed = dict(listed_files(manifest))
    private = private_files(manifest)
    ctx.observe(measured(sum(found.exists(path) for path in listed.values())), equal_to(len(listed)))
    for pointer, path in listed.items():
        where = manifest.places.place(pointer)
        if found.exists(path):
            continue
        if normal(path) in private:
            # Its name may tell whose identity card it is; the place in the manifest is enough.
            yield ctx.fail("missing-file", measured=measured(None), where=where, file=pointer.lstrip("/"))
            continue
        other = found.other_case(path)
        if other is not None:
            yield ctx.fail(
                "name-differs-in-case",
                measured=measured(other),
                expected=equal_to(path),
                where=where,
                file=path,
                found=other,
            )
        else:
            yield ctx.fail("missing-file", measured=measured(None), expected=equal_to(path), where=where, file=path)
    yield from _contents(ctx, manifest, found)
    yield from _media(ctx, manifest, found, params)
    yield from _clashes(ctx, facts, {normal(path): manifest.places.place(p) for p, path in listed.items()}, manifest)
    known = {normal(path) for path in listed.values()}
    for name, file in facts.files.items():
        if file.kind in (FileKind.VIDEO, FileKind.AUDIO) and normal(name) not in known:
            where = manifest.places.place("/lessons")
            yield ctx.fail("unlisted-media", measured=measured(name), where=where, file=name)


def _clashes(
    ctx: CheckContext, facts: CourseFacts, listed: Mapping[str, Place], manifest: Manifest
) -> Iterator[Finding]:
    course = facts.course
    there = {*facts.files, *course.documents, *course.ignored}
    first: dict[str, str] = {}
    for name in sorted(there):
        other = first.setdefault(folded(name), name)
        if other != name and normal(other) != normal(name):
            where = listed.get(normal(name)) or listed.get(normal(other)) or manifest.places.place("/lessons")
            yield ctx.fail("names-clash", measured=measured(name), where=where, file=name, other=other)


def _contents(ctx: CheckContext, manifest: Manifest, found: Files) -> Iterator[Finding]:
    for pointer, path, declared in _hashes(manifest):
        file = found.find(path)
        if declared and file is not None and file.sha256 and file.sha256 != declared:
            yield ctx.fail(
                "hash-differs",
                measured=measured(file.sha256),
                expected=equal_to(declared),
                where=manifest.places.place(f"{pointer}/sha256"),
                file=path,
            )


def _hashes(manifest: Manifest) -> Iterator[tuple[str, str, str | None]]:
    for i, cover in enumerate(manifest.course.covers):
        yield f"/course/covers/{i}", cover.file, cover.sha256
    if manifest.standard is not None and manifest.standard.file is not None:
        yield "/standard", manifest.standard.file, manifest.standard.sha256
    for i, lesson in enumerate(manifest.lessons):
        for j, media in enumerate(lesson.media):
            yield f"/lessons/{i}/media/{j}", media.file, media.sha256
            for k, subtitle in enumerate(media.subtitles):
                yield f"/lessons/{i}/media/{j}/subtitles/{k}", subtitle.file, subtitle.sha256
    for i, paper in enumerate(manifest.papers):
        yield f"/papers/{i}", paper.file, paper.sha256


def _media(ctx: CheckContext, manifest: Manifest, found: Files, params: FilesParams) -> Iterator[Finding]:
    for i, lesson in enumerate(manifest.lessons):
        here = f"/lessons/{i}"
        if lesson.main is None and lesson.mode is not Mode.OFFLINE and lesson.role is not LessonRole.EXAM:
            where = manifest.places.place(f"{here}/media")
            yield ctx.fail("no-main-media", measured=measured(None), where=where, lesson=lesson.id)
        for j, media in enumerate(lesson.media):
            pointer = f"{here}/media/{j}"
            file = found.find(media.file)
            if media.kind is None:
                if params.require_kind:
                    where = manifest.places.place(f"{pointer}/kind")
                    yield ctx.fail("kind-not-stated", measured=measured(None), where=where, file=media.file)
            elif file is not None and media.kind in _FORMS and file.kind not in _FORMS[media.kind]:
                yield ctx.fail(
                    "kind-differs",
                    measured=measured(file.kind.value),
                    expected=equal_to(media.kind.value),
                    where=manifest.places.place(f"{pointer}/kind"),
                    file=media.file,
                    declared_zh=media.kind.zh,
                    declared_en=media.kind.en,
                )
            real = found.duration_s(media.file)
            if media.duration_s is not None and real is not None:
                off = abs(media.duration_s - real)
                if off > params.duration_tolerance_s:
                    yield ctx.fail(
                        "duration-differs",
                        measured=measured(round(real, 3), "s"),
                        expected=equal_to(media.duration_s, "s"),
                        where=manifest.places.place(f"{pointer}/duration_s"),
                        file=media.file,
                        off_s=off,
                    )
