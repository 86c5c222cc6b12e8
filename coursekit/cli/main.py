"""The command line. Subcommands are imported when they are called, so that `--version` costs no more than click."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import cast

import click

from coursekit import __version__
from coursekit.cli.lang import pick

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("coursekit.cli.init:init", pick("为课程文件夹生成一份待填写的清单", "Make a manifest to fill in")),
    "audit": ("coursekit.cli.audit:audit", pick("审核一门课程（主要功能）", "Audit a course (the main job)")),
    "measure": ("coursekit.cli.measure:measure", pick("只测量，不判定，输出 JSON", "Measure only: facts as JSON")),
    "diff": (
        "coursekit.cli.diff:diff",
        pick("比较两份报告：改好了什么，新出现什么", "Compare two reports: mended, new, still there"),
    ),
    "waive": ("coursekit.cli.waive:waive", pick("接受报告里的一个问题", "Accept one finding of a report")),
    "explain": (
        "coursekit.cli.explain:explain",
        pick("解释一条规则、一个检查项或一个问题代码", "Explain a rule, a check or a finding code"),
    ),
    "manifest": (
        "coursekit.cli.manifest:manifest",
        pick("核对、导入、导出课程清单", "Check, import and export the manifest"),
    ),
    "package": ("coursekit.cli.package:package", pick("把通过的课程打成包", "Make a package of a course that passed")),
    "verify": (
        "coursekit.cli.verify:verify",
        pick("核验一个课程包（平台方）", "Verify a package (the platform's side)"),
    ),
    "import": ("coursekit.cli.import_:import_", pick("把课程包收进课程库（平台方）", "Take packages into a library")),
    "library": ("coursekit.cli.library:library", pick("查看课程库（平台方）", "What a library holds")),
    "serve-import": (
        "coursekit.cli.serve_import:serve_import",
        pick("接收课程包上传的服务（平台方）", "A service that takes uploads of packages"),
    ),
    "key": ("coursekit.cli.key:key", pick("签名密钥与信任名单", "Signing keys, and whose are trusted")),
    "dossier": (
        "coursekit.cli.dossier:dossier",
        pick("生成专家评审材料", "Build the experts' dossier"),
    ),
    "review": (
        "coursekit.cli.review:review",
        pick("收入专家意见，看评审进展", "Take in experts' decisions, see how the review stands"),
    ),
    "filing": ("coursekit.cli.filing:filing", pick("备案材料：查缺、填表、装订", "Papers: check, forms, kit")),
    "profiles": ("coursekit.cli.profiles:profiles", pick("列出判定所依据的通知", "List what is judged")),
    "doctor": ("coursekit.cli.doctor:doctor", pick("列出本机的测量工具与版本", "Show tools and versions found here")),
}

HIDDEN: dict[str, tuple[str, str]] = {
    "bench": ("coursekit.cli.bench:bench", pick("自测：准不准、快不快", "Measure coursekit itself")),
}
"""Run when called by name; no part of a producer's day, so the list of commands does not show them."""


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of a producer's day, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module that holds the command."""
        entry = COMMANDS.get(cmd_name) or HIDDEN.get(cmd_name)
        if entry is None:
            return None
        module, _, name = entry[0].partition(":")
        return cast("click.Command", getattr(import_module(module), name))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Help without importing every command."""
        with formatter.section(pick("命令", "Commands")):
            formatter.write_dl([(name, short) for name, (_, short) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help=pick(
        "在备案之前，先让课程过一遍通知里的每一条。\n\n先试一试：coursekit audit ./课程文件夹",
        "Check a course against the notices it will be filed under.\n\nStart with: coursekit audit ./course",
    ),
)
@click.version_option(__version__, "--version", "-V", message="coursekit %(version)s")
def cli() -> None:
    """The root of all commands."""


def main() -> None:
    """Entry point: arguments as text that any terminal can show."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            # A Windows console in GBK must not end a run because a file name holds an emoji.
            reconfigure(errors="backslashreplace")
    cli(prog_name="coursekit")


if __name__ == "__main__":
    main()
