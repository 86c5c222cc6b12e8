"""Profiles from TOML: strict, because a rule that was half understood would judge wrongly and say nothing.

A built-in profile is named by its id, a studio's own by the path of its file. A profile may include others, leave out
some of their rules and override others, both with a reason. The wording of a clause stands once, with the first rule
of that clause; further rules of the clause name its number only.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursekit.filing.kinds import is_known, paper_kinds
from coursekit.model import TOPICS, Clause, Level, Method, Override, Profile, Rule, Text, ThresholdSource
from coursekit.rules.profile_text import PROFILES_DIR, ProfileError, Reader, Table

SCHEMA = "coursekit/profile/1"
BUILTIN = (
    "tianjin-2025",
    "fujian-2025",
    "guangdong-2022",
    "shanghai-2020",
    "shanghai-2020-enterprise",
    "shanghai-2020-institution",
    "pudong-2020",
    "mohrss-73-2024",
)
PROFILE_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
RULE_ID = re.compile(r"(?P<profile>[a-z0-9]+(-[a-z0-9]+)*)/[a-z0-9]+(\.[a-z0-9]+)*-[1-9][0-9]*")
CHECK_ID = re.compile(r"(?P<domain>[a-z]+)/[a-z][a-z_]*")
_OF_DOMAIN = {"manifest": frozenset({Method.MANIFEST}), "filing": frozenset({Method.DOCUMENT, Method.PLATFORM})}
_MEDIA = frozenset({Method.MACHINE})


@dataclass(frozen=True, slots=True)
class Document:
    """A notice that clauses are quoted from."""

    key: str
    title: str
    """As printed."""
    number: str | None = None
    issued: str | None = None
    in_force: str | None = None
    closes: str | None = None
    source: str | None = None
    """File name of the text that the wording was checked against."""


@dataclass(frozen=True, slots=True)
class LoadedProfile:
    """A profile with what only its readers need: the notices, and the files it was made of."""

    profile: Profile
    documents: tuple[Document, ...]
    files: tuple[tuple[str, bytes], ...]
    """Profile id and bytes of every file that went in, included ones first."""


def builtin_ids() -> tuple[str, ...]:
    """The profiles that come with coursekit, in the order of listing."""
    return BUILTIN


def load_profile(ref: str | Path) -> Profile:
    """The profile of this built-in id, or in the TOML file at this path."""
    return read_profile(ref).profile


def list_profiles() -> tuple[Profile, ...]:
    """Every built-in profile."""
    return tuple(load_profile(profile_id) for profile_id in BUILTIN)


def read_profile(ref: str | Path) -> LoadedProfile:
    """A profile together with its notices."""
    return _load(_find(ref, Path(), Path(str(ref)), "--profile"), ())


def evidence_labels() -> Mapping[str, Text]:
    """The keys of the operator's evidence register, and what each paper is called."""
    return {key: kind.label for key, kind in paper_kinds().items()}


def _find(ref: str | Path, folder: Path, origin: Path, place: str) -> Path:
    if isinstance(ref, str) and ref in BUILTIN:
        return PROFILES_DIR / f"{ref}.toml"
    path = folder / ref
    if path.suffix == ".toml" or path.is_file():
        return path
    from difflib import get_close_matches  # only a mistake pays for it

    near = get_close_matches(str(ref), BUILTIN, 1) or ["coursekit profiles list"]
    raise ProfileError(
        origin,
        place,
        Text(f"没有名为“{ref}”的配置", f"there is no profile “{ref}”"),
        Text(
            f"是否指 {near[0]}？自己的配置请写 .toml 文件的路径",
            f"try {near[0]}; name your own by its .toml file's path",
        ),
    )


