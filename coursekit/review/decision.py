"""A decision file, before it is believed: every way it can be wrong has a code of its own.

Nothing here writes. `check_decision` says the first thing that is wrong, in the order in which a person would mend it:
is this a decision at all, is it about this course and this dossier, who speaks, and is all of it answered.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from coursekit import codec
from coursekit.manifest.model import Expert, Manifest
from coursekit.manifest.provinces import same_province
from coursekit.manifest.vocabulary import ReviewVerdict
from coursekit.review.model import DECISION_SCHEMA, Answer, Asked, Decision, Dossier, Question, Requirements, Say
from coursekit.review.shelf import MAX_BYTES, Issued, Taken


class DecisionError(Exception):
    """A decision that is not taken in. `code` names a phrase of `review`: what is wrong, and how to mend it."""

    def __init__(self, code: str, **args: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.args_ = args

    def words(self, lang: str) -> str:
        """For the terminal."""
        from coursekit.texts import phrase

        return phrase("review", self.code, lang, **self.args_)


@dataclass(frozen=True, slots=True)
class Known:
    """What a decision is held against."""

    manifest: Manifest
    issued: tuple[Issued, ...]
    taken: tuple[Taken, ...]
    today: dt.date

    def dossier(self, sha256: str) -> Dossier | None:
        """The dossier of that hash, if it was made here."""
        return next((i.dossier for i in reversed(self.issued) if i.sha256 == sha256), None)

    def carried(self, decision: Decision) -> tuple[Decision, ...]:
        """What the expert said on other dossiers: those answers need not be given again. On the same dossier a
        decision replaces the one before, and stands by itself.
        """
        mine = (t.decision for t in self.by(decision.expert.id))
        return tuple(d for d in mine if d.dossier != decision.dossier)

    def by(self, expert: str) -> tuple[Taken, ...]:
        """What an expert has said before."""
        return tuple(t for t in self.taken if t.decision.expert.id == expert)


def parse_decision(data: bytes) -> Decision:
    """The decision in these bytes."""
    if len(data) > MAX_BYTES:
        raise DecisionError("decision-too-large", megabytes=len(data) >> 20)
    try:
        raw = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_no_key_twice)
    except (ValueError, RecursionError) as error:
        raise DecisionError("decision-unreadable") from error
    if not isinstance(raw, dict) or not str(raw.get("schema", "")).startswith("coursekit/decision/"):
        kind = str(raw.get("schema", "—"))[:60] if isinstance(raw, dict) else "—"
        raise DecisionError("not-a-decision", found=kind)
    if raw["schema"] != DECISION_SCHEMA:
        raise DecisionError("decision-other-version", found=str(raw["schema"])[:60], wanted=DECISION_SCHEMA)
    _only_known(raw, Decision, "")
    for number, answer in enumerate(raw["answers"] if isinstance(raw.get("answers"), list) else ()):
        _only_known(answer, Answer, f"/answers/{number}")
    try:
        return codec.decode(Decision, raw)
    except codec.CodecError as error:
        raise DecisionError("decision-malformed", detail=str(error)) from error


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is written twice")
    return found


def _only_known(raw: object, kind: type, where: str) -> None:
    if isinstance(raw, dict) and (unknown := sorted(raw.keys() - {f.name for f in fields(kind)})):
        raise DecisionError("unknown-field", field=f"{where}/{unknown[0]}"[:120])


def check_decision(decision: Decision, known: Known, sha256: str, replaces: str | None) -> None:
    """Raise what is wrong with a decision; nothing where it may be taken in."""
    dossier = _check_about(decision, known)
    _check_expert(decision, known.manifest, dossier.requirements)
    _check_before(decision, known, sha256, replaces)
    _check_date(decision, known.today)
    _check_answers(decision, dossier, known.carried(decision))
    _check_verdict(decision)


def _check_about(decision: Decision, known: Known) -> Dossier:
    manifest = known.manifest
    if decision.course.id != manifest.course.id:
        raise DecisionError("other-course", found=decision.course.id, wanted=manifest.course.id)
    dossier = known.dossier(decision.dossier)
    if dossier is None:
        raise DecisionError("unknown-dossier", found=decision.dossier[:12])
    if decision.course.sha256 != dossier.course.sha256 or decision.media != dossier.media:
        mine = {m.path: m.sha256 for m in decision.media}
        other = [m.path for m in dossier.media if mine.get(m.path) != m.sha256] or [m.path for m in decision.media[:1]]
        raise DecisionError("wrong-media", media=", ".join(other[:3]) or "—")
    return dossier


def _check_expert(decision: Decision, manifest: Manifest, wanted: Requirements) -> None:
    tag = decision.expert
    expert = next((e for e in manifest.experts if e.id == tag.id), None)
    if expert is None:
        raise DecisionError("unknown-expert", name=tag.name, id=tag.id)
    if expert.name != tag.name:
        raise DecisionError("other-name", id=tag.id, found=tag.name, wanted=expert.name)
    if code := qualification_fault(expert, wanted):
        routes = wanted.routes or ()
        raise DecisionError(
            code,
            name=expert.name,
            id=expert.id,
            routes="、".join(f"{r.value}（{r.zh}）" for r in routes) or "examiner、top-level-certificate、…",
            province=expert.province or "—",
            wanted="、".join(wanted.provinces) or "—",
        )
    if expert.route is not tag.route:
        raise DecisionError("other-route", name=expert.name, id=expert.id, found=tag.route.value)


def qualification_fault(expert: Expert, wanted: Requirements) -> str | None:
    """Why the manifest's own words do not let this person judge; None where they do."""
    if expert.route is None:
        return "expert-without-route"
    if wanted.routes and expert.route not in wanted.routes:
        return "expert-unqualified"
    if any(not same_province(expert.province or "", province) for province in wanted.provinces):
        return "expert-other-province"
    return None


