"""Reading TOML tables strictly, with errors that say which file, which place, what is wrong and how to mend it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coursekit.model import Text

PROFILES_DIR = Path(__file__).resolve().parent.parent / "profiles"
EVIDENCE_FILE = PROFILES_DIR / "evidence.toml"


class ProfileError(ValueError):
    """A profile that cannot be used: nothing was judged by it."""

    def __init__(self, file: Path, place: str, message: Text, remedy: Text) -> None:
        super().__init__(f"{file}: {place}: {message.en}; {remedy.en}")
        self.file = file
        self.place = place
        self.message = message
        self.remedy = remedy

    def render(self, lang: str) -> str:
        """One line for the terminal."""
        stop = "。" if lang == "zh" else ". "
        return f"{self.file}: {self.place}: {self.message[lang]}{stop}{self.remedy[lang]}"


class Reader:
    """One TOML file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.bytes = path.read_bytes()
        except OSError as error:
            detail = error.strerror or str(error)
            raise ProfileError(
                path,
                "—",
                Text(f"无法读取文件：{detail}", f"the file cannot be read: {detail}"),
                Text("检查路径和权限", "check the path and the permissions"),
            ) from error

    def root(self) -> Table:
        """The whole file as a table."""
        try:
            # Editors on Windows put a byte order mark in front, which TOML does not know.
            self.content = self.bytes.decode("utf-8-sig")
            return Table(self, tomllib.loads(self.content), "—")
        except UnicodeDecodeError as error:
            line = self.bytes[: error.start].count(b"\n") + 1
            raise ProfileError(
                self.path,
                f"line {line}",
                Text("不是 UTF-8 编码", "not UTF-8"),
                Text("另存为 UTF-8", "save the file as UTF-8"),
            ) from error
        except RecursionError as error:
            raise ProfileError(
                self.path,
                "—",
                Text("嵌套太深", "nested too deeply"),
                Text("配置只需要两三层表", "a profile needs tables two or three deep"),
            ) from error
        except tomllib.TOMLDecodeError as error:
            reason, _, where = str(error).partition(" (at ")
            raise ProfileError(
                self.path,
                where.rstrip(")") or "—",
                Text(f"不是有效的 TOML：{reason}", f"not valid TOML: {reason}"),
                Text("改正这一处；字符串要加引号", "mend this place; strings need quotes"),
            ) from error

    def line_of(self, header: str, index: int) -> int:
        """Line of the n-th `[[header]]`, so that a person finds the rule that an error speaks of."""
        found = re.finditer(rf"(?m)^[ \t]*\[\[[ \t]*{re.escape(header)}[ \t]*\]\]", self.content)
        return next((self.content.count("\n", 0, m.start()) + 1 for n, m in enumerate(found) if n == index), 1)


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the file and where it stands."""

    reader: Reader
    raw: Mapping[str, Any]
    place: str
    header: tuple[str, int] | None = field(default=None)

    def error(self, zh: str, en: str, mend_zh: str, mend_en: str, *, place: str | None = None) -> ProfileError:
        """A ProfileError at this table."""
        where = place or self.place
        if self.header:
            where = f"{where} (line {self.reader.line_of(*self.header)})"
        return ProfileError(self.reader.path, where, Text(zh, en), Text(mend_zh, mend_en))

    def only(self, required: set[str], optional: set[str]) -> None:
        """Refuse unknown keys and demand the required ones."""
        if missing := sorted(required - self.raw.keys()):
            names = ", ".join(missing)
            raise self.error(f"缺少 {names}", f"{names} missing", f"补上 {names}", f"add {names}")
        if unknown := sorted(self.raw.keys() - required - optional):
            names, known = ", ".join(unknown), ", ".join(sorted(required | optional))
            raise self.error(
                f"不认识的键 {names}", f"unknown key {names}", f"可用的键：{known}", f"known keys: {known}"
            )

    def _wrong(self, key: str, zh: str, en: str) -> ProfileError:
        return self.error(f"{key} 应为{zh}", f"{key} should be {en}", f"改正 {key}", f"mend {key}")

    def string(self, key: str) -> str:
        """A text that is not empty."""
        value = self.raw.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(key, "非空的字符串", "a string that is not empty")
        return value

    def optional_string(self, key: str) -> str | None:
        """A text, or None where the key is absent."""
        return self.string(key) if key in self.raw else None

    def matching(self, key: str, pattern: re.Pattern[str], example: str) -> str:
        """A text of a given form."""
        value = self.string(key)
        if not pattern.fullmatch(value):
            raise self._wrong(key, f"形如 {example} 的编号", f"of the form {example}")
        return value

    def one_of(self, key: str, choices: Sequence[str]) -> str:
        """One of several words."""
        value = self.raw.get(key)
        if value not in choices:
            names = ", ".join(choices) or "—"
            raise self.error(
                f"{key} 的值“{value}”不可用", f"{key} cannot be “{value}”", f"可用的值：{names}", f"use one of: {names}"
            )
        return str(value)

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of texts without repetition; empty where the key is absent."""
        value = self.raw.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self._wrong(key, "字符串列表", "a list of strings")
        if key in self.raw and (not value or len(set(value)) != len(value)):
            raise self._wrong(key, "非空、不重复的列表", "a list that is not empty and repeats nothing")
        return tuple(value)

    def mapping(self, key: str) -> dict[str, Any]:
        """A table of free content; empty where the key is absent."""
        value = self.raw.get(key, {})
        if not isinstance(value, dict):
            raise self._wrong(key, "表", "a table")
        return value

    def table(self, key: str) -> Table:
        """A table below this one."""
        value = self.raw.get(key)
        if not isinstance(value, dict):
            raise self._wrong(key, "表", "a table")
        return Table(self.reader, value, f"{self.place} {key}", self.header)

    def text(self, key: str) -> Text:
        """A wording in both languages."""
        table = self.table(key)
        table.only({"zh", "en"}, set())
        return Text(table.string("zh"), table.string("en"))

    def optional_text(self, key: str) -> Text | None:
        """A wording in both languages, or None where the key is absent."""
        return self.text(key) if key in self.raw else None

    def named_tables(self, key: str) -> Iterator[tuple[str, Table]]:
        """Tables below a key, by name."""
        for name, value in self.mapping(key).items():
            if not isinstance(value, dict):
                raise self._wrong(f"{key}.{name}", "表", "a table")
            yield name, Table(self.reader, value, f"[{key}.{name}]")

    def tables(self, key: str) -> Iterator[Table]:
        """The tables of an array of tables."""
        value = self.raw.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._wrong(key, f"若干个 [[{key}]]", f"a number of [[{key}]]")
        for index, item in enumerate(value):
            name = item.get("id", item.get("rule", ""))
            label = f"[[{key}]] {index + 1}" + (f" {name}" if isinstance(name, str) and name else "")
            yield Table(self.reader, item, label, (key, index))
