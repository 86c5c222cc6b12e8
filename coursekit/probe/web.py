"""Reads web pages and 3D models: do they open, do they stand on their own, is anything in them."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from coursekit.probe.facts import DocumentFacts
from coursekit.probe.limits import TEXT_BYTES as MAX_TEXT_BYTES
from coursekit.probe.subtitle import decode_text

_MAX_REFERENCES = 200
_LOADING = {
    "img": ("src", "srcset"),
    "script": ("src",),
    "link": ("href",),
    "iframe": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "source": ("src",),
    "track": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "image": ("href", "xlink:href"),
    "use": ("href", "xlink:href"),
}
"""Elements that fetch by themselves. A link that a reader may click fetches nothing."""
_SHOWING = frozenset({"img", "video", "audio", "canvas", "svg", "iframe", "embed", "object", "script"})
_UNSEEN = frozenset({"script", "style", "title", "template", "head"})


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.references: list[str] = []
        self.characters = 0
        self.shown = 0
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        if tag in _SHOWING:
            self.shown += 1
        wanted = _LOADING.get(tag, ())
        for name, value in attrs:
            if value and name == "srcset":
                # Several, each followed by its width.
                self.references += [part.split()[0] for part in value.split(",") if part.strip()]
            elif value and name in wanted:
                self.references.append(value.strip())

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN and self._unseen:
            self._unseen -= 1

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.characters += len(data.strip())


def read_html(path: Path, facts: DocumentFacts) -> DocumentFacts:
    """Facts of a web page: text, what it shows, and what it loads from elsewhere."""
    if facts.size_bytes > MAX_TEXT_BYTES:
        return replace(facts, opens=False, open_code="too-large")
    text, encoding = decode_text(path.read_bytes())
    if text is None:
        return replace(facts, opens=False, open_code="damaged", open_detail="no known text encoding")
    page = _Page()
    page.feed(text)
    external, beside = _split_references(page.references)
    return replace(
        facts,
        format="html",
        encoding=encoding,
        characters=page.characters,
        pictures=page.shown,
        external=external,
        beside=beside,
    )


def _split_references(references: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Hosts that are referred to, and files beside the page."""
    hosts: set[str] = set()
    beside: set[str] = set()
    for reference in references:
        try:
            parts = urlsplit(reference)
        except ValueError:
            continue
        if parts.netloc:
            hosts.add(parts.netloc.rpartition("@")[2].lower())
        elif not parts.scheme and parts.path:
            beside.add(unquote(parts.path)[:300])
    return tuple(sorted(hosts)[:_MAX_REFERENCES]), tuple(sorted(beside)[:_MAX_REFERENCES])


def read_glb(path: Path, facts: DocumentFacts) -> DocumentFacts:
    """Facts of a binary glTF model."""
    with path.open("rb") as handle:
        head = handle.read(20)
        if len(head) < 20:
            return replace(facts, opens=False, open_code="damaged", open_detail="the header is cut off")
        version, length, chunk, kind = struct.unpack_from("<III4s", head, 4)
        if length > facts.size_bytes:
            missing = f"{length - facts.size_bytes} bytes are missing"
            return replace(facts, opens=False, open_code="damaged", open_detail=missing)
        if version != 2 or kind != b"JSON" or chunk > min(length, MAX_TEXT_BYTES):
            return replace(facts, opens=False, open_code="damaged", open_detail=f"glTF version {version}")
        return _gltf(facts, handle.read(chunk))


def read_gltf(path: Path, facts: DocumentFacts) -> DocumentFacts:
    """Facts of a glTF model in JSON."""
    if facts.size_bytes > MAX_TEXT_BYTES:
        return replace(facts, opens=False, open_code="too-large")
    return _gltf(facts, path.read_bytes())


def _gltf(facts: DocumentFacts, data: bytes) -> DocumentFacts:
    try:
        scene = json.loads(data)
        meshes, accessors = scene.get("meshes", []), scene.get("accessors", [])
        places = {p["attributes"]["POSITION"] for mesh in meshes for p in mesh["primitives"]}
        vertices = sum(int(accessors[place]["count"]) for place in places)
        links = [str(item["uri"]) for key in ("buffers", "images") for item in scene.get(key, []) if "uri" in item]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        return replace(facts, opens=False, open_code="damaged", open_detail=f"{type(error).__name__}: {error}"[:200])
    external, beside = _split_references([link for link in links if not link.startswith("data:")])
    return replace(facts, vertices=vertices, external=external, beside=beside)


def read_obj(path: Path, facts: DocumentFacts) -> DocumentFacts:
    """Facts of a Wavefront model."""
    vertices = faces = 0
    with path.open("rb") as handle:
        for line in handle:
            vertices += line.startswith(b"v ")
            faces += line.startswith((b"f ", b"l ", b"p "))
            if b"\0" in line:
                return replace(facts, opens=False, open_code="unrecognised", open_detail="not text")
    if vertices == 0 and faces == 0:
        return replace(facts, opens=False, open_code="unrecognised", open_detail="no vertex, no face")
    return replace(facts, format="obj", vertices=vertices if faces else 0)


def read_stl(path: Path, facts: DocumentFacts) -> DocumentFacts:
    """Facts of an STL model, text or binary."""
    with path.open("rb") as handle:
        head = handle.read(84)
        if head.lstrip().startswith(b"solid") and b"\0" not in head:
            handle.seek(0)
            facets = sum(1 for line in handle if line.lstrip().startswith(b"facet"))
            return replace(facts, format="stl", vertices=3 * facets)
    if len(head) < 84:
        return replace(facts, opens=False, open_code="damaged", open_detail="the header is cut off")
    facets = struct.unpack_from("<I", head, 80)[0]
    missing = 84 + 50 * facets - facts.size_bytes
    if missing > 0:
        return replace(facts, opens=False, open_code="damaged", open_detail=f"{missing} bytes are missing")
    return replace(facts, format="stl", vertices=3 * facets)
