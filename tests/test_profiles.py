"""The notices as data: whole, word for word, rightly levelled."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from coursekit.model import Level, Method, Profile, Rule, ThresholdSource
from coursekit.rules.clauses import count_clauses
from coursekit.rules.profile_text import EVIDENCE_FILE, PROFILES_DIR
from coursekit.rules.profiles import (
    builtin_ids,
    evidence_labels,
    list_profiles,
    read_profile,
)
from coursekit.rules.registry import CHECKS

SCHEMA = json.loads((PROFILES_DIR.parent.parent / "schemas" / "profile.schema.json").read_text(encoding="utf-8"))
_CONTRACT = {
    "probe": "container integrity size duration resolution frame_rate codec",
    "audio": "channels silence loudness swing clipping hum noise balance sync",
    "video": "shake jump flicker colour freeze black clarity interlace deformation watermark flash",
    "cover": "image watermark",
    "course": "consistency",
    "manifest": "schema files coverage hours weights assessment rights experts labels",
    "filing": "evidence",
}
CONTRACT = frozenset(f"{domain}/{name}" for domain, names in _CONTRACT.items() for name in names.split())
NOTICES = {
    "000": "pudong-2020",
    "001": "shanghai-2020",
    "002": "guangdong-2022",
    "003": "fujian-2025",
    "004": "tianjin-2025",
}
METHOD_OF_CLASS = {
    "MED": Method.MACHINE,
    "MED~": Method.MACHINE,
    "MAN": Method.MANIFEST,
    "DOC": Method.DOCUMENT,
    "HUM": Method.HUMAN,
    "RUN": Method.PLATFORM,
    "ADM": Method.INFORMATIONAL,
}


@pytest.fixture(scope="module")
def profiles() -> dict[str, Profile]:
    return {profile.id: profile for profile in list_profiles()}


def own_rules(profile: Profile) -> tuple[Rule, ...]:
    return tuple(rule for rule in profile.rules if rule.id.startswith(f"{profile.id}/"))


# ------------------------------------------------------------------------------------------------- the built-in notices


def test_the_list_of_built_in_profiles_is_the_folder() -> None:
    files = {path.stem for path in PROFILES_DIR.glob("*.toml")} - {EVIDENCE_FILE.stem}
    assert files == set(builtin_ids())


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("profile_id", builtin_ids())
def test_profile_matches_the_published_schema(profile_id: str) -> None:
    content = tomllib.loads((PROFILES_DIR / f"{profile_id}.toml").read_text(encoding="utf-8"))
    errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator().iter_errors(content)]
    assert not errors


def validator() -> Draft202012Validator:
    return Draft202012Validator(SCHEMA)


def test_rule_ids_are_unique_over_all_profiles(profiles: dict[str, Profile]) -> None:
    counts = Counter(rule.id for profile in profiles.values() for rule in own_rules(profile))
    assert {rule_id for rule_id, n in counts.items() if n > 1} == set()


def test_rules_of_a_clause_are_numbered_from_one(profiles: dict[str, Profile]) -> None:
    for profile in profiles.values():
        numbers: dict[str, list[int]] = {}
        for rule in own_rules(profile):
            clause, _, number = rule.id.rpartition("-")
            numbers.setdefault(clause, []).append(int(number))
        assert {c: n for c, n in numbers.items() if n != list(range(1, len(n) + 1))} == {}


def test_a_clause_has_one_slug_and_a_slug_one_clause(profiles: dict[str, Profile]) -> None:
    for profile in profiles.values():
        pairs = {(rule.id.rpartition("-")[0], rule.clause.number) for rule in own_rules(profile)}
        assert len(pairs) == len({slug for slug, _ in pairs}) == len({number for _, number in pairs})


def test_every_check_of_the_contract_is_bound(profiles: dict[str, Profile]) -> None:
    bound = {rule.check for profile in profiles.values() for rule in profile.rules if rule.check}
    assert CONTRACT - bound == set(), "no clause binds these checks"
    assert bound - CONTRACT - set(CHECKS) == set(), "bound, but neither in the contract nor registered"


def test_tianjin_binds_every_media_check(profiles: dict[str, Profile]) -> None:
    media = {check for check in CONTRACT if check.split("/")[0] not in ("manifest", "filing")}
    assert media - {rule.check for rule in profiles["tianjin-2025"].rules} == set()


def test_the_contract_here_is_the_contract_there(shared: Path) -> None:
    text = (shared / "DESIGN.md").read_text(encoding="utf-8")
    section = text.split("Check ids (`domain/name`", 1)[1].split("More may be added", 1)[0]
    assert set(re.findall(r"`([a-z]+/[a-z_]+)`", section)) == CONTRACT


def test_coursekits_own_thresholds_are_argued(profiles: dict[str, Profile]) -> None:
    silent = [
        rule.id
        for profile in profiles.values()
        for rule in profile.rules
        if rule.threshold_source is ThresholdSource.COURSEKIT and rule.note is None
    ]
    assert silent == []


def test_coursekits_own_thresholds_are_the_same_in_every_notice(profiles: dict[str, Profile]) -> None:
    """A list kept in several profiles must not drift apart: change it in all of them."""
    seen: dict[str, tuple[str, Any]] = {}
    differ = []
    for profile in profiles.values():
        for rule in own_rules(profile):
            if rule.check in ("probe/integrity", "probe/codec", "manifest/coverage", "manifest/experts"):
                first = seen.setdefault(rule.check, (rule.id, rule.params))
                if first[1] != rule.params:
                    differ.append((first[0], rule.id))
            if rule.check == "probe/container" and rule.level is Level.MUST:
                first = seen.setdefault(rule.check, (rule.id, rule.params))
                if first[1] != rule.params:
                    differ.append((first[0], rule.id))
    assert differ == []


def test_the_evidence_vocabulary_is_what_the_notices_ask_for(profiles: dict[str, Profile]) -> None:
    used = {
        key
        for profile in profiles.values()
        for rule in profile.rules
        for item in rule.evidence
        for key in item.split("|")
    }
    assert set(evidence_labels()) == used


# ------------------------------------------------------------------------------------------------- the notices' wording


def flat(text: str) -> str:
    """Text without layout: Markdown links, list dashes, headings, emphasis, page numbers and all white space go."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(?m)^[ \t]*-[ \t]+", "", text)
    text = re.sub(r"(?m)^[ \t]*[-—]?[ \t]*\d{1,3}[ \t]*[-—]?[ \t]*$", "", text)
    text = re.sub(r"</?b>|[#*]", "", text)
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("alias", NOTICES)
def test_every_wording_stands_in_its_notice(alias: str, shared: Path) -> None:
    loaded = read_profile(NOTICES[alias])
    (document,) = loaded.documents
    assert document.source is not None
    assert document.source.startswith(alias)
    notice = flat((shared / "regulations" / document.source).read_text(encoding="utf-8"))
    assert flat(document.title) in notice
    missing = [rule.id for rule in loaded.profile.rules if flat(rule.clause.text) not in notice]
    assert missing == []
    assert all(rule.clause.text for rule in loaded.profile.rules)