def _load(path: Path, trail: tuple[Path, ...]) -> LoadedProfile:
    reader = Reader(path)
    root = reader.root()
    root.only(
        {"schema", "id", "title"},
        {"place", "issued", "notes", "include", "documents", "rule", "exclude", "override"},
    )
    root.one_of("schema", (SCHEMA,))
    profile_id = root.matching("id", PROFILE_ID, "tianjin-2025")
    if (profile_id in BUILTIN) != (path.resolve() == PROFILES_DIR / f"{profile_id}.toml"):
        raise root.error(
            f"编号“{profile_id}”已被内置配置使用或与文件名不符",
            f"the id “{profile_id}” belongs to a built-in profile or differs from the file name",
            "换一个自己的编号",
            "choose an id of your own",
        )
    title = root.text("title")
    for key in ("place", "issued"):
        root.optional_string(key)
    root.optional_text("notes")
    parts = _includes(root, path, trail)
    documents = {d.key: d for part in parts for d in part.documents} | _documents(root)
    rules, excluded = _merge(parts, root)
    texts = {(r.clause.document, r.clause.number): r.clause.text for r in rules.values()}
    _change(root, profile_id, rules, excluded)
    for table in root.tables("rule"):
        rule = _rule(table, profile_id, documents, texts)
        if rule.id in rules or rule.id in excluded:
            raise table.error(
                f"规则编号 {rule.id} 重复",
                f"rule id {rule.id} is used twice",
                "每条规则用自己的编号，不重复使用旧编号",
                "give each rule an id of its own and never use an old one again",
            )
        rules[rule.id] = rule
    # A file that two others include counts once.
    files = tuple(dict.fromkeys((*(item for part in parts for item in part.files), (profile_id, reader.bytes))))
    profile = Profile(
        id=profile_id,
        title=title,
        rules=tuple(rules.values()),
        hash=_hash(files),
        includes=tuple(part.profile.id for part in parts),
        excluded=excluded,
    )
    return LoadedProfile(profile, tuple(documents.values()), files)


def _hash(files: tuple[tuple[str, bytes], ...]) -> str:
    digest = hashlib.sha256()
    for name, content in files:
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _includes(root: Table, path: Path, trail: tuple[Path, ...]) -> tuple[LoadedProfile, ...]:
    here = path.resolve()
    parts = []
    for ref in root.strings("include"):
        target = _find(ref, path.parent, path, "include")
        if target.resolve() in (*trail, here):
            raise root.error(
                f"include 绕成了圈：{ref} 又包含了本文件",
                f"include goes in a circle: {ref} includes this file again",
                "去掉其中一处 include",
                "take one of the includes away",
                place="include",
            )
        parts.append(_load(target, (*trail, here)))
    return tuple(parts)


def _documents(root: Table) -> dict[str, Document]:
    found = {}
    for key, table in root.named_tables("documents"):
        table.only({"title"}, {"number", "issued", "in_force", "closes", "source"})
        found[key] = Document(
            key,
            table.string("title"),
            **{name: table.optional_string(name) for name in ("number", "issued", "in_force", "closes", "source")},
        )
    return found


def _merge(parts: tuple[LoadedProfile, ...], root: Table) -> tuple[dict[str, Rule], dict[str, str]]:
    """Rules of all included profiles, each once; one that any of them judges is judged."""
    rules: dict[str, Rule] = {}
    excluded: dict[str, str] = {}
    for part in parts:
        excluded |= part.profile.excluded
        for rule in part.profile.rules:
            if rules.setdefault(rule.id, rule) != rule:
                raise root.error(
                    f"包含的两个配置对规则 {rule.id} 的规定不同",
                    f"two included profiles disagree on rule {rule.id}",
                    "只包含其中一个",
                    "include only one of them",
                    place="include",
                )
    return rules, {rule_id: reason for rule_id, reason in excluded.items() if rule_id not in rules}


def _change(root: Table, profile_id: str, rules: dict[str, Rule], excluded: dict[str, str]) -> None:
    """Leave out and override what the profile says so of, in place."""
    included = dict(rules)
    for table in root.tables("exclude"):
        for rule_id, reason in _exclusion(table, included, rules):
            excluded[rule_id] = reason
            del rules[rule_id]
    touched: set[str] = set()
    for table in root.tables("override"):
        rule_id = table.string("rule") if "rule" in table.raw else ""
        if rule_id in touched:
            raise table.error(
                f"规则 {rule_id} 被修改了两次", f"rule {rule_id} is overridden twice", "合并为一处", "make it one"
            )
        touched.add(rule_id)
        rule = _override(table, profile_id, included, rules)
        rules[rule.id] = rule


