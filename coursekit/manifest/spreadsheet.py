"""The manifest as an Excel workbook, written for people who have never seen a YAML file, and read back without loss."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.files import write_atomic
from coursekit.manifest.cells import NO, YES, Cell
from coursekit.manifest.faults import Fault, ManifestError
from coursekit.manifest.fields import Choice
from coursekit.manifest.load import manifest_from_tree
from coursekit.manifest.model import Manifest
from coursekit.manifest.plain import to_plain
from coursekit.manifest.sheets import (
    FACTS_HEADINGS,
    FACTS_SHEET,
    Column,
    RawRow,
    assemble,
    cell_name,
    flatten,
    leaves,
    sheets,
)
from coursekit.manifest.tree import TreeError

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell as XlsxCell
    from openpyxl.worksheet.worksheet import Worksheet

GUIDE_SHEET = "填写说明"
_GUIDE = (
    "这份工作簿与 course.yaml 内容相同，可以来回转换：",
    "    coursekit manifest export 课程文件夹 --xlsx 清单.xlsx",
    "    coursekit manifest import 清单.xlsx --into 课程文件夹",
    "深色表头是必填列；把鼠标停在表头上可以看到填写说明。",
    "有下拉箭头的单元格请从列表中选。",
    "编号和标准序号请按原样填写，例如 1.10、001；这些列已设为文本格式，不要改成数字。",
    "一个单元格里填多个编号时，用顿号隔开；填多个文件或多段文字时，每行一个（Alt+回车换行）。",
    "不要改动工作表名称和表头；空行可以保留，会被忽略。",
)
_SPARE_ROWS = 500
"""Rows below the last one that still get drop-downs, for what is to be added."""
_MAX_PACKED = 64 * 1024 * 1024
_MAX_UNPACKED = 256 * 1024 * 1024
_MAX_ROWS = 50_000
_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*<")
_RISKY = re.compile(r"[=+\-@\t']")
_UNREADABLE = (
    *(OSError, zipfile.BadZipFile, zlib.error, EOFError, SyntaxError, RuntimeError),
    *(ArithmeticError, ValueError, TypeError, LookupError, AttributeError),
)
_ESCAPABLE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def write_workbook(manifest: Manifest, path: Path) -> None:
    """Write the workbook. Text stays text, whatever it looks like."""
    save_workbook(build_workbook(manifest), path)


def save_workbook(book: Workbook, path: Path) -> None:
    """Save so that the same content gives the same bytes: an archive otherwise holds the minute it was made."""
    buffer, settled = io.BytesIO(), io.BytesIO()
    book.save(buffer)
    with zipfile.ZipFile(buffer) as made, zipfile.ZipFile(settled, "w", zipfile.ZIP_DEFLATED) as out:
        for name in made.namelist():
            data = made.read(name)
            if name == "docProps/core.xml":
                data = _STAMP.sub(rb"\g<1>2000-01-01T00:00:00Z<", data)
            out.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    write_atomic(path, settled.getvalue())


def build_workbook(manifest: Manifest) -> Workbook:
    """The workbook in memory."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    guide = book.create_sheet(GUIDE_SHEET)
    for line, words in enumerate(_GUIDE, 1):
        put_text(guide.cell(line, 1), words)
    guide.column_dimensions["A"].width = 90
    values, tables = flatten(to_plain(manifest))
    _write_values(book.create_sheet(FACTS_SHEET), values)
    for sheet in sheets():
        _write_table(book.create_sheet(sheet.title), sheet.all_columns, tables[sheet.title])
    book.active = 1
    return book


def put_text(cell: XlsxCell, words: str) -> None:
    """Text, and nothing but: no formula, no error value, no number."""
    # Excel reads _x000D_ as a carriage return unless its first underscore is itself escaped.
    cell.value = _ESCAPABLE.sub("_x005F_", words)
    cell.data_type = "s"
    cell.number_format = "@"
    if _RISKY.match(words):
        cell.quotePrefix = True


