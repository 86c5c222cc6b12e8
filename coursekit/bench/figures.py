"""The published figures of each check, as the handbook and `coursekit explain` show them: ACCURACY.json in short."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from coursekit.files import write_atomic
from coursekit.model import Text

_KEPT = Path(__file__).with_name("figures.json")
_FIGURES = ("recall_noticed", "recall", "precision", "healthy_h", "false_fail_per_h", "false_review_per_h")


def accuracy_of(check: str) -> Text | None:
    """What was measured of a check in two sentences; None for one that recognises nothing and has no figures."""
    row = _kept()["checks"].get(check)
    return _told(row) if row is not None else None


@cache
def _kept() -> dict[str, Any]:
    body: dict[str, Any] = json.loads(_KEPT.read_text(encoding="utf-8"))
    return body


def keep(body: Mapping[str, Any], path: Path = _KEPT) -> bool:
    """Write the short form of an ACCURACY.json; whether anything changed."""
    rows = {check: {name: row[name] for name in _FIGURES} for check, row in body["checks"].items() if row["steps"]}
    short = {"coursekit": body["coursekit"], "command": body["command"], "checks": rows}
    text = json.dumps(short, ensure_ascii=False, indent=1) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    write_atomic(path, text)
    _kept.cache_clear()
    return True


def _told(row: Mapping[str, Any]) -> Text:
    noticed, every, right = (_share(row[name]) for name in ("recall_noticed", "recall", "precision"))
    zh = [f"人人都会察觉的强度查出 {noticed}，全部强度查出 {every}；报出的准确 {right}。"]
    en = [f"Found {noticed} at strengths that anyone notices, {every} at all strengths; right when it spoke: {right}."]
    if row["healthy_h"]:
        hours = f"{row['healthy_h']:.2f}"
        fails, reviews = (row[f"false_{kind}_per_h"]["count"] for kind in ("fail", "review"))
        zh.append(f"健康素材 {hours} 小时：误判 fail {fails} 次，误报 review {reviews} 次。")
        en.append(f"In {hours} h of healthy material: {fails} false `fail`, {reviews} false `review`.")
    return Text(zh="".join(zh), en=" ".join(en))


def _share(figure: Mapping[str, Any] | None) -> str:
    return f"{figure['count']}/{figure['of']}" if figure else "–"
