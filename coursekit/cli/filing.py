"""`coursekit filing`: what paper is missing, the forms filled in, the kit to hand in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from coursekit.cli.lang import current_lang, pick
from coursekit.cli.options import cache_root, error_text, fatal, lang_option, papers_options
from coursekit.paths import for_terminal

if TYPE_CHECKING:
    from coursekit.filing.desk import Desk
    from coursekit.model import Finding, Result

F = TypeVar("F", bound=Callable[..., Any])


@click.group(
    help=pick(
        "备案材料：还缺什么、表格填好打印、整套材料装好。\n\n"
        "材料登记在课程文件夹的 filing/register.yaml 里（或用 --register 指定，一份登记表可以供多门课程使用）。\n"
        "身份证件、电话等个人信息只进入表格和材料包，不进入报告、评审材料和导入包。",
        "Papers: what is missing, the forms filled in, the kit to hand in.\n\n"
        "The papers are entered in filing/register.yaml of the course folder (or --register, one for many courses).\n"
        "Personal data goes into forms and kit only, never into a report, a dossier or a package.",
    )
)
def filing() -> None:
    """The group."""


def _shared(function: F) -> F:
    """Options of all three commands."""
    function = click.option(
        "--cache", "cache_dir", type=click.Path(path_type=Path, file_okay=False), help=pick("缓存位置", "Cache folder")
    )(function)
    function = click.option(
        "-p",
        "--profile",
        default="tianjin-2025",
        show_default=True,
        metavar="ID",
        help=pick("依据哪个通知", "By which notice"),
    )(function)
    return click.argument("courses", nargs=-1, required=True, type=click.Path(path_type=Path))(
        papers_options(lang_option(function))
    )


def _setting_options(function: F) -> F:
    function = click.option("--no-pdf", is_flag=True, help=pick("只写 Word，不写 PDF", "Write Word only, no PDF"))(
        function
    )
    return click.option(
        "--font-dir",
        "fonts",
        multiple=True,
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        help=pick("另外的字体文件夹（生僻字用）", "A folder with further fonts, for rare characters"),
    )(function)


@filing.command(
    help=pick(
        "核对材料：在不在、打不打得开、过没过期、级别和数值够不够。\n\n退出码与 audit 相同。",
        "Check the papers: there, readable, in date, of the right level and figures.\n\nExit codes as for audit.",
    )
)
@_shared
def check(
    courses: tuple[Path, ...],
    profile: str,
    register: Path | None,
    today: datetime | None,
    cache_dir: Path | None,
    lang: str,
) -> None:
    """Judge the clauses about papers."""
    from coursekit.filing.desk import judge_papers
    from coursekit.rules.outcome import exit_code, outcome_of
    from coursekit.terms import FailOn

    desk = _desk(courses, profile, register, today, cache_dir, opinions=False)
    if _told_faults(desk):
        raise click.exceptions.Exit(1)
    said = judge_papers(desk, lang)
    flat = [result for results in said for result in results]
    _tell(desk, said)
    raise click.exceptions.Exit(exit_code(outcome_of(flat, FailOn.MUST)))


@filing.command(
    help=pick(
        "填好通知所附的表格，写成 Word 和 PDF。空着的地方就是通知留空或者没有登记的地方。",
        "Fill in the notice's forms, as Word and PDF. What is blank is blank in the notice, or was not registered.",
    )
)
@_shared
@_setting_options
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help=pick("写到哪个文件夹", "The folder to write to"),
)
def forms(
    courses: tuple[Path, ...],
    profile: str,
    register: Path | None,
    today: datetime | None,
    cache_dir: Path | None,
    lang: str,
    fonts: tuple[Path, ...],
    no_pdf: bool,
    output: Path,
) -> None:
    """Fill, render all, then write: a form that cannot be printed leaves nothing half done."""
    from coursekit.files import write_atomic
    from coursekit.filing.desk import make_forms
    from coursekit.filing.kit import Setting, fit, rendered
    from coursekit.typeset import available

    desk = _desk(courses, profile, register, today, cache_dir)
    if _told_faults(desk):
        fatal(pick("登记表有误，没有生成表格。", "The register has faults; no form was made."))
    try:
        made = make_forms(desk)
        if not made:
            fatal(pick(f"通知 {profile} 没有表格。", f"the notice {profile} has no form."))
        files: dict[str, bytes] = {}
        for one in made:
            stem = fit(one.filled.form.title)
            if one.course is not None and len(courses) > 1:
                stem = f"{stem}-{fit(desk.courses[one.course].title)}"
            stem = stem if f"{stem}.docx" not in files else f"{stem}-{fit(one.filled.form.id)}"
            files |= {stem + suffix: data for suffix, data in rendered(one.filled, Setting(fonts, not no_pdf))}
    except Exception as error:  # noqa: BLE001 - known errors become words, others are raised again
        _explain(error)
    try:
        if not output.exists():
            output.mkdir(mode=0o700, parents=True)
        for name, data in files.items():
            write_atomic(output / name, data, private=True)
    except OSError as error:
        fatal(pick(f"写不进去：{error.strerror}", f"could not be written: {error.strerror}"))
    for name in files:
        click.echo(for_terminal(str(output / name)))
    if not (no_pdf or available()):
        click.echo(
            pick(
                '没有安装 PDF 组件，只写了 Word：pip install "coursekit[pdf]"',
                'the pdf extra is not installed, only Word was written: pip install "coursekit[pdf]"',
            ),
            err=True,
        )
    _warn_of_reviews(desk)


@filing.command(
    help=pick(
        "装好整套材料：表格、按通知顺序排列的材料、目录、SHA-256 清单。缺材料时不装，除非 --draft。",
        "Make the kit: forms, papers in the notice's order, an index, the SHA-256 of all. Refused while papers are "
        "missing, unless --draft.",
    )
)
@_shared
@_setting_options
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help=pick("新的文件夹，或 .zip 文件", "A new folder, or a .zip"),
)
@click.option("--draft", is_flag=True, help=pick("缺材料也先装，目录里标明缺什么", "Make it though papers are missing"))
def kit(
    courses: tuple[Path, ...],
    profile: str,
    register: Path | None,
    today: datetime | None,
    cache_dir: Path | None,
    lang: str,
    fonts: tuple[Path, ...],
    no_pdf: bool,
    output: Path,
    draft: bool,
) -> None:
    """Plan, refuse or write."""
    from coursekit.filing.desk import judge_papers
    from coursekit.filing.kit import Setting, plan_kit, refusals, write_kit

    desk = _desk(courses, profile, register, today, cache_dir)
    if _told_faults(desk):
        fatal(pick("登记表有误，没有装材料。", "The register has faults; no kit was made."))
    try:
        reasons = refusals(desk, judge_papers(desk, lang), lang)
        if reasons and not draft:
            for reason in reasons:
                click.echo(click.style(f"  × {for_terminal(reason)}", fg="red"), err=True)
            fatal(
                pick(
                    f"还有 {len(reasons)} 处不符合，没有装材料。改正后再装；先看样子可以加 --draft。",
                    f"{len(reasons)} things stand in the way; no kit was made. Mend them, or add --draft to see it.",
                ),
                1,
            )
        count = write_kit(plan_kit(desk, Setting(fonts, not no_pdf)), output)
    except Exception as error:  # noqa: BLE001 - known errors become words, others are raised again
        _explain(error)
    click.echo(pick(f"已装好 {count} 个文件：{output}", f"{count} files in {output}"))
    if reasons:
        click.echo(
            pick(f"这是草稿：还有 {len(reasons)} 处不符合。", f"A draft: {len(reasons)} things stand in the way.")
        )
    _warn_of_reviews(desk)
    click.echo(
        pick(
            "里面有身份证件和电话，只限本人读取；交出去之后请妥善保管。",
            "It holds identity papers and telephones and is readable by you alone; keep it safe.",
        ),
        err=True,
    )


def _desk(
    courses: tuple[Path, ...],
    profile: str,
    register: Path | None,
    today: datetime | None,
    cache_dir: Path | None,
    *,
    opinions: bool = True,
) -> Desk:
    from coursekit.filing.desk import open_desk
    from coursekit.rules.profiles import load_profile

    day = today.date() if today is not None else datetime.now().astimezone().date()
    try:
        return open_desk(
            courses,
            load_profile(profile),
            day,
            register_path=register,
            cache_root=cache_root(cache_dir, False),
            opinions=opinions,
        )
    except Exception as error:  # noqa: BLE001 - known errors become words, others are raised again
        _explain(error)


def _explain(error: Exception) -> NoReturn:
    from coursekit.filing.desk import NothingToFile
    from coursekit.filing.kit import TargetExists
    from coursekit.folder import CourseError
    from coursekit.rules.profile_text import ProfileError
    from coursekit.typeset import TypesetFailed

    if isinstance(error, click.exceptions.Exit):
        raise error
    if isinstance(error, ProfileError):
        fatal(error.render(current_lang()))
    if isinstance(error, NothingToFile | CourseError):
        fatal(error_text(error))
    if isinstance(error, TargetExists):
        fatal(
            pick(
                f"{error} 已经存在。材料包不与旧文件混放：换个名字，或先移走旧的。",
                f"{error} is there already. A kit is never mixed with old files: choose another name.",
            )
        )
    if isinstance(error, TypesetFailed):
        fatal(pick(f"PDF 没有排成：{error}", f"the PDF could not be set: {error}"))
    if isinstance(error, OSError):
        fatal(pick(f"读写失败：{error.strerror}", f"could not be read or written: {error.strerror}"))
    describe = getattr(error, "describe", None)
    if describe is not None:
        fatal(describe(current_lang()))
    raise error


def _told_faults(desk: Desk) -> bool:
    """Say what is wrong with the register's text; whether anything is."""
    if desk.register is None or not desk.register.faults:
        return False
    name, lang = desk.register_path.name if desk.register_path else "", current_lang()
    for fault in desk.register.faults:
        place = click.style(f"{name}:{fault.line}:{fault.column}", fg="cyan")
        click.echo(f"  {place} {fault.code}: {for_terminal(fault.message(lang, 'register'))}")
        click.echo(f"      {for_terminal(fault.remedy(lang, 'register'))}")
    return True


