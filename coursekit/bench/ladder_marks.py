"""Ladders of marks over real footage, talking heads, screens and slides, and what the watermark check says of each.

Clips run at a low frame rate: the meter takes four pictures a second, and what matters (encoding, decoding, sampling)
happens to those as it does at full rate.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from coursekit.bench import faults_marks as marks
from coursekit.bench.clip import write_clip
from coursekit.bench.faults_marks import Box, Route, Stamp
from coursekit.bench.faults_video import Picture
from coursekit.bench.score import Said
from coursekit.bench.verdicts import judge_facts
from coursekit.model import Profile
from coursekit.probe.measure import measure_media
from coursekit.video.decode import open_video
from coursekit.video.facts import VideoFacts
from coursekit.video.marks.meter import MarksMeter
from coursekit.video.signals import Signals

RATE = 8
LENGTH_S = 24.0
ENOUGH = 0.5
"""Intersection over union from which a box counts as the right one."""
_WHITE, _MOSTLY = 230, 0.5
OPACITIES = (0.15, 0.2, 0.3, 0.5, 1.0)
WIDTHS = (0.02, 0.04, 0.1, 0.2)


@dataclass(frozen=True, slots=True)
class Clip:
    """Some seconds of pictures, blue-green-red, at RATE."""

    name: str
    kind: str
    """`moving`, `talking`, `screen` or `slides`."""
    pictures: tuple[Picture, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.pictures[0].shape[1], self.pictures[0].shape[0]

    @property
    def is_paper(self) -> bool:
        """Whether most of it is as good as white."""
        return float(np.mean(self.pictures[0] >= _WHITE)) > _MOSTLY


@dataclass(frozen=True, slots=True)
class Rung:
    """One way of marking at one strength."""

    fault: str
    strength: str
    stamp: Callable[[int, int], Stamp]
    """Picture width and seed → stamp."""
    route: Callable[[tuple[float, float], int], Route]
    """Size of the stamp as shares of the picture, and seed → where it lies."""
    opacity: float
    noticed: bool
    """At 0.3 and 4 % of the width or more: there the detector must not miss."""
    whole: bool = False
    """The union of all places is the mark."""


# -------------------------------------------------------------------------------------------------------------- looking


def read_clip(path: Path, kind: str, *, height_px: int = 360, first_s: float = 0.0) -> Clip:
    """Pictures of a file, scaled, played to and fro until the clip is full."""
    pictures: list[Picture] = []
    due = first_s
    with open_video(path, measure_media(path)) as decoder:
        for _, frame in decoder.frames():
            if frame.time_s < due:
                continue
            due += 1 / RATE
            image = np.asarray(frame.picture.to_ndarray(format="bgr24"), dtype=np.uint8)
            width = round(image.shape[1] * height_px / image.shape[0] / 2) * 2
            pictures.append(np.asarray(cv2.resize(image, (width, height_px), interpolation=cv2.INTER_AREA), np.uint8))
            if len(pictures) >= LENGTH_S * RATE:
                break
    loop = pictures + pictures[-2:0:-1]
    return Clip(path.stem, kind, tuple(loop[i % len(loop)] for i in range(round(LENGTH_S * RATE))))


def look(pictures: Iterable[Picture], *, crf: int = 26) -> VideoFacts:
    """Facts of a clip, by way of a file, as it reaches an audit; of marks only."""
    with tempfile.TemporaryDirectory(prefix="coursekit-") as folder:
        path = Path(folder) / "clip.mp4"
        write_clip(path, (np.ascontiguousarray(p[:, :, ::-1]) for p in pictures), None, rate=RATE, crf=crf)
        with open_video(path, measure_media(path)) as decoder:
            reader = next(iter(decoder.readers.values()))
            signals = Signals(reader.info)
            meter = MarksMeter(reader.info, signals)
            for _, frame in decoder.frames():
                signals.feed(frame)
                meter.feed(frame)
        return VideoFacts(
            stream=0,
            coded_px=reader.info.coded_px,
            display_px=reader.info.display_px,
            frame_rate=reader.info.frame_rate,
            decoded_s=reader.end_s,
            frames=reader.frames,
            cuts_s=(),
            marks=meter.finish(),
        )


def judge_clip(facts: VideoFacts, profile: Profile) -> tuple[Said, ...]:
    """What the watermark check says under a profile."""
    return judge_facts(profile, ("video/watermark",), lambda _: facts)


def truth(route: Route, share: tuple[float, float], *, whole: bool) -> list[Box]:
    """All places of a mark."""
    places = sorted({place for n in range(round(LENGTH_S * 4)) for place in route(n / 4)})
    found = [(x, y, share[0], share[1]) for x, y in places]
    if not whole:
        return found
    x0, y0 = min(b[0] for b in found), min(b[1] for b in found)
    x1, y1 = max(b[0] + b[2] for b in found), max(b[1] + b[3] for b in found)
    return [(x0, y0, x1 - x0, y1 - y0)]


# ---------------------------------------------------------------------------------------------------------------- rungs


def _logo(share: float) -> Callable[[int, int], Stamp]:
    return lambda width, seed: marks.draw_logo(round(width * share), seed=seed)


def _words(text: str, share: float, *, outlined: bool = False) -> Callable[[int, int], Stamp]:
    return lambda width, seed: marks.draw_text(text, round(width * share), outlined=outlined)


def _any_corner(turn: int) -> Callable[[tuple[float, float], int], Route]:
    return lambda share, seed: marks.corner(marks.CORNERS[(seed + turn) % 4], share)


def corner_rungs(opacities: Sequence[float] = OPACITIES, widths: Sequence[float] = WIDTHS) -> Iterator[Rung]:
    """Logos, addresses and accounts in the corners."""
    stamps = (
        ("logo", _logo),
        ("address", lambda share: _words("www.example-media.cn", share)),
        ("account", lambda share: _words("@user_2048", share, outlined=True)),
    )
    for (turn, (name, stamp)), opacity, width in itertools.product(enumerate(stamps), opacities, widths):
        yield Rung(
            f"{name} in a corner", f"opacity {opacity:g}, {width:.0%} wide", stamp(width), _any_corner(turn),
            opacity, noticed=opacity >= 0.3 and width >= 0.04,
        )  # fmt: skip


def spread_rungs(opacities: Sequence[float] = OPACITIES) -> Iterator[Rung]:
    """Across the picture, twice on the diagonal, and all over it."""
    for opacity in opacities:
        noticed = opacity >= 0.3
        strength = f"opacity {opacity:g}"
        yield Rung(
            "line of words from edge to edge", strength,
            _words("for preview only - not for sale - example stock footage", 0.94),
            lambda share, seed: marks.stay(0.03, 0.3 + 0.1 * (seed % 4)), opacity, noticed,
        )  # fmt: skip
        yield Rung(
            "diagonal words, twice", strength,
            lambda width, seed: marks.turned(marks.draw_text("example stock", round(width * 0.3)), 30),
            lambda share, seed: marks.diagonal_pair(share), opacity, noticed,
        )  # fmt: skip
        yield Rung(
            "tiled words", strength,
            lambda width, seed: marks.turned(marks.draw_text("sample", round(width * 0.14)), 25),
            lambda share, seed: marks.tiled(share), opacity, noticed, whole=True,
        )  # fmt: skip


def time_rungs(opacities: Sequence[float] = OPACITIES) -> Iterator[Rung]:
    """There for a part of the time, jumping and drifting."""
    for opacity in opacities:
        noticed = opacity >= 0.3
        strength = f"opacity {opacity:g}, 10% wide"
        for share in (0.1, 0.25, 0.5):
            span = (6.0, 6.0 + LENGTH_S * share)
            yield Rung(
                f"logo for {share:.0%} of the time", strength, _logo(0.1),
                lambda size, seed, s=span: marks.corner(marks.CORNERS[seed % 4], size, s),  # type: ignore[misc] # loop
                opacity, noticed and share >= 0.25,
            )  # fmt: skip
        yield Rung(
            "logo jumping between corners", strength, _logo(0.1),
            lambda size, seed: marks.jumping(size, LENGTH_S / 4), opacity, noticed,
        )  # fmt: skip
        yield Rung(
            "logo drifting", strength, _logo(0.1),
            lambda size, seed: marks.drifting(size, 0.03), opacity, noticed,
        )  # fmt: skip
