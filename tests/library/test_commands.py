"""The commands, called as a person calls them."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from coursekit.bundle.keys import public_pem
from coursekit.library.check import check_library
from coursekit.library.shelf import open_shelf
from tests.cli.courses import Said, coursekit
from tests.library.conftest import Parcels


@pytest.fixture
def trust(parcels: Parcels, tmp_path: Path) -> Path:
    folder = tmp_path / "trust"
    folder.mkdir()
    for name, key in (("榕城工作室", parcels.packed.key), ("other", parcels.other_key)):
        (folder / f"{name}.pub").write_bytes(public_pem(key.raw_public))
    return folder


def take(*packages: Path, into: Path, trust: Path, lang: str = "en", **env: str) -> Said:
    return coursekit("import", *packages, "--into", into, "--trust", trust, lang=lang, **env)


def test_import_then_ask_the_library(parcels: Parcels, trust: Path, tmp_path: Path) -> None:
    library = tmp_path / "库"
    said = take(parcels.first, parcels.second, into=library, trust=trust, lang="zh")
    assert said.code == 0, said.err
    assert "《电工（四级）线上课程》 已入库" in said.out
    assert "使用至 2099-12-31" in said.out

    rows = json.loads(coursekit("library", "list", library, "-f", "json").out)
    assert [(r["course"], r["publisher"]) for r in rows] == [("dg-4-2026", "榕城工作室"), ("dg-5-2026", "other")]
    shown = coursekit("library", "list", library, lang="zh").out.splitlines()
    assert shown[0].split("\t")[:2] == ["课程", "名称"]
    found = coursekit("library", "points", library, "--find", "兆欧表", "-f", "json")
    assert {row["course"] for row in json.loads(found.out)} == {"dg-4-2026", "dg-5-2026"}
    points = json.loads(coursekit("library", "points", library, "--course", "dg-4-2026", "-f", "json").out)
    assert [p["point"] for p in points] == ["K1", "S1"]
    record = json.loads(coursekit("library", "show", library, rows[0]["edition"][:12]).out)
    assert record["course"]["id"] == "dg-4-2026"
    expired = json.loads(coursekit("library", "list", library, "--expired-on", "2100-01-01", "-f", "json").out)
    assert len(expired) == 2
    checked = coursekit("library", "check", library, "--fixity", "-f", "json")
    assert (checked.code, json.loads(checked.out)["faults"]) == (0, [])

    made = coursekit("library", "export", library, "dg-4-2026", "-f", "scorm12", "-o", tmp_path / "scorm.zip")
    assert made.code == 0, made.err
    with zipfile.ZipFile(tmp_path / "scorm.zip") as archive:
        assert archive.testzip() is None
        assert "lessons/002/main.mp4" in archive.namelist()


def test_exit_codes_say_what_became_of_it(parcels: Parcels, trust: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    assert take(parcels.first, into=library, trust=trust).code == 0
    again = take(parcels.first, into=library, trust=trust)
    assert (again.code, "already there" in again.out) == (0, True)
    draft = coursekit("import", parcels.draft, "--into", library, "--trust", trust, "-f", "json")
    told = json.loads(draft.out)
    assert (draft.code, told["outcome"], told["reasons"][0]["code"]) == (1, "refused", "is-a-draft")
    assert (library / "quarantine" / f"{told['quarantine']}.json").is_file()
    assert coursekit("import", tmp_path / "nothing.zip", "--into", library, "--trust", trust).code == 2
    nobody = coursekit("import", parcels.first, "--into", library, COURSEKIT_TRUST=str(tmp_path / "none"))
    assert nobody.code == 3, "without a trusted key nothing can be said"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x.txt").write_text("x", encoding="utf-8")
    other = take(parcels.first, into=tmp_path / "mine", trust=trust)
    assert (other.code, "no course library" in other.err) == (2, True)
    assert coursekit("library", "list", tmp_path / "nowhere").code == 2
    assert coursekit("library", "show", library, "dg-9").code == 2
    assert coursekit("library", "points", library).code == 2


def test_a_damaged_object_is_found_and_not_exported(parcels: Parcels, trust: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    take(parcels.first, into=library, trust=trust)
    largest = max((library / "objects").rglob("*"), key=lambda p: p.stat().st_size if p.is_file() else 0)
    data = bytearray(largest.read_bytes())
    data[100] ^= 1
    largest.chmod(0o644)
    largest.write_bytes(data)
    assert coursekit("library", "check", library).code == 0, "only --fixity reads every byte"
    checked = coursekit("library", "check", library, "--fixity")
    assert (checked.code, "object-changed" in checked.out) == (1, True)
    made = coursekit("library", "export", library, "dg-4-2026", "-f", "cmi5", "-o", tmp_path / "c.zip")
    assert made.code == 1
    assert not (tmp_path / "c.zip").exists()


def test_two_processes_at_once_are_one_copy(parcels: Parcels, trust: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    command = [sys.executable, "-m", "coursekit", "import", str(parcels.first), "--into", str(library)]
    command += ["--trust", str(trust), "-f", "json"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    told = [json.loads(process.communicate(timeout=120)[0]) for process in running]
    assert sorted(answer["outcome"] for answer in told) == ["already", "imported"]
    assert len(list((library / "editions").iterdir())) == 1
    found = check_library(open_shelf(library), fixity=True)
    assert (found.editions, found.faults, found.unreferenced) == (1, (), ())
