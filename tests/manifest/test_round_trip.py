"""Nothing is lost between YAML, JSON, the workbook and CSV."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings

from coursekit.manifest.csv_files import read_csv_folder, write_csv_folder
from coursekit.manifest.load import manifest_from_text
from coursekit.manifest.model import MANIFEST_SCHEMA, CourseInfo, Manifest, Weights
from coursekit.manifest.spreadsheet import read_workbook, write_workbook
from coursekit.manifest.write import manifest_json, manifest_yaml
from tests.manifest.sample import sample_text
from tests.manifest.strategies import manifests

# Shrinking a whole manifest takes minutes and the failing one reads well enough.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
EDGE = Manifest(
    schema=MANIFEST_SCHEMA,
    course=CourseInfo(id="c", title="=1+1", summary="一\n\n二  "),
    weights={"4": Weights(), "1.10": Weights(theory={"1": Fraction(1, 3)})},
)


@settings(max_examples=60, deadline=None, phases=PHASES, suppress_health_check=SLOW)
@given(manifests())
@example(EDGE)
def test_yaml_and_json(manifest: Manifest) -> None:
    for text, json in ((manifest_yaml(manifest), False), (manifest_json(manifest), True)):
        again = manifest_from_text(text, json=json)
        assert again.faults == ()
        assert again == manifest


@settings(max_examples=10, deadline=None, phases=PHASES, suppress_health_check=SLOW)
@given(manifests())
@example(EDGE)
def test_notes_change_nothing(manifest: Manifest) -> None:
    assert manifest_from_text(manifest_yaml(manifest, notes=True, schema="s.json")) == manifest


@settings(
    max_examples=30, deadline=None, phases=PHASES, suppress_health_check=[*SLOW, HealthCheck.function_scoped_fixture]
)
@given(manifest=manifests())
@example(manifest=EDGE)
def test_yaml_to_workbook_to_yaml(manifest: Manifest, tmp_path: Path) -> None:
    first = manifest_yaml(manifest)
    write_workbook(manifest_from_text(first), tmp_path / "清单.xlsx")
    again = read_workbook(tmp_path / "清单.xlsx")
    assert again.faults == ()
    assert again == manifest
    assert manifest_yaml(again) == first


@settings(
    max_examples=30, deadline=None, phases=PHASES, suppress_health_check=[*SLOW, HealthCheck.function_scoped_fixture]
)
@given(manifest=manifests())
@example(manifest=EDGE)
def test_csv(manifest: Manifest, tmp_path: Path) -> None:
    write_csv_folder(manifest, tmp_path / "csv")
    again = read_csv_folder(tmp_path / "csv")
    assert again.faults == ()
    assert again == manifest


def test_sample_course_through_the_workbook(tmp_path: Path) -> None:
    manifest = manifest_from_text(sample_text())
    write_workbook(manifest, tmp_path / "a.xlsx")
    write_workbook(manifest, tmp_path / "b.xlsx")
    assert read_workbook(tmp_path / "a.xlsx") == manifest
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    import openpyxl

    write_workbook(EDGE, tmp_path / "a.xlsx")
    page = openpyxl.load_workbook(tmp_path / "a.xlsx")["课程信息"]
    cell = next(row[1] for row in page.iter_rows(min_row=2) if row[3].value == "course.title")
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1", "s", True)


@pytest.mark.parametrize(("typed", "wanted"), [("2026/2/6", "2026-02-06"), ("2026年2月6日", "2026-02-06")])
def test_dates_as_people_type_them(tmp_path: Path, typed: str, wanted: str) -> None:
    import openpyxl

    write_workbook(EDGE, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    for row in book["课程信息"].iter_rows(min_row=2):
        if row[3].value == "course.use_until":
            row[1].value = typed
    book.save(tmp_path / "b.xlsx")
    found = read_workbook(tmp_path / "b.xlsx").course.use_until
    assert found is not None
    assert found.isoformat() == wanted
