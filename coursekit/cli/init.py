"""`coursekit init`: a course folder with a manifest to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from coursekit.cli.lang import current_lang, pick
from coursekit.cli.options import error_text, fatal, lang_option, path_argument

if TYPE_CHECKING:
    from coursekit.manifest.model import Manifest

SCHEMA_PATH = ".coursekit/manifest.schema.json"


@click.command(
    help=pick(
        "为课程文件夹生成一份带说明的清单 course.yaml：课题取自文件名，时长自动填好。\n\n"
        "也可以从现成的表格生成：coursekit init 课程文件夹 --from 课表.xlsx",
        "Make a commented manifest (course.yaml) for a course folder: titles from file names, durations filled in.\n\n"
        "Or from a table you already have: coursekit init DIR --from syllabus.xlsx",
    )
)
@path_argument("directory")
@click.option(
    "--from",
    "table",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help=pick("从 Excel 或 CSV 课表生成", "Take lessons from an Excel or CSV table"),
)
@click.option(
    "--columns",
    metavar="FIELD=HEADING,…",
    help=pick(
        "指明表格的列，例如 title=章节名称,file=视频", "Name the table's columns, such as title=Chapter,file=Video"
    ),
)
@click.option("--sheet", help=pick("工作表名称（默认第一张）", "Sheet to read (default: the first)"))
@lang_option
def init(directory: Path, table: Path | None, columns: str | None, sheet: str | None, lang: str) -> None:
    """Write course.yaml and the schema that editors read."""
    from coursekit.folder import MANIFEST_NAMES, CourseError
    from coursekit.manifest.faults import ManifestError

    there = next((directory / name for name in MANIFEST_NAMES if (directory / name).exists()), None)
    if there is not None:
        fatal(
            pick(
                f"{there} 已经存在，没有改动。要重新生成，请先移走它。",
                f"{there} exists and was left as it is. Move it away to start afresh.",
            )
        )
    try:
        directory.mkdir(parents=True, exist_ok=True)
        made = _from_table(directory, table, columns, sheet) if table is not None else _from_folder(directory)
    except OSError as error:
        fatal(f"{directory}: {error.strerror}")
    except CourseError as error:
        fatal(error_text(error))
    except ManifestError as error:
        fatal(error.render(current_lang()))
    write_manifest(directory / "course.yaml", made)
    click.echo(
        pick(
            f"已生成 {directory / 'course.yaml'}：{len(made.lessons)} 课。\n下一步：用编辑器打开，按注释补全，然后运行 "
            f"coursekit manifest check {directory}",
            f"wrote {directory / 'course.yaml'}: {len(made.lessons)} lessons.\nNext: open it, fill it in as the "
            f"comments say, then run coursekit manifest check {directory}",
        )
    )


def write_manifest(path: Path, manifest: Manifest) -> None:
    """The manifest with its notes, and beside it the schema by which an editor completes it, without a network."""
    from coursekit.files import write_atomic
    from coursekit.manifest.schema import schema_text
    from coursekit.manifest.write import manifest_yaml

    write_atomic(path.parent / SCHEMA_PATH, schema_text())
    write_atomic(path, manifest_yaml(manifest, notes=True, schema=SCHEMA_PATH))


def parse_columns(text: str | None) -> dict[str, str]:
    """`title=章节,file=视频` as a mapping."""
    found = {}
    for part in (text or "").replace("，", ",").split(","):
        if part.strip():
            field, equals, heading = part.partition("=")
            if not equals or not heading.strip():
                raise click.UsageError(
                    pick(f"--columns 应写成 字段=列名，而不是“{part}”", f"--columns wants FIELD=HEADING, not “{part}”")
                )
            found[field.strip()] = heading.strip()
    return found


def _from_folder(directory: Path) -> Manifest:
    from coursekit.manifest.draft import draft_manifest

    return draft_manifest(directory)


def _from_table(directory: Path, table: Path, columns: str | None, sheet: str | None) -> Manifest:
    from coursekit.manifest.draft import id_of
    from coursekit.manifest.own_table import import_table

    name = directory.resolve().name
    made = import_table(table, id_of(name), name, parse_columns(columns), sheet)
    refuse_faulty(made, table)
    return made


def refuse_faulty(manifest: Manifest, source: Path) -> None:
    """Values that could not be taken would be lost in what is written; so nothing is."""
    if not manifest.faults:
        return
    from coursekit.manifest.sheets import cell_name, sheet_of

    lang = current_lang()
    lines = []
    for fault in manifest.faults[:20]:
        where = f"{sheet_of(fault.pointer)}!{cell_name(fault.line, fault.column)}"
        lines += [f"{source} [{where}] {fault.code}: {fault.message(lang)}", f"    {fault.remedy(lang)}"]
    left = len(manifest.faults) - 20
    if left > 0:
        lines.append(pick(f"……另有 {left} 处", f"… and {left} more"))
    lines.append(pick("没有写出清单。", "No manifest was written."))
    fatal("\n".join(lines))
