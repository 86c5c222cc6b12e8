"""Ladders of faults of sound, traps beside them, and what the checks say of each.

A rung is one fault at one strength. `noticed` marks the strengths that a listener notices at once: there the detector
must not miss. Every rung is put on every clip, measured as a lesson is, and judged by a profile.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np

from coursekit.audio.facts import AudioFacts
from coursekit.audio.loudness import LoudnessMeter
from coursekit.audio.measure import TrackMeter, measure_audio
from coursekit.audio.reader import Timeline, samples_of
from coursekit.bench import faults_audio as faults
from coursekit.bench.faults_audio import Samples
from coursekit.bench.score import Said
from coursekit.bench.verdicts import judge_facts
from coursekit.model import FileFacts, FileKind, Lesson, LessonFacts, Profile
from coursekit.probe.facts import PacketFacts, ProbeFacts, SoundFacts, StreamFacts, StreamKind

CHECKS = tuple(
    f"audio/{name}"
    for name in ("channels", "silence", "loudness", "swing", "clipping", "hum", "noise", "balance", "sync")
)


@dataclass(frozen=True, slots=True)
class Clip:
    """Some seconds of sound."""

    name: str
    samples: Samples
    rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return float(self.samples.shape[1] / self.rate)


@dataclass(frozen=True, slots=True)
class Rung:
    """One fault at one strength."""

    fault: str
    strength: str
    check: str
    codes: frozenset[str]
    make: Callable[[Clip], Clip]
    noticed: bool
    """A listener notices it at once."""
    min_s: float = 0.0
    """Clips shorter than this cannot show it."""


# ----------------------------------------------------------------------------------------------------------- listening


def listen(clip: Clip) -> AudioFacts:
    """Facts of a clip, by the meters of a lesson."""
    names = {1: ("FC",), 2: ("FL", "FR")}[clip.samples.shape[0]]
    meter = TrackMeter(clip.rate, names)
    for first in range(0, clip.samples.shape[1], clip.rate):
        meter.push(np.ascontiguousarray(clip.samples[:, first : first + clip.rate]))
    timeline = Timeline(clip.rate)
    timeline.anchor(0, 0.0)
    return meter.facts(0, timeline, None, ())


def listen_coded(clip: Clip, kbps: int = 128) -> AudioFacts:
    """The same after AAC, through a file, as it reaches an audit."""
    with tempfile.TemporaryDirectory(prefix="coursekit-") as folder:
        path = Path(folder) / "clip.m4a"
        path.write_bytes(coded(clip, kbps))
        return measure_audio(path, ProbeFacts("mp4"), lambda _: None)[0]


def coded(clip: Clip, kbps: int = 128) -> bytes:
    """The clip as an AAC file."""
    target = io.BytesIO()
    layout = "mono" if clip.samples.shape[0] == 1 else "stereo"
    with av.open(target, "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=clip.rate, layout=layout)
        stream.bit_rate = kbps * 1000
        for first in range(0, clip.samples.shape[1], 1024):
            block = np.ascontiguousarray(clip.samples[:, first : first + 1024])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = clip.rate, first, Fraction(1, clip.rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return target.getvalue()


def read_clip(path: Path, stream: int = 0) -> Clip:
    """The sound of a file, first two channels."""
    parts: list[Samples] = []
    rate = 0
    with av.open(str(path)) as container:
        for frame in container.decode(audio=stream):
            rate = frame.sample_rate
            parts.append(np.array(samples_of(frame, frame.layout.nb_channels)[:2]))
    return Clip(path.stem, np.concatenate(parts, axis=1), rate)


def judge_clip(facts: AudioFacts, profile: Profile) -> tuple[Said, ...]:
    """What the profile's rules of sound say of a lesson with this one track."""
    lesson = _as_lesson(facts)
    return judge_facts(profile, CHECKS, lambda check: lesson if check.facts is LessonFacts else facts)


def _as_lesson(facts: AudioFacts) -> LessonFacts:
    packets = PacketFacts(1, 1, 1, first_s=facts.start_s, end_s=facts.end_s)
    sound = SoundFacts(facts.sample_rate_hz, facts.channels)
    stream = StreamFacts(0, StreamKind.AUDIO, "aac", packets, sound=sound)
    probe = ProbeFacts("mp4", streams=(stream,))
    file = FileFacts(path="clip", sha256="", size_bytes=0, kind=FileKind.AUDIO, probe=probe, audio=(facts,))
    return LessonFacts(Lesson("clip", "clip", "clip"), file)


def loudness_of(x: Samples, rate: int) -> float:
    """Integrated loudness of the first channel."""
    meter = LoudnessMeter(rate, ("FC",))
    for first in range(0, x.shape[1], rate):
        meter.push(x[:1, first : first + rate])
    value = meter.finish().integrated_lufs
    return -70.0 if value is None or value < -70 else value


