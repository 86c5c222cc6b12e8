"""What experts said, put into the report: human rules get their verdicts, doubts are settled, faults overruled.

Nothing is passed on one voice: a rule passes, and a doubt is settled, when every expert of the manifest has answered
and none asks for a change. What was said stands with the finding, by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from coursekit.folder import Folder
from coursekit.manifest.course import normal
from coursekit.manifest.model import Manifest, Review
from coursekit.manifest.vocabulary import ReviewVerdict
from coursekit.model import (
    Expected,
    Finding,
    Measured,
    Method,
    Profile,
    Reason,
    Report,
    Result,
    Scalar,
    Verdict,
    Waiver,
)
from coursekit.review.model import Asked, ExpertState, ReviewState, Say, Spoken, Standing, Voice
from coursekit.review.questions import COURSE, can_be_overruled, finding_key, human_rules
from coursekit.review.shelf import Shelf
from coursekit.review.state import current_hashes, state_of
from coursekit.rules.outcome import count_verdicts, outcome_of
from coursekit.terms import FailOn
from coursekit.texts import phrase

VERDICT_TOPIC = "verdict"


def heed_reviews(manifest: Manifest, state: ReviewState) -> Manifest:
    """The manifest with the experts' last words as reviews of the whole course, after what it says itself."""
    said = tuple(
        Review(
            expert=expert.id,
            verdict=expert.verdict,
            subject_sha256=expert.course_sha256,
            comment=expert.opinion or None,
        )
        for expert in state.experts
        if expert.verdict is not None and expert.course_sha256
    )
    return replace(manifest, reviews=(*manifest.reviews, *said)) if said else manifest


def heed_experts(
    report: Report, state: ReviewState, hashes: Mapping[str, str], fail_on: FailOn, last_word: frozenset[str]
) -> Report:
    """The report with the experts' answers in it, counted again. `last_word`: rules the verdict itself answers."""
    if not any(expert.decision for expert in state.experts):
        return report
    speaker = _Speaker(state, report.lang, hashes)
    results = tuple(new for result in report.results for new in speaker.heed(result, last_word))
    summary = replace(
        report.summary,
        counts=count_verdicts(results),
        outcome=outcome_of(results, fail_on, interrupted=report.run.partial),
    )
    return replace(report, results=results, summary=summary)


@dataclass(frozen=True, slots=True)
class Heeded:
    """What a run needs of a review: the manifest with the last words in it, and the answers for afterwards."""

    manifest: Manifest
    state: ReviewState
    hashes: Mapping[str, str]

    @classmethod
    def of(cls, folder: Folder, manifest: Manifest, hashes: Mapping[str, str]) -> Heeded:
        """From what lies in the course's folder `review/`."""
        state = state_of(manifest, Shelf(folder.root), current_hashes(manifest, folder, hashes, None))
        return cls(heed_reviews(manifest, state), state, hashes)

    def heed(self, report: Report, profiles: Iterable[Profile], fail_on: FailOn) -> Report:
        """The report with the answers in it."""
        last_word = frozenset(rule.id for rule in human_rules(profiles) if rule.topic == VERDICT_TOPIC)
        return heed_experts(report, self.state, self.hashes, fail_on, last_word)


