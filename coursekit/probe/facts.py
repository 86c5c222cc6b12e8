"""What is read of a file before anything is decoded: numbers and names, no opinions.

Facts speak of bytes alone, never of the file's name or neighbours: they are kept by content, and a renamed file has the
same ones. Whether a name belies its content is for a check, which knows both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from coursekit.cover.facts import PictureMarks


class StreamKind(StrEnum):
    """What a stream carries."""

    VIDEO = "video"
    AUDIO = "audio"
    SUBTITLE = "subtitle"
    DATA = "data"
    ATTACHMENT = "attachment"


@dataclass(frozen=True, slots=True)
class DecodeError:
    """A place where a decoder complained. Added by the audio and video passes to their own facts."""

    time_s: float | None
    """Presentation time of the first complaint of the run; None where no time was known."""
    count: int
    """Complaints merged into this one."""
    detail: str
    """The decoder's own words."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A fault of the container itself, where it is."""

    code: str
    """kebab-case: `truncated`, `index-missing`, `box-damaged`, `payload-missing` …"""
    detail: str
    offset: int | None = None
    """Byte offset in the file at which the damage starts."""
    time_s: float | None = None
    """Presentation time of the first sample that is lost, where the index maps one."""
    count: int | None = None
    """Bytes of `truncated` and `trailing-data`, samples of `payload-missing`, packets of `payload-damaged`."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole in a stream's packets."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class PacketFacts:
    """One stream's packets, counted from end to end."""

    count: int
    bytes: int
    keyframes: int
    first_s: float | None = None
    """Presentation time of the first packet that is shown."""
    end_s: float | None = None
    """Presentation time at which the last packet ends."""
    min_step_s: float | None = None
    """Between the presentation times of neighbours, in presentation order; so are the next two."""
    median_step_s: float | None = None
    max_step_s: float | None = None
    steady_share: float | None = None
    """Share of the steps that equal the median within one tick of the time base."""
    gaps: tuple[Gap, ...] = ()
    """Holes of more than half a second and three median steps: the longest ones, in order of time."""
    gap_count: int = 0
    backward: int = 0
    """Decoding times that run backwards or repeat."""
    first_backward_s: float | None = None
    without_time: int = 0
    corrupt: int = 0
    """Packets the demuxer itself marks as damaged."""
    first_corrupt_s: float | None = None
    hidden: int = 0
    """Packets an edit list hides."""

    @property
    def duration_s(self) -> float | None:
        """From the first packet shown to the end of the last."""
        return None if self.first_s is None or self.end_s is None else self.end_s - self.first_s


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What a video stream's header says of its picture."""

    coded_px: tuple[int, int]
    """As the decoder delivers it, before sample aspect and rotation."""
    display_px: tuple[int, int]
    """As shown: sample aspect and rotation applied."""
    padded_px: tuple[int, int] | None = None
    """As the codec stores it, in whole blocks, where that differs."""
    clean_px: tuple[int, int] | None = None
    """Clean aperture, where the container declares one."""
    sample_aspect: Fraction = Fraction(1)
    display_aspect: Fraction | None = None
    rotation_deg: int = 0
    """Clockwise, 0–359, by which a player turns the picture."""
    mirrored: bool = False
    pixel_format: str | None = None
    bit_depth: int | None = None
    chroma: str | None = None
    """`4:2:0`, `4:2:2`, `4:4:4`, `gray` or `rgb`."""
    alpha: bool = False
    primaries: str | None = None
    transfer: str | None = None
    matrix: str | None = None
    colour_range: str | None = None
    """`limited` or `full`. This and the three before are the picture's own where one could be decoded."""
    container_primaries: str | None = None
    """What the container (an MP4's colr box) says of the same, where it says anything; so are the next two."""
    container_transfer: str | None = None
    container_matrix: str | None = None
    hdr: str | None = None
    """`pq`, `hlg` or None, by the transfer function declared."""
    mastering: str | None = None
    """Mastering display metadata in words, where the stream or the container carries it."""
    max_cll: int | None = None
    max_fall: int | None = None
    dolby_vision: bool = False
    field_order: str | None = None
    """`progressive`, `tt`, `bb`, `tb`, `bt`; None where nothing is declared."""
    first_interlaced: bool | None = None
    """Whether the first decoded picture is flagged as two fields."""
    frame_rate: Fraction | None = None
    """Declared average."""
    base_rate: Fraction | None = None
    """Lowest rate in which all timestamps fit, as the demuxer guesses it."""
    measured_rate: Fraction | None = None
    """Average over the packets, exact; a steady one is named by the standard rate it is."""
    variable_rate: bool | None = None


