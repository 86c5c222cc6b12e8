"""`coursekit audit`: the main job."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from coursekit.cli.lang import current_lang, pick
from coursekit.cli.options import (
    EXIT_UNDECIDED,
    EXIT_USAGE,
    CoursePlace,
    cache_root,
    colour_wanted,
    error_text,
    fatal,
    lang_option,
    measuring_options,
    papers_options,
    set_up_logging,
    terminable,
    verbosity_options,
)
from coursekit.report import FORMATS, format_of
from coursekit.settings import Settings
from coursekit.terms import FailOn, Scope

if TYPE_CHECKING:
    from coursekit.model import Report
    from coursekit.pipeline import Audit


@click.command(
    help=pick(
        "审核一门课程：逐个测量媒体文件，按通知逐条判定。\n\nCOURSE 是课程文件夹，也可以是一个媒体文件，或 S3 存储上的课程（s3://存储桶/课程）。\n\n"
        "退出码：0 符合；1 不符合；2 用法、配置或清单有误；3 无法判定（必查项没能检查、工具出错或被中断）。",
        "Audit a course: measure its media, judge it clause by clause.\n\n"
        "COURSE is a folder, one media file, or a course on an S3 store (s3://bucket/course).\n\n"
        "Exit codes: 0 conforms; 1 does not conform; 2 usage, configuration or an unreadable manifest; 3 could not "
        "decide (a must rule not tested, a tool broke, the run was interrupted).",
    )
)
@click.argument("course", type=CoursePlace())
@click.option(
    "-p",
    "--profile",
    "profiles",
    multiple=True,
    metavar="ID",
    help=pick(
        "依据哪个通知（可重复；默认 tianjin-2025），也可以是自己的 .toml 文件",
        "What to judge by (repeatable; default tianjin-2025); a .toml file of your own works too",
    ),
)
@click.option(
    "--scope",
    type=click.Choice([s.value for s in Scope]),
    help=pick(
        "判定范围：media 媒体；course 媒体与清单（有清单时的默认值）；filing 全部",
        "media; course (media and manifest: the default when a manifest is there); filing (everything)",
    ),
)
@click.option(
    "-f",
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(list(FORMATS)),
    help=pick("报告格式（可重复，与 -o 依次对应）", "Report format (repeatable, paired with -o in order)"),
)
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    type=click.Path(path_type=Path),
    help=pick(
        "写入文件（可重复）；不写 -f 时按扩展名定格式", "Write to a file (repeatable); without -f its ending says what"
    ),
)
@click.option(
    "--fail-on",
    type=click.Choice([f.value for f in FailOn]),
    default=FailOn.MUST.value,
    show_default=True,
    help=pick("从哪一级起算不符合", "From which strength on the course does not conform"),
)
@papers_options
@measuring_options
@lang_option
@verbosity_options
def audit(
    course: Path | str,
    profiles: tuple[str, ...],
    scope: str | None,
    formats: tuple[str, ...],
    outputs: tuple[Path, ...],
    fail_on: str,
    register: Path | None,
    today: datetime | None,
    jobs: int | None,
    engine: str,
    cache_dir: Path | None,
    no_cache: bool,
    thorough: bool,
    lang: str,
    quiet: int,
    verbose: int,
) -> None:
    """Fill the settings, run, render, answer with an exit code."""
    wanted = pair_outputs(formats, outputs)
    set_up_logging(verbose)
    settings = Settings(
        profiles=profiles,
        scope=Scope(scope) if scope else None,
        lang=lang,
        fail_on=FailOn(fail_on),
        workers=jobs,
        engine=engine,
        thorough=thorough,
        cache_root=cache_root(cache_dir, no_cache),
        register=register,
        today=today.date().isoformat() if today else None,
    )
    verbosity = verbose - quiet
    if wanted == [("text", None)] and (code := tell_again(course, settings, verbosity)) is not None:
        raise click.exceptions.Exit(code)
    done = run_audit(course, settings, want_facts=any(FORMATS[name].needs_facts for name, _ in wanted), quiet=quiet > 0)
    code = _exit_code(done)
    # A list, not a generator: one report that could not be written must not cost the others.
    written = [_deliver(done, name, path, verbosity, settings) for name, path in wanted]
    _summarise(done.report, wanted, quiet)
    raise click.exceptions.Exit(code if all(written) else EXIT_UNDECIDED)


def tell_again(course: Path | str, settings: Settings, verbosity: int) -> int | None:
    """Say what was said before of an unchanged course, and give its exit code; None when something is new.

    The key covers every file's identity, the code, the tools, the day and the question, so nothing need be loaded.
    """
    from coursekit.engine.cache import Cache, audit_key
    from coursekit.folder import CourseError, list_folder

    if settings.own_profiles():
        return None
    try:
        folder = list_folder(course)
    except CourseError as error:
        fatal(error_text(error))
    told = Cache(settings.cache_root).find_told(audit_key(folder, settings, ()), verbosity)
    match told:
        case {"code": int(code), "lines": list(lines)}:
            echo([(str(text), colour, bool(bold)) for text, colour, bold in lines])
            return code
    return None


def _exit_code(done: Audit) -> int:
    from coursekit.rules.outcome import exit_code

    return exit_code(done.report.summary.outcome)


def pair_outputs(formats: tuple[str, ...], outputs: tuple[Path, ...]) -> list[tuple[str, Path | None]]:
    """Formats and files in order; at most one format is left for the terminal, text when none was named."""
    if not formats:
        pairs: list[tuple[str, Path | None]] = [(_format_of(path), path) for path in outputs]
        return pairs or [("text", None)]
    if len(outputs) > len(formats):
        raise click.UsageError(
            pick(
                f"-o 有 {len(outputs)} 个而 -f 只有 {len(formats)} 个：每个 -o 都要对应一个 -f，或者一个 -f 也不写",
                f"{len(outputs)} -o but only {len(formats)} -f: give one -f for each -o, or no -f at all",
            )
        )
    if len(formats) > len(outputs) + 1:
        raise click.UsageError(
            pick(
                f"-f 有 {len(formats)} 个而 -o 只有 {len(outputs)} 个：只有一份报告可以写到终端，其余请各给一个 -o",
                f"{len(formats)} -f but {len(outputs)} -o: only one report can go to stdout, give -o for the others",
            )
        )
    paths: list[Path | None] = [*outputs, *([None] * (len(formats) - len(outputs)))]
    return list(zip(formats, paths, strict=True))


def _format_of(path: Path) -> str:
    if name := format_of(path.name):
        return name
    raise click.UsageError(
        pick(
            f"看不出 {path} 是什么格式，请用 -f 说明（{'、'.join(FORMATS)}）",
            f"cannot tell the format of {path} by its name: say it with -f ({', '.join(FORMATS)})",
        )
    )


def run_audit(course: Path | str, settings: Settings, *, want_facts: bool, quiet: bool) -> Audit:
    """Run the pipeline; every error that is not the course's own verdict ends here with its exit code."""
    from coursekit import pipeline
    from coursekit.cli.progress import Progress
    from coursekit.engine.address import EngineError
    from coursekit.folder import CourseError

    try:
        with terminable(), Progress(quiet=quiet) as progress:
            return pipeline.audit(course, settings, progress, want_facts=want_facts)
    except CourseError as error:
        fatal(error_text(error))
    except EngineError as error:
        fatal(error_text(error), EXIT_UNDECIDED if error.midway else EXIT_USAGE)
    except KeyboardInterrupt:
        fatal(
            pick("已中断：还没有判定，也没有写出报告", "interrupted: nothing was judged and no report was written"), 3
        )
    except Exception as error:  # noqa: BLE001 - the one place where an error becomes words; -vv shows the traceback
        explain_error(error)


