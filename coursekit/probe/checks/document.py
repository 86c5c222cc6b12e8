"""probe/document."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from coursekit.model import Finding, Measured, Place, SupportFacts
from coursekit.probe.facts import DocumentFacts, ImageFacts
from coursekit.probe.sniff import EXTENSIONS, extension_of
from coursekit.rules.check import CannotTest, CheckContext, at_least, at_most, check, equal_to, measured, one_of

_UNREAD = ("doc", "ppt", "xls", "ole", "rtf", "fbx", "ply")
"""Recognised, but nothing in them is looked at."""
_PAGED = ("pdf", "docx", "pptx", "xlsx", "html")
_UTF8 = ("utf-8", "utf-8-sig")


@dataclass(frozen=True, slots=True)
class DocumentParams:
    """How much of a supporting file's oddities a person should see."""

    max_cue_problems: int
    allow_outside_hosts: bool
    allow_macros: bool


@check("probe/document", facts=SupportFacts, params=DocumentParams)
def document(ctx: CheckContext, facts: SupportFacts, params: DocumentParams) -> Iterator[Finding]:
    """The supporting file opens without a password, is what its name says, and has something in it."""
    found = facts.file.document if facts.file.document is not None else facts.file.image
    if found is None:
        raise CannotTest("not-measured")
    ctx.observe(_extent(found))
    if found.open_code == "too-large":
        raise CannotTest("too-large-to-read", detail=found.open_detail or "")
    if isinstance(found, ImageFacts) and found.open_code == "unsupported":
        raise CannotTest("format-not-read", format=found.format)
    if not found.opens:
        yield _closed(ctx, facts.file.path, found)
        return
    promised = EXTENSIONS.get(extension_of(PurePosixPath(facts.file.path)), (None, ()))[1]
    if promised and not _is_what_it_says(found.format, promised):
        extension = extension_of(PurePosixPath(facts.file.path))
        yield ctx.fail(
            "name-disagrees",
            measured=measured(found.format),
            expected=one_of(*promised),
            format=found.format,
            extension=extension,
        )
    if isinstance(found, DocumentFacts):
        yield from _content(ctx, found)
        yield from _oddities(ctx, facts.file.path, found, params)


def _extent(found: DocumentFacts | ImageFacts) -> Measured:
    if isinstance(found, ImageFacts):
        return measured(found.size_px, "px")
    if found.cues is not None:
        return measured(found.cues, "cues")
    if found.pages is not None:
        return measured(found.pages, "pages")
    return measured(found.format)


def _is_what_it_says(found: str, promised: tuple[str, ...]) -> bool:
    """`ole` stands for every legacy office format."""
    return found in promised or ("ole" in promised and found in ("doc", "ppt", "xls"))


def _closed(ctx: CheckContext, path: str, found: DocumentFacts | ImageFacts) -> Finding:
    code = found.open_code or "damaged"
    if code == "empty":
        return ctx.fail("empty-file", measured=measured(0, "B"))
    if code == "encrypted":
        return ctx.fail("encrypted", measured=measured(found.format), format=found.format)
    if code in ("unrecognised", "not-an-image"):
        extension = extension_of(PurePosixPath(path))
        return ctx.fail("unrecognised", measured=measured(found.format), extension=extension or "—")
    detail = found.open_detail or code
    return ctx.fail("damaged", measured=measured(detail), format=found.format, detail=detail)


def _content(ctx: CheckContext, found: DocumentFacts) -> Iterator[Finding]:
    if found.format in _UNREAD:
        yield ctx.review("not-looked-into", measured=measured(found.format), format=found.format)
        return
    nothing = found.pages == 0 or found.cues == 0 or found.vertices == 0
    blank = found.format in _PAGED and not found.characters and not found.pictures
    if nothing or blank:
        yield ctx.fail("nothing-inside", measured=measured(0), expected=at_least(1), format=found.format)


def _oddities(ctx: CheckContext, path: str, found: DocumentFacts, params: DocumentParams) -> Iterator[Finding]:
    if found.encrypted:
        yield ctx.review("restricted", measured=measured(True), expected=equal_to(False), format=found.format)
    if found.macros and not params.allow_macros:
        yield ctx.review("macros", measured=measured(True), expected=equal_to(False), format=found.format)
    if found.cues is not None and found.encoding not in _UTF8:
        encoding = found.encoding or "?"
        yield ctx.review("not-utf8", measured=measured(encoding), expected=one_of(*_UTF8), encoding=encoding)
    if found.cue_problem_count > params.max_cue_problems:
        first = found.cue_problems[0]
        yield ctx.review(
            "cues-out-of-order",
            measured=measured(found.cue_problem_count),
            expected=at_most(params.max_cue_problems),
            where=Place("", first.line),
            count=found.cue_problem_count,
            lines=", ".join(str(problem.line) for problem in found.cue_problems[:10]),
        )
    if found.external and not params.allow_outside_hosts:
        hosts = ", ".join(found.external[:10])
        yield ctx.review("outside-hosts", measured=measured(len(found.external)), expected=at_most(0), hosts=hosts)
    missing = _missing(ctx, path, found)
    if missing:
        names = ", ".join(missing[:10])
        yield ctx.fail("files-missing", measured=measured(len(missing)), expected=at_most(0), names=names)


def _missing(ctx: CheckContext, path: str, found: DocumentFacts) -> list[str]:
    """Files that a page loads and that the course does not hold. Without a course around it nothing is known."""
    if ctx.course is None:
        return []
    held = {*ctx.course.files, *ctx.course.course.ignored, *ctx.course.course.documents}
    folder = posixpath.dirname(path)
    return [name for name in found.beside if posixpath.normpath(posixpath.join(folder, name)) not in held]