@dataclass(frozen=True, slots=True)
class SoundFacts:
    """What an audio stream's header says of its sound."""

    sample_rate_hz: int
    channels: int
    layout: str | None = None
    sample_format: str | None = None
    bit_depth: int | None = None


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """One stream, as declared and as found in its packets."""

    index: int
    kind: StreamKind
    codec: str | None
    """ffmpeg's name of the codec; None where it knows none for the tag."""
    packets: PacketFacts
    codec_tag: str | None = None
    profile: str | None = None
    level: int | None = None
    time_base: Fraction | None = None
    start_s: float | None = None
    duration_s: float | None = None
    """Declared."""
    frames: int | None = None
    """Declared; None where the container declares no count."""
    bit_rate_bps: int | None = None
    """Declared."""
    default: bool = False
    attached_picture: bool = False
    dispositions: tuple[str, ...] = ()
    language: str | None = None
    title: str | None = None
    picture: PictureFacts | None = None
    sound: SoundFacts | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry of an edit list (ISO/IEC 14496-12 elst)."""

    track: int
    duration_s: float
    media_time_s: float | None
    """None: an empty edit, that is a pause before the stream starts."""
    rate: float = 1.0


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter mark."""

    start_s: float
    end_s: float
    title: str | None = None


@dataclass(frozen=True, slots=True)
class AigcLabel:
    """The metadata label of generated content (GB 45438-2025, 附录 E), as it stands in the file."""

    place: str
    """Where it was found: `moov/udta/meta`, `id3`, `xmp`, `png-text` …"""
    raw: str
    """The value, shortened past 4 000 characters."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Label, ContentProducer, ProduceID, ReservedCode1, ContentPropagator, PropagateID, ReservedCode2."""
    problem: str | None = None
    """Why the value could not be read as a label."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A figure on which two readers of the same file do not agree."""

    field: str
    """`duration_s`, `frames`, `frame_rate`, `width`, `height`, `codec`, `channels`, `streams`, `rotation_deg`."""
    ffmpeg: str
    mediainfo: str
    stream: int | None = None


