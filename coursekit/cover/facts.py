"""What is measured of marks on one picture. No opinions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NameShape:
    """The place that looks most like the name of a stock agency or platform."""

    name: str
    box: tuple[float, float, float, float]
    """x, y, w, h as fractions of the shown picture."""
    likeness: float
    """0–1: correlation of the edges there with the name's outline."""
    standout: float
    """How far it stands above all other places, in their standard deviations."""
    lead: float
    """Its standout over that of the best other word: busy pictures resemble every word a little."""


@dataclass(frozen=True, slots=True)
class PictureWords:
    """A line of text that was read."""

    text: str
    box: tuple[float, float, float, float]
    score: float
    """0–1, the reader's own."""


@dataclass(frozen=True, slots=True)
class PictureMarks:
    """Marks of one picture."""

    name: NameShape | None = None
    words: tuple[PictureWords, ...] = ()
    signature: str | None = None
    """Edges of the picture's own content on a small grid: a registered mark is known by it."""
    reader: str | None = None
    """The program that read the words, with its version; None where none was installed."""
