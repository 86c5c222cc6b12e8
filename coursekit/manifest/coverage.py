"""The matrix of points × lessons: rows for the terminal, a fragment for the report, tables for Excel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.manifest.cells import Cell
from coursekit.manifest.graph import Graph, build_graph
from coursekit.manifest.model import Manifest, Point
from coursekit.manifest.vocabulary import Depth, PointKind

if TYPE_CHECKING:
    from openpyxl import Workbook

SIGNS = {Depth.MENTION: "·", Depth.TEACH: "○", Depth.DEMONSTRATE: "◐", Depth.PRACTISE: "●"}


@dataclass(frozen=True, slots=True)
class Row:
    """One point."""

    point: Point
    depths: tuple[Depth | None, ...]
    """One per lesson of the matrix."""
    assessed: bool
    gaps: tuple[str, ...]
    """`not-taught`, `only-mentioned`, `not-practised`, `not-assessed`; empty for a point that is not required."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """All points against all lessons."""

    manifest: Manifest
    rows: tuple[Row, ...]

    @property
    def gaps(self) -> tuple[Row, ...]:
        """Rows in which something is missing."""
        return tuple(row for row in self.rows if row.gaps)


_ADVICE = {
    "zh": {
        "not-taught": "没有课讲授，须补课",
        "only-mentioned": "只是提及，须正式讲授",
        "not-practised": "须示范或练习",
        "not-assessed": "没有考核，须加入考核",
    },
    "en": {
        "not-taught": "taught by no lesson: add it",
        "only-mentioned": "only mentioned: teach it",
        "not-practised": "show or practise it",
        "not-assessed": "not assessed: add it to an assessment",
    },
}


def build_matrix(
    manifest: Manifest, required_depth: Depth = Depth.TEACH, practical_depth: Depth = Depth.DEMONSTRATE
) -> Matrix:
    """The matrix of a manifest."""
    graph = build_graph(manifest)
    wanted = {index for index, _ in graph.required()}
    rows = []
    for index, point in enumerate(manifest.points):
        by_lesson = {t.lesson: t.depth for t in graph.taught.get(point.id, ())}
        depths = tuple(by_lesson.get(i) for i in range(len(manifest.lessons)))
        gaps = _gaps(graph, point, required_depth, practical_depth) if index in wanted else ()
        rows.append(Row(point, depths, bool(graph.assessed.get(point.id)), gaps))
    return Matrix(manifest, tuple(rows))


def _gaps(graph: Graph, point: Point, required: Depth, practical: Depth) -> tuple[str, ...]:
    depth = graph.depth(point)
    gaps = []
    if depth is None:
        gaps.append("not-taught")
    elif depth.rank < required.rank:
        gaps.append("only-mentioned")
    elif graph.needs_hands(point) and depth.rank < practical.rank:
        gaps.append("not-practised")
    if not graph.assessed.get(point.id):
        gaps.append("not-assessed")
    return tuple(gaps)


def advice(gap: str, lang: str) -> str:
    """What to do about a gap."""
    return _ADVICE["en" if lang == "en" else "zh"][gap]


def lessons_of(matrix: Matrix, row: Row) -> str:
    """The lessons that treat a point, each with its sign."""
    lessons = matrix.manifest.lessons
    return " ".join(f"{lessons[i].id}{SIGNS[depth]}" for i, depth in enumerate(row.depths) if depth is not None)


def table_rows(matrix: Matrix, lang: str = "zh") -> list[list[Cell]]:
    """The whole matrix as cells, headings first."""
    zh = lang != "en"
    head: list[Cell] = ["编号", "序号", "内容", "类别"] if zh else ["id", "code", "text", "kind"]
    head += [lesson.id for lesson in matrix.manifest.lessons]
    head += ["考核", "缺口"] if zh else ["assessed", "gaps"]
    rows: list[list[Cell]] = [head]
    for row in matrix.rows:
        kind = row.point.kind
        cells: list[Cell] = [row.point.id, row.point.code, row.point.text, kind.zh if zh else kind.en]
        cells += [None if depth is None else depth.zh if zh else depth.en for depth in row.depths]
        cells += ["✓" if row.assessed else None, "；".join(advice(gap, lang) for gap in row.gaps) or None]
        rows.append(cells)
    return rows


def coverage_workbook(matrix: Matrix, lang: str = "zh") -> Workbook:
    """The matrix as a workbook, gaps in red."""
    from openpyxl import Workbook
    from openpyxl.styles import Font, PatternFill

    from coursekit.manifest.spreadsheet import put_text

    book = Workbook()
    page = book.active
    page.title = "覆盖矩阵" if lang != "en" else "coverage"
    red = PatternFill("solid", fgColor="F8C9C4")
    for line, cells in enumerate(table_rows(matrix, lang), 1):
        for at, value in enumerate(cells, 1):
            if value is not None:
                put_text(page.cell(line, at), str(value))
                if line == 1:
                    page.cell(line, at).font = Font(bold=True)
        if line > 1 and matrix.rows[line - 2].gaps:
            for at in (1, 2, 3, len(cells)):
                page.cell(line, at).fill = red
    page.freeze_panes = "E2"
    page.column_dimensions["C"].width = 46
    return book


def write_coverage(matrix: Matrix, path: Path, lang: str = "zh") -> None:
    """HTML, CSV or workbook, by the name."""
    from coursekit.files import write_atomic
    from coursekit.manifest.csv_files import write_csv
    from coursekit.manifest.spreadsheet import save_workbook

    suffix = path.suffix.lower()
    if suffix == ".csv":
        write_csv(path, table_rows(matrix, lang))
    elif suffix == ".xlsx":
        save_workbook(coverage_workbook(matrix, lang), path)
    else:
        title = escape(matrix.manifest.course.title)
        page = f'<!doctype html>\n<html lang="{"en" if lang == "en" else "zh-CN"}">\n<meta charset="utf-8">\n'
        write_atomic(path, f"{page}<title>{title}</title>\n{render_coverage_html(matrix, lang)}</html>\n")


MOST_GAPS = 50
_SEPARATOR = ("；", "; ")
_STYLE = """<style>
.ck-cov{--bad:#b3261e;--ok:#146c43;--line:#d0d7de;font:14px/1.5 system-ui,"PingFang SC","Microsoft YaHei",
"Noto Sans CJK SC",sans-serif;color:#1f2328}
.ck-cov .wrap{overflow:auto;max-height:80vh;border:1px solid var(--line)}
.ck-cov table{border-collapse:separate;border-spacing:0}
.ck-cov th,.ck-cov td{border-right:1px solid var(--line);border-bottom:1px solid var(--line);padding:2px 6px;
background:#fff}
.ck-cov thead th{position:sticky;top:0;z-index:2;background:#f6f8fa;font-weight:600}
.ck-cov tbody th{position:sticky;left:0;z-index:1;text-align:left;font-weight:400;min-width:16em;max-width:26em}
.ck-cov thead th:first-child{left:0;z-index:3}
.ck-cov td{text-align:center}
.ck-cov .task th{background:#eef2f6;font-weight:600}
.ck-cov .gap th,.ck-cov .gap td{background:#fdecea}
.ck-cov .gap .why{color:var(--bad);text-align:left;min-width:12em}
.ck-cov .missing{color:var(--bad)}
.ck-cov .ok{color:var(--ok)}.ck-cov code{font-size:12px;color:#57606a}
@media print{.ck-cov .wrap{overflow:visible;max-height:none}.ck-cov th,.ck-cov td{font-size:8px;padding:1px 2px}}
</style>
"""


def render_coverage_html(matrix: Matrix, lang: str = "zh") -> str:
    """A fragment that needs nothing from outside: a style of its own, a summary, the matrix."""
    zh = lang != "en"
    total, gaps = len(matrix.rows), len(matrix.gaps)
    said = (
        f"{total} 个知识点、技能点，{len(matrix.manifest.lessons)} 课；{gaps} 个点有缺口。"
        if zh
        else f"{total} points, {len(matrix.manifest.lessons)} lessons; {gaps} points with gaps."
    )
    key = "  ".join(f"{sign} {depth.zh if zh else depth.en}" for depth, sign in SIGNS.items())
    lessons = "".join(f'<th title="{escape(le.title)}">{escape(le.id)}</th>' for le in matrix.manifest.lessons)
    head = f"<th>{'知识点 / 技能点' if zh else 'Point'}</th><th>{'要补什么' if zh else 'What to add'}</th>"
    head += f"<th>{'考核' if zh else 'Assessed'}</th>{lessons}"
    body = "".join(_html_rows(matrix, lang))
    return (
        f'{_STYLE}<section class="ck-cov" aria-label="{"覆盖矩阵" if zh else "Coverage"}">\n'
        f"<p>{said} <span>{escape(key)}</span></p>\n{_html_gaps(matrix, lang)}"
        f'<div class="wrap"><table><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}</tbody></table></div>\n</section>\n"
    )


def _html_gaps(matrix: Matrix, lang: str) -> str:
    """What is missing, before the table that shows where."""
    items = [
        f"<li><code>{escape(row.point.id)}</code> {escape(row.point.text)} — "
        f"{escape(_SEPARATOR[lang == 'en'].join(advice(gap, lang) for gap in row.gaps))}</li>\n"
        for row in matrix.gaps[:MOST_GAPS]
    ]
    left = len(matrix.gaps) - MOST_GAPS
    if left > 0:
        items.append(f"<li>{'… and' if lang == 'en' else '……另有'} {left}</li>\n")
    return f'<ul class="missing">\n{"".join(items)}</ul>\n' if items else ""


def _html_rows(matrix: Matrix, lang: str) -> Sequence[str]:
    lines = []
    task: str | None = None
    width = len(matrix.manifest.lessons) + 3
    for row in matrix.rows:
        point = row.point
        here = " ".join(part for part in (point.function, point.task) if part)
        if here != task:
            task = here
            lines.append(f'<tr class="task"><th colspan="{width}">{escape(here)}</th></tr>\n')
        words = f"<code>{escape(point.id)}</code> {escape(point.text)}"
        if point.critical and point.kind is PointKind.SKILL:
            words += " ★"
        cells = "".join(f"<td>{SIGNS[depth] if depth is not None else ''}</td>" for depth in row.depths)
        done = '<td class="ok">✓</td>' if row.assessed else "<td></td>"
        why = escape(_SEPARATOR[lang == "en"].join(advice(gap, lang) for gap in row.gaps))
        mark = ' class="gap"' if row.gaps else ""
        last = f'<td class="why">{why}</td>'
        lines.append(f'<tr{mark}><th scope="row">{words}</th>{last}{done}{cells}</tr>\n')
    return lines
