"""How much of a stranger's file is looked at, in one place: no honest course comes near, nothing beyond is opened.

What is beyond a limit is named by a code of its own and counts as not tested, never as passed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coursekit.probe.facts import ProbeFacts

FOLDER_FILES = 100_000
FOLDER_DEPTH = 48
"""A course has a few hundred files, three folders deep."""

STREAMS = 64
LESSON_S = 12 * 3600.0
"""Sixteen times the lesson the notices ask for."""
FRAME_PIXELS = 8192 * 4608
"""A picture of 8K and a little; one frame decoded is 57 MB, and a decoder holds up to sixteen."""
SOUND_HZ = (2_000, 768_000)
"""Below, nobody understands a word; above, no recorder goes."""
CHANNELS = 32

PICTURE_PIXELS = 120_000_000
"""12 000 × 10 000: beyond any cover, and half a gigabyte once decoded."""

DOCUMENT_BYTES = 512 << 20
TEXT_BYTES = 32 << 20
"""A web page or a model in JSON."""
SUBTITLE_BYTES = 16 << 20
PDF_PAGES = 20_000
OFFICE_PARTS = 20_000
OFFICE_PART_BYTES = 64 << 20
OFFICE_BYTES = 4 << 30
"""Declared, over all parts: beyond it the zip is a bomb or no course paper."""

INDEX_BYTES = 256 << 20
"""Of an MP4: 45 minutes have an index of 2 to 4 MB; one of this size is an attack."""
BOXES = 200_000

MANIFEST_BYTES = 4 << 20
"""Ten times a manifest of 1,000 lessons."""
TAGS = 100
TAG_CHARACTERS = 500
"""Of a container's metadata; the rest is left out of the facts."""


def refuse_beyond(probe: ProbeFacts) -> None:
    """Raise MediaError for a file whose sound and picture are not to be decoded: `too-many-streams`, `too-long`,
    `frame-too-large`, `sample-rate-refused`, `too-many-channels`.
    """
    from coursekit.probe.media import MediaError

    if len(probe.streams) > STREAMS:
        raise MediaError("too-many-streams", f"{len(probe.streams)} > {STREAMS}")
    length_s = max((s.packets.end_s or 0.0 for s in probe.streams), default=0.0)
    if length_s > LESSON_S:
        raise MediaError("too-long", f"{length_s:.0f} s > {LESSON_S:.0f} s")
    for stream in probe.streams:
        if stream.picture is not None:
            refuse_frame(*stream.picture.coded_px)
        if stream.sound is not None:
            refuse_sound(stream.sound.sample_rate_hz, stream.sound.channels)


def refuse_frame(width: int, height: int) -> None:
    """Raise MediaError for a picture beyond `FRAME_PIXELS`."""
    from coursekit.probe.media import MediaError

    if width * height > FRAME_PIXELS:
        raise MediaError("frame-too-large", f"{width}×{height}")


def refuse_sound(rate_hz: int, channels: int) -> None:
    """Raise MediaError for a rate or a number of channels that no recording has. 0 is a header that does not say."""
    from coursekit.probe.media import MediaError

    if rate_hz and not SOUND_HZ[0] <= rate_hz <= SOUND_HZ[1]:
        raise MediaError("sample-rate-refused", f"{rate_hz} Hz")
    if channels > CHANNELS:
        raise MediaError("too-many-channels", str(channels))
