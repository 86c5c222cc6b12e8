"""`coursekit bench`: how accurate and how fast this version is, by commands that anyone can repeat.

Kept out of the ordinary help: a producer's list of commands is the order of a working day, and this is no part of it.
It stays in the same program, so that whoever doubts a figure of ACCURACY.md repeats it with what is already installed.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from coursekit.cli.lang import pick
from coursekit.cli.options import EXIT_USAGE, fatal


@click.group(
    help=pick(
        "自测：这一版查得准不准、快不快（供开发者和想核对数字的人使用）。",
        "How accurate and how fast this version is: for developers, and for anyone who doubts a figure.",
    )
)
def bench() -> None:
    """The bench."""


_clips = click.option(
    "--clips",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help=pick("真实片段所在文件夹（默认：只用程序生成的素材）", "Folder of recorded clips (default: synthesised only)"),
)
_seed = click.option("--seed", type=int, default=0, show_default=True, help=pick("随机种子", "Seed"))
_jobs = click.option(
    "-j", "--jobs", type=click.IntRange(min=1), default=2, show_default=True, help=pick("同时几个进程", "Processes")
)
_quick = click.option(
    "--quick", is_flag=True, help=pick("每种故障两档、每档一个片段", "Two strengths of each fault, one clip each")
)


@bench.command(help=pick("重建 ACCURACY.md 和同名 JSON。", "Rebuild ACCURACY.md and the JSON beside it."))
@_clips
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("ACCURACY.md"), show_default=True)
@_seed
@_quick
@click.option("--clips-per-rung", type=click.IntRange(min=1), default=4, show_default=True,
              help=pick("每档用几个片段", "Clips per strength"))  # fmt: skip
@click.option("--talkers", type=click.IntRange(min=0), default=20, show_default=True,
              help=pick("健康语音：几个人，各三分钟", "Healthy voices of three minutes each"))  # fmt: skip
@click.option("--lessons", type=click.IntRange(min=0), default=60, show_default=True,
              help=pick("健康课程：几节，各三分钟", "Healthy lessons of three minutes each"))  # fmt: skip
@click.option(
    "--minutes", type=click.FloatRange(min=0), help=pick("到时不再开始新的", "Begin nothing new after so long")
)
@click.option("--only", metavar="NAME",
              help=pick("只跑名字含此文字的案例，只打印", "Only cases whose name holds this, printed"))  # fmt: skip
@_jobs
def accuracy(
    clips: Path | None,
    out: Path,
    seed: int,
    quick: bool,
    clips_per_rung: int,
    talkers: int,
    lessons: int,
    minutes: float | None,
    only: str | None,
    jobs: int,
) -> None:
    """Run the ladders, score, write."""
    from coursekit.bench.accuracy import run_bench
    from coursekit.bench.cases import Plan
    from coursekit.bench.material import TableError
    from coursekit.bench.render import Scored, render_json, render_markdown
    from coursekit.files import write_atomic

    plan = Plan(clips, seed, quick, clips_per_rung, talkers, lessons, jobs, minutes, only)
    try:
        run = run_bench(plan, _tell)
    except TableError as error:
        fatal(str(error), EXIT_USAGE)
    scored = Scored.of(run)
    if only is not None:
        _print_cases(scored)
        return
    write_atomic(out, render_markdown(scored))
    figures = render_json(scored)
    write_atomic(out.with_suffix(".json"), figures)
    names = ", ".join((out.name, out.with_suffix(".json").name, *_publish(out.absolute().parent, json.loads(figures))))
    click.echo(f"{names} ({run.seconds / 60:.1f} min)", err=True)


@bench.command(
    help=pick(
        "把 ACCURACY.json 的摘要写进旁边的 README、检查项说明页和 explain。",
        "Write the summary of an ACCURACY.json into the README beside it, the pages of checks and `explain`.",
    )
)
@click.argument("figures", type=click.Path(path_type=Path, exists=True, dir_okay=False), default=Path("ACCURACY.json"))
def summary(figures: Path) -> None:
    """Between the marks `accuracy:begin` and `accuracy:end`."""
    body = json.loads(figures.read_text(encoding="utf-8"))
    click.echo(", ".join(_publish(figures.absolute().parent, body)) or "-", err=True)


def _publish(folder: Path, body: dict[str, Any]) -> tuple[str, ...]:
    """The summary into the READMEs; in a checkout also into the handbook and `explain`. Names of what changed."""
    from coursekit.bench.figures import keep
    from coursekit.bench.summary import write_readmes
    from coursekit.handbook import ROOT, main

    written = write_readmes(folder, body)
    if folder == ROOT and keep(body):
        main()
        written = (*written, "docs/checks")
    return written


def _tell(done: int, of: int, what: str) -> None:
    click.echo(f"{done}/{of} {what}", err=True)


def _print_cases(scored: object) -> None:
    from coursekit.bench.render import Scored
    from coursekit.bench.score import match

    assert isinstance(scored, Scored)
    for case in scored.bench.cases:
        found = case.truth is not None and match(case.truth, case.said) is not None
        click.echo(f"{case.name}: {case.problem or ('found' if found else 'not found' if case.truth else 'healthy')}")
        for said in case.said:
            where = f" {said.span[0]:.2f}–{said.span[1]:.2f} s" if said.span else ""
            box = f" box {tuple(round(v, 3) for v in said.box)}" if said.box else ""
            known = " (also without the change)" if (said.check, said.code) in case.before else ""
            click.echo(f"  {said.check} {said.code} {said.verdict}{where}{box}{known}")


@bench.command(
    help=pick(
        "一个检查项的阈值往两边挪，查出与误报怎样此消彼长。",
        "What is found and what is falsely said as one threshold of a check moves.",
    )
)
@click.argument("check")
@click.option(
    "--param", help=pick("哪个阈值（默认：第一个 review_*）", "Which threshold (default: the first review_*)")
)
@_clips
@_seed
@_quick
@click.option("--clips-per-rung", type=click.IntRange(min=1), default=2, show_default=True)
@_jobs
def curve(
    check: str, param: str | None, clips: Path | None, seed: int, quick: bool, clips_per_rung: int, jobs: int
) -> None:
    """Measure once, judge at several settings."""
    from coursekit.bench.cases import Plan
    from coursekit.bench.curve import CurveError, trade_off

    plan = Plan(clips, seed, quick, clips_per_rung, talkers=4, workers=jobs)
    try:
        rows = tuple(trade_off(check, param, plan, _tell))
    except CurveError as error:
        fatal(str(error), EXIT_USAGE)
    click.echo("\n".join(rows))


@bench.command(
    help=pick(
        "镜头切换点：与 PySceneDetect 自带检测器在同样的文件上比较。",
        "Cuts: against PySceneDetect's own detectors on the same files.",
    )
)
@click.option(
    "--clips",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    required=True,
    help=pick("真实片段所在文件夹", "Folder of recorded clips"),
)
@_seed
@click.option("--splices", type=click.IntRange(min=1), default=4, show_default=True,
              help=pick("每组拼接几段（各 16 个镜头）", "Files of 16 spliced shots for each set of clips"))  # fmt: skip
def cuts(clips: Path, seed: int, splices: int) -> None:
    """Splice, find, count."""
    from coursekit.bench.cuts import compare
    from coursekit.bench.material import TableError, find_clips

    try:
        for line in compare(find_clips(clips), seed, splices):
            click.echo(line)
    except TableError as error:
        fatal(str(error), EXIT_USAGE)


@bench.command(
    help=pick(
        "只解码有动静的部分与逐帧解码：同一故障放进几分钟的课程里，逐条列出两种结论的差别。",
        "Adaptive against thorough: each fault in the midst of a lesson, every difference of what is said.",
    )
)
@_clips
@_seed
@click.option("--every-step", is_flag=True,
              help=pick("每种故障的各档都跑（默认：观众刚能察觉的那一档）",
                        "Every strength that is noticed (default: the weakest of them)"))  # fmt: skip
@click.option("--scenes", type=click.IntRange(min=1), default=1, show_default=True, help=pick("几个片段", "Clips"))
@click.option("--seconds", type=click.IntRange(min=40), default=180, show_default=True,
              help=pick("每节课的长度", "Length of each lesson"))  # fmt: skip
def adaptive(clips: Path | None, seed: int, every_step: bool, scenes: int, seconds: int) -> None:
    """Measure twice, judge twice, compare."""
    from coursekit.bench.adaptive import compare
    from coursekit.bench.material import TableError, find_clips

    try:
        for line in compare(find_clips(clips), seed, scenes, seconds, every_step=every_step):
            click.echo(line)
    except TableError as error:
        fatal(str(error), EXIT_USAGE)


@bench.command(
    help=pick(
        "完整审核与单纯解码的用时、内存之比（2700 秒即 45 分钟一课；素材当场生成）。",
        "Time and memory of a full audit against a plain decode of the same lesson (2700 s is a lesson of 45 minutes; "
        "the lessons are made on the spot).",
    )
)
@click.option("--seconds", type=click.IntRange(min=20), default=300, show_default=True)
@click.option("--height", type=click.Choice(["720", "1080"]), default="1080", show_default=True)
@click.option("--row", "rows", multiple=True,
              type=click.Choice(["camera", "again", "thorough", "filters", "slides", "course", "memory"]),
              help=pick("只跑这一项（可重复；默认全部）",
                        "Only this row; repeat for several (default: all)"))  # fmt: skip
@click.option("--lessons", type=click.IntRange(min=1), default=10, show_default=True,
              help=pick("课程那一项有几课", "Lessons of the course row"))  # fmt: skip
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False),
              help=pick("素材放在这个文件夹，下次再用（默认：临时文件夹，用完删除）",
                        "Keep the lessons in this folder, use them again (default: made anew, deleted)"))  # fmt: skip
@click.option("--write", "pages", multiple=True, type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help=pick("把结果表写进这一页（speed:begin 与 speed:end 之间）",
                        "Put the table into this page, between its marks speed:begin and speed:end"))  # fmt: skip
def speed(
    seconds: int, height: str, rows: tuple[str, ...], lessons: int, keep: Path | None, pages: tuple[Path, ...]
) -> None:
    """Synthesise lessons, decode, audit, divide."""
    import tempfile

    from coursekit.bench.speed import ROWS, Bench, as_line, heading, write_table

    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="coursekit-") as scratch:
        folder = keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        bench = Bench(folder, float(seconds), int(height), lessons, rows or ROWS)
        click.echo(heading())
        for row in bench.run():
            click.echo(as_line(row))
    click.echo(bench.told())
    for name in write_table(bench, pages):
        click.echo(name, err=True)
    click.echo(f"({time.monotonic() - began:.0f} s)", err=True)


@bench.command(
    help=pick(
        "分派一课、取回结果要多少时间（不含测量），本机与 Dask 集群各一行。",
        "What handing out a lesson costs apart from measuring it: this machine's engine, and a Dask cluster.",
    )
)
@click.option("--lessons", type=click.IntRange(min=2), default=1000, show_default=True)
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True)
@click.option("--engine", help=pick("现成的集群（dask://主机:端口）", "A cluster that is there (dask://HOST:PORT)"))
def schedule(lessons: int, workers: int, engine: str | None) -> None:
    """Hand out lessons that are answered at once."""
    from coursekit.bench.schedule import measure_schedule
    from coursekit.cli.options import error_text
    from coursekit.engine.address import EngineError

    try:
        for line in measure_schedule(lessons, workers, engine):
            click.echo(line)
    except EngineError as error:
        fatal(error_text(error), EXIT_USAGE)
