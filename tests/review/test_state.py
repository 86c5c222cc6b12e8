"""How a review stands: who approved, what is stale after a change, what is asked again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from coursekit import codec
from coursekit.manifest.vocabulary import ReviewVerdict
from coursekit.review.model import ReviewState, Standing
from coursekit.review.state import review_state
from coursekit.review.telling import exit_code, status_lines
from tests.cli.courses import coursekit
from tests.review.conftest import Desk
from tests.review.courses import (
    LESSONS,
    MANIFEST,
    SECRETS,
    add,
    build,
    change_lesson,
    decide,
    question,
    written,
)

A, B, C = LESSONS


def state_of(desk: Desk) -> ReviewState:
    """As it stands, told in both languages on the way."""
    state = review_state(desk.course, cache_root=desk.cache)
    for lang in ("zh", "en"):
        assert list(status_lines(state, lang))
    assert codec.loads(ReviewState, codec.dumps(state)) == state
    assert not any(secret in codec.dumps(state) for secret in SECRETS)
    return state


def told(desk: Desk, lang: str = "zh") -> str:
    return "\n".join(line.text for line in status_lines(review_state(desk.course), lang))


def approve(desk: Desk) -> None:
    add(desk.course, decide(desk.built, "X1", opinion="很好"))
    add(desk.course, decide(desk.built, "X2"))


def test_nobody_has_answered(desk: Desk) -> None:
    state = state_of(desk)
    assert state.standing is Standing.OPEN
    assert [e.standing for e in state.experts] == [Standing.OPEN, Standing.OPEN]
    assert all(len(e.to_answer) == len(desk.built.dossier.questions) for e in state.experts)
    assert exit_code(state) == 3


def test_one_of_two_is_not_enough(desk: Desk) -> None:
    add(desk.course, decide(desk.built, "X1"))
    state = state_of(desk)
    assert state.standing is Standing.OPEN
    assert [e.standing for e in state.experts] == [Standing.APPROVED, Standing.OPEN]
    assert {lesson.to_answer for lesson in state.lessons} == {("X2",)}


def test_all_approve(desk: Desk) -> None:
    approve(desk)
    state = state_of(desk)
    assert state.approved
    assert exit_code(state) == 0
    first = state.experts[0]
    assert (first.name, first.route, first.verdict, first.opinion, first.reviewed_on) == (
        "林秀兰",
        "examiner",
        ReviewVerdict.PASS,
        "很好",
        "2026-11-30",
    )
    assert first.course_sha256 == state.course.sha256 if state.course else False
    assert [lesson.standing for lesson in state.lessons] == [Standing.APPROVED] * 3
    assert state.troubles == ()


def test_one_negative_opinion_refuses(desk: Desk) -> None:
    add(desk.course, decide(desk.built, "X1"))
    key = question(desk.built, subject=B, topic="correctness")
    add(desk.course, decide(desk.built, "X2", "revise", "第二课有误", {key: ("revise", "电压写错")}))
    state = state_of(desk)
    assert state.standing is Standing.REFUSED
    assert exit_code(state) == 1
    assert [lesson.standing for lesson in state.lessons] == [Standing.APPROVED, Standing.REFUSED, Standing.APPROVED]
    assert [s.question.key for s in state.disagreements] == [key]
    assert state.verdicts_differ
    words = told(desk)
    assert "意见不一致" in words
    assert "郑国栋 须修改：电压写错" in words
    assert "第二课有误" in words


def test_the_third_expert_is_missing(desk: Desk) -> None:
    approve(desk)
    more = "  - id: X3\n    name: 陈三\n    province: 福建省\n    route: examiner\n"
    (desk.course / "course.yaml").write_text(MANIFEST + more, encoding="utf-8")
    state = state_of(desk)
    assert state.standing is Standing.OPEN
    assert [e.standing for e in state.experts] == [Standing.APPROVED, Standing.APPROVED, Standing.OPEN]


def test_too_few_experts_are_named(desk: Desk) -> None:
    add(desk.course, decide(desk.built, "X1"))
    only_one = MANIFEST[: MANIFEST.index("  - id: X2")]
    (desk.course / "course.yaml").write_text(only_one, encoding="utf-8")
    state = state_of(desk)
    assert state.standing is Standing.OPEN
    assert "至少 2 位专家" in told(desk)


def test_a_changed_lesson_makes_its_part_stale_and_asks_only_for_that(desk: Desk) -> None:
    approve(desk)
    change_lesson(desk.course, B)
    state = state_of(desk)
    assert state.standing is Standing.STALE
    assert exit_code(state) == 3
    assert {lesson.path: lesson.reason for lesson in state.lessons} == {A: None, B: "changed", C: None}
    assert [lesson.standing for lesson in state.lessons] == [Standing.APPROVED, Standing.STALE, Standing.APPROVED]
    assert "第二课" in told(desk)
    assert "没有变化的部分不会再问" in told(desk)
    again = build(desk.course, desk.cache)
    asked = {q.key for q in again.dossier.questions}
    left = [q for q in again.dossier.questions if q.key not in set(again.answered["X1"])]
    assert {q.subject for q in left} == {B, "."}
    assert {q.subject for q in again.dossier.questions if q.key in set(again.answered["X1"])} == {A, C}
    assert len(asked) == len(desk.built.dossier.questions)
    first = add(desk.course, decide(again, "X1"))
    assert len(first.decision.answers) == len(left)
    add(desk.course, decide(again, "X2"))
    assert state_of(desk).approved


def test_a_decision_on_an_earlier_dossier_counts_for_what_has_not_changed(desk: Desk) -> None:
    change_lesson(desk.course, B)
    build(desk.course, desk.cache)
    added = add(desk.course, decide(desk.built, "X1"))
    assert added.late
    state = state_of(desk)
    assert state.experts[0].standing is Standing.STALE
    owed = {s.question.subject for s in state.answers if s.question.key in state.experts[0].to_answer}
    assert owed == {B, "."}


def test_what_was_refused_is_asked_again_and_may_be_taken_back(desk: Desk) -> None:
    key = question(desk.built, subject=A, topic="correctness")
    add(desk.course, decide(desk.built, "X1", "revise", "看不懂", {key: ("revise", "没有说明")}))
    add(desk.course, decide(desk.built, "X2"))
    assert state_of(desk).standing is Standing.REFUSED
    again = build(desk.course, desk.cache)
    add(desk.course, decide(again, "X1", "pass", "看懂了"), replace="专家收回意见")
    assert state_of(desk).approved


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("missing", lambda course: (course / C).unlink()),
        (
            "not-in-dossier",
            lambda course: (
                (course / "lesson-4.mp4").write_bytes((course / A).read_bytes() + b"\0\0\0\x08free"),
                (course / "course.yaml").write_text(
                    MANIFEST.replace(
                        "experts:\n",
                        "  - { id: L4, title: 第四课, mode: online, part: theory, hours: 1, "
                        "media: [ { file: lesson-4.mp4 } ] }\nexperts:\n",
                    ),
                    encoding="utf-8",
                ),
            ),
        ),
    ],
)
def test_lessons_come_and_go(desk: Desk, reason: str, change: Callable[[Path], object]) -> None:
    approve(desk)
    change(desk.course)
    state = state_of(desk)
    assert state.standing is Standing.STALE
    assert [lesson.reason for lesson in state.lessons if lesson.reason] == [reason]


def alter(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"pass"', b'"unsure"', 1) + b" ")


SHELF_FAULTS: dict[str, Callable[[Path], object]] = {
    "decision-altered": lambda review: alter(next((review / "decisions").glob("X1*.json"))),
    "decision-gone": lambda review: next((review / "decisions").glob("X1*.json")).unlink(),
    "not-taken-in": lambda review: (review / "decisions" / "X9-by-hand.json").write_bytes(b"{}"),
    "not-ours": lambda review: (review / "keys").symlink_to(review.parent.parent),
    "paper-gone": lambda review: next((review / "papers").iterdir()).unlink(),
    "paper-altered": lambda review: next((review / "papers").iterdir()).write_bytes(b"another"),
}


@pytest.mark.parametrize("code", SHELF_FAULTS)
def test_what_was_taken_in_and_no_longer_is_as_it_was(desk: Desk, code: str) -> None:
    scan = desk.course.parent / "scan.pdf"
    scan.write_bytes(b"%PDF-")
    add(desk.course, decide(desk.built, "X1"), papers=(scan,))
    add(desk.course, decide(desk.built, "X2"))
    assert state_of(desk).approved
    SHELF_FAULTS[code](desk.course / "review")
    state = state_of(desk)
    assert not state.approved
    assert [t.code for t in state.troubles] == [code]


def test_an_expert_who_left_the_manifest_does_not_count(desk: Desk) -> None:
    approve(desk)
    (desk.course / "course.yaml").write_text(MANIFEST.replace("id: X2", "id: X7"), encoding="utf-8")
    state = state_of(desk)
    assert state.standing is Standing.OPEN
    assert [t.code for t in state.troubles] == ["expert-gone"]


def test_an_expert_who_no_longer_qualifies_stands_in_the_way(desk: Desk) -> None:
    approve(desk)
    text = MANIFEST.replace("route: professional-title", "route: top-level-certificate")
    (desk.course / "course.yaml").write_text(text, encoding="utf-8")
    assert [t.code for t in state_of(desk).troubles] == ["listed-expert-unqualified"]
    assert not state_of(desk).approved


def test_a_course_without_a_dossier_or_a_manifest(tmp_path: Path) -> None:
    assert [t.code for t in review_state(tmp_path).troubles] == ["no-manifest"]
    (tmp_path / "course.yaml").write_text(MANIFEST, encoding="utf-8")
    state = review_state(tmp_path)
    assert state.standing is Standing.OPEN
    assert state.dossier is None


def test_the_commands(desk: Desk) -> None:
    today = {"reviewed_on": dt.datetime.now(dt.UTC).date().isoformat()}
    file = written(desk.course.parent, decide(desk.built, "X1") | today, "意见 1.json")
    said = coursekit("review", "add", desk.course, file, lang="zh")
    assert said.code == 0
    assert "已收入 林秀兰 的意见：通过" in said.out
    again = coursekit("review", "add", desk.course, file)
    assert again.code == 2
    assert "already-added" in again.err
    status = coursekit("review", "status", desk.course, "--format", "json")
    assert status.code == 3
    assert status.report()["standing"] == "open"
    written(desk.course.parent, decide(desk.built, "X2", "reject", "不行") | today, "2.json")
    assert coursekit("review", "add", desk.course, desk.course.parent / "2.json").code == 0
    refused = coursekit("review", "status", desk.course, lang="zh")
    assert refused.code == 1
    assert "未通过" in refused.out
    assert coursekit("review", "status", desk.course.parent / "nowhere").code == 2
