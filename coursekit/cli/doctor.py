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
        (pick("隔离", "cage"), _cage()),
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


_PARTS = {
    "environment": ("环境变量", "environment forgotten"),
    "limits": ("资源上限", "limits"),
    "writes": ("只写缓存", "writes to the cache only"),
    "network": ("断网", "no network"),
    "programs": ("不启动其他程序", "no other programs"),
    "processes": ("看不到其他进程", "no view of other processes"),
}


def _cage() -> str:
    """What keeps a stranger's file in, found by trying."""
    from coursekit.engine.cage import try_cage

    tried = try_cage()
    held = pick("、", ", ").join(pick(*_PARTS[part]) for part, kept in tried.holds.items() if kept)
    if tried.whole:
        return pick(f"完整（{held}）", f"whole ({held})")
    missing = pick("、", ", ").join(pick(*_PARTS[part]) for part in tried.gaps)
    return pick(
        f"不完整：本系统做不到 {missing}（已做到：{held or '无'}）。来历不明的文件请在 Linux 5.13 以上运行。",
        f"not whole: this system does not give {missing} (it gives: {held or 'nothing'}). "
        "For files of strangers, run it on Linux 5.13 or later, or in a container.",
    )
