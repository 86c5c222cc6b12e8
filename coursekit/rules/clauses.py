"""How many clauses of which notice are judged how: each clause once, under its first rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from coursekit.model import Level, Method, Profile


@dataclass(frozen=True, slots=True)
class ClauseCount:
    """The clauses of one notice that share a method and a level."""

    profile: str
    document: str
    method: Method
    level: Level
    clauses: int


def count_clauses(profiles: Iterable[Profile]) -> tuple[ClauseCount, ...]:
    """Clauses by notice, method and level, in the order of the profiles given.

    A profile counts the rules it states itself: what it includes is counted where it stands, so that the variants of
    a notice add nothing. A slot whose text is not known is no clause yet.
    """
    counts: Counter[tuple[str, str, Method, Level]] = Counter()
    seen: set[tuple[str, str]] = set()
    for profile in profiles:
        for rule in profile.rules:
            clause = (rule.clause.document, rule.clause.number)
            if rule.unavailable is not None or clause in seen or not rule.id.startswith(f"{profile.id}/"):
                continue
            seen.add(clause)
            counts[profile.id, rule.clause.document, rule.method, rule.level] += 1
    methods, levels = list(Method), list(Level)
    order = {key[:2]: place for place, key in reversed(list(enumerate(counts)))}
    ranked = sorted(counts, key=lambda key: (order[key[:2]], methods.index(key[2]), levels.index(key[3])))
    return tuple(ClauseCount(*key, counts[key]) for key in ranked)
