"""Pictures for the page: a strip of small stills per lesson, and the frame at each finding's second.

Stills are decoded in caged workers, as measuring is: a file that brings a decoder down costs its own pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.engine.pool import in_workers
from coursekit.probe.facts import ProbeFacts

if TYPE_CHECKING:
    from coursekit.video.meter import Frame

STRIP_STILLS = 12
_STRIP_PX = 160
_STRIP_QUALITY = 60
_CLIP_S = 6.0
BEFORE_S = 1.0
"""How long before its finding a lesson or an excerpt begins to play."""
_SHORT_S = 150.0
"""Up to here the frame shown is exact; in a longer lesson the nearest keyframe before will do, and is quick."""
_PAGE_BYTES = 10_500_000
"""Of pictures, before base64 makes them a third larger: a page of a hundred lessons stays under 15 MB."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to take from one lesson."""

    name: str
    path: Path
    probe: ProbeFacts
    stream: int
    decoded_s: float
    times_s: tuple[float, ...]
    budget_bytes: int
    clips_s: tuple[float, ...] = ()
    """Moments around which a few seconds are to be seen and heard, for a page that lies where the lesson does not."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG and its size."""

    jpeg: bytes
    size_px: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Stills:
    """Pictures of one lesson."""

    strip: Picture | None = None
    at: Mapping[float, Picture] | None = None
    """By the time asked for."""
    clips: Mapping[float, bytes] | None = None
    """Short MP4s, by the time asked for."""


def budget(lessons: int) -> int:
    """Bytes of pictures that one lesson may bring."""
    return min(1_500_000, _PAGE_BYTES // max(1, lessons))


def take_all(wanted: Sequence[Wanted]) -> Mapping[str, Stills]:
    """Pictures of many lessons."""
    return in_workers({order.name: order for order in wanted}, take, Stills())


def take(order: Wanted) -> Stills:
    """Pictures of one lesson; none where the file no longer gives any."""
    import av

    from coursekit.probe.media import MediaError

    try:
        strip = _strip(order)
        left = order.budget_bytes - (len(strip.jpeg) if strip else 0)
        clips = dict(_clips(order, left * 2 // 3))
        left -= sum(map(len, clips.values()))
        return Stills(strip, dict(_at_times(order, left)), clips)
    except (MediaError, av.FFmpegError, OSError, KeyError):
        return Stills()


def strip_times(decoded_s: float, count: int = STRIP_STILLS) -> tuple[float, ...]:
    """The middle of each of `count` equal parts."""
    return tuple(decoded_s * (n + 0.5) / count for n in range(count))


def _strip(order: Wanted) -> Picture | None:
    import numpy as np

    from coursekit.video.decode import open_video

    images: list[Any] = []
    with open_video(order.path, order.probe) as decoder:
        size = decoder.readers[order.stream].info.display_px
        scale = min(_STRIP_PX / size[0], _STRIP_PX * 9 / 16 / size[1])
        small = max(2, round(size[0] * scale)), max(2, round(size[1] * scale))
        exact = order.decoded_s <= _SHORT_S
        shown: Frame | None = None
        if exact:
            times = list(strip_times(order.decoded_s))
            for frame in decoder.frames_from(order.stream, 0.0):
                while times and shown is not None and frame.time_s > times[0]:
                    images.append(_small(shown, small))
                    times.pop(0)
                if not times:
                    break
                shown = frame
            images.extend(_small(shown, small) for _ in times if shown is not None)
        else:
            for time_s in strip_times(order.decoded_s):
                shown = next(decoder.frames_from(order.stream, time_s), shown)
                if shown is not None:
                    images.append(_small(shown, small))
    if len(images) != STRIP_STILLS:
        return None
    return _jpeg(np.concatenate(images, axis=1), _STRIP_QUALITY)


def _small(frame: Frame, size_px: tuple[int, int]) -> Any:
    import cv2
    import numpy as np

    image = frame.turn(frame.picture.to_ndarray(format="bgr24"))
    return cv2.resize(np.ascontiguousarray(image), size_px, interpolation=cv2.INTER_AREA)


def _jpeg(image: Any, quality: int) -> Picture:
    import cv2

    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return Picture(bytes(data), (image.shape[1], image.shape[0]))


def _clips(order: Wanted, left: int) -> Iterator[tuple[float, bytes]]:
    from coursekit.video.excerpt import cut_clip

    for time_s in order.clips_s:
        start = max(0.0, time_s - BEFORE_S)
        clip = cut_clip(order.path, order.probe, order.stream, start, start + _CLIP_S)
        if clip is not None and len(clip) <= left:
            left -= len(clip)
            yield time_s, clip


def _at_times(order: Wanted, left: int) -> Iterator[tuple[float, Picture]]:
    from coursekit.video.evidence import take_stills

    side = 640 if order.budget_bytes > 250_000 else 480 if order.budget_bytes > 150_000 else 320
    for time_s in order.times_s:
        for still in take_stills(order.path, order.probe, order.stream, (time_s,), long_side_px=side):
            if len(still.jpeg) > left:
                return
            left -= len(still.jpeg)
            yield time_s, Picture(still.jpeg, still.size_px)
