"""How a field of the manifest is declared: once, for the reader, the JSON Schema, the workbook and the template.

A field carries its Chinese column heading, a note in both languages, and the form its text must have. Everything
that reads, writes, validates or explains a manifest derives from these declarations, so no list is kept twice.
"""

from __future__ import annotations

import re
from dataclasses import MISSING, dataclass, field
from enum import Enum, StrEnum
from typing import Any

MAX_LINE = 500
"""Characters in a title, a name, a number."""
MAX_TEXT = 20_000
"""Characters in any text. A summary fits ten times over; a ten-megabyte string does not."""


class Choice(StrEnum):
    """A closed list of words, each with what people call it."""

    zh: str
    en: str

    def __new__(cls, value: str, zh: str, en: str) -> Choice:
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh = zh
        member.en = en
        return member


# C0 controls other than tab and newline, DEL, and the two non-characters XML cannot hold: no workbook and no report
# could carry them. A carriage return is turned into a newline by XML, so it could not come back.
_NO_CONTROLS = r"[^\u0000-\u0008\u000b-\u001f\u007f\ufffe\uffff]"
_NO_CONTROLS_LINE = r"[^\u0000-\u001f\u007f\ufffe\uffff]"


@dataclass(frozen=True, slots=True)
class FormSpec:
    """What a text must look like. The pattern is valid in Python and in ECMA-262, where editors use it."""

    pattern: str
    zh: str
    en: str
    example: str


class Form(Enum):
    """The forms of text a manifest knows."""

    TEXT = FormSpec(
        rf"^{_NO_CONTROLS}*[^\s\u0000-\u001f]{_NO_CONTROLS}*$",
        "文字，可以换行，不能为空",
        "text, line breaks allowed, not empty",
        "本课讲解……",
    )
    LINE = FormSpec(
        rf"^{_NO_CONTROLS_LINE}*[^\s\u0000-\u001f]{_NO_CONTROLS_LINE}*$",
        "一行文字，不能为空",
        "one line of text, not empty",
        "绝缘电阻测量",
    )
    ID = FormSpec(
        r"""^[^\s\u0000-\u001f\u007f\ufffe\uffff/\\:;,、，；|"'<>\[\]]{1,64}$""",
        "编号：1–64 个字符，不含空格、冒号、斜线、引号、顿号、逗号、分号和方括号",
        "an id of 1–64 characters without spaces, colons, slashes, quotes, commas, semicolons or brackets",
        "m1-l01",
    )
    CODE = FormSpec(
        r"""^[^\s\u0000-\u001f\u007f\ufffe\uffff"']{1,64}$""",
        "代码，按标准原样填写，1–64 个字符，不含空格和引号",
        "a code as the standard prints it, 1–64 characters without spaces or quotes",
        '"1.1.1"',
    )
    PATH = FormSpec(
        r"^(?=[\s\S]*\S)(?![A-Za-z]:)(?!/)(?!(?:[\s\S]*/)?\.{1,2}(?:/|$))(?![\s\S]*//)(?![\s\S]*/$)"
        r"[^\\\u0000-\u0008\u000b-\u001f\u007f\ufffe\uffff]{1,1024}$",
        "课程文件夹内的相对路径，用 / 分隔",
        "a path inside the course folder, with / between the parts",
        "media/m1-l01.mp4",
    )
    SHA256 = FormSpec(
        r"^[0-9a-f]{64}$",
        "SHA-256,64 位小写十六进制",
        "a SHA-256 of 64 lower-case hexadecimal digits",
        "e3b0c442…",
    )
    DATE = FormSpec(
        r"^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$",
        "日期，年-月-日",
        "a date, year-month-day",
        "2026-03-31",
    )
    FRACTION = FormSpec(
        r"^(?:[0-9]{1,6}(?:\.[0-9]{1,6})?|[0-9]{1,6}/[1-9][0-9]{0,5})$",
        "整数，或带引号的小数、分数",
        "a whole number, or a quoted decimal or fraction",
        '"1.5"',
    )
    URL = FormSpec(
        r"^https?://[^\s\u0000-\u001f\u007f]{1,2000}$",
        "网址，以 http:// 或 https:// 开头",
        "an address that begins with http:// or https://",
        "https://example.cn/course/1",
    )

    @property
    def regex(self) -> re.Pattern[str]:
        """Compiled once; paths may hold a newline, so `.` must see past it."""
        return _compiled(self)


_REGEX: dict[Form, re.Pattern[str]] = {}


def _compiled(form: Form) -> re.Pattern[str]:
    if form not in _REGEX:
        # `$` would allow a newline at the end in Python and not in ECMA-262.
        pattern = form.value.pattern
        _REGEX[form] = re.compile(pattern[:-1] + r"\Z", re.DOTALL)
    return _REGEX[form]


@dataclass(frozen=True, slots=True)
class Spec:
    """What is said of a field beside its type."""

    heading: str
    """Short Chinese name: a column heading, a form label."""
    zh: str
    en: str
    form: Form
    minimum: float | None = None
    maximum: float | None = None
    min_items: int = 0


def spec(
    heading: str,
    zh: str,
    en: str,
    *,
    form: Form = Form.LINE,
    default: Any = MISSING,
    factory: Any = MISSING,
    minimum: float | None = None,
    maximum: float | None = None,
    min_items: int = 0,
) -> Any:
    """Declare a field. Without a default it is required."""
    metadata = {"spec": Spec(heading, zh, en, form, minimum, maximum, min_items)}
    if factory is not MISSING:
        return field(default_factory=factory, metadata=metadata)
    if default is MISSING:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)
