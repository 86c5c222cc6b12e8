"""The whole story: find, probe, measure, judge, report. Only this module knows the order.

`audit` prints nothing and opens no report file: whoever calls it passes a listener for progress and takes the report.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit import __version__, codec
from coursekit.engine.cache import Cache, audit_key
from coursekit.find import classify, kind_of
from coursekit.folder import FILING, MANIFEST_NAMES, CourseError, Folder, list_folder
from coursekit.model import (
    FACTS_SCHEMA,
    Course,
    CourseFacts,
    CourseRef,
    CoverRef,
    FactsFile,
    FileFacts,
    FileKind,
    LessonRef,
    Problem,
    Profile,
    ProfileRef,
    Report,
    Run,
    Scope,
    Summary,
)
from coursekit.rules.outcome import count_open, count_verdicts, outcome_of
from coursekit.settings import Settings

if TYPE_CHECKING:
    from coursekit.engine.job import Job
    from coursekit.filing.facts import FilingFacts
    from coursekit.manifest.model import Manifest
    from coursekit.review.judgement import Heeded

DEFAULT_PROFILE = "tianjin-2025"


@dataclass(frozen=True, slots=True)
class Planned:
    """What there is to measure, before it is measured."""

    files: int
    cached: int


@dataclass(frozen=True, slots=True)
class Began:
    """A file's measuring goes on: seconds of its media are done."""

    name: str
    media_s: float
    total_s: float


@dataclass(frozen=True, slots=True)
class Finished:
    """A file is done."""

    facts: FileFacts


Event = Planned | Began | Finished
Listener = Callable[[Event], None]


def ignore(_: Event) -> None:
    """The listener of a caller who does not care."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What a run leaves behind."""

    report: Report
    facts: FactsFile | None
    """None when the whole report was known: nothing was loaded that nobody asked for."""
    folder: Folder
    key: str | None = None
    """Under which what was said of it may be kept; None when the same question may have another answer tomorrow."""


@dataclass(frozen=True, slots=True)
class Measuring:
    """The result of looking at every file."""

    facts: Mapping[str, FileFacts]
    cached: int
    not_done: tuple[str, ...]
    changed: tuple[str, ...] = ()


def audit(target: Path | str, settings: Settings, listen: Listener = ignore, *, want_facts: bool = False) -> Audit:
    """Audit a course folder or one media file; a text is the URL of a course on a store."""
    started = _now()
    folder = list_folder(target)
    if folder.url is not None and settings.scope is Scope.FILING:
        raise CourseError("store-no-filing", course=folder.url)
    cache = Cache(settings.cache_root)
    key = audit_key(
        folder, settings, tuple(p.hash for p in load_profiles(own)) if (own := settings.own_profiles()) else ()
    )
    if (
        not want_facts
        and settings.heed_experts
        and (known := cache.find_audit(key)) is not None
        and (report := _revive(known, started))
    ):
        listen(Planned(report.run.cached_files, report.run.cached_files))
        return Audit(report, None, folder, key)
    manifest, course, kinds = load_course(folder)
    profiles = load_profiles(settings.profiles)
    measuring = measure_folder(folder, kinds, settings, listen)
    measuring = without_changed(measuring, kinds, changed_since(folder, target))
    scope, scope_note = choose_scope(settings.scope, manifest)
    review = look_at_review(folder, manifest, measuring) if settings.heed_experts else None
    filing = look_at_papers(folder, manifest, review, settings) if scope is Scope.FILING else None
    facts = CourseFacts(course, measuring.facts, review.manifest if review else manifest, filing)
    report = build_report(profiles, facts, scope, scope_note, settings, measuring, started)
    report = _waive(report, folder, measuring, settings)
    if review is not None:
        report = review.heed(report, profiles, settings.fail_on)
    lasting = settings.heed_experts and not (measuring.not_done or measuring.changed) and _all_settled(folder)
    if lasting:
        blank = replace(report, run=replace(report.run, started="", finished="", host=""))
        cache.keep_audit(key, codec.dumps(blank, indent=None))
    return Audit(report, FactsFile(tuple(measuring.facts.values())), folder, key if lasting else None)


def _waive(report: Report, folder: Folder, measuring: Measuring, settings: Settings) -> Report:
    """What a person accepted in waivers.toml, where there is one."""
    entry = folder.entries.get("waivers.toml")
    if entry is None or entry.refused:
        return report
    from coursekit.rules.waivers import apply_waivers, load_waivers

    hashes = {name: f.sha256 for name, f in measuring.facts.items()}
    today = dt.datetime.now(dt.UTC).date()
    return apply_waivers(report, load_waivers(entry.path), hashes, settings.fail_on, today)


