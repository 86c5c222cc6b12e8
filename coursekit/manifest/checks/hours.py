"""manifest/hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from coursekit.manifest.graph import serves
from coursekit.manifest.model import LessonEntry, Manifest
from coursekit.manifest.plain import fraction_text
from coursekit.manifest.sections import Files, condense, manifest_of, settle
from coursekit.manifest.vocabulary import LessonRole, Mode
from coursekit.model import CourseFacts, Finding
from coursekit.rules.check import CannotTest, CheckContext, at_least, at_most, between, check, equal_to, measured


@dataclass(frozen=True, slots=True)
class HoursParams:
    """How long a class hour is, how far real minutes may stray per class hour, and how much may be online."""

    lesson_hour_min: float
    tolerance_min: float
    max_online_pct: float


@check("manifest/hours", facts=CourseFacts, params=HoursParams)
def hours(ctx: CheckContext, facts: CourseFacts, params: HoursParams) -> Iterator[Finding]:
    """Declared class hours agree with the minutes of the media, the online share and the standard's hours."""
    doubts: list[CannotTest] = []
    yield from settle(condense(ctx, "more-of-the-same", _judge(ctx, facts, params, doubts)), doubts)


def _judge(ctx: CheckContext, facts: CourseFacts, params: HoursParams, doubts: list[CannotTest]) -> Iterator[Finding]:
    manifest = manifest_of(facts, "course", "hours", "lessons")
    total = sum((lesson.hours for lesson in manifest.lessons), Fraction(0))
    online = sum((lesson.hours_online for lesson in manifest.lessons), Fraction(0))
    share = online * 100 / total if total else Fraction(0)
    ctx.observe(measured(_figure(share), "%"), at_most(params.max_online_pct, "%"))
    if manifest.hours.unit_minutes != params.lesson_hour_min:
        yield ctx.fail(
            "other-class-hour",
            measured=measured(manifest.hours.unit_minutes, "min"),
            expected=equal_to(params.lesson_hour_min, "min"),
            where=manifest.places.place("/hours/unit_minutes"),
            minutes=manifest.hours.unit_minutes,
        )
    if share > _exact(params.max_online_pct):
        yield ctx.fail(
            "too-much-online",
            measured=measured(_figure(share), "%"),
            expected=at_most(params.max_online_pct, "%"),
            where=manifest.places.place("/lessons"),
            online=fraction_text(online),
            total=fraction_text(total),
        )
    yield from _reference(ctx, manifest)
    yield from _minutes(ctx, manifest, Files(facts), params, doubts)


def _reference(ctx: CheckContext, manifest: Manifest) -> Iterator[Finding]:
    for level, reference in manifest.hours.reference.items():
        number = int(level) if level.isdecimal() else None
        given = sum((le.hours for le in manifest.lessons if serves(le, number)), Fraction(0))
        if given < reference.total:
            yield ctx.fail(
                "below-reference",
                measured=measured(_figure(given), "h"),
                expected=at_least(_figure(reference.total), "h"),
                where=manifest.places.place(f"/hours/reference/{level}/total"),
                level=level,
                given=fraction_text(given),
                wanted=fraction_text(reference.total),
            )


def _minutes(
    ctx: CheckContext, manifest: Manifest, files: Files, params: HoursParams, doubts: list[CannotTest]
) -> Iterator[Finding]:
    for i, lesson in enumerate(manifest.lessons):
        if lesson.role is LessonRole.EXAM or lesson.mode is Mode.OFFLINE:
            continue
        here = f"/lessons/{i}/hours"
        if lesson.hours == 0:
            if lesson.role is LessonRole.CONTENT:
                where = manifest.places.place(here)
                yield ctx.fail("no-hours", measured=measured(0, "h"), where=where, lesson=lesson.id)
            continue
        seconds = _seconds(lesson, files)
        if seconds is None:
            doubts.append(CannotTest("minutes-unknown", lesson=lesson.id))
            continue
        wanted = float(lesson.hours_online) * params.lesson_hour_min
        slack = float(lesson.hours_online) * params.tolerance_min
        minutes = round(seconds / 60, 2)
        if minutes < wanted - slack or minutes > wanted + slack:
            short = minutes < wanted
            yield ctx.fail(
                "too-few-minutes" if short else "too-many-minutes",
                measured=measured(minutes, "min"),
                expected=between(round(wanted - slack, 2), round(wanted + slack, 2), "min"),
                where=manifest.places.place(here),
                lesson=lesson.id,
                hours=fraction_text(lesson.hours_online),
                fitting=fraction_text(_nearest(minutes, params)),
            )


def _seconds(lesson: LessonEntry, files: Files) -> float | None:
    """All the time-based media of the lesson: a lesson may be cut into a main film and supplements."""
    if lesson.main is None:
        return None
    main = files.duration_s(lesson.main.file)
    rest = [files.duration_s(m.file) for m in lesson.media if m is not lesson.main]
    return None if main is None else main + sum(seconds for seconds in rest if seconds)


def _nearest(minutes: float, params: HoursParams) -> Fraction:
    """Class hours that would fit, in halves."""
    return Fraction(round(minutes / params.lesson_hour_min * 2), 2)


def _exact(value: float) -> Fraction:
    return Fraction(str(value))


def _figure(value: Fraction) -> float:
    return round(float(value), 3)