def _reason(table: Table) -> str:
    if not str(table.raw.get("reason", "")).strip():
        raise table.error("没有写理由", "no reason is given", "写明 reason", "state a reason")
    return table.string("reason")


def _included(table: Table, rule_id: str, included: Mapping[str, Rule], present: Mapping[str, Rule]) -> Rule:
    if rule_id in present:
        return present[rule_id]
    if rule_id in included:
        raise table.error(
            f"规则 {rule_id} 已被排除", f"rule {rule_id} is excluded already", "只保留一处", "keep only one of the two"
        )
    from difflib import get_close_matches  # only a mistake pays for it

    near = get_close_matches(rule_id, included, 1) or ["coursekit profiles show"]
    raise table.error(
        f"包含的配置里没有规则 {rule_id}",
        f"no included profile has a rule {rule_id}",
        f"是否指 {near[0]}？",
        f"try {near[0]}",
    )


def _exclusion(table: Table, included: Mapping[str, Rule], present: Mapping[str, Rule]) -> Iterator[tuple[str, str]]:
    table.only({"rule"}, {"reason"})
    reason = _reason(table)
    named = table.raw["rule"]
    rule_ids = [table.string("rule")] if isinstance(named, str) else table.strings("rule")
    for rule_id in rule_ids:
        yield _included(table, rule_id, included, present).id, reason


def _override(table: Table, profile_id: str, included: Mapping[str, Rule], present: Mapping[str, Rule]) -> Rule:
    table.only({"rule"}, {"reason", "level", "params"})
    reason = _reason(table)
    rule = _included(table, table.string("rule"), included, present)
    level = Level(table.one_of("level", tuple(Level))) if "level" in table.raw else rule.level
    params = table.mapping("params")
    if level is rule.level and not params:
        raise table.error(
            "没有改变级别，也没有改变参数",
            "changes neither level nor params",
            "写明 level 或 params",
            "state level or params",
        )
    if unknown := sorted(params.keys() - rule.params.keys()):
        known = ", ".join(rule.params) or "—"
        raise table.error(
            f"规则 {rule.id} 没有参数 {', '.join(unknown)}",
            f"rule {rule.id} has no parameter {', '.join(unknown)}",
            f"可用的参数：{known}",
            f"its parameters are: {known}",
        )
    before = rule.override
    return dataclasses.replace(
        rule,
        level=level,
        params={**rule.params, **params},
        threshold_source=ThresholdSource.STUDIO if params else rule.threshold_source,
        override=Override(
            reason=f"{before.reason}；{reason}" if before else reason,
            profile=profile_id,
            original_level=_first(before and before.original_level, rule.level if level is not rule.level else None),
            original_params=_first(before and before.original_params, rule.params if params else None),
        ),
    )


def _first(earlier: Any, now: Any) -> Any:
    return now if earlier is None else earlier


def _rule(
    table: Table,
    profile_id: str,
    documents: Mapping[str, Document],
    texts: dict[tuple[str, str], str],
) -> Rule:
    table.only(
        {"id", "clause", "level", "method"},
        {
            *("check", "params", "threshold_source", "evidence", "note", "unavailable"),
            *("question", "topic", "each", "lesson_question"),
        },
    )
    rule_id = table.matching("id", RULE_ID, f"{profile_id}/2.1-1")
    if not rule_id.startswith(f"{profile_id}/"):
        raise table.error(
            f"规则编号应以 {profile_id}/ 开头",
            f"the rule id should begin with {profile_id}/",
            f"改为 {profile_id}/…",
            f"make it {profile_id}/…",
        )
    method = Method(table.one_of("method", tuple(Method)))
    unavailable = table.optional_text("unavailable")
    rule = Rule(
        id=rule_id,
        clause=_clause(table.table("clause"), documents, texts, known=unavailable is None),
        level=Level(table.one_of("level", tuple(Level))),
        method=method,
        check=table.matching("check", CHECK_ID, "probe/size") if "check" in table.raw else None,
        params=table.mapping("params"),
        threshold_source=ThresholdSource(
            table.one_of("threshold_source", tuple(ThresholdSource)) if "threshold_source" in table.raw else "clause"
        ),
        question=table.optional_text("question"),
        evidence=tuple(table.strings("evidence")),
        unavailable=unavailable,
        note=table.optional_text("note"),
        topic=table.one_of("topic", TOPICS) if "topic" in table.raw else "other",
        each=table.one_of("each", ("course", "lesson")) if "each" in table.raw else "course",
        lesson_question=table.optional_text("lesson_question"),
    )
    _agree(rule, table)
    _known_papers(rule, table)
    return rule


