"""`coursekit explain`: the clause, what is measured, why, and how to mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import click

from coursekit.cli.lang import pick
from coursekit.cli.options import fatal, lang_option


@click.command(
    help=pick(
        "解释一条规则（tianjin-2025/…）、一个检查项（audio/loudness）或一个问题代码（too-quiet）：条款原文、怎么测、为什么、怎么改。",
        "Explain a rule (tianjin-2025/…), a check (audio/loudness) or a finding code (too-quiet): the clause, what is "
        "measured, why, and how to mend.",
    )
)
@click.argument("name")
@lang_option
def explain(name: str, lang: str) -> None:
    """Print the page of a rule, a check or a code."""
    lines = list(_pages(name, lang))
    if not lines:
        fatal(_unknown(name))
    click.echo("\n".join(lines))


def _pages(name: str, lang: str) -> Iterator[str]:
    from coursekit.rules.profiles import list_profiles
    from coursekit.rules.registry import CHECKS
    from coursekit.texts import check_text, without_values

    profiles = list_profiles()
    for profile in profiles:
        for rule in profile.rules:
            if name in (rule.id, f"{profile.id} {rule.clause.number}"):
                yield from rule_page(rule, lang)
                return
    if name in CHECKS:
        yield from check_page(name, lang)
        for profile in profiles:
            for rule in (r for r in profile.rules if r.check == name):
                yield ""
                yield from rule_page(rule, lang)
        return
    for check in CHECKS:
        text = check_text(check)
        if name in text.codes:
            yield f"{check} {name}"
            yield f"  {pick('检查项', 'check')}: {text.title[lang]}"
            yield f"  {pick('含义', 'says')}: {without_values(text.codes[name].message[lang])}"
            yield f"  {pick('怎么改', 'mend')}: {without_values(text.codes[name].remedy[lang])}"
            yield ""


def check_page(check: str, lang: str) -> Iterator[str]:
    """What a check measures, why, and each thing it can say."""
    from coursekit.bench.figures import accuracy_of
    from coursekit.texts import check_text, without_values

    text = check_text(check)
    yield f"{check} — {text.title[lang]}"
    yield f"  {pick('怎么测', 'measured')}: {text.measured[lang]}"
    yield f"  {pick('为什么', 'why')}: {text.why[lang]}"
    if (accuracy := accuracy_of(check)) is not None:
        yield f"  {pick('准确度', 'accuracy')}: {accuracy[lang]}"
    for code, entry in text.codes.items():
        yield f"  {code}: {without_values(entry.message[lang])}"
        yield f"      → {without_values(entry.remedy[lang])}"


def rule_page(rule: object, lang: str) -> Iterator[str]:
    """A rule: its clause verbatim, its level, what it asks and by what numbers."""
    from coursekit.model import Rule

    assert isinstance(rule, Rule)
    yield f"{rule.id} [{rule.level.value}, {rule.method.value}]"
    yield f"  {rule.clause.document} {rule.clause.number}"
    yield f"  “{rule.clause.text}”"
    if rule.check:
        params = ", ".join(f"{key} = {value}" for key, value in rule.params.items())
        yield f"  {pick('检查项', 'check')}: {rule.check}{f' ({params})' if params else ''}"
        yield f"  {pick('界限出处', 'threshold from')}: {rule.threshold_source.value}"
    if rule.question:
        yield f"  {pick('请专家回答', 'the expert answers')}: {rule.question[lang]}"
    if rule.evidence:
        yield f"  {pick('证明材料', 'papers')}: {', '.join(rule.evidence)}"
    if rule.unavailable:
        yield f"  {pick('未评估', 'not evaluated')}: {rule.unavailable[lang]}"
    if rule.note:
        yield f"  {pick('说明', 'note')}: {rule.note[lang]}"


def _unknown(name: str) -> str:
    from coursekit.rules.profiles import list_profiles
    from coursekit.rules.registry import CHECKS
    from coursekit.texts import check_text

    known = [*CHECKS, *(c for check in CHECKS for c in check_text(check).codes)]
    known += [rule.id for profile in list_profiles() for rule in profile.rules]
    near = difflib.get_close_matches(name, known, n=3)
    hint = pick("，".join(near), ", ".join(near)) if near else ""
    text = pick(f"没有叫 {name} 的规则、检查项或代码。", f"no rule, check or code is called {name}.")
    return text + (pick(f"是不是：{hint}？", f" Did you mean {hint}?") if hint else "")
