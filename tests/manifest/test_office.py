"""LibreOffice opens the workbook, and what it saves is still the same manifest."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest

from coursekit.manifest.load import manifest_from_text
from coursekit.manifest.spreadsheet import read_workbook, write_workbook
from tests.manifest.sample import sample_text

pytestmark = pytest.mark.interop

# LibreOffice without a Java runtime says so on every start, whatever it opens.
NOT_ABOUT_THE_FILE = ("javaldx", "dconf", "Gtk", "X11", "display")
# Not _x000D_: LibreOffice reads Excel's escape of it and then saves it without one.
TRAPS = ["=1+1", "+86", "-3", "@cmd", "1.10", "001", "2026-02-29", "#REF!", "𠮷🔧", "  lead"]


@pytest.fixture(scope="module")
def office() -> str:
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if found is None:
        pytest.skip("LibreOffice (soffice) is not installed: the workbook was not opened in an office program")
    return found


def resave(office: str, source: Path, folder: Path) -> Path:
    profile = folder / "profile"
    command = [office, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--convert-to"]
    command += ["xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder / "out"), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    said = [line for line in done.stderr.splitlines() if line and not any(w in line for w in NOT_ABOUT_THE_FILE)]
    assert done.returncode == 0
    assert said == []
    assert "Error" not in done.stdout
    return folder / "out" / source.name


def test_workbook_survives_the_office(office: str, tmp_path: Path) -> None:
    manifest = manifest_from_text(sample_text())
    lessons = tuple(
        dataclasses.replace(lesson, title=trap) for lesson, trap in zip(manifest.lessons, TRAPS, strict=False)
    )
    course = dataclasses.replace(manifest.course, summary="=a\n\nb")
    manifest = dataclasses.replace(manifest, course=course, lessons=lessons + manifest.lessons[len(lessons) :])
    write_workbook(manifest, tmp_path / "清单.xlsx")
    saved = resave(office, tmp_path / "清单.xlsx", tmp_path)
    again = read_workbook(saved)
    assert again.faults == ()
    assert again == manifest
    page = openpyxl.load_workbook(saved)["课次"]
    offered = {rule.formula1 for rule in page.data_validations.dataValidation}
    assert '"线上,线下,混合"' in offered
    assert "必填" in page["A1"].comment.text
