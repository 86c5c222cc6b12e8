"""A studio's own profile, and a loader that takes nothing on trust."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from coursekit.model import Level, Profile, Rule, ThresholdSource
from coursekit.rules.profile_text import PROFILES_DIR, ProfileError
from coursekit.rules.profiles import load_profile

SCHEMA = json.loads((PROFILES_DIR.parent.parent / "schemas" / "profile.schema.json").read_text(encoding="utf-8"))

STUDIO = """
schema = "coursekit/profile/1"
id = "studio"
title = { zh = "本所要求", en = "Our own rules" }
include = ["tianjin-2025"]
"""
HOUSE_RULE = """
[documents.house]
title = "本所制作规范"

[[rule]]
id = "studio/1-1"
clause = { document = "house", number = "1", text = "片头不超过10秒。" }
level = "should"
method = "human"
question = { zh = "片头是否不超过 10 秒？", en = "Is the opening at most 10 s?" }
"""
SIZE = "tianjin-2025/a2.2.2.1.3-1"


def write(folder: Path, text: str, name: str = "studio.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def rule_of(profile: Profile, rule_id: str) -> Rule:
    return next(rule for rule in profile.rules if rule.id == rule_id)


def test_a_studio_includes_adds_excludes_and_overrides(tmp_path: Path) -> None:
    text = f"""{STUDIO}
[[exclude]]
rule = "tianjin-2025/a2.2.2.3.1-6"
reason = "另有闪光检测"

[[override]]
rule = "{SIZE}"
reason = "我们的平台只收 500 MB"
params = {{ max_bytes = 500_000_000 }}

[[override]]
rule = "tianjin-2025/a2.2.2.1.4-1"
reason = "客户要求"
level = "must"
{HOUSE_RULE}"""
    profile = load_profile(write(tmp_path, text))
    base = load_profile("tianjin-2025")
    assert profile.includes == ("tianjin-2025",)
    assert profile.excluded == {"tianjin-2025/a2.2.2.3.1-6": "另有闪光检测"}
    assert len(profile.rules) == len(base.rules)  # one left out, one added
    assert profile.rules[-1].id == "studio/1-1"

    size = rule_of(profile, SIZE)
    assert size.params == {"review_over_bytes": 800_000_000, "max_bytes": 500_000_000}
    assert size.threshold_source is ThresholdSource.STUDIO
    assert size.level is Level.MUST
    assert size.override is not None
    assert size.override.original_params == rule_of(base, SIZE).params
    assert size.override.original_level is None
    assert size.override.reason == "我们的平台只收 500 MB"
    assert size.override.profile == "studio"

    duration = rule_of(profile, "tianjin-2025/a2.2.2.1.4-1")
    assert duration.level is Level.MUST
    assert duration.override is not None
    assert duration.override.original_level is Level.SHOULD
    assert duration.override.original_params is None
    assert duration.threshold_source is ThresholdSource.COURSEKIT


def test_a_second_override_keeps_the_first_original_and_both_reasons(tmp_path: Path) -> None:
    change = '\n[[override]]\nrule = "{}"\nreason = "{}"\nparams = {{ max_bytes = {} }}\n'
    write(tmp_path, STUDIO + change.format(SIZE, "集团规定", 600_000_000), "group.toml")
    site = STUDIO.replace("tianjin-2025", "group.toml").replace('"studio"', '"site"')
    (tmp_path / "group.toml").write_text(
        (tmp_path / "group.toml").read_text(encoding="utf-8").replace('"studio"', '"group"'), encoding="utf-8"
    )
    profile = load_profile(write(tmp_path, site + change.format(SIZE, "分部网络慢", 400_000_000), "site.toml"))
    rule = rule_of(profile, SIZE)
    assert rule.params["max_bytes"] == 400_000_000
    assert rule.override is not None
    assert rule.override.original_params == rule_of(load_profile("tianjin-2025"), SIZE).params
    assert rule.override.reason == "集团规定；分部网络慢"
    assert rule.override.profile == "site"


def test_a_profile_included_twice_counts_once(tmp_path: Path) -> None:
    both = STUDIO.replace('["tianjin-2025"]', '["shanghai-2020-enterprise", "shanghai-2020-institution"]')
    profile = load_profile(write(tmp_path, both))
    assert [rule.id for rule in profile.rules if rule.id.endswith("/4.1-1")] == ["shanghai-2020/4.1-1"]
    # What either variant judges is judged, so nothing is left out of the two together.
    assert profile.excluded == {}
    assert {rule.id for rule in profile.rules} == {rule.id for rule in load_profile("shanghai-2020").rules}


def test_a_house_rule_may_stand_under_a_clause_of_the_notice(tmp_path: Path) -> None:
    text = f"""{STUDIO}
