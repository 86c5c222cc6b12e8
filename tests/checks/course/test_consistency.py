"""course/consistency."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from coursekit.audio.facts import AudioFacts
from coursekit.course.checks.consistency import consistency
from coursekit.model import Course, CourseFacts, FileFacts, Lesson, Verdict
from coursekit.probe.facts import Chapter
from tests.audio_facts import shipped_params, track
from tests.probe_facts import audio, lesson, picture, probe, video
from tests.support import run_check

PARAMS = shipped_params(consistency)


def file(number: int, heard: AudioFacts | None = None, intro_s: float | None = None, **shown: object) -> FileFacts:
    """One lesson's file."""
    chapters = () if intro_s is None else (Chapter(0.0, intro_s, "片头"), Chapter(intro_s, 2700.0, "正文"))
    facts = probe(video(picture=picture(**shown)), audio(), chapters=chapters)
    return replace(lesson(facts).file, path=f"lesson{number}.mp4", audio=(heard or track(),))


def course(*files: FileFacts) -> CourseFacts:
    """A course of these lessons."""
    lessons = tuple(Lesson(f"{n}", f"Lesson {n}", f.path) for n, f in enumerate(files, 1))
    return CourseFacts(Course("c", "C", lessons), {f.path: f for f in files})


def test_alike_lessons_pass() -> None:
    assert run_check(consistency, course(*(file(n) for n in range(4))), PARAMS).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        (file(9, track(sample_rate_hz=44100)), "sample-rate-differs"),
        (file(9, track(channels=1)), "channels-differ"),
        (file(9, display_px=(1920, 1080)), "picture-size-differs"),
        (file(9, measured_rate=Fraction(30)), "frame-rate-differs"),
        (file(9, track(integrated_lufs=-28.0)), "loudness-differs"),
    ],
)
def test_the_odd_lesson_is_named(odd: FileFacts, code: str) -> None:
    outcome = run_check(consistency, course(*(file(n) for n in range(3)), odd), PARAMS)
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, (code,))
    assert outcome.findings[0].args["lesson"] == "lesson9.mp4"


def test_a_lesson_far_quieter_fails() -> None:
    outcome = run_check(consistency, course(file(0), file(1), file(2, track(integrated_lufs=-35.0))), PARAMS)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("loudness-differs",))


def test_a_course_without_a_usual_size_is_one_finding() -> None:
    sizes = ((1280, 720), (1920, 1080), (640, 360), (960, 540))
    outcome = run_check(consistency, course(*(file(n, display_px=px) for n, px in enumerate(sizes))), PARAMS)
    assert outcome.codes == ("picture-size-differs",)


def test_intros_that_chapters_name() -> None:
    lessons = [file(n, intro_s=s) for n, s in enumerate((5.0, 5.2, 5.0, 12.0))]
    outcome = run_check(consistency, course(*lessons), PARAMS)
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, ("intro-differs",))


def test_one_lesson_has_nothing_to_agree_with() -> None:
    outcome = run_check(consistency, course(file(0)), PARAMS)
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_APPLICABLE, "too-few-lessons")
