"""The trade-off behind a threshold: measured once, judged at several settings of one parameter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from coursekit.bench.accuracy import judge_specimen, run_pool, specimens_of
from coursekit.bench.cases import (
    Job,
    Plan,
    plan_jobs,
    shelf_of,
)
from coursekit.bench.ladder_more import FILES
from coursekit.bench.rungs import marks_rungs, sharp_rungs, sound_rungs, video_rungs
from coursekit.bench.score import score, share
from coursekit.model import Profile
from coursekit.rules.profiles import load_profile
from coursekit.rules.registry import CHECKS

FACTORS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
_HEALTHY = {
    "audio": ("talkers", "sound traps", "recorded"),
    "video": ("picture traps", "picture grades", "recorded"),
    "cover": ("recorded",),
}


class CurveError(ValueError):
    """A check or a parameter that has no curve."""


def trade_off(
    check: str, param: str | None, plan: Plan, tell: Callable[[int, int, str], None] = lambda *_: None
) -> Iterator[str]:
    """A table: setting, recall, precision, false alarms."""
    profile = load_profile(plan.profile)
    if check not in CHECKS or check.split("/")[0] not in _HEALTHY:
        raise CurveError(f"{check}: no curve; try one of {', '.join(c for c in CHECKS if c.split('/')[0] in _HEALTHY)}")
    name, usual = _threshold(profile, check, param)
    jobs = tuple(jobs_of(check, plan))
    answers, _ = run_pool(specimens_of, jobs, plan, tell)
    specimens = [s for number in sorted(answers) for s in answers[number]]
    yield f"{check}  {name} = {usual:g} in {profile.id}"
    heads = ("recall, noticed", "recall, all", "precision", "false fail", "false review")
    yield f"{'setting':>10}  {heads[0]:>16}  {heads[1]:>12}  {heads[2]:>9}  {heads[3]:>10}  {heads[4]:>12}"
    for factor in FACTORS:
        moved = with_params(profile, check, {name: usual * factor})
        row = score((judge_specimen(s, moved) for s in specimens), (check,))[check]
        found, of = row.noticed
        yield (
            f"{usual * factor:>10.4g}  {share(found, of):>16.2f}  {share(row.found, row.cases):>12.2f}  "
            f"{share(*row.precision):>9.2f}  {row.false_fails:>10}  {row.false_reviews:>12}"
            + ("  <- now" if factor == 1.0 else "")
        )
    yield f"{row.cases} fault cases, {row.healthy_s / 3600:.2f} h healthy"


def _threshold(profile: Profile, check: str, param: str | None) -> tuple[str, float]:
    rule = next((r for r in profile.rules if r.check == check), None)
    numbers = {
        key: float(value)
        for key, value in (rule.params if rule else {}).items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    first = param or next((key for key in numbers if key.startswith("review_")), next(iter(numbers), None))
    if first not in numbers:
        raise CurveError(
            f"{check}: no parameter {param or 'that is a number'}; there are {', '.join(numbers) or 'none'}"
        )
    return first, numbers[first]


def with_params(profile: Profile, check: str, params: Mapping[str, object]) -> Profile:
    """The profile with other parameters for one check."""
    return replace(
        profile,
        rules=tuple(
            replace(rule, params={**rule.params, **params}) if rule.check == check else rule for rule in profile.rules
        ),
    )


def jobs_of(check: str, plan: Plan) -> Iterator[Job]:
    """What shows one check: its own rungs, and what is healthy for it."""
    checks = {
        "audio": [r.check for r in sound_rungs()],
        "video": [r.check for r in video_rungs()],
        "video 1080": [r.check for r in sharp_rungs()],
        "marks": ["video/watermark" for _ in marks_rungs()],
        "more": [r.check for r in FILES],
    }
    for job in plan_jobs(plan, shelf_of(plan.folder)):
        if job.ladder in checks:
            items = tuple(n for n in job.items if checks[job.ladder][n] == check)
            if items:
                yield replace(job, items=items)
        elif job.ladder in _HEALTHY[check.split("/")[0]]:
            yield job