[[rule]]
id = "studio/2-1"
clause = {{ document = "tianjin", number = "附件2 二（二）1（3）" }}
level = "should"
method = "machine"
check = "probe/size"
params = {{ review_over_bytes = 300_000_000, max_bytes = 400_000_000 }}
threshold_source = "studio"
"""
    rule = load_profile(write(tmp_path, text)).rules[-1]
    assert rule.clause == rule_of(load_profile("tianjin-2025"), SIZE).clause


def test_the_hash_covers_what_is_included(tmp_path: Path) -> None:
    write(tmp_path, STUDIO.replace('"studio"', '"group"'), "group.toml")
    site = write(tmp_path, STUDIO.replace("tianjin-2025", "group.toml"))
    before = load_profile(site).hash
    assert before == load_profile(site).hash
    assert before != load_profile(tmp_path / "group.toml").hash
    write(tmp_path, STUDIO.replace('"studio"', '"group"') + "# changed\n", "group.toml")
    assert load_profile(site).hash != before


def test_the_hash_does_not_depend_on_the_place(tmp_path: Path) -> None:
    (tmp_path / "其他 地方").mkdir()
    here, there = write(tmp_path, STUDIO), write(tmp_path / "其他 地方", STUDIO)
    assert load_profile(here).hash == load_profile(there).hash


def test_a_byte_order_mark_is_forgiven(tmp_path: Path) -> None:
    path = tmp_path / "studio.toml"
    path.write_bytes(b"\xef\xbb\xbf" + STUDIO.encode())
    assert load_profile(path).id == "studio"


def test_own_papers_have_own_keys(tmp_path: Path) -> None:
    text = HOUSE_RULE.replace('"human"', '"document"').replace("question", "note")
    rule = '\ncheck = "filing/evidence"\nevidence = ["own-client-approval|icp-filing"]\n'
    assert load_profile(write(tmp_path, STUDIO + text + rule)).rules[-1].evidence == ("own-client-approval|icp-filing",)


# ------------------------------------------------------------------------------------------------------- every mistake


def changed(old: str, new: str) -> str:
    """The house rule with one thing wrong."""
    text = STUDIO + HOUSE_RULE
    assert old in text
    return text.replace(old, new)


OVERRIDE = f'\n[[override]]\nrule = "{SIZE}"\n'
QUESTION = 'question = { zh = "片头是否不超过 10 秒？", en = "Is the opening at most 10 s?" }\n'
MACHINE = 'check = "probe/size"\nparams = {}\nthreshold_source = "studio"\n'
MISTAKES = {
    "unknown key of the profile": (STUDIO + 'colour = "red"\n', "—", "unknown key colour", True),
    "unknown key of a rule": (changed("level =", "levle ="), "[[rule]] 1 studio/1-1", "level missing", True),
    "surplus key of a rule": (STUDIO + HOUSE_RULE + "weight = 3\n", "[[rule]] 1", "unknown key weight", True),
    "unknown schema": (changed("profile/1", "profile/2"), "—", "schema cannot be", True),
    "no title": (changed("title = {", "notes = {"), "—", "title missing", True),
    "title in one language": (changed(', en = "Our own rules"', ""), "title", "en missing", True),
    "id of a built-in profile": (changed('"studio"', '"fujian-2025"'), "—", "belongs to a built-in", False),
    "id that is no id": (changed('id = "studio"', 'id = "My Studio"'), "—", "id should be", True),
    "rule id without number": (changed("studio/1-1", "studio/1"), "[[rule]] 1", "id should be", True),
    "rule id of another profile": (changed("studio/1-1", "other/1-1"), "[[rule]] 1", "should begin with", False),
    "rule id of an included profile": (changed("studio/1-1", SIZE), "[[rule]] 1", "should begin with", False),
    "rule id twice": (STUDIO + HOUSE_RULE + HOUSE_RULE.split("\n\n")[1], "[[rule]] 2", "used twice", False),
    "unknown level": (changed('"should"', '"may"'), "[[rule]] 1", "level cannot be", True),
    "unknown method": (changed('"human"', '"guess"'), "[[rule]] 1", "method cannot be", True),
    "no clause": (changed("clause =", "# clause ="), "[[rule]] 1", "clause missing", True),
    "clause without wording": (changed(', text = "片头不超过10秒。"', ""), "[[rule]] 1", "wording of clause 1", False),
    "clause of an unknown notice": (changed('document = "house"', 'document = "hose"'), "clause", "document", False),
    "clause quoted in two ways": (
        STUDIO + HOUSE_RULE + HOUSE_RULE.split("\n\n")[1].replace("1-1", "1-2").replace("10秒", "5秒"),
        "[[rule]] 2",
        "quoted in two ways",
        False,
    ),
    "human rule without question": (changed(QUESTION, ""), "[[rule]] 1", "lacks question", True),
    "human rule with a check": (
        changed(QUESTION, QUESTION + 'check = "probe/size"\n'),
        "[[rule]] 1",
        "cannot have check",
        True,
    ),
    "machine rule without check": (changed('"human"', '"machine"'), "[[rule]] 1", "lacks check", True),
    "machine rule with a manifest check": (
        changed('"human"', '"machine"').replace(QUESTION, MACHINE.replace("probe/size", "manifest/hours")),
        "[[rule]] 1",
        "does not serve",
        True,
    ),
    "document rule without papers": (changed('"human"', '"document"'), "[[rule]] 1", "lacks check, evidence", True),
    "unknown paper": (
        changed('"human"', '"document"').replace(QUESTION, 'check = "filing/evidence"\nevidence = ["icp"]\n'),
        "[[rule]] 1",
        "no key “icp”",
        False,
    ),
    "informational rule that binds": (
        changed('"human"', '"informational"').replace(QUESTION, ""),
        "[[rule]] 1",
        "has level info",
        True,
    ),
    "params that are no table": (
        changed('"human"', '"machine"').replace(QUESTION, MACHINE.replace("{}", "3")),
        "[[rule]] 1",
        "params should be a table",
        True,
    ),
    "rules that are no tables": (STUDIO + "rule = 3\n", "—", "rule should be", True),
    "check id that is no id": (
        changed('"human"', '"machine"').replace(QUESTION, MACHINE.replace("probe/size", "Size")),
        "[[rule]] 1",
        "check should be",
        True,
    ),
    "include of nothing known": (changed('"tianjin-2025"', '"tianjin-2026"'), "include", "no profile", False),
    "include twice": (
        changed('["tianjin-2025"]', '["tianjin-2025", "tianjin-2025"]'),
        "—",
        "repeats nothing",
        True,
    ),
    "include of a missing file": (changed("tianjin-2025", "group.toml"), "—", "cannot be read", False),
    "exclude without reason": (STUDIO + f'[[exclude]]\nrule = "{SIZE}"\n', "[[exclude]] 1", "no reason", True),
    "exclude with an empty reason": (
        STUDIO + f'[[exclude]]\nrule = "{SIZE}"\nreason = " "\n',
        "[[exclude]] 1",
        "no reason",
        True,
    ),
    "exclude of an unknown rule": (
        STUDIO + '[[exclude]]\nrule = "tianjin-2025/9-1"\nreason = "x"\n',
        "[[exclude]] 1",
        "no included profile has",
        False,
    ),
    "exclude twice": (
        STUDIO + f'[[exclude]]\nrule = "{SIZE}"\nreason = "x"\n' * 2,
        "[[exclude]] 2",
        "excluded already",
        False,
    ),
    "override without reason": (STUDIO + OVERRIDE + 'level = "should"\n', "[[override]] 1", "no reason", True),
    "override of an unknown rule": (
        STUDIO + '[[override]]\nrule = "studio/1-1"\nreason = "x"\nlevel = "should"\n',
        "[[override]] 1",
        "no included profile has",
        False,
    ),
    "override of an excluded rule": (
        STUDIO + f'[[exclude]]\nrule = "{SIZE}"\nreason = "x"\n' + OVERRIDE + 'reason = "x"\nlevel = "should"\n',
        "[[override]] 1",
        "excluded already",
        False,
    ),
    "override that changes nothing": (STUDIO + OVERRIDE + 'reason = "x"\n', "[[override]] 1", "changes neither", True),
    "override of a parameter that is not there": (
        STUDIO + OVERRIDE + 'reason = "x"\nparams = { max_mb = 500 }\n',
        "[[override]] 1",
        "no parameter max_mb",
        False,
    ),
    "override twice": (
        STUDIO + (OVERRIDE + 'reason = "x"\nlevel = "should"\n') * 2,
        "[[override]] 2",
        "overridden twice",
        False,
    ),
}
"""What is written, the place and the words of the error, and whether the published schema refuses it too."""


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_names_file_place_and_mend(name: str, tmp_path: Path) -> None:
    text, place, words, schema_sees = MISTAKES[name]
    path = write(tmp_path, text)
    with pytest.raises(ProfileError) as caught:
        load_profile(path)
    error = caught.value
    assert place in error.place
    assert words in error.message.en
    assert error.remedy.en
    assert any("\u4e00" <= c <= "\u9fff" for c in error.message.zh + error.remedy.zh)
    for lang in ("zh", "en"):
        assert str(error.file) in error.render(lang)
        assert error.place in error.render(lang)
    assert bool(list(Draft202012Validator(SCHEMA).iter_errors(tomllib.loads(text)))) is schema_sees


STRANGE = ("3", "-1.5", "true", '""', '"x"', "[]", "[[1]]", "{}", "{ a = [] }", "2025-05-27", "nan")


@pytest.mark.parametrize("value", STRANGE)
def test_a_strange_value_anywhere_is_a_mistake_and_never_a_crash(value: str, tmp_path: Path) -> None:
    changes = f'[[exclude]]\nrule = "tianjin-2025/1-1"\nreason = "x"\n{OVERRIDE}reason = "x"\nlevel = "should"\n'
    lines = (STUDIO + changes + HOUSE_RULE).splitlines()
    places = [n for n, line in enumerate(lines) if " = " in line]
    assert len(places) == 15
    taken = []
    for n in places:
        key = lines[n].split(" = ")[0]
        text = "\n".join([*lines[:n], f"{key} = {value}", *lines[n + 1 :]]) + "\n"
        try:
            load_profile(write(tmp_path, text))
        except ProfileError:
            continue
        taken.append(key)
    assert set(taken) <= ({"reason", "title"} if value == '"x"' else set())


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="nested too deeply"):
        load_profile(write(tmp_path, "a = " + "[" * 100_000))


def test_an_error_in_a_rule_names_its_line(tmp_path: Path) -> None:
    text = changed('"should"', '"may"')
    with pytest.raises(ProfileError) as caught:
        load_profile(write(tmp_path, text))
    line = text.splitlines().index("[[rule]]") + 1
    assert caught.value.place == f"[[rule]] 1 studio/1-1 (line {line})"


def test_a_circle_of_includes_is_refused(tmp_path: Path) -> None:
    write(tmp_path, STUDIO.replace("tianjin-2025", "b.toml").replace('"studio"', '"a"'), "a.toml")
    write(tmp_path, STUDIO.replace("tianjin-2025", "a.toml").replace('"studio"', '"b"'), "b.toml")
    with pytest.raises(ProfileError, match="in a circle"):
        load_profile(tmp_path / "a.toml")


def test_two_included_profiles_that_disagree_are_refused(tmp_path: Path) -> None:
    change = OVERRIDE + 'reason = "x"\nlevel = "should"\n'
    write(tmp_path, STUDIO.replace('"studio"', '"group"') + change, "group.toml")
    both = STUDIO.replace('["tianjin-2025"]', '["tianjin-2025", "group.toml"]')
    with pytest.raises(ProfileError, match=f"disagree on rule {SIZE}"):
        load_profile(write(tmp_path, both))


def test_toml_that_is_not_toml_names_line_and_column(tmp_path: Path) -> None:
    with pytest.raises(ProfileError) as caught:
        load_profile(write(tmp_path, STUDIO + "level = must\n"))
    assert re.fullmatch(r"line 6, column \d+", caught.value.place)


def test_a_file_that_is_not_utf8_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "studio.toml"
    path.write_bytes(STUDIO.encode("gb18030"))
    with pytest.raises(ProfileError, match="line 4: not UTF-8"):
        load_profile(path)


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(ProfileError) as caught:
        load_profile("tianjin-2026")
    assert "tianjin-2025" in caught.value.remedy.en
    assert "tianjin-2025" in caught.value.remedy.zh


def test_a_built_in_profile_may_be_named_by_its_file() -> None:
    assert load_profile(PROFILES_DIR / "tianjin-2025.toml") == load_profile("tianjin-2025")


def test_loading_imports_nothing_heavy() -> None:
    load = "from coursekit.rules.profiles import load_profile; load_profile('tianjin-2025')"
    code = f"import sys; {load}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"numpy", "av", "cv2", "jsonschema", "click", "difflib", "importlib.resources"}
    assert heavy & set(done.stdout.split()) == set()
