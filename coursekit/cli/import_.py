"""`coursekit import`: take packages into the platform's library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click

from coursekit.cli.lang import current_lang, pick
from coursekit.cli.options import EXIT_UNDECIDED, EXIT_USAGE, fatal, lang_option, terminable
from coursekit.paths import for_terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from coursekit.library.announce import Webhook
    from coursekit.library.model import Import
    from coursekit.library.shelf import LibraryFault
    from coursekit.library.take import Policy

F = TypeVar("F", bound="Callable[..., object]")
EXIT_REFUSED = 1
SECRET_VARIABLE = "COURSEKIT_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable
_STOPPED = frozenset({"no-room", "index-busy", "index-failed", "postgres-unreachable"})
"""Nothing is wrong with what was asked: it may succeed another time."""


def taking_options(function: F) -> F:
    """What `import` and `serve-import` both ask of a package, and whom they tell."""
    # From the last to the first: each is put before those that are there.
    for option in reversed(
        (
            click.option(
                "--trust",
                "trusted",
                multiple=True,
                type=click.Path(path_type=Path, exists=True),
                help=pick(
                    "只信任这些公钥：.pub 文件或文件夹（可重复），不再看信任名单",
                    "Trust these keys only: .pub files or folders (repeatable), instead of the store",
                ),
            ),
            click.option(
                "--recheck",
                type=click.Choice(["probe"]),
                help=pick(
                    "在本机重新检查容器、时长和课程大纲（不解码）", "Check containers, lengths and syllabus again, here"
                ),
            ),
            click.option(
                "--allow-draft", is_flag=True, help=pick("草稿包也入库（用于联调）", "Take in drafts, for trials")
            ),
            click.option(
                "--allow-new-publisher",
                is_flag=True,
                help=pick(
                    "课程换了签名密钥也入库（核实制作单位确实换了密钥之后）",
                    "Take in a course under another key than before, once the studio has confirmed it",
                ),
            ),
            click.option(
                "--webhook",
                metavar="URL",
                help=pick("每门课程入库后向此地址发送签名的 JSON", "Announce each course here, as signed JSON"),
            ),
            click.option(
                "--webhook-secret-file",
                type=click.Path(path_type=Path, dir_okay=False, exists=True),
                help=pick(
                    f"与平台约定的密钥文件（也可用环境变量 {SECRET_VARIABLE}）",
                    f"File of the secret shared with the webhook (or set {SECRET_VARIABLE})",
                ),
            ),
            click.option(
                "--index",
                "mirror",
                metavar="URL",
                envvar="COURSEKIT_INDEX",
                help=pick(
                    "同时把索引写入 PostgreSQL（postgresql://…；含密码时请用环境变量 COURSEKIT_INDEX）",
                    "Keep the index in PostgreSQL as well (postgresql://…; a password belongs in COURSEKIT_INDEX)",
                ),
            ),
        )
    ):
        function = option(function)
    return function


@click.command(
    name="import",
    help=pick(
        "把课程包收进课程库：先核验，全部通过才入库。\n\n"
        "每个文件按内容只存一份；同一个包导入多少次都只有一份；中途断电或被杀，再导入一次即可接着完成。"
        "不合格的包不入库，原因记在课程库的 quarantine 文件夹里。原来的包不会被改动。\n\n"
        "退出码：0 已入库（或早已入库）；1 有包不可接收；2 用法或课程库有误；3 无法判定，或没有完成。",
        "Take packages into a library, each verified first and in place in one step.\n\n"
        "Every file is kept once, by its content; the same package a hundred times is one copy; after a crash, import "
        "again and it carries on. What is refused stays out, with the reasons under the library's quarantine folder. "
        "The package itself is never touched.\n\n"
        "Exit codes: 0 taken in, or there already; 1 a package is refused; 2 usage or library; 3 undecided, or not "
        "finished.",
    ),
)
@click.argument("packages", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--into",
    "library",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help=pick("课程库文件夹（没有则新建）", "The library's folder; made where there is none"),
)
@taking_options
@click.option(
    "-f",
    "--format",
    "kind",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help=pick("输出格式；json 为每包一行", "Format; json is one line a package"),
)
@lang_option
def import_(
    packages: tuple[Path, ...],
    library: Path,
    trusted: tuple[Path, ...],
    recheck: str | None,
    allow_draft: bool,
    allow_new_publisher: bool,
    webhook: str | None,
    webhook_secret_file: Path | None,
    mirror: str | None,
    kind: str,
    lang: str,
) -> None:
    """Take in one after the other; the worst answer is the exit code."""
    from coursekit import codec
    from coursekit.library.model import Taken
    from coursekit.library.shelf import LibraryFault, open_shelf
    from coursekit.library.take import import_package

    worst = 0
    codes = {Taken.IMPORTED: 0, Taken.ALREADY: 0, Taken.REFUSED: EXIT_REFUSED, Taken.UNDECIDED: EXIT_UNDECIDED}
    try:
        policy = read_policy(
            trusted, recheck, allow_draft, allow_new_publisher, webhook, webhook_secret_file, mirror, lang
        )
        shelf = open_shelf(library, create=True)
        with terminable():
            for package in packages:
                told = import_package(package, shelf, policy)
                worst = max(worst, codes[told.outcome])
                if kind == "json":
                    click.echo(codec.dumps(told, indent=None).encode("utf-8", "backslashreplace"), nl=False)
                else:
                    click.echo("\n".join(_lines(told, package)))
    except LibraryFault as fault:
        refuse_library(fault)
    except OSError as error:
        where = error.filename or library
        fatal(pick(f"{where}：{error.strerror}。没有导入。", f"{where}: {error.strerror}. Nothing was imported."))
    except KeyboardInterrupt:
        fatal(
            pick("已中断：没有入库；再运行一次即可", "interrupted: nothing was taken in; run it again"), EXIT_UNDECIDED
        )
    raise click.exceptions.Exit(worst)


def read_policy(
    trusted: tuple[Path, ...],
    recheck: str | None,
    allow_draft: bool,
    allow_new_publisher: bool,
    webhook: str | None,
    webhook_secret_file: Path | None,
    mirror: str | None,
    lang: str,
) -> Policy:
    """What `taking_options` asked for."""
    from coursekit.bundle.verify import Recheck
    from coursekit.cli.verify import read_trust
    from coursekit.library.take import Policy

    return Policy(
        trust=read_trust(trusted),
        allow_draft=allow_draft,
        allow_new_publisher=allow_new_publisher,
        recheck=Recheck(recheck) if recheck else None,
        mirror=mirror,
        listeners=read_webhook(webhook, webhook_secret_file),
        lang=lang,
    )


def refuse_library(fault: LibraryFault) -> NoReturn:
    """Say what is wrong with the library, and end."""
    from coursekit.texts import phrase

    code = EXIT_UNDECIDED if fault.code in _STOPPED else EXIT_USAGE
    fatal(phrase("library", fault.code, current_lang(), **fault.args_), code)


def read_webhook(url: str | None, secret_file: Path | None) -> tuple[Webhook, ...]:
    """The webhook of the options, with its secret."""
    import os

    from coursekit.library.announce import Webhook

    if url is None:
        return ()
    secret = secret_file.read_bytes().strip() if secret_file else os.environ.get(SECRET_VARIABLE, "").encode("utf-8")
    return (Webhook(url, secret),)


def _lines(told: Import, package: Path) -> list[str]:
    from coursekit.library.model import Taken

    words = {
        Taken.IMPORTED: (pick("已入库", "imported"), "green"),
        Taken.ALREADY: (pick("早已入库，没有改动", "already there, nothing changed"), "green"),
        Taken.REFUSED: (pick("不可接收，没有入库", "refused, not taken in"), "red"),
        Taken.UNDECIDED: (pick("无法判定，没有入库", "undecided, not taken in"), "yellow"),
    }
    word, colour = words[told.outcome]
    course = told.verification.course
    title = f"《{course.title}》 " if course is not None else ""
    lines = [click.style(for_terminal(f"{package.name} {title}{word}"), fg=colour, bold=True)]
    if told.edition is not None and course is not None:
        until = course.approval.until or pick("未写明", "not stated")
        lines.append(
            for_terminal(
                pick(
                    f"  版次 {told.edition[:16]}，{len(course.lessons)} 课，{len(course.points)} 个知识点技能点，"
                    f"使用至 {until}",
                    f"  edition {told.edition[:16]}, {len(course.lessons)} lessons, {len(course.points)} points, "
                    f"approved until {until}",
                )
            )
        )
    for reason in told.reasons:
        where = f"{reason.path} " if reason.path else ""
        tone = "yellow" if told.edition is not None else colour
        lines.append(click.style(for_terminal(f"  {where}{reason.code}: {reason.message}"), fg=tone))
    if told.quarantine is not None:
        lines.append(pick(f"  记录：quarantine/{told.quarantine}.json", f"  record: quarantine/{told.quarantine}.json"))
    return lines
