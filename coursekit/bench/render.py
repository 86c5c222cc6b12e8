"""ACCURACY.md and its machine-readable twin. Decides nothing; no time, no host, no path in it, so that the same seed
writes the same bytes."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from coursekit import __version__
from coursekit.bench.accuracy import Bench
from coursekit.bench.cases import laddered
from coursekit.bench.score import (
    Case,
    Interval,
    Row,
    Said,
    false_alarms,
    misses,
    rate_interval,
    score,
    share,
    tally,
    wilson,
)
from coursekit.cover.reader import reader_name
from coursekit.rules.registry import CHECKS

SCHEMA = "coursekit/accuracy/1"
NO_LADDER = "no ladder yet"
_EXACT = ("probe/", "manifest/", "filing/")
KINDS = {
    "en": {
        "moving": "over moving pictures", "talking": "over talking heads", "screen": "over screen recordings",
        "slides": "over slides",
    },
    "zh": {"moving": "运动画面上", "talking": "人物讲述上", "screen": "录屏上", "slides": "幻灯片上"},
}  # fmt: skip
_REMARKS = {
    "audio/silence": "sampled at less than 32 kHz, only loud clicks are told from the voice they lie in",
    "audio/sync": "lips against the voice on made talkers only: no recorded one with a known offset",
    "video/deformation": "a picture stretched until it fills its frame cannot be told from a true one by its shape",
    "video/flash": "by count within a second",
}


@dataclass(frozen=True, slots=True)
class Scored:
    """A run and its figures."""

    bench: Bench
    rows: Mapping[str, Row]

    @classmethod
    def of(cls, bench: Bench) -> Scored:
        """Count."""
        return cls(bench, score(bench.cases, CHECKS))

    @property
    def shown(self) -> Sequence[Row]:
        """Rows of checks that recognise something: those that only read a stated figure are listed by name."""
        return [row for row in self.rows.values() if not row.check.startswith(_EXACT)]

    def hours(self, domain: str) -> float:
        """Hours of healthy material, of sound or of picture."""
        return max((r.healthy_s for r in self.rows.values() if r.check.startswith(domain)), default=0.0) / 3600


def remark(row: Row) -> str:
    """What a row without figures says instead."""
    if row.steps:
        return _REMARKS.get(row.check, "")
    if row.check in laddered():
        return "ladder not reached in this run"
    if row.check.startswith(_EXACT):
        return "reads a stated figure, recognises nothing: proven by unit tests"
    return NO_LADDER


# -------------------------------------------------------------------------------------------------------- ACCURACY.md


def render_markdown(scored: Scored) -> str:
    """The whole report."""
    return "\n".join(
        (
            "# Accuracy",
            "",
            "Written by a command, never by hand:",
            "",
            f"    {command(scored.bench)}",
            "",
            *_what_was_run(scored),
            *_summary(scored),
            *_steps(scored),
            *_missed(scored),
            *_wrong(scored),
            *_spill(scored),
            *_broken(scored),
            "",
        )
    )


def command(bench: Bench, only: str | None = None) -> str:
    """What repeats the run."""
    plan = bench.plan
    words = ["coursekit bench accuracy"]
    if plan.folder is not None:
        words.append("--clips DIR")
    words.append(f"--seed {plan.seed}")
    if plan.quick:
        words.append("--quick")
    else:
        words += [f"--clips-per-rung {plan.clips_per_rung}", f"--talkers {plan.talkers}", f"--lessons {plan.lessons}"]
    if plan.minutes is not None and only is None:
        words.append(f"--minutes {plan.minutes:g}")
    if only is not None:
        words.append(f'--only "{only}"')
    return " ".join(words)


def _what_was_run(scored: Scored) -> Iterator[str]:
    bench = scored.bench
    faults = [c for c in bench.cases if c.truth is not None]
    clips = sorted({c.clip for c in bench.cases if c.clip in bench.clips})
    yield "## What was run"
    yield ""
    yield (
        f"coursekit {__version__}, profile `{bench.plan.profile}` ({bench.profile_hash[:12]}), seed {bench.plan.seed}; "
        f"detectors by digest of their code: {', '.join(f'{k} {v}' for k, v in bench.detectors.items())}. "
        f"{len(faults)} fault cases, {len(bench.cases) - len(faults)} healthy ones; healthy material: "
        f"{scored.hours('audio/'):.2f} h of sound, {scored.hours('video/'):.2f} h of picture."
    )
    yield ""
    if repeated := sum(c.seconds for c in bench.cases if c.fault == "lesson" and c.truth is None):
        yield (
            f"Of these, {repeated / 3600:.2f} h are lessons of three minutes, each a dozen seconds of a clip cropped, "
            "graded and mirrored in its own way, a third with subtitles, a third with words that pop up, and played to "
            "and fro under a voice in a room of its own: good against a detector that fires now and then, no proof for "
            "pictures unlike these."
        )
        yield ""
    if clips:
        yield f"Recorded clips ({len(clips)}): " + "; ".join(f"{n} ({bench.clips[n].what})" for n in clips) + "."
    else:
        yield "No recorded clips: everything is synthesised."
    made = sorted({c.clip for c in bench.cases if c.clip.startswith("synthesised") and "?" not in c.clip})
    yield ""
    yield f"Made from nothing: {', '.join(made)}."
    yield ""
    yield f"Words on covers were read by {reader_name() or 'nothing: no reader is installed by default'}."
    yield ""
    yield (
        "Faults are laid over a clip by code, then the clip is encoded, decoded and measured as a lesson is, and "
        "judged by the profile. *Noticed* steps are those that anyone watching or listening notices at once: there "
        "nothing may be missed. A finding counts when check, code, time and place are right (boxes from an "
        "intersection over union of 0.5). Brackets are 95 % intervals: Wilson for shares, Poisson for rates."
    )
    yield ""
    yield "### What was not"
    yield ""
    if bench.plan.quick:
        yield "- A quick run: two strengths of each fault, one clip each. It proves the path, not the figures."
    if bench.not_run:
        counts = Counter(entry.split("/")[0] for entry in bench.not_run)
        listed = ", ".join(f"{name} {count}" for name, count in counts.items())
        yield f"- Stopped by `--minutes`: jobs that were not begun ({listed}). The steps below show how many cases ran."
    yield (
        "- Lip offset of recorded talkers: no recording with a known offset was at hand. Mouths that open with a voice "
        "were made, drawn and on a recorded face; a real mouth may follow its voice less, or lead it by more."
    )
    yield "- Clips other than those named; lessons of real length; encoders other than x264 and FFmpeg's AAC."
    for row in scored.shown:
        if not row.steps:
            yield f"- `{row.check}`: {remark(row)}."
    if bench.unknown:
        yield f"- Files of the folder that no clips.toml describes, not used: {', '.join(bench.unknown)}."
    yield ""


def _summary(scored: Scored) -> Iterator[str]:
    yield "## Summary"
    yield ""
    yield (
        "| check | recall, noticed | recall, all steps | precision | healthy h | false `fail` per h "
        "| false `review` per h | healthy cases left alone |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for row in scored.shown:
        yield line(
            f"`{row.check}`",
            *_recalls(row),
            _share(*row.precision) if row.steps else "–",
            f"{row.healthy_s / 3600:.2f}" if row.healthy_s else "–",
            _rate(row.false_fails, row),
            _rate(row.false_reviews, row),
            _share(row.quiet_cases, row.healthy_cases) if row.healthy_cases else "–",
        )
        for kind, steps in row.kinds.items():
            recalls = (_share(*tally(steps, noticed=True)), _share(*tally(steps, noticed=False)))
            yield line(f"… {KINDS['en'][kind]}", *recalls, *[""] * 5)
    exact = [f"`{row.check}`" for row in scored.rows.values() if row.check.startswith(_EXACT)]
    yield ""
    yield "Without a ladder, because they read a stated figure and recognise nothing (unit tests prove them): "
    yield f"{', '.join(exact)}."
    remarks = [f"- `{row.check}`: {remark(row)}." for row in scored.shown if row.steps and remark(row)]
    if remarks:
        yield ""
        yield from remarks
    yield ""


def _recalls(row: Row) -> tuple[str, str]:
    if not row.steps:
        return remark(row), "–"
    found, of = row.noticed
    return _share(found, of) if of else "–", _share(row.found, row.cases)


def _share(count: int, of: int) -> str:
    if of == 0:
        return "–"
    low, high = wilson(count, of)
    return f"{share(count, of):.2f} ({count}/{of}) [{low:.2f}, {high:.2f}]"


def _rate(count: int, row: Row) -> str:
    hours = row.healthy_s / 3600
    if hours <= 0:
        return "–"
    low, high = rate_interval(count, hours)
    return f"{count / hours:.1f} ({count}) [{low:.1f}, {high:.1f}]"


def line(*cells: str) -> str:
    """A row of a table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _steps(scored: Scored) -> Iterator[str]:
    yield "## Step by step"
    for row in scored.shown:
        yield ""
        yield f"### {row.check}"
        yield ""
        if not row.steps:
            yield remark(row) + "."
            continue
        yield "| fault | strength | noticed | cases | recall | named as `fail` | precision | time IoU | box IoU |"
        yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
        for step in row.steps:
            yield line(
                step.fault + (f" ({kind})" if (kind := step.kind) else ""),
                step.strength,
                "yes" if step.noticed else "",
                str(step.cases),
                _share(step.found, step.cases),
                str(step.failed),
                _plain(step.precision),
                _plain(step.time_iou),
                _plain(step.box_iou),
            )
    yield ""


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _missed(scored: Scored) -> Iterator[str]:
    found = list(misses(scored.bench.cases))
    noticed = [case for case in found if case.noticed]
    yield "## Every miss"
    yield ""
    yield f"{len(found)} of them, {len(noticed)} at a strength that is noticed. To look at one, give its name:"
    yield ""
    yield f"    {command(scored.bench, 'NAME')}"
    for title, cases in (("Noticed", noticed), ("Weaker", [case for case in found if not case.noticed])):
        if cases:
            yield ""
            yield f"{title}:"
            yield ""
            yield from (f"- {case.truth.check}: `{case.name}`{_instead(case)}" for case in cases if case.truth)
    yield ""


