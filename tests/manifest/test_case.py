"""case.json holds what CASE 1.1 requires, and hangs together."""

from __future__ import annotations

import uuid
from typing import Any

from coursekit.manifest.case import case_json, case_package
from coursekit.manifest.load import manifest_from_text
from tests.manifest.sample import sample_text

# Of the required properties of CFPackage, CFDocument, CFItem and CFAssociation in 1EdTech CASE 1.1.
REQUIRED = {
    "CFDocument": {"identifier", "uri", "creator", "title", "lastChangeDateTime", "CFPackageURI"},
    "CFItems": {"identifier", "fullStatement", "uri", "lastChangeDateTime", "CFDocumentURI"},
    "CFAssociations": {
        "identifier", "associationType", "uri", "originNodeURI", "destinationNodeURI", "lastChangeDateTime",
    },
}  # fmt: skip
LINK = {"title", "identifier", "uri"}
TYPES = {"isChildOf", "precedes", "exactMatchOf"}


def package() -> dict[str, Any]:
    text = sample_text().replace("text: 误吸的早期表现", 'exact_match: "https://example.cn/x", text: 误吸的早期表现')
    return case_package(manifest_from_text(text))


def test_required_properties() -> None:
    found = package()
    for name, required in REQUIRED.items():
        for record in [found[name]] if name == "CFDocument" else found[name]:
            assert required <= record.keys(), name
            assert all(uuid.UUID(record["identifier"]).version == 5 for _ in (0,))
            assert all(v.keys() >= LINK for k, v in record.items() if k.endswith("URI"))


def test_every_node_is_there_once_and_hangs_on_the_document() -> None:
    found = package()
    document = found["CFDocument"]["identifier"]
    items = [item["identifier"] for item in found["CFItems"]]
    assert len(items) == len(set(items))
    links = found["CFAssociations"]
    assert len({link["identifier"] for link in links}) == len(links)
    assert {link["associationType"] for link in links} == TYPES
    parent = {
        link["originNodeURI"]["identifier"]: link["destinationNodeURI"]["identifier"]
        for link in links
        if link["associationType"] == "isChildOf"
    }
    assert set(parent) == set(items)
    for item in items:
        steps = 0
        while item != document:
            item, steps = parent[item], steps + 1
            assert steps < 5


def test_same_manifest_same_bytes() -> None:
    manifest = manifest_from_text(sample_text())
    assert case_json(manifest) == case_json(manifest_from_text(sample_text()))
