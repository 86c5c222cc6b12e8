"""The committed pages are those the texts and profiles give."""

from __future__ import annotations

from pathlib import Path

from coursekit.handbook import page_name, pages
from coursekit.rules.registry import CHECKS
from coursekit.texts import check_text, fill, without_values

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "checks"


def test_committed_pages_are_those_derived() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    assert committed == dict(pages()), "run: python -m coursekit.handbook"


def test_every_check_and_code_has_its_place() -> None:
    made = pages()
    for check in CHECKS:
        page = made[page_name(check)]
        assert f"`{check}`" in page
        assert all(f"### `{code}`" in page for code in check_text(check).codes)
        assert page_name(check) in made["index.md"]


def test_values_are_left_open() -> None:
    assert without_values("{base_hz} Hz, {level:.1f} dB {{x}}") == "… Hz, … dB {x}"
    assert without_values("{n} {n:file was|files were} lost") == "… files were lost"


def test_one_is_told_from_many() -> None:
    text = "{n} {n:file was|files were} lost"
    assert [fill(text, {"n": n}) for n in (0, 1, 2)] == ["0 files were lost", "1 file was lost", "2 files were lost"]