def matrix(shared: Path) -> list[tuple[str, str, list[str]]]:
    """The rows of the clause matrix: notice, clause label, classes."""
    text = (shared / "regulations" / "clauses.md").read_text(encoding="utf-8").split("## 5. Clause matrix", 1)[1]
    rows = []
    for line in text.splitlines():
        if found := re.match(r"\| (00[0-4]):(.+?) \|.*\| ([^|]+) \|$", line):
            classes = re.sub(r"\(.*\)", "", found[3]).split(",")
            rows.append((found[1], label(found[2]), [name.strip() for name in classes]))
    return rows


def label(printed: str) -> str:
    """A row's label as the profiles print it: Chinese throughout, no spaces."""
    text = re.sub(r"\s+", "", printed.replace(" and ", "、").replace("(lead)", "导语").replace("lead", "导语"))
    return text.replace("(", "（").replace(")", "）")


def test_all_191_clauses_are_in_profiles_under_their_main_class(shared: Path, profiles: dict[str, Profile]) -> None:
    rows = matrix(shared)
    assert len(rows) == 191
    for alias, profile_id in NOTICES.items():
        methods: dict[str, list[Method]] = {}
        for rule in own_rules(profiles[profile_id]):
            methods.setdefault(re.sub(r"\s+", "", rule.clause.number), []).append(rule.method)
        wanted = {name: [METHOD_OF_CLASS[c] for c in classes] for a, name, classes in rows if a == alias}
        assert set(methods) == set(wanted)
        assert {n: m[0] for n, m in methods.items()} == {n: m[0] for n, m in wanted.items()}
        assert [n for n in wanted if not set(wanted[n]) <= set(methods[n])] == []


def test_the_count_is_the_tally_of_the_matrix(shared: Path, profiles: dict[str, Profile]) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for count in count_clauses(profiles.values()):
        counted[count.profile, count.method] += count.clauses
    tally = Counter((NOTICES[alias], str(METHOD_OF_CLASS[classes[0]])) for alias, _, classes in matrix(shared))
    assert counted == tally
    assert sum(counted.values()) == 191


def test_count_per_method(profiles: dict[str, Profile]) -> None:
    counted: Counter[str] = Counter()
    for count in count_clauses(profiles.values()):
        counted[count.method] += count.clauses
    assert counted == {"machine": 14, "manifest": 12, "document": 79, "human": 19, "platform": 47, "informational": 20}


