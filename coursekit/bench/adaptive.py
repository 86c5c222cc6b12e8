"""What looking only where something stirs costs: every fault of the picture in the midst of a healthy lesson, measured
both ways, judged both ways, and every difference told."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from coursekit.bench import ladder_video, material
from coursekit.bench.cases import PROFILE
from coursekit.bench.clip import write_clip
from coursekit.bench.faults_video import Picture
from coursekit.bench.material import Shelf
from coursekit.bench.rungs import video_rungs
from coursekit.bench.score import Said, Truth, match
from coursekit.model import Profile
from coursekit.probe.measure import measure_media
from coursekit.rules.profiles import load_profile
from coursekit.video.measure import measure_video
from coursekit.video.pacing import EVERY_S


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


def compare(shelf: Shelf, seed: int, clips: int, seconds: float, *, every_step: bool) -> Iterator[str]:
    """One line for each difference, then one for each check. Without `every_step`, the weakest that is noticed.

    `seconds` is the length of each lesson. A minute is nearly all decoded either way; what adaptive looks leave out
    shows in lessons of three minutes and more.
    """
    profile = load_profile(PROFILE)
    found = Comparison()
    for number, name in enumerate(material.scenes(shelf)[:clips]):
        described = shelf.clips.get(name)
        path, height, first = (described.path, described.picture, described.first) if described else (None, 360, 0)
        clip = material.scene(name, path, height, first, seed)
        told: set[str] = set()
        for place, rung in enumerate(video_rungs()):
            if not rung.noticed or (rung.fault in told and not every_step):
                continue
            told.add(rung.fault)
            # Anywhere among the regular looks, another place for each.
            lead_s = seconds / 2 + float(np.random.default_rng([seed, number, place]).uniform(-EVERY_S, 0))
            lesson = _Lesson(clip, rung, lead_s, seconds, seed)
            said = f"{name}, {rung.fault} {rung.strength} at {lead_s + rung.span[0]:.1f} s"
            yield from (f"{said}: {d}" for d in _both(lesson, profile, found))
    yield from found.lines()


@dataclass(frozen=True, slots=True)
class _Lesson:
    """A healthy clip to and fro, and amid it the same with a fault."""

    clip: ladder_video.Clip
    rung: ladder_video.Rung
    lead_s: float
    seconds: float
    seed: int

    def pictures(self) -> Iterator[Picture]:
        """All of them."""
        rate = ladder_video.RATE
        forth, back = self.clip.pictures, self.clip.pictures[::-1]
        healthy = cycle((*forth, *back))
        # The faulty part begins with the first picture: the part before it ends with that one.
        lead = round(self.lead_s * rate)
        skipped = -lead % (len(forth) + len(back))
        yield from islice(healthy, skipped, skipped + lead)
        yield from self.rung.make(self.clip, self.seed)
        rest_s = self.seconds - self.lead_s - ladder_video.LENGTH_S
        yield from islice(cycle((*back, *forth)), max(0, round(rest_s * rate)))


def _both(lesson: _Lesson, profile: Profile, found: Comparison) -> Iterator[str]:
    rung, lead_s = lesson.rung, lesson.lead_s
    truth = Truth(rung.check, span=(lead_s + rung.span[0], lead_s + rung.span[1]))
    with tempfile.TemporaryDirectory(prefix="coursekit-") as folder:
        path = Path(folder) / "lesson.mp4"
        pictures = (np.ascontiguousarray(p[:, :, ::-1]) for p in lesson.pictures())
        write_clip(path, pictures, None, rate=ladder_video.RATE)
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
