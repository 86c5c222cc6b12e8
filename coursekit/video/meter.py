"""What the one decode hands to everything that looks at pictures.

A `Frame` offers the same picture in the sizes that meters need and computes each only when it is first asked for, once
for all of them. A `Meter` sees every decoded frame of one stream in order and hands back its part of the facts. Meters
must not keep a frame longer than the call (the decoder reuses its memory); a copied `small` is cheap to keep.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from coursekit.video.scaling import shrink, times_smaller

if TYPE_CHECKING:
    from av import VideoFrame
    from av.video.plane import VideoPlane
    from av.video.reformatter import VideoReformatter

Picture = npt.NDArray[np.uint8]

SMALL_LONG_SIDE_PX = 320


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a meter may know of its stream before the first frame."""

    stream: int
    coded_px: tuple[int, int]
    """Width and height as the decoder delivers them."""
    shown_px: tuple[int, int]
    """Width and height of `Frame.luma`: rotation applied, sample aspect not."""
    small_px: tuple[int, int]
    """Width and height of `Frame.small`."""
    display_px: tuple[int, int]
    """As shown: sample aspect and rotation applied."""
    sample_aspect: Fraction
    rotation_deg: int
    mirrored: bool
    frame_rate: Fraction | None
    """Measured of the packets where the probe could, else declared."""
    declared_rate: Fraction | None
    codec: str
    full_range: bool
    """Luma uses 0–255, not 16–235."""
    interlaced: bool | None
    """As declared; None where nothing is declared."""


def small_size(width: int, height: int, long_side: int = SMALL_LONG_SIDE_PX) -> tuple[int, int]:
    """Size of the small picture: long side at most `long_side`, both sides even, never enlarged."""
    scale = min(1.0, long_side / max(width, height, 1))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


