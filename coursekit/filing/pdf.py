"""A filled form as PDF/A, set by typst with fonts that are embedded. A character no font has stops the form."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from coursekit.filing.form import Filled, Grid, Page, Para, Space

STANDARD = "a-2a"
_SONG, _HEI = ("Noto Serif SC",), ("Noto Sans SC",)
_NOT_SHOWN = re.compile(r'the text `"(?P<text>(?:[^"\\]|\\.)*)"` could not be displayed')
_LONG = re.compile(r"[!-~]{12,}")
_SIGNS = re.compile(r"[@/._?&=-]|[!-~]{11}")
_ESCAPE = re.compile(r"\\u\{([0-9a-fA-F]+)\}")


class PdfUnavailable(Exception):
    """The extra `pdf` is not installed."""


class GlyphMissing(Exception):
    """No font at hand has a character: the form was not made, for a name must not be printed wrong."""

    def __init__(self, form: str, character: str, text: str) -> None:
        point = " ".join(f"U+{ord(c):04X}" for c in character)
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


class PdfFailed(Exception):
    """typst would not set the form, for another reason."""


def available() -> bool:
    """Whether PDFs can be made here."""
    from importlib.util import find_spec

    return find_spec("typst") is not None and find_spec("pylopdf_fonts_zh_cn") is not None


def render_pdf(filled: Filled, font_dirs: tuple[Path, ...] = ()) -> bytes:
    """The bytes of the PDF/A."""
    if not available():
        raise PdfUnavailable
    import pylopdf_fonts_zh_cn
    import typst

    own = Path(pylopdf_fonts_zh_cn.__file__).parent
    more = _families(font_dirs)
    data = {
        "title": filled.form.title,
        "author": filled.author,
        "song": [*_SONG, *more],
        "hei": [*_HEI, *_SONG, *more],
        "blocks": [_plain(block) for block in filled.blocks],
    }
    # Its stubs want every path of one type, the source included.
    compile_typst: Any = typst.compile
    try:
        made: bytes = compile_typst(
            _source(),
            font_paths=_fonts((own, *font_dirs)),
            format="pdf",
            pdf_standards=[STANDARD],
            # A date here would make two runs over the same data differ.
            timestamp=0,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        )
    except typst.TypstError as error:
        raise _explain(filled, str(error)) from None
    return made


@cache
def _source() -> bytes:
    return files("coursekit.filing").joinpath("form.typ").read_bytes()


def _families(font_dirs: tuple[Path, ...]) -> list[str]:
    """Family names in the operator's own folders, to fall back on."""
    return sorted(set(_fonts(font_dirs).families())) if font_dirs else []


def _fonts(folders: tuple[Path, ...]) -> Any:
    """The fonts of these folders and no others: the system's would differ from machine to machine."""
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(folders))


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


def _explain(filled: Filled, said: str) -> Exception:
    if (found := _NOT_SHOWN.search(said)) is None:
        return PdfFailed(said)
    # A name is told with the character in it: who it is matters to whoever must find a font.
    text = _ESCAPE.sub(lambda m: chr(int(m[1], 16)), found["text"])
    character = text[:1]
    holder = next((t for t in filled.texts() if character in t), "")
    return GlyphMissing(filled.form.title, character, holder[:40])
