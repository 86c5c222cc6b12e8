"""From a course folder to a `Plan`: audited, approved, and nothing about a person in it.

A package is refused unless the audit found the course to conform in the scope it was judged in and, where a profile
asks for experts, the experts approved these very bytes. A draft waives both, and says so wherever it is looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from coursekit import __version__, codec
from coursekit.bundle.model import (
    Approval,
    Decision,
    FileRole,
    Package,
    PackagedFile,
    PackagedLesson,
    PackagedPoint,
    PackagedProfile,
    PackagedSubtitle,
    PackagedTeaching,
)
from coursekit.bundle.names import collision, name_fault
from coursekit.bundle.plan import RECORDS, Plan
from coursekit.files import sha256_of
from coursekit.folder import Folder
from coursekit.manifest.course import normal
from coursekit.manifest.coverage import build_matrix
from coursekit.manifest.digest import course_digest
from coursekit.manifest.model import LessonEntry, Manifest
from coursekit.manifest.vocabulary import MediaRole
from coursekit.manifest.write import manifest_json
from coursekit.model import FileFacts, Method, Outcome, Profile, Report
from coursekit.pipeline import Listener, audit, ignore, load_course, load_profiles
from coursekit.review.model import ReviewState, Standing
from coursekit.review.state import review_state
from coursekit.settings import Settings

_REVIEWS = {
    Standing.OPEN: "review-open",
    Standing.STALE: "review-stale",
    Standing.REFUSED: "review-refused",
}


class Refusal(Exception):
    """Why no package is made. `code` names a phrase of texts/package.toml; `undecided` is for exit code 3."""

    def __init__(self, code: str, *, undecided: bool = False, **args: str) -> None:
        super().__init__(code)
        self.code = code
        self.undecided = undecided
        self.args_ = args


def plan_package(course: Path, settings: Settings, *, draft: bool = False, listen: Listener = ignore) -> Plan:
    """Audit the course, look at its review, decide what the package will hold. Refusal where it may not be made."""
    if not course.is_dir():
        raise Refusal("not-a-course-folder", course=str(course))
    done = audit(course, settings, listen, want_facts=True)
    manifest, _, _ = load_course(done.folder)
    if manifest is None:
        raise Refusal("no-manifest-to-pack", course=str(course))
    report = done.report
    assert done.facts is not None
    if not draft:
        _must_conform(report)
    facts = {normal(f.path): f for f in done.facts.files}
    sources, files = _files(manifest, done.folder, facts)
    hashes = {f.path: f.sha256 for f in files}
    profiles = load_profiles(settings.profiles)
    state = review_state(done.folder.root, hashes=hashes, cache_root=settings.cache_root)
    approval = _approval(manifest, profiles, state)
    if not draft and approval.required and not approval.approved:
        raise Refusal(_REVIEWS[state.standing])
    version = course_digest(manifest, hashes)
    assert version is not None, "_files has found every one"
    package = _package(manifest, report, settings, approval, files, version, draft=draft)
    return Plan(package, sources, _records(manifest, report, package), _tools(report))


def _must_conform(report: Report) -> None:
    outcome, scope = report.summary.outcome, report.summary.scope.value
    if outcome is Outcome.UNDECIDED:
        raise Refusal("audit-undecided", undecided=True, scope=scope)
    if outcome is not Outcome.CONFORMS:
        raise Refusal("audit-does-not-conform", scope=scope)


# ----------------------------------------------------------------------------------------------------------- the files


def _files(
    manifest: Manifest, folder: Folder, facts: Mapping[str, FileFacts]
) -> tuple[dict[str, Path], tuple[PackagedFile, ...]]:
    entries = {normal(name): entry for name, entry in folder.entries.items()}
    sources: dict[str, Path] = {}
    files: list[PackagedFile] = []
    roles = dict(_roles(manifest))
    for path, role in sorted(roles.items()):
        entry = entries.get(path)
        if entry is None or entry.refused:
            raise Refusal("file-not-there", file=path)
        if (code := name_fault(path)) is not None:
            raise Refusal("name-not-portable", file=path, why=code)
        known = facts.get(path)
        sha256 = known.sha256 if known is not None and known.sha256 else sha256_of(entry.path)
        sources[path] = entry.path
        files.append(PackagedFile(path, sha256, known.size_bytes if known else entry.path.stat().st_size, role))
    if (clash := collision(roles)) is not None:
        raise Refusal("name-not-portable", file=clash[0], why=clash[1])
    return sources, tuple(files)


def _roles(manifest: Manifest) -> Iterable[tuple[str, FileRole]]:
    """Later ones win: a lesson's main file is its media, whatever else it serves as."""
    for assessment in manifest.assessments:
        if assessment.file:
            yield normal(assessment.file), FileRole.ASSESSMENT
    for cover in (*(c.file for c in manifest.course.covers), *(le.cover for le in manifest.lessons)):
        if cover:
            yield normal(cover), FileRole.COVER
    media = [m for lesson in manifest.lessons for m in lesson.media]
    for item in media:
        for subtitle in item.subtitles:
            yield normal(subtitle.file), FileRole.SUBTITLE
    for item in sorted(media, key=lambda m: m.role is MediaRole.MAIN):
        if item.file:
            yield normal(item.file), FileRole.MEDIA if item.role is MediaRole.MAIN else FileRole.SUPPLEMENT


# --------------------------------------------------------------------------------------------------------- what it says


