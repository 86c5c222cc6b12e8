"""cmi5: the course format whose structure file names what each lesson teaches. `objectives` are the points.

The id of an objective is the address the same point has in the CASE export, so that a platform can join the two.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from coursekit.bundle.learner import Unit, title_of, units
from coursekit.bundle.pages import unit_names, write_lessons
from coursekit.bundle.plan import Plan
from coursekit.bundle.zipwrite import zip_writer
from coursekit.manifest.case import point_uri
from coursekit.report.xml import Element, document

TRACKER = "cmi5.js"
NAMESPACE = "https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd"
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:coursekit:cmi5:1")


def export(plan: Plan, target: Path) -> None:
    """Write the zip in one step."""
    lessons = units(plan)
    with zip_writer(target) as archive:
        archive.add("cmi5.xml", course_structure(plan, lessons).encode("utf-8"))
        write_lessons(plan, lessons, TRACKER, archive)


def course_structure(plan: Plan, lessons: tuple[Unit, ...]) -> str:
    """cmi5.xml."""
    package = plan.package
    root = Element("courseStructure", xmlns=NAMESPACE)
    course = root.add("course", id=_uri(package.id))
    _words(course, title_of(plan), package.summary or package.title, package.language)
    taught = {point.id: point for unit in lessons for point in unit.points}
    if taught:
        objectives = root.add("objectives")
        for point in package.points:
            if point.id in taught:
                objective = objectives.add("objective", id=point_uri(package.id, point.id))
                _words(objective, f"{point.code} {point.text}"[:120], point.text, package.language)
    for unit in lessons:
        _unit(plan, unit, root)
    return document(root)


def _unit(plan: Plan, unit: Unit, root: Element) -> None:
    package = plan.package
    au = root.add(
        "au",
        id=_uri(package.id, unit.lesson.id),
        moveOn="Completed",
        launchMethod="AnyWindow",
        activityType="http://adlnet.gov/expapi/activities/lesson",
    )
    _words(au, unit.lesson.title, unit.lesson.title, package.language)
    if unit.points:
        objectives = au.add("objectives")
        for point in unit.points:
            objectives.add("objective", idref=point_uri(package.id, point.id))
    au.add("url", unit_names(unit)[0])


def _words(parent: Element, title: str, description: str, language: str) -> None:
    parent.add("title").add("langstring", title, lang=language)
    parent.add("description").add("langstring", description, lang=language)


def _uri(*parts: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_SPACE, chr(10).join(parts))}"