@dataclass(frozen=True, slots=True)
class ProbeFacts:
    """A media file's container and streams, as declared and as found in its packets."""

    container: str
    """`mp4`, `mov`, `matroska`, `webm`, `avi` …; `unknown` where nothing was recognised."""
    opens: bool = True
    open_code: str | None = None
    """Why it does not open: `empty`, `not-media`, `playlist`, `index-missing`, `unreadable-header` …"""
    open_detail: str | None = None
    size_bytes: int = 0
    brand: str | None = None
    """Major brand of an MP4 or MOV."""
    start_s: float | None = None
    """When the file begins on its own clock. Every other time counts from here."""
    duration_s: float | None = None
    """Declared by the container."""
    bit_rate_bps: int | None = None
    """Size over duration."""
    streams: tuple[StreamFacts, ...] = ()
    read_error: str | None = None
    """The demuxer's own words where it stopped before the end."""
    damages: tuple[Damage, ...] = ()
    index_at_front: bool | None = None
    """False: a player must fetch the end of the file before it can start. None where the question has no meaning."""
    fragmented: bool | None = None
    edits: tuple[Edit, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    """Of the container, values shortened past 500 characters."""
    encoder: str | None = None
    aigc: tuple[AigcLabel, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    second_opinion: str | None = None
    """The second reader and its version; None where it could not look."""
    second_opinion_failure: str | None = None
    """What became of a second reader that did not come back: `failed` (it crashed on the file), `timeout` …"""

    @property
    def videos(self) -> tuple[StreamFacts, ...]:
        """Moving pictures: video streams that are no attached cover."""
        return tuple(s for s in self.streams if s.kind is StreamKind.VIDEO and not s.attached_picture)

    @property
    def audios(self) -> tuple[StreamFacts, ...]:
        """Audio streams."""
        return tuple(s for s in self.streams if s.kind is StreamKind.AUDIO)

    @property
    def covers(self) -> tuple[StreamFacts, ...]:
        """Pictures attached as covers."""
        return tuple(s for s in self.streams if s.kind is StreamKind.VIDEO and s.attached_picture)

    @property
    def main_video(self) -> StreamFacts | None:
        """The moving picture a player shows: the default one, else the first."""
        return next((s for s in self.videos if s.default), None) or next(iter(self.videos), None)

    @property
    def media_s(self) -> float | None:
        """How long picture and sound last by their packets; by the header where no packet has a time."""
        spans = [s.packets for s in (*self.videos, *self.audios)]
        starts = [p.first_s for p in spans if p.first_s is not None]
        ends = [p.end_s for p in spans if p.end_s is not None]
        return max(ends) - min(starts) if starts and ends else self.duration_s

    def stream(self, index: int) -> StreamFacts | None:
        """The stream of that index."""
        return next((s for s in self.streams if s.index == index), None)


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """A picture file."""

    format: str
    """`jpeg`, `png`, `webp`, `gif`, `bmp`, `tiff` …; `unknown`."""
    size_px: tuple[int, int]
    """As stored; (0, 0) where the file does not open."""
    opens: bool = True
    open_code: str | None = None
    """`empty`, `not-an-image`, `too-large`, `truncated`, `damaged`, `unsupported`."""
    open_detail: str | None = None
    display_px: tuple[int, int] | None = None
    """As shown, EXIF orientation applied."""
    size_bytes: int = 0
    mode: str | None = None
    """Pillow's name: `RGB`, `CMYK`, `L`, `I;16` …"""
    bit_depth: int | None = None
    orientation: int = 1
    """EXIF orientation, 1–8."""
    frames: int = 1
    alpha: bool = False
    colour_profile: str | None = None
    luma_mean: float | None = None
    """0–255, of a small grey copy; so are the next two."""
    luma_std: float | None = None
    luma_range: tuple[int, int] | None = None
    """1st and 99th percentile."""
    aigc: tuple[AigcLabel, ...] = ()
    marks: PictureMarks | None = None


@dataclass(frozen=True, slots=True)
class CueProblem:
    """A subtitle cue out of order."""

    code: str
    """`overlap`, `backward`, `no-length`, `empty`, `unreadable`."""
    line: int
    time_s: float | None = None


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """A paper, slide deck, subtitle, web page or 3D asset."""

    format: str
    """`pdf`, `docx`, `pptx`, `xlsx`, `doc`, `ppt`, `xls`, `srt`, `vtt`, `html`, `glb`, `gltf`, `obj`, `stl` …"""
    opens: bool = True
    open_code: str | None = None
    """`empty`, `unrecognised`, `damaged`, `encrypted`, `too-large`."""
    open_detail: str | None = None
    size_bytes: int = 0
    encrypted: bool = False
    pages: int | None = None
    """Pages, slides or sheets; None where the format has none or does not say."""
    characters: int | None = None
    """Of text, counted up to a limit."""
    pictures: int | None = None
    macros: bool = False
    encoding: str | None = None
    """Of a text format."""
    cues: int | None = None
    """Of a subtitle."""
    end_s: float | None = None
    """Of a subtitle: end of the last cue."""
    cue_problems: tuple[CueProblem, ...] = ()
    cue_problem_count: int = 0
    external: tuple[str, ...] = ()
    """Hosts a web page or document refers to."""
    beside: tuple[str, ...] = ()
    """Files beside it that a web page or model loads, as it writes them, percent-encoding undone."""
    vertices: int | None = None
    """Of a 3D model, where the header says."""
    aigc: tuple[AigcLabel, ...] = ()
