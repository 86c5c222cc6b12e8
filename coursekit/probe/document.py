"""Measures a supporting file: does it open, is it readable without a password, is there anything in it."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from coursekit.probe import office, pdf, subtitle, web
from coursekit.probe.facts import DocumentFacts
from coursekit.probe.limits import DOCUMENT_BYTES as MAX_BYTES
from coursekit.probe.media import MediaError
from coursekit.probe.sniff import EXTENSIONS, extension_of, read_head, recognise

VERSION = 1

Reader = Callable[[Path, DocumentFacts], DocumentFacts]

_READERS: Mapping[str, Reader] = {
    "pdf": pdf.read_pdf,
    "docx": office.read_ooxml,
    "pptx": office.read_ooxml,
    "xlsx": office.read_ooxml,
    "zip": office.read_ooxml,
    "ole": office.read_ole,
    "srt": subtitle.read_subtitle,
    "vtt": subtitle.read_subtitle,
    "ass": subtitle.read_subtitle,
    "html": web.read_html,
    "glb": web.read_glb,
    "gltf": web.read_gltf,
    "obj": web.read_obj,
    "stl": web.read_stl,
}


def measure_document(path: Path) -> DocumentFacts:
    """Facts of a supporting file. One that does not open has facts too: they say why.

    Raises MediaError only where the system would not let the file be read.
    """
    extension = extension_of(path)
    try:
        size = path.stat().st_size
        head = read_head(path)
    except OSError as error:
        raise MediaError("unreadable", error.strerror or str(error)) from error
    found = recognise(head)
    named = EXTENSIONS.get(extension, (None, ()))[1]
    seen = found.format if found is not None else named[0] if named and extension in _UNMARKED else "unknown"
    facts = DocumentFacts(format=seen, size_bytes=size)
    if size == 0:
        return replace(facts, opens=False, open_code="empty")
    if size > MAX_BYTES:
        return replace(facts, opens=False, open_code="too-large")
    if seen not in _READERS:
        # A format that is only known by its mark (rtf, fbx, ply, or a picture) opens as far as is looked here.
        return facts if found else replace(facts, opens=False, open_code="unrecognised")
    try:
        return _READERS[seen](path, facts)
    except OSError as error:
        if error.errno == errno.EINVAL:
            # The file sent its reader to a place before its beginning.
            return replace(facts, opens=False, open_code="damaged", open_detail="it refers to a place outside itself")
        raise MediaError("io", error.strerror or str(error)) from error


_UNMARKED = frozenset({"srt", "obj", "stl", "html", "htm", "xhtml"})
"""Formats without a mark at the beginning, so that only the name says what they should be."""
