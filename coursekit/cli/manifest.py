"""`coursekit manifest`: check, import, export, coverage."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coursekit.cli.init import parse_columns, refuse_faulty, write_manifest
from coursekit.cli.lang import current_lang, pick
from coursekit.cli.options import error_text, fatal, lang_option, path_argument
from coursekit.paths import for_terminal

if TYPE_CHECKING:
    from coursekit.manifest.faults import Fault
    from coursekit.manifest.model import Manifest
    from coursekit.model import Finding, Result

SHOWN = 8
"""Findings of one kind that are told one by one; the rest are counted, and -v tells them all."""


@click.group(
    help=pick("核对、导入、导出课程清单，查看覆盖矩阵。", "Check, import and export the manifest; see what is covered.")
)
def manifest() -> None:
    """The group."""


def load(target: Path) -> tuple[Path, Path, Manifest]:
    """Course folder, manifest path and manifest; an unreadable one ends here."""
    from coursekit.manifest.faults import ManifestError
    from coursekit.manifest.load import find_manifest, load_manifest

    try:
        path = target if target.is_file() else find_manifest(target)
        if path is None:
            fatal(
                pick(
                    f"{target} 里没有清单（course.yaml）。用 coursekit init {target} 生成一份。",
                    f"no manifest (course.yaml) in {target}. Make one with coursekit init {target}.",
                )
            )
        return path.parent, path, load_manifest(path)
    except ManifestError as error:
        fatal(error.describe(current_lang()))


@manifest.command(
    help=pick(
        "核对清单：写法、文件、覆盖、课时、版权、专家。不测量媒体，几秒完成。\n\n退出码与 audit 相同。",
        "Check a manifest: form, files, coverage, hours, rights, experts. Measures nothing; takes seconds.\n\n"
        "Exit codes as for audit.",
    )
)
@path_argument("course")
@click.option(
    "-p",
    "--profile",
    "profiles",
    multiple=True,
    metavar="ID",
    help=pick("依据哪个通知（可重复）", "What to judge by (repeatable)"),
)
@click.option("--no-hash", is_flag=True, help=pick("不计算 SHA-256", "Take no SHA-256"))
@click.option("-v", "--verbose", is_flag=True, help=pick("列出全部问题", "Tell every finding"))
@lang_option
def check(course: Path, profiles: tuple[str, ...], no_hash: bool, verbose: bool, lang: str) -> None:
    """Judge the manifest rules of the profiles on unmeasured facts."""
    from coursekit.folder import CourseError
    from coursekit.manifest.faults import ManifestError
    from coursekit.manifest.inspect import UNMEASURED, unmeasured_facts
    from coursekit.rules.outcome import exit_code, outcome_of
    from coursekit.rules.profile_text import ProfileError
    from coursekit.terms import FailOn

    root, path, made = load(course)
    try:
        facts = unmeasured_facts(root, made, hashes=not no_hash)
        results = judge_manifest(facts, profiles, lang)
    except ManifestError as error:
        fatal(error.describe(lang))
    except CourseError as error:
        fatal(error_text(error))
    except ProfileError as error:
        fatal(error.render(lang))
    _tell_faults(path, made.faults, verbose)
    later = _tell_results(path, results, verbose)
    judged = [r for r in results if r.reason is None or r.reason.code not in UNMEASURED | {"manifest-faulty"}]
    outcome = outcome_of(judged, FailOn.MUST)
    _sum_up(made, results, later)
    raise click.exceptions.Exit(1 if made.faults else exit_code(outcome))


def judge_manifest(facts: object, profiles: Iterable[str], lang: str) -> tuple[Result, ...]:
    """The manifest rules of some profiles; a check bound twice with the same parameters speaks once."""
    from coursekit.model import CourseFacts, Scope
    from coursekit.pipeline import DEFAULT_PROFILE
    from coursekit.rules.judge import judge
    from coursekit.rules.profiles import load_profile

    assert isinstance(facts, CourseFacts)
    chosen = []
    seen: set[tuple[str | None, str]] = set()
    for name in tuple(profiles) or (DEFAULT_PROFILE,):
        profile = load_profile(name)
        rules = []
        for rule in profile.rules:
            key = (rule.check, repr(sorted(rule.params.items())))
            if rule.check is not None and rule.check.startswith("manifest/") and key not in seen:
                seen.add(key)
                rules.append(rule)
        chosen.append(dataclasses.replace(profile, rules=tuple(rules)))
    return judge(tuple(chosen), facts, Scope.COURSE, lang)


def _tell_faults(path: Path, faults: tuple[Fault, ...], verbose: bool) -> None:
    """What is wrong with the text comes first: the rest may follow from it."""
    from coursekit.texts import check_text

    if not faults:
        return
    lang = current_lang()
    _title(check_text("manifest/schema").title[lang], len(faults))
    by_code: dict[str, list[Fault]] = {}
    for fault in faults:
        by_code.setdefault(fault.code, []).append(fault)
    for members in by_code.values():
        for fault in members if verbose else members[:SHOWN]:
            _line(path, fault.line, fault.column, fault.code, fault.message(lang), fault.remedy(lang))
        _more(len(members), verbose)


def _tell_results(path: Path, results: tuple[Result, ...], verbose: bool) -> list[str]:
    """Findings by check; returns what was left for the audit."""
    from coursekit.manifest.inspect import UNMEASURED
    from coursekit.texts import check_text

    lang = current_lang()
    later: list[str] = []
    for result in results:
        title = check_text(result.check or "").title[lang]
        if result.reason is not None and result.reason.code in UNMEASURED:
            later.append(title)
        findings = [f for f in result.findings if result.check != "manifest/schema" or f.code == "not-stated"]
        if findings:
            _title(f"{title}  {result.clause.number}", len(findings))
        by_code: dict[str, list[Finding]] = {}
        for finding in findings:
            by_code.setdefault(finding.code, []).append(finding)
        for members in by_code.values():
            for finding in members if verbose else members[:SHOWN]:
                line, column = getattr(finding.where, "line", None) or 1, getattr(finding.where, "column", None) or 1
                _line(path, line, column, finding.code, finding.message, finding.remedy)
            _more(len(members), verbose)
    return later


def _title(title: str, count: int) -> None:
    click.echo(click.style(f"{title}（{count}）" if current_lang() == "zh" else f"{title} ({count})", bold=True))


def _line(path: Path, line: int, column: int, code: str, message: str, remedy: str) -> None:
    where = click.style(for_terminal(f"{path.name}:{line}:{column}"), fg="cyan")
    click.echo(f"  {where} {code}: {for_terminal(message)}")
    click.echo(f"      {for_terminal(remedy)}")


def _more(count: int, verbose: bool) -> None:
    if not verbose and count > SHOWN:
        left = count - SHOWN
        click.echo(pick(f"  ……同类问题另有 {left} 处，-v 全部列出", f"  … and {left} more of this kind; -v tells all"))


def _sum_up(made: Manifest, results: tuple[Result, ...], later: list[str]) -> None:
    found = sum(len(r.findings) for r in results if r.check != "manifest/schema") + len(made.faults)
    found += sum(f.code == "not-stated" for r in results if r.check == "manifest/schema" for f in r.findings)
    points, lessons = len(made.points), len(made.lessons)
    click.echo(
        pick(
            f"{lessons} 课，{points} 个知识点、技能点；{found} 处问题。",
            f"{lessons} lessons, {points} points; {found} findings.",
        ),
        err=True,
    )
    if later:
        names = "、".join(dict.fromkeys(later))
        click.echo(
            pick(
                f"须测量媒体才能判断，留给 coursekit audit：{names}",
                f"left for coursekit audit, which measures: {names}",
            ),
            err=True,
        )


@manifest.command(
    "export",
    help=pick(
        "把清单导出为 Excel、CSV、JSON、YAML 或 CASE 能力框架。",
        "Export as Excel, CSV, JSON, YAML or a CASE framework.",
    ),
)
@path_argument("course")
@click.option("--xlsx", type=click.Path(path_type=Path), help=pick("Excel 工作簿", "Excel workbook"))
@click.option("--csv", "csv_folder", type=click.Path(path_type=Path), help=pick("CSV 文件夹", "Folder of CSV files"))
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="JSON")
@click.option("--yaml", "yaml_file", type=click.Path(path_type=Path), help="YAML")
@click.option("--case", "case_file", type=click.Path(path_type=Path), help="1EdTech CASE 1.1 (case.json)")
@lang_option
def export_command(
    course: Path,
    xlsx: Path | None,
    csv_folder: Path | None,
    json_file: Path | None,
    yaml_file: Path | None,
    case_file: Path | None,
    lang: str,
) -> None:
    """Write what was asked for."""
    from coursekit.files import write_atomic
    from coursekit.manifest.case import case_json
    from coursekit.manifest.csv_files import write_csv_folder
    from coursekit.manifest.spreadsheet import write_workbook
    from coursekit.manifest.write import manifest_json, manifest_yaml

    if not any((xlsx, csv_folder, json_file, yaml_file, case_file)):
        raise click.UsageError(
            pick(
                "请用 --xlsx、--csv、--json、--yaml 或 --case 说明导出到哪里",
                "say where with --xlsx, --csv, --json, --yaml or --case",
            )
        )
    _, path, made = load(course)
    if made.faults:
        _tell_faults(path, made.faults, False)
        fatal(
            pick(
                "清单有误，没有导出：先改正以上各处，否则会丢失内容。",
                "The manifest has faults; nothing was exported: content would be lost. Mend them first.",
            )
        )
    try:
        if xlsx:
            write_workbook(made, xlsx)
        if csv_folder:
            write_csv_folder(made, csv_folder)
        if json_file:
            write_atomic(json_file, manifest_json(made))
        if yaml_file:
            write_atomic(yaml_file, manifest_yaml(made))
        if case_file:
            write_atomic(case_file, case_json(made))
    except OSError as error:
        fatal(pick(f"写不进去：{error}", f"could not be written: {error}"))


@manifest.command(
    "import",
    help=pick(
        "从 Excel 工作簿、CSV 文件夹或自己的课表生成 course.yaml。\n\n"
        "自己的表格用 --columns 指明列名，例如 title=章节名称,hours=学时,file=视频。",
        "Make course.yaml from a workbook, a folder of CSV files, or a table of your own.\n\n"
        "For your own table name the columns with --columns, such as title=Chapter,hours=Hours,file=Video.",
    ),
)
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help=pick("课程文件夹（默认当前文件夹）", "Course folder (default: here)"),
)
@click.option("--columns", metavar="FIELD=HEADING,…", help=pick("自己表格的列", "Columns of your own table"))
@click.option("--sheet", help=pick("工作表名称", "Sheet to read"))
@click.option("--force", is_flag=True, help=pick("覆盖已有的 course.yaml", "Overwrite course.yaml"))
@lang_option
def import_command(source: Path, into: Path, columns: str | None, sheet: str | None, force: bool, lang: str) -> None:
    """Read, check that nothing would be lost, write."""
    from coursekit.folder import MANIFEST_NAMES
    from coursekit.manifest.faults import ManifestError

    target = into / "course.yaml"
    there = next((into / name for name in MANIFEST_NAMES if (into / name).exists()), None)
    if there is not None and (not force or there != target):
        fatal(
            pick(
                f"{there} 已经存在，没有改动。要覆盖 course.yaml 请加 --force。",
                f"{there} exists and was left as it is. --force overwrites course.yaml.",
            )
        )
    try:
        made = _read_source(source, into, columns, sheet)
    except ManifestError as error:
        fatal(error.render(lang))
    refuse_faulty(made, source)
    write_manifest(target, made)
    click.echo(
        pick(
            f"已写出 {target}：{len(made.lessons)} 课，{len(made.points)} 个点。",
            f"wrote {target}: {len(made.lessons)} lessons, {len(made.points)} points.",
        )
    )


def _read_source(source: Path, into: Path, columns: str | None, sheet: str | None) -> Manifest:
    from coursekit.manifest.csv_files import read_csv_folder
    from coursekit.manifest.draft import id_of
    from coursekit.manifest.own_table import import_table
    from coursekit.manifest.sheets import FACTS_SHEET
    from coursekit.manifest.spreadsheet import load_pages, read_workbook
    from coursekit.manifest.tree import TreeError

    if source.is_dir():
        return read_csv_folder(source)
    if source.suffix.lower() != ".csv" and columns is None and sheet is None:
        try:
            own = FACTS_SHEET not in load_pages(source)
        except TreeError:
            own = False
        if not own:
            return read_workbook(source)
    name = into.resolve().name
    return import_table(source, id_of(name), name, parse_columns(columns), sheet)


@manifest.command(
    help=pick(
        "打印知识点、技能点与课次的矩阵；-o 写成 HTML、CSV 或 Excel。",
        "Print the matrix of points and lessons; -o writes HTML, CSV or Excel.",
    )
)
@path_argument("course")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    type=click.Path(path_type=Path),
    help=pick("写入 .html、.csv 或 .xlsx（可重复）", "Write .html, .csv or .xlsx (repeatable)"),
)
@click.option("--gaps", "only_gaps", is_flag=True, help=pick("只列有缺口的点", "Only points with gaps"))
@lang_option
def coverage(course: Path, outputs: tuple[Path, ...], only_gaps: bool, lang: str) -> None:
    """The table for the terminal, gaps in red, and what to add."""
    from coursekit.manifest.coverage import SIGNS, advice, build_matrix, lessons_of, write_coverage

    _, path, made = load(course)
    if made.faults:
        _tell_faults(path, made.faults, False)
    matrix = build_matrix(made)
    task = None
    for row in matrix.gaps if only_gaps else matrix.rows:
        here = " ".join(part for part in (row.point.function, row.point.task) if part)
        if here != task:
            task = here
            click.echo(click.style(for_terminal(here), bold=True))
        why = pick("；", "; ").join(advice(gap, lang) for gap in row.gaps)
        mark = click.style("✗", fg="red") if row.gaps else click.style("✓", fg="green")
        tail = "  " + click.style(why, fg="red") if why else ""
        words = for_terminal(f"{row.point.id} {row.point.text}")
        click.echo(f" {mark} {words}  {for_terminal(lessons_of(matrix, row))}{tail}")
    key = "  ".join(f"{sign} {depth.zh if lang == 'zh' else depth.en}" for depth, sign in SIGNS.items())
    click.echo(
        pick(
            f"{key}\n{len(matrix.rows)} 个点，{len(made.lessons)} 课；{len(matrix.gaps)} 个点有缺口。",
            f"{key}\n{len(matrix.rows)} points, {len(made.lessons)} lessons; {len(matrix.gaps)} points with gaps.",
        ),
        err=True,
    )
    for output in outputs:
        try:
            write_coverage(matrix, output, lang)
        except OSError as error:
            fatal(pick(f"写不进去：{error}", f"could not be written: {error}"), 3)


@manifest.command(
    help=pick(
        "打印全部学习文件的 SHA-256 摘要，专家审核结论引用它。",
        "Print the digest of all that learners see, which reviews refer to.",
    )
)
@path_argument("course")
@lang_option
def digest(course: Path, lang: str) -> None:
    """One line."""
    from coursekit.files import sha256_of
    from coursekit.manifest.course import course_from_manifest, normal
    from coursekit.manifest.digest import course_digest, learner_files
    from coursekit.manifest.faults import ManifestError

    root, _, made = load(course)
    try:
        found = course_from_manifest(root, made)
    except ManifestError as error:
        fatal(error.describe(lang))
    names = {normal(n): n for n in (*found.documents, *found.covers, *(le.path for le in found.lessons))}
    hashes = {}
    for name in learner_files(made):
        path = root / names.get(normal(name), name)
        if not path.is_file():
            fatal(pick(f"缺少文件 {name}，算不出摘要", f"{name} is missing: there is no digest"), 3)
        hashes[normal(name)] = sha256_of(path)
    click.echo(course_digest(made, hashes))
