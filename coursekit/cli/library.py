"""`coursekit library`: what a platform holds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coursekit.cli.import_ import EXIT_REFUSED, refuse_library
from coursekit.cli.lang import pick
from coursekit.cli.options import EXIT_UNDECIDED, fatal, lang_option
from coursekit.paths import for_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from coursekit.library.index import Index
    from coursekit.library.shelf import Shelf

FORMATS = ("scorm12", "cmi5", "kolibri")

_library_argument = click.argument("library", type=click.Path(path_type=Path, file_okay=False))
_format_option = click.option(
    "-f",
    "--format",
    "kind",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help=pick("输出格式", "Format"),
)


@click.group(
    name="library",
    help=pick(
        "查看课程库：有哪些课程、哪些版次、哪些技能点、使用到什么时候。",
        "What a library holds: courses, editions, skill points, approved until when.",
    ),
)
def library() -> None:
    """The root of the library's commands."""


@library.command("list", help=pick("列出课程，或一门课程的各个版次", "List courses, or the editions of one"))
@_library_argument
@click.option("--course", help=pick("只看这门课程的各个版次", "The editions of this course"))
@click.option(
    "--expired-on",
    metavar=pick("日期", "DAY"),
    help=pick("哪些课程到这一天已过使用期限（如 2027-01-01）", "Editions whose approval has ended by this day"),
)
@click.option(
    "--index",
    "mirror",
    metavar="URL",
    envvar="COURSEKIT_INDEX",
    help=pick("查询 PostgreSQL 里的索引，并先补齐", "Ask the index in PostgreSQL, brought up to date first"),
)
@_format_option
@lang_option
def list_(library: Path, course: str | None, expired_on: str | None, mirror: str | None, kind: str, lang: str) -> None:
    """Ask the index."""
    from coursekit.library.index import COURSES, EDITIONS, EXPIRING

    query, args = (COURSES, ()) if course is None else (EDITIONS, (course,))
    if expired_on is not None:
        query, args = EXPIRING, (_day(expired_on),)
    rows = _ask(library, lambda index, _: index.rows(query, *args), mirror)
    _print(rows, kind)


@library.command(
    "points",
    help=pick(
        "列出一门课程的知识点、技能点，或者查找哪些课讲到某个点",
        "List the points of a course, or find who teaches a point",
    ),
)
@_library_argument
@click.option("--course", help=pick("课程编号", "Id of the course"))
@click.option("--find", "words", help=pick("点的编号、标准序号，或内容里的词", "Id of a point, its number, or words"))
@_format_option
@lang_option
def points(library: Path, course: str | None, words: str | None, kind: str, lang: str) -> None:
    """Ask the index."""
    from coursekit.library.index import POINTS, TEACHING

    if (course is None) == (words is None):
        raise click.UsageError(pick("请用 --course 或 --find 之一", "name either --course or --find"))

    def ask(index: Index, _: Shelf) -> list[dict[str, Any]]:
        if words is not None:
            return index.rows(TEACHING, words, words, f"%{words}%")
        return index.rows(POINTS, _edition_of(index, course or ""))

    _print(_ask(library, ask), kind)


@library.command("show", help=pick("一个版次的完整记录（JSON）", "The whole record of one edition, as JSON"))
@_library_argument
@click.argument("edition")
@lang_option
def show(library: Path, edition: str, lang: str) -> None:
    """Print the record. `edition` is its id, the beginning of it, or a course id."""
    from coursekit import codec

    record = _ask(library, lambda index, shelf: shelf.edition(_edition_of(index, edition)))
    click.echo(codec.dumps(record), nl=False)


@library.command(
    "check",
    help=pick(
        "课程库是否完整：记录可读，文件齐全；--fixity 重算每个字节的校验值。\n\n退出码：0 完整；1 有缺损。",
        "Is the library whole: records readable, files in place; --fixity reads every byte again.\n\n"
        "Exit codes: 0 whole; 1 something is missing or changed.",
    ),
)
@_library_argument
@click.option("--fixity", is_flag=True, help=pick("重算校验值", "Read every byte again"))
@click.option(
    "--remove-unreferenced",
    is_flag=True,
    help=pick(
        "删除没有记录提到的文件（中断的导入留下的）", "Remove files that no record names, left by imports that died"
    ),
)
@_format_option
@lang_option
def check(library: Path, fixity: bool, remove_unreferenced: bool, kind: str, lang: str) -> None:
    """Look, say, answer with an exit code."""
    from coursekit import codec
    from coursekit.library.check import check_library

    found = _ask(library, lambda _, shelf: check_library(shelf, fixity=fixity, remove_unreferenced=remove_unreferenced))
    if kind == "json":
        click.echo(codec.dumps(found), nl=False)
    else:
        for fault in found.faults:
            click.echo(click.style(for_terminal(f"✗ {fault.code} {fault.course or ''} {fault.path}"), fg="red"))
        click.echo(
            pick(
                f"{found.editions} 个版次，{found.objects} 个文件，{found.bytes / 1e6:,.1f} MB；"
                f"缺损 {len(found.faults)} 处，无记录的文件 {len(found.unreferenced)} 个，删除 {found.removed} 个",
                f"{found.editions} editions, {found.objects} files, {found.bytes / 1e6:,.1f} MB; "
                f"{len(found.faults)} faults, {len(found.unreferenced)} files no record names, {found.removed} removed",
            )
        )
    raise click.exceptions.Exit(EXIT_REFUSED if found.faults else 0)


