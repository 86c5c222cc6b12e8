"""All that a clerk works with at once: courses, register, papers opened, and what a notice's clauses say of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from coursekit.filing.facts import FilingFacts, FilingSubject
from coursekit.filing.fill import CourseToFile, course_fields, expert_fields, operator_fields
from coursekit.filing.form import Fields, Filled, Form, fill_form, forms_of
from coursekit.filing.load import find_register, load_register
from coursekit.filing.measure import measure_filing
from coursekit.filing.model import Register
from coursekit.manifest.course import course_from_manifest
from coursekit.manifest.faults import ManifestError
from coursekit.manifest.load import find_manifest, load_manifest
from coursekit.model import Course, CourseFacts, Profile, Result, Scope
from coursekit.review.model import ReviewState, Standing
from coursekit.review.shelf import Shelf
from coursekit.review.state import review_state

CHECK = "filing/evidence"


class NothingToFile(Exception):
    """A course folder without a manifest: there is no course to speak of. `code` names a phrase of texts/cli.toml."""

    def __init__(self, code: str, **args: str) -> None:
        super().__init__(code)
        self.code = code
        self.args_ = args


@dataclass(frozen=True, slots=True)
class Desk:
    """One operator, its courses, and one notice."""

    profile: Profile
    courses: tuple[CourseToFile, ...]
    register: Register | None
    register_path: Path | None
    papers: tuple[FilingFacts, ...]
    """Per course."""

    def subject(self, index: int) -> FilingSubject:
        """The papers as a check sees them, for one course."""
        course = self.courses[index]
        facts = CourseFacts(
            Course(course.manifest.course.id, course.title, ()), {}, course.manifest, self.papers[index]
        )
        return FilingSubject(facts, self.papers[index])


@dataclass(frozen=True, slots=True)
class Made:
    """A form filled in, and for which course."""

    filled: Filled
    course: int | None
    """None: for the operator as a whole."""


def open_desk(
    folders: Sequence[Path],
    profile: Profile,
    today: date,
    *,
    register_path: Path | None = None,
    cache_root: Path | None = None,
    opinions: bool = True,
) -> Desk:
    """Read the manifests and the register, open every paper, and see how the reviews stand.

    `opinions`: what the manifests record of experts is wanted too, for which all media must be hashed once.
    """
    if register_path is None:
        found = [path for folder in folders if (path := find_register(folder)) is not None]
        register_path = found[0] if found else None
    courses, papers = [], []
    for folder in folders:
        path = find_manifest(folder)
        if path is None:
            raise NothingToFile("no-manifest-to-file", course=str(folder))
        manifest = load_manifest(path)
        if manifest.faults:
            raise ManifestError(path, manifest.faults)
        # A link that leads out of the course is refused here as everywhere.
        course_from_manifest(folder, manifest)
        spoken = Shelf(folder).receipts() or (opinions and manifest.reviews)
        review = review_state(folder, cache_root=cache_root) if spoken else ReviewState(Standing.OPEN)
        courses.append(CourseToFile(folder, manifest, review))
        papers.append(
            measure_filing(
                folder,
                manifest,
                today,
                register_path=register_path,
                review=review,
                cache_root=cache_root,
                workers=1,
            )
        )
    register = load_register(register_path) if register_path is not None else None
    return Desk(profile, tuple(courses), register, register_path, tuple(papers))


def judge_papers(desk: Desk, lang: str) -> tuple[tuple[Result, ...], ...]:
    """What the clauses about papers say, per course."""
    from coursekit.rules.judge import judge

    rules = tuple(rule for rule in desk.profile.rules if rule.check == CHECK)
    profile = dataclasses.replace(desk.profile, rules=rules)
    return tuple(
        judge((profile,), desk.subject(index).course, Scope.FILING, lang) for index in range(len(desk.courses))
    )


def make_forms(desk: Desk) -> tuple[Made, ...]:
    """Every form of the notice, filled: the operator's once, a course's once a course."""
    operator = dict(operator_fields(desk.register))
    courses = tuple(course_fields(course, desk.register) for course in desk.courses)
    made = []
    for form in forms_of(desk.profile.id):
        if form.per == "operator":
            made.append(Made(_fill(desk, form, operator, courses, ()), None))
            continue
        for index, course in enumerate(desk.courses):
            fields = {**operator, **courses[index]}
            made.append(Made(_fill(desk, form, fields, courses, expert_fields(course)), index))
    return tuple(made)


def _fill(desk: Desk, form: Form, fields: Fields, courses: Sequence[Fields], experts: Sequence[Fields]) -> Filled:
    author = desk.register.operator.name if desk.register is not None else fields.get("course.operator", "")
    return fill_form(form, fields, {"courses": courses, "experts": experts}, author)
