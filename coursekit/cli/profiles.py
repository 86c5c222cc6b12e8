"""`coursekit profiles`: what is judged."""

from __future__ import annotations

from collections import Counter

import click

from coursekit.cli.lang import pick
from coursekit.cli.options import fatal, lang_option


@click.group(
    help=pick("列出判定所依据的通知，或逐条展示其中一个。", "List the notices judged by, or show one clause by clause.")
)
def profiles() -> None:
    """The group."""


@profiles.command("list", help=pick("各通知的条款数：按方法与强制程度。", "Clauses per notice, by method and level."))
@lang_option
def list_command(lang: str) -> None:
    """One line per profile, then the sums."""
    from coursekit.model import Level, Method
    from coursekit.rules.profiles import count_clauses, list_profiles

    for profile in list_profiles():
        click.echo(f"{profile.id:<28} {profile.title[lang]}")
    click.echo("")
    counts = count_clauses()
    methods = [m.value for m in Method]
    width = max(len(notice) for notice in counts) + 2
    heads = "".join(f"{name:>14}" for name in [*methods, pick("合计", "sum")])
    click.echo(f"{pick('条款', 'clauses'):<{width}}{heads}")
    total: Counter[str] = Counter()
    levels: Counter[str] = Counter()
    for notice, cells in counts.items():
        row: Counter[str] = Counter()
        for (method, level), number in cells.items():
            row[method.value] += number
            levels[level.value] += number
        total += row
        click.echo(f"{notice:<{width}}" + "".join(f"{row[m]:>14}" for m in methods) + f"{sum(row.values()):>14}")
    click.echo(
        f"{pick('合计', 'sum'):<{width}}" + "".join(f"{total[m]:>14}" for m in methods) + f"{sum(total.values()):>14}"
    )
    click.echo(", ".join(f"{level.value} {levels[level.value]}" for level in Level))


@profiles.command("show", help=pick("逐条展示一个通知。", "Show one profile, clause by clause."))
@click.argument("profile_id")
@lang_option
def show_command(profile_id: str, lang: str) -> None:
    """Every rule of one profile."""
    from coursekit.cli.explain import rule_page
    from coursekit.rules.profiles import ProfileError, load_profile

    try:
        profile = load_profile(profile_id)
    except ProfileError as error:
        fatal(str(error))
    click.echo(f"{profile.id} — {profile.title[lang]}")
    for rule in profile.rules:
        click.echo("")
        click.echo("\n".join(rule_page(rule, lang)))
    for rule_id, reason in profile.excluded.items():
        click.echo(pick(f"\n不采用 {rule_id}：{reason}", f"\nexcluded {rule_id}: {reason}"))
