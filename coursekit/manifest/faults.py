"""What can be wrong with a manifest as a text, said at a line and a column with the mend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

from coursekit.model import Scalar


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `code` is the interface; the words come from `texts/manifest`."""

    code: str
    pointer: str
    line: int
    column: int
    args: Mapping[str, Scalar] = field(default_factory=dict)

    def message(self, lang: str, book: str = "manifest") -> str:
        """What is wrong, in the words of the kind of file it was found in: `manifest` or `register`."""
        return self._text("message", lang, book)

    def remedy(self, lang: str, book: str = "manifest") -> str:
        """How to mend it."""
        return self._text("remedy", lang, book)

    def _text(self, part: str, lang: str, book: str) -> str:
        text: str = _texts(book)[self.code][part]["en" if lang == "en" else "zh"]
        return text.format(**self.args)


class ManifestError(Exception):
    """The manifest cannot be read as one unambiguous text, or is not fit to be read at all.

    Nothing was judged. Faults inside a readable manifest are no exception: they stand in `Manifest.faults`.
    """

    book = "manifest"
    """Whose words the faults are told in."""

    def __init__(self, path: Path | str, faults: tuple[Fault, ...]) -> None:
        super().__init__(path, faults)
        self.path = path
        self.faults = faults

    def __str__(self) -> str:
        return self.render("en")

    def render(self, lang: str, most: int = 20) -> str:
        """One line a fault and one for its mend, the first `most` of them."""
        lines = []
        for fault in self.faults[:most]:
            lines.append(f"{self.path}:{fault.line}:{fault.column}: {fault.code}: {fault.message(lang, self.book)}")
            lines.append(f"    {fault.remedy(lang, self.book)}")
        left = len(self.faults) - most
        if left > 0:
            lines.append(f"… and {left} more" if lang == "en" else f"……另有 {left} 处")
        return "\n".join(lines)

    def describe(self, lang: str) -> str:
        """For the command line: what stopped, and what was not done."""
        done = "Nothing was judged." if lang == "en" else "没有进行判定。"
        return f"{self.render(lang)}\n{done}"


_BOOKS = {
    "manifest": ("manifest/load.toml", "manifest/schema.toml"),
    # The same reader reads both; where a sentence speaks of the manifest, the register has its own.
    "register": ("manifest/load.toml", "manifest/schema.toml", "filing/register.toml"),
}


@cache
def _texts(book: str) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    import tomllib  # only a faulty file needs its words

    found: dict[str, Mapping[str, Mapping[str, str]]] = {}
    for name in _BOOKS[book]:
        text = files("coursekit.texts").joinpath(*name.split("/")).read_text(encoding="utf-8")
        found.update(tomllib.loads(text)["codes"])
    return found