def _put(cell: XlsxCell, value: Cell) -> None:
    if isinstance(value, str):
        put_text(cell, value)
    elif value is not None:
        cell.value = value


def _write_values(page: Worksheet, values: Mapping[str, Cell]) -> None:
    _head(page, [(heading, "", True) for heading in FACTS_HEADINGS])
    for line, (path, column) in enumerate(leaves(), 2):
        put_text(page.cell(line, 1), column.spec.heading)
        _put(page.cell(line, 2), values.get(path))
        if path not in values:
            page.cell(line, 2).number_format = "@" if _is_text(column) else "General"
        put_text(page.cell(line, 3), _note(column))
        put_text(page.cell(line, 4), path)
        _offer(page, column, f"B{line}")
    for letter, width in zip("ABCD", (18, 60, 50, 26), strict=True):
        page.column_dimensions[letter].width = width


def _write_table(page: Worksheet, columns: Sequence[Column], rows: Sequence[Mapping[str, Cell]]) -> None:
    from openpyxl.utils import get_column_letter

    _head(page, [(c.spec.heading, _note(c), c.required) for c in columns])
    for line, row in enumerate(rows, 2):
        for at, column in enumerate(columns, 1):
            _put(page.cell(line, at), row.get(column.name))
    last = len(rows) + 1 + _SPARE_ROWS
    for at, column in enumerate(columns, 1):
        letter = get_column_letter(at)
        page.column_dimensions[letter].width = min(60, max(12, 2 * len(column.spec.heading) + 4))
        if _is_text(column):
            page.column_dimensions[letter].number_format = "@"
        _offer(page, column, f"{letter}2:{letter}{last}")


def _head(page: Worksheet, headings: Sequence[tuple[str, str, bool]]) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Font, PatternFill

    for at, (heading, note, required) in enumerate(headings, 1):
        cell = page.cell(1, at)
        put_text(cell, heading)
        cell.font = Font(bold=True, color="FFFFFF" if required else "000000")
        cell.fill = PatternFill("solid", fgColor="1F4E79" if required else "D9E2EC")
        if note:
            cell.comment = Comment(note, "coursekit", width=260, height=90)
    page.freeze_panes = "A2"


def _note(column: Column) -> str:
    parts = [column.spec.zh + "。"]
    if column.required:
        parts.append("必填。")
    if column.many:
        parts.append("可填多个。")
    return "".join(parts)


def _is_text(column: Column) -> bool:
    return column.hint not in (int, float) or column.many


def _offer(page: Worksheet, column: Column, cells: str) -> None:
    """A drop-down where there is a choice. Excel keeps 255 characters of it, ours are shorter."""
    from openpyxl.worksheet.datavalidation import DataValidation

    choices: list[str] = []
    if isinstance(column.hint, type) and issubclass(column.hint, Choice):
        choices = [member.zh for member in column.hint]
    elif column.hint is bool:
        choices = [YES, NO]
    elif column.name == "栏":
        choices = ["theory", "skill"]
    if not choices or column.many:
        return
    rule = DataValidation(type="list", formula1='"' + ",".join(choices) + '"', allow_blank=True, showErrorMessage=True)
    rule.errorTitle, rule.error = "请从列表中选", "可选：" + "、".join(choices)
    rule.add(cells)
    page.add_data_validation(rule)


# -------------------------------------------------------------------------------------------------------------- reading


def read_workbook(path: Path) -> Manifest:
    """The manifest in a workbook that `write_workbook` laid out; faults name sheet and cell."""
    try:
        pages = load_pages(path)
        if FACTS_SHEET not in pages:
            raise TreeError(Fault("no-such-sheet", "", 1, 1, {"sheets": "、".join(pages)}))
        values = values_of(pages[FACTS_SHEET])
        tables = {s.title: rows_of(pages[s.title], s.all_columns) for s in sheets() if s.title in pages}
        return manifest_from_tree(assemble(values, tables))
    except TreeError as error:
        raise ManifestError(path, error.faults) from None


