"""What a platform is told of a package that was spoilt, and of one that was not."""

from __future__ import annotations

import contextlib
import io
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from coursekit import codec
from coursekit.bundle.attestation import FILE_NAME
from coursekit.bundle.bagwrite import write_bag_zip
from coursekit.bundle.keys import new_key
from coursekit.bundle.model import Answer, CheckedFile, Package, Verification
from coursekit.bundle.told import told_lines
from coursekit.bundle.verify import exit_code, verify_package
from coursekit.bundle.zipread import Limits
from coursekit.texts import phrase, phrases
from tests.bundle.packed import LESSONS, Packed, trusting
from tests.bundle.spoilt import fault_codes, flip, spoil, told, with_records
from tests.conftest import ROOT

COURSE_FILE = f"data/course/{LESSONS[0]}"


def test_a_good_package_is_accepted_in_both_forms(packed: Packed) -> None:
    in_zip, in_folder = (verify_package(p, trust=packed.trust) for p in (packed.zip, packed.folder))
    assert in_zip.answer is in_folder.answer is Answer.ACCEPTED
    assert in_zip.ok
    assert in_zip.course == packed.plan.package
    assert in_zip.files == in_folder.files
    assert in_zip.bag_sha256 == in_folder.bag_sha256
    assert {s.key_name for s in in_zip.signatures} == {"key-0"}
    assert exit_code(in_zip) == 0


# ------------------------------------------------------------------------------------------------- spoilt on its way


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "lesson": (lambda b: spoil(b, COURSE_FILE, flip), "file-changed"),
    "record": (lambda b: spoil(b, "data/report.json", lambda d: d + b" "), "file-changed"),
    "lesson-gone": (lambda b: (b / COURSE_FILE).unlink(), "file-missing"),
    "file-added": (lambda b: (b / "data/course/new.mp4").write_bytes(b""), "file-not-listed"),
    "tag-file": (lambda b: spoil(b, "bag-info.txt", lambda d: d + b"X: y\n"), "tag-file-changed"),
    "manifest": (lambda b: spoil(b, "manifest-sha256.txt", lambda d: d + b"\n"), "tag-file-changed"),
    "tag-manifest": (lambda b: spoil(b, "tagmanifest-sha256.txt", lambda d: d + b"\n"), "attestation-of-other-bag"),
    "no-tag-manifest": (lambda b: (b / "tagmanifest-sha256.txt").unlink(), "package-file-missing"),
    "no-attestations": (lambda b: (b / FILE_NAME).unlink(), "package-file-missing"),
    "no-bag-info": (lambda b: (b / "bag-info.txt").unlink(), "tag-file-missing"),
    "no-record": (lambda b: (b / "data/package.json").unlink(), "package-file-missing"),
    "fetch": (lambda b: (b / "fetch.txt").write_bytes(b"http://x - data/y\n"), "fetch-list"),
    "tag-file-added": (lambda b: (b / "notes.txt").write_bytes(b""), "tag-file-not-listed"),
    "payload-added": (lambda b: (b / "data/autorun.inf").write_bytes(b""), "package-file-unknown"),
    "attestation-broken": (lambda b: spoil(b, FILE_NAME, lambda d: d[:-9]), "attestation-unreadable"),
    "attestation-missing": (lambda b: spoil(b, FILE_NAME, lambda d: b"".join(d.splitlines(True)[:2])), "attestation-incomplete"),  # noqa: E501
    "label-gone": (lambda b: spoil(b, "bag-info.txt", lambda d: d.replace(b"External-Id", b"X-Id")), "package-label-missing"),  # noqa: E501
    "other-profile": (lambda b: spoil(b, "bag-info.txt", lambda d: d.replace(b"profile:1", b"profile:9")), "package-version"),  # noqa: E501
    "old-version": (lambda b: spoil(b, "bagit.txt", lambda d: d.replace(b"1.0", b"0.97")), "package-version"),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
def test_what_was_spoilt_is_named(name: str, packed: Packed, tmp_path: Path) -> None:
    change, code = SPOILT[name]
    bag = packed.copy(tmp_path)
    change(bag)
    found = verify_package(bag, trust=packed.trust)
    assert found.answer is Answer.REFUSED
    assert exit_code(found, allow_draft=True) == 1
    assert code in fault_codes(found)


def test_a_broken_lesson_is_named_with_its_title(packed: Packed, tmp_path: Path) -> None:
    bag = packed.copy(tmp_path)
    spoil(bag, COURSE_FILE, flip)
    found = verify_package(bag, trust=packed.trust, lang="zh")
    (fault,) = found.faults
    assert (fault.path, fault.lesson) == (COURSE_FILE, "绝缘电阻测量")
    text = "\n".join(line for line, _, _ in told_lines(found, "zh"))
    assert f"{COURSE_FILE}（绝缘电阻测量）" in text
    assert "不可接收" in text


# ------------------------------------------------------------------------------------------------ one read, many uses


