"""How a review stands: the decisions taken in, held against the bytes in the folder now.

An answer counts while its question's key stands in the dossier in force and the subject's bytes are still those of the
key. A last word counts while the whole course's bytes are those it was given for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from coursekit.files import sha256_of
from coursekit.folder import Folder, list_folder
from coursekit.manifest.course import normal
from coursekit.manifest.digest import learner_files
from coursekit.manifest.load import find_manifest, load_manifest
from coursekit.manifest.model import Expert, Manifest
from coursekit.manifest.vocabulary import ReviewVerdict
from coursekit.review.decision import qualification_fault
from coursekit.review.model import (
    Answer,
    CourseTag,
    ExpertState,
    LessonState,
    Question,
    ReviewState,
    Say,
    Spoken,
    Standing,
    Trouble,
    Voice,
)
from coursekit.review.questions import COURSE, tag_lessons, whole_digest
from coursekit.review.shelf import Issued, Shelf, Taken


def review_state(
    folder: Path, *, hashes: Mapping[str, str] | None = None, cache_root: Path | None = None
) -> ReviewState:
    """The state of the review of the course in `folder`.

    `hashes` gives SHA-256 by course-relative path where the caller knows them; what it lacks is read from the cache or
    hashed. Nothing that lies in `review/` raises: files that cannot be used are `troubles`. A manifest that cannot be
    read does raise, as everywhere.
    """
    path = find_manifest(folder)
    if path is None:
        return ReviewState(Standing.OPEN, troubles=(Trouble("no-manifest"),))
    manifest = load_manifest(path)
    listed = list_folder(folder)
    return state_of(manifest, Shelf(folder), current_hashes(manifest, listed, hashes or {}, cache_root))


def current_hashes(
    manifest: Manifest, folder: Folder, known: Mapping[str, str], cache_root: Path | None
) -> Mapping[str, str]:
    """SHA-256 of every file learners see, as it is now, by its normal path."""
    from coursekit.engine.cache import Cache

    cache = Cache(cache_root)
    given = {normal(name): sha256 for name, sha256 in known.items()}
    entries = {normal(name): entry for name, entry in folder.entries.items()}
    found = {}
    for path in map(normal, learner_files(manifest)):
        entry = entries.get(path)
        if entry is None or entry.refused:
            continue
        sha256 = given.get(path) or cache.known_sha256(entry.path, entry.identity)
        if sha256 is None:
            try:
                sha256 = sha256_of(entry.path)
            except OSError:
                continue
            cache.remember_sha256(entry.path, entry.identity, sha256)
        found[path] = sha256
    return found


@dataclass(frozen=True, slots=True)
class _Now:
    """The course as it is, beside the dossier in force."""

    manifest: Manifest
    issued: Issued
    hashes: Mapping[str, str]
    course_sha256: str
    stale: frozenset[str]
    """Subjects whose bytes are no longer those of the dossier."""

    def fresh(self, question: Question) -> bool:
        """Whether the question still speaks of these bytes."""
        return question.subject not in self.stale


def state_of(manifest: Manifest, shelf: Shelf, hashes: Mapping[str, str]) -> ReviewState:
    """The state, from what was read. `hashes` is by normal path."""
    issued = shelf.issued()
    taken, troubles = shelf.taken()
    course = CourseTag(manifest.course.id, manifest.course.title, whole_digest(manifest, hashes) or "")
    troubles = (*troubles, *_of_experts(manifest, issued[-1:], taken))
    if not issued:
        experts = tuple(ExpertState(e.id, e.name, Standing.OPEN, e.route, e.qualification) for e in manifest.experts)
        return ReviewState(Standing.OPEN, course, experts=experts, troubles=troubles)
    now = _now(manifest, issued[-1], hashes, course.sha256)
    said = {e.id: _answers(e.id, taken) for e in manifest.experts}
    experts = tuple(_expert(e, now, taken, said[e.id]) for e in manifest.experts)
    dossier = now.issued.dossier
    state = ReviewState(
        standing=Standing.OPEN,
        course=course,
        dossier=now.issued.sha256,
        profiles=dossier.profiles,
        requirements=dossier.requirements,
        experts=experts,
        lessons=_lessons(now, said),
        answers=tuple(_spoken(q, now, said) for q in dossier.questions),
        troubles=troubles,
    )
    return replace(state, standing=_whole(state))


def _now(manifest: Manifest, issued: Issued, hashes: Mapping[str, str], course_sha256: str) -> _Now:
    dossier = issued.dossier
    today = {tag.id: tag for tag in tag_lessons(manifest, hashes)}
    stale = {old.path for old in dossier.lessons if old.id not in today or today[old.id].sha256 != old.sha256}
    media = {m.path: m.sha256 for m in dossier.media}
    stale |= {path for path, sha256 in media.items() if hashes.get(path) != sha256}
    if course_sha256 != dossier.course.sha256:
        stale.add(COURSE)
    return _Now(manifest, issued, hashes, course_sha256, frozenset(stale))


def _answers(expert: str, taken: tuple[Taken, ...]) -> Mapping[str, tuple[Answer, str]]:
    """The latest answer to each question, with its day."""
    return {
        answer.question: (answer, t.decision.reviewed_on)
        for t in taken
        if t.decision.expert.id == expert
        for answer in t.decision.answers
    }


def _expert(expert: Expert, now: _Now, taken: tuple[Taken, ...], said: Mapping[str, tuple[Answer, str]]) -> ExpertState:
    mine = [t for t in taken if t.decision.expert.id == expert.id]
    questions = now.issued.dossier.questions
    left = tuple(q.key for q in questions if q.key not in said or not now.fresh(q))
    blank = ExpertState(expert.id, expert.name, Standing.OPEN, expert.route, expert.qualification, to_answer=left)
    if not mine:
        return blank
    last = mine[-1]
    current = [said[q.key][0].says for q in questions if q.key in said and now.fresh(q)]
    stale = bool(left) or last.decision.course.sha256 != now.course_sha256
    passed = last.decision.verdict is ReviewVerdict.PASS
    return replace(
        blank,
        standing=Standing.STALE if stale else Standing.APPROVED if passed else Standing.REFUSED,
        verdict=last.decision.verdict,
        opinion=last.decision.opinion,
        reviewed_on=last.decision.reviewed_on,
        decision=last.receipt.decision,
        file=last.receipt.file,
        dossier=last.decision.dossier,
        course_sha256=last.decision.course.sha256,
        signed=last.receipt.public_key is not None,
        papers=last.receipt.papers,
        changes=sum(says.against for says in current),
        unsure=sum(says is Say.UNSURE for says in current),
    )


def _of_experts(manifest: Manifest, newest: tuple[Issued, ...], taken: tuple[Taken, ...]) -> list[Trouble]:
    """People the manifest no longer names, or does not let judge."""
    listed = {e.id: e for e in manifest.experts}
    found = [
        Trouble("expert-gone", {"name": t.decision.expert.name, "id": t.decision.expert.id, "file": t.receipt.file})
        for t in taken
        if t.decision.expert.id not in listed or listed[t.decision.expert.id].name != t.decision.expert.name
    ]
    for issued in newest:
        for expert in manifest.experts:
            if code := qualification_fault(expert, issued.dossier.requirements):
                found.append(Trouble(f"listed-{code}", {"name": expert.name, "id": expert.id}))
    return found


def _lessons(now: _Now, said: Mapping[str, Mapping[str, tuple[Answer, str]]]) -> tuple[LessonState, ...]:
    old = {tag.id: tag for tag in now.issued.dossier.lessons}
    found = []
    for tag in tag_lessons(now.manifest, now.hashes):
        before = old.get(tag.id)
        state = LessonState(tag.id, tag.title, tag.path, Standing.OPEN, sha256=tag.sha256 or None)
        if before is None:
            everyone = tuple(said)
            found.append(replace(state, standing=Standing.STALE, reason="not-in-dossier", to_answer=everyone))
            continue
        reason = None if tag.sha256 == before.sha256 else "changed" if tag.sha256 else "missing"
        mine = [q for q in now.issued.dossier.questions if q.subject == before.path]
        owing = tuple(e for e, answers in said.items() if any(q.key not in answers for q in mine))
        says = {answers[q.key][0].says for answers in said.values() for q in mine if q.key in answers}
        if reason is not None:
            standing, owing = Standing.STALE, tuple(said)
        elif any(one.against for one in says):
            standing = Standing.REFUSED
        else:
            standing = Standing.OPEN if owing else Standing.APPROVED
        found.append(replace(state, standing=standing, reason=reason, reviewed_sha256=before.sha256, to_answer=owing))
    return tuple(found)


def _spoken(question: Question, now: _Now, said: Mapping[str, Mapping[str, tuple[Answer, str]]]) -> Spoken:
    voices = []
    fresh = now.fresh(question)
    for expert in now.manifest.experts if fresh else ():
        if question.key in said[expert.id]:
            answer, day = said[expert.id][question.key]
            voices.append(Voice(expert.id, expert.name, answer.says, answer.opinion, day))
    return Spoken(question, tuple(voices), fresh)


def _whole(state: ReviewState) -> Standing:
    standings = {expert.standing for expert in state.experts}
    if Standing.REFUSED in standings:
        return Standing.REFUSED
    decided = any(expert.decision is not None for expert in state.experts)
    assert state.course is not None
    if Standing.STALE in standings or (decided and any(le.standing is Standing.STALE for le in state.lessons)):
        return Standing.STALE
    enough = len(state.experts) >= max(1, state.requirements.min_experts)
    if state.troubles or not enough or standings != {Standing.APPROVED} or not state.course.sha256:
        return Standing.OPEN
    return Standing.APPROVED
