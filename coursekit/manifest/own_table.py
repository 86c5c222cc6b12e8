"""A studio's own table (Excel or CSV), taken in by naming its columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coursekit.manifest.cells import CellError, from_cell
from coursekit.manifest.csv_files import read_csv
from coursekit.manifest.faults import Fault, ManifestError
from coursekit.manifest.load import manifest_from_tree
from coursekit.manifest.model import MANIFEST_SCHEMA, Manifest
from coursekit.manifest.sheets import Column, Sheet, cell_name, sheets
from coursekit.manifest.spreadsheet import Grid, load_pages
from coursekit.manifest.tree import Entries, Items, Node, Text, TreeError

# What studios commonly write over their columns. Anything else is named with --columns.
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "id": ("课次", "课次编号", "序号", "编号", "节次", "lesson", "no"),
    "title": ("课题", "课程名称", "课名", "标题", "章节名称", "节名称", "内容", "title"),
    "mode": ("方式", "授课方式", "线上线下", "mode"),
    "part": ("类型", "理论实操", "性质", "part"),
    "hours": ("课时", "学时", "课时数", "hours"),
    "file": ("文件", "视频文件", "文件名", "视频", "file"),
    "teaches": ("知识点", "技能点", "知识点技能点", "知识点编号", "points"),
    "cover": ("封面", "封面图", "cover"),
}
_DEFAULTS = {"mode": "online", "part": "theory", "hours": "1"}
_PARTS = {"理论课": "theory", "实操课": "practice", "实训": "practice", "技能": "practice", "实践": "practice"}
_MODES = {"录播": "online", "直播": "online", "网络": "online", "面授": "offline", "课堂": "offline"}
_POINT = re.compile(r"[、，,；;\s]+")


def import_table(
    path: Path, course_id: str, title: str, columns: Mapping[str, str] | None = None, sheet: str | None = None
) -> Manifest:
    """Lessons, and the points they name, from a table with one lesson a row.

    Points that the table names are entered with their code as text: the standard's wording is still to be filled in.
    """
    try:
        grid = _grid(path, sheet)
        places = _places(grid, dict(columns or {}))
        return manifest_from_tree(_tree(grid, places, course_id, title, path.name))
    except TreeError as error:
        raise ManifestError(path, error.faults) from None


def _grid(path: Path, sheet: str | None) -> Grid:
    if path.suffix.lower() == ".csv":
        return read_csv(path)
    pages = load_pages(path)
    if sheet is not None and sheet not in pages:
        raise TreeError(Fault("no-such-sheet", "", 1, 1, {"sheets": "、".join(pages)}))
    return pages[sheet] if sheet is not None else next(iter(pages.values()), [])


def _places(grid: Grid, named: dict[str, str]) -> dict[str, int]:
    """Field to column number. The heading line is the first with anything in it."""
    headings = [str(cell or "").strip() for cell in _heading(grid)[1]]
    places = {}
    for field, heading in named.items():
        if field not in _ALIASES:
            raise TreeError(Fault("unknown-column", "", 1, 1, {"column": field, "known": ", ".join(_ALIASES)}))
        if heading not in headings:
            raise TreeError(Fault("no-such-column", "", 1, 1, {"column": heading, "columns": _list(headings)}))
        places[field] = headings.index(heading) + 1
    for field, aliases in _ALIASES.items():
        at = next((headings.index(a) + 1 for a in aliases if a in headings), None)
        if field not in places and at is not None and at not in places.values():
            places[field] = at
    if "title" not in places:
        raise TreeError(Fault("no-such-column", "", 1, 1, {"column": "课题", "columns": _list(headings)}))
    return places


def _list(headings: list[str]) -> str:
    return "、".join(h for h in headings if h)


def _heading(grid: Grid) -> tuple[int, list[Any]]:
    return next(((i, row) for i, row in enumerate(grid) if any(cell is not None for cell in row)), (0, []))


def _tree(grid: Grid, places: Mapping[str, int], course_id: str, title: str, name: str) -> Entries:
    lesson = next(s for s in sheets() if s.path == ("lessons",))
    lessons, points = Items(1, 1, []), {}
    for line, row in enumerate(grid[_heading(grid)[0] + 1 :], _heading(grid)[0] + 2):
        cells = {f: (at, row[at - 1]) for f, at in places.items() if at <= len(row) and row[at - 1] is not None}
        if "title" not in cells or not str(cells["title"][1]).strip():
            continue
        entry = Entries(line, 1, {})
        number = len(lessons.items) + 1
        for field in ("id", "title", "mode", "part", "hours", "cover"):
            _set(entry, field, _field(lesson, field, cells, line, number, name))
        if "file" in cells:
            at, cell = cells["file"]
            media = Entries(line, at, {})
            _set(media, "file", Text(line, at, str(cell).strip().replace("\\", "/"), False))
            _set(entry, "media", Items(line, at, [media]))
        if "teaches" in cells:
            at, cell = cells["teaches"]
            found = [part for part in _POINT.split(str(cell).strip()) if part]
            _set(entry, "teaches", Items(line, at, [_mapping(line, at, point=part) for part in dict.fromkeys(found)]))
            points.update({part: (line, at) for part in found if part not in points})
        lessons.items.append(entry)
    root = _mapping(1, 1, schema=MANIFEST_SCHEMA)
    _set(root, "course", _mapping(1, 1, id=course_id, title=title))
    if points:
        items = [_mapping(li, at, id=p, kind=_kind(p), code=p, text=p) for p, (li, at) in points.items()]
        _set(root, "points", Items(1, 1, list(items)))
    _set(root, "lessons", lessons)
    return root


def _kind(point: str) -> str:
    return "skill" if re.search(r"(?:^|[.\-_])(?:S|技)", point) else "knowledge"


def _field(
    sheet: Sheet, field: str, cells: Mapping[str, tuple[int, Any]], line: int, number: int, name: str
) -> Node | None:
    column: Column = next(c for c in sheet.columns if c.name == field)
    at, cell = cells.get(field, (1, None))
    if isinstance(cell, str):
        cell = {**_PARTS, **_MODES}.get(cell.strip(), cell.strip()) if field in ("mode", "part") else cell.strip()
    try:
        node = from_cell(cell, column.hint, column.spec, column.many, line, at)
    except CellError as error:
        args = {"sheet": name, "cell": cell_name(line, at), "value": error.value}
        raise TreeError(Fault(error.code, "", line, at, args)) from None
    if node is None and field == "id":
        return Text(line, 1, f"L{number:02d}", False)
    if node is None and field in _DEFAULTS:
        return Text(line, 1, _DEFAULTS[field], field == "hours")
    return node


def _mapping(line: int, column: int, **texts: str) -> Entries:
    return Entries(
        line, column, {k: (Text(line, column, k, False), Text(line, column, v, False)) for k, v in texts.items()}
    )


def _set(entry: Entries, field: str, node: Node | None) -> None:
    if node is not None:
        entry.entries[field] = (Text(node.line, node.column, field, False), node)
