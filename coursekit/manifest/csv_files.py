"""The manifest as a folder of CSV files, one per sheet, that Excel opens and a diff can show."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from coursekit.files import write_atomic
from coursekit.manifest.cells import Cell
from coursekit.manifest.faults import Fault, ManifestError
from coursekit.manifest.load import manifest_from_tree
from coursekit.manifest.model import Manifest
from coursekit.manifest.plain import number_text, to_plain
from coursekit.manifest.sheets import FACTS_HEADINGS, FACTS_SHEET, assemble, flatten, leaves, sheets
from coursekit.manifest.spreadsheet import Grid, rows_of, values_of
from coursekit.manifest.tree import TreeError
from coursekit.probe.limits import MANIFEST_BYTES as MAX_BYTES

_RISKY = ("=", "+", "-", "@", "\t", "'")
"""A cell that begins like this is run as a formula by office programs; an apostrophe in front keeps it text."""


def write_csv_folder(manifest: Manifest, folder: Path) -> None:
    """One file per sheet, UTF-8 with a byte order mark, without which Excel shows rubbish."""
    values, tables = flatten(to_plain(manifest))
    rows: list[Sequence[Cell]] = [FACTS_HEADINGS]
    rows += [(column.spec.heading, values.get(path), column.spec.zh, path) for path, column in leaves()]
    write_csv(folder / f"{FACTS_SHEET}.csv", rows)
    for sheet in sheets():
        names = [column.name for column in sheet.all_columns]
        lines: list[Sequence[Cell]] = [[column.spec.heading for column in sheet.all_columns]]
        lines += [[row.get(name) for name in names] for row in tables[sheet.title]]
        write_csv(folder / f"{sheet.title}.csv", lines)


def write_csv(path: Path, rows: Sequence[Sequence[Cell]]) -> None:
    """One CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([_out(cell) for cell in row] for row in rows)
    write_atomic(path, text.getvalue().encode("utf-8-sig"))


def _out(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, int | float):
        return number_text(float(cell)) if isinstance(cell, float) else str(cell)
    return f"'{cell}" if cell.startswith(_RISKY) else cell


def read_csv_folder(folder: Path) -> Manifest:
    """The manifest in such a folder."""
    try:
        values = values_of(read_csv(folder / f"{FACTS_SHEET}.csv"))
        tables = {
            sheet.title: rows_of(read_csv(path), sheet.all_columns)
            for sheet in sheets()
            if (path := folder / f"{sheet.title}.csv").is_file()
        }
        return manifest_from_tree(assemble(values, tables))
    except TreeError as error:
        raise ManifestError(folder, error.faults) from None


def read_csv(path: Path) -> Grid:
    """The cells of a CSV file, UTF-8 or, as Chinese Excel writes it, GB 18030."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise TreeError(Fault("cannot-open", "", 1, 1, {"detail": f"{path.name}: {error.strerror}"})) from None
    if len(data) > MAX_BYTES:
        raise TreeError(Fault("too-large", "", 1, 1, {"megabytes": len(data) / 2**20, "most": MAX_BYTES // 2**20}))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as error:
            raise TreeError(Fault("not-utf8", "", data[: error.start].count(b"\n") + 1, 1)) from None
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise TreeError(Fault("syntax", "", 1, 1, {"detail": str(error)})) from None
    return [[_in(cell) for cell in row] for row in rows]


def _in(cell: str) -> str | None:
    if cell.startswith("'") and cell[1:].startswith(_RISKY):
        return cell[1:]
    return cell or None
