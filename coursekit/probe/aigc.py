"""The metadata label of generated content: GB 45438-2025, 附录 E.

The standard asks for a metadata item `AIGC` whose value is JSON with Label (1 generated, 2 possibly, 3 suspected),
ContentProducer, ProduceID, ReservedCode1, ContentPropagator, PropagateID and ReservedCode2. Where an item lives is each
format's own affair, so whoever reads a format hands its items over as (place, key, text).
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable

from coursekit.probe.facts import AigcLabel

FIELDS = (
    "Label",
    "ContentProducer",
    "ProduceID",
    "ReservedCode1",
    "ContentPropagator",
    "PropagateID",
    "ReservedCode2",
)
_MAX_RAW = 4000
_MAX_FIELD = 500
_IN_TEXT = re.compile(r'\{[^{}]*"AIGC"\s*:', re.ASCII)
_XMP_ELEMENT = re.compile(rb"<(?:[\w.-]+:)?AIGC(?:\s[^>]*)?>(.*?)</(?:[\w.-]+:)?AIGC>", re.DOTALL)
_XMP_ATTRIBUTE = re.compile(rb"""\s(?:[\w.-]+:)?AIGC\s*=\s*("[^"]*"|'[^']*')""")


def find_labels(items: Iterable[tuple[str, str, str]]) -> tuple[AigcLabel, ...]:
    """Labels among metadata items (place, key, text): by key, or by a text that is JSON with an `AIGC` member.

    Several readers may see the same item; each value is kept once, at the first place given.
    """
    found: dict[str, AigcLabel] = {}
    for place, key, text in items:
        named = key.rsplit(":", 1)[-1].rsplit(".", 1)[-1].strip().upper() == "AIGC"
        if not named and _IN_TEXT.search(text[:_MAX_RAW]) is None:
            continue
        label = _label(place if named else f"{place}/{key}", text)
        found.setdefault(label.raw, label)
    return tuple(found.values())


def xmp_items(place: str, packet: bytes) -> list[tuple[str, str, str]]:
    """AIGC items of an XMP packet. Read by pattern: an XML parser would have to be defended against the packet."""
    values = [match.group(1) for match in _XMP_ELEMENT.finditer(packet)]
    values += [match.group(1)[1:-1] for match in _XMP_ATTRIBUTE.finditer(packet)]
    return [(place, "AIGC", html.unescape(value.decode("utf-8", "replace")).strip()) for value in values]


def _label(place: str, text: str) -> AigcLabel:
    raw = text[:_MAX_RAW]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return AigcLabel(place, raw, problem="not-json")
    if isinstance(value, dict) and isinstance(value.get("AIGC"), dict):
        value = value["AIGC"]
    if not isinstance(value, dict):
        return AigcLabel(place, raw, problem="not-an-object")
    # JSON may escape half of a surrogate pair; UTF-8 cannot hold one.
    fields = {
        name: str(value[name])[:_MAX_FIELD].encode("utf-8", "replace").decode("utf-8")
        for name in FIELDS
        if name in value
    }
    problem = None if fields.get("Label") in ("1", "2", "3") else "no-label"
    return AigcLabel(place, raw, fields, problem)
