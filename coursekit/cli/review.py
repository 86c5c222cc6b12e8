"""`coursekit review`: take in experts' decisions, and see how the review stands."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from coursekit.cli.lang import pick
from coursekit.cli.options import (
    EXIT_USAGE,
    cache_root,
    colour_wanted,
    error_text,
    fatal,
    lang_option,
    path_argument,
)


@click.group(
    help=pick(
        "收入专家的评审意见，看评审进展。\n\n意见文件保存在课程的 review 文件夹里，收入后不会被改动或覆盖。",
        "Take in experts' decisions, and see how the review stands.\n\nDecisions are kept in the course's folder "
        "review; what was taken in is never changed or overwritten.",
    )
)
def review() -> None:
    """Commands about experts' decisions."""


@review.command(
    help=pick(
        "收入一份评审意见：核对评审材料、文件、专家和每一题，全部无误才收入。\n\n"
        "退出码：0 已收入；2 没有收入（说明原因和改法）。",
        "Take in a decision: dossier, files, expert and every answer are checked first.\n\n"
        "Exit codes: 0 taken in; 2 not taken in (with the reason and the mend).",
    )
)
@path_argument("course")
@click.argument("decision", type=click.Path(path_type=Path))
@click.option(
    "--paper",
    "papers",
    multiple=True,
    type=click.Path(path_type=Path),
    help=pick("签字件的扫描件（可重复），按哈希保存", "A scan of the signed paper (repeatable), kept by its hash"),
)
@click.option(
    "--signature",
    type=click.Path(path_type=Path),
    help=pick("Ed25519 签名文件（64 字节或 Base64）", "Detached Ed25519 signature (64 bytes, or Base64)"),
)
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    help=pick("专家的公钥（PEM），第一次使用时登记", "The expert's public key (PEM), registered on first use"),
)
@click.option(
    "--replace",
    metavar=pick("理由", "REASON"),
    help=pick("以这份意见代替同一专家先前的意见，写明理由", "Let it replace an earlier decision; say why"),
)
@lang_option
def add(
    course: Path, decision: Path, papers: tuple[Path, ...], signature: Path | None, key: Path | None,
    replace: str | None, lang: str,
) -> None:  # fmt: skip
    """Check, keep, say."""
    from coursekit.manifest.faults import ManifestError
    from coursekit.paths import for_terminal
    from coursekit.review.add import Given, add_decision
    from coursekit.review.decision import DecisionError
    from coursekit.texts import phrase

    try:
        added = add_decision(course, Given(decision, papers, signature, key, replace), dt.datetime.now(dt.UTC))
    except DecisionError as error:
        fatal(f"{error.code}: {error.words(lang)}", EXIT_USAGE)
    except ManifestError as error:
        fatal(error.describe(lang), EXIT_USAGE)
    verdict = phrase("review", f"verdict-{added.decision.verdict.value}", lang)
    name, file = added.decision.expert.name, added.receipt.file
    click.echo(for_terminal(phrase("review", "taken-in", lang, name=name, verdict=verdict, file=file)))
    if added.late:
        click.echo(phrase("review", "taken-late", lang), err=True)


@review.command(
    help=pick(
        "评审进展：谁通过了，意见哪里不一致，课程改动之后哪几课要重审。\n\n"
        "退出码：0 通过；1 未通过；3 未完成或须重审；2 用法或清单有误。",
        "How the review stands: who passes the course, where experts differ, which lessons must be looked at again "
        "after a change.\n\nExit codes: 0 approved; 1 refused; 3 open or stale; 2 usage or an unreadable manifest.",
    )
)
@path_argument("course")
@click.option(
    "-f",
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help=pick("输出格式", "Output format"),
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help=pick("写入文件（默认输出到终端）", "Write to a file (default: stdout)"),
)
@click.option(
    "--cache",
    "cache_dir",
    type=click.Path(path_type=Path, file_okay=False),
    help=pick("测量结果缓存的位置", "Where measured facts are kept"),
)
@click.option("--no-cache", is_flag=True, help=pick("不用缓存", "Hash everything again"))
@lang_option
def status(
    course: Path, format_: str, output: Path | None, cache_dir: Path | None, no_cache: bool, lang: str
) -> None:  # fmt: skip
    """Read, weigh, tell."""
    from coursekit import codec
    from coursekit.files import write_atomic
    from coursekit.folder import CourseError
    from coursekit.manifest.faults import ManifestError
    from coursekit.review.state import review_state
    from coursekit.review.telling import exit_code, status_lines

    try:
        state = review_state(course, cache_root=cache_root(cache_dir, no_cache))
    except CourseError as error:
        fatal(error_text(error))
    except ManifestError as error:
        fatal(error.describe(lang))
    if not course.is_dir():
        fatal(error_text(CourseError("course-missing", course=str(course))))
    if state.course is None:
        fatal("\n".join(trouble.words(lang) for trouble in state.troubles))
    lines = list(status_lines(state, lang))
    plain = "\n".join(line.text for line in lines) + "\n"
    body = codec.dumps(state) if format_ == "json" else plain
    if output is not None:
        try:
            write_atomic(output, body)
        except OSError as error:
            fatal(pick(f"没有写成：{output}：{error.strerror}", f"not written: {output}: {error.strerror}"), 3)
    elif format_ == "json":
        click.echo(body, nl=False)
    else:
        for line in lines:
            click.echo(click.style(line.text, fg=line.colour, bold=line.bold) if colour_wanted() else line.text)
    raise click.exceptions.Exit(exit_code(state))
