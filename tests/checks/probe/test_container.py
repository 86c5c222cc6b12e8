"""probe/container."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coursekit.model import Verdict
from coursekit.probe.checks.container import ContainerParams, container
from tests.probe_facts import audio, closed, lesson, probe
from tests.support import run_check

PARAMS = ContainerParams(
    containers=("mp4", "matroska", "avi", "mp3"), match_extension=True, require_index_first=True, pictures_only=False
)


def test_an_mp4_named_so_with_its_index_first_passes() -> None:
    assert run_check(container, lesson(probe()), PARAMS).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("code", "found", "path", "finding"),
    [
        ("empty", "unknown", "01.mp4", "empty-file"),
        ("playlist", "unknown", "01.mp4", "playlist"),
        ("not-media", "unknown", "01.mp4", "not-media"),
        ("no-streams", "unknown", "01.mp4", "not-media"),
        ("format-refused", "png", "01.mp4", "other-content"),
        ("not-media", "pdf", "01.mp4", "other-content"),
    ],
)
def test_what_is_no_medium_fails_by_what_it_is(code: str, found: str, path: str, finding: str) -> None:
    outcome = run_check(container, lesson(closed(code, found), path=path), PARAMS)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, (finding,))


def test_an_mp4_that_is_broken_is_still_an_mp4() -> None:
    outcome = run_check(container, lesson(closed("index-missing", "mp4")), PARAMS)
    assert outcome.verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("found", "path", "verdict", "code"),
    [
        ("mxf", "01.mxf", Verdict.FAIL, "unusual-container"),
        ("mp4", "01.avi", Verdict.FAIL, "extension-disagrees"),
        ("avi", "01.mp4", Verdict.FAIL, "extension-disagrees"),
        ("mp4", "01.final", Verdict.REVIEW, "extension-unknown"),
        ("mp4", "01", Verdict.REVIEW, "extension-unknown"),
    ],
)
def test_name_and_content_are_compared(found: str, path: str, verdict: Verdict, code: str) -> None:
    outcome = run_check(container, lesson(probe(container=found), path=path), PARAMS)
    assert (outcome.verdict, outcome.codes) == (verdict, (code,))


def test_quicktime_under_an_mp4_name_is_for_a_person() -> None:
    outcome = run_check(container, lesson(probe(container="mov")), replace(PARAMS, containers=("mov", "mp4")))
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, ("extension-sibling",))


@pytest.mark.parametrize("path", ["01.m4v", "01.MP4", "课程 😀/第一课.mp4", "-01.mp4", "01\n.mp4"])
def test_names_that_promise_mp4(path: str) -> None:
    assert run_check(container, lesson(probe(), path=path), PARAMS).verdict is Verdict.PASS


def test_the_index_must_come_first_where_it_is_asked() -> None:
    late = lesson(probe(index_at_front=False))
    assert run_check(container, late, PARAMS).codes == ("index-at-end",)
    assert run_check(container, late, replace(PARAMS, require_index_first=False)).verdict is Verdict.PASS
    assert run_check(container, lesson(probe(index_at_front=None)), PARAMS).verdict is Verdict.PASS


def test_a_rule_about_the_index_alone_takes_any_container() -> None:
    any_container = replace(PARAMS, containers=(), match_extension=False)
    assert run_check(container, lesson(probe(container="mxf")), any_container).verdict is Verdict.PASS
    outcome = run_check(container, lesson(closed("empty")), any_container)
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_TESTED, "does-not-open")


def test_a_clause_on_video_does_not_speak_of_sound() -> None:
    params = replace(PARAMS, pictures_only=True)
    sound = lesson(probe(audio(), container="mp3"), path="01.mp3")
    assert run_check(container, sound, params).verdict is Verdict.NOT_APPLICABLE
    assert run_check(container, lesson(closed("not-media")), params).verdict is Verdict.FAIL


def test_an_unmeasured_file_is_not_tested() -> None:
    assert run_check(container, lesson(None), PARAMS).verdict is Verdict.NOT_TESTED
