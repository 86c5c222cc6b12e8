"""What is measured of one video stream: numbers and candidate spans, no opinions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from coursekit.probe.facts import DecodeError
from coursekit.video.marks.facts import MarksFacts


@dataclass(frozen=True, slots=True)
class ShakeSpan:
    """Camera shake, measured on the background."""

    start_s: float
    end_s: float
    strength_pct: float
    """Swing (peak of a sine of the same power), % of the picture's width: mean over the span."""
    peak_pct: float
    """The strongest two seconds of it."""
    peak_at_s: float
    """Where those two seconds begin."""
    quick_pct: float
    """The same of what is quicker than 2 Hz: trembling and bumps, not a camera swung about."""
    freq_hz: float
    """Dominant frequency."""
    share: float
    """Share of the points that follow the movement fitted: how sure it is that the whole background moves."""


@dataclass(frozen=True, slots=True)
class MotionFacts:
    """Movement of the picture as a whole."""

    followed_s: float
    """Time over which the background could be followed, stillness included."""
    still_s: float
    """Time over which the picture did not move at all."""
    shake: tuple[ShakeSpan, ...] = ()
    path_s: float = 0.0
    """Step of `path_pct`."""
    path_pct: tuple[tuple[float, float], ...] = ()
    """The background's path in the strongest shake, for up to four seconds from its `peak_at_s` on: % of the width."""


@dataclass(frozen=True, slots=True)
class FreezeSpan:
    """A picture that stands still for half a second or more, and what surrounds it.

    Changes are mean absolute differences between neighbouring pictures of about 320 px, in levels of 256.
    """

    start_s: float
    end_s: float
    frames: int
    """Repeats in it."""
    after_cut: bool
    """It begins at a cut, or right after one: an inserted still, a slide."""
    before_cut: bool
    """A cut ends it."""
    at_start: bool
    at_end: bool
    """It lasts to the end of the stream."""
    change_before: float
    """Median over the second before."""
    change_last: float
    """Of the frame that then stays: an animation has slowed down by then, a stuck picture has not."""
    change_after: float
    resume_change: float
    """Of the first frame that moves again: large when time went on unseen."""
    alive_before: float
    """Share of the picture in which anything changed, median over the second before."""
    alive_after: float
    still_around: float
    """Share of repeats in the ten seconds before and after."""
    bytes_ratio: float | None = None
    """Median packet in it over median packet in the second before."""
    change_within: float | None = None
    """Of its own pictures, the tenth that change most: next to nothing where they are exact repeats."""


@dataclass(frozen=True, slots=True)
class BlackSpan:
    """A black picture."""

    start_s: float
    end_s: float
    level: float
    """Mean brightness, 16 is black."""
    at_start: bool
    at_end: bool
    faded_out: bool
    """The picture before it went dark by degrees."""
    faded_in: bool