class Frame:
    """One decoded picture. All arrays are read-only in spirit: meters share them."""

    def __init__(
        self,
        index: int,
        time_s: float,
        picture: VideoFrame,
        info: StreamInfo,
        scaler: VideoReformatter,
        *,
        key: bool,
        packet_bytes: int,
        damaged: bool = False,
    ) -> None:
        self.index = index
        """Position among the stream's frames, counting those that were skipped."""
        self.time_s = time_s
        """Exact presentation time: pts × time base, from the start of the file."""
        self.key = key
        self.packet_bytes = packet_bytes
        """Size of the packet that carried it; 0 where that is not known."""
        self.damaged = damaged
        """The decoder concealed something in it."""
        self.picture = picture
        """For evidence and odd needs only; meters use the arrays."""
        self.info = info
        self._scaler = scaler

    @property
    def interlaced(self) -> bool:
        """As flagged in the frame."""
        return bool(self.picture.interlaced_frame)

    def prepare(self) -> None:
        """Compute the small picture now: for the thread that runs ahead."""
        _ = self._planes

    @cached_property
    def luma(self) -> Picture:
        """Full-size Y plane, a view without a copy where the pixel format allows (8-bit YUV, not rotated)."""
        picture = self.picture
        name = picture.format.name
        width, height = picture.width, picture.height
        if name.startswith(("yuv", "nv12", "nv21", "gray")):
            plane = picture.planes[0]
            depth = picture.format.components[0].bits
            if depth == 8:
                return self.turn(_rows(plane, width, height))
            if name.endswith("le"):
                wide = np.frombuffer(plane, dtype="<u2").reshape(-1, plane.line_size // 2)  # type: ignore[call-overload]
                return self.turn((wide[:height, :width] >> (depth - 8)).astype(np.uint8))
        return self.turn(picture.reformat(format="gray", threads=1).to_ndarray())

    @cached_property
    def _planes(self) -> tuple[Picture, Picture, Picture]:
        width, height = self.info.small_px
        if self.info.rotation_deg % 180:
            width, height = height, width
        planes = self._shrunk(width, height) or self._scaled(width, height)
        bright, blue, red = (np.ascontiguousarray(self.turn(plane)) for plane in planes)
        if self.info.full_range:
            # Both ways keep the range they are given.
            bright = np.asarray(_narrow(bright), dtype=np.uint8)
        return bright, blue, red

    def _shrunk(self, width: int, height: int) -> list[Picture] | None:
        """Small planes where the picture is a whole number of times as large: most are."""
        picture = self.picture
        times = times_smaller((picture.width, picture.height), (width, height))
        if times is None or picture.format.name not in ("yuv420p", "yuvj420p"):
            return None
        return [shrink(plane, times) for plane in _planes_of(picture)]

    def _scaled(self, width: int, height: int) -> list[Picture]:
        # One scaling to small 4:2:0 gives brightness and colour together; asking swscale for gray alone costs more,
        # because it converts the range on the way.
        from av.video.reformatter import Interpolation

        return _planes_of(
            self._scaler.reformat(self.picture, width, height, "yuv420p", interpolation=Interpolation.AREA, threads=1)
        )

    @property
    def small(self) -> Picture:
        """Brightness, long side about 320 px, each pixel the mean of its area; limited range (16–235)."""
        return self._planes[0]

    @property
    def chroma(self) -> tuple[Picture, Picture]:
        """Cb and Cr at half the size of `small`."""
        return self._planes[1], self._planes[2]

    @cached_property
    def colour(self) -> Picture:
        """Blue, green, red at half the size of `small` (about 160 px wide)."""
        import cv2

        y, u, v = self._planes
        half = cv2.resize(y, (u.shape[1], u.shape[0]), interpolation=cv2.INTER_AREA)
        ycrcb = cv2.merge((_full_range(half), v, u))
        return np.asarray(cv2.cvtColor(ycrcb, cv2.COLOR_YCrCb2BGR), dtype=np.uint8)

    def turn(self, picture: Any) -> Picture:
        """A decoded array as it is shown: rotated and mirrored, sample aspect not applied."""
        if self.info.rotation_deg:
            picture = np.rot90(picture, -(self.info.rotation_deg // 90))
        if self.info.mirrored:
            picture = picture[:, ::-1]
        return picture  # type: ignore[no-any-return]


def _planes_of(picture: VideoFrame) -> list[Picture]:
    """Brightness, Cb and Cr of 8-bit 4:2:0."""
    width, height = picture.width, picture.height
    half = (width + 1) // 2, (height + 1) // 2
    return [_rows(p, *size) for p, size in zip(picture.planes, ((width, height), half, half), strict=True)]


def _rows(plane: VideoPlane, width: int, height: int) -> Picture:
    """The pixels of a plane of bytes, without a copy."""
    rows = np.frombuffer(plane, dtype=np.uint8).reshape(-1, plane.line_size)  # type: ignore[call-overload]
    return rows[:height, :width]  # type: ignore[no-any-return] # of bytes


_STRETCH = np.clip((np.arange(256) - 16) * (255 / 219) + 0.5, 0, 255).astype(np.uint8)


_SQUEEZE = np.round(16 + np.arange(256) * (219 / 255)).astype(np.uint8)


def _narrow(y: Any) -> Any:
    import cv2

    return cv2.LUT(y, _SQUEEZE)


def _full_range(y: Any) -> Any:
    import cv2

    return cv2.LUT(y, _STRETCH)


class Meter(Protocol):
    """Measures one thing over one stream."""

    def feed(self, frame: Frame) -> None:
        """Take the next decoded frame."""
        ...

    def gap(self, start_s: float, end_s: float, *, static: bool) -> None:
        """Nothing was decoded between the last frame and the next one.

        `static`: the bitstream says that the picture stood still meanwhile (tiny packets, equal keyframes), so the
        next frame shows what the last one showed. Otherwise nothing is known: no motion, no difference and no rate may
        be computed across the gap.
        """
        ...

    def finish(self) -> object:
        """This meter's part of the facts; called once, after the last frame."""
        ...
