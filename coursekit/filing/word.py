"""A filled form as a Word file: editable, in the fonts that office machines have, the same bytes on every run."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Any

from docx import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from coursekit.filing.form import Cell, Filled, Grid, Page, Para, Space

SONG, HEI, LATIN = "宋体", "黑体", "Times New Roman"
"""Fonts by the names Windows and WPS know; elsewhere the office suite takes its own Song and Hei."""
_TEXT_MM = 156
_SIZES = {
    "body": 12.0,
    "label": 12.0,
    "section": 12.0,
    "hint": 10.5,
    "title": 22.0,
    "heading": 15.0,
    "cover": 16.0,
    "small": 10.5,
}
_HEI = frozenset({"title", "heading", "section"})
_ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "centre": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
}
_ROW_MM = 8.5
_WHOLE_MM = 70
"""A row up to this height stays on one page; a higher one may run on."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


def render_word(filled: Filled) -> bytes:
    """The bytes of the .docx."""
    document = Document()
    _prepare(document, filled)
    for block in filled.blocks:
        match block:
            case Para():
                _set(document.add_paragraph(), block)
            case Space():
                _space(document.add_paragraph(), block.height_mm)
            case Page():
                _page(document.add_paragraph())
            case Grid():
                _table(document, block)
    raw = io.BytesIO()
    document.save(raw)
    return _settle(raw.getvalue())


def _prepare(document: Any, filled: Filled) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(27)
    section.top_margin = section.bottom_margin = Mm(25)
    normal = document.styles["Normal"]
    _font(normal, SONG)
    normal.font.size = Pt(12)
    spacing = normal.paragraph_format
    spacing.space_before = spacing.space_after = Pt(0)
    spacing.line_spacing = 1.25
    core = document.core_properties
    core.title, core.author, core.last_modified_by = filled.form.title, filled.author, filled.author
    core.comments, core.keywords = "", ""
    # A date here would make two runs over the same data differ.
    core.created = core.modified = datetime(2020, 1, 1)  # noqa: DTZ001 - the property has no zone
    core.revision = 1
    core.language = "zh-CN"


def _font(owner: Any, east_asian: str) -> None:
    """Both faces: `font.name` alone leaves Chinese to the theme, which means a Japanese face."""
    owner.font.name = LATIN
    fonts = owner.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{name}"), None)
    for name in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{name}"), LATIN)
    fonts.set(qn("w:eastAsia"), east_asian)
    fonts.set(qn("w:hint"), "eastAsia")
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")
    owner.element.get_or_add_rPr().append(language)


def _set(paragraph: Any, para: Para) -> None:
    paragraph.alignment = _ALIGN[para.align]
    size = _SIZES[para.style]
    # Exact, so that a page holds as much with the office's own Song as with any other face.
    paragraph.paragraph_format.line_spacing = Pt(round(size * 1.5))
    if para.gap_mm:
        paragraph.paragraph_format.space_before = Mm(para.gap_mm)
    elif para.style in ("title", "heading"):
        paragraph.paragraph_format.space_before = Pt(size * 0.4)
    if para.style in ("title", "heading", "cover"):
        paragraph.paragraph_format.space_after = Pt(size * 0.7)
    if para.indent:
        paragraph.paragraph_format.first_line_indent = Pt(size * 2)
    if para.style == "cover":
        paragraph.paragraph_format.left_indent = Mm(24)
    run = paragraph.add_run(para.text)
    run.font.size = Pt(size)
    _font(run, HEI if para.style in _HEI else SONG)


def _page(paragraph: Any) -> None:
    """A line of one point that begins the page: a break in a line of its own would leave a gap at its top."""
    paragraph.paragraph_format.page_break_before = True
    paragraph.paragraph_format.line_spacing = Pt(1)


def _space(paragraph: Any, height_mm: float) -> None:
    """Room of an exact height: an empty line that is as high as the room."""
    form = paragraph.paragraph_format
    form.line_spacing = Pt(1)
    form.space_before = Mm(height_mm)


def _table(document: Any, grid: Grid) -> None:
    total = sum(grid.widths)
    table = document.add_table(rows=len(grid.rows), cols=len(grid.widths))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, width in zip(table.columns, grid.widths, strict=True):
        column.width = Mm(_TEXT_MM * width / total)
    taken: set[tuple[int, int]] = set()
    for y, row in enumerate(grid.rows):
        x = 0
        height = max((cell.height_mm for cell in row), default=0)
        table.rows[y].height_rule = WD_ROW_HEIGHT_RULE.AT_LEAST
        table.rows[y].height = Mm(max(_ROW_MM, height))
        if height <= _WHOLE_MM:
            table.rows[y]._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        for cell in row:
            while (y, x) in taken:
                x += 1
            area = table.cell(y, x)
            if cell.span > 1 or cell.rows > 1:
                area = area.merge(table.cell(y + cell.rows - 1, x + cell.span - 1))
            area.width = Mm(_TEXT_MM * sum(grid.widths[x : x + cell.span]) / total)
            taken |= {(y + dy, x + dx) for dy in range(cell.rows) for dx in range(cell.span)}
            _fill(area, cell, max(_ROW_MM, height))
            x += cell.span


def _fill(area: Any, cell: Cell, height_mm: float) -> None:
    tall = height_mm > 20
    area.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.TOP if tall else WD_CELL_VERTICAL_ALIGNMENT.CENTER
    if cell.paras[0].style == "label":
        area.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    # A merged cell keeps the empty paragraphs of all it was made of.
    for extra in area.paragraphs[1:]:
        extra._element.getparent().remove(extra._element)
    for index, para in enumerate(cell.paras):
        _set(area.paragraphs[0] if index == 0 else area.add_paragraph(), para)
    for index, para in enumerate(cell.foot):
        paragraph = area.add_paragraph()
        _set(paragraph, para)
        paragraph.paragraph_format.left_indent = Mm(72)
        paragraph.paragraph_format.space_before = Mm(16 if index == 0 else 4)


def _settle(raw: bytes) -> bytes:
    """The same parts without the template's picture and without the time of day."""
    source, target = zipfile.ZipFile(io.BytesIO(raw)), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name in sorted(source.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            if name == "docProps/thumbnail.jpeg":
                continue
            data = source.read(name)
            if name == "_rels/.rels":
                data = _without_thumbnail(data)
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            out.writestr(entry, data)
    return target.getvalue()


def _without_thumbnail(relations: bytes) -> bytes:
    import re

    return re.sub(rb"<Relationship [^>]*thumbnail[^>]*/>", b"", relations)
