"""docs/packages.md speaks of codes, options and files that exist."""

from __future__ import annotations

import re

from coursekit.bundle.attestation import PREDICATES
from coursekit.bundle.model import Answer
from coursekit.bundle.plan import RECORDS
from coursekit.cli.package import package
from coursekit.cli.verify import verify
from coursekit.texts import phrases
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "packages.md").read_text(encoding="utf-8")


def test_codes_are_real() -> None:
    refused = TEXT[TEXT.index("## What is refused") : TEXT.index("## From Python")]
    named = {c for c in re.findall(r"`([a-z0-9-]+)`", refused) if "-" in c and not c.startswith("--")}
    assert len(named) > 20
    assert named <= phrases("package").keys()


def test_options_answers_and_files_are_real() -> None:
    options = {name for command in (package, verify) for p in command.params for name in p.opts}
    lines = [line for line in TEXT.splitlines() if re.match(r" {4}coursekit (package|verify)", line)]
    assert {o for line in lines for o in re.findall(r" (--?[a-z][a-z-]*)", line.split("#")[0])} <= options
    assert all(f"`{answer.value}`" in TEXT for answer in Answer)
    assert all(f"data/{name}" in TEXT for name in RECORDS)
    assert all(predicate in TEXT for predicate in PREDICATES)
    assert all((ROOT / path).is_file() for path in re.findall(r"schemas/[a-z.-]+json", TEXT))
