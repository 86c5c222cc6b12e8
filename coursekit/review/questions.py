"""What experts are asked: the human rules of the profiles, and what the machine saw but may not decide.

Pure: profiles, the manifest and the report's issues in, questions out. A key holds everything an answer depends on,
so that the same key is the same question about the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from coursekit.manifest.course import normal
from coursekit.manifest.digest import course_digest
from coursekit.manifest.model import LessonEntry, Manifest
from coursekit.manifest.vocabulary import Route
from coursekit.model import TOPICS, Finding, Method, Profile, Result, Rule, Span, Text, ThresholdSource, Verdict
from coursekit.report.view import Issue
from coursekit.review.model import Asked, ExpertTag, LessonTag, Question, Requirements, Say
from coursekit.terms import Level

COURSE = "."
FOR_EXPERTS = frozenset({"manifest/coverage", "manifest/labels"})
"""Manifest checks whose doubts are a matter of content; those about papers are the clerk's."""
_PERCEIVED = frozenset({"audio", "video", "cover"})
"""What eyes and ears can judge better than a threshold."""
_CLAUSE_CHOICES: tuple[Say, ...] = (Say.PASS, Say.REVISE, Say.REJECT, Say.UNSURE)
_DOUBT_CHOICES: tuple[Say, ...] = (Say.PASS, Say.REVISE, Say.UNSURE)
_OVERRULE_CHOICES: tuple[Say, ...] = (Say.PASS, Say.REVISE)
_DOMAIN_TOPIC = {"audio": "sound", "video": "picture", "cover": "marks", "manifest": "content", "course": "picture"}


def lesson_files(lesson: LessonEntry) -> tuple[str, ...]:
    """What a learner sees of one lesson: media, subtitles, cover."""
    files = {lesson.cover or ""}
    for media in lesson.media:
        files.add(media.file)
        files.update(subtitle.file for subtitle in media.subtitles)
    return tuple(sorted(files - {""}))


def lesson_digest(lesson: LessonEntry, hashes: Mapping[str, str]) -> str | None:
    """One hash for a lesson: its main file's own where that is all there is. None while a file is missing."""
    files = lesson_files(lesson)
    known = [hashes.get(normal(path)) for path in files]
    if not files or None in known or "" in known:
        return None
    if len(files) == 1:
        return known[0]
    listing = "".join(f"{sha256}  {normal(path)}\n" for sha256, path in zip(known, files, strict=True))
    return hashlib.sha256(listing.encode()).hexdigest()


def whole_digest(manifest: Manifest, hashes: Mapping[str, str]) -> str | None:
    """One hash for the course; None while a file is missing, or where there is nothing to review."""
    return course_digest(manifest, hashes) if any(le.main is not None for le in manifest.lessons) else None


def tag_lessons(manifest: Manifest, hashes: Mapping[str, str]) -> tuple[LessonTag, ...]:
    """The lessons that hold media, in teaching order."""
    return tuple(
        LessonTag(lesson.id, lesson.title, normal(lesson.main.file), lesson_digest(lesson, hashes) or "")
        for lesson in manifest.lessons
        if lesson.main is not None
    )


def requirements_of(profiles: Iterable[Profile]) -> Requirements:
    """What the profiles' own rule on experts asks; one expert by any route where none speaks of it."""
    least, provinces, routes = 1, [], None
    for rule in (r for p in profiles for r in p.rules if r.check == "manifest/experts"):
        least = max(least, int(str(rule.params["min_experts"])))
        provinces.append(str(rule.params["province"]))
        named = rule.params["routes"]
        assert isinstance(named, list | tuple)
        accepted = {route for route in Route if route.value in map(str, named)}
        routes = accepted if routes is None else routes & accepted
    return Requirements(
        least, tuple(dict.fromkeys(provinces)), tuple(r for r in Route if routes is not None and r in routes)
    )


def tag_experts(manifest: Manifest) -> tuple[ExpertTag, ...]:
    """The experts a dossier is made for: name and right to judge, nothing else of the person."""
    return tuple(ExpertTag(e.id, e.name, e.route, e.qualification) for e in manifest.experts if e.route is not None)


def human_rules(profiles: Iterable[Profile]) -> tuple[Rule, ...]:
    """The rules only a person can judge, each once."""
    rules = {
        rule.id: rule
        for profile in profiles
        for rule in profile.rules
        if rule.method is Method.HUMAN and rule.unavailable is None and rule.level is not Level.INFO
    }
    return tuple(rules.values())


