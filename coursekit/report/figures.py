"""Numbers as a reader wants them: one place that knows how a size, a time or a level is written."""

from __future__ import annotations

from coursekit.model import Expected, Measured, Place, Scalar, Span
from coursekit.texts import fill, phrases

_MINUS = "\u2212"
_WORDS = {
    "zh": {"expected": "要求", "to": "…", "any": "之一", "yes": "是", "no": "否", "none": "无"},
    "en": {"expected": "expected", "to": "…", "any": "one of", "yes": "yes", "no": "no", "none": "none"},
}


def clock(seconds: float, *, exact: bool = False) -> str:
    """00:03:10, or 00:03:10.480 where the frame matters."""
    total_ms = round(max(seconds, 0.0) * 1000)
    whole, ms = divmod(total_ms, 1000)
    hours, rest = divmod(whole, 3600)
    text = f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{text}.{ms:03d}" if exact else text


def place(where: Span | Place | None) -> str:
    """`[00:03:10–00:04:02]`, `[line 12]`, or nothing for the whole subject."""
    if isinstance(where, Span):
        exact = where.end_s - where.start_s < 2
        start, end = clock(where.start_s, exact=exact), clock(where.end_s, exact=exact)
        return f"[{start}]" if start == end else f"[{start}–{end}]"
    if isinstance(where, Place):
        return f"[{where.pointer}]" if where.line is None else f"[{where.line}:{where.column or 1} {where.pointer}]"
    return ""


def number(value: float) -> str:
    """At most four significant decimals, a real minus sign, infinity as such."""
    if isinstance(value, int):
        return f"{value:,}".replace("-", _MINUS)
    if value != value or value in (float("inf"), float("-inf")):
        return {"inf": "∞", "-inf": f"{_MINUS}∞"}.get(str(value), "nan")
    magnitude = abs(value)
    digits = 0 if magnitude >= 1000 else 1 if magnitude >= 10 else 2 if magnitude >= 0.1 else 4
    text = f"{value:,.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", _MINUS)


def byte_size(count: float) -> str:
    """Decimal megabytes, as file managers of studios and notices mean them."""
    return f"{count / 1e6:,.1f} MB" if count >= 1e6 else f"{count / 1e3:,.1f} kB" if count >= 1e3 else f"{count:.0f} B"


def scalar(value: Scalar | None, unit: str | None, lang: str) -> str:
    """One value with its unit."""
    words = _WORDS[lang]
    if value is None:
        return words["none"]
    if isinstance(value, bool):
        return words["yes" if value else "no"]
    if isinstance(value, str):
        return _in_unit(value, 0, unit, lang)
    if unit == "B":
        return byte_size(value)
    if unit == "s" and abs(value) >= 60:
        return clock(value)
    return _in_unit(number(value), value, unit, lang)


def _in_unit(text: str, count: float, unit: str | None, lang: str) -> str:
    """A number that is written, in its unit: a sign, or a word of the language."""
    if unit is None:
        return text
    word = phrases("units").get(unit)
    return f"{text} {unit}" if word is None else fill(word[lang], {"text": text, "n": count})


def measured(found: Measured | None, lang: str) -> str:
    """What was found."""
    if found is None:
        return ""
    if isinstance(found.value, tuple):
        if found.unit == "px" and len(found.value) == 2:
            return "×".join(str(v) for v in found.value)
        joined = ", ".join(scalar(v, None, lang) for v in found.value)
        return _in_unit(joined, 0, found.unit, lang)
    return scalar(found.value, found.unit, lang)


def expected(wanted: Expected | None, lang: str) -> str:
    """What was wanted, as the words after «expected»."""
    if wanted is None:
        return ""
    if wanted.one_of is not None:
        return " / ".join(scalar(v, wanted.unit, lang) for v in wanted.one_of)
    if wanted.equals is not None:
        return scalar(wanted.equals, wanted.unit, lang)
    low, high = wanted.min, wanted.max
    if low is not None and high is not None:
        if wanted.unit in ("B", "s"):
            return f"{scalar(low, wanted.unit, lang)}…{scalar(high, wanted.unit, lang)}"
        return _in_unit(f"{number(low)}…{number(high)}", 0, wanted.unit, lang)
    if low is not None:
        return f"≥ {scalar(low, wanted.unit, lang)}"
    return f"≤ {scalar(high, wanted.unit, lang)}" if high is not None else ""


def figure(found: Measured | None, wanted: Expected | None, lang: str) -> str:
    """`−30.1 LUFS, expected −26…−22 LUFS`."""
    left, right = measured(found, lang), expected(wanted, lang)
    if not right:
        return left
    word = _WORDS[lang]["expected"]
    return f"{left}，{word} {right}" if lang == "zh" else f"{left}, {word} {right}"
