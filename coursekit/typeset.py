"""Sets a page as PDF/A with typst: fonts that come along and are embedded, no clock, a missing glyph named."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

_NOT_SHOWN = re.compile(r'the text `"(?P<text>(?:[^"\\]|\\.)*)"` could not be displayed')
_ESCAPE = re.compile(r"\\u\{([0-9a-fA-F]+)\}")


class TypesetUnavailable(Exception):
    """The extra `pdf` is not installed."""


class TypesetFailed(Exception):
    """typst would not set the page; what it said."""


class NoGlyph(Exception):
    """No font at hand has a character: nothing was made, for a name must not be printed wrong."""

    def __init__(self, character: str) -> None:
        super().__init__(character)
        self.character = character
        self.point = " ".join(f"U+{ord(c):04X}" for c in character)


def available() -> bool:
    """Whether PDFs can be made here."""
    from importlib.util import find_spec

    return find_spec("typst") is not None and find_spec("pylopdf_fonts_zh_cn") is not None


def typeset(
    source: bytes | Path, data: object, font_dirs: tuple[Path, ...], standard: str, root: Path | None = None
) -> bytes:
    """The bytes of the PDF/A; `data` is handed to the page as JSON, `root` holds the files that it names."""
    if not available():
        raise TypesetUnavailable
    import pylopdf_fonts_zh_cn
    import typst

    own = Path(pylopdf_fonts_zh_cn.__file__).parent
    # Its stubs want every path of one type, the source included.
    compile_typst: Any = typst.compile
    try:
        made: bytes = compile_typst(
            source,
            root=root,
            font_paths=_fonts((own, *font_dirs)),
            format="pdf",
            pdf_standards=[standard],
            # A date here would make two runs over the same data differ.
            timestamp=0,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        )
    except typst.TypstError as error:
        found = _NOT_SHOWN.search(str(error))
        if found is None:
            raise TypesetFailed(str(error)) from None
        raise NoGlyph(_ESCAPE.sub(lambda m: chr(int(m[1], 16)), found["text"])[:1]) from None
    return made


def families(font_dirs: tuple[Path, ...]) -> list[str]:
    """Family names in the reader's own folders, to fall back on."""
    return sorted(set(_fonts(font_dirs).families())) if font_dirs else []


def _fonts(folders: tuple[Path, ...]) -> Any:
    """The fonts of these folders and no others: the system's would differ from machine to machine."""
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(folders))
