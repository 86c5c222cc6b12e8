"""What a package swears to: in-toto statements in DSSE envelopes, signed with Ed25519.

Three statements about one subject, the bag's tag manifest, which fixes every byte: the audit (predicate test-result),
the experts' review (a predicate of our own), and the decision that follows from both (SLSA verification summary).
They stand one a line in `attestations.intoto.jsonl`, the form in which in-toto bundles travel, so that verifiers that
are not ours can read them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from coursekit import __version__
from coursekit.bundle.keys import SigningKey, TrustStore
from coursekit.bundle.model import Package, Signature
from coursekit.terms import Outcome

FILE_NAME = "attestations.intoto.jsonl"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
SUMMARY = "https://slsa.dev/verification_summary/v1"
EXPERT_REVIEW = "urn:coursekit:expert-review:1"
PREDICATES = (TEST_RESULT, EXPERT_REVIEW, SUMMARY)
SUBJECT = "tagmanifest-sha256.txt"
LARGEST = 4 << 20


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement whose envelope was read."""

    predicate_type: str
    predicate: Mapping[str, Any]
    subjects: Mapping[str, str]
    """Name → SHA-256."""
    signatures: tuple[Signature, ...]
    forged: bool
    """A signature claims a key we know, and is not that key's."""

    @property
    def trusted(self) -> bool:
        """Whether a key the platform named vouches for it."""
        return not self.forged and any(s.trusted for s in self.signatures)


def pae(payload: bytes) -> bytes:
    """What is really signed: type and payload, each with its length (DSSE's pre-authentication encoding)."""
    kind = PAYLOAD_TYPE.encode("ascii")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def attest(
    package: Package, tools: Mapping[str, str], tag_manifest_sha256: str, report_sha256: str, keys: Iterable[SigningKey]
) -> bytes:
    """The file of attestations."""
    signers = tuple(keys)
    lines = [
        _envelope({"_type": STATEMENT_TYPE, **_subject(tag_manifest_sha256), **statement}, signers)
        for statement in statements(package, tools, report_sha256)
    ]
    return ("\n".join(lines) + "\n").encode("utf-8")


def _subject(tag_manifest_sha256: str) -> dict[str, object]:
    return {"subject": [{"name": SUBJECT, "digest": {"sha256": tag_manifest_sha256}}]}


def statements(package: Package, tools: Mapping[str, str], report_sha256: str) -> list[dict[str, object]]:
    """What is said of a package; a verifier derives the same from package.json and compares."""
    profiles = [
        {"name": p.id, "uri": f"urn:coursekit:profile:{p.id}", "digest": {"sha256": p.hash}} for p in package.profiles
    ]
    used = [
        {"name": name, "uri": f"pkg:generic/{quote(name, safe='')}@{quote(version, safe='')}"}
        for name, version in sorted(tools.items())
        if version
    ]
    report = {"name": "report.json", "digest": {"sha256": report_sha256}}
    conforms = package.outcome == Outcome.CONFORMS
    passed = conforms and not package.draft
    approval = package.approval
    summary: dict[str, object] = {
        "verifier": {"id": "urn:coursekit:package", "version": {"coursekit": __version__}},
        "resourceUri": f"urn:coursekit:course:{package.version}",
        "policy": {"uri": "urn:coursekit:profiles", "digest": {"sha256": _policy(package)}},
        "verificationResult": "PASSED" if passed else "FAILED",
        "verifiedLevels": [f"COURSEKIT_{package.scope.upper()}" if passed else "FAILED"],
    }
    if approval.on is not None:
        summary["timeVerified"] = f"{approval.on}T00:00:00Z"
    return [
        {
            "predicateType": TEST_RESULT,
            "predicate": {
                "result": "PASSED" if conforms else "FAILED",
                "configuration": [*profiles, report, *used],
                "scope": package.scope,
                "failOn": package.fail_on,
            },
        },
        {
            "predicateType": EXPERT_REVIEW,
            "predicate": {
                "draft": package.draft,
                "required": approval.required,
                "approved": approval.approved,
                **({"on": approval.on} if approval.on else {}),
                **({"until": approval.until} if approval.until else {}),
                "course": {"id": package.id, "digest": {"sha256": package.version}},
                "decisions": [
                    {
                        "expert": d.expert,
                        "verdict": d.verdict,
                        "subject": {"name": d.subject, "digest": {"sha256": d.subject_sha256}},
                        **({"decidedOn": d.decided_on} if d.decided_on else {}),
                        **({"record": {"digest": {"sha256": d.record_sha256}}} if d.record_sha256 else {}),
                    }
                    for d in approval.decisions
                ],
            },
        },
        {"predicateType": SUMMARY, "predicate": summary},
    ]


def _policy(package: Package) -> str:
    """One hash for all profiles together, as `sha256sum` would print them."""
    listing = "".join(f"{p.hash}  {p.id}\n" for p in package.profiles)
    return hashlib.sha256(listing.encode("utf-8")).hexdigest()


def _envelope(statement: Mapping[str, object], keys: Iterable[SigningKey]) -> str:
    payload = json.dumps(statement, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")
    envelope = {
        "payload": base64.b64encode(payload).decode("ascii"),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [
            {"keyid": key.key_id, "sig": base64.b64encode(key.sign(pae(payload))).decode("ascii")} for key in keys
        ],
    }
    return json.dumps(envelope, separators=(",", ":"))


class AttestationFault(Exception):
    """A file of attestations that cannot be read."""


def read_attestations(raw: bytes, trust: TrustStore) -> tuple[Statement, ...]:
    """Every statement, with what is known of who signed it. Nothing in the file can add to what is trusted."""
    if len(raw) > LARGEST:
        raise AttestationFault("too large")
    try:
        lines = raw.decode("utf-8").splitlines()
        return tuple(_read_envelope(json.loads(line), trust) for line in lines if line.strip())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise AttestationFault(str(error)) from error


def _read_envelope(envelope: Any, trust: TrustStore) -> Statement:
    if envelope["payloadType"] != PAYLOAD_TYPE:
        raise AttestationFault(f"payloadType {envelope['payloadType']}")
    payload = base64.b64decode(envelope["payload"], validate=True)
    signed = pae(payload)
    statement = json.loads(payload)
    if statement["_type"] != STATEMENT_TYPE:
        raise AttestationFault(f"_type {statement['_type']}")
    kind = str(statement["predicateType"])
    signatures = []
    forged = False
    for signature in envelope["signatures"]:
        key = trust.keys.get(str(signature["keyid"]))
        good = key is not None and key.verifies(base64.b64decode(signature["sig"], validate=True), signed)
        forged = forged or (key is not None and not good)
        signatures.append(Signature(kind, str(signature["keyid"]), good, key.name if key else None))
    subjects = {str(s["name"]): str(s["digest"]["sha256"]) for s in statement["subject"]}
    if len(subjects) != len(statement["subject"]):
        raise AttestationFault("a subject is named twice")
    predicate = statement["predicate"]
    if not isinstance(predicate, dict):
        raise AttestationFault("predicate is no object")
    return Statement(kind, predicate, subjects, tuple(signatures), forged)
