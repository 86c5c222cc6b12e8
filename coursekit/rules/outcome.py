"""From results to one word and one exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from coursekit.model import OpenRule, Result
from coursekit.terms import FailOn, Level, Outcome, Verdict

EXIT_CONFORMS = 0
EXIT_DOES_NOT_CONFORM = 1
EXIT_USAGE = 2
EXIT_UNDECIDED = 3

_UNDECIDED = frozenset({Verdict.NOT_TESTED, Verdict.ERROR})


def outcome_of(results: Iterable[Result], fail_on: FailOn, *, interrupted: bool = False) -> Outcome:
    """Undecided wins over a breach, a breach over conformity: what could not be checked is never passed or judged."""
    broken, looked = False, False
    for result in results:
        looked = looked or result.verdict is not Verdict.NOT_APPLICABLE
        if result.level is Level.MUST and result.verdict in _UNDECIDED:
            return Outcome.UNDECIDED
        broken = broken or _breaks(result, fail_on)
    if interrupted or not looked:
        # Nothing in the scope was looked at: an empty folder, or a notice that says nothing about media.
        return Outcome.UNDECIDED
    return Outcome.DOES_NOT_CONFORM if broken else Outcome.CONFORMS


def _breaks(result: Result, fail_on: FailOn) -> bool:
    if result.verdict is Verdict.FAIL:
        return result.level is Level.MUST or fail_on is not FailOn.MUST
    open_doubt = result.verdict is Verdict.REVIEW and not (result.findings and all(f.waiver for f in result.findings))
    return open_doubt and fail_on is FailOn.REVIEW


def exit_code(outcome: Outcome) -> int:
    """The process's answer."""
    return {
        Outcome.CONFORMS: EXIT_CONFORMS,
        Outcome.DOES_NOT_CONFORM: EXIT_DOES_NOT_CONFORM,
        Outcome.UNDECIDED: EXIT_UNDECIDED,
    }[outcome]


def count_verdicts(results: Iterable[Result]) -> Mapping[str, Mapping[str, int]]:
    """level → verdict → number, every verdict named so that a zero is a statement."""
    counts = {level.value: {verdict.value: 0 for verdict in Verdict} for level in Level}
    for result in results:
        counts[result.level.value][result.verdict.value] += 1
    return counts


def count_open(rules: Iterable[OpenRule]) -> Mapping[str, int]:
    """method → number of open rules."""
    return dict(sorted(Counter(rule.method.value for rule in rules).items()))
