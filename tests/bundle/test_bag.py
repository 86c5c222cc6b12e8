"""Bags in a few bytes: what the suite does not ask."""

from __future__ import annotations

import hashlib
import os
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from coursekit import codec
from coursekit.bundle.model import Answer
from coursekit.bundle.verify import verify_package

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def bag_files(payload: Mapping[str, bytes], **more: bytes) -> dict[str, bytes]:
    """A whole bag with this payload; names in `more` use `__` for `-` and `_` for `.`."""
    lines = "".join(f"{sha256(d)}  data/{n.replace('%', '%25')}\n" for n, d in payload.items())
    files = {"bagit.txt": DECLARATION, "manifest-sha256.txt": lines.encode()}
    files |= {name.replace("__", "-").replace("_", "."): data for name, data in more.items()}
    files |= {f"data/{name}": data for name, data in payload.items()}
    return files


def listing(name: str, data: bytes = b"") -> bytes:
    return f"{sha256(data)} {name}\n".encode()


def write(root: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def codes(path: Path) -> tuple[Answer, set[str], set[str]]:
    found = verify_package(path, trust=None, bag_only=True)
    return found.answer, {f.code for f in found.faults}, {w.code for w in found.warnings}


CASES: dict[str, tuple[dict[str, bytes], str]] = {
    "no-manifest": ({"bagit.txt": DECLARATION, "data/x": b""}, "no-manifest"),
    "changed": (bag_files({"x": b"1"}) | {"data/x": b"2"}, "file-changed"),
    "missing": ({k: v for k, v in bag_files({"x": b"1"}).items() if k != "data/x"}, "file-missing"),
    "added": (bag_files({"x": b"1"}) | {"data/y": b"2"}, "file-not-listed"),
    "version": (bag_files({}, bagit_txt=DECLARATION.replace(b"1.0", b"1.1")), "unknown-version"),
    "encoding": (bag_files({}, bagit_txt=DECLARATION.replace(b"UTF-8", b"EBCDIC")), "unknown-encoding"),
    "bom": (bag_files({"x": b""}, bag__info_txt=b"\xef\xbb\xbfA: b\n"), "tag-file-has-bom"),
    "not-utf8": (bag_files({"x": b""}, bag__info_txt=b"A: \xff\n"), "tag-file-encoding"),
    "line": (bag_files({"x": b""}, manifest__sha256_txt=b"abc data/x\n"), "manifest-line-malformed"),
    "fetch": (bag_files({"x": b""}, fetch_txt=b"nonsense\n"), "fetch-line-malformed"),
    "info": (bag_files({"x": b""}, bag__info_txt=b"no colon here\n"), "info-line-malformed"),
    "outside": (bag_files({"x": b""}, manifest__sha256_txt=listing("bagit.txt", DECLARATION)), "outside-payload"),
    "tag-payload": (bag_files({"x": b""}, tagmanifest__sha256_txt=listing("data/x")), "payload-in-tag-manifest"),
    "incomplete": (bag_files({"x": b""}, manifest__md5_txt=b""), "manifest-incomplete"),
    "twice": (bag_files({"x": b""}, manifest__sha256_txt=2 * listing("data/x")), "listed-twice"),
    "tag-missing": (bag_files({"x": b""}, tagmanifest__sha256_txt=listing("y.txt")), "tag-file-missing"),
    "no-bag": ({"data/x": b""}, "no-declaration"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_fault_has_its_code(name: str, tmp_path: Path) -> None:
    files, code = CASES[name]
    answer, faults, _ = codes(write(tmp_path / "bag", files))
    assert answer is Answer.REFUSED
    assert code in faults


def test_names_with_percent_signs_and_chinese_are_whole(tmp_path: Path) -> None:
    files = bag_files({"100%.txt": b"1", "%0A.txt": b"2", "课程/第一课.mp4": b"3"})
    assert codes(write(tmp_path / "bag", files)) == (Answer.WHOLE, set(), set())


def test_a_manifest_of_an_unknown_algorithm_is_not_taken_on_trust(tmp_path: Path) -> None:
    bag = write(tmp_path / "bag", bag_files({"x": b"1"}, manifest__blake3_txt=b"00  data/x\n"))
    found = verify_package(bag, trust=None, bag_only=True)
    assert found.answer is Answer.UNDECIDED
    assert [o.code for o in found.open] == ["unknown-algorithm"]


def test_oxum_is_said_beside_the_file_not_instead(tmp_path: Path) -> None:
    files = bag_files({"x": b"1", "y": b"2"}, bag__info_txt=b"Payload-Oxum: 2.2\n") | {"data/x": b"longer"}
    answer, faults, warnings = codes(write(tmp_path / "bag", files))
    assert (answer, faults, warnings) == (Answer.REFUSED, {"file-changed"}, {"oxum-differs"})


@pytest.mark.parametrize("line", [b"Payload-Oxum: lots\n", b"Payload-Oxum: 1.1\nPayload-Oxum: 1.1\n"])
def test_an_odd_oxum_is_a_warning(line: bytes, tmp_path: Path) -> None:
    answer, faults, warnings = codes(write(tmp_path / "bag", bag_files({"x": b"1"}, bag__info_txt=line)))
    assert (answer, faults) == (Answer.WHOLE, set())
    assert warnings in ({"oxum-malformed"}, {"oxum-repeated"})


def test_links_in_a_folder_are_refused(tmp_path: Path) -> None:
    bag = write(tmp_path / "bag", bag_files({"x": b"1"}))
    secret = tmp_path / "secret"
    secret.write_bytes(b"1")
    (bag / "data" / "x").unlink()
    try:
        (bag / "data" / "x").symlink_to(secret)
    except OSError:
        pytest.skip("this system lets nobody make links")
    assert codes(bag)[:2] == (Answer.REFUSED, {"symlink"})


def test_a_bag_in_a_zip_lies_at_the_top_or_in_one_folder(tmp_path: Path) -> None:
    files = bag_files({"x": b"1"})
    for number, (prefix, extra) in enumerate([("", []), ("bag/", []), ("bag/", ["stray.txt"]), ("a/b/", [])]):
        path = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in files.items():
                archive.writestr(prefix + name, data)
            for name in extra:
                archive.writestr(name, b"")
    assert [codes(tmp_path / f"{n}.zip")[0] for n in range(4)] == [
        Answer.WHOLE, Answer.WHOLE, Answer.REFUSED, Answer.REFUSED,
    ]  # fmt: skip
    assert codes(tmp_path / "2.zip")[1] == codes(tmp_path / "3.zip")[1] == {"no-bag"}


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names on this system are always text")
def test_names_that_are_no_text_are_told_as_text(tmp_path: Path) -> None:
    bag = write(tmp_path / "bag", bag_files({"x": b"1"}))
    (bag / "data" / os.fsdecode(b"\xff\xfe.mp4")).write_bytes(b"")
    found = verify_package(bag, trust=None, bag_only=True)
    assert found.answer is Answer.REFUSED
    assert "data/\\xff\\xfe.mp4" in {f.path for f in found.faults}
    codec.dumps(found).encode("utf-8")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes that are files")
def test_a_pipe_is_no_package(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a file"):
        verify_package(tmp_path / "pipe", trust=None)
    bag = write(tmp_path / "bag", bag_files({"x": b"1"}))
    os.mkfifo(bag / "data" / "pipe")
    assert codes(bag)[:2] == (Answer.REFUSED, {"special-file"})