class Shelf:
    """A sink that keeps what it is given, and hears whether it may."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.refused: list[str] = []

    def __call__(self, file: CheckedFile) -> contextlib.AbstractContextManager[BinaryIO]:
        @contextlib.contextmanager
        def stream() -> Iterator[BinaryIO]:
            target = io.BytesIO()
            try:
                yield target
            except BaseException:
                self.refused.append(file.path)
                raise
            self.kept[file.path] = target.getvalue()

        return stream()


def test_a_sink_receives_what_was_verified_in_the_same_read(packed: Packed, tmp_path: Path) -> None:
    shelf = Shelf()
    found = verify_package(packed.zip, trust=packed.trust, sink=shelf)
    assert found.ok
    assert set(shelf.kept) == {f.path for f in found.files}
    assert shelf.kept[f"course/{LESSONS[0]}"] == (packed.course / LESSONS[0]).read_bytes()
    bag = packed.copy(tmp_path)
    spoil(bag, COURSE_FILE, flip)
    shelf = Shelf()
    verify_package(bag, trust=packed.trust, sink=shelf)
    assert shelf.refused == [f"course/{LESSONS[0]}"]


@pytest.mark.parametrize("case", ["stranger", "nobody", "draft"])
def test_a_sink_receives_nothing_of_what_is_refused(case: str, packed: Packed, tmp_path: Path) -> None:
    plan = told(packed.plan, draft=True) if case == "draft" else packed.plan
    made = write_bag_zip(plan, tmp_path / "x.zip", (new_key() if case == "stranger" else packed.key,))
    shelf = Shelf()
    found = verify_package(made.path, trust=None if case == "nobody" else packed.trust, sink=shelf)
    assert not found.ok
    assert shelf.kept == {}
    if case == "draft":
        verify_package(made.path, trust=packed.trust, sink=shelf, allow_draft=True)
        assert shelf.kept


def test_a_strangers_large_records_are_not_read(packed: Packed, tmp_path: Path) -> None:
    """JSON costs many times its size to read; a package that nobody vouches for gets little of it."""
    plan = with_records(packed.plan, course=packed.plan.records["course.json"].decode() + " " * 9_000_000)
    made = write_bag_zip(plan, tmp_path / "x.zip", (packed.key,))
    assert verify_package(made.path, trust=packed.trust).ok
    found = verify_package(made.path, trust=trusting(new_key()))
    assert (fault_codes(found), [o.code for o in found.open]) == ({"key-not-trusted"}, ["record-not-read"])
    assert found.course is None


def test_limits_are_the_readers_own(packed: Packed) -> None:
    found = verify_package(packed.zip, trust=packed.trust, limits=Limits(entries=3))
    assert fault_codes(found) == {"too-many-entries"}
    found = verify_package(packed.folder, trust=packed.trust, limits=Limits(entries=3))
    assert fault_codes(found) == {"too-many-entries"}
    assert fault_codes(verify_package(packed.folder, trust=packed.trust, limits=Limits(depth=1))) == {"too-deep"}
    with pytest.raises(OSError, match="absent"):
        verify_package(packed.zip.with_name("absent.zip"), trust=packed.trust)


# -------------------------------------------------------------------------------------------------- one byte is enough


def test_no_flipped_byte_gets_other_content_accepted(packed: Packed, tmp_path: Path) -> None:
    """Anywhere in the zip: it is refused, or every file is what it was."""
    data = packed.zip.read_bytes()
    good = verify_package(packed.zip, trust=packed.trust)
    dice = random.Random(7)
    path = tmp_path / "x.zip"
    answers = Counter()
    ends = [*range(3500), *range(len(data) - 2500, len(data))]
    for at in (*dice.sample(ends, 250), *(dice.randrange(len(data)) for _ in range(50))):
        raw = bytearray(data)
        raw[at] ^= 1 << dice.randrange(8)
        path.write_bytes(raw)
        found = verify_package(path, trust=packed.trust)
        answers[found.answer] += 1
        if found.ok:
            assert (found.files, found.course, found.bag_sha256) == (good.files, good.course, good.bag_sha256)
    assert answers[Answer.REFUSED] > 200


# -------------------------------------------------------------------------------------------------------------- words


def test_every_code_has_words_and_all_words_are_used() -> None:
    bundle = ROOT / "coursekit" / "bundle"
    parts = (
        "appear",
        "bag",
        "build",
        "contents",
        "copying",
        "demands",
        "names",
        "recheck",
        "tree",
        "verify",
        "zipread",
    )
    source = "".join((bundle / f"{part}.py").read_text(encoding="utf-8") for part in parts)
    known = phrases("package")
    assert {code for code in known if f'"{code}"' not in source} == set()
    said = set(re.findall(r'(?:fault|warn|Fault|ZipFault|TreeFault|Refusal)\(\s*"([a-z0-9-]+)"', source))
    assert said <= known.keys()
    for code in known:
        for lang in ("zh", "en"):
            assert phrase(
                "package", code, lang, path="p", detail="d", course="c", scope="s", standing="t", file="f", why="w"
            )


def test_answers_are_told_in_both_languages(packed: Packed, tmp_path: Path) -> None:
    bag = packed.copy(tmp_path)
    for number in range(60):
        (bag / f"data/course/{number}.mp4").write_bytes(b"")
    found = verify_package(bag, trust=packed.trust)
    for lang, more in (("zh", "另有"), ("en", "more")):
        text = "\n".join(line for line, _, _ in told_lines(found, lang))
        assert more in text
        assert "[file-not-listed]" in text
    assert isinstance(codec.loads(Verification, codec.dumps(found)).course, Package)
