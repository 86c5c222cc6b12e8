"""`coursekit waive`: accept one finding of a report, by name and for a time."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coursekit.cli.diff import read_report
from coursekit.cli.lang import pick
from coursekit.cli.options import fatal, lang_option, path_argument

if TYPE_CHECKING:
    from coursekit.model import Finding, Report, Result


@click.command(
    help=pick(
        "接受 report.json 里的一个问题，写成 waivers.toml 的一条。文件内容一变，接受就失效。\n\n"
        "例：coursekit waive report.json lesson02.mp4 picture-stands --reason 有意定格 --who 张三 --until 2026-12-31 "
        ">> 课程/waivers.toml",
        "Accept one finding of a report.json: prints an entry for waivers.toml. It ends when the file's bytes change.",
    )
)
@path_argument("report")
@click.argument("subject")
@click.argument("code")
@click.option(
    "--at", type=float, help=pick("问题所在的秒（有多处时）", "A second inside the finding, where several are alike")
)
@click.option("--reason", required=True, help=pick("为什么可以接受", "Why it may stay"))
@click.option("--who", required=True, help=pick("谁接受的", "Who accepts it"))
@click.option(
    "--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help=pick("到哪一天", "The last day it holds")
)
@click.option(
    "--into",
    type=click.Path(path_type=Path, dir_okay=False),
    help=pick("追加到这个 waivers.toml（默认打印出来）", "Append to this waivers.toml (default: print)"),
)
@lang_option
def waive(
    report: Path, subject: str, code: str, at: float | None, reason: str, who: str, until: dt.datetime,
    into: Path | None, lang: str,
) -> None:  # fmt: skip
    """Find it, write it down."""
    from coursekit.rules.waivers import SCHEMA, WaiverError, content_hash, entry_text, load_waivers

    told = read_report(report)
    result, finding = _choose(told, subject, code, at)
    digest = content_hash(subject, {}, told)
    if digest is None:
        fatal(
            pick(
                f"报告里没有 {subject} 的哈希值，无法接受",
                f"the report holds no hash of {subject}: it cannot be waived",
            )
        )
    entry = entry_text(result, finding, digest, reason, who, until.date())
    if into is None:
        click.echo(entry, nl=False)
        return
    from coursekit.files import write_atomic

    try:
        before = f'schema = "{SCHEMA}"\n'
        if into.exists():
            load_waivers(into)
            before = into.read_text(encoding="utf-8-sig")
        write_atomic(into, f"{before.rstrip()}\n\n{entry}")
    except WaiverError as error:
        fatal(error.describe(lang))
    except OSError as error:
        fatal(pick(f"写不了 {into}：{error.strerror}", f"cannot write {into}: {error.strerror}"))


def _choose(report: Report, subject: str, code: str, at: float | None) -> tuple[Result, Finding]:
    from coursekit.model import Span

    found: dict[object, tuple[Result, Finding]] = {}
    for result in report.results:
        for finding in result.findings:
            if (result.subject, finding.code) != (subject, code) or finding.waiver:
                continue
            where = finding.where
            if at is None or (isinstance(where, Span) and where.start_s - 0.5 <= at <= where.end_s + 0.5):
                found.setdefault((result.check, result.stream, where), (result, finding))
    if not found:
        fatal(pick(f"报告里没有 {subject} 的 {code}", f"the report has no {code} of {subject}"))
    if len(found) > 1:
        fatal(
            pick(
                f"{subject} 有 {len(found)} 处 {code}，请用 --at 秒数 指明哪一处",
                f"{subject} has {len(found)} of {code}: say with --at SECOND which one",
            )
        )
    return next(iter(found.values()))
