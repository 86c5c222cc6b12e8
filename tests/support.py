"""What many tests need: running one check on given facts, with the words it would speak."""

from __future__ import annotations

from dataclasses import dataclass

from coursekit.model import FileFacts, Finding, Verdict
from coursekit.rules.check import CannotTest, Check, CheckContext, NotApplicable, Subject
from coursekit.rules.judge import SEVERITY
from coursekit.texts import Teller


@dataclass(frozen=True)
class Outcome:
    """What a check said."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    reason: str | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """Finding codes in order."""
        return tuple(finding.code for finding in self.findings)


def run_check(check: Check, facts: Subject, params: object = None, file: FileFacts | None = None) -> Outcome:
    """Run a check as the judge does. Both languages are spoken, so that a text that cannot be filled fails here."""
    outcome = None
    for lang in ("en", "zh"):
        context = CheckContext(check.id, Teller(lang), file if file is not None else getattr(facts, "file", None))
        try:
            findings = tuple(check.run(context, facts, params if params is not None else check.params()))
        except CannotTest as why:
            Teller(lang).reason(why.code, why.args_)
            outcome = Outcome(Verdict.NOT_TESTED, (), why.code)
        except NotApplicable as why:
            Teller(lang).reason(why.code, why.args_)
            outcome = Outcome(Verdict.NOT_APPLICABLE, (), why.code)
        else:
            verdict = min((f.verdict for f in findings), key=SEVERITY.index, default=Verdict.PASS)
            outcome = Outcome(verdict, findings)
    assert outcome is not None
    return outcome
