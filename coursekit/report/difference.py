"""What became of findings between two reports of a course: mended, new, still there, or no longer looked at."""

from __future__ import annotations

from dataclasses import dataclass

from coursekit.model import Finding, Report, Result, Span, Verdict
from coursekit.report.tell import Item, identity, items

_ANSWERED = (Verdict.PASS, Verdict.FAIL, Verdict.REVIEW, Verdict.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Pair:
    """The same finding in both reports."""

    old: Item
    new: Item


@dataclass(frozen=True, slots=True)
class Difference:
    """Every finding of either report, in exactly one place."""

    mended: tuple[Item, ...]
    fresh: tuple[Item, ...]
    kept: tuple[Pair, ...]
    lost: tuple[Item, ...]
    """Gone, but nobody looked: the file is missing, the rule was not judged or could not be tested."""


def difference(old: Report, new: Report) -> Difference:
    """Findings are the same where file, check and code agree and their spans touch, whatever was measured."""
    before, after = items(old), items(new)
    waiting: dict[str, list[Item]] = {}
    for item in after:
        waiting.setdefault(_key(item), []).append(item)
    kept, gone = [], []
    for item in before:
        match = _closest(item, waiting.get(_key(item), []))
        if match is None:
            gone.append(item)
        else:
            waiting[_key(item)].remove(match)
            kept.append(Pair(item, match))
    fresh = tuple(item for item in after if any(item is w for w in waiting.get(_key(item), ())))
    answered = _answered(new)
    return Difference(
        mended=tuple(i for i in gone if _place(i.result) in answered),
        fresh=fresh,
        kept=tuple(kept),
        lost=tuple(i for i in gone if _place(i.result) not in answered),
    )


def _key(item: Item) -> str:
    return identity(item.result, item.finding)


def _place(result: Result) -> tuple[str, str]:
    return result.subject, result.check or result.rule


def _answered(report: Report) -> set[tuple[str, str]]:
    """Where the new run really gave an answer, by every rule that asked."""
    asked = {_place(r) for r in report.results}
    silent = {_place(r) for r in report.results if r.verdict not in _ANSWERED}
    return asked - silent


def _closest(item: Item, among: list[Item]) -> Item | None:
    fits = [(gap, n) for n, other in enumerate(among) if (gap := apart(item.finding, other.finding)) is not None]
    return among[min(fits)[1]] if fits else None


def apart(one: Finding | None, other: Finding | None) -> float | None:
    """Seconds between the middles of two spans that touch; None where they do not. Without spans: 0."""
    a = one.where if one and isinstance(one.where, Span) else None
    b = other.where if other and isinstance(other.where, Span) else None
    if a is None or b is None:
        return 0.0 if a is b else None
    # A new cut moves the edges of a span a little; half a second apart is still the same place.
    if a.start_s > b.end_s + 0.5 or b.start_s > a.end_s + 0.5:
        return None
    return abs((a.start_s + a.end_s) - (b.start_s + b.end_s)) / 2
