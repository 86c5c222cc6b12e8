"""`coursekit package`: from a conforming, approved course to what a platform takes in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from coursekit.cli.key import passphrase_option, read_passphrase, refuse
from coursekit.cli.lang import current_lang, pick
from coursekit.cli.options import (
    EXIT_UNDECIDED,
    EXIT_USAGE,
    cache_root,
    error_text,
    fatal,
    for_terminal_lines,
    lang_option,
    measuring_options,
    path_argument,
    terminable,
    verbosity_options,
)
from coursekit.paths import for_terminal
from coursekit.settings import Settings
from coursekit.terms import FailOn, Scope

if TYPE_CHECKING:
    from coursekit.bundle.build import Refusal
    from coursekit.bundle.keys import SigningKey
    from coursekit.bundle.plan import Plan

EXIT_REFUSED = 1
FORMATS = ("bag", "scorm12", "cmi5", "kolibri")
KEY_VARIABLE = "COURSEKIT_KEY"
_DRAFT_WORDS = ("draft", "草稿")


@click.command(
    help=pick(
        "把通过审核的课程打成包。\n\n"
        "bag 是交给平台的正式包：每个文件有校验值，审核报告与专家结论有签名，平台用 coursekit verify 核验；"
        "scorm12、cmi5、kolibri 供学习平台直接导入。\n\n"
        "课程须符合要求、并经专家通过（通知要求专家的话），否则不打包；--draft 打出的包处处标明草稿。\n\n"
        "退出码：0 已打包；1 课程还不能打包；2 用法、配置或清单有误；3 无法判定，或被中断。",
        "Make a package of a course that passed.\n\nbag is the one that platforms verify: every file has a checksum, "
        "the audit and the experts' decisions are signed. scorm12, cmi5 and kolibri are for import into a learning "
        "platform.\n\nThe course must conform and, where a notice asks for experts, be approved by them; --draft makes "
        "one that says so everywhere.\n\nExit codes: 0 packed; 1 the course may not be packed yet; 2 usage, "
        "configuration or manifest; 3 could not decide, or interrupted.",
    )
)
@path_argument("course")
@click.option(
    "-f",
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    default="bag",
    show_default=True,
    help=pick("包的种类", "What to make"),
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help=pick(
        "写到哪里：以 .zip 结尾为单个文件，已有的文件夹则放进去，其余为一个新文件夹",
        "Where: a name ending in .zip is one file, a folder that exists receives it, anything else is a new folder",
    ),
)
@click.option("--draft", is_flag=True, help=pick("打草稿包：不要求符合与通过", "Make a draft: need not have passed"))
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar=KEY_VARIABLE,
    help=pick(
        f"签名用的私钥（默认用 coursekit key new 生成的那一把；也可用环境变量 {KEY_VARIABLE}）",
        f"Private key to sign with (default: the one coursekit key new made; or set {KEY_VARIABLE})",
    ),
)
@passphrase_option
@click.option(
    "-p",
    "--profile",
    "profiles",
    multiple=True,
    metavar="ID",
    help=pick("依据哪个通知（同 audit）", "What to judge by, as for audit"),
)
@click.option("--scope", type=click.Choice([s.value for s in Scope]), help=pick("判定范围（同 audit）", "As for audit"))
@click.option(
    "--fail-on",
    type=click.Choice([f.value for f in FailOn]),
    default=FailOn.MUST.value,
    show_default=True,
    help=pick("从哪一级起算不符合（同 audit）", "From which strength on the course does not conform, as for audit"),
)
@measuring_options
@lang_option
@verbosity_options
def package(
    course: Path,
    kind: str,
    output: Path | None,
    draft: bool,
    key_file: Path | None,
    passphrase_file: Path | None,
    profiles: tuple[str, ...],
    scope: str | None,
    fail_on: str,
    jobs: int | None,
    engine: str,
    cache_dir: Path | None,
    no_cache: bool,
    thorough: bool,
    lang: str,
    quiet: int,
    verbose: int,
) -> None:
    """Unlock the key, plan, write."""
    del verbose, lang
    _judge_output_name(output, draft=draft)
    keys = _keys(kind, key_file, passphrase_file, draft=draft)
    settings = Settings(
        profiles=profiles,
        scope=Scope(scope) if scope else None,
        # What is filed is in Chinese, whatever language the producer's terminal speaks.
        lang="zh",
        fail_on=FailOn(fail_on),
        workers=jobs,
        engine=engine,
        thorough=thorough,
        cache_root=cache_root(cache_dir, no_cache),
    )
    with terminable():
        try:
            plan = _plan(course, settings, draft=draft, quiet=quiet > 0)
            target = _target(output, kind, plan, course)
            said = _write(kind, plan, target, keys, _progress(plan) if not quiet else None)
        except KeyboardInterrupt:
            fatal(pick("已中断：没有打包", "interrupted: nothing was packed"), EXIT_UNDECIDED)
    click.echo(str(target))
    if not quiet:
        click.echo(_summary(plan, said), err=True)


def _judge_output_name(output: Path | None, *, draft: bool) -> None:
    if draft and output is not None and not output.is_dir():
        name = output.name.lower()
        if not any(word in name for word in _DRAFT_WORDS):
            better = output.with_name(f"DRAFT-{output.name}")
            raise click.UsageError(
                pick(
                    f"草稿包的名字里要有 DRAFT 或“草稿”，例如 {better}",
                    f"a draft says so in its name, for instance {better}",
                )
            )


def _keys(kind: str, key_file: Path | None, passphrase_file: Path | None, *, draft: bool) -> tuple[SigningKey, ...]:
    from coursekit.bundle.keys import KeyFault, default_key_file, load_key

    if kind != "bag":
        return ()
    if key_file is None and not draft and default_key_file().exists():
        key_file = default_key_file()
    if key_file is None:
        if draft:
            return ()
        raise click.UsageError(
            pick(
                "正式包要签名：请先用 coursekit key new 生成密钥，或用 --key 指定私钥；只想试打包可加 --draft",
                "a package is signed: make a key with coursekit key new, name one with --key, or make a --draft",
            )
        )
    try:
        return (load_key(key_file, read_passphrase(passphrase_file)),)
    except KeyFault as fault:
        refuse(fault)


def _plan(course: Path, settings: Settings, *, draft: bool, quiet: bool) -> Plan:
    from coursekit.bundle.build import Refusal, plan_package
    from coursekit.cli.audit import explain_error
    from coursekit.cli.progress import Progress
    from coursekit.folder import CourseError

    try:
        with Progress(quiet=quiet) as progress:
            return plan_package(course, settings, draft=draft, listen=progress)
    except CourseError as error:
        fatal(error_text(error))
    except Refusal as refusal:
        _refuse(refusal)
    except Exception as error:  # noqa: BLE001 - the one place where an error becomes words
        explain_error(error)


_CANNOT_BE_PACKED = frozenset({"not-a-course-folder", "no-manifest-to-pack", "file-not-there", "name-not-portable"})


def _refuse(refusal: Refusal) -> NoReturn:
    from coursekit.texts import phrase

    code = EXIT_UNDECIDED if refusal.undecided else EXIT_REFUSED
    if refusal.code in _CANNOT_BE_PACKED:
        code = EXIT_USAGE
    fatal(phrase("package", refusal.code, current_lang(), **refusal.args_), code)


def _target(output: Path | None, kind: str, plan: Plan, course: Path) -> Path:
    from coursekit.bundle.bagwrite import top_folder

    name = top_folder(plan.package) + (".kolibri" if kind == "kolibri" else f".{kind}.zip")
    target = Path(name) if output is None else output / name if output.is_dir() else output
    if target.resolve().is_relative_to(course.resolve()):
        outside = course.resolve().parent / target.name
        fatal(
            pick(
                f"包不能放在课程文件夹里，否则下次会被当作课程内容。没有打包。\n请用 -o 放到别处，例如 -o {outside}",
                "a package cannot lie in the course folder: the next run would take it for part of the course. "
                f"Nothing was packed.\nPut it elsewhere, for instance -o {outside}",
            )
        )
    return target


def _progress(plan: Plan) -> Callable[[str], None]:
    """Tells of each file that has been copied."""
    left = [len(plan.package.files)]
    total = left[0]

    def tell(name: str) -> None:
        left[0] -= 1
        click.echo(f"[{total - left[0]}/{total}] {for_terminal(name)}", err=True)

    return tell


def _write(
    kind: str, plan: Plan, target: Path, keys: tuple[SigningKey, ...], tick: Callable[[str], None] | None
) -> Path | None:
    """Gives the signature's file, where there is one."""
    from coursekit.bundle.appear import Busy
    from coursekit.bundle.copying import ChangedSince
    from coursekit.bundle.learner import CannotExport
    from coursekit.texts import phrase

    lang = current_lang()
    try:
        if kind == "bag":
            return _write_bag(plan, target, keys, tick)
        _export(kind, plan, target)
    except ChangedSince as changed:
        fatal(phrase("package", "changed-since-audit", lang, file=changed.name), EXIT_REFUSED)
    except Busy:
        fatal(phrase("package", "package-busy", lang), EXIT_UNDECIDED)
    except CannotExport as error:
        fatal(phrase("exports", error.code, lang, **error.args_), EXIT_REFUSED)
    except FileExistsError:
        fatal(pick(f"{target} 已经存在，没有覆盖", f"{target} is already there and was left alone"))
    except OSError as error:
        fatal(pick(f"写不了 {target}：{error.strerror}", f"cannot write {target}: {error.strerror}"), EXIT_UNDECIDED)
    return None


