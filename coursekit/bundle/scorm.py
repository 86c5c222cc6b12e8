"""SCORM 1.2: what nearly every learning platform imports. One SCO a lesson, in order.

A lesson is `completed` once 95 % of it were really played; where a learner stops, the next visit begins. The points a
lesson teaches stand in its metadata as educational objectives.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from coursekit.bundle.learner import Unit, title_of, units
from coursekit.bundle.model import PackagedPoint
from coursekit.bundle.pages import shared_names, unit_names, write_lessons
from coursekit.bundle.plan import Plan
from coursekit.bundle.zipwrite import zip_writer
from coursekit.manifest.case import point_uri
from coursekit.report.xml import Element, document

TRACKER = "scorm12.js"
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:coursekit:scorm:1")
_LOM = "LOMv1.0"
_NAMESPACES = {
    "xmlns": "http://www.imsproject.org/xsd/imscp_rootv1p1p2",
    "xmlns:adlcp": "http://www.adlnet.org/xsd/adlcp_rootv1p2",
    "xmlns:imsmd": "http://www.imsglobal.org/xsd/imsmd_rootv1p2p1",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": "http://www.imsproject.org/xsd/imscp_rootv1p1p2 imscp_rootv1p1p2.xsd "
    "http://www.imsglobal.org/xsd/imsmd_rootv1p2p1 imsmd_rootv1p2p1.xsd "
    "http://www.adlnet.org/xsd/adlcp_rootv1p2 adlcp_rootv1p2.xsd",
}


def export(plan: Plan, target: Path) -> None:
    """Write the zip in one step."""
    lessons = units(plan)
    with zip_writer(target) as archive:
        # First, because importers look for it and some give up after the first entries.
        archive.add("imsmanifest.xml", imsmanifest(plan, lessons).encode("utf-8"))
        write_lessons(plan, lessons, TRACKER, archive)


def imsmanifest(plan: Plan, lessons: tuple[Unit, ...]) -> str:
    """The manifest of the package."""
    package = plan.package
    name = f"ck-{uuid.uuid5(_SPACE, package.id)}"
    root = Element("manifest", identifier=name, version="1.2", **_NAMESPACES)
    about = root.add("metadata")
    about.add("schema", "ADL SCORM")
    about.add("schemaversion", "1.2")
    general = about.add("imsmd:lom").add("imsmd:general")
    _langstring(general.add("imsmd:title"), title_of(plan), package.language)
    general.add("imsmd:language", package.language)
    if package.summary:
        _langstring(general.add("imsmd:description"), package.summary, package.language)
    organization = root.add("organizations", default="course").add("organization", identifier="course")
    organization.add("title", title_of(plan))
    for unit in lessons:
        # Written out although it is the default: Open edX shows no menu entry without it.
        item = organization.add(
            "item", identifier=f"item-{unit.number:03d}", identifierref=f"sco-{unit.number:03d}", isvisible="true"
        )
        item.add("title", unit.lesson.title)
    resources = root.add("resources")
    for unit in lessons:
        _resource(plan, unit, resources)
    shared = resources.add("resource", identifier="shared", type="webcontent", **{"adlcp:scormtype": "asset"})
    for path in shared_names(TRACKER):
        shared.add("file", href=path)
    return document(root)


def _resource(plan: Plan, unit: Unit, resources: Element) -> None:
    names = unit_names(unit)
    resource = resources.add(
        "resource",
        identifier=f"sco-{unit.number:03d}",
        type="webcontent",
        href=names[0],
        **{"adlcp:scormtype": "sco"},
    )
    if unit.points:
        lom = resource.add("metadata").add("imsmd:lom")
        for point in unit.points:
            _objective(plan, point, lom)
    for name in names:
        resource.add("file", href=name)
    resource.add("dependency", identifierref="shared")


def _objective(plan: Plan, point: PackagedPoint, lom: Element) -> None:
    objective = lom.add("imsmd:classification")
    purpose = objective.add("imsmd:purpose")
    _langstring(purpose.add("imsmd:source"), _LOM, "x-none")
    _langstring(purpose.add("imsmd:value"), "Educational Objective", "x-none")
    taxon = objective.add("imsmd:taxonpath").add("imsmd:taxon")
    taxon.add("imsmd:id", point_uri(plan.package.id, point.id))
    _langstring(taxon.add("imsmd:entry"), f"{point.code} {point.text}", plan.package.language)


def _langstring(parent: Element, text: str, language: str) -> None:
    parent.add("imsmd:langstring", text, **{"xml:lang": language})
