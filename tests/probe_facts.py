"""Facts for tests of checks: a sound lesson, to be made faulty by the test."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from coursekit.audio.facts import AudioFacts
from coursekit.model import FileFacts, FileKind, Lesson, LessonFacts, SupportFacts
from coursekit.probe.facts import (
    DocumentFacts,
    PacketFacts,
    PictureFacts,
    ProbeFacts,
    SoundFacts,
    StreamFacts,
    StreamKind,
)
from coursekit.video.facts import VideoFacts

LESSON_S = 2700.0
FRAMES = 67_500


def packets(seconds: float = LESSON_S, step_s: float = 0.04, **changes: Any) -> PacketFacts:
    """Evenly spaced packets."""
    facts = PacketFacts(
        count=round(seconds / step_s),
        bytes=1_000_000,
        keyframes=10,
        first_s=0.0,
        end_s=seconds,
        min_step_s=step_s,
        median_step_s=step_s,
        max_step_s=step_s,
        steady_share=1.0,
    )
    return replace(facts, **changes)


def picture(**changes: Any) -> PictureFacts:
    """1280×720 at 25 fps, 8 bits, BT.709."""
    facts = PictureFacts(
        coded_px=(1280, 720),
        display_px=(1280, 720),
        display_aspect=Fraction(16, 9),
        pixel_format="yuv420p",
        bit_depth=8,
        chroma="4:2:0",
        transfer="bt709",
        frame_rate=Fraction(25),
        measured_rate=Fraction(25),
        variable_rate=False,
    )
    return replace(facts, **changes)


def video(index: int = 0, **changes: Any) -> StreamFacts:
    """A picture stream as good encoders make it."""
    facts = StreamFacts(
        index=index,
        kind=StreamKind.VIDEO,
        codec="h264",
        packets=packets(),
        duration_s=LESSON_S,
        frames=FRAMES,
        default=True,
        picture=picture(),
    )
    return replace(facts, **changes)


def audio(index: int = 1, **changes: Any) -> StreamFacts:
    """A sound stream as good encoders make it."""
    facts = StreamFacts(
        index=index,
        kind=StreamKind.AUDIO,
        codec="aac",
        packets=packets(step_s=1024 / 48000),
        duration_s=LESSON_S,
        default=True,
        sound=SoundFacts(48000, 2, "stereo"),
    )
    return replace(facts, **changes)


def probe(*streams: StreamFacts, **changes: Any) -> ProbeFacts:
    """A 45-minute MP4 of one picture and one sound, unless told otherwise."""
    facts = ProbeFacts(
        container="mp4",
        size_bytes=700_000_000,
        brand="isom",
        duration_s=LESSON_S,
        streams=streams or (video(), audio()),
        index_at_front=True,
        fragmented=False,
    )
    return replace(facts, **changes)


def closed(code: str, container: str = "unknown", **changes: Any) -> ProbeFacts:
    """A file that does not open."""
    return ProbeFacts(container=container, opens=False, open_code=code, open_detail="detail", size_bytes=9, **changes)


def decoded_audio(stream: int = 1, decoded_s: float = LESSON_S, **changes: Any) -> AudioFacts:
    """Sound that decoded."""
    facts = AudioFacts(
        stream=stream,
        integrated_lufs=-23.0,
        max_momentary_lufs=-18.0,
        max_short_term_lufs=-20.0,
        loudness_range_lu=5.0,
        true_peak_dbtp=-3.0,
        sample_rate_hz=48000,
        channels=2,
        decoded_s=decoded_s,
    )
    return replace(facts, **changes)


def decoded_video(stream: int = 0, decoded_s: float = LESSON_S, **changes: Any) -> VideoFacts:
    """A picture that decoded."""
    facts = VideoFacts(
        stream=stream,
        coded_px=(1280, 720),
        display_px=(1280, 720),
        frame_rate=Fraction(25),
        decoded_s=decoded_s,
        frames=round(decoded_s * 25),
        cuts_s=(),
    )
    return replace(facts, **changes)


def lesson(
    facts: ProbeFacts | None,
    *,
    path: str = "lessons/01.mp4",
    size_bytes: int | None = None,
    audio_facts: tuple[AudioFacts, ...] = (),
    video_facts: tuple[VideoFacts, ...] = (),
) -> LessonFacts:
    """A lesson of one file."""
    size = size_bytes if size_bytes is not None else facts.size_bytes if facts is not None else 0
    file = FileFacts(path, "0" * 64, size, FileKind.VIDEO, probe=facts, audio=audio_facts, video=video_facts)
    return LessonFacts(Lesson(id="01", title="One", path=path), file)


def support(facts: DocumentFacts | None, path: str, kind: FileKind = FileKind.DOCUMENT) -> SupportFacts:
    """A supporting file."""
    return SupportFacts(FileFacts(path, "0" * 64, facts.size_bytes if facts else 0, kind, document=facts))
