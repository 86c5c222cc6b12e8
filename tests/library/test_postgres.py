"""The same SQL on a real PostgreSQL, started for these tests on a socket of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from coursekit.library.index import COURSES, EDITIONS, EXPIRING, POINTS, TEACHING, open_index, open_mirror
from coursekit.library.model import Taken
from coursekit.library.shelf import LibraryFault, open_shelf
from coursekit.library.take import import_package
from tests.library.conftest import Parcels

pytestmark = pytest.mark.interop


def programs() -> Path:
    """Where initdb and postgres are."""
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    if found := shutil.which("initdb"):
        places.append(Path(found).parent)
    place = next((p for p in places if (p / "initdb").exists() and (p / "postgres").exists()), None)
    if place is None:
        pytest.skip("needs PostgreSQL (apt install postgresql)")
    return place


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """Its address."""
    pytest.importorskip("psycopg", reason='needs the driver: pip install "psycopg[binary]"')
    place, pwd = programs(), pytest.importorskip("pwd", reason="starts PostgreSQL on Linux and macOS only")
    # It will not run as root, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="ck-pg-"))
    user = None
    if os.getuid() == 0:
        try:
            owner = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        user = "postgres"
    data = folder / "data"

    def run(*command: str) -> None:
        done = subprocess.run(command, user=user, cwd=folder, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr[-2000:]

    try:
        run(str(place / "initdb"), "-D", str(data), "-U", "coursekit", "-A", "trust", "-E", "UTF8", "-N")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        run(str(place / "pg_ctl"), "-D", str(data), "-w", "-t", "60", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://coursekit@/postgres?host={folder}"
        finally:
            run(str(place / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(postgres: str) -> str:
    """A database without tables."""
    import psycopg

    with contextlib.closing(psycopg.connect(postgres, autocommit=True)) as line:
        line.execute("DROP SCHEMA public CASCADE")
        line.execute("CREATE SCHEMA public")
    return postgres


def test_both_databases_answer_every_question_alike(database: str, parcels: Parcels, tmp_path: Path) -> None:
    shelf = open_shelf(tmp_path / "library", create=True)
    policy = replace(parcels.policy, mirror=database, allow_draft=True)
    for package in (parcels.first, parcels.later, parcels.second, parcels.draft):
        assert import_package(package, shelf, policy).outcome is Taken.IMPORTED
    assert import_package(parcels.first, shelf, policy).outcome is Taken.ALREADY
    with open_index(shelf) as here, open_mirror(shelf, database) as there:
        courses = here.rows(COURSES)
        assert len(courses) == 3
        questions = [
            (COURSES, ()),
            (EDITIONS, ("dg-4-2026",)),
            (POINTS, (courses[0]["edition"],)),
            (TEACHING, ("S1", "", "")),
            (TEACHING, ("", "1.1.1", "%100%%")),
            (EXPIRING, ("2100-01-01",)),
        ]
        for query, args in questions:
            assert here.rows(query, *args) == there.rows(query, *args)


def test_a_mirror_that_was_away_is_brought_up_to_date(database: str, parcels: Parcels, tmp_path: Path) -> None:
    shelf = open_shelf(tmp_path / "library", create=True)
    import_package(parcels.first, shelf, parcels.policy)
    import_package(parcels.second, shelf, parcels.policy)
    with open_mirror(shelf, database) as index:
        assert len(index.rows(COURSES)) == 2
        with index.changing():
            index.add(replace(shelf.edition(next(iter(shelf.edition_ids()))), id="e" * 64))
    with open_mirror(shelf, database) as index:
        assert len(index.rows(COURSES)) == 2, "what no record names is gone"
        assert index.rows("SELECT point FROM ck_point WHERE edition = ?", "e" * 64) == []


def test_without_the_database_the_course_is_taken_in_and_the_trouble_said(parcels: Parcels, tmp_path: Path) -> None:
    pytest.importorskip("psycopg", reason='needs the driver: pip install "psycopg[binary]"')
    shelf = open_shelf(tmp_path / "library", create=True)
    away = "postgresql://someone:geheim@/nothing?host=/nowhere/at/all&connect_timeout=2"
    told = import_package(parcels.first, shelf, replace(parcels.policy, mirror=away))
    assert (told.outcome, [r.code for r in told.reasons]) == (Taken.IMPORTED, ["postgres-unreachable"])
    assert "geheim" not in told.reasons[0].message
    assert len(shelf.edition_ids()) == 1
    with pytest.raises(LibraryFault) as raised:
        open_mirror(shelf, away)
    assert "geheim" not in str(raised.value)
