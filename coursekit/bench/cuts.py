"""Cuts found in the shared decode, against PySceneDetect run by itself on the same files.

Two kinds of files: shots of recorded clips spliced together, where every cut is known to the picture, and the clips as
they are, whose cuts were looked for by eye (`cuts` in the table of clips).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from coursekit.bench.clip import write_clip
from coursekit.bench.faults_video import Picture
from coursekit.bench.ladder_video import read_clip
from coursekit.bench.material import Described, Shelf
from coursekit.probe.measure import measure_media
from coursekit.video.cuts import CutFinder
from coursekit.video.decode import open_video
from coursekit.video.signals import DEFAULT_RATE

RATE = 25
SIZE = (426, 240)
_MOST = 80
"""Pictures of a clip that shots are taken from."""
_SHOTS = 16
_SHOT = (22, 70)
"""Pictures a shot has: a second to three, as quick editing has them."""
_NEAR = 1
"""Pictures by which a cut of a clip as it is may be off: one reader drops a picture that another delivers."""


@dataclass(slots=True)
class Tally:
    """Cuts of one finder over many files."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def recall(self) -> float:
        """Of the cuts there are."""
        return self.right / max(self.right + self.missed, 1)

    @property
    def precision(self) -> float:
        """Of the cuts told."""
        return self.right / max(self.right + self.wrong, 1)

    def add(self, found: tuple[int, ...], truth: tuple[int, ...], near: int) -> None:
        """One file."""
        right = sum(any(abs(f - t) <= near for f in found) for t in truth)
        self.right += right
        self.missed += len(truth) - right
        self.wrong += sum(all(abs(f - t) > near for t in truth) for f in found)


Finder = Callable[[Path], tuple[int, ...]]


def find_here(path: Path) -> tuple[int, ...]:
    """Cuts as the pass over a lesson's pictures finds them, every picture decoded."""
    finder: CutFinder | None = None
    with open_video(path, measure_media(path)) as decoder:
        for reader, frame in decoder.frames():
            finder = finder or CutFinder(float(reader.info.frame_rate or DEFAULT_RATE))
            finder.feed(frame.colour)
    return finder.cuts if finder else ()


def _find_there(detector: str, path: Path) -> tuple[int, ...]:
    import scenedetect

    scenes = scenedetect.detect(str(path), getattr(scenedetect, detector)())
    return tuple(start.frame_num for start, _ in scenes[1:])


FINDERS: Mapping[str, Finder] = {
    "coursekit": find_here,
    "PySceneDetect ContentDetector": partial(_find_there, "ContentDetector"),
    "PySceneDetect AdaptiveDetector": partial(_find_there, "AdaptiveDetector"),
}


def compare(shelf: Shelf, seed: int, splices: int) -> Iterator[str]:
    """Lines of a table: each finder over spliced shots of each half of the clips, and over the clips as they are."""
    known = [clip for clip in shelf.clips.values() if clip.cuts is not None]
    tallies: dict[str, dict[str, Tally]] = {}
    with tempfile.TemporaryDirectory(prefix="coursekit-") as folder:
        path = Path(folder) / "shots.mp4"
        # Whatever was chosen by looking at some clips must hold on others: the halves share none.
        for name, half in (("half of the clips", known[::2]), ("the other half", known[1::2]), ("all clips", known)):
            shots = {c.name: _shots(c) for c in half}
            own = {c.name: tuple(cut - c.first for cut in c.cuts or ()) for c in half}
            for turn in range(splices if len(shots) > 1 else 0):
                pictures, truth = splice(shots, own, seed + turn)
                write_clip(path, (np.ascontiguousarray(p[:, :, ::-1]) for p in pictures), None, rate=RATE)
                _count(tallies.setdefault(f"spliced, {name}", {}), path, truth, 0)
    for clip in known:
        if clip.path is not None:
            _count(tallies.setdefault("as they are", {}), clip.path, clip.cuts or (), _NEAR)
    yield "| files | finder | cuts | found | recall | false | precision |"
    yield "|---|---|---|---|---|---|---|"
    for files, finders in tallies.items():
        for name, t in finders.items():
            cuts = t.right + t.missed
            yield f"| {files} | {name} | {cuts} | {t.right} | {t.recall:.3f} | {t.wrong} | {t.precision:.3f} |"


def _count(tallies: dict[str, Tally], path: Path, truth: tuple[int, ...], near: int) -> None:
    for name, find in FINDERS.items():
        tallies.setdefault(name, Tally()).add(find(path), truth, near)


def _shots(clip: Described) -> tuple[Picture, ...]:
    assert clip.path is not None
    pictures = read_clip(clip.path, SIZE[1], clip.first, _MOST).pictures[:_MOST]
    return tuple(np.asarray(cv2.resize(p, SIZE, interpolation=cv2.INTER_AREA), np.uint8) for p in pictures)


def splice(
    shots: Mapping[str, tuple[Picture, ...]], own: Mapping[str, tuple[int, ...]], seed: int
) -> tuple[list[Picture], tuple[int, ...]]:
    """Shots of the clips one after another, no two of one clip in a row, and the first picture of each but the first.

    `own`: cuts that a clip has itself.
    """
    rng = np.random.default_rng(seed)
    names = sorted(shots)
    pictures: list[Picture] = []
    cuts: set[int] = set()
    last = ""
    for _ in range(_SHOTS):
        last = str(rng.choice([name for name in names if name != last]))
        length = min(int(rng.integers(*_SHOT)), len(shots[last]))
        first = int(rng.integers(0, len(shots[last]) - length + 1))
        cuts |= {len(pictures), *(len(pictures) + c - first for c in own[last] if first < c < first + length)}
        pictures += shots[last][first : first + length]
    return pictures, tuple(sorted(cuts - {0}))
