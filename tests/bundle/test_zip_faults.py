"""One zip per rule: each is refused with its own code, and none writes outside its folder."""

from __future__ import annotations

import io
import random
import re
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from coursekit.bundle.zipread import Limits, StrictZip, ZipFault
from tests.bundle.zips import FAULTS, GOOD, PACKED, build

LIMITS = Limits(entries=100, total_bytes=2_500_000_000, entry_bytes=2_900_000)
BOMB_LIMITS = Limits(entries=100)


def read_all(path: Path, limits: Limits, into: Path) -> None:
    """Open, then extract every entry to a file named after its number, as an importer might."""
    with StrictZip(path, limits) as archive:
        for number, entry in enumerate(archive.entries.values()):
            with (into / str(number)).open("wb") as target:
                archive.extract(entry, target)


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_code_and_writes_nothing_outside(name: str, tmp_path: Path) -> None:
    code, data = FAULTS[name]
    into = tmp_path / "in" / "to"
    into.mkdir(parents=True)
    path = tmp_path / "evil.zip"
    path.write_bytes(data)
    with pytest.raises(ZipFault) as caught:
        read_all(path, BOMB_LIMITS if code == "ratio" or "bomb" in name else LIMITS, into)
    assert caught.value.code == code
    assert sorted(p.name for p in tmp_path.iterdir()) == ["evil.zip", "in"]
    assert [p.name for p in (tmp_path / "in").iterdir()] == ["to"]
    assert not Path("/tmp/evil.txt").exists()


def test_there_is_a_zip_for_every_rule() -> None:
    source = (Path(__file__).parents[2] / "coursekit" / "bundle" / "zipread.py").read_text(encoding="utf-8")
    names = (Path(__file__).parents[2] / "coursekit" / "bundle" / "names.py").read_text(encoding="utf-8")
    raised = set(re.findall(r'ZipFault\(\s*"([a-z0-9-]+)"', source))
    raised |= set(re.findall(r'ZipFault\("[a-z0-9-]+" if .*? else "([a-z0-9-]+)"', source))
    raised |= set(re.findall(r'return "([a-z-]+)"', names))
    # By its own bytes none of these can be shown in a few kilobytes, or extract() alone raises it.
    unshown = {"directory-too-large", "sha256-differs"}
    assert raised - unshown <= {code for code, _ in FAULTS.values()}
    assert len({code for code, _ in FAULTS.values()}) >= 25


@pytest.mark.parametrize("name", GOOD)
def test_plain_archives_are_read_as_others_read_them(name: str, tmp_path: Path) -> None:
    data = build(*GOOD[name])
    path = tmp_path / "good.zip"
    path.write_bytes(data)
    with StrictZip(path) as ours, zipfile.ZipFile(io.BytesIO(data)) as theirs:
        files = [n for n in theirs.namelist() if not n.endswith("/")]
        assert list(ours.entries) == files
        for file in files:
            assert b"".join(ours.chunks(ours.entries[file])) == theirs.read(file)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_what_the_standard_library_writes_is_read(method: int, tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("folder/", "")
        archive.writestr("folder/课.txt", "内容" * 1000)
        with archive.open("streamed.txt", "w", force_zip64=True) as stream:
            stream.write(b"zip64 fields")
    with StrictZip(path) as ours:
        assert [b"".join(ours.chunks(e)) for e in ours.entries.values()] == [
            ("内容" * 1000).encode(),
            b"zip64 fields",
        ]


@pytest.mark.parametrize("name", ["ratio", "lying-bomb"])
def test_a_bomb_costs_bounded_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    path.write_bytes(FAULTS[name][1])
    tracemalloc.start()
    try:
        with pytest.raises(ZipFault):
            read_all(path, BOMB_LIMITS, tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


def test_an_entry_is_held_against_the_sha256_it_should_have(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(build([PACKED]))
    with StrictZip(path) as archive:
        (entry,) = archive.entries.values()
        sink = io.BytesIO()
        found = archive.extract(entry, sink)
        assert sink.getvalue() == PACKED.data
        assert archive.extract(entry, io.BytesIO(), found) == found
        with pytest.raises(ZipFault) as caught:
            archive.extract(entry, io.BytesIO(), "0" * 64)
    assert caught.value.code == "sha256-differs"


def test_random_damage_never_raises_anything_else(tmp_path: Path) -> None:
    """Flip bytes all over a good archive: it is either read with the same content, or refused by name."""
    data = build([PACKED, *GOOD["descriptor"][0][1:]])
    good = {"a.txt": PACKED.data, "b.txt": b"world\n"}
    dice = random.Random(20261121)
    path = tmp_path / "x.zip"
    for _ in range(1500):
        raw = bytearray(data)
        for _ in range(dice.choice((1, 1, 1, 3))):
            raw[dice.randrange(len(raw))] = dice.randrange(256)
        if dice.random() < 0.2:
            del raw[dice.randrange(len(raw)) :]
        path.write_bytes(raw)
        try:
            with StrictZip(path) as archive:
                read = {name: b"".join(archive.chunks(e)) for name, e in archive.entries.items()}
        except ZipFault:
            continue
        assert list(read.values()) == list(good.values())
    assert [p.name for p in tmp_path.iterdir()] == ["x.zip"]
