"""Reads a PDF: does it open without a password, how many pages, is there anything on them."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from coursekit.probe.aigc import find_labels, xmp_items
from coursekit.probe.facts import AigcLabel, DocumentFacts
from coursekit.probe.limits import PDF_PAGES as _MAX_PAGES

_MAX_PAGES_READ = 20
"""Whether a file is empty is known after a few pages; a scanned textbook has hundreds."""
_MAX_CHARACTERS = 100_000


def read_pdf(path: Path, facts: DocumentFacts) -> DocumentFacts:
    """Facts of a PDF."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    # pypdf writes a warning per oddity it repairs; a report has its own words for what matters.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    broken = (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, AssertionError,
              OverflowError, NotImplementedError, UnicodeError, ArithmeticError, LookupError)  # fmt: skip
    with path.open("rb") as handle:
        try:
            reader = PdfReader(handle, strict=False)
            if reader.is_encrypted and not reader.decrypt(""):
                return replace(facts, opens=False, open_code="encrypted", encrypted=True)
            pages = len(reader.pages)
        except broken as error:
            detail = f"{type(error).__name__}: {error}"[:200]
            code = "encrypted" if "crypt" in detail.lower() else "damaged"
            return replace(facts, opens=False, open_code=code, encrypted=code == "encrypted", open_detail=detail)
        if pages > _MAX_PAGES:
            return replace(facts, opens=False, open_code="too-large", open_detail=f"{pages} pages")
        characters = pictures = 0
        for number in range(min(pages, _MAX_PAGES_READ)):
            try:
                page = reader.pages[number]
                characters += len(page.extract_text().strip())
                pictures += _drawn(page)
            except broken:
                # A page whose text does not come out may still show; it counts as one that shows something.
                pictures += 1
            if characters > _MAX_CHARACTERS:
                break
        labels = _labels(reader, broken)
    return replace(
        facts,
        pages=pages,
        characters=characters,
        pictures=pictures,
        encrypted=bool(reader.is_encrypted),
        aigc=labels,
    )


def _drawn(page: Any) -> int:
    """Pictures and drawings on a page: a scan has no text and is not empty."""
    resources = page.get("/Resources", {}).get_object()
    objects = resources.get("/XObject") if resources else None
    count = len(objects.get_object()) if objects is not None else 0
    if count == 0:
        content = page.get_contents()
        data = content.get_data() if content is not None else b""
        # Path painting operators: a page of vector drawing without text or pictures.
        count = int(any(mark in data.split() for mark in (b"f", b"f*", b"S", b"B", b"sh")))
    return count


def _labels(reader: Any, broken: tuple[type[Exception], ...]) -> tuple[AigcLabel, ...]:
    items: list[tuple[str, str, str]] = []
    try:
        items += [("pdf-info", str(key).lstrip("/"), str(value)) for key, value in (reader.metadata or {}).items()]
        packet = reader.root_object.get("/Metadata")
        if packet is not None:
            items += xmp_items("xmp", packet.get_object().get_data())
    except broken:
        return find_labels(items)
    return find_labels(items)
