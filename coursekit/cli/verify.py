"""`coursekit verify`: is this package whole, authentic and approved?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coursekit.cli.lang import pick
from coursekit.cli.options import EXIT_UNDECIDED, colour_wanted, fatal, lang_option, path_argument, terminable
from coursekit.paths import for_terminal
from coursekit.terms import Scope

_WORTH_TELLING = 50_000_000

if TYPE_CHECKING:
    from coursekit.bundle.keys import TrustStore
    from coursekit.bundle.model import Verification


@click.command(
    help=pick(
        "核验一个课程包（zip 或文件夹）：完整吗，真是那个单位签的吗，专家通过了吗？不解压，不写任何文件。\n\n"
        "只信任你加入名单的公钥（coursekit key trust）或 --trust 指定的公钥；包里自带的密钥不算数。\n\n"
        "退出码：0 可以接收；1 不可接收（草稿也是，除非 --allow-draft）；2 用法有误；3 无法判定。",
        "Verify a package (zip or folder): whole, authentic, approved? Nothing is extracted and nothing written.\n\n"
        "Only keys you trust count (coursekit key trust, or --trust); a key inside the package is never one.\n\n"
        "Exit codes: 0 take it; 1 do not (a draft too, but for --allow-draft); 2 usage; 3 could not be decided.",
    )
)
@path_argument("package")
@click.option(
    "--trust",
    "trusted",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help=pick(
        "只信任这些公钥：.pub 文件或文件夹（可重复），不再看信任名单",
        "Trust these keys only: .pub files or folders (repeatable), instead of the store",
    ),
)
@click.option(
    "--recheck",
    type=click.Choice(["probe"]),
    help=pick(
        "在本机重新检查容器、时长和课程大纲（不解码；逐课临时复制）",
        "Check containers, lengths and syllabus again, here (a lesson at a time is copied)",
    ),
)
@click.option(
    "--require-profile",
    "profiles",
    multiple=True,
    metavar="ID",
    help=pick("必须按这个通知判定过（可重复），如 tianjin-2025", "Must have been judged by this notice (repeatable)"),
)
@click.option(
    "--require-scope",
    "scope",
    type=click.Choice([s.value for s in Scope]),
    help=pick("判定范围至少为", "Must have been judged in this scope at least"),
)
@click.option(
    "--bag-only", is_flag=True, help=pick("只核对校验值，任何 BagIt 包都可以", "Checksums only, for any BagIt bag")
)
@click.option("--allow-draft", is_flag=True, help=pick("草稿包也算通过", "Let a draft pass"))
@click.option(
    "-f",
    "--format",
    "kind",
    type=click.Choice(["text", "json"]),
    help=pick("输出格式（默认 text；写入 .json 文件时为 json）", "Format (default text; json for a .json file)"),
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help=pick("写入文件", "Write to a file")
)
@lang_option
def verify(
    package: Path,
    trusted: tuple[Path, ...],
    recheck: str | None,
    profiles: tuple[str, ...],
    scope: str | None,
    bag_only: bool,
    allow_draft: bool,
    kind: str | None,
    output: Path | None,
    lang: str,
) -> None:
    """Look, say, answer with an exit code."""
    from coursekit.bundle.demands import Demands
    from coursekit.bundle.verify import Recheck, exit_code, verify_package

    if bag_only and (recheck or trusted or allow_draft or profiles or scope):
        raise click.UsageError(
            pick(
                "--bag-only 只核对校验值，不能与 --trust、--recheck、--require-…、--allow-draft 同用",
                "--bag-only looks at checksums alone: leave out --trust, --recheck, --require-… and --allow-draft",
            )
        )
    trust = None if bag_only else read_trust(trusted)
    try:
        with terminable():
            found = verify_package(
                package,
                trust=trust,
                recheck=Recheck(recheck) if recheck else None,
                demands=Demands(_known(profiles), Scope(scope) if scope else None),
                allow_draft=allow_draft,
                bag_only=bag_only,
                tick=_tell if sys.stderr.isatty() else None,
                lang=lang,
            )
    except OSError as error:
        fatal(pick(f"打不开 {package}：{error.strerror}", f"cannot open {package}: {error.strerror}"))
    except KeyboardInterrupt:
        fatal(pick("已中断：没有结论", "interrupted: nothing was decided"), EXIT_UNDECIDED)
    kind = kind or ("json" if output is not None and output.suffix.lower() == ".json" else "text")
    code = exit_code(found, allow_draft=allow_draft)
    _deliver(found, kind, output, lang)
    raise click.exceptions.Exit(code)


def _known(profiles: tuple[str, ...]) -> tuple[str, ...]:
    from coursekit.rules.profiles import builtin_ids

    for profile in profiles:
        if profile not in builtin_ids():
            known = " ".join(builtin_ids())
            raise click.UsageError(
                pick(f"没有名为 {profile} 的通知；有：{known}", f"there is no notice {profile}; there are: {known}")
            )
    return profiles


def _tell(name: str, size: int) -> None:
    """Ten gigabytes take a while: say what has been read."""
    if size >= _WORTH_TELLING:
        click.echo(for_terminal(name), err=True)


def read_trust(trusted: tuple[Path, ...]) -> TrustStore | None:
    """The keys named, else those of the store; None where nobody is trusted yet."""
    from coursekit.bundle.keys import KeyFault, default_trust_folder, load_trust
    from coursekit.cli.key import refuse

    try:
        if trusted:
            return load_trust(trusted)
        folder = default_trust_folder()
        return load_trust([folder]) if folder.is_dir() else None
    except KeyFault as fault:
        refuse(fault)


def _deliver(found: Verification, kind: str, output: Path | None, lang: str) -> None:
    from coursekit import codec
    from coursekit.bundle.told import told_lines
    from coursekit.files import write_atomic

    if kind == "json":
        body = codec.dumps(found)
    else:
        lines = [(for_terminal(text), colour, bold) for text, colour, bold in told_lines(found, lang)]
        plain = output is not None or not colour_wanted()
        styled = (text if plain else click.style(text, fg=colour, bold=bold) for text, colour, bold in lines)
        body = "\n".join(styled) + "\n"
    if output is None:
        click.echo(body, nl=False)
        return
    try:
        write_atomic(output, body)
    except OSError as error:
        fatal(pick(f"没有写成 {output}：{error.strerror}", f"not written: {output}: {error.strerror}"), EXIT_UNDECIDED)
