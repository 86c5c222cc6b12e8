"""What a README says of accuracy: a short table, what was measured on what, and what was not."""

from __future__ import annotations

import re
from pathlib import Path

from coursekit.bench.render import NO_LADDER, Scored, command, line
from coursekit.bench.score import Row
from coursekit.files import write_atomic

_MARK = re.compile(r"(<!-- accuracy:begin(?: (zh|en))? -->).*?(<!-- accuracy:end -->)", re.DOTALL)


def render_summary(scored: Scored, lang: str) -> str:
    """A short table for a README: what was measured, on what, and what was not."""
    zh = lang == "zh"
    bench = scored.bench
    clips = len({c.clip for c in bench.cases if c.clip in bench.clips})
    faults = sum(c.truth is not None for c in bench.cases)
    hours = scored.hours("audio/"), scored.hours("video/")
    head = (
        ("检查项", "人人都会察觉的强度：查出", "全部强度：查出", "误判 fail（次/小时）", "误报 review（次/小时）")
        if zh
        else ("check", "found, noticed strengths", "found, all strengths", "false fail per h", "false review per h")
    )
    lines = [line(*head), "| --- | --- | --- | --- | --- |"]
    for row in scored.shown:
        if not row.steps:
            lines.append(
                line(f"`{row.check}`", "尚无阶梯" if zh else NO_LADDER, "–", _short(row, True), _short(row, False))
            )
            continue
        found, of = row.noticed
        lines.append(
            line(f"`{row.check}`", _of(found, of), _of(row.found, row.cases), _short(row, True), _short(row, False))
        )
    source = (
        (
            f"{clips} 个公开的真实片段和程序生成的素材"
            if zh
            else f"{clips} public recorded clips and synthesised material"
        )
        if clips
        else ("全部为程序生成的素材" if zh else "synthesised material only")
    )
    text = (
        f"由 `{command(bench)}` 测得：{faults} 个加了故障的案例；"
        f"健康素材声音 {hours[0]:.1f} 小时、画面 {hours[1]:.1f} 小时；{source}。"
        "未测：口型是否对得上、整课时长的真实课程、其他编码器。每一处漏判和误报见 [ACCURACY.md](ACCURACY.md)。"
        if zh
        else f"Measured by `{command(bench)}`: {faults} cases with a fault, {hours[0]:.1f} h of healthy sound and "
        f"{hours[1]:.1f} h of healthy picture; {source}. Not measured: lips against words, real lessons of full "
        "length, other encoders. Every miss and false alarm: [ACCURACY.md](ACCURACY.md)."
    )  # fmt: skip
    if bench.plan.quick:
        text += " 这是一次快速运行，只说明流程可用。" if zh else " A quick run: it proves the path, not the figures."
    if bench.not_run:
        text += (
            " 因限时有部分未运行，见报告。" if zh else " Cut short by a time limit; the report says what did not run."
        )
    return "\n".join((text, "", *lines))


def _of(count: int, of: int) -> str:
    return f"{100 * count / of:.0f} % ({count}/{of})" if of else "–"


def _short(row: Row, fail: bool) -> str:
    count = row.false_fails if fail else row.false_reviews
    return f"{count / (row.healthy_s / 3600):.1f}" if row.healthy_s else "–"


def write_readmes(folder: Path, scored: Scored) -> tuple[str, ...]:
    """Put the summary between the marks of every README that has them."""
    written = []
    for path in sorted(folder.glob("README*.md")):
        old = path.read_text(encoding="utf-8")
        new = _MARK.sub(lambda m: f"{m[1]}\n{render_summary(scored, m[2] or 'en')}\n{m[3]}", old)
        if new != old:
            write_atomic(path, new)
            written.append(path.name)
    return tuple(written)
