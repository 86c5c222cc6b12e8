"""What a platform is told of a package that was spoilt, forged, or made in bad faith: each by its code."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from coursekit import codec
from coursekit.bundle.attestation import EXPERT_REVIEW, FILE_NAME, TEST_RESULT
from coursekit.bundle.bag import Findings
from coursekit.bundle.bagwrite import write_bag_folder, write_bag_zip
from coursekit.bundle.demands import Demands, judge_demands, own_profile
from coursekit.bundle.keys import TrustStore, new_key, public_pem
from coursekit.bundle.model import Answer, Approval, CheckedFile, Decision, Package, Verification
from coursekit.bundle.plan import Plan
from coursekit.bundle.told import told_lines
from coursekit.bundle.verify import exit_code, verify_package
from coursekit.bundle.zipread import Limits
from coursekit.terms import Scope
from coursekit.texts import phrase, phrases
from tests.bundle.packed import LESSONS, Packed, trusting
from tests.conftest import ROOT

COURSE_FILE = f"data/course/{LESSONS[0]}"


def fault_codes(found: Verification) -> set[str]:
    return {fault.code for fault in found.faults}


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


def spoil(bag: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    path = bag / name
    path.write_bytes(change(path.read_bytes()))


def flip(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


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


# --------------------------------------------------------------------------------------------------------- who signed


def test_a_stranger_who_signs_well_is_still_a_stranger(packed: Packed, tmp_path: Path) -> None:
    stranger = new_key()
    made = write_bag_zip(packed.plan, tmp_path / "x.zip", (stranger,))
    found = verify_package(made.path, trust=packed.trust)
    assert (found.answer, fault_codes(found)) == (Answer.REFUSED, {"key-not-trusted"})
    assert verify_package(made.path, trust=trusting(packed.key, stranger)).ok


def test_a_key_inside_the_package_is_never_trust(packed: Packed, tmp_path: Path) -> None:
    """Neither as a file nor in the envelope: a package cannot vouch for itself."""
    stranger = new_key()
    folder = write_bag_folder(packed.plan, tmp_path / "bag", (stranger,)).path
    raw = base64.b64encode(stranger.raw_public).decode()
    envelopes = [json.loads(line) for line in (folder / FILE_NAME).read_text().splitlines()]
    for envelope in envelopes:
        envelope["signatures"][0] |= {"cert": raw, "public_key": raw}
    (folder / FILE_NAME).write_text("\n".join(map(json.dumps, envelopes)))
    assert fault_codes(verify_package(folder, trust=packed.trust)) == {"key-not-trusted"}
    (folder / "studio.pub").write_bytes(public_pem(stranger.raw_public))
    assert fault_codes(verify_package(folder, trust=packed.trust)) == {"key-not-trusted", "tag-file-not-listed"}


@pytest.mark.parametrize("trust", [None, TrustStore({})], ids=["none", "empty"])
def test_without_a_trusted_key_nothing_is_decided(trust: TrustStore | None, packed: Packed) -> None:
    found = verify_package(packed.zip, trust=trust)
    assert (found.answer, exit_code(found)) == (Answer.UNDECIDED, 3)
    assert [o.code for o in found.open] == ["no-trusted-key"]
    assert packed.key.key_id in found.open[0].message


def test_an_unsigned_package_is_refused(packed: Packed, tmp_path: Path) -> None:
    made = write_bag_zip(packed.plan, tmp_path / "x.zip")
    found = verify_package(made.path, trust=packed.trust)
    assert fault_codes(found) == {"not-signed"}


def edit_envelopes(bag: Path, change: Callable[[dict[str, Any]], None]) -> None:
    lines = [json.loads(line) for line in (bag / FILE_NAME).read_text().splitlines()]
    for envelope in lines:
        change(envelope)
    (bag / FILE_NAME).write_text("\n".join(map(json.dumps, lines)))


def edit_payload(bag: Path, change: Callable[[dict[str, Any]], None]) -> None:
    def edit(envelope: dict[str, Any]) -> None:
        statement = json.loads(base64.b64decode(envelope["payload"]))
        change(statement)
        envelope["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()

    edit_envelopes(bag, edit)


FORGED: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "claims-a-trusted-key": (
        lambda b: edit_envelopes(b, lambda e: e["signatures"][0].update(sig=base64.b64encode(b"\0" * 64).decode())),
        {"signature-invalid"},
    ),
    "words-changed": (
        lambda b: edit_payload(b, lambda s: s["predicate"].update(more="x")),
        {"signature-invalid", "attestation-differs"},
    ),
    "one-good-one-forged": (
        lambda b: edit_envelopes(
            b, lambda e: e["signatures"].append({**e["signatures"][0], "sig": base64.b64encode(b"1" * 64).decode()})
        ),
        {"signature-invalid"},
    ),
    "subject-added": (
        lambda b: edit_payload(b, lambda s: s["subject"].append({"name": "x", "digest": {"sha256": "0" * 64}})),
        {"signature-invalid", "attestation-of-other-bag"},
    ),
    "other-payload-type": (
        lambda b: edit_envelopes(b, lambda e: e.update(payloadType="text/plain")),
        {"attestation-unreadable"},
    ),
    "not-base64": (lambda b: edit_envelopes(b, lambda e: e.update(payload="?")), {"attestation-unreadable"}),
    "not-an-object": (lambda b: (b / FILE_NAME).write_text("[1]\n"), {"attestation-unreadable"}),
    "deep": (lambda b: (b / FILE_NAME).write_text("[" * 100_000), {"attestation-unreadable"}),
}


@pytest.mark.parametrize("name", FORGED)
def test_forgeries_have_their_codes(name: str, packed: Packed, tmp_path: Path) -> None:
    change, codes = FORGED[name]
    bag = packed.copy(tmp_path)
    change(bag)
    assert fault_codes(verify_package(bag, trust=packed.trust)) == codes


def test_attestations_of_another_package_do_not_serve(packed: Packed, tmp_path: Path) -> None:
    draft = replace(packed.plan, package=replace(packed.plan.package, draft=True))
    other = write_bag_folder(draft, tmp_path / "other", (packed.key,)).path
    bag = packed.copy(tmp_path)
    (bag / FILE_NAME).write_bytes((other / FILE_NAME).read_bytes())
    assert fault_codes(verify_package(bag, trust=packed.trust)) == {"attestation-of-other-bag", "attestation-differs"}


# ------------------------------------------------------- in bad faith: well sealed, signed by a trusted key, and false


def told(plan: Plan, **changes: Any) -> Plan:
    """A plan whose package.json and decisions.json say something else, and are consistent with that."""
    package = replace(plan.package, **changes)
    return with_records(
        replace(plan, package=package), package=codec.dumps(package), decisions=codec.dumps(package.approval)
    )


def with_records(plan: Plan, **texts: str) -> Plan:
    return replace(plan, records={**plan.records, **{f"{n}.json": t.encode() for n, t in texts.items()}})


def report_with(plan: Plan, old: str, new: str) -> Plan:
    text = plan.records["report.json"].decode()
    assert old in text
    return with_records(plan, report=text.replace(old, new))


def approval(**changes: Any) -> Approval:
    good = Approval(required=True, approved=True, on="2026-03-05", until="2099-12-31")
    return replace(good, **changes)


def decision(plan: Plan, **changes: Any) -> Decision:
    return replace(Decision("expert-1", "pass", ".", plan.package.version, "2026-03-05"), **changes)


FALSE: dict[str, tuple[Callable[[Plan], Plan], str]] = {
    "does-not-conform": (lambda p: told(p, outcome="does_not_conform"), "package-does-not-conform"),
    "outcome-differs": (lambda p: told(p, outcome="undecided"), "records-differ"),
    "profile-differs": (lambda p: told(p, profiles=(replace(p.package.profiles[0], hash="0" * 64),)), "records-differ"),
    "version-differs": (lambda p: told(p, version="0" * 64), "course-version-differs"),
    "lesson-of-other-bytes": (
        lambda p: told(p, lessons=(replace(p.package.lessons[0], sha256="0" * 64), *p.package.lessons[1:])),
        "records-differ",
    ),
    "lesson-left-out": (lambda p: told(p, lessons=p.package.lessons[1:]), "records-differ"),
    "subtitle-not-there": (
        lambda p: told(p, lessons=(replace(p.package.lessons[0], cover="no.png"), *p.package.lessons[1:])),
        "records-differ",
    ),
    "not-approved": (
        lambda p: told(p, approval=approval(approved=False, decisions=(decision(p),))),
        "package-not-approved",
    ),
    "approved-by-nobody": (lambda p: told(p, approval=approval()), "package-not-approved"),
    "approved-with-changes": (
        lambda p: told(p, approval=approval(decisions=(decision(p, verdict="revise"),))),
        "package-not-approved",
    ),
    "approved-other-bytes": (
        lambda p: told(p, approval=approval(decisions=(decision(p, subject_sha256="0" * 64),))),
        "review-of-other-bytes",
    ),
    "report-does-not-add-up": (
        lambda p: report_with(p, '"verdict": "pass"', '"verdict": "fail"'),
        "report-does-not-add-up",
    ),
    "report-of-other-lessons": (
        lambda p: report_with(p, p.package.lessons[0].sha256 or "", "0" * 64),
        "records-differ",
    ),
    "decisions-differ": (lambda p: with_records(p, decisions=codec.dumps(approval())), "records-differ"),
    "package-unreadable": (lambda p: with_records(p, package="{}"), "record-unreadable"),
    "report-unreadable": (lambda p: with_records(p, report="{}"), "record-unreadable"),
    "draft-in-disguise": (lambda p: with_records(p, package=codec.dumps(replace(p.package, draft=True))), "draft-mark-differs"),  # noqa: E501
}  # fmt: skip


@pytest.mark.parametrize("name", FALSE)
def test_a_package_that_contradicts_itself_is_refused(name: str, packed: Packed, tmp_path: Path) -> None:
    change, code = FALSE[name]
    made = write_bag_zip(change(packed.plan), tmp_path / "x.zip", (packed.key,))
    found = verify_package(made.path, trust=packed.trust)
    assert found.answer is Answer.REFUSED
    assert code in fault_codes(found)


def test_what_is_sworn_must_be_what_is_said(packed: Packed, tmp_path: Path) -> None:
    """The statements are signed by a trusted key, over this bag, and tell of other profiles and other experts."""
    from coursekit.bundle import bagwrite

    other = replace(packed.plan.package, scope="media", approval=approval())
    original = bagwrite.attest
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bagwrite, "attest", lambda package, *rest: original(other, *rest))
        made = write_bag_zip(packed.plan, tmp_path / "x.zip", (packed.key,))
    found = verify_package(made.path, trust=packed.trust, lang="en")
    assert fault_codes(found) == {"attestation-differs"}
    assert {TEST_RESULT, EXPERT_REVIEW} <= {re.findall(r"\((.+)\)", f.message)[0] for f in found.faults}


def test_approved_packages_pass_and_their_end_is_told(packed: Packed, tmp_path: Path) -> None:
    plan = told(packed.plan, approval=approval(decisions=(decision(packed.plan),)), use_until="2020-01-31")
    made = write_bag_zip(plan, tmp_path / "x.zip", (packed.key,))
    found = verify_package(made.path, trust=packed.trust)
    assert found.ok
    assert [w.code for w in found.warnings] == ["use-has-ended", "profile-not-known"]
    lines = "\n".join(line for line, _, _ in told_lines(found, "zh"))
    assert "专家 1 人，通过 1 人，最后一次 2026-03-05" in lines


# ------------------------------------------------------------------------------------------------ what is insisted on


def judged_by(plan: Plan, profile_id: str, sha256: str, scope: str = "course") -> Plan:
    """The same course, judged by another profile in another scope; package and report agree on it."""
    own = plan.package.profiles[0]
    pair = '"id": "{}",\n   "hash": "{}"'
    plan = report_with(plan, pair.format(own.id, own.hash), pair.format(profile_id, sha256))
    plan = report_with(plan, '"scope": "course"', f'"scope": "{scope}"')
    return told(plan, profiles=(replace(own, id=profile_id, hash=sha256),), scope=scope)


TIANJIN = Demands(("tianjin-2025",), Scope.COURSE)


@pytest.mark.parametrize(
    ("profile_id", "own_hash", "scope", "demands", "faults", "open_", "warnings"),
    [
        ("tianjin-2025", True, "course", TIANJIN, set(), set(), set()),
        ("tianjin-2025", True, "filing", TIANJIN, set(), set(), set()),
        ("tianjin-2025", True, "media", TIANJIN, {"scope-not-as-demanded"}, set(), set()),
        ("tianjin-2025", True, "media", None, set(), set(), {"scope-is-narrow"}),
        ("tianjin-2025", False, "course", TIANJIN, set(), {"profile-other-version"}, set()),
        ("tianjin-2025", False, "course", None, set(), set(), {"profile-other-version"}),
        ("fujian-2025", True, "course", TIANJIN, {"profile-not-as-demanded"}, set(), set()),
        ("studio", False, "course", TIANJIN, {"profile-not-as-demanded"}, set(), {"profile-not-known"}),
        ("../../etc/profile.toml", False, "course", None, set(), set(), {"profile-not-known"}),
    ],
)  # fmt: skip
def test_a_platform_insists_on_a_notice_and_a_scope(
    profile_id: str, own_hash: bool, scope: str, demands: Demands | None, faults: set[str], open_: set[str],
    warnings: set[str], packed: Packed, tmp_path: Path,
) -> None:  # fmt: skip
    own = own_profile(profile_id)
    assert own is not None or not own_hash
    sha256 = own.hash if own is not None and own_hash else "0" * 64
    made = write_bag_zip(judged_by(packed.plan, profile_id, sha256, scope), tmp_path / "x.zip", (packed.key,))
    found = verify_package(made.path, trust=packed.trust, demands=demands)
    said = [{i.code for i in issues} for issues in (found.faults, found.open, found.warnings)]
    assert said == [faults, open_, warnings]


def test_a_scope_that_nobody_knows_reaches_nothing(packed: Packed) -> None:
    found = Findings()
    judge_demands(replace(packed.plan.package, scope="everything"), Demands(scope=Scope.MEDIA), found)
    assert [f.code for f in found.faults] == ["scope-not-as-demanded"]


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
    plan = with_records(packed.plan, course=packed.plan.records["course.json"].decode() + " " * 3_000_000)
    made = write_bag_zip(plan, tmp_path / "x.zip", (packed.key,))
    assert verify_package(made.path, trust=packed.trust).ok
    found = verify_package(made.path, trust=trusting(new_key()))
    assert fault_codes(found) == {"key-not-trusted", "tag-file-too-large"}
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
