"""course/consistency."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from coursekit.audio.facts import AudioFacts
from coursekit.model import CourseFacts, Finding, LessonFacts
from coursekit.rules.check import CheckContext, NotApplicable, at_most, between, check, equal_to, measured

_INTRO_NAMES = ("片头", "intro", "opening", "opener", "title")


@dataclass(frozen=True, slots=True)
class ConsistencyParams:
    """How far lessons of one course may lie apart."""

    min_lessons: int
    review_loudness_lu: float
    fail_loudness_lu: float
    intro_s: float


@dataclass(frozen=True, slots=True)
class _Trait:
    code: str
    unit: str | None
    values: dict[str, str]
    """By lesson, as it is shown."""


@check("course/consistency", facts=CourseFacts, params=ConsistencyParams)
def consistency(ctx: CheckContext, facts: CourseFacts, params: ConsistencyParams) -> Iterator[Finding]:
    """The lessons of the course agree in loudness, sound format, picture size, frame rate and intro."""
    lessons = facts.lessons
    if len(lessons) < params.min_lessons:
        raise NotApplicable("too-few-lessons", lessons=len(lessons), needed=params.min_lessons)
    yield from _loudness(ctx, lessons, params)
    for trait in _traits(lessons):
        yield from _odd_ones(ctx, trait, params)
    yield from _intros(ctx, lessons, params)


def _sound(lesson: LessonFacts) -> AudioFacts | None:
    return next((a for a in lesson.file.audio if a.decoded_s > 0), None)


def _loudness(ctx: CheckContext, lessons: tuple[LessonFacts, ...], params: ConsistencyParams) -> Iterator[Finding]:
    levels: dict[str, float] = {}
    for lesson in lessons:
        track = _sound(lesson)
        if track is not None and track.integrated_lufs is not None and math.isfinite(track.integrated_lufs):
            levels[lesson.lesson.path] = track.integrated_lufs
    if len(levels) < params.min_lessons:
        return
    middle = round(median(levels.values()), 1)
    spread = round(max(levels.values()) - min(levels.values()), 1)
    ctx.observe(measured(spread, "LU"), at_most(2 * params.review_loudness_lu, "LU"))
    wanted = between(middle - params.review_loudness_lu, middle + params.review_loudness_lu, "LUFS")
    for path, level in levels.items():
        apart = round(level - middle, 1)
        if abs(apart) > params.review_loudness_lu:
            yield (ctx.fail if abs(apart) > params.fail_loudness_lu else ctx.review)(
                "loudness-differs",
                measured=measured(level, "LUFS"),
                expected=wanted,
                lesson=path,
                apart_lu=apart,
                middle_lufs=middle,
            )


def _traits(lessons: tuple[LessonFacts, ...]) -> Iterator[_Trait]:
    rates: dict[str, str] = {}
    channels: dict[str, str] = {}
    sizes: dict[str, str] = {}
    speeds: dict[str, str] = {}
    for lesson in lessons:
        path, track = lesson.lesson.path, _sound(lesson)
        if track is not None:
            rates[path] = str(track.sample_rate_hz)
            channels[path] = str(track.channels)
        picture = lesson.file.probe.main_video.picture if lesson.file.probe and lesson.file.probe.main_video else None
        if picture is not None:
            sizes[path] = "×".join(map(str, picture.display_px))
            rate = picture.measured_rate or picture.frame_rate
            if rate is not None and not picture.variable_rate:
                speeds[path] = f"{float(rate):g}"
    yield _Trait("sample-rate-differs", "Hz", rates)
    yield _Trait("channels-differ", None, channels)
    yield _Trait("picture-size-differs", "px", sizes)
    yield _Trait("frame-rate-differs", "fps", speeds)


def _odd_ones(ctx: CheckContext, trait: _Trait, params: ConsistencyParams) -> Iterator[Finding]:
    if len(trait.values) < params.min_lessons:
        return
    usual, count = Counter(trait.values.values()).most_common(1)[0]
    if count * 2 <= len(trait.values):
        # No value has a majority: the course as a whole is mixed, and no lesson is the odd one.
        kinds = sorted(set(trait.values.values()))
        if len(kinds) > 1:
            yield ctx.review(
                trait.code, measured=measured(tuple(kinds), trait.unit), lesson="*", value=" / ".join(kinds), usual="?"
            )
        return
    for path, value in trait.values.items():
        if value != usual:
            yield ctx.review(
                trait.code,
                measured=measured(value, trait.unit),
                expected=equal_to(usual, trait.unit),
                lesson=path,
                value=value,
                usual=usual,
            )


def _intros(ctx: CheckContext, lessons: tuple[LessonFacts, ...], params: ConsistencyParams) -> Iterator[Finding]:
    """Where lessons carry chapters, and the first is named as an intro."""
    lengths: dict[str, float] = {}
    for lesson in lessons:
        first = next(iter(lesson.file.probe.chapters), None) if lesson.file.probe else None
        if first is not None and any(name in (first.title or "").lower() for name in _INTRO_NAMES):
            lengths[lesson.lesson.path] = round(first.end_s - first.start_s, 1)
    if len(lengths) < params.min_lessons:
        return
    middle = median(lengths.values())
    for path, length in lengths.items():
        if abs(length - middle) > params.intro_s:
            yield ctx.review(
                "intro-differs",
                measured=measured(length, "s"),
                expected=between(middle - params.intro_s, middle + params.intro_s, "s"),
                lesson=path,
                seconds=length,
                usual_s=round(middle, 1),
            )