def _write_bag(
    plan: Plan, target: Path, keys: tuple[SigningKey, ...], tick: Callable[[str], None] | None
) -> Path | None:
    from coursekit.bundle.bagwrite import write_bag_folder, write_bag_zip

    write = write_bag_zip if target.suffix.lower() == ".zip" else write_bag_folder
    return write(plan, target, keys, tick).minisig


def _export(kind: str, plan: Plan, target: Path) -> None:
    from coursekit.bundle.exports import EXPORTS

    EXPORTS[kind](plan, target)


def _summary(plan: Plan, signature: Path | None) -> str:
    package = plan.package
    size = sum(f.size_bytes for f in package.files)
    megabytes = f"{size / 1e6:,.1f} MB"
    lines = [
        pick(
            f"《{package.title}》{len(package.lessons)} 课，{len(package.files)} 个文件，{megabytes}",
            f"{package.title}: {len(package.lessons)} lessons, {len(package.files)} files, {megabytes}",
        )
    ]
    if package.draft:
        lines.append(pick("这是草稿，不得用于教学。", "This is a draft: nobody may teach from it."))
    if signature is not None:
        lines.append(pick(f"签名 {signature}", f"signature {signature}"))
    return for_terminal_lines("\n".join(lines))


__all__ = ["FORMATS", "package"]