def _instead(case: Case) -> str:
    said = sorted({s.code for s in case.said if case.truth and s.check == case.truth.check})
    return f" (said instead: {', '.join(said)})" if said else ""


def _wrong(scored: Scored) -> Iterator[str]:
    groups: dict[tuple[str, str, str, str], list[Said]] = {}
    for case, said in false_alarms(scored.bench.cases):
        groups.setdefault((said.check, said.code, said.verdict, case.name), []).append(said)
    yield "## Every false alarm"
    yield ""
    if not groups:
        yield "None."
    for (check, code, verdict, name), group in sorted(groups.items(), key=lambda g: (g[0][0], g[0][2], g[0][3])):
        times = f", {len(group)} findings" if len(group) > 1 else ""
        yield f"- {check} `{code}` ({verdict}{times}): `{name}`{_where(group[0].span)}"
    yield ""


def _where(span: Interval | None) -> str:
    return f" at {span[0]:.1f}–{span[1]:.1f} s" if span else ""


def _spill(scored: Scored) -> Iterator[str]:
    counts: Counter[tuple[str, str]] = Counter()
    for case in scored.bench.cases:
        if case.truth is not None and case.problem is None and case.ladder != "recorded":
            for key in {(s.check, s.code) for s in case.said if (s.check, s.code) not in case.before}:
                if key[0] in case.judged and (key[0] != case.truth.check or key[1] not in (case.truth.codes or key)):
                    counts[(key[0] + " " + key[1], case.fault)] += 1
    yield "## What else is said of a fault"
    yield ""
    yield "Under another check or code; counted neither as right nor as wrong: overdriven sound is also loud."
    yield ""
    yield from (f"- {said}: {fault} ({count})" for (said, fault), count in sorted(counts.items()))
    yield ""


