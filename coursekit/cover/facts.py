"""What is measured of marks on one picture. No opinions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PictureMark:
    """Lettering or a sign through which the picture shines, or words that were read."""

    kind: str
    """`translucent`, `tiled`, `words`."""
    box: tuple[float, float, float, float]
    """x, y, w, h as fractions of the shown picture."""
    strength: float
    """0–1: how well one veil of a single colour explains what lies under the sign."""
    opacity: float | None = None
    strokes: int = 0
    """Separate strokes or letters of it."""
    places: int = 1
    signature: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class PictureMarks:
    """Marks of one picture."""

    found: tuple[PictureMark, ...] = ()
    signature: str | None = None
    """Edges of the picture's own content on a small grid: a registered mark is known by it."""
    reader: str | None = None
    """The program that read the words, with its version; None where none was installed."""
