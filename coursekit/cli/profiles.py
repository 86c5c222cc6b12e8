"""`coursekit profiles`: what is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from coursekit.cli.lang import pick
from coursekit.cli.options import fatal, lang_option
from coursekit.model import Level, Method

if TYPE_CHECKING:
    from coursekit.rules.clauses import ClauseCount


@click.group(
    help=pick("列出判定所依据的通知，或逐条展示其中一个。", "List the notices judged by, or show one clause by clause.")
)
def profiles() -> None:
    """The group."""


@profiles.command("list", help=pick("各通知的条款数：按方法与强制程度。", "Clauses per notice, by method and level."))
@lang_option
def list_command(lang: str) -> None:
    """One line per profile, then the sums."""
    from coursekit.rules.clauses import count_clauses
    from coursekit.rules.profiles import list_profiles

    known = list_profiles()
    for profile in known:
        click.echo(f"{profile.id:<28} {profile.title[lang]}")
    counts = count_clauses(known)
    click.echo("")
    _table(pick("方法", "method"), counts, lambda c: c.method.value, [m.value for m in Method])
    click.echo("")
    _table(pick("强制程度", "level"), counts, lambda c: c.level.value, [level.value for level in Level])


def _table(head: str, counts: tuple[ClauseCount, ...], column: Callable[[ClauseCount], str], names: list[str]) -> None:
    """Clauses per notice, one column per name, with the sums."""
    rows: dict[str, Counter[str]] = {}
    for count in counts:
        rows.setdefault(count.profile, Counter())[column(count)] += count.clauses
    click.echo(f"{head:<18}" + "".join(f"{name:>15}" for name in [*names, "="]))
    total = sum(rows.values(), Counter[str]())
    for notice, row in [*rows.items(), ("Σ", total)]:
        click.echo(f"{notice:<18}" + "".join(f"{row[name]:>15}" for name in names) + f"{row.total():>15}")


@profiles.command("show", help=pick("逐条展示一个通知。", "Show one profile, clause by clause."))
@click.argument("profile_id")
@lang_option
def show_command(profile_id: str, lang: str) -> None:
    """Every rule of one profile."""
    from coursekit.cli.explain import rule_page
    from coursekit.rules.profile_text import ProfileError
    from coursekit.rules.profiles import load_profile

    try:
        profile = load_profile(profile_id)
    except ProfileError as error:
        fatal(error.render(lang))
    click.echo(f"{profile.id} — {profile.title[lang]}")
    for rule in profile.rules:
        click.echo("")
        click.echo("\n".join(rule_page(rule, lang)))
    for rule_id, reason in profile.excluded.items():
        click.echo(pick(f"\n不采用 {rule_id}：{reason}", f"\nexcluded {rule_id}: {reason}"))