def _package(
    manifest: Manifest,
    report: Report,
    settings: Settings,
    approval: Approval,
    files: tuple[PackagedFile, ...],
    version: str,
    *,
    draft: bool,
) -> Package:
    course = manifest.course
    durations = {normal(le.path): le.duration_s for le in report.course.lessons}
    by_path = {f.path: f for f in files}
    return Package(
        id=course.id,
        title=course.title,
        version=version,
        draft=draft,
        outcome=report.summary.outcome.value,
        scope=report.summary.scope.value,
        fail_on=settings.fail_on.value,
        profiles=tuple(PackagedProfile(p.id, p.hash, p.title) for p in report.profiles),
        approval=approval,
        lessons=tuple(_lesson(lesson, by_path, durations) for lesson in manifest.lessons),
        points=tuple(PackagedPoint(p.id, p.kind.value, p.code, p.text, p.level) for p in manifest.points),
        files=files,
        occupation=course.occupation.name if course.occupation else None,
        occupation_code=course.occupation.code if course.occupation else None,
        levels=course.levels,
        operator=course.operator,
        summary=course.summary,
        use_from=course.use_from.isoformat() if course.use_from else None,
        use_until=course.use_until.isoformat() if course.use_until else None,
    )


def _lesson(
    lesson: LessonEntry, files: Mapping[str, PackagedFile], durations: Mapping[str, float | None]
) -> PackagedLesson:
    main = files.get(normal(lesson.main.file)) if lesson.main is not None else None
    return PackagedLesson(
        id=lesson.id,
        title=lesson.title,
        path=main.path if main else None,
        sha256=main.sha256 if main else None,
        size_bytes=main.size_bytes if main else None,
        duration_s=durations.get(main.path) if main else None,
        mode=lesson.mode.value,
        part=lesson.part.value,
        hours=codec.encode(lesson.hours),
        teaches=tuple(PackagedTeaching(t.point, t.depth.value) for t in lesson.teaches),
        supplements=tuple(normal(m.file) for m in lesson.media if m.role is not MediaRole.MAIN),
        subtitles=tuple(PackagedSubtitle(normal(s.file), s.language) for m in lesson.media for s in m.subtitles),
        cover=normal(lesson.cover) if lesson.cover else None,
    )


def _approval(manifest: Manifest, profiles: Iterable[Profile], state: ReviewState) -> Approval:
    required = any(r.method is Method.HUMAN or r.check == "manifest/experts" for p in profiles for r in p.rules)
    aliases = _aliases(manifest)
    decisions = tuple(
        Decision(
            aliases[expert.id], expert.verdict.value, ".", expert.course_sha256, expert.reviewed_on, expert.decision
        )
        for expert in state.experts
        if expert.verdict is not None and expert.course_sha256 is not None and expert.id in aliases
    )
    until = manifest.course.use_until
    return Approval(
        required=required,
        approved=state.approved,
        on=max((d.decided_on for d in decisions if d.decided_on), default=None),
        until=until.isoformat() if until else None,
        decisions=decisions,
    )


def _aliases(manifest: Manifest) -> Mapping[str, str]:
    return {expert.id: f"expert-{number}" for number, expert in enumerate(manifest.experts, 1)}


def _tools(report: Report) -> Mapping[str, str]:
    return {"coursekit": __version__, **report.run.tools}


# ------------------------------------------------------------------------------------------------------------- records


def _records(manifest: Manifest, report: Report, package: Package) -> Mapping[str, bytes]:
    coverage = [
        {
            "point": row.point.id,
            "taught": {
                lesson.id: depth.value
                for lesson, depth in zip(manifest.lessons, row.depths, strict=True)
                if depth is not None
            },
            "assessed": row.assessed,
            "gaps": list(row.gaps),
        }
        for row in build_matrix(manifest).rows
    ]
    texts = {
        "package.json": codec.dumps(package),
        "course.json": manifest_json(_without_people(manifest)),
        "report.json": _report_without_people(manifest, report),
        "decisions.json": codec.dumps(package.approval),
        "coverage.json": json.dumps({"points": coverage}, ensure_ascii=False, indent=1) + "\n",
    }
    return {name: texts[name].encode("utf-8") for name in RECORDS}


def _without_people(manifest: Manifest) -> Manifest:
    """The manifest a platform needs: no experts, no reviews, no papers, no proofs of right."""
    return replace(
        manifest,
        standard=replace(manifest.standard, file=None, sha256=None) if manifest.standard else None,
        rights=tuple(replace(r, holder=None, file=None, scope=None) for r in manifest.rights),
        marks=tuple(replace(m, file=None) for m in manifest.marks),
        experts=(),
        reviews=(),
        papers=(),
    )


def _report_without_people(manifest: Manifest, report: Report) -> str:
    """The report with the run's time and host left out and people under numbers: the same input, the same bytes."""
    run = report.run
    blank = replace(run, started="", finished="", host="", measured_files=run.measured_files + run.cached_files)
    text = codec.dumps(replace(report, run=replace(blank, cached_files=0)))
    names: dict[str, str] = {}
    for expert, alias in zip(manifest.experts, _aliases(manifest).values(), strict=True):
        for value in (expert.name, expert.phone, expert.affiliation):
            if value and len(value) > 1 and value != manifest.course.operator:
                names.setdefault(value, alias)
    waivers = [f.waiver for r in report.results for f in r.findings if f.waiver is not None]
    for who in sorted({w.who for w in waivers} | {w.who for w in report.waivers}):
        # Experts who settled a finding are named there together; they have their numbers.
        if not any(name in who for name in names):
            names[who] = f"person-{len(names) + 1}"
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(json.dumps(name, ensure_ascii=False)[1:-1], names[name])
    return text
