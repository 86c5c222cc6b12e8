"""The manifest as flat tables: how a workbook or a set of CSV files is laid out. Derived from the declarations."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from coursekit.manifest.cells import Cell, CellError, from_cell, to_cell
from coursekit.manifest.faults import Fault
from coursekit.manifest.fields import Form, Spec
from coursekit.manifest.model import MANIFEST_SCHEMA, LessonEntry, Manifest, Media
from coursekit.manifest.reader import specs, unwrap
from coursekit.manifest.tree import Entries, Items, Node, Text, TreeError

FACTS_SHEET = "课程信息"
FACTS_HEADINGS = ("项目", "内容", "说明", "字段")
_LEVEL = Spec("等级", "5–1，分别为五级至一级", "5 to 1", Form.CODE)
_COLUMN = Spec("栏", "theory（理论）或 skill（技能）", "theory or skill", Form.CODE)
_FUNCTION = Spec("职业功能", "职业功能序号，或“职业道德”“基础知识”", "function", Form.CODE)
_WEIGHT = Spec("权重", "百分数，每个等级每栏合计 100", "per cent", Form.FRACTION)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a field of a record, or what ties the record to its parent."""

    name: str
    spec: Spec
    hint: Any
    many: bool
    required: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table."""

    title: str
    path: tuple[str, ...]
    """Field names from the manifest down."""
    target: type | None
    parents: tuple[Column, ...]
    columns: tuple[Column, ...]

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """As they stand in the table."""
        return self.parents + self.columns


Row = Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as read: its line, and column name to (column number, cell)."""

    line: int
    cells: Mapping[str, tuple[int, Any]]


@cache
def leaves() -> tuple[tuple[str, Column], ...]:
    """The single values: dotted path and declaration."""
    return tuple(_leaves(Manifest, ""))


def _leaves(target: type, prefix: str) -> Iterator[tuple[str, Column]]:
    for name, spec, hint, required in specs(target):
        inner, _ = unwrap(hint)
        origin = typing.get_origin(inner)
        many = origin is tuple
        item = typing.get_args(inner)[0] if many else inner
        if prefix == "" and name == "schema":
            continue
        if dataclasses.is_dataclass(item):
            if not many:
                yield from _leaves(typing.cast(type, item), f"{prefix}{name}.")
        elif origin is None or many:
            yield f"{prefix}{name}", Column(name, spec, item, many, required)


@cache
def sheets() -> tuple[Sheet, ...]:
    """The record lists, outermost first, then the two tables that are kept by level."""
    found = list(_sheets(Manifest, (), ()))
    found.append(
        Sheet("权重表", ("weights",), None, (), tuple(Column(s.heading, s, str, False, True) for s in _WEIGHT_COLUMNS))
    )
    reference = next(hint for name, _, hint, _ in specs(_record("hours")) if name == "reference")
    inner = typing.get_args(unwrap(reference)[0])[1]
    level = Column("等级", _LEVEL, str, False, True)
    found.append(Sheet("参考学时", ("hours", "reference"), inner, (level,), tuple(_columns(inner))))
    return tuple(found)


_WEIGHT_COLUMNS = (_LEVEL, _COLUMN, _FUNCTION, _WEIGHT)


def _record(name: str) -> type:
    hint = next(hint for each, _, hint, _ in specs(Manifest) if each == name)
    return typing.cast(type, unwrap(hint)[0])


def _columns(target: type) -> Iterator[Column]:
    for name, spec, hint, required in specs(target):
        inner, _ = unwrap(hint)
        many = typing.get_origin(inner) is tuple
        item = typing.get_args(inner)[0] if many else inner
        if not dataclasses.is_dataclass(item):
            yield Column(name, spec, item, many, required)


def _sheets(target: type, path: tuple[str, ...], parents: tuple[Column, ...]) -> Iterator[Sheet]:
    for name, spec, hint, _ in specs(target):
        inner, _ = unwrap(hint)
        if typing.get_origin(inner) is tuple and dataclasses.is_dataclass(item := typing.get_args(inner)[0]):
            cls = typing.cast(type, item)
            here = (*path, name)
            yield Sheet(spec.heading, here, cls, parents, tuple(_columns(cls)))
            key = _KEYS.get(cls)
            if key is not None:
                column = next(c for c in _columns(cls) if c.name == key)
                heading = "所属课次" if cls is LessonEntry else "所属文件"
                tie = dataclasses.replace(
                    column, name=f"{name}.{key}", spec=dataclasses.replace(column.spec, heading=heading)
                )
                yield from _sheets(cls, here, (*parents, tie))
        elif dataclasses.is_dataclass(inner):
            yield from _sheets(typing.cast(type, inner), (*path, name), parents)