def look_at_review(folder: Folder, manifest: Manifest | None, measuring: Measuring) -> Heeded | None:
    """What experts have decided, where anything has been taken in."""
    if manifest is None or folder.url is not None or not any(n.startswith("review/receipts/") for n in folder.kept):
        return None
    from coursekit.review.judgement import Heeded

    return Heeded.of(folder, manifest, {name: f.sha256 for name, f in measuring.facts.items()})


def load_course(folder: Folder) -> tuple[Manifest | None, Course, Mapping[str, FileKind]]:
    """The course by its manifest, or by what lies in the folder."""
    course, kinds = classify(folder)
    if folder.manifest_path is None and not any(name in folder.entries for name in MANIFEST_NAMES):
        return None, course, kinds
    from coursekit.manifest.course import course_from_manifest, normal, private_files
    from coursekit.manifest.load import find_manifest, load_manifest

    if folder.manifest_path is None:
        # What is there and cannot be read is said; to go on as if there were none would judge less.
        find_manifest(folder.root)
        return None, course, kinds

    manifest = load_manifest(folder.manifest_path)
    # An expert's identity paper is filed, not judged as course material: no report names it.
    hidden = private_files(manifest)
    kinds = {name: FileKind.UNKNOWN if normal(name) in hidden else kind for name, kind in kinds.items()}
    return manifest, course_from_manifest(folder, manifest), kinds


def look_at_papers(folder: Folder, manifest: Manifest | None, review: Heeded | None, settings: Settings) -> FilingFacts:
    """The operator's register and papers, those the manifest names, and what the experts signed."""
    from coursekit.filing.measure import measure_filing

    return measure_filing(
        folder.root,
        manifest,
        as_of(settings),
        register_path=settings.register,
        review=review.state if review is not None else None,
        cache_root=settings.cache_root,
        workers=settings.workers,
    )


def as_of(settings: Settings) -> dt.date:
    """The day papers must be in date."""
    return dt.date.fromisoformat(settings.today) if settings.today else dt.datetime.now().astimezone().date()


def choose_scope(asked: Scope | None, manifest: Manifest | None) -> tuple[Scope, str | None]:
    """The scope judged; the note says why where nobody asked for it."""
    if asked is not None:
        return asked, None
    return (Scope.COURSE, None) if manifest is not None else (Scope.MEDIA, "no-manifest")


def load_profiles(refs: tuple[str, ...]) -> tuple[Profile, ...]:
    """The profiles to judge by."""
    from coursekit.rules.profiles import load_profile

    return tuple(load_profile(ref) for ref in refs or (DEFAULT_PROFILE,))


def measure_folder(
    folder: Folder, kinds: Mapping[str, FileKind], settings: Settings, listen: Listener = ignore
) -> Measuring:
    """Facts of every file of a folder, from the cache where they stand there. Ctrl-C keeps what is done."""
    from coursekit.engine.job import Job, from_cache

    jobs = [
        Job(
            name,
            entry.path,
            kinds[name],
            entry.identity,
            entry.refused,
            settings.cache_root,
            entry.url,
            settings.thorough,
        )
        for name, entry in folder.entries.items()
        if kinds.get(name, FileKind.UNKNOWN) is not FileKind.UNKNOWN
    ]
    found: dict[str, FileFacts] = {}
    missing: list[Job] = []
    for job in jobs:
        facts = from_cache(job)
        if facts is None:
            missing.append(job)
        else:
            found[job.name] = facts
    cached = len(found)
    listen(Planned(len(jobs), cached))
    # Ctrl-C: what is done is done; the report says what is not, and the next run goes on from here.
    with contextlib.suppress(KeyboardInterrupt):
        _measure_jobs(missing, settings, listen, found)
    not_done = tuple(job.name for job in jobs if job.name not in found)
    ordered = {job.name: found[job.name] for job in jobs if job.name in found}
    return Measuring(ordered, cached, not_done)


