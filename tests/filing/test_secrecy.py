"""The operator's papers and telephones stay where they are: no dossier and no package holds them."""

from __future__ import annotations

import zipfile
from pathlib import Path

from coursekit.bundle.bagwrite import write_bag_zip
from coursekit.bundle.build import plan_package
from coursekit.review.dossier import contents
from coursekit.settings import Settings
from tests.bundle.packed import MACHINE_ONLY, make_small_course
from tests.filing.papers import PHONE, complete, write_register
from tests.review.conftest import Desk, desk, first_desk
from tests.review.courses import build

__all__ = ["desk", "first_desk"]
SECRETS = (PHONE, "13900005678", "agent@example.cn", "filing/papers", "credit-report.pdf")


def test_a_dossier_holds_none_of_it(desk: Desk) -> None:
    write_register(desk.course / "filing", complete())
    made = contents(build(desk.course), "zh")
    for name, data in made.items():
        assert [secret for secret in SECRETS if secret.encode() in data] == [], name


def test_a_package_holds_none_of_it(tmp_path: Path) -> None:
    course = make_small_course(tmp_path / "course")
    write_register(course / "filing", complete())
    (tmp_path / "studio.toml").write_text(MACHINE_ONLY, encoding="utf-8")
    settings = Settings(profiles=(str(tmp_path / "studio.toml"),), cache_root=None, workers=1)
    made = write_bag_zip(plan_package(course, settings), tmp_path / "course.bag.zip")
    with zipfile.ZipFile(made.path) as packed:
        assert not [name for name in packed.namelist() if "filing" in name or name.endswith(".pdf")]
        for name in packed.namelist():
            data = packed.read(name)
            assert [secret for secret in SECRETS if secret.encode() in data] == [], name


def test_an_experts_paper_that_is_not_there_is_told_by_its_place(tmp_path: Path) -> None:
    from coursekit.manifest.checks.files import FilesParams, files
    from coursekit.manifest.inspect import unmeasured_facts
    from coursekit.manifest.load import load_manifest
    from tests.filing.course import SECRET_ID, write_course
    from tests.support import run_check

    course = write_course(tmp_path / "course")
    (course / "experts" / f"{SECRET_ID}.pdf").unlink()
    facts = unmeasured_facts(course, load_manifest(course / "course.yaml"))
    outcome = run_check(files, facts, FilesParams(2.0, False))
    (finding,) = [f for f in outcome.findings if f.code == "missing-file"]
    assert "experts/0/identity_file" in finding.message
    assert SECRET_ID not in finding.message + finding.remedy + str(finding.args) + str(finding.expected)
