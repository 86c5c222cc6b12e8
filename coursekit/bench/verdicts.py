"""What the rules of a profile say of facts that no course surrounds."""

from __future__ import annotations

from collections.abc import Callable, Collection

from coursekit.bench.score import Said
from coursekit.model import Finding, Profile, Span
from coursekit.rules.check import CannotTest, Check, CheckContext, NotApplicable
from coursekit.rules.judge import build_params
from coursekit.rules.registry import load_check
from coursekit.texts import Teller


def judge_facts(profile: Profile, checks: Collection[str], subject: Callable[[Check], object]) -> tuple[Said, ...]:
    """What these checks say of what `subject` gives each of them."""
    said: list[Said] = []
    for rule in profile.rules:
        if rule.check is None or rule.check not in checks:
            continue
        check = load_check(rule.check)
        context = CheckContext(check.id, Teller("en"), None)
        try:
            said += [said_of(check.id, f) for f in check.run(context, subject(check), build_params(rule, check))]
        except (CannotTest, NotApplicable):
            continue
    return tuple(said)


def said_of(check: str, finding: Finding) -> Said:
    """A finding as the scorer reads it."""
    place = finding.where if isinstance(finding.where, Span) else None
    span = (place.start_s, place.end_s) if place else None
    return Said(check, finding.code, finding.verdict, span, place.box if place else None)
