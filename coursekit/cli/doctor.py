"""`coursekit doctor`: tools and versions found here, and whether they work."""

from __future__ import annotations

import platform
import sys

import click

from coursekit import __version__
from coursekit.cli.lang import pick
from coursekit.cli.options import lang_option


@click.command(
    help=pick("列出本机的测量工具、版本和缓存位置。", "Show the tools and versions found here, and the cache.")
)
@lang_option
def doctor(lang: str) -> None:
    """Print one line per tool; exit 3 when one that measuring needs is missing."""
    from coursekit.engine.cache import default_cache_dir
    from coursekit.engine.local import default_workers
    from coursekit.probe.process import tool_versions

    rows = [
        ("coursekit", __version__),
        ("Python", f"{platform.python_version()} ({sys.executable})"),
        (pick("系统", "system"), platform.platform()),
    ]
    try:
        rows += list(tool_versions().items())
        missing = None
    except (ImportError, OSError) as error:
        missing = str(error)
    rows += [
        (pick("同时测量", "workers"), str(default_workers(1 << 16))),
        (pick("缓存", "cache"), str(default_cache_dir())),
    ]
    for name, value in rows:
        click.echo(f"{name}: {value}")
    if missing is not None:
        click.echo(
            click.style(
                pick(
                    f"缺少测量工具：{missing}。请重新安装：pip install --force-reinstall coursekit",
                    f"a measuring tool is missing: {missing}. Mend: pip install --force-reinstall coursekit",
                ),
                fg="red",
            ),
            err=True,
        )
        raise click.exceptions.Exit(3)
    click.echo(
        pick("测量所需的都在，不需要另装 ffmpeg。", "All that measuring needs is here; no other ffmpeg is needed.")
    )
