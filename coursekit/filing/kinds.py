"""The kinds of papers: profiles/evidence.toml, which says what each is called and what is printed on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from coursekit.model import Text
from coursekit.rules.profile_text import EVIDENCE_FILE, Reader

OWN_KIND = re.compile(r"own(-[a-z0-9]+)+")
FIELDS = ("owner", "domains", "since", "expires", "level", "marks", "load", "staff", "retention")
"""What can be printed on a paper and compared with what a clause asks."""
SOURCES = ("identity", "qualification", "cv", "consent", "rights", "review")
"""Where in a course's manifest papers of a kind are named."""


@dataclass(frozen=True, slots=True)
class PaperKind:
    """One kind of paper."""

    key: str
    label: Text
    has: frozenset[str] = frozenset()
    personal: bool = False
    """It speaks of persons: its file names are told to nobody."""
    source: str | None = None
    """Named in the manifest of a course rather than in the register."""
    route: str | None = None
    """Of a qualification: only experts of this route have it."""


@cache
def paper_kinds() -> Mapping[str, PaperKind]:
    """Every kind that a notice asks for."""
    kinds = {}
    root = Reader(EVIDENCE_FILE).root()
    for key in root.raw:
        table = root.table(key)
        table.only({"zh", "en"}, {"has", "personal", "source", "route"})
        for name in (has := table.strings("has")):
            if name not in FIELDS:
                known = ", ".join(FIELDS)
                raise table.error(f"has 里的 {name} 不认识", f"unknown {name} in has", known, known, place=key)
        kinds[key] = PaperKind(
            key,
            Text(table.string("zh"), table.string("en")),
            frozenset(has),
            bool(table.raw.get("personal", False)),
            table.one_of("source", SOURCES) if "source" in table.raw else None,
            table.optional_string("route"),
        )
    return kinds


def is_known(kind: str) -> bool:
    """A kind of the notices, or one of the operator's own."""
    return kind in paper_kinds() or bool(OWN_KIND.fullmatch(kind))


def labels(entries: tuple[str, ...], lang: str) -> str:
    """What several are called."""
    return ("、" if lang == "zh" else ", ").join(label(entry, lang) for entry in entries) or "—"


def label(entry: str, lang: str) -> str:
    """What a kind is called; `a|b` is called by both names."""
    kinds = paper_kinds()
    either = "或" if lang == "zh" else " or "
    return either.join(kinds[key].label[lang] if key in kinds else key for key in entry.split("|"))


def kinds_table() -> str:
    """The kinds as docs/filing.md shows them; `python -m coursekit.filing.kinds` prints it."""
    from coursekit.rules.profiles import list_profiles

    asked: dict[str, list[str]] = {}
    for profile in list_profiles():
        for rule in profile.rules:
            for key in (key for entry in rule.evidence for key in entry.split("|")):
                places = asked.setdefault(key, [])
                if rule.id.partition("/")[0] == profile.id and profile.id not in places:
                    places.append(profile.id)
    lines = ["| kind | 材料 | paper | 要填写 state | 通知 notices |", "| --- | --- | --- | --- | --- |"]
    for kind in paper_kinds().values():
        state = ", ".join(f"`{name}`" for name in sorted(_WRITTEN.get(field, field) for field in kind.has))
        where = "course.yaml" if kind.source in ("identity", "qualification", "cv", "consent") else state
        notices = ", ".join(asked.get(kind.key, ()))
        lines.append(f"| `{kind.key}` | {kind.label.zh} | {kind.label.en} | {where} | {notices} |")
    return "\n".join(lines) + "\n"


_WRITTEN = {"retention": "retention_years"}
"""What a field of the register is called where it differs."""


if __name__ == "__main__":
    import sys

    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(kinds_table())