def _clause(
    table: Table, documents: Mapping[str, Document], texts: dict[tuple[str, str], str], *, known: bool
) -> Clause:
    table.only({"document", "number"}, {"text"})
    document = documents[table.one_of("document", tuple(documents))].title
    number = table.string("number")
    text = table.optional_string("text")
    if text is None and known and (text := texts.get((document, number))) is None:
        raise table.error(
            f"没有写出条文 {number} 的原文",
            f"the wording of clause {number} is missing",
            "在该条的第一条规则里写 text，逐字照录",
            "write it, word for word, as text in the first rule of the clause",
        )
    if texts.setdefault((document, number), text or "") != (text or ""):
        raise table.error(
            f"条文 {number} 的原文前后不同",
            f"clause {number} is quoted in two ways",
            "原文只写在该条的第一条规则里",
            "write the wording in the first rule of the clause only",
        )
    return Clause(document, number, text or "")


def _agree(rule: Rule, table: Table) -> None:
    """Each method has what it needs, and nothing that nobody would read."""
    has = {name for name in _SHAPED if name in table.raw}
    needs, may = _SHAPE[rule.method]
    if rule.unavailable is not None:
        needs, may = frozenset(), frozenset()
    if missing := sorted(needs - has):
        raise table.error(
            f"方法为 {rule.method} 的规则缺少 {', '.join(missing)}",
            f"a rule of method {rule.method} lacks {', '.join(missing)}",
            f"补上 {', '.join(missing)}",
            f"add {', '.join(missing)}",
        )
    if surplus := sorted(has - needs - may):
        raise table.error(
            f"这条规则（方法 {rule.method}）不应有 {', '.join(surplus)}",
            f"this rule (method {rule.method}) cannot have {', '.join(surplus)}",
            f"去掉 {', '.join(surplus)}，或改用别的方法",
            f"take {', '.join(surplus)} away, or choose another method",
        )
    if (rule.method is Method.INFORMATIONAL) and rule.level is not Level.INFO:
        raise table.error(
            "informational 的级别只能是 info", "an informational rule has level info", "改 level", "change the level"
        )
    if rule.check and rule.method not in _OF_DOMAIN.get(rule.check.split("/")[0], _MEDIA):
        raise table.error(
            f"检查 {rule.check} 不能用于方法 {rule.method}",
            f"check {rule.check} does not serve method {rule.method}",
            "manifest/… 用于 manifest，filing/… 用于 document 和 platform，其余用于 machine",
            "manifest/… serves manifest, filing/… serves document and platform, the others serve machine",
        )


_SHAPED = ("check", "params", "question", "evidence", "threshold_source", "topic", "each", "lesson_question")
_CHECKED = (frozenset({"check", "params", "threshold_source"}), frozenset[str]())
_PAPERS = (frozenset({"check", "evidence"}), frozenset({"params", "threshold_source"}))
_SHAPE: Mapping[Method, tuple[frozenset[str], frozenset[str]]] = {
    Method.MACHINE: _CHECKED,
    Method.MANIFEST: _CHECKED,
    Method.DOCUMENT: _PAPERS,
    Method.PLATFORM: _PAPERS,
    Method.HUMAN: (frozenset({"question"}), frozenset({"topic", "each", "lesson_question"})),
    Method.INFORMATIONAL: (frozenset(), frozenset()),
}


def _known_papers(rule: Rule, table: Table) -> None:
    for key in (key for item in rule.evidence for key in item.split("|")):
        if not is_known(key):
            raise table.error(
                f"证据登记表里没有“{key}”",
                f"the evidence register has no key “{key}”",
                "用已有的键，自设的键以 own- 开头",
                "use a key it has, or begin your own with own-",
            )