# ------------------------------------------------------------------------------------------------------------- ladders


def _change(clip: Clip, samples: Samples) -> Clip:
    return Clip(clip.name, samples, clip.rate)


@cache
def _music(rate: int, style: str, seed: int) -> Samples:
    return faults.music(20.0, rate, style=style, seed=seed)


def rungs() -> tuple[Rung, ...]:
    """All ladders, weakest strength of each fault first."""
    found: list[Rung] = []

    def add(
        fault: str,
        strength: str,
        check: str,
        codes: str,
        make: Callable[[Clip], Samples],
        *,
        noticed: bool,
        min_s: float = 0.0,
    ) -> None:
        named = frozenset(codes.split())
        found.append(Rung(fault, strength, check, named, lambda c: _change(c, make(c)), noticed, min_s))

    for base, harmonics in ((50.0, 3), (50.0, 8), (60.0, 3), (60.0, 5), (60.0, 8)):
        for under in (-60, -50, -45, -40, -35, -30):
            add(
                f"hum {base:g} Hz, {harmonics} harmonics",
                f"{under} dB",
                "audio/hum",
                "mains-hum",
                lambda c, u=under, b=base, h=harmonics: faults.hum(  # type: ignore[misc]
                    c.samples, c.rate, under_speech_db=u, base_hz=b, harmonics=h, seed=h
                ),
                noticed=under >= -40,
                min_s=8.0,
            )
    for after in (0.0, -3.0):
        for over in (0.5, 1, 2, 3, 4, 6, 9):
            add(
                "overdrive" + (", turned down 3 dB" if after else ""),
                f"{over:g} dB",
                "audio/clipping",
                "clipped",
                lambda c, o=over, a=after: faults.overdrive(c.samples, c.rate, overdrive_db=o, after_db=a),  # type: ignore[misc]
                noticed=over >= 6,
            )
    for step in (-12, -8, -6, -4, -3, -2, 2, 3, 4, 6, 8, 12):
        add(
            "gain step",
            f"{step:+d} LU",
            "audio/swing",
            "level-jump",
            lambda c, s=step: faults.gain_step(c.samples, c.rate, step_lu=s, from_s=c.seconds * 0.47),  # type: ignore[misc]
            noticed=abs(step) >= 6,
            min_s=20.0,
        )
    for step in (-12, -8, -6, -4, 4, 6, 8, 12):
        add(
            "gain step for 12 s",
            f"{step:+d} LU",
            "audio/swing",
            "level-jump",
            lambda c, s=step: faults.gain_step(  # type: ignore[misc]
                c.samples, c.rate, step_lu=s, from_s=c.seconds * 0.4, to_s=c.seconds * 0.4 + 12
            ),
            noticed=abs(step) >= 8,
            min_s=36.0,
        )
    for drift in (3, 6, 9, 12, 15):
        add(
            "gain drift",
            f"{drift} LU",
            "audio/swing",
            "level-drift level-jump",
            lambda c, d=drift: faults.gain_drift(c.samples, c.rate, drift_lu=d),  # type: ignore[misc]
            noticed=drift >= 12,
            min_s=30.0,
        )
    for colour in ("white", "pink"):
        for snr in (50, 40, 30, 25, 20, 15, 10):
            add(
                f"{colour} noise",
                f"{snr} dB",
                "audio/noise",
                "noise",
                lambda c, s=snr, k=colour: faults.noise(c.samples, c.rate, snr_db=s, colour=k),  # type: ignore[misc]
                noticed=snr <= 25,
                min_s=8.0,
            )
    for style in ("band", "pad", "arpeggio"):
        for over in (-30, -20, -15, -10, -8, -5, 0):
            add(
                f"bed ({style})",
                f"{over} LU",
                "audio/balance",
                "bed-too-loud",
                lambda c, o=over, s=style: faults.bed(  # type: ignore[misc]
                    c.samples[:1], _music(c.rate, s, 1), c.rate, over_voice_lu=o, loudness=loudness_of
                ),
                noticed=over >= -8,
                min_s=12.0,
            )
    for under in (-70, -60, -50, -40, -30):
        add(
            "whistle",
            f"{under} dB",
            "audio/noise",
            "whistle",
            lambda c, u=under: faults.whistle(  # type: ignore[misc]
                c.samples, c.rate, under_speech_db=u, hz=min(7800.0, 0.4 * c.rate)
            ),
            noticed=under >= -40,
            min_s=8.0,
        )
    for offset in (0.005, 0.01, 0.03, 0.08, 0.2):
        add(
            "DC offset",
            f"{100 * offset:g} %",
            "audio/noise",
            "dc-offset",
            lambda c, o=offset: faults.dc_offset(c.samples, c.rate, offset=o),  # type: ignore[misc]
            noticed=offset >= 0.03,
        )
    for length in (1.0, 2.0, 4.0, 7.0, 10.0):
        add(
            "hole",
            f"{length:g} s",
            "audio/silence",
            "hole",
            lambda c, n=length: faults.hole(c.samples, c.rate, at_s=c.seconds * 0.4, length_s=n),  # type: ignore[misc]
            noticed=length >= 7,
            min_s=20.0,
        )
    for length in (3, 5, 10, 30, 100, 300):
        add(
            "dropouts",
            f"{length} ms",
            "audio/silence",
            "dropouts",
            lambda c, n=length: faults.dropouts(c.samples, c.rate, length_ms=n),  # type: ignore[misc]
            noticed=length >= 10,
            min_s=8.0,
        )
    for height in (0.02, 0.05, 0.1, 0.3, 0.8):
        add(
            "clicks",
            f"{height:g}",
            "audio/silence",
            "clicks",
            lambda c, h=height: faults.clicks(c.samples, c.rate, height=h),  # type: ignore[misc]
            noticed=height >= 0.3,
            min_s=15.0,
        )
    for kind, code in (
        ("mono", "mono"),
        ("identical", "identical-channels"),
        ("near-identical", "near-identical-channels"),
        ("one-sided", "one-sided"),
        ("dead", "dead-channel"),
        ("opposed", "out-of-phase"),
    ):
        add(
            "channels",
            kind,
            "audio/channels",
            code,
            lambda c, k=kind: faults.channel_fault(c.samples, c.rate, kind=k),  # type: ignore[misc]
            noticed=True,
        )
    return tuple(found)