# By which field a nested record names the one it belongs to.
_KEYS: Mapping[type, str] = {LessonEntry: "id", Media: "file"}


# ------------------------------------------------------------------------------------------------------ plain to tables


def flatten(plain: Mapping[str, Any]) -> tuple[Mapping[str, Cell], Mapping[str, list[Row]]]:
    """The single values by path, and the rows of each sheet by title."""
    values = {}
    for path, column in leaves():
        node: Any = plain
        for part in path.split("."):
            node = node.get(part) if isinstance(node, Mapping) else None
        if node is not None:
            values[path] = to_cell(node, column.hint, column.spec, column.many)
    return values, {sheet.title: list(_rows(plain, sheet)) for sheet in sheets()}


def _rows(plain: Mapping[str, Any], sheet: Sheet) -> Iterator[Row]:
    if sheet.path == ("weights",):
        for level, table in plain.get("weights", {}).items():
            if not any(table.values()):
                yield {"等级": level}
            for column, weights in table.items():
                for function, weight in weights.items():
                    yield {"等级": level, "栏": column, "职业功能": function, "权重": weight}
        return
    if sheet.path == ("hours", "reference"):
        for level, record in plain.get("hours", {}).get("reference", {}).items():
            yield {"等级": level, **_cells(record, sheet)}
        return
    yield from _nested(plain, sheet, 0, {})


def _nested(node: Any, sheet: Sheet, depth: int, ties: Mapping[str, Cell]) -> Iterator[Row]:
    name = sheet.path[depth]
    below = node.get(name, ()) if isinstance(node, Mapping) else ()
    if depth == len(sheet.path) - 1:
        for record in below:
            yield {**ties, **_cells(record, sheet)}
    elif isinstance(below, Mapping):
        yield from _nested(below, sheet, depth + 1, ties)
    else:
        for record in below:
            tie = next(t for t in sheet.parents if t.name.startswith(f"{name}."))
            yield from _nested(record, sheet, depth + 1, {**ties, tie.name: record.get(tie.name.split(".")[1])})


def _cells(record: Mapping[str, Any], sheet: Sheet) -> dict[str, Cell]:
    return {
        c.name: to_cell(record[c.name], c.hint, c.spec, c.many) for c in sheet.columns if record.get(c.name) is not None
    }


# ------------------------------------------------------------------------------------------------------- tables to tree


def assemble(values: Mapping[str, tuple[int, int, Any]], tables: Mapping[str, Sequence[RawRow]]) -> Node:
    """The tree of what the tables say; every node stands where its cell stands."""
    faults: list[Fault] = []
    root = Entries(1, 1, {"schema": (_key(1, 1, "schema"), Text(1, 1, MANIFEST_SCHEMA, False))})
    for path, column in leaves():
        if path in values:
            line, at, cell = values[path]
            _put(root, path.split("."), _cell(cell, column, FACTS_SHEET, line, at, faults))
    for sheet in sheets():
        rows = tables.get(sheet.title, ())
        if sheet.path == ("weights",):
            _weights(root, rows, sheet, faults)
        elif sheet.path == ("hours", "reference"):
            _reference(root, rows, sheet, faults)
        else:
            _records(root, rows, sheet, faults)
    if faults:
        raise TreeError(*faults)
    return root


def _cell(cell: Any, column: Column, sheet: str, line: int, at: int, faults: list[Fault]) -> Node | None:
    try:
        return from_cell(cell, column.hint, column.spec, column.many, line, at)
    except CellError as error:
        args = {"sheet": sheet, "cell": cell_name(line, at), "value": error.value}
        faults.append(Fault(error.code, "", line, at, args))
        return None


