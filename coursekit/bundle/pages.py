"""The page a learner sees in a SCORM or cmi5 package: one lesson, its subtitles, its points, its further files."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib.resources import files

from coursekit.bundle.learner import DRAFT, Kind, Unit
from coursekit.bundle.plan import Plan
from coursekit.bundle.zipwrite import ZipWriter

SHARED = "shared"
PAGE = "index.html"
_KINDS = {"skill": "技能", "knowledge": "知识"}


def asset(name: str) -> bytes:
    """A script or style that travels with the package."""
    return files("coursekit.bundle.assets").joinpath(name).read_bytes()


def shared_names(tracker: str) -> tuple[str, ...]:
    """What every lesson of a package loads."""
    return tuple(f"{SHARED}/{name}" for name in ("lesson.css", "lesson.js", tracker))


def unit_names(unit: Unit) -> tuple[str, ...]:
    """Entry names of a unit, its page first."""
    inner = (PAGE, *(item.name for item in unit.items), *(track.name for track in unit.tracks))
    return tuple(f"{unit.folder}/{name}" for name in inner)


def write_lessons(plan: Plan, units: tuple[Unit, ...], tracker: str, archive: ZipWriter) -> None:
    """All pages with what they show. Each course file is read once."""
    for name in shared_names(tracker):
        archive.add(name, asset(name.partition("/")[2]))
    for unit in units:
        archive.add(f"{unit.folder}/{PAGE}", page(plan, unit, tracker).encode("utf-8"))
        for item in unit.items:
            path, name = item.file.path, f"{unit.folder}/{item.name}"
            archive.copy(name, plan.sources[path], item.file.sha256, item.file.size_bytes, called=path)
        for track in unit.tracks:
            archive.add(f"{unit.folder}/{track.name}", track.data)


def page(plan: Plan, unit: Unit, tracker: str) -> str:
    """The page of one lesson."""
    language = escape(plan.package.language)
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{language}">',
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_policy(tracker)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(unit.lesson.title)}</title>",
            f'<link rel="stylesheet" href="../../{SHARED}/lesson.css">',
            *([f'<p class="draft">{escape(DRAFT)}</p>'] if plan.package.draft else []),
            f"<h1>{escape(unit.lesson.title)}</h1>",
            *_stage(unit),
            '<p class="state"><progress max="1" value="0" aria-label="学习进度"></progress><span></span></p>',
            '<p class="note" hidden>没有连接学习平台：可以观看，但不会记录进度。</p>',
            *_points(unit),
            *_extras(unit),
            f'<script src="../../{SHARED}/lesson.js"></script>',
            f'<script src="../../{SHARED}/{escape(tracker)}"></script>',
            "</html>",
            "",
        ]
    )


def _policy(tracker: str) -> str:
    """What the page may load: what lies beside it. Only cmi5 speaks to a host, which the platform names at launch."""
    beside = " ".join(f"{what}-src 'self' file:;" for what in ("script", "style", "img", "media", "frame"))
    talks = " connect-src https: http:;" if tracker == "cmi5.js" else ""
    return f"default-src 'none'; {beside}{talks} base-uri 'none'; form-action 'none'"


def _stage(unit: Unit) -> Iterator[str]:
    if unit.kind is Kind.DOCUMENT:
        yield f'<iframe src="{unit.main.name}" title="{escape(unit.lesson.title)}"></iframe>'
        yield '<p><button id="finished" type="button">我已学完</button></p>'
        return
    poster = f' poster="{unit.poster.name}"' if unit.poster is not None and unit.kind is Kind.VIDEO else ""
    yield f'<{unit.kind.value} controls preload="metadata"{poster}>'
    yield f'<source src="{unit.main.name}" type="{unit.mime}">'
    for number, track in enumerate(unit.tracks):
        default = " default" if number == 0 else ""
        label = escape(track.language)
        yield f'<track kind="subtitles" src="{track.name}" srclang="{label}" label="{label}"{default}>'
    yield f"</{unit.kind.value}>"


def _points(unit: Unit) -> Iterator[str]:
    if unit.points:
        yield "<h2>本课要点</h2>"
        yield "<ul>"
        for point in unit.points:
            yield f"<li>{escape(_KINDS.get(point.kind, point.kind))} {escape(point.code)}　{escape(point.text)}</li>"
        yield "</ul>"


def _extras(unit: Unit) -> Iterator[str]:
    if unit.extras:
        yield "<h2>配套材料</h2>"
        yield "<ul>"
        for item in unit.extras:
            yield f'<li><a href="{item.name}" download="{escape(item.title)}">{escape(item.title)}</a></li>'
        yield "</ul>"