def traps(clips: Sequence[Clip]) -> Iterator[tuple[str, Clip]]:
    """Healthy sounds that only look like faults. What they may not have is any finding of the check named first."""
    for clip in clips:
        x, rate = clip.samples[:1], clip.rate
        rms = faults.speech_rms(x, rate)
        yield "stereo room", _change(clip, faults.stereo_room(x, rate))
        yield "loud mastering", _change(clip, faults.limited(x, rate, drive_db=6))
        if clip.seconds >= 15:
            machine = faults.machine(x.shape[1], rate)[None] * rms * 10 ** (-20 / 20)
            yield "machine", _change(clip, (x + machine).astype(np.float32))
            bass = np.tile(_music(rate, "bass", 2), (1, 10))[:, : x.shape[1]]
            yield "bass line", _change(clip, (x + bass / bass.std() * rms * 10 ** (-18 / 20)).astype(np.float32))
            intro = _music(rate, "band", 2)[:, : 12 * rate]
            level = 10 ** ((loudness_of(x, rate) + 3 - loudness_of(intro, rate)) / 20)
            tail = np.minimum(np.arange(intro.shape[1])[::-1] / rate, 1.0)[None]
            yield "music intro", _change(clip, np.concatenate([intro * level * tail, x], axis=1).astype(np.float32))
            room = faults.coloured_noise(3 * rate, rate, "pink", 5)[None] * 10 ** (-60 / 20)
            half = x.shape[1] // 2
            yield "pause", _change(clip, np.concatenate([x[:, :half], room, x[:, half:]], axis=1).astype(np.float32))
            yield "quiet narrator", _change(clip, (x * 10 ** ((-31 - loudness_of(x, rate)) / 20)).astype(np.float32))
    yield from _two_speakers(clips)


def _two_speakers(clips: Sequence[Clip]) -> Iterator[tuple[str, Clip]]:
    pairs = [(a, b) for a in clips for b in clips if a.name < b.name and a.rate == b.rate]
    for one, two in pairs:
        if min(one.seconds, two.seconds) < 15:
            continue
        level = 10 ** ((loudness_of(one.samples, one.rate) - 2.0 - loudness_of(two.samples, two.rate)) / 20)
        n = 10 * one.rate
        parts = []
        for turn in range(4):
            source, gain = ((one.samples, 1.0), (two.samples, level))[turn % 2]
            first = (turn // 2) * n % max(1, source.shape[1] - n)
            parts.append(source[:1, first : first + n] * gain)
        yield "two speakers", Clip(f"{one.name}+{two.name}", np.concatenate(parts, axis=1).astype(np.float32), one.rate)
        question = two.samples[:1, : 5 * one.rate] * level * 10 ** (-8 / 20)
        asked = np.concatenate([one.samples[:1, :n], question, one.samples[:1, n : 2 * n]], axis=1)
        yield "question from the room", Clip(f"{one.name}?{two.name}", asked.astype(np.float32), one.rate)