def _tell(desk: Desk, said: tuple[tuple[Result, ...], ...]) -> None:
    from coursekit.model import Place
    from coursekit.terms import Verdict

    lang = current_lang()
    click.echo(click.style(desk.profile.title[lang], bold=True))
    told: dict[tuple[str, str], tuple[Finding, list[str]]] = {}
    waiting: dict[str, list[str]] = {}
    fine = 0
    for results in said:
        for result in results:
            fine += result.verdict is Verdict.PASS
            if result.reason is not None and result.verdict in (Verdict.NOT_TESTED, Verdict.ERROR):
                waiting.setdefault(result.reason.message, []).append(result.clause.number)
            for finding in result.findings:
                told.setdefault((finding.code, finding.message), (finding, []))[1].append(result.clause.number)
    for (code, message), (finding, clauses) in told.items():
        sign, colour = ("×", "red") if finding.verdict is Verdict.FAIL else ("?", "yellow")
        where = finding.where
        line = f" register:{where.line}" if isinstance(where, Place) and where.line else ""
        click.echo(f"  {click.style(sign, fg=colour)} {for_terminal(message)}  [{code}{line}]")
        click.echo(f"      {'、'.join(dict.fromkeys(clauses))}")
        click.echo(f"      {for_terminal(finding.remedy)}")
    for message, clauses in waiting.items():
        click.echo(f"  · {for_terminal(message)}  [{'、'.join(dict.fromkeys(clauses))}]")
    rules = sum(len(results) for results in said)
    click.echo(
        pick(
            f"关于材料的条款 {rules} 条，符合 {fine} 条，问题 {len(told)} 处。",
            f"{rules} clauses about papers, {fine} met, {len(told)} findings.",
        ),
        err=True,
    )
    if desk.register is None:
        click.echo(
            pick(
                "还没有登记表：照 docs/filing.md 的范例写 filing/register.yaml。",
                "There is no register yet: write filing/register.yaml as docs/filing.md shows.",
            ),
            err=True,
        )


def _warn_of_reviews(desk: Desk) -> None:
    from coursekit.filing.fill import negative
    from coursekit.filing.kit import reviewed

    if not reviewed(desk):
        return
    for course in desk.courses:
        if names := negative(course):
            click.echo(
                click.style(
                    pick(
                        f"《{course.title}》：专家{'、'.join(names)}没有通过，同意书照实写明；不能据此备案。",
                        f"{course.title}: not passed by {', '.join(names)}; the form says so and cannot be filed.",
                    ),
                    fg="red",
                ),
                err=True,
            )
        elif not course.review.approved:
            click.echo(
                pick(
                    f"《{course.title}》的专家评审还没有全部通过，意见栏按现状填写或留空（coursekit review status）。",
                    f"{course.title}: not all experts have passed it; opinions stand as they are (review status).",
                ),
                err=True,
            )
