"""What is read of a file before anything is decoded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProbeFacts:
    """A media file's container and streams, as declared and as found in its packets."""

    container: str


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """A picture file."""

    format: str
    size_px: tuple[int, int]


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """A paper, slide deck, subtitle, web page or 3D asset."""

    format: str
