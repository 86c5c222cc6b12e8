"""The points as a 1EdTech CASE 1.1 package, which other systems read as a competency framework.

Identifiers are UUIDs derived from course and point ids, so the same manifest always gives the same package.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from coursekit.manifest.model import Manifest, Point
from coursekit.manifest.vocabulary import PointKind

_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:coursekit:case:1")
_VERSION = "1.1"


def case_package(manifest: Manifest, changed: str = "2000-01-01T00:00:00+00:00") -> dict[str, Any]:
    """CFPackage. CASE demands a time of change; a manifest has none, so the caller gives it."""
    course = manifest.course
    title = manifest.standard.title if manifest.standard is not None else course.title
    document = {
        "identifier": _uuid(course.id),
        "uri": _uri(course.id),
        "creator": (manifest.standard.issuer if manifest.standard else None) or course.operator or course.title,
        "title": title,
        "lastChangeDateTime": changed,
        "language": "zh-CN",
        "caseVersion": _VERSION,
        "CFPackageURI": {"title": title, "identifier": _uuid(course.id, "package"), "uri": _uri(course.id, "package")},
    }
    groups = dict(_groups(manifest))
    items = [_group_item(manifest, key, parent, changed) for key, parent in groups.items()]
    items += [_point_item(manifest, point, changed) for point in manifest.points]
    links = [_association(manifest, "isChildOf", key, parent, changed) for key, parent in groups.items()]
    for point in manifest.points:
        parent = _parents(point)[-1] if _parents(point) else ""
        links.append(_association(manifest, "isChildOf", point.id, parent, changed))
        links += [_association(manifest, "precedes", needed, point.id, changed) for needed in point.requires]
        if point.exact_match is not None:
            links.append(_association(manifest, "exactMatchOf", point.id, None, changed, uri=point.exact_match))
    return {"CFDocument": document, "CFItems": items, "CFAssociations": links}


def case_json(manifest: Manifest) -> str:
    """The package as text."""
    return json.dumps(case_package(manifest), ensure_ascii=False, indent=2) + "\n"


def point_uri(course: str, point: str) -> str:
    """The address of a point of a course, the same in every format that names one."""
    return _uri(course, point)


def _uuid(*parts: str) -> str:
    return str(uuid.uuid5(_SPACE, "\n".join(parts)))


def _uri(*parts: str) -> str:
    return f"urn:uuid:{_uuid(*parts)}"


def _parents(point: Point) -> list[str]:
    """Keys of function and task, outermost first. The slash keeps them apart from point ids, which hold none."""
    level = point.level or 0
    keys = []
    if point.function is not None:
        keys.append(f"/{level}/{point.function}")
    if point.task is not None:
        keys.append(f"/{level}/{point.function or ''}/{point.task}")
    return keys


def _groups(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Function or task, and what it belongs to; the document is the empty key."""
    for point in manifest.points:
        parent = ""
        for key in _parents(point):
            yield key, parent
            parent = key


def _group_item(manifest: Manifest, key: str, parent: str, changed: str) -> dict[str, Any]:
    code = key.rsplit("/", 1)[1]
    kind = "工作内容" if parent else "职业功能"
    return {**_item(manifest, key, changed), "fullStatement": code, "humanCodingScheme": code, "CFItemType": kind}


def _point_item(manifest: Manifest, point: Point, changed: str) -> dict[str, Any]:
    item = {
        **_item(manifest, point.id, changed),
        "fullStatement": point.text,
        "humanCodingScheme": point.code,
        "CFItemType": "技能要求" if point.kind is PointKind.SKILL else "相关知识要求",
    }
    if point.level is not None:
        item["educationLevel"] = [str(point.level)]
    if point.critical:
        item["notes"] = "关键技能"
    return item


def _item(manifest: Manifest, key: str, changed: str) -> dict[str, Any]:
    course = manifest.course.id
    return {
        "identifier": _uuid(course, key),
        "uri": _uri(course, key),
        "lastChangeDateTime": changed,
        "language": "zh-CN",
        "CFDocumentURI": _link(manifest, ""),
    }


def _link(manifest: Manifest, key: str) -> dict[str, str]:
    parts = (manifest.course.id, key) if key else (manifest.course.id,)
    title = key or manifest.course.title
    return {"title": title, "identifier": _uuid(*parts), "uri": _uri(*parts)}


def _association(
    manifest: Manifest, kind: str, origin: str, target: str | None, changed: str, uri: str = ""
) -> dict[str, Any]:
    course = manifest.course.id
    name = (course, kind, origin, target or uri)
    other = {"title": uri, "identifier": _uuid(uri), "uri": uri} if target is None else _link(manifest, target)
    return {
        "identifier": _uuid(*name),
        "associationType": kind,
        "uri": _uri(*name),
        "originNodeURI": _link(manifest, origin),
        "destinationNodeURI": other,
        "lastChangeDateTime": changed,
    }
