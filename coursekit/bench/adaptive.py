"""What looking only where something stirs costs: every fault of the picture in the midst of a healthy lesson, measured
both ways, judged both ways, and every difference told."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from coursekit.bench import ladder_video, material
from coursekit.bench.cases import PROFILE
from coursekit.bench.clip import write_clip
from coursekit.bench.material import Shelf
from coursekit.bench.rungs import video_rungs
from coursekit.bench.score import Said, Truth, match
from coursekit.model import Profile
from coursekit.probe.measure import measure_media
from coursekit.rules.profiles import load_profile
from coursekit.video.measure import measure_video


@dataclass(slots=True)
class Comparison:
    """Faults found by decoding every picture, and by decoding some, check by check."""

    whole: Counter[str] = field(default_factory=Counter)
    adaptive: Counter[str] = field(default_factory=Counter)
    cases: Counter[str] = field(default_factory=Counter)

    def lines(self) -> Iterator[str]:
        """A line for each check."""
        for check, count in sorted(self.cases.items()):
            change = (self.adaptive[check] - self.whole[check]) / count
            found = f"{self.whole[check]} of {count} found thorough, {self.adaptive[check]} adaptive"
            yield f"{check}: {found} (recall {change:+.3f})"


def compare(shelf: Shelf, seed: int, clips: int, *, every_step: bool) -> Iterator[str]:
    """One line for each difference, then one for each check. Without `every_step`, the weakest that is noticed."""
    profile = load_profile(PROFILE)
    found = Comparison()
    for name in material.scenes(shelf)[:clips]:
        described = shelf.clips.get(name)
        path, first = (described.path, described.first) if described is not None else (None, 0)
        clip = material.scene(name, path, 360, first, seed)
        told: set[str] = set()
        for rung in video_rungs():
            if not rung.noticed or (rung.fault in told and not every_step):
                continue
            told.add(rung.fault)
            yield from (f"{name}, {rung.fault} {rung.strength}: {d}" for d in _both(clip, rung, seed, profile, found))
    yield from found.lines()


def _both(
    clip: ladder_video.Clip, rung: ladder_video.Rung, seed: int, profile: Profile, found: Comparison
) -> Iterator[str]:
    # To and fro on either side of the fault: two regular looks and what lies between them.
    healthy = [*clip.pictures, *clip.pictures[::-1]]
    lead_s = len(healthy) / ladder_video.RATE
    truth = Truth(rung.check, span=(lead_s + rung.span[0], lead_s + rung.span[1]))
    with tempfile.TemporaryDirectory(prefix="coursekit-") as folder:
        path = Path(folder) / "lesson.mp4"
        pictures = (p for part in (healthy, rung.make(clip, seed), healthy) for p in part)
        write_clip(path, (np.ascontiguousarray(p[:, :, ::-1]) for p in pictures), None, rate=ladder_video.RATE)
        probe = measure_media(path)
        said: list[tuple[Said, ...]] = []
        for thorough in (True, False):
            (facts,) = measure_video(path, probe, lambda _: None, threads=0, thorough=thorough, short_s=0.0)
            said.append(ladder_video.judge_clip(facts, profile))
    whole, adaptive = said
    found.cases[rung.check] += 1
    found.whole[rung.check] += match(truth, whole) is not None
    found.adaptive[rung.check] += match(truth, adaptive) is not None
    for what, one, other in (("thorough alone says", whole, adaptive), ("adaptive alone says", adaptive, whole)):
        left = Counter((s.check, s.code, s.verdict) for s in one) - Counter((s.check, s.code, s.verdict) for s in other)
        yield from (f"{what} {check} {code} {verdict} × {n}" for (check, code, verdict), n in sorted(left.items()))
