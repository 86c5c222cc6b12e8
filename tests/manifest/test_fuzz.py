"""Whatever the bytes, reading ends in a manifest or in a ManifestError with a place, never in a traceback."""

from __future__ import annotations

import random
import tempfile
import zipfile
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coursekit.manifest.faults import Fault, ManifestError
from coursekit.manifest.load import load_manifest, manifest_from_text
from coursekit.manifest.spreadsheet import read_workbook, write_workbook
from coursekit.manifest.write import manifest_json
from tests.manifest.sample import sample_text

QUIET = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


NOTHING_SAID = Fault("refused without a word", "", 0, 0)


def assert_told(error: ManifestError) -> None:
    assert "not-a-workbook" in error.render("zh") or "no-such" in error.render("zh")


def read(text: str, *, json: bool) -> None:
    try:
        manifest = manifest_from_text(text, json=json)
    except ManifestError as error:
        faults = error.faults or (NOTHING_SAID,)
    else:
        faults = manifest.faults
    for fault in faults:
        assert fault.line >= 1
        assert fault.column >= 1
        assert fault.message("zh")
        assert fault.remedy("en")


@QUIET
@given(st.text(max_size=200), st.booleans())
def test_any_text(text: str, json: bool) -> None:
    read(text.encode("utf-8", "replace").decode(), json=json)


@QUIET
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("course.yaml", "course.json"):
            path = Path(folder, name)
            path.write_bytes(data)
            with pytest.raises(ManifestError):
                load_manifest(path)


@pytest.mark.parametrize("json", [False, True])
def test_mangled_sample(json: bool) -> None:
    clean = sample_text()
    lines = (manifest_json(manifest_from_text(clean)) if json else clean).splitlines()
    for seed in range(120):
        dice = random.Random(seed)
        copy = lines[: dice.randrange(60, len(lines))] if seed % 3 == 0 else list(lines)
        for _ in range(dice.randrange(1, 6)):
            at = dice.randrange(len(copy))
            line = copy[at]
            cut = dice.randrange(len(line) + 1)
            piece = dice.choice(
                ["", ":", "-", "[", "}", '"', "  ", "\t", "&a ", "*a", "!x ", "#", "\\", "é", "\u2028", "1e9"]
            )
            copy[at] = line[:cut] + piece + line[cut + dice.randrange(3) :]
        read("\n".join(copy), json=json)


def test_without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyYAML came without its C library the reading is slower and otherwise the same."""
    with_c = manifest_from_text(sample_text())
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    without = manifest_from_text(sample_text())
    assert without == with_c
    assert without.places.position("/lessons/5/media/0/file") == with_c.places.position("/lessons/5/media/0/file")
    for text in ("a: &x 1", "a: [", "\x07", "a: 1\na: 2", "[" * 50):
        with pytest.raises(ManifestError):
            manifest_from_text(text)


def test_damaged_workbooks(tmp_path: Path) -> None:
    """Every part of a workbook cut, overwritten or left out."""
    whole, broken = tmp_path / "whole.xlsx", tmp_path / "broken.xlsx"
    write_workbook(manifest_from_text("schema: coursekit/manifest/1\ncourse: {id: c, title: t}\n"), whole)
    with zipfile.ZipFile(whole) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    refused = 0
    for seed in range(60):
        dice = random.Random(seed)
        target = dice.choice(list(members))
        with zipfile.ZipFile(broken, "w") as archive:
            for name, body in members.items():
                damaged = bytearray(body)
                at = dice.randrange(len(damaged))
                damaged[at : at + dice.randrange(30)] = dice.choice([b"", b"<", b"&x;", b"99999999999", b"\xff"])
                if name != target:
                    archive.writestr(name, body)
                elif seed % 4:
                    archive.writestr(name, bytes(damaged))
        try:
            read_workbook(broken)
        except ManifestError as error:
            refused += 1
            assert_told(error)
    assert refused > 20


def test_workbook_that_declares_entities(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>')
    with pytest.raises(ManifestError, match="DOCTYPE"):
        read_workbook(path)
