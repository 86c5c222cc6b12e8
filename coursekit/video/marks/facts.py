"""What is measured of marks laid over a picture: where, when, how strongly, and on what evidence. No opinions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class MarkKind(StrEnum):
    """How a mark behaves."""

    FIXED = "fixed"
    TILED = "tiled"
    """The same sign many times over the picture."""
    JUMPING = "jumping"
    """The same sign in turn at several places."""
    DRIFTING = "drifting"
    LAID = "laid"
    """In nearly all looks that show unlike views."""
    SHOWN = "shown"
    """There for a while: it came from one picture to the next, and went so."""
    STILL = "still"
    """Stands over a picture that does not change: only its look speaks for a mark."""


@dataclass(frozen=True, slots=True)
class ComingFacts:
    """How something came and went, told by the pictures before it, with it and after it; in shares of its usual edges
    where nothing else is said."""

    jump: float
    """What the first picture with it shows more than the last before."""
    before: float
    """What the last few before it show, on average …"""
    before_spread: float
    """… and how far they scatter."""
    after: float
    """What the first few after it show."""
    spread: float
    """How far the pictures with it scatter …"""
    least: float
    """… and the least that one of them shows."""
    own: float
    """0–1: how alike its edges run in all pictures with it …"""
    around: float
    """… and those round it …"""
    rest: float
    """… and all of the place in the last pictures before it, or in the first after it: what is pushed or carried there
    is seen on its way."""
    moved: int
    """Pictures in which the edges round it were others than in the one before …"""
    pictures: int
    """… of so many."""
    drawn: float
    """Share of the pixels with one of the five commonest levels when it went, as in `MarksFacts`."""
    step_s: float
    """Longest time between two pictures at its ends: of what comes within seconds nobody knows how it came."""


@dataclass(frozen=True, slots=True)
class MarkFacts:
    """One candidate: edges that stand still while what surrounds them changes."""

    kind: MarkKind
    box: tuple[float, float, float, float]
    """x, y, w, h as fractions of the shown picture; of a drifting mark its place at `crop_at_s`."""
    spans: tuple[tuple[float, float], ...]
    """When it was seen, seconds."""
    backgrounds: int
    """Different surroundings it was seen over, each unlike all others; counting stops at 60."""
    seen: int
    """Pictures with changed surroundings that its edges were averaged over: the median over its edges."""
    looks: int
    """How often it stood out when the averages were looked through; counting stops at 24. Of what is laid: the looks
    with a view of their own."""
    survived: int
    """Changes of background after it was first suspected through which it stayed …"""
    lost: int
    """How often it went in between and came back. Of what is laid: the looks that show it, and those that do not."""
    proof: float
    """How far what the later backgrounds showed of its edges lies beyond chance, in standard errors."""
    consistency: float
    """0–1: how alike its edges stayed over them. Chance gives 1 ÷ √seen. Of what is laid: how strongly its edges run
    the same way in all but the worst looks, less three times what chance reaches there."""
    surround: float
    """Share of the ring round it in which the picture changed as often."""
    breadth: float
    """0–0.5: share of its edges that runs across the main direction; 0 is a straight line."""
    opacity: float | None = None
    """Estimated from how much of the changes behind shines through."""
    edge_px: int = 0
    """Edge pixels at working size (long side at most 640)."""
    places: int = 1
    """Places at which the same sign was seen."""
    alike: float | None = None
    """Of a jumping mark: how alike its edges are at two places, direction for direction; −1 to 1."""
    travel: float | None = None
    """How far a drifting mark went, in widths of the picture."""
    crop_at_s: float | None = None
    """A moment at which it stands out well; of a drifting mark the one nearest to the middle of its spans."""
    signature: str | None = None
    """Its edges on a small grid, base64: to know it again at any size and opacity."""
    held: int | None = None
    """Of the looks least like each other, in how many of those that show another ground round it it is there; None
    where that cannot be told, as of what jumps or drifts …"""
    covered: int | None = None
    """… and in how many of them it is gone."""
    coming: ComingFacts | None = None
    """Of what was shown for a while. Its backgrounds are the pictures in which the edges round it were others."""
    text: str | None = None
    """What it says, where a reader was installed and could read it."""
    renewed: float | None = None
    """Share of the looks that show letters at its place, and others than the other looks do."""


class StillKind(StrEnum):
    """What speaks for a mark where nothing changes behind it."""

    WORDS = "words"
    """It names a platform, an agency, an address, an account or a claim of rights."""
    REPEATED = "repeated"
    """The same slanted sign at several places."""
    GRAPHIC = "graphic"
    """Something small and drawn at the border of what a camera sees."""
    PASSED = "passed"
    """A line of light strokes that stayed where something passed behind them."""
    SHEER = "sheer"
    """Strokes through which the grounds of several slides shine: ink of a template mostly is opaque."""


@dataclass(frozen=True, slots=True)
class StillFacts:
    """Something that stays in the looks of a lesson least like each other, and could be a mark by its own look."""

    kind: StillKind
    box: tuple[float, float, float, float]
    """x, y, w, h as fractions of the shown picture."""
    span: tuple[float, float]
    """From the first to the last look in which it stands, seconds."""
    looks: int
    """Looks that were compared."""
    places: int = 1
    """Places at which the same sign stands."""
    grounds: int = 0
    """Looks in which what is round it differs from what it usually is; of what is sheer, grounds unlike each other."""
    alone: bool = True
    """No other words stand in its row, as they do in a menu or a bar of addresses."""
    letters: int = 0
    """Strokes of one height and ink in one row; 0 where that was not counted."""
    ground_slope: float | None = None
    """Slope of brightness round it, in levels a pixel, that nine tenths of the ring stay below: a wall has 2."""
    held: int | None = None
    """Of what was passed: pieces of it, half as wide as high and counted in each look, that stayed though what is above
    them, below them and between the strokes became another …"""
    covered: int | None = None
    """… and those that did not."""
    stands: float | None = None
    """Share of the picture that looked as usual while something passed, on average over the looks."""
    opacity: float | None = None
    """Of what is sheer: how much of its grounds it hides …"""
    shown_at_s: float | None = None
    """… and when it stands out most."""
    text: str | None = None
    score: float | None = None
    """0–1: the reader's own confidence."""
    signature: str | None = None
    """Its edges on a small grid, base64, as of `MarkFacts`."""


@dataclass(frozen=True, slots=True)
class MarksFacts:
    """Marks of one video stream."""

    samples: int
    """Pictures compared."""
    changing: float
    """Share of the picture's area that changed often enough to judge by."""
    found: tuple[MarkFacts, ...] = ()
    stills: tuple[StillFacts, ...] = ()
    drawn: float | None = None
    """Share of the pixels with one of the five commonest levels: high in slides and screens, low before a camera."""
    stands: float | None = None
    """Share of the edges of the median of the looks that a look shows, usually: near 1 where the camera stands."""
    reader: str | None = None
    """The program that read the words of marks, with its version; None where none was installed."""
