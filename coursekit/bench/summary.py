"""What a README says of accuracy: a short table, what was measured on what, and what was not; from ACCURACY.json."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coursekit.bench.render import KINDS, NO_LADDER, line
from coursekit.files import write_atomic

_MARK = re.compile(r"(<!-- accuracy:begin(?: (zh|en))? -->).*?(<!-- accuracy:end -->)", re.DOTALL)


def render_summary(body: Mapping[str, Any], lang: str) -> str:
    """The table, under what was measured on what, and what was not."""
    zh = lang == "zh"
    head = (
        ("检查项", "人人都会察觉的强度：查出", "全部强度：查出", "误判 fail（次/小时）", "误报 review（次/小时）")
        if zh
        else ("check", "found, noticed strengths", "found, all strengths", "false fail per h", "false review per h")
    )
    rows = {check: row for check, row in body["checks"].items() if row["steps"] or row["remark"] == NO_LADDER}
    lines = [line(*head), "| --- | --- | --- | --- | --- |"]
    for check, row in rows.items():
        none = "尚无阶梯" if zh else NO_LADDER
        lines.append(
            line(
                f"`{check}`",
                _share(row["recall_noticed"]) if row["steps"] else none,
                _share(row["recall"]),
                _rate(row["false_fail_per_h"]),
                _rate(row["false_review_per_h"]),
            )
        )
        for kind, part in row["kinds"].items():
            lines.append(line(f"… {KINDS[lang][kind]}", _share(part["recall_noticed"]), _share(part["recall"]), "", ""))
    return "\n".join((_told_zh(body) if zh else _told_en(body), "", *lines))


def _told_en(body: Mapping[str, Any]) -> str:
    faults, sound, picture = _amounts(body)
    clips = body.get("recorded_clips")
    source = (
        "synthesised material" if not clips and "--clips" not in body["command"] else "recorded and synthesised clips"
    )
    text = (
        f"Measured by `{body['command']}` on {f'{clips} ' if clips else ''}{source}: {faults} cases with a fault, "
        f"{sound:.1f} h of healthy sound, {picture:.1f} h of healthy picture. Not measured: lips of recorded talkers "
        "(made ones were), real lessons of full length, other encoders. Every miss and false alarm: "
        "[ACCURACY.md](ACCURACY.md)."
    )
    return text + (" A time limit cut the run short; the report says what did not run." if body["not_run"] else "")


def _told_zh(body: Mapping[str, Any]) -> str:
    faults, sound, picture = _amounts(body)
    clips = body.get("recorded_clips")
    source = "程序生成的素材" if not clips and "--clips" not in body["command"] else "真实片段和程序生成的素材"
    text = (
        f"由 `{body['command']}` 测得，用{f' {clips} 个' if clips else ''}{source}：{faults} 个加了故障的案例，"
        f"健康素材声音 {sound:.1f} 小时、画面 {picture:.1f} 小时。"
        "未测：真人录像的口型（只测了合成的）、整课时长的真实课程、其他编码器。"
        "每一处漏判和误报见 [ACCURACY.md](ACCURACY.md)。"
    )
    return text + ("运行因限时提前结束，未跑的部分见报告。" if body["not_run"] else "")


def _amounts(body: Mapping[str, Any]) -> tuple[int, float, float]:
    rows = body["checks"].items()
    hours = [
        max((r["healthy_h"] for c, r in rows if c.startswith(domain)), default=0.0) for domain in ("audio/", "video/")
    ]
    return sum(r["recall"]["of"] for _, r in rows if r["recall"]), hours[0], hours[1]


def _share(figure: Mapping[str, Any] | None) -> str:
    return f"{100 * figure['value']:.0f} % ({figure['count']}/{figure['of']})" if figure else "–"


def _rate(figure: Mapping[str, Any] | None) -> str:
    return f"{figure['value']:.1f}" if figure else "–"


def write_readmes(folder: Path, body: Mapping[str, Any]) -> tuple[str, ...]:
    """Put the summary between the marks of every README that has them."""
    written = []
    for path in sorted(folder.glob("README*.md")):
        usual = "zh" if "zh" in path.stem else "en"
        old = path.read_text(encoding="utf-8")
        new = _MARK.sub(lambda m, lang=usual: f"{m[1]}\n{render_summary(body, m[2] or lang)}\n{m[3]}", old)  # type: ignore[misc]
        if new != old:
            write_atomic(path, new)
            written.append(path.name)
    return tuple(written)
