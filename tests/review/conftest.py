"""The reviewed course, measured and put into a dossier once; every test works on a copy of its own."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from coursekit.review.dossier import Built
from tests.review.courses import build, make_reviewed_course


@dataclass(frozen=True)
class Desk:
    """A course on a clerk's desk: its folder, the dossier handed out, a cache that knows its files."""

    course: Path
    built: Built
    cache: Path


@pytest.fixture(scope="session")
def first_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Made once; not to be changed."""
    root = tmp_path_factory.mktemp("review")
    course = make_reviewed_course(root / "课程")
    cache = root / "cache"
    return Desk(course, build(course, cache), cache)


@pytest.fixture
def desk(first_desk: Desk, tmp_path: Path) -> Desk:
    """A copy to change."""
    course = tmp_path / "课程"
    shutil.copytree(first_desk.course, course)
    shutil.copy(first_desk.course.parent / "house.toml", tmp_path / "house.toml")
    return Desk(course, replace(first_desk.built, course=course), first_desk.cache)
