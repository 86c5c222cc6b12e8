"""coursekit's own words, Chinese and English side by side, one TOML file per check. Clause text is never here."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from coursekit.model import Scalar, Text

LANGS = ("zh", "en")


@dataclass(frozen=True, slots=True)
class CodeText:
    """One finding code."""

    message: Text
    remedy: Text


@dataclass(frozen=True, slots=True)
class CheckText:
    """One check: what `explain` and the documentation say."""

    title: Text
    measured: Text
    why: Text
    codes: Mapping[str, CodeText]


class MissingText(LookupError):
    """A check speaks a code that has no words. The symmetry test finds this before a user does."""


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("coursekit.texts").joinpath(*name.split("/")).read_text(encoding="utf-8"))


def _text(raw: Mapping[str, str]) -> Text:
    return Text(zh=raw["zh"], en=raw["en"])


@cache
def check_text(check_id: str) -> CheckText:
    """The words of one check."""
    try:
        raw = _read(f"{check_id}.toml")
    except FileNotFoundError as error:
        raise MissingText(check_id) from error
    codes = {
        code: CodeText(_text(entry["message"]), _text(entry["remedy"])) for code, entry in raw.get("codes", {}).items()
    }
    return CheckText(_text(raw["title"]), _text(raw["measured"]), _text(raw["why"]), codes)


@cache
def _catalogue(name: str) -> Mapping[str, Text]:
    return {key: _text(entry) for key, entry in _read(f"{name}.toml").items()}


class _Sentence(string.Formatter):
    """`{n} {n:file|files}`: English says one file and two files; Chinese has no need of it."""

    def format_field(self, value: Any, format_spec: str) -> str:
        one, bar, many = format_spec.partition("|")
        if not bar:
            return str(super().format_field(value, format_spec))
        return one if value == 1 else many


def fill(template: str, args: Mapping[str, Scalar]) -> str:
    """Put values into a text. A template that asks for a value nobody gave is a programmer's fault: KeyError."""
    return _Sentence().vformat(template, (), args)


def without_values(template: str) -> str:
    """A text for the reader of a manual: what a report fills in is left open as `…`."""
    return "".join(
        literal + ("" if name is None else (spec or "").partition("|")[2] or "…")
        for literal, name, spec, _ in string.Formatter().parse(template)
    )


def phrase(catalogue: str, key: str, lang: str, **args: Scalar) -> str:
    """One phrase of a catalogue (`reasons`, `cli`, `report`) in `lang`."""
    texts = _catalogue(catalogue)
    if key not in texts:
        raise MissingText(f"{catalogue}: {key}")
    return fill(texts[key][lang], args)


def phrases(catalogue: str) -> Mapping[str, Text]:
    """A whole catalogue."""
    return _catalogue(catalogue)


@dataclass(frozen=True, slots=True)
class Teller:
    """Gives findings and reasons their words in one language."""

    lang: str

    def finding(self, check: str, code: str, args: Mapping[str, Scalar]) -> tuple[str, str]:
        """Message and remedy of a finding."""
        codes = check_text(check).codes
        if code not in codes:
            raise MissingText(f"{check}: {code}")
        entry = codes[code]
        return fill(entry.message[self.lang], args), fill(entry.remedy[self.lang], args)

    def reason(self, code: str, args: Mapping[str, Scalar]) -> str:
        """Why something was not tested."""
        return phrase("reasons", code, self.lang, **args)
