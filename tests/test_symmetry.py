"""A check added by halves is named here: registry = modules = texts = tests = profiles, code by code."""

from __future__ import annotations

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from coursekit.rules.check import Check
from coursekit.rules.profiles import list_profiles
from coursekit.rules.registry import CHECKS, load_check
from coursekit.texts import LANGS, check_text, phrases

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "coursekit"
CONTRACT = (
    "probe/container probe/integrity probe/size probe/duration probe/resolution probe/frame_rate probe/codec "
    "audio/channels audio/silence audio/loudness audio/swing audio/clipping audio/hum audio/noise audio/balance "
    "audio/sync video/shake video/jump video/flicker video/colour video/freeze video/black video/clarity "
    "video/interlace video/deformation video/watermark video/flash cover/image cover/watermark course/consistency "
    "manifest/schema manifest/files manifest/coverage manifest/hours manifest/weights manifest/assessment "
    "manifest/rights manifest/experts manifest/labels filing/evidence"
).split()
NOT_YET: dict[str, str] = {}

OTHER_TEXTS = {
    "manifest/load": "faults of a manifest that cannot be read: no check speaks, the loader does",
    "filing/register": "faults of a register that cannot be read: no check speaks, the loader does",
}


@cache
def literals(domain: str) -> tuple[frozenset[str], frozenset[str]]:
    """Whole string literals of a domain's code, and the literal parts of its f-strings."""
    whole, parts = set(), set()
    for path in (PACKAGE / domain).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts |= {n.value for n in node.values if isinstance(n, ast.Constant) and isinstance(n.value, str)}
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
    return frozenset(whole), frozenset(part for part in parts if len(part) >= 5)


def speaks(domain: str, code: str) -> bool:
    """Whether the domain's code can say `code`: as a literal, or put together from a literal part of it."""
    whole, parts = literals(domain)
    return code in whole or any(code.endswith(part) or code.startswith(part) for part in parts)


def modules() -> set[str]:
    return {
        f"{path.parent.parent.name}/{path.stem}"
        for path in PACKAGE.glob("*/checks/*.py")
        if path.stem != "__init__" and "@check(" in path.read_text(encoding="utf-8")
    }


def test_every_module_is_registered_and_every_registration_has_a_module() -> None:
    assert modules() == set(CHECKS)
    assert len(CHECKS) == len(set(CHECKS))


def test_contract_ids_are_there() -> None:
    missing = set(CONTRACT) - set(CHECKS) - NOT_YET.keys()
    assert not missing
    assert not NOT_YET.keys() & set(CHECKS), "registered now: take it off the list"


@pytest.mark.parametrize("check_id", CHECKS)
def test_check_declares_itself_as_it_is_registered(check_id: str) -> None:
    check = load_check(check_id)
    assert isinstance(check, Check)
    assert check.id == check_id
    assert (check.run.__doc__ or "").strip(), "the first docstring line says what holds when it passes"


@pytest.mark.parametrize("check_id", CHECKS)
def test_params_have_no_defaults(check_id: str) -> None:
    """Every number stands in a profile, where a reader can find and argue with it."""
    import dataclasses

    for field in dataclasses.fields(load_check(check_id).params):
        assert field.default is dataclasses.MISSING or field.default is None, field.name
        assert field.default_factory is dataclasses.MISSING, field.name


@pytest.mark.parametrize("check_id", CHECKS)
def test_texts_and_codes_agree(check_id: str) -> None:
    text = check_text(check_id)
    for part in (text.title, text.measured, text.why):
        assert all(part[lang].strip() for lang in LANGS)
    unspoken = {code for code in text.codes if not speaks(check_id.split("/")[0], code)}
    assert not unspoken, "texts that the check never speaks"


def test_no_texts_without_a_check() -> None:
    texts = PACKAGE / "texts"
    named = {f"{p.parent.name}/{p.stem}" for p in texts.glob("*/*.toml")}
    assert named - OTHER_TEXTS.keys() == set(CHECKS)


@pytest.mark.parametrize("check_id", CHECKS)
def test_a_test_of_the_same_name_asserts_every_code(check_id: str) -> None:
    domain, name = check_id.split("/")
    path = ROOT / "tests" / "checks" / domain / f"test_{name}.py"
    assert path.is_file(), f"{path.relative_to(ROOT)} is missing"
    more = sorted((ROOT / "tests" / domain).glob("*")) if domain == "manifest" else []
    body = "\n".join(p.read_text(encoding="utf-8") for p in (path, *more) if p.suffix in (".py", ".toml"))
    unasserted = [code for code in check_text(check_id).codes if not re.search(rf"[\"']{code}[\"']", body)]
    assert not unasserted
    assert re.search(r"PASS|[\"']pass[\"']|== \(\)|not found|quiet", body), "no case that passes"


@pytest.mark.parametrize("check_id", CHECKS)
def test_placeholders_are_the_same_in_both_languages(check_id: str) -> None:
    field = re.compile(r"{([a-z_0-9]+)")

    def fields(template: str, suffix: str) -> set[str]:
        return {name.removesuffix(suffix) for name in field.findall(template)}

    for code, entry in check_text(check_id).codes.items():
        for text in (entry.message, entry.remedy):
            assert fields(text.zh, "_zh") == fields(text.en, "_en"), code


def test_every_check_is_bound_by_a_profile() -> None:
    bound = {rule.check for profile in list_profiles() for rule in profile.rules if rule.check}
    assert set(CHECKS) <= bound
    assert bound <= set(CONTRACT) | set(CHECKS)


def test_params_of_every_rule_fit_their_check() -> None:
    from coursekit.rules.judge import build_params

    for profile in list_profiles():
        for rule in profile.rules:
            if rule.check in CHECKS and rule.unavailable is None:
                build_params(rule, load_check(rule.check))


def test_tianjin_binds_every_media_check() -> None:
    tianjin = next(p for p in list_profiles() if p.id == "tianjin-2025")
    bound = {rule.check for rule in tianjin.rules}
    media = {c for c in CONTRACT if c.split("/")[0] in ("probe", "audio", "video", "cover", "course")}
    assert media <= bound


def test_reasons_are_used_and_known() -> None:
    known = set(tomllib.loads((PACKAGE / "texts" / "reasons.toml").read_text(encoding="utf-8")))
    source = "\n".join(p.read_text(encoding="utf-8") for p in PACKAGE.rglob("*.py"))
    raised = set(re.findall(r"(?:CannotTest|NotApplicable)\(\s*[\"']([a-z-]+)[\"']", source))
    assert raised <= known
    unused = {code for code in known if f'"{code}"' not in source and not re.match(r"no-(audio|video)-stream", code)}
    assert not unused


SIGNS = {"%", "B", "LU", "LUFS", "dB", "dBFS", "dBTP", "ms", "px", "ΔE"}
"""Written alike in every language."""
MAKERS = {"measured", "at_least", "at_most", "between", "equal_to"}


def test_every_unit_is_a_sign_or_has_words() -> None:
    used: set[str] = set()
    for path in PACKAGE.glob("*/checks/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
                unit = node.args[2 if node.func.id == "between" else 1 :]
                used |= {n.value for part in unit for n in ast.walk(part) if isinstance(n, ast.Constant)}
    assert {"looks", "LUFS"} <= used
    assert used - SIGNS <= set(phrases("units"))
