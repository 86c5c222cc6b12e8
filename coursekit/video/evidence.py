"""Pictures that show what a finding says: stills at exactly the reported times, and the trace of a shake.

Nothing here decides anything. `take_stills` decodes just the moments asked for (from the keyframe before each, never
the whole lesson), `render_trace` draws the path of the background.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.probe.facts import ProbeFacts
from coursekit.video.facts import MotionFacts

if TYPE_CHECKING:
    from coursekit.video.meter import Frame

_LONG_SIDE_PX = 640
_QUALITY = 80
_TRACE_PX = 320
_SAME_S = 5e-4


@dataclass(frozen=True, slots=True)
class Still:
    """A picture of a lesson, as shown: rotation and sample aspect applied."""

    time_s: float
    """Exact presentation time of the frame taken."""
    jpeg: bytes
    size_px: tuple[int, int]


def take_stills(
    path: Path, probe: ProbeFacts, stream: int, times_s: Iterable[float], *, long_side_px: int = _LONG_SIDE_PX
) -> tuple[Still, ...]:
    """The frames on show at these times, in order of time. A time past an end gives the frame at that end."""
    wanted = sorted(set(times_s))
    return tuple(_stills(path, probe, stream, wanted, long_side_px))


def _stills(path: Path, probe: ProbeFacts, index: int, wanted: Sequence[float], long_side_px: int) -> Iterator[Still]:
    from coursekit.video.decode import open_video

    with open_video(path, probe) as decoder:
        reader = decoder.readers[index]
        for time_s in wanted:
            shown: Frame | None = None
            for frame in decoder.frames_from(index, time_s):
                late = frame.time_s > time_s + _SAME_S
                if shown is None or not late:
                    shown = frame
                if late:
                    break
            if shown is not None:
                yield _encode(shown, reader.info.display_px, long_side_px)


def _encode(frame: Frame, display_px: tuple[int, int], long_side_px: int) -> Still:
    import cv2
    import numpy as np

    scale = min(1.0, long_side_px / max(display_px))
    size = max(2, round(display_px[0] * scale)), max(2, round(display_px[1] * scale))
    image = frame.turn(frame.picture.to_ndarray(format="bgr24"))
    shown = cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return Still(round(frame.time_s, 6), bytes(data), size)


def render_trace(motion: MotionFacts) -> str | None:
    """The background's path in the strongest shake, as an SVG; None where nothing shook."""
    path = motion.path_pct
    if len(path) < 2:
        return None
    xs, ys = [p[0] for p in path], [p[1] for p in path]
    reach = max(max(xs) - min(xs), max(ys) - min(ys), 0.5)
    middle_x, middle_y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    scale = _TRACE_PX * 0.84 / reach
    points = " ".join(
        f"{_TRACE_PX / 2 + (x - middle_x) * scale:.1f},{_TRACE_PX / 2 + (y - middle_y) * scale:.1f}" for x, y in path
    )
    bar = min(1.0, reach)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_TRACE_PX} {_TRACE_PX}" role="img">'
        f'<rect width="{_TRACE_PX}" height="{_TRACE_PX}" fill="#fff"/>'
        f'<polyline points="{points}" fill="none" stroke="#b3261e" stroke-width="1.5" stroke-linejoin="round"/>'
        f'<path d="M12 {_TRACE_PX - 12}h{bar * scale:.1f}" stroke="#333" stroke-width="2"/>'
        f'<text x="12" y="{_TRACE_PX - 18}" font-size="11" fill="#333">{bar:g} %</text>'
        "</svg>"
    )
