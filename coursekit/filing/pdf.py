"""A filled form as PDF/A, set by typst with fonts that are embedded. A character no font has stops the form."""

from __future__ import annotations

import re
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from coursekit.filing.form import Filled, Grid, Page, Para, Space
from coursekit.typeset import NoGlyph, families, typeset

STANDARD = "a-2a"
_SONG, _HEI = ("Noto Serif SC",), ("Noto Sans SC",)
_LONG = re.compile(r"[!-~]{12,}")
_SIGNS = re.compile(r"[@/._?&=-]|[!-~]{11}")


class GlyphMissing(Exception):
    """No font at hand has a character: the form was not made, for a name must not be printed wrong."""

    def __init__(self, form: str, character: str, point: str, text: str) -> None:
        super().__init__(f"{form}: no font has {character} ({point}), which stands in “{text}”")
        self.form, self.character, self.point, self.text = form, character, point, text

    def describe(self, lang: str) -> str:
        """Which character, where it stands, and what to do."""
        if lang == "zh":
            return (
                f"《{self.form}》没有生成 PDF：字体里没有“{self.character}”（{self.point}），出现在“{self.text}”。\n"
                "用 --font-dir 指定含有这个字的字体文件夹，或者加 --no-pdf 只写 Word 版。"
            )
        return (
            f"{self.form}: no PDF was made: no font has “{self.character}” ({self.point}), which stands in "
            f"“{self.text}”.\nName a folder with a font that has it (--font-dir), or write Word only (--no-pdf)."
        )


def render_pdf(filled: Filled, font_dirs: tuple[Path, ...] = ()) -> bytes:
    """The bytes of the PDF/A."""
    more = families(font_dirs)
    data = {
        "title": filled.form.title,
        "author": filled.author,
        "song": [*_SONG, *more],
        "hei": [*_HEI, *_SONG, *more],
        "blocks": [_plain(block) for block in filled.blocks],
    }
    try:
        return typeset(_source(), data, font_dirs, STANDARD)
    except NoGlyph as error:
        # A name is told with the character in it: who it is matters to whoever must find a font.
        holder = next((t for t in filled.texts() if error.character in t), "")
        raise GlyphMissing(filled.form.title, error.character, error.point, holder[:40]) from None


@cache
def _source() -> bytes:
    return files("coursekit.filing").joinpath("form.typ").read_bytes()


def _plain(block: object) -> dict[str, Any]:
    match block:
        case Para():
            return {"kind": "para", **asdict(block)}
        case Space():
            return {"kind": "space", "height_mm": block.height_mm}
        case Page():
            return {"kind": "page"}
        case Grid():
            return {"kind": "grid", **_breakable(asdict(block))}
    raise TypeError(block)


def _breakable(value: Any) -> Any:
    """An address longer than its cell breaks after its signs, and at last anywhere."""
    if isinstance(value, dict):
        return {key: _breakable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_breakable(item) for item in value]
    return _LONG.sub(lambda m: _SIGNS.sub("\\g<0>\u200b", m[0]), value) if isinstance(value, str) else value