def explain_error(error: Exception) -> NoReturn:
    """Words for what stopped a run; what is nobody's fault but the program's is raised again."""
    from coursekit.rules.judge import ParamsError
    from coursekit.rules.profile_text import ProfileError

    if isinstance(error, ProfileError | ParamsError):
        why = error.render(current_lang()) if isinstance(error, ProfileError) else str(error)
        fatal(pick(f"判定依据有误，没有进行审核。\n{why}", f"The profile cannot be used; nothing was audited.\n{why}"))
    describe = getattr(error, "describe", None)
    if describe is not None:
        fatal(describe(pick("zh", "en")))
    raise error


def _deliver(done: Audit, name: str, path: Path | None, verbosity: int, settings: Settings) -> bool:
    from coursekit.files import write_atomic

    if path is None and name == "text":
        lines = list(told_lines(done.report, verbosity))
        echo(lines)
        if done.key is not None:
            from coursekit.engine.cache import Cache

            Cache(settings.cache_root).keep_told(done.key, verbosity, {"code": _exit_code(done), "lines": lines})
        return True
    body = FORMATS[name].load()(done, path)
    if path is None:
        click.echo(body, nl=False)
        return True
    try:
        write_atomic(path, body)
    except OSError as error:
        message = pick(f"报告没有写成：{path}：{error.strerror}", f"report not written: {path}: {error.strerror}")
        click.echo(click.style(message, fg="red"), err=True)
        return False
    return True


Told = tuple[str, str | None, bool]
"""A line ready for a terminal: text, colour, bold."""


def told_lines(report: Report, verbosity: int) -> Iterator[Told]:
    """The text report, made harmless for a terminal."""
    from coursekit.paths import for_terminal
    from coursekit.report.text import render_lines

    return ((for_terminal(line.text), line.colour, line.bold) for line in render_lines(report, verbosity))


def echo(lines: list[Told]) -> None:
    """Print lines, in colour where that is wanted; click strips it where the output is no terminal."""
    if colour_wanted():
        click.echo("\n".join(click.style(text, fg=colour, bold=bold) if text else "" for text, colour, bold in lines))
    else:
        click.echo("\n".join(text for text, _, _ in lines))


def _summarise(report: Report, wanted: list[tuple[str, Path | None]], quiet: int) -> None:
    if quiet or ("text", None) in wanted:
        return
    from coursekit.report.text import summary_lines

    for line in summary_lines(report):
        click.echo(click.style(line.text, fg=line.colour, bold=line.bold), err=True)
    for name, path in wanted:
        if path is not None:
            click.echo(pick(f"已写出 {name}：{path}", f"wrote {name}: {path}"), err=True)