def _check_before(decision: Decision, known: Known, sha256: str, replaces: str | None) -> None:
    if any(t.receipt.decision == sha256 for t in known.taken):
        raise DecisionError("already-added", name=decision.expert.name)
    same = [t for t in known.by(decision.expert.id) if t.decision.dossier == decision.dossier]
    if same and replaces is None:
        raise DecisionError(
            "already-decided", name=decision.expert.name, file=same[-1].receipt.file, day=same[-1].decision.reviewed_on
        )


def _check_date(decision: Decision, today: dt.date) -> None:
    try:
        day = dt.date.fromisoformat(decision.reviewed_on)
    except ValueError as error:
        raise DecisionError("bad-date", found=decision.reviewed_on[:40]) from error
    # An expert may sit a day east of the clock that checks.
    if day > today + dt.timedelta(days=1):
        raise DecisionError("date-in-future", found=decision.reviewed_on, today=today.isoformat())


def _check_answers(decision: Decision, dossier: Dossier, before: Sequence[Decision]) -> None:
    questions = {q.key: q for q in dossier.questions}
    given: dict[str, Answer] = {}
    for answer in decision.answers:
        question = questions.get(answer.question)
        if question is None:
            raise DecisionError("unknown-question", id=answer.question[:40])
        if answer.question in given:
            raise DecisionError("answered-twice", question=question.zh[:60])
        given[answer.question] = answer
        if answer.says not in question.choices:
            raise DecisionError("choice-not-offered", question=question.zh[:60], says=answer.says.value)
        if needs_words(question, answer.says) and not answer.opinion.strip():
            raise DecisionError("no-words", question=question.zh[:60], subject=question.subject)
    earlier = standing_answers(before)
    missing = [q for q in dossier.questions if q.key not in given and (q.key not in earlier or earlier[q.key].against)]
    if missing:
        raise DecisionError(
            "incomplete", count=len(missing), question=missing[0].zh[:60], subject=_named(missing[0], dossier)
        )


def standing_answers(before: Sequence[Decision]) -> dict[str, Say]:
    """What an expert said last to each question. What was refused is asked again, so that it can be taken back."""
    return {a.question: a.says for d in before for a in d.answers}


def needs_words(question: Question, says: Say) -> bool:
    """Who does not agree says why, and so does who overrules the machine."""
    return says.needs_words or question.asked is Asked.OVERRULE


def _named(question: Question, dossier: Dossier) -> str:
    return next((le.title for le in dossier.lessons if le.path == question.subject), dossier.course.title)


def _check_verdict(decision: Decision) -> None:
    against = [a for a in decision.answers if a.says.against]
    if decision.verdict is ReviewVerdict.PASS and against:
        raise DecisionError("verdict-contradicts", count=len(against))
    if decision.verdict is not ReviewVerdict.PASS and not decision.opinion.strip():
        raise DecisionError("no-opinion", verdict=decision.verdict.zh)


def hash_of(data: bytes) -> str:
    """The name a decision goes by."""
    return hashlib.sha256(data).hexdigest()
