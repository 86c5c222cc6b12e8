"""Options that several commands share, and how an error becomes an exit code."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from coursekit.cli.lang import current_lang, pick
from coursekit.paths import for_terminal

F = TypeVar("F", bound=Callable[..., Any])

EXIT_USAGE = 2
EXIT_UNDECIDED = 3


def lang_option(function: F) -> F:
    """`--lang`: already read by `current_lang`; declared so that click accepts and documents it."""
    return click.option(
        "--lang",
        type=click.Choice(["zh", "en"]),
        default=current_lang,
        help=pick("报告语言（默认按系统语言）", "Language of the report (default: the locale's)"),
    )(function)


def verbosity_options(function: F) -> F:
    """`-q` and `-v`, counted."""
    function = click.option("-q", "--quiet", count=True, help=pick("少说一些", "Say less"))(function)
    return click.option("-v", "--verbose", count=True, help=pick("多说一些", "Say more"))(function)


def measuring_options(function: F) -> F:
    """Options of every command that measures."""
    function = click.option(
        "-j",
        "--jobs",
        type=click.IntRange(min=1),
        help=pick("同时测量几个文件（默认：每个处理器核心一个）", "Files measured at once (default: one per core)"),
    )(function)
    function = click.option(
        "--engine",
        default="local",
        metavar=pick("位置", "ADDRESS"),
        help=pick(
            "在哪里测量：local 本机（默认）；dask://主机:端口 交给 Dask 集群（见 docs/scale.md）",
            "Where to measure: local, this machine (default); dask://HOST:PORT, a Dask cluster (see docs/scale.md)",
        ),
    )(function)
    function = click.option(
        "--cache",
        "cache_dir",
        type=click.Path(path_type=Path, file_okay=False),
        help=pick("测量结果缓存的位置", "Where measured facts are kept"),
    )(function)
    function = click.option(
        "--thorough",
        is_flag=True,
        help=pick(
            "逐帧解码全部画面（默认：先看码流，只解码有动静、有疑点的部分；两种结果各自保存，见 docs/speed.md）",
            "Decode every picture (default: packets first, then only what moves or looks odd; facts of either way are "
            "kept apart; see docs/speed.md)",
        ),
    )(function)
    return click.option(
        "--no-cache", is_flag=True, help=pick("不用缓存，全部重新测量", "Measure everything again, keep nothing")
    )(function)


def papers_options(function: F) -> F:
    """Options of every command that looks at the operator's papers."""
    function = click.option(
        "--today",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="YYYY-MM-DD",
        help=pick("按哪一天判断是否过期（默认今天）", "As of which day papers must be in date (default: today)"),
    )(function)
    return click.option(
        "--register",
        type=click.Path(path_type=Path, dir_okay=False),
        help=pick(
            "材料登记表（默认课程文件夹里的 filing/register.yaml）",
            "The evidence register (default: filing/register.yaml in the course folder)",
        ),
    )(function)


def cache_root(cache_dir: Path | None, no_cache: bool) -> Path | None:
    """The cache folder a command asked for."""
    from coursekit.engine.cache import default_cache_dir

    return None if no_cache else (cache_dir or default_cache_dir())


def path_argument(name: str) -> Callable[[F], F]:
    """A path as the system gives it: names that are not UTF-8 included."""
    return click.argument(name, type=click.Path(path_type=Path))


if TYPE_CHECKING:
    _ParamType = click.ParamType[Any]
else:
    # Not a generic class in every version that will do.
    _ParamType = click.ParamType


class CoursePlace(_ParamType):
    """A path of this machine, or the URL of a course on a store as text."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A URL stays text: a path would lose one of its slashes."""
        if isinstance(value, str) and value.startswith("s3://"):
            return value
        return click.Path(path_type=Path).convert(value, param, ctx)


def fatal(message: str, code: int = EXIT_USAGE) -> NoReturn:
    """What stopped, what was not done, what to try; then the exit code."""
    click.echo(click.style(for_terminal_lines(message), fg="red"), err=True)
    sys.stderr.flush()
    raise click.exceptions.Exit(code)


def for_terminal_lines(message: str) -> str:
    """Several lines, each with nothing in it a terminal would obey."""
    return "\n".join(for_terminal(line) for line in message.split("\n"))


def set_up_logging(verbose: int) -> None:
    """Logs go to stderr; tracebacks of a broken check only with -vv."""
    level = logging.DEBUG if verbose >= 2 else logging.ERROR if verbose else logging.CRITICAL
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Plain("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])


class _Plain(logging.Formatter):
    """One line a record, whatever a file is called; nothing in it that a terminal would obey."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the standard library's name
        record.message = for_terminal(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return for_terminal_lines(super().formatException(ei))


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM ends a run as Ctrl-C does: what is done is kept and said."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    hang_up = signal.signal(signal.SIGHUP, stop) if hasattr(signal, "SIGHUP") else None
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        if hang_up is not None:
            signal.signal(signal.SIGHUP, hang_up)


def error_text(error: Exception) -> str:
    """The words of an error that carries a code and arguments, in this run's language."""
    from coursekit.texts import phrase

    return phrase("cli", getattr(error, "code", ""), current_lang(), **getattr(error, "args_", {}))


def colour_wanted() -> bool:
    """NO_COLOR is honoured; click itself strips colour where the output is no terminal."""
    return "NO_COLOR" not in os.environ
