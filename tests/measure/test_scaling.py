"""Planes made smaller by whole numbers, held against the true means and against swscale."""

from __future__ import annotations

from fractions import Fraction

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest
from av.video.reformatter import VideoReformatter

from coursekit.video.meter import Frame, StreamInfo, small_size
from coursekit.video.scaling import shrink, times_smaller

ROUNDED = 1.5
"""Levels: each halving rounds by a half at most, and so does the last mean."""
IN_MEAN = 0.5
"""Levels, mean over the picture: halves are rounded upwards."""
CHROMA = 1.5
"""Levels, mean: swscale takes the colours from half a pixel further along."""


def detailed(width: int, height: int) -> npt.NDArray[np.uint8]:
    rng = np.random.default_rng(width)
    out = np.zeros((height, width, 3))
    for cells in (3, 10, 60, width):
        grain = rng.normal(0, 30, (cells * height // width + 2, cells, 3))
        out += cv2.resize(grain, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(out + 120, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("times", [2, 3, 4, 5, 6, 9, 12, 24])
def test_a_pixel_is_the_mean_of_those_it_stands_for(times: int) -> None:
    plane = detailed(32 * times, 18 * times)[:, :, 1]
    true = plane.reshape(18, times, 32, times).mean(axis=(1, 3))
    apart = shrink(plane, times) - true
    assert np.abs(apart).max() < ROUNDED
    assert abs(apart.mean()) < IN_MEAN


@pytest.mark.parametrize(
    ("size", "wanted", "times"),
    [
        ((1920, 1080), (320, 180), 6),
        ((1280, 720), (320, 180), 4),
        ((3840, 2160), (320, 180), 12),
        ((640, 360), (320, 180), 2),
        ((320, 180), (320, 180), None),
        ((854, 480), (320, 180), None),
        ((1440, 1080), (320, 240), None),
        ((640, 362), (320, 180), None),
        ((220, 220), (20, 20), None),
    ],
)
def test_only_whole_numbers_of_few_pixels_are_shrunk_by(
    size: tuple[int, int], wanted: tuple[int, int], times: int | None
) -> None:
    assert times_smaller(size, wanted) == times


@pytest.mark.parametrize("rotation", [0, 90])
@pytest.mark.parametrize("size", [(640, 360), (1920, 1080)])
def test_both_ways_to_the_small_picture_agree(size: tuple[int, int], rotation: int) -> None:
    picture = av.VideoFrame.from_ndarray(detailed(*size), format="bgr24").reformat(format="yuv420p")
    # What is not 4:2:0 goes by swscale.
    other = picture.reformat(format="yuv444p")
    shrunk, scaled = (_frame(p, rotation) for p in (picture, other))
    assert shrunk.small.shape == scaled.small.shape == shrunk.info.small_px[::-1]
    apart = shrunk.small.astype(float) - scaled.small
    assert np.abs(apart).max() <= ROUNDED + 1
    assert abs(apart.mean()) < IN_MEAN
    for one, another in zip(shrunk.chroma, scaled.chroma, strict=True):
        assert np.abs(one.astype(float) - another).mean() < CHROMA


def test_full_range_is_brought_to_the_limited_one() -> None:
    picture = av.VideoFrame.from_ndarray(detailed(640, 360), format="bgr24").reformat(format="yuvj420p")
    bright = picture.to_ndarray()[:360].reshape(180, 2, 320, 2).mean(axis=(1, 3))
    small = _frame(picture, 0, full_range=True).small
    assert np.abs(small - (16 + bright * 219 / 255)).max() < ROUNDED


def _frame(picture: av.VideoFrame, rotation: int, *, full_range: bool = False) -> Frame:
    coded = picture.width, picture.height
    shown = coded[::-1] if rotation % 180 else coded
    info = StreamInfo(
        stream=0,
        coded_px=coded,
        shown_px=shown,
        small_px=small_size(*shown),
        display_px=shown,
        sample_aspect=Fraction(1),
        rotation_deg=rotation,
        mirrored=False,
        frame_rate=Fraction(25),
        declared_rate=Fraction(25),
        codec="h264",
        full_range=full_range,
        interlaced=False,
    )
    return Frame(0, 0.0, picture, info, VideoReformatter(), key=True, packet_bytes=1)