def _broken(scored: Scored) -> Iterator[str]:
    broken = [case for case in scored.bench.cases if case.problem is not None]
    if broken:
        yield "## Cases that do not count"
        yield ""
        yield from (f"- `{case.name}`: {case.problem}" for case in broken)


# --------------------------------------------------------------------------------------------------- machine-readable


def render_json(scored: Scored) -> str:
    """The same figures for programs."""
    bench = scored.bench
    body = {
        "schema": SCHEMA,
        "coursekit": __version__,
        "command": command(bench),
        "seed": bench.plan.seed,
        "profile": {"id": bench.plan.profile, "hash": bench.profile_hash},
        "detectors": dict(bench.detectors),
        "recorded_clips": len({c.clip for c in bench.cases if c.clip in bench.clips}),
        "not_run": list(bench.not_run),
        "checks": {check: _row(row) for check, row in scored.rows.items()},
        "misses": [
            {"check": c.truth.check, "case": c.name, "noticed": c.noticed} for c in misses(bench.cases) if c.truth
        ],
        "false_alarms": [
            {"check": s.check, "code": s.code, "verdict": s.verdict, "case": c.name, "span_s": s.span}
            for c, s in false_alarms(bench.cases)
        ],
    }
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def _row(row: Row) -> dict[str, object]:
    found, of = row.noticed
    hours = row.healthy_s / 3600
    return {
        "remark": remark(row) or None,
        "recall_noticed": _figure(found, of),
        "recall": _figure(row.found, row.cases),
        "kinds": {
            kind: {
                "recall_noticed": _figure(*tally(steps, noticed=True)),
                "recall": _figure(*tally(steps, noticed=False)),
            }
            for kind, steps in row.kinds.items()
        },
        "precision": _figure(*row.precision),
        "healthy_h": round(hours, 4),
        "healthy_cases": row.healthy_cases,
        "healthy_quiet": row.quiet_cases,
        "false_fail_per_h": _per_hour(row.false_fails, hours),
        "false_review_per_h": _per_hour(row.false_reviews, hours),
        "steps": [
            {
                "fault": s.fault, "ladder": s.ladder, "strength": s.strength, "noticed": s.noticed, "failed": s.failed,
                "recall": _figure(s.found, s.cases), "precision": _rounded(s.precision),
                "time_iou": _rounded(s.time_iou), "box_iou": _rounded(s.box_iou),
            }
            for s in row.steps
        ],
    }  # fmt: skip


def _figure(count: int, of: int) -> dict[str, object] | None:
    if of == 0:
        return None
    low, high = wilson(count, of)
    return {"count": count, "of": of, "value": round(count / of, 4), "low": round(low, 4), "high": round(high, 4)}


def _per_hour(count: int, hours: float) -> dict[str, object] | None:
    low, high = rate_interval(count, hours)
    if math.isinf(high):
        return None
    return {"count": count, "value": round(count / hours, 3), "low": round(low, 3), "high": round(high, 3)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
