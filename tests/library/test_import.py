"""Taking packages in: what is in the library afterwards, what is refused, and that nothing is there twice."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from coursekit.bundle.model import Answer
from coursekit.library import take
from coursekit.library.announce import NotHeard
from coursekit.library.check import check_library
from coursekit.library.index import COURSES, EDITIONS, EXPIRING, POINTS, TEACHING, open_index
from coursekit.library.model import Edition, Taken
from coursekit.library.shelf import LibraryFault, Shelf, open_shelf
from coursekit.library.take import import_package
from coursekit.texts import LANGS, phrases
from tests.library.conftest import Parcels


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return open_shelf(tmp_path / "课程库", create=True)


def whole(shelf: Shelf) -> None:
    """Nothing lost, nothing doubled, nothing half-made."""
    report = check_library(shelf)
    assert report.faults == ()
    assert report.unreferenced == ()
    assert [p.name for p in (shelf.root / "incoming").iterdir()] == []


def test_a_package_is_taken_in_with_every_file_once(shelf: Shelf, parcels: Parcels) -> None:
    told = import_package(parcels.first, shelf, parcels.policy)
    assert (told.outcome, told.reasons, told.verification.answer) == (Taken.IMPORTED, (), Answer.ACCEPTED)
    edition = shelf.edition(told.edition or "")
    assert edition.course == parcels.packed.plan.package
    assert edition.publisher is not None
    assert edition.publisher.key_id == parcels.packed.key.key_id
    for file in (*edition.files, *edition.evidence):
        path = shelf.object_path(file.sha256)
        assert hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
        assert path.stat().st_mode & 0o222 == 0, "read-only"
    assert {f.path for f in edition.evidence} >= {"bagit.txt", "bag-info.txt", "tagmanifest-sha256.txt"}
    whole(shelf)


def test_the_index_answers_which_courses_versions_points_and_until_when(shelf: Shelf, parcels: Parcels) -> None:
    for package in (parcels.first, parcels.later, parcels.second):
        assert import_package(package, shelf, parcels.policy).outcome is Taken.IMPORTED
    with open_index(shelf) as index:
        rows = index.rows(COURSES)
        assert [(r["course"], r["approved_until"], r["editions"], r["skills"]) for r in rows] == [
            ("dg-4-2026", "2100-06-30", 2, 1),
            ("dg-5-2026", "2099-12-31", 1, 1),
        ]
        assert [r["approved_until"] for r in index.rows(EDITIONS, "dg-4-2026")] == ["2099-12-31", "2100-06-30"]
        points = index.rows(POINTS, rows[0]["edition"])
        taught = [(t.point, le.title, t.depth) for le in parcels.packed.plan.package.lessons for t in le.teaches]
        assert [(p["point"], p["text"], p["lessons"]) for p in points] == [
            ("K1", "兆欧表的使用方法", sum(point == "K1" for point, _, _ in taught)),
            ("S1", "能正确测量绝缘电阻", sum(point == "S1" for point, _, _ in taught)),
        ]
        assert index.rows(TEACHING, "", "", "%能测量绝缘%")[0]["course"] == "dg-5-2026", (
            "an edition replaced is not named"
        )
        teaching = index.rows(TEACHING, "", "", "%测量绝缘%")
        assert {(t["course"], t["lesson"], t["depth"]) for t in teaching} == {
            (course, lesson, depth)
            for course in ("dg-4-2026", "dg-5-2026")
            for point, lesson, depth in taught
            if point == "S1"
        }
        assert len(index.rows(EXPIRING, "2100-01-01")) == 2
        assert index.rows(EXPIRING, "2099-12-31") == [], "the last day still counts"
    whole(shelf)


def test_files_that_courses_share_are_kept_once(shelf: Shelf, parcels: Parcels) -> None:
    import_package(parcels.first, shelf, parcels.policy)
    before = {p.name for p in shelf.objects()}
    told = import_package(parcels.second, shelf, parcels.policy)
    media = {f.sha256[2:] for f in shelf.edition(told.edition or "").files if f.path.endswith(".mp4")}
    assert media <= before


def test_the_same_package_again_changes_nothing(shelf: Shelf, parcels: Parcels) -> None:
    first = import_package(parcels.first, shelf, parcels.policy)
    before = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in shelf.root.rglob("*") if p.is_file()}
    again = import_package(parcels.first, shelf, parcels.policy)
    assert (again.outcome, again.edition) == (Taken.ALREADY, first.edition)
    after = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in shelf.root.rglob("*") if p.is_file()}
    index = shelf.root / "index.sqlite3"
    assert {k: v for k, v in before.items() if k != index} == {k: v for k, v in after.items() if k != index}


def test_a_folder_and_a_zip_of_one_course_are_one_edition(shelf: Shelf, parcels: Parcels) -> None:
    first = import_package(parcels.packed.folder, shelf, parcels.policy)
    again = import_package(parcels.first, shelf, parcels.policy)
    assert (first.outcome, again.outcome) == (Taken.IMPORTED, Taken.ALREADY)


def test_six_imports_at_once_are_one_copy(shelf: Shelf, parcels: Parcels) -> None:
    heard: list[str] = []
    policy = replace(parcels.policy, listeners=(lambda edition: heard.append(edition.id),))
    outcomes: list[Taken] = []
    gate = threading.Barrier(6)

    def run(package: Path) -> None:
        gate.wait()
        outcomes.append(import_package(package, shelf, policy).outcome)

    threads = [threading.Thread(target=run, args=(p,)) for p in [parcels.first] * 4 + [parcels.second] * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(outcomes) == sorted([Taken.IMPORTED] * 2 + [Taken.ALREADY] * 4)
    assert set(heard) == set(shelf.edition_ids())
    with open_index(shelf) as index:
        assert len(index.rows(COURSES)) == 2
    whole(shelf)


def test_sweeping_beside_an_import_takes_nothing_from_it(shelf: Shelf) -> None:
    """A sweep may hold the lock of a place for the moment between its making and its taking."""
    over = threading.Event()

    def sweep() -> None:
        while not over.is_set():
            shelf.sweep()

    sweepers = [threading.Thread(target=sweep) for _ in range(3)]
    for sweeper in sweepers:
        sweeper.start()
    try:
        for _ in range(300):
            with shelf.receiving() as place:
                (place / "part").write_bytes(b"1")
                assert (place / "part").exists()
    finally:
        over.set()
        for sweeper in sweepers:
            sweeper.join()
    assert list((shelf.root / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    ("which", "outcome", "code"),
    [
        ("draft", Taken.REFUSED, "is-a-draft"),
        ("unknown", Taken.UNDECIDED, None),
        ("stolen", Taken.REFUSED, "other-publisher"),
    ],
)
def test_what_is_not_taken_in_leaves_a_record_with_reasons(
    shelf: Shelf, parcels: Parcels, which: str, outcome: Taken, code: str | None
) -> None:
    import_package(parcels.first, shelf, parcels.policy)
    before = sorted(shelf.objects())
    for _ in range(2):
        told = import_package(getattr(parcels, which), shelf, parcels.policy)
        assert told.outcome in (outcome, Taken.REFUSED)
        assert told.reasons
        assert all(reason.message for reason in told.reasons)
        if code is not None:
            assert [r.code for r in told.reasons] == [code]
    (record,) = (shelf.root / "quarantine").iterdir()
    assert json.loads(record.read_bytes())["reasons"][0]["code"] == told.reasons[0].code
    assert sorted(shelf.objects()) == before
    whole(shelf)


def test_a_flipped_byte_leaves_nothing_behind(shelf: Shelf, parcels: Parcels, tmp_path: Path) -> None:
    bag = parcels.packed.copy(tmp_path)
    video = next(bag.rglob("*.mp4"))
    data = bytearray(video.read_bytes())
    data[-3] ^= 1
    video.chmod(0o644)
    video.write_bytes(data)
    told = import_package(bag, shelf, parcels.policy)
    assert told.outcome is Taken.REFUSED
    assert {r.code for r in told.reasons} == {"file-changed"}
    assert told.reasons[0].lesson
    assert list(shelf.objects()) == []
    whole(shelf)


def test_a_draft_is_taken_in_when_asked_and_never_counts_as_the_course(shelf: Shelf, parcels: Parcels) -> None:
    policy = replace(parcels.policy, allow_draft=True)
    assert import_package(parcels.draft, shelf, policy).outcome is Taken.IMPORTED
    with open_index(shelf) as index:
        (row,) = index.rows(COURSES)
        assert row["draft"] == 1
        assert index.rows(TEACHING, "S1", "", "") == []


def test_a_studio_may_change_its_key_when_the_platform_says_so(shelf: Shelf, parcels: Parcels) -> None:
    import_package(parcels.first, shelf, parcels.policy)
    allowed = replace(parcels.policy, allow_new_publisher=True)
    assert import_package(parcels.stolen, shelf, allowed).outcome is Taken.IMPORTED
    assert import_package(parcels.later, shelf, parcels.policy).outcome is Taken.IMPORTED, "both keys are known now"


def test_what_was_not_heard_is_told_with_the_next_import(shelf: Shelf, parcels: Parcels) -> None:
    heard: list[str] = []

    def deaf(edition: Edition) -> None:
        raise NotHeard("HTTP 503")

    told = import_package(parcels.first, shelf, replace(parcels.policy, listeners=(deaf,)))
    assert (told.outcome, told.announced) == (Taken.IMPORTED, False)
    assert [r.code for r in told.reasons] == ["not-announced"]
    later = import_package(
        parcels.second, shelf, replace(parcels.policy, listeners=(lambda edition: heard.append(edition.id),))
    )
    assert heard == [told.edition, later.edition]
    assert later.announced is True


def test_an_index_that_is_lost_damaged_or_behind_is_made_again(shelf: Shelf, parcels: Parcels) -> None:
    first = import_package(parcels.first, shelf, parcels.policy)
    path = shelf.root / "index.sqlite3"
    path.unlink()
    with open_index(shelf) as index:
        assert [r["edition"] for r in index.rows(COURSES)] == [first.edition]
    path.write_bytes(b"not a database at all" * 400)
    with open_index(shelf) as index:
        assert [r["edition"] for r in index.rows(COURSES)] == [first.edition]
        with index.changing():
            index.add(replace(shelf.edition(first.edition or ""), id="f" * 64))
    with open_index(shelf) as index:
        assert [r["edition"] for r in index.rows(COURSES)] == [first.edition]
        assert {r["edition"] for r in index.rows("SELECT DISTINCT edition FROM ck_lesson")} == {first.edition}


def test_an_object_that_went_missing_comes_back_with_the_same_package(shelf: Shelf, parcels: Parcels) -> None:
    told = import_package(parcels.first, shelf, parcels.policy)
    lost = next(f for f in shelf.edition(told.edition or "").files if f.path.endswith(".mp4"))
    shelf.object_path(lost.sha256).unlink()
    assert [(f.code, f.path) for f in check_library(shelf).faults] == [("object-missing", lost.path)]
    assert import_package(parcels.first, shelf, parcels.policy).outcome is Taken.ALREADY
    whole(shelf)


def test_an_edition_withdrawn_leaves_the_index_and_its_files_are_freed(shelf: Shelf, parcels: Parcels) -> None:
    first = import_package(parcels.first, shelf, parcels.policy)
    second = import_package(parcels.second, shelf, parcels.policy)
    shelf.edition_path(first.edition or "").unlink()
    with open_index(shelf) as index:
        assert [r["edition"] for r in index.rows(COURSES)] == [second.edition]
    assert check_library(shelf).unreferenced != ()
    assert check_library(shelf, remove_unreferenced=True).removed > 0
    whole(shelf)


def test_a_sender_of_rubbish_fills_no_disk(
    shelf: Shelf, parcels: Parcels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(take, "MOST_REFUSED", 3)
    for number in range(6):
        (tmp_path / f"{number}.zip").write_bytes(b"PK rubbish")
        assert import_package(tmp_path / f"{number}.zip", shelf, parcels.policy).outcome is Taken.REFUSED
    assert len(list((shelf.root / "quarantine").iterdir())) == 3


def test_a_library_is_made_only_where_nothing_is(tmp_path: Path, parcels: Parcels) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("x", encoding="utf-8")
    with pytest.raises(LibraryFault) as raised:
        open_shelf(tmp_path / "mine", create=True)
    assert raised.value.code == "not-a-library"
    with pytest.raises(LibraryFault):
        open_shelf(tmp_path / "nowhere")
    other = open_shelf(tmp_path / "later", create=True)
    (other.root / "library.json").write_text('{"schema": "coursekit/library/9"}', encoding="utf-8")
    with pytest.raises(LibraryFault) as raised:
        open_shelf(other.root)
    assert raised.value.code == "library-of-another-version"


def test_what_a_dead_import_was_receiving_is_swept(shelf: Shelf, parcels: Parcels) -> None:
    left = shelf.root / "incoming" / "0123456789abcdef"
    left.mkdir()
    (left / "part").write_bytes(b"x")
    import_package(parcels.first, shelf, parcels.policy)
    assert not left.exists()
    whole(shelf)


def test_every_reason_has_words_in_both_languages() -> None:
    for code, text in phrases("library").items():
        assert all(text[lang].strip() for lang in LANGS), code


def test_the_package_itself_is_never_touched(shelf: Shelf, parcels: Parcels, tmp_path: Path) -> None:
    package = Path(shutil.copy(parcels.first, tmp_path / "包.zip"))
    before = (package.read_bytes(), package.stat().st_mtime_ns)
    import_package(package, shelf, parcels.policy)
    assert (package.read_bytes(), package.stat().st_mtime_ns) == before
