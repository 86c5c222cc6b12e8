"""Ways to spoil a package, and to make one that is well sealed and false."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from coursekit import codec
from coursekit.bundle.model import Approval, Decision, Verification
from coursekit.bundle.plan import Plan


def fault_codes(found: Verification) -> set[str]:
    return {fault.code for fault in found.faults}


def spoil(bag: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    path = bag / name
    path.write_bytes(change(path.read_bytes()))


def flip(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


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


def judged_by(plan: Plan, profile_id: str, sha256: str, scope: str = "course") -> Plan:
    """The same course, judged by another profile in another scope; package and report agree on it."""
    own = plan.package.profiles[0]
    pair = '"id": "{}",\n   "hash": "{}"'
    plan = report_with(plan, pair.format(own.id, own.hash), pair.format(profile_id, sha256))
    plan = report_with(plan, '"scope": "course"', f'"scope": "{scope}"')
    return told(plan, profiles=(replace(own, id=profile_id, hash=sha256),), scope=scope)