class _Speaker:
    def __init__(self, state: ReviewState, lang: str, hashes: Mapping[str, str]) -> None:
        self.state = state
        self.lang = lang
        self.hashes = {normal(name): sha256 for name, sha256 in hashes.items()}
        if state.course is not None:
            self.hashes[COURSE] = state.course.sha256
        self.by_key = {spoken.question.key: spoken for spoken in state.answers}
        self.by_rule: dict[str, list[Spoken]] = {}
        for spoken in state.answers:
            if spoken.question.asked is Asked.RULE:
                for rule in spoken.question.rules:
                    self.by_rule.setdefault(rule, []).append(spoken)

    def heed(self, result: Result, last_word: frozenset[str]) -> Iterator[Result]:
        """A result as the experts leave it; a human rule gives one for each subject it was asked of."""
        if result.method is Method.HUMAN and result.reason is not None and result.reason.code == "needs-person":
            if result.rule in last_word:
                yield self._by_last_word(result)
                return
            yield from self._by_answers(result)
        else:
            yield self._settled(result)

    def _by_answers(self, result: Result) -> Iterator[Result]:
        asked = self.by_rule.get(result.rule, [])
        if not asked:
            yield result
            return
        for spoken in asked:
            named = replace(result, subject=spoken.question.subject, question=spoken.question.text(self.lang))
            yield self._judged(named, spoken.voices, self._silent(spoken))
        if any(spoken.question.subject != COURSE for spoken in asked):
            everyone = [expert.name for expert in self.state.experts]
            for lesson in self.state.lessons:
                if lesson.reason == "not-in-dossier":
                    yield self._judged(replace(result, subject=lesson.path), (), everyone)

    def _silent(self, spoken: Spoken) -> list[str]:
        heard = {voice.expert for voice in spoken.voices}
        return [e.name for e in self.state.experts if e.id not in heard]

    def _by_last_word(self, result: Result) -> Result:
        fresh = [e for e in self.state.experts if e.standing in (Standing.APPROVED, Standing.REFUSED)]
        missing = [e.name for e in self.state.experts if e not in fresh]
        return self._judged(result, tuple(map(_last_voice, fresh)), missing)

    def _judged(self, result: Result, voices: tuple[Voice, ...], missing: list[str]) -> Result:
        findings = tuple(self._finding(voice) for voice in voices if voice.says is not Say.PASS)
        few = len(self.state.experts) < self.state.requirements.min_experts
        if (missing or few or not voices) and not any(f.verdict is Verdict.FAIL for f in findings):
            names = "、".join(missing) if self.lang == "zh" else ", ".join(missing)
            args: dict[str, Scalar] = {"names": names or "—"}
            reason = Reason("needs-experts", phrase("reasons", "needs-experts", self.lang, **args), args)
            return replace(result, verdict=Verdict.NOT_TESTED, reason=reason)
        order = tuple(Verdict)
        verdict = min((f.verdict for f in findings), key=order.index, default=Verdict.PASS)
        agreed = sum(voice.says is Say.PASS for voice in voices)
        return replace(
            result,
            verdict=verdict,
            reason=None,
            findings=findings,
            measured=Measured(agreed),
            expected=Expected(equals=len(self.state.experts)),
        )

    def _finding(self, voice: Voice) -> Finding:
        says = phrase("review", f"say-{voice.says.value}", self.lang)
        return Finding(
            code=f"expert-{voice.says.value}",
            verdict=Verdict.FAIL if voice.says.against else Verdict.REVIEW,
            message=phrase("review", "says-message", self.lang, name=voice.name, says=says, opinion=voice.opinion),
            where=None,
            measured=Measured(says),
            expected=Expected(equals=phrase("review", "say-pass", self.lang)),
            remedy=phrase("review", f"remedy-{voice.says.value}", self.lang),
        )

    def _settled(self, result: Result) -> Result:
        """Doubts and faults of the machine that experts have spoken of."""
        if result.verdict not in (Verdict.FAIL, Verdict.REVIEW):
            return result
        sha256 = self.hashes.get(normal(result.subject))
        if not sha256:
            return result
        findings = tuple(self._ruled(result, finding, sha256) for finding in result.findings)
        if findings == result.findings:
            return result
        order = tuple(Verdict)
        return replace(result, findings=findings, verdict=min((f.verdict for f in findings), key=order.index))

    def _ruled(self, result: Result, finding: Finding, sha256: str) -> Finding:
        spoken = self.by_key.get(finding_key(result.subject, result.check or "", finding, sha256))
        if spoken is None or not spoken.voices or finding.waiver is not None:
            return finding
        against = [voice for voice in spoken.voices if voice.says.against]
        if against:
            said = " ".join(self._words(voice) for voice in against)
            return replace(
                finding,
                verdict=Verdict.FAIL,
                remedy=phrase("review", "remedy-revise", self.lang),
                ruling=said,
            )
        if self._silent(spoken) or any(voice.says is not Say.PASS for voice in spoken.voices):
            return finding
        if finding.verdict is Verdict.FAIL and not can_be_overruled(result):
            return finding
        waiver = Waiver(
            reason=" ".join(self._words(voice) for voice in spoken.voices),
            who="、".join(voice.name for voice in spoken.voices),
            until=None,
            verdict=finding.verdict,
        )
        return replace(finding, verdict=Verdict.REVIEW, waiver=waiver)

    def _words(self, voice: Voice) -> str:
        """Who said what, when."""
        colon = "：" if self.lang == "zh" else ": "
        accepts = "accept-pass" if voice.says is Say.PASS else "accept-revise"
        return phrase(
            "review", "ruled", self.lang,
            day=voice.reviewed_on,
            name=voice.name,
            says=phrase("dossier", accepts, self.lang),
            opinion=f"{colon}{voice.opinion}" if voice.opinion else "",
        )  # fmt: skip


def _last_voice(expert: ExpertState) -> Voice:
    says = {ReviewVerdict.PASS: Say.PASS, ReviewVerdict.REVISE: Say.REVISE, ReviewVerdict.REJECT: Say.REJECT}
    assert expert.verdict is not None
    return Voice(expert.id, expert.name, says[expert.verdict], expert.opinion, expert.reviewed_on or "")