def test_variants_and_the_empty_frame_add_nothing_to_the_count(profiles: dict[str, Profile]) -> None:
    counted = {count.profile for count in count_clauses(profiles.values())}
    assert counted == set(NOTICES.values())


# -------------------------------------------------------------------------------------------- levels follow the wording

# 应 and 需 also stand inside words that command nothing: 相应, 适应, 供应, 应用, 应知, 需求 …
COMMANDS = re.compile(r"不得|不能|禁止|须|需(?!要|求)|(?<![相适响反供对效])应(?!用|对|知|会)|确保")
ADVISES = re.compile(r"建议|原则上|鼓励|侧重|可提供")
LEVEL_EXCEPTIONS: dict[str, str] = {
    "tianjin-2025/2.3-3": "manifest/weights is coursekit's reading of “matches the standard”",
    "tianjin-2025/2.4-1": "the clause refers to annex 2, which only advises 720P",
    "tianjin-2025/2.5-2": "that every point is assessed is coursekit's reading",
    "tianjin-2025/a2.1.3-2": "index at the front is an aid; the clause commands the platform",
    "tianjin-2025/a2.2.2.1.1-1": "常规视频格式 is the requirement, 建议 speaks of mp4 only",
    "tianjin-2025/a2.2.2.1.1-3": "常规视频格式 is the requirement, 建议 speaks of mp4 only",
    "tianjin-2025/a2.2.2.1.2-2": "视频清晰 is the requirement, 建议 speaks of 720P only",
    "tianjin-2025/a2.2.2.1.2-3": "视频清晰 is the requirement, 建议 speaks of 720P only",
    "tianjin-2025/a2.2.2.1.2-5": "视频清晰 is the requirement, 建议 speaks of 720P only",
    "tianjin-2025/a2.2.2.3.1-6": "no clause asks for flash limits",
    "tianjin-2025/a2.2.2.3.2-2": "agreement between lessons goes beyond the joins the clause speaks of",
    "tianjin-2025/a2.3-1": "可提供 permits: leaving it out breaks no advice either",
    "fujian-2025/3-1": "原则上 governs the two years only; linking and supervision are commanded (应)",
    "fujian-2025/3-2": "原则上 governs the two years this rule is about",
    "fujian-2025/call.3.2-3": "that every point is assessed is coursekit's reading",
    "shanghai-2020/4.1-1": "原则上 governs the 50 % this rule is about",
    "shanghai-2020/4.1-2": "应 governs the filing and the promise this rule is about",
    "shanghai-2020/5.1-1": "应, 确保 and 不少于 govern what this rule is about; 鼓励 the face check only",
    "shanghai-2020/5.1-2": "鼓励 governs the face check this rule is about",
    "shanghai-2020/5.1-3": "确保 governs harmful content; 鼓励 the face check only",
}
"""Rules whose level is not the one that the words of their whole clause speak of, and why."""


def level_of_wording(text: str) -> Level | None:
    """The level that the words of a clause speak of; None where they speak of both."""
    commands, advises = COMMANDS.search(text), ADVISES.search(text)
    if commands and advises:
        return None
    return Level.SHOULD if advises else Level.MUST


def test_levels_follow_the_wording(profiles: dict[str, Profile]) -> None:
    wrong = {
        rule.id: (rule.level, level_of_wording(rule.clause.text))
        for profile in profiles.values()
        for rule in own_rules(profile)
        if rule.unavailable is None
        and rule.method is not Method.INFORMATIONAL
        and rule.level is not level_of_wording(rule.clause.text)
    }
    assert wrong.keys() == LEVEL_EXCEPTIONS.keys(), wrong


def test_an_unknown_clause_never_passes(profiles: dict[str, Profile]) -> None:
    frame = profiles["mohrss-73-2024"]
    assert frame.rules
    assert all(rule.unavailable and not rule.clause.text and rule.level is Level.MUST for rule in frame.rules)


def test_the_shanghai_variants_leave_out_the_other_annex_and_nothing_else(profiles: dict[str, Profile]) -> None:
    whole = {rule.id for rule in profiles["shanghai-2020"].rules}
    for variant, other in (("enterprise", "a2"), ("institution", "a1")):
        profile = profiles[f"shanghai-2020-{variant}"]
        left_out = {rule_id for rule_id in whole if rule_id.startswith(f"shanghai-2020/{other}.")}
        assert left_out
        assert set(profile.excluded) == left_out
        assert {rule.id for rule in profile.rules} == whole - left_out
        assert profile.includes == ("shanghai-2020",)
        assert all(profile.excluded.values())
