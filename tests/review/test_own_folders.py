"""`review/` and `filing/` at the top of a course are coursekit's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursekit.engine.cache import audit_key
from coursekit.folder import CourseError, list_folder
from coursekit.settings import Settings


def put(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_what_is_kept_beside_a_course_is_no_part_of_it(tmp_path: Path) -> None:
    put(tmp_path, "a.mp4", "review/decisions/X1.json", "review/papers/a.png", "filing/licence.pdf", "filing/demo.mp4")
    folder = list_folder(tmp_path)
    assert list(folder.entries) == ["a.mp4"]
    assert list(folder.kept) == [
        "filing/demo.mp4",
        "filing/licence.pdf",
        "review/decisions/X1.json",
        "review/papers/a.png",
    ]


def test_a_chapter_may_have_such_a_name_further_down(tmp_path: Path) -> None:
    put(tmp_path, "chapter 1/review/a.mp4", "chapter 1/filing/b.mp4")
    assert list(list_folder(tmp_path).entries) == ["chapter 1/filing/b.mp4", "chapter 1/review/a.mp4"]


def test_a_chapter_at_the_top_with_such_a_name_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    put(tmp_path, "review/lesson 9.MP4")
    with pytest.raises(CourseError) as error:
        list_folder(tmp_path)
    assert error.value.code == "media-in-review"
    assert error.value.args_["name"] == "review/lesson 9.MP4"


def test_a_report_kept_from_before_does_not_outlive_a_decision(tmp_path: Path) -> None:
    put(tmp_path, "a.mp4")
    settings = Settings()
    before = audit_key(list_folder(tmp_path), settings, ())
    put(tmp_path, "review/decisions/X1.json")
    assert audit_key(list_folder(tmp_path), settings, ()) != before