@library.command(
    "export",
    help=pick(
        "把库里的一门课程导出给学习平台：SCORM 1.2、cmi5 或 Kolibri 频道",
        "Give a course to a learning platform: SCORM 1.2, cmi5 or a Kolibri channel",
    ),
)
@_library_argument
@click.argument("edition")
@click.option(
    "-f", "--format", "kind", type=click.Choice(FORMATS), required=True, help=pick("导出的格式", "What to make")
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help=pick("写到哪里（Kolibri 为新文件夹）", "Where; a new folder for Kolibri"),
)
@lang_option
def export(library: Path, edition: str, kind: str, output: Path, lang: str) -> None:
    """Make the export from the library's objects, whose bytes are checked on the way."""
    from coursekit.bundle.appear import Busy
    from coursekit.bundle.copying import ChangedSince
    from coursekit.bundle.exports import EXPORTS
    from coursekit.bundle.learner import CannotExport
    from coursekit.library.plan import plan_of
    from coursekit.texts import phrase

    plan = _ask(library, lambda index, shelf: plan_of(shelf, shelf.edition(_edition_of(index, edition))))
    try:
        EXPORTS[kind](plan, output)
    except CannotExport as error:
        fatal(phrase("exports", error.code, lang, **error.args_), EXIT_REFUSED)
    except ChangedSince as changed:
        fatal(
            pick(
                f"库里的文件 {changed.name} 已损坏，没有导出。请运行 coursekit library check --fixity，"
                "并重新导入该课程。",
                f"the library's copy of {changed.name} is damaged; nothing was exported. Run coursekit library check "
                "--fixity and import the course again.",
            ),
            EXIT_REFUSED,
        )
    except Busy:
        fatal(phrase("package", "package-busy", lang), EXIT_UNDECIDED)
    except OSError as error:
        fatal(pick(f"写不了 {output}：{error.strerror}", f"cannot write {output}: {error.strerror}"))
    click.echo(str(output))


def _ask(library: Path, question: Callable[[Index, Shelf], Any], mirror: str | None = None) -> Any:
    from coursekit.library.index import open_index, open_mirror
    from coursekit.library.shelf import LibraryFault, open_shelf

    try:
        shelf = open_shelf(library)
        with open_mirror(shelf, mirror) if mirror is not None else open_index(shelf) as index:
            return question(index, shelf)
    except LibraryFault as fault:
        refuse_library(fault)
    except OSError as error:
        fatal(f"{error.filename or library}: {error.strerror}")


def _edition_of(index: Index, name: str) -> str:
    """The edition of that id, of the one id that begins so, or the one that counts of that course."""
    from coursekit.library.index import COURSES
    from coursekit.library.shelf import LibraryFault

    found = [row["edition"] for row in index.rows(COURSES) if row["course"] == name]
    if not found and len(name) >= 8:
        rows = index.rows("SELECT edition FROM ck_edition ORDER BY edition")
        found = [row["edition"] for row in rows if row["edition"].startswith(name)]
    if len(found) != 1:
        raise LibraryFault("no-such-edition", edition=name)
    edition: str = found[0]
    return edition


def _day(text: str) -> str:
    import datetime as dt

    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise click.UsageError(
            pick(f"日期应写成 2027-01-01，而不是“{text}”", f"a day is written 2027-01-01, not “{text}”")
        ) from error


_HEADINGS = {
    "course": ("课程", "course"),
    "title": ("名称", "title"),
    "edition": ("版次", "edition"),
    "approved_until": ("使用至", "approved until"),
    "imported_at": ("入库日期", "imported"),
    "lessons": ("课次", "lessons"),
    "editions": ("版次数", "editions"),
    "skills": ("技能点", "skills"),
    "draft": ("草稿", "draft"),
    "publisher": ("签发", "publisher"),
    "point": ("编号", "point"),
    "kind": ("类别", "kind"),
    "code": ("序号", "code"),
    "text": ("内容", "text"),
    "level": ("等级", "level"),
    "lesson": ("课题", "lesson"),
    "depth": ("深度", "depth"),
}
_SHORT = {"edition": 12, "imported_at": 10}


def _print(rows: Sequence[Mapping[str, Any]], kind: str) -> None:
    if kind == "json":
        from coursekit import codec

        click.echo(codec.json_text(rows))
        return
    if not rows:
        click.echo(pick("没有。", "none."))
        return
    names = [name for name in _HEADINGS if name in rows[0]]
    head = [pick(*_HEADINGS[name]) for name in names]
    lines = [[for_terminal(_cell(name, row[name])) for name in names] for row in rows]
    if not sys.stdout.isatty():
        click.echo("\n".join("\t".join(line) for line in (head, *lines)))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in head:
        table.add_column(name, overflow="fold")
    for line in lines:
        # As text: a title in square brackets is no markup.
        table.add_row(*map(Text, line))
    Console().print(table)


def _cell(name: str, value: object) -> str:
    """A value as a person reads it."""
    from coursekit.manifest.vocabulary import Depth, PointKind

    if value is None:
        return "-"
    if name == "draft":
        return pick("是", "yes") if value else pick("否", "no")
    words = {"depth": [*Depth], "kind": [*PointKind]}.get(name, [])
    for word in words:
        if word.value == value:
            return pick(word.zh, word.en)
    return str(value)[: _SHORT.get(name)]