@dataclass(frozen=True, slots=True)
class StillnessFacts:
    """Pictures that do not change, and black ones."""

    still_share: float
    """Share of all frames that repeat the one before: high for slides, next to nothing for a camera."""
    freezes: tuple[FreezeSpan, ...] = ()
    blacks: tuple[BlackSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class StutterSpan:
    """Moving pictures among which some repeat the one before, or stay too long, without a rhythm."""

    start_s: float
    end_s: float
    count: int
    """Pictures repeated or missing."""
    share: float
    """Of the frames due in the span."""
    longest_s: float
    """The longest time for which one picture stood among moving ones."""
    leap: float
    """Median change after a repeat, in usual changes: about 2 where the repeat stands for a lost picture. After repeats
    that are not exact, of the place that moves most."""
    alive: float
    """Share of the picture that lives in the frames around: 1 for a camera, little for drawn or screen motion."""
    rhythm: float
    """How regular the repeats come, in the span or, where it shares the beat of the lesson, in all of it: 1 where a
    rate was converted."""
    sure: float = 1.0
    """Share of the count that repeats the picture before exactly, or is missing by the times; the rest only moves far
    less than its neighbours do, as repeats look after strong compression."""


@dataclass(frozen=True, slots=True)
class LeapSpan:
    """One camera's picture that leaps ahead between two frames: time is missing though the timestamps go on."""

    start_s: float
    end_s: float
    count: int
    strength: float
    """Change at the largest leap over the changes beside it."""


@dataclass(frozen=True, slots=True)
class PaceFacts:
    """Evenness of movement in time."""

    stutter: tuple[StutterSpan, ...] = ()
    leaps: tuple[LeapSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class FlickerSpan:
    """Brightness or colour that swings over the whole picture."""

    start_s: float
    end_s: float
    kind: str
    """`brightness` (strength in % of the level) or `colour` (in levels of 256 of Cb or Cr)."""
    strength: float
    """Swing: peak of a sine of the same power, in the strongest two seconds."""
    freq_hz: float
    share: float
    """Share of the picture that takes part."""


@dataclass(frozen=True, slots=True)
class FlashSpan:
    """Flashes after ITU-R BT.1702 and WCAG, following within a second of each other."""

    start_s: float
    end_s: float
    per_second: int
    """Most in any one second."""
    count: int
    kind: str = "general"
    """`general` (bright and dark) or `red` (to and from saturated red)."""


@dataclass(frozen=True, slots=True)
class DriftSpan:
    """One shot whose colour or brightness is another at its end than at its beginning."""

    start_s: float
    end_s: float
    colour_levels: float
    """Shift in the Cb–Cr plane, levels of 256."""
    brightness_levels: float
    share: float
    """Share of the picture that takes part."""
    alike: float
    """Correlation of the first and the last picture: 1 where the camera looks at the same thing all the time."""


@dataclass(frozen=True, slots=True)
class LightFacts:
    """Brightness and colour of the whole picture over time."""

    flicker: tuple[FlickerSpan, ...] = ()
    flashes: tuple[FlashSpan, ...] = ()
    drift: tuple[DriftSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class SoftSpan:
    """Pictures with much less detail than the stream's best."""

    start_s: float
    end_s: float
    detail: float


@dataclass(frozen=True, slots=True)
class ClarityFacts:
    """Detail that the pictures really hold. 1 is as fine as their pixels; a blown-up 480 of 1080 lines has 0.44."""

    samples: int
    judged: int
    """Samples that held enough to judge by."""
    detail: float | None = None
    """Of the stream's better pictures."""
    detail_median: float | None = None
    detail_across: float | None = None
    """Along the rows only."""
    detail_along: float | None = None
    """Along the columns only."""
    lines: int | None = None
    """`detail` × the shorter side: what size the pictures were made for."""
    blocking: float | None = None
    """Steps at the 8 × 8 grid over steps elsewhere."""
    focused: float | None = None
    """Share of the places with most detail that are as fine as their pixels, lines of letters left out; mean."""
    soft: tuple[SoftSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class CombedSpan:
    """Pictures in which moving edges are combed: two fields shown as one."""

    start_s: float
    end_s: float
    combing: float
    """Share of the moving area that is combed, median of the samples."""
    pictures: int = 0
    """Samples that are combed."""
    order: float = 0.0
    """Mean order in time of their fields and those of the pictures beside them, as in `WovenSpan`."""
    certainty: float = 0.0
    """`order` over its error."""
    ragged: float = 1.0
    """As in `WovenSpan`."""


@dataclass(frozen=True, slots=True)
class WovenSpan:
    """Moving pictures whose upper and lower lines were taken at different times."""

    start_s: float
    end_s: float
    pairs: int
    """Pairs of neighbouring pictures compared."""
    order: float
    """Mean logarithm of how ill the fields of neighbours fit one way, over the other way: 0 where there is no order in
    time. Negative: upper lines first."""
    certainty: float
    """`order` over its error."""
    ragged: float
    """How ill the lines of one picture fit each other, over how ill those of neighbours do."""


@dataclass(frozen=True, slots=True)
class InterlaceFacts:
    """Combing, looked for where something moves."""

    samples: int
    """Pictures with enough movement to look."""
    combed: int
    """Of these, pictures that are combed."""
    flagged: int
    """Of these, pictures flagged as interlaced."""
    spans: tuple[CombedSpan, ...] = ()
    woven: tuple[WovenSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class LetteringFacts:
    """Lines of Chinese letters in a few stills that differ from one another."""

    stills: int
    """Stills that have two lines and more."""
    lines: int
    breadth: float
    """Median width over height of the letters of a line, as shown: about 1 in common faces, however widely spaced."""
    agree: float
    """Share of the lines that are within a twelfth of it."""


@dataclass(frozen=True, slots=True)
class GeometryFacts:
    """Shape of the picture: bars round it and what it was declared to be."""

    sample_aspect: Fraction
    rotation_deg: int
    bars: tuple[float, float, float, float]
    """Black bars left, top, right, bottom that stay throughout, as fractions of the shown picture."""
    bars_share: float
    """Share of the samples that have them all."""
    active_aspect: float
    """Width over height of what is left between the bars, as shown."""
    lettering: LetteringFacts | None = None
    """None where no still has two lines of Chinese letters."""


@dataclass(frozen=True, slots=True)
class JoinDifference:
    """A cut between two shots that show the same scene, and how their colours differ there."""

    time_s: float
    matches: int
    """Places found in both shots."""
    agree: float
    """Share of the places that agree on the difference."""
    brightness_pct: float
    """Second shot against first."""
    contrast_pct: float
    colour_levels: float
    """Shift in the Cb–Cr plane, levels of 256."""
    delta_e: float
    """All together as a colour distance (CIE 1976)."""
    alive: float
    """Share of the picture that lives on the stiller side: slides of one design share places too, but nothing lives."""
    moved_pct: float
    """How far the places lie apart in both pictures, % of the width: little where one camera's light changed."""
    before_s: float
    """Time of the frame compared, before the cut."""
    after_s: float
    even: float | None = None
    """Where the view stays: share of its parts that changed as one tone curve says; a lamp lights some of them only."""


@dataclass(frozen=True, slots=True)
class JoinFacts:
    """Colour at the cuts."""

    cuts: int
    same_scene: int
    """Cuts at which both sides show the same scene; not asked of slides, where nothing lives on either side."""
    same_scene_s: tuple[float, ...] = ()
    """Their times; the first 500."""
    differences: tuple[JoinDifference, ...] = ()
    """The strongest ones, in order of time."""


class LipReason(StrEnum):
    """Why nothing can be said of lips."""

    NO_STRETCH = "no-stretch"
    """Too little moving picture of one view without a cut."""
    NO_VOICE = "no-voice"
    """Nobody speaks in such stretches."""
    EVERYWHERE = "everywhere"
    """What follows the voice is no small place of the picture."""
    NO_MATCH = "no-match"
    """No place follows the voice with one and the same lag."""


@dataclass(frozen=True, slots=True)
class LipFacts:
    """How the voice follows the place of the picture that goes with it best: a mouth, where one is seen."""

    reason: LipReason | None = None
    """None where there is an estimate; how far it is to be trusted says `strength`."""
    windows: tuple[tuple[float, float], ...] = ()
    """Stretches looked at, s."""
    strength: float | None = None
    """Height of the peak over the highest that chance gives in the same material."""
    lag_ms: int | None = None
    """By which the voice comes after the movement; lips in step lead by some tens of milliseconds."""
    low_ms: int | None = None
    high_ms: int | None = None
    """Between these it lies in 95 of 100 redraws of the material."""
    box: tuple[float, float, float, float] | None = None
    """The place: x, y, width and height as fractions of the picture."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a stream was decoded."""

    thorough: bool
    """Every picture was."""
    decoded: int
    """Pictures decoded."""
    repeats: int
    """Pictures entered as repeats of the one before because their packets say so; most of these were not decoded."""
    left_out: int
    """Moving pictures of which only the packets were looked at."""
    looked_s: float
    """Time that the decoded pictures and the repeats cover."""
    longest_gap_s: float
    """The longest time over which moving pictures were left out."""


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """One video stream, looked at from end to end."""

    stream: int
    """Index of the stream in its file."""
    coded_px: tuple[int, int]
    display_px: tuple[int, int]
    """As shown: sample aspect and rotation applied."""
    frame_rate: Fraction | None
    decoded_s: float
    frames: int
    cuts_s: tuple[float, ...]
    """Presentation times of the first frame after each cut."""
    first_s: float = 0.0
    """Presentation time of the first frame."""
    decode_errors: tuple[DecodeError, ...] = ()
    motion: MotionFacts | None = None
    stillness: StillnessFacts | None = None
    pace: PaceFacts | None = None
    light: LightFacts | None = None
    clarity: ClarityFacts | None = None
    interlace: InterlaceFacts | None = None
    geometry: GeometryFacts | None = None
    joins: JoinFacts | None = None
    marks: MarksFacts | None = None
    coverage: Coverage | None = None
    lips: LipFacts | None = None