def changed_since(folder: Folder, target: Path | str) -> tuple[str, ...]:
    """Names that are not, or not as they were, in a listing of before: a course edited under the audit's hands."""
    try:
        now = list_folder(target)
    except CourseError:
        return (".",)
    before = {**{name: e.identity for name, e in folder.entries.items()}, **folder.kept}
    after = {**{name: e.identity for name, e in now.entries.items()}, **now.kept}
    differ = (name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    # A paper's own name may tell whose identity card it is: of the operator's papers only the folder is named.
    return tuple(sorted({f"{FILING}/" if name.startswith(f"{FILING}/") else name for name in differ}))


def without_changed(measuring: Measuring, kinds: Mapping[str, FileKind], changed: tuple[str, ...]) -> Measuring:
    """Nothing is judged by figures of bytes that are no longer there."""
    if not changed:
        return measuring
    from coursekit.engine.stages import stages_of

    facts = dict(measuring.facts)
    for name in changed:
        if (file := facts.get(name)) is not None:
            stage = next(iter(stages_of(kinds[name])), "probe")
            problem = Problem(stage, "changed-while-read", "changed while the course was audited")
            facts[name] = FileFacts(name, "", file.size_bytes, file.kind, problems=(problem,))
    return replace(measuring, facts=facts, changed=changed)


def _measure_jobs(jobs: list[Job], settings: Settings, listen: Listener, found: dict[str, FileFacts]) -> None:
    if not jobs:
        return
    from coursekit.engine.address import open_engine

    with open_engine(settings.engine, settings.workers) as engine:
        for facts in engine.run(jobs, lambda step: listen(Began(step.name, step.media_s, step.total_s))):
            found[facts.path] = facts
            listen(Finished(facts))


def build_report(
    profiles: tuple[Profile, ...],
    facts: CourseFacts,
    scope: Scope,
    scope_note: str | None,
    settings: Settings,
    measuring: Measuring,
    started: str,
) -> Report:
    """Judge, count, and put the words to it."""
    from coursekit.rules.judge import judge, open_rules

    results = judge(profiles, facts, scope, settings.lang)
    still_open = open_rules(profiles, scope, settings.lang)
    interrupted = bool(measuring.not_done)
    partial = interrupted or bool(measuring.changed)
    lessons = tuple(_lesson_ref(facts, name.id, name.title, name.path) for name in facts.course.lessons)
    covers = tuple(
        CoverRef(n, file.sha256 or None if (file := facts.files.get(n)) else None) for n in facts.course.covers
    )
    return Report(
        lang=settings.lang,
        course=CourseRef(facts.course.id, facts.course.title, facts.course.manifest_path, lessons, covers),
        profiles=tuple(ProfileRef(p.id, p.hash, p.title[settings.lang]) for p in profiles),
        summary=Summary(
            scope=scope,
            scope_note=scope_note,
            outcome=outcome_of(results, settings.fail_on, interrupted=partial),
            counts=count_verdicts(results),
            open=count_open(still_open),
            lessons=len(lessons),
            media_s=round(sum(le.duration_s or 0.0 for le in lessons), 3),
        ),
        results=results,
        open=still_open,
        run=Run(
            started=started,
            finished=_now(),
            host=platform.node(),
            coursekit=__version__,
            tools=_tool_versions(),
            measured_files=len(measuring.facts) - measuring.cached,
            cached_files=measuring.cached,
            as_of=facts.filing.today.isoformat() if facts.filing is not None else None,
            interrupted=interrupted,
            not_done=measuring.not_done,
            changed=measuring.changed,
        ),
    )


def _lesson_ref(facts: CourseFacts, lesson_id: str, title: str, path: str) -> LessonRef:
    file = facts.files.get(path)
    return LessonRef(lesson_id, title, path, file.sha256 or None if file else None, duration_of(file))


def duration_of(file: FileFacts | None) -> float | None:
    """How long a lesson really runs: its decoded picture, or sound, else what the container says."""
    if file is None:
        return None
    decoded = max((*(v.decoded_s for v in file.video), *(a.decoded_s for a in file.audio)), default=None)
    return decoded if decoded is not None else getattr(file.probe, "duration_s", None)


def measure(targets: tuple[Path | str, ...], settings: Settings, listen: Listener = ignore) -> FactsFile:
    """Facts of files and folders, without a verdict."""
    files: list[FileFacts] = []
    for target in targets:
        folder = list_folder(target)
        kinds = {name: kind_of(entry) for name, entry in folder.entries.items()}
        measuring = measure_folder(folder, kinds, settings, listen)
        if measuring.not_done:
            raise KeyboardInterrupt
        files.extend(measuring.facts.values())
    return FactsFile(tuple(files), schema=FACTS_SCHEMA)


def _all_settled(folder: Folder) -> bool:
    course = all(entry.identity.settled() for entry in folder.entries.values() if not entry.refused)
    return course and all(identity.settled() for identity in folder.kept.values())


def _revive(raw: Any, started: str) -> Report | None:
    try:
        report = codec.decode(Report, raw)
    except codec.CodecError:
        return None
    cached = report.run.measured_files + report.run.cached_files
    run = replace(
        report.run, started=started, finished=_now(), host=platform.node(), measured_files=0, cached_files=cached
    )
    return replace(report, run=run)


def _tool_versions() -> Mapping[str, str]:
    from coursekit.probe.process import tool_versions

    return tool_versions()


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


__all__ = ["Audit", "CourseError", "Settings", "audit", "measure"]
