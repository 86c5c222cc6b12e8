"""Who signed, who is trusted, and what forgeries are told."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from coursekit.bundle.attestation import FILE_NAME
from coursekit.bundle.bagwrite import write_bag_folder, write_bag_zip
from coursekit.bundle.keys import TrustStore, new_key, public_pem
from coursekit.bundle.model import Answer
from coursekit.bundle.verify import exit_code, verify_package
from tests.bundle.packed import Packed, trusting
from tests.bundle.spoilt import fault_codes


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
