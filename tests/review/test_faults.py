"""A decision file with one fault is not taken in, and the fault is named."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from coursekit.review.decision import DecisionError
from coursekit.review.dossier import Built
from coursekit.review.shelf import Shelf
from coursekit.texts import phrases
from tests.review.conftest import Desk
from tests.review.courses import DAY, MANIFEST, Raw, add, decide, question, sha256, written

Fault = Callable[[Raw, Built], object]


def put(*path: str | int, value: object) -> Fault:
    """Another value at one place."""

    def change(raw: Raw, _: Built) -> object:
        place: object = raw
        for step in path[:-1]:
            place = place[step]  # type: ignore[index]  # a decision as plain JSON
        place[path[-1]] = value  # type: ignore[index]  # a decision as plain JSON
        return None

    return change


def says(choice: str, opinion: str, asked: str = "rule") -> Fault:
    """Another answer to the first question of a kind."""

    def change(raw: Raw, built: Built) -> object:
        key = question(built, asked=asked)
        answer = next(a for a in raw["answers"] if a["question"] == key)
        answer.update(says=choice, opinion=opinion)
        return None

    return change


FAULTS: dict[str, tuple[str, Fault]] = {
    "no JSON": ("decision-unreadable", lambda raw, _: b'{"schema": '),
    "not UTF-8": ("decision-unreadable", lambda raw, _: b"\xff\xfe" + json.dumps(raw).encode("utf-16-le")),
    "a key twice": ("decision-unreadable", lambda raw, _: b'{"a": 1, "a": 2}'),
    "a draft": ("not-a-decision", put("schema", value="coursekit/draft/1")),
    "a list": ("not-a-decision", lambda raw, _: b"[]"),
    "another version": ("decision-other-version", put("schema", value="coursekit/decision/9")),
    "an unknown field": ("unknown-field", put("phone", value="1")),
    "an unknown field of an answer": ("unknown-field", put("answers", 0, "sure", value=True)),
    "an unknown field of the expert": ("decision-malformed", put("expert", "phone", value="0591-00000001")),
    "a wrong type": ("decision-malformed", put("opinion", value=7)),
    "an unknown verdict": ("decision-malformed", put("verdict", value="yes")),
    "another course": ("other-course", put("course", "id", value="demo-2")),
    "another dossier": ("unknown-dossier", put("dossier", value="0" * 64)),
    "another course hash": ("wrong-media", put("course", "sha256", value="0" * 64)),
    "another media hash": ("wrong-media", put("media", 1, "sha256", value="0" * 64)),
    "a medium left out": ("wrong-media", lambda raw, _: raw["media"].pop()),
    "an expert nobody named": ("unknown-expert", put("expert", "id", value="X9")),
    "another name": ("other-name", put("expert", "name", value="林秀蓝")),
    "another route": ("other-route", put("expert", "route", value="professional-title")),
    "no date": ("bad-date", put("reviewed_on", value="昨天")),
    "a date to come": ("date-in-future", put("reviewed_on", value="2027-01-01")),
    "an answer to nothing": ("unknown-question", put("answers", 0, "question", value="q00000000000000000000")),
    "answered twice": ("answered-twice", lambda raw, _: raw["answers"].append(copy.deepcopy(raw["answers"][0]))),
    "a choice not offered": ("choice-not-offered", says("reject", "不行", asked="doubt")),
    "no words for a change": ("no-words", says("revise", "  ")),
    "no words for overruling": ("no-words", says("pass", "", asked="overrule")),
    "a question left out": ("incomplete", lambda raw, _: raw["answers"].pop()),
    "passed in spite of a change": ("verdict-contradicts", says("revise", "图有误")),
    "refused without a word": ("no-opinion", put("verdict", value="reject")),
    "a paper that did not come along": (
        "paper-missing",
        put("papers", value=[{"name": "同意书.pdf", "sha256": "0" * 64}]),
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_is_named_and_nothing_is_taken_in(desk: Desk, name: str) -> None:
    code, fault = FAULTS[name]
    raw = decide(desk.built, "X1")
    changed = fault(raw, desk.built)
    with pytest.raises(DecisionError) as error:
        add(desk.course, changed if isinstance(changed, bytes) else raw)
    assert error.value.code == code
    assert error.value.words("zh") != error.value.words("en")
    assert Shelf(desk.course).receipts() == ()
    assert not (desk.course / "review" / "decisions").exists()


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("expert-unqualified", "route: examiner", "route: top-level-certificate"),
        ("expert-without-route", "    route: examiner\n", ""),
        ("expert-other-province", "province: 福建省", "province: 江西省"),
    ],
)
def test_who_may_not_judge_is_told_so(desk: Desk, code: str, before: str, after: str) -> None:
    (desk.course / "course.yaml").write_text(MANIFEST.replace(before, after), encoding="utf-8")
    with pytest.raises(DecisionError) as error:
        add(desk.course, decide(desk.built, "X1"))
    assert error.value.code == code
    assert "林秀兰" in error.value.words("zh")


def test_a_decision_is_taken_in_once(desk: Desk) -> None:
    raw = decide(desk.built, "X1")
    add(desk.course, raw)
    with pytest.raises(DecisionError) as error:
        add(desk.course, raw)
    assert error.value.code == "already-added"


def test_a_decision_is_never_overwritten_in_silence(desk: Desk) -> None:
    first = add(desk.course, decide(desk.built, "X1"))
    other = decide(desk.built, "X1", "reject", "重做")
    with pytest.raises(DecisionError) as error:
        add(desk.course, other)
    assert error.value.code == "already-decided"
    second = add(desk.course, other, replace="专家更正")
    assert second.receipt.replaces == first.receipt.decision
    assert second.receipt.reason == "专家更正"
    kept = desk.course / "review" / "decisions"
    assert {p.name for p in kept.glob("*.json")} == {first.receipt.file, second.receipt.file}
    assert sha256((kept / first.receipt.file).read_bytes()) == first.receipt.decision


class TestSignatures:
    """An expert who has a key signs the very bytes of the decision."""

    @pytest.fixture
    def key(self, tmp_path: Path) -> tuple[Ed25519PrivateKey, Path]:
        private = Ed25519PrivateKey.generate()
        pem = tmp_path / "expert.pem"
        pem.write_bytes(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        return private, pem

    def signed(self, desk: Desk, private: Ed25519PrivateKey, raw: Raw) -> Path:
        data = written(desk.course.parent, raw).read_bytes()
        path = desk.course.parent / "decision.sig"
        path.write_bytes(private.sign(data))
        return path

    def test_a_signature_that_fits_is_kept(self, desk: Desk, key: tuple[Ed25519PrivateKey, Path]) -> None:
        raw = decide(desk.built, "X1")
        added = add(desk.course, raw, signature=self.signed(desk, key[0], raw), key=key[1])
        assert added.receipt.public_key == key[0].public_key().public_bytes_raw().hex()
        taken, troubles = Shelf(desk.course).taken()
        assert [t.receipt for t in taken] == [added.receipt]
        assert troubles == ()

    def test_a_signature_of_other_bytes_is_refused(self, desk: Desk, key: tuple[Ed25519PrivateKey, Path]) -> None:
        raw = decide(desk.built, "X1")
        signature = self.signed(desk, key[0], raw)
        raw["opinion"] = "另加一句"
        assert self.code(desk, raw, signature=signature, key=key[1]) == "bad-signature"

    def test_what_is_no_signature_or_no_key(self, desk: Desk, key: tuple[Ed25519PrivateKey, Path]) -> None:
        raw = decide(desk.built, "X1")
        signature = self.signed(desk, key[0], raw)
        assert self.code(desk, raw, signature=key[1], key=key[1]) == "not-a-signature"
        assert self.code(desk, raw, signature=signature, key=signature) == "not-a-key"
        assert self.code(desk, raw, signature=signature) == "key-missing"

    def test_once_registered_a_key_is_asked_for(self, desk: Desk, key: tuple[Ed25519PrivateKey, Path]) -> None:
        raw = decide(desk.built, "X1")
        add(desk.course, raw, signature=self.signed(desk, key[0], raw), key=key[1])
        again = decide(desk.built, "X1", opinion="补充")
        assert self.code(desk, again, replace="补充") == "signature-missing"
        other = Ed25519PrivateKey.generate()
        pem = desk.course.parent / "other.pem"
        pem.write_bytes(other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        assert self.code(desk, again, replace="补充", signature=pem, key=pem) == "other-key"

    def code(self, desk: Desk, raw: Raw, **more: object) -> str:
        with pytest.raises(DecisionError) as error:
            add(desk.course, raw, **more)
        return error.value.code


def test_a_scan_is_attached_by_its_hash(desk: Desk, tmp_path: Path) -> None:
    scan = tmp_path / "林秀兰 签字.PDF"
    scan.write_bytes(b"%PDF- signed")
    raw = decide(desk.built, "X1")
    raw["papers"] = [{"name": scan.name, "sha256": sha256(scan.read_bytes())}]
    other = tmp_path / "other.pdf"
    other.write_bytes(b"%PDF- not signed")
    with pytest.raises(DecisionError) as error:
        add(desk.course, raw, papers=(other,))
    assert error.value.code == "paper-differs"
    with pytest.raises(DecisionError) as error:
        add(desk.course, raw, papers=(tmp_path / "none.pdf",))
    assert error.value.code == "paper-unreadable"
    add(desk.course, raw, papers=(scan,))
    kept = list((desk.course / "review" / "papers").iterdir())
    assert [p.name for p in kept] == [f"{sha256(scan.read_bytes())}.pdf"]
    assert kept[0].read_bytes() == scan.read_bytes()


def test_a_course_without_a_manifest_has_no_experts(tmp_path: Path) -> None:
    (tmp_path / "course").mkdir()
    with pytest.raises(DecisionError) as error:
        add(tmp_path / "course", {})
    assert error.value.code == "no-manifest"


def test_every_phrase_about_decisions_is_in_both_languages() -> None:
    for key, text in phrases("review").items():
        assert text.zh, key
        assert text.en, key
    assert DAY