def build_questions(
    profiles: Sequence[Profile], manifest: Manifest, lessons: Sequence[LessonTag], course_sha256: str,
    issues: Iterable[Issue], subjects: Mapping[str, str],
) -> tuple[Question, ...]:  # fmt: skip
    """All questions, lesson by lesson, the course as a whole last.

    `subjects` gives the hash of each file that an issue may speak of: lessons' main files, covers, and `.`.
    """
    rules = human_rules(profiles)
    doubts = tuple(_machine_questions(issues, lessons, subjects))
    asked = []
    for lesson in lessons:
        asked += [q for q in doubts if q.subject == lesson.path]
        asked += _in_order(_lesson_question(rule, lesson, manifest) for rule in rules if _of_each_lesson(rule))
    paths = {lesson.path for lesson in lessons}
    asked += [q for q in doubts if q.subject not in paths]
    asked += _in_order(
        _course_question(rule, course_sha256) for rule in rules if rule.each == "course" and rule.topic != "verdict"
    )
    return tuple({q.key: q for q in asked}.values())


def _in_order(questions: Iterable[Question]) -> list[Question]:
    return sorted(questions, key=lambda q: TOPICS.index(q.topic))


def _of_each_lesson(rule: Rule) -> bool:
    return rule.each == "lesson" or rule.lesson_question is not None


def _course_question(rule: Rule, sha256: str) -> Question:
    return _rule_question(rule, rule.question, COURSE, COURSE, sha256)


def _lesson_question(rule: Rule, lesson: LessonTag, manifest: Manifest) -> Question:
    said = rule.lesson_question or rule.question
    # What the lesson is held against is part of the question where it speaks of the points it teaches.
    points = tuple(f"{p}" for p in points_of(manifest, lesson.id)) if rule.topic == "content" else ()
    return _rule_question(rule, said, lesson.path, lesson.id, lesson.sha256, points)


def points_of(manifest: Manifest, lesson_id: str) -> tuple[tuple[str, str, str], ...]:
    """Id, wording and depth of every point a lesson says it teaches."""
    points = {point.id: point for point in manifest.points}
    lesson = next((le for le in manifest.lessons if le.id == lesson_id), None)
    taught = lesson.teaches if lesson is not None else ()
    return tuple((t.point, points[t.point].text, t.depth.value) for t in taught if t.point in points)


def _rule_question(
    rule: Rule, said: Text | None, subject: str, name: str, sha256: str, points: tuple[str, ...] = ()
) -> Question:
    assert said is not None
    return Question(
        key=_key("rule", rule.id, name, sha256, said.zh, rule.clause.text, *points),
        asked=Asked.RULE,
        topic=rule.topic,
        subject=subject,
        sha256=sha256,
        zh=said.zh,
        en=said.en,
        rules=(rule.id,),
        choices=_CLAUSE_CHOICES,
    )


def _machine_questions(
    issues: Iterable[Issue], lessons: Sequence[LessonTag], subjects: Mapping[str, str]
) -> Iterator[Question]:
    for issue in issues:
        sha256 = subjects.get(normal(issue.subject))
        if issue.finding is None or issue.waived or not sha256 or not _is_for_experts(issue.check):
            continue
        if issue.verdict is Verdict.REVIEW:
            asked, choices = Asked.DOUBT, _DOUBT_CHOICES
        elif issue.verdict is Verdict.FAIL and _can_be_overruled(issue):
            asked, choices = Asked.OVERRULE, _OVERRULE_CHOICES
        else:
            continue
        yield Question(
            key=finding_key(issue.subject, issue.check, issue.finding, sha256),
            asked=asked,
            topic="marks" if issue.check.endswith("/watermark") else _DOMAIN_TOPIC.get(_domain(issue.check), "other"),
            subject=normal(issue.subject),
            sha256=sha256,
            zh=f"{issue.title.zh}：{issue.message.zh}",
            en=f"{issue.title.en}: {issue.message.en}",
            rules=tuple(c.rule for c in issue.cited),
            choices=choices,
            check=issue.check,
            code=issue.code,
            start_s=issue.start_s,
            end_s=issue.end_s,
        )


def _is_for_experts(check: str) -> bool:
    return _domain(check) not in ("manifest", "filing") or check in FOR_EXPERTS


def _domain(check: str) -> str:
    return check.partition("/")[0]


def finding_key(subject: str, check: str, finding: Finding, sha256: str) -> str:
    """The key of the question about one finding: the place to a second, so that a better clock keeps the answer."""
    where = finding.where
    place = [round(where.start_s), round(where.end_s)] if isinstance(where, Span) else [where and where.pointer]
    return _key("finding", check, finding.code, normal(subject), sha256, *place)


def _can_be_overruled(issue: Issue) -> bool:
    """Worth asking: it breaks the course, is seen or heard, and the number is coursekit's own."""
    return (
        issue.level is Level.MUST and _domain(issue.check) in _PERCEIVED and all(c.own_threshold for c in issue.cited)
    )


def can_be_overruled(result: Result) -> bool:
    """Whether the threshold is coursekit's own: nobody overrules what a notice prints."""
    return result.threshold_source is ThresholdSource.COURSEKIT


def _key(*parts: object) -> str:
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return "q" + hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:20]
