"""`coursekit diff`: what was mended, what is new, what is still there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coursekit.cli.lang import pick
from coursekit.cli.options import fatal, lang_option, path_argument

if TYPE_CHECKING:
    from coursekit.model import Report
    from coursekit.report.difference import Difference
    from coursekit.report.tell import Item

_HEADS = {
    "fresh": ("✗", "red", "新出现", "new"),
    "lost": ("?", "magenta", "这次没有检查到，不能算改好", "not looked at this time, so not mended"),
    "kept": ("·", None, "仍然存在", "still there"),
    "mended": ("✓", "green", "已改好", "mended"),
}


@click.command(
    help=pick(
        "比较同一门课程的两份 report.json：哪些改好了、哪些是新出现的、哪些还在。\n\n"
        "退出码：0 没有新问题；1 有新问题（用 --gate 时）；2 报告读不出来。",
        "Compare two report.json of one course: what was mended, what is new, what is still there.\n\n"
        "Exit codes: 0 nothing new; 1 something new (with --gate); 2 a report cannot be read.",
    )
)
@path_argument("old")
@path_argument("new")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--gate", is_flag=True, help=pick("有新问题时以 1 退出", "Exit with 1 where something is new"))
@lang_option
def diff(old: Path, new: Path, form: str, gate: bool, lang: str) -> None:
    """Read both, compare, print."""
    from coursekit.report.difference import difference

    before, after = read_report(old), read_report(new)
    found = difference(before, after)
    lines = [as_json(found)] if form == "json" else [*_lines(found, before, after, lang)]
    click.echo("\n".join(lines))
    raise click.exceptions.Exit(1 if gate and (found.fresh or found.lost) else 0)


def read_report(path: Path) -> Report:
    """A report.json, or the words that say why it is none."""
    from coursekit import codec
    from coursekit.model import REPORT_SCHEMA, Report

    try:
        report = codec.loads(Report, path.read_bytes())
    except OSError as error:
        fatal(pick(f"读不了 {path}：{error.strerror}", f"cannot read {path}: {error.strerror}"))
    except codec.CodecError as error:
        fatal(
            pick(
                f"{path} 不是本版本的 report.json（{error}）。请用 coursekit audit -o report.json 重新生成。",
                f"{path} is no report.json of this version ({error}). Make it again: coursekit audit -o report.json.",
            )
        )
    if report.schema != REPORT_SCHEMA:
        fatal(pick(f"{path} 的格式是 {report.schema}，不认识", f"{path} has the unknown format {report.schema}"))
    return report


def _lines(found: Difference, old: Report, new: Report, lang: str) -> Iterator[str]:
    from coursekit.paths import for_terminal

    if (old.course.id, [p.id for p in old.profiles]) != (new.course.id, [p.id for p in new.profiles]):
        yield pick("注意：两份报告的课程或依据不同", "note: the reports differ in course or profile")
    groups: dict[str, list[Item]] = {
        "fresh": list(found.fresh),
        "lost": list(found.lost),
        "kept": [pair.new for pair in found.kept],
        "mended": list(found.mended),
    }
    for name, group in groups.items():
        mark, colour, zh, en = _HEADS[name]
        report = old if name in ("lost", "mended") else new
        yield click.style(f"{zh if lang == 'zh' else en} ({len(group)})", fg=colour, bold=True)
        yield from (click.style(f"  {mark} {for_terminal(line)}", fg=colour) for line in _told(group, report))


def _told(group: Iterable[Item], report: Report) -> Iterator[str]:
    from coursekit.report.tell import headline

    return (f"{headline(report, item)} [{item.check} {item.code}]" for item in group)


def as_json(found: Difference) -> str:
    """For scripts."""

    def told(item: Item) -> dict[str, object]:
        return {
            "subject": item.result.subject,
            "check": item.check,
            "code": item.code,
            "verdict": item.verdict.value,
            "level": item.result.level.value,
            "fingerprint": item.fingerprint,
        }

    groups = {
        "new": found.fresh,
        "lost": found.lost,
        "kept": tuple(pair.new for pair in found.kept),
        "mended": found.mended,
    }
    from coursekit import codec

    body = {"schema": "coursekit/diff/1", **{name: [told(i) for i in group] for name, group in groups.items()}}
    return codec.json_text(body)
