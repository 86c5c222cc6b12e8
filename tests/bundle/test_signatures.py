"""Signatures as programs see them that are not ours: openssl, securesystemslib, minisign."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from coursekit.bundle.attestation import (
    EXPERT_REVIEW,
    FILE_NAME,
    PREDICATES,
    STATEMENT_TYPE,
    SUMMARY,
    TEST_RESULT,
    pae,
)
from coursekit.bundle.keys import minisign_public, public_pem
from tests.bundle.packed import Packed

pytestmark = pytest.mark.interop


def envelopes(packed: Packed) -> list[dict[str, object]]:
    return [json.loads(line) for line in (packed.folder / FILE_NAME).read_text(encoding="utf-8").splitlines()]


def tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def run(*args: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(args, capture_output=True, text=True, timeout=60, check=False)


def test_openssl_verifies_every_envelope(packed: Packed, tmp_path: Path) -> None:
    openssl = tool("openssl")
    (tmp_path / "key.pem").write_bytes(public_pem(packed.key.raw_public))
    for envelope in envelopes(packed):
        payload = base64.b64decode(str(envelope["payload"]))
        (signature,) = envelope["signatures"]  # type: ignore[misc]  # JSON of our own making
        (tmp_path / "sig").write_bytes(base64.b64decode(signature["sig"]))
        for data, good in ((pae(payload), True), (pae(payload + b" "), False)):
            (tmp_path / "data").write_bytes(data)
            done = run(
                openssl, "pkeyutl", "-verify", "-pubin", "-inkey", tmp_path / "key.pem", "-rawin",
                "-in", tmp_path / "data", "-sigfile", tmp_path / "sig",
            )  # fmt: skip
            assert (done.returncode == 0) is good, done.stderr


def test_securesystemslib_verifies_every_envelope(packed: Packed) -> None:
    dsse = pytest.importorskip("securesystemslib.dsse")
    signer = pytest.importorskip("securesystemslib.signer")
    keys = [
        signer.SSlibKey(key_id, "ed25519", "ed25519", {"public": raw.hex()})
        for key_id, raw in ((packed.key.key_id, packed.key.raw_public), ("0" * 64, b"\1" * 32))
    ]
    for raw in envelopes(packed):
        envelope = dsse.Envelope.from_dict(dict(raw))
        assert envelope.payload_type == "application/vnd.in-toto+json"
        assert set(envelope.verify([keys[0]], 1)) == {packed.key.key_id}
        with pytest.raises(Exception, match="signatures"):
            envelope.verify([keys[1]], 1)


def test_minisign_verifies_the_zip(packed: Packed, tmp_path: Path) -> None:
    minisign = tool("minisign")
    signature = packed.zip.with_name(f"{packed.zip.name}.minisig")
    public = minisign_public(packed.key.raw_public)
    done = run(minisign, "-V", "-m", packed.zip, "-x", signature, "-P", public)
    assert done.returncode == 0, done.stdout + done.stderr
    assert packed.zip.name in done.stdout
    spoilt = tmp_path / "x.zip"
    raw = bytearray(packed.zip.read_bytes())
    raw[len(raw) // 2] ^= 1
    spoilt.write_bytes(raw)
    assert run(minisign, "-V", "-m", spoilt, "-x", signature, "-P", public).returncode != 0


def test_openssl_reads_the_keys_we_write(packed: Packed, tmp_path: Path) -> None:
    from coursekit.bundle.keys import save_key
    from tests.bundle.packed import PASSPHRASE

    openssl = tool("openssl")
    public = save_key(packed.key, tmp_path / "studio.key", PASSPHRASE)
    done = run(openssl, "pkey", "-in", tmp_path / "studio.key", "-passin", f"pass:{PASSPHRASE}", "-pubout")
    assert done.stdout.encode() == public.read_bytes()
    assert run(openssl, "pkey", "-in", tmp_path / "studio.key", "-passin", "pass:wrong", "-pubout").returncode != 0


def test_statements_are_what_their_types_ask_for(packed: Packed) -> None:
    """The fields that the specifications of the two borrowed predicates require."""
    read = [json.loads(base64.b64decode(str(e["payload"]))) for e in envelopes(packed)]
    assert [s["predicateType"] for s in read] == list(PREDICATES)
    by_type = {s["predicateType"]: s["predicate"] for s in read}
    for statement in read:
        assert statement["_type"] == STATEMENT_TYPE
        assert [s["name"] for s in statement["subject"]] == ["tagmanifest-sha256.txt"]
    audit = by_type[TEST_RESULT]
    assert audit["result"] == "PASSED"
    named = {c["name"]: c for c in audit["configuration"]}
    assert named["studio"]["digest"]["sha256"] == packed.plan.package.profiles[0].hash
    assert "report.json" in named
    assert named["coursekit"]["uri"].startswith("pkg:generic/coursekit@")
    assert all(c.keys() & {"uri", "digest", "content"} for c in audit["configuration"])
    decision = by_type[SUMMARY]
    assert {"verifier", "resourceUri", "policy", "verificationResult", "verifiedLevels"} <= decision.keys()
    assert decision["verificationResult"] == "PASSED"
    assert by_type[EXPERT_REVIEW]["course"]["digest"]["sha256"] == packed.plan.package.version