def cell_name(line: int, column: int) -> str:
    """C5 for line 5, column 3."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{line}"


def _key(line: int, column: int, text: str) -> Text:
    return Text(line, column, text, False)


def _put(node: Entries, path: Sequence[str], value: Node | None) -> None:
    if value is None:
        return
    for part in path[:-1]:
        if part not in node.entries:
            node.entries[part] = (_key(value.line, value.column, part), Entries(value.line, value.column, {}))
        below = node.entries[part][1]
        assert isinstance(below, Entries)
        node = below
    node.entries[path[-1]] = (_key(value.line, value.column, path[-1]), value)


def _entry(row: RawRow, columns: Sequence[Column], sheet: Sheet, faults: list[Fault]) -> Entries:
    record = Entries(row.line, 1, {})
    for column in columns:
        if column.name in row.cells:
            at, cell = row.cells[column.name]
            _put(record, [column.name], _cell(cell, column, sheet.title, row.line, at, faults))
    return record


def _tie(row: RawRow, column: Column) -> str:
    _, cell = row.cells.get(column.name, (1, None))
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else str(cell)


def _records(root: Entries, rows: Sequence[RawRow], sheet: Sheet, faults: list[Fault]) -> None:
    for row in rows:
        holder: Entries | None = root
        parents = list(sheet.parents)
        for name in sheet.path[:-1]:
            holder = _step(holder, name, parents, row, sheet, faults)
        if holder is None:
            continue
        name = sheet.path[-1]
        if name not in holder.entries:
            holder.entries[name] = (_key(row.line, 1, name), Items(row.line, 1, []))
        items = holder.entries[name][1]
        assert isinstance(items, Items)
        items.items.append(_entry(row, sheet.columns, sheet, faults))


def _step(
    holder: Entries | None, name: str, parents: list[Column], row: RawRow, sheet: Sheet, faults: list[Fault]
) -> Entries | None:
    """One level down: into a record, or into the list entry that the row names."""
    if holder is None:
        return None
    below = holder.entries[name][1] if name in holder.entries else None
    tie = parents[0] if parents and parents[0].name.startswith(f"{name}.") else None
    if tie is None:
        if below is None:
            below = Entries(row.line, 1, {})
            holder.entries[name] = (_key(row.line, 1, name), below)
        return below if isinstance(below, Entries) else None
    parents.pop(0)
    wanted = _tie(row, tie)
    field = tie.name.split(".")[1]
    for item in below.items if isinstance(below, Items) else ():
        if isinstance(item, Entries) and field in item.entries:
            value = item.entries[field][1]
            if isinstance(value, Text) and value.text == wanted:
                return item
    at, _ = row.cells.get(tie.name, (1, None))
    args = {"sheet": sheet.title, "cell": cell_name(row.line, at), "detail": f"{tie.spec.heading}：{wanted or '—'}"}
    faults.append(Fault("no-such-parent", "", row.line, at, args))
    return None


def _weights(root: Entries, rows: Sequence[RawRow], sheet: Sheet, faults: list[Fault]) -> None:
    for row in rows:
        record = _entry(row, sheet.columns, sheet, faults)
        texts = {k: v.text for k, (_, v) in record.entries.items() if isinstance(v, Text)}
        level, column, function = texts.get("等级", ""), texts.get("栏", ""), texts.get("职业功能", "")
        column = {"理论": "theory", "技能": "skill"}.get(column, column)
        if level and not column:
            _put(root, ["weights", level], Entries(row.line, 1, {}))
        elif level:
            weight = texts.get("权重", "")
            value = Text(row.line, 4, weight, plain=weight.isdecimal() and len(weight) <= 6)
            _put(root, ["weights", level, column, function], value)


def _reference(root: Entries, rows: Sequence[RawRow], sheet: Sheet, faults: list[Fault]) -> None:
    for row in rows:
        _put(root, ["hours", "reference", _tie(row, sheet.parents[0])], _entry(row, sheet.columns, sheet, faults))


def sheet_of(pointer: str) -> str:
    """The sheet in which a pointer's value stands."""
    names = tuple(part for part in pointer.split("/")[1:] if not part.isdecimal())
    for sheet in sorted(sheets(), key=lambda s: -len(s.path)):
        if names[: len(sheet.path)] == sheet.path:
            return sheet.title
    return FACTS_SHEET