Grid = list[list[Any]]


def load_pages(path: Path) -> dict[str, Grid]:
    """Cell values by sheet. The archive is looked at before anything is unpacked."""
    from openpyxl import load_workbook

    try:
        # From memory: openpyxl leaves the file open when it fails, and Windows would not let it be replaced.
        data = io.BytesIO(path.read_bytes() if path.stat().st_size <= _MAX_PACKED else b"")
        _inspect(data)
        with warnings.catch_warnings():
            # What openpyxl cannot keep (a theme, an extension) is none of the manifest's.
            warnings.simplefilter("ignore")
            book = load_workbook(data, read_only=False, data_only=False)
        return {page.title: list(_grid(page)) for page in book.worksheets}
    except TreeError:
        raise
    except _UNREADABLE as error:
        # openpyxl lets through whatever its XML parser or its descriptors raise on a damaged file; ParseError is a
        # SyntaxError, an encrypted member a RuntimeError.
        detail = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise TreeError(Fault("not-a-workbook", "", 1, 1, {"detail": detail})) from None


def _inspect(data: io.BytesIO) -> None:
    with zipfile.ZipFile(data) as archive:
        infos = archive.infolist()
        if len(infos) > 2_000 or sum(info.file_size for info in infos) > _MAX_UNPACKED:
            raise TreeError(Fault("not-a-workbook", "", 1, 1, {"detail": "too large when unpacked"}))
        for info in infos:
            if info.filename.endswith((".xml", ".rels")):
                with archive.open(info) as member:
                    # No workbook has a document type; one that has wants entities expanded.
                    if b"<!DOCTYPE" in member.read(4096):
                        raise TreeError(Fault("not-a-workbook", "", 1, 1, {"detail": f"DOCTYPE in {info.filename}"}))


def _grid(page: Worksheet) -> Iterator[list[Any]]:
    if page.max_row > _MAX_ROWS or page.max_column > 500:
        raise TreeError(Fault("not-a-workbook", "", 1, 1, {"detail": f"{page.title}: {page.max_row} rows"}))
    for row in page.iter_rows():
        cells = []
        for cell in row:
            if cell.data_type == "f":
                args = {"sheet": page.title, "cell": cell.coordinate}
                raise TreeError(Fault("cell-formula", "", cell.row, cell.column, args))
            value = cell.value
            cells.append(_ESCAPED.sub(_unescape, value) if isinstance(value, str) else value)
        yield cells


def _unescape(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return "\n" if code == 0x0D else chr(code)


def values_of(grid: Grid) -> dict[str, tuple[int, int, Any]]:
    """The single values, by their path in the fourth column."""
    known = dict(leaves())
    values = {}
    for line, row in enumerate(grid[1:], 2):
        path = row[3] if len(row) > 3 else None
        if path in known and row[1] is not None:
            values[str(path)] = (line, 2, row[1])
    return values


def rows_of(grid: Grid, columns: Sequence[Column]) -> list[RawRow]:
    """The rows of a table, by the headings of its first line."""
    if not grid:
        return []
    by_heading = {}
    for column in columns:
        by_heading[column.spec.heading] = column.name
        by_heading.setdefault(column.name, column.name)
    places = {at: by_heading[str(h).strip()] for at, h in enumerate(grid[0], 1) if str(h or "").strip() in by_heading}
    missing = [c for c in columns if c.required and c.name not in places.values()]
    if missing:
        args = {"column": missing[0].spec.heading, "columns": "、".join(str(h) for h in grid[0] if h)}
        raise TreeError(Fault("no-such-column", "", 1, 1, args))
    rows = []
    for line, cells in enumerate(grid[1:], 2):
        found = {places[at]: (at, c) for at, c in enumerate(cells, 1) if at in places and not _blank(c)}
        if found:
            rows.append(RawRow(line, found))
    return rows


def _blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def place_text(sheet: str, line: int, column: int) -> str:
    """Where a person finds the cell."""
    return f"{sheet}!{cell_name(line, column)}"
