"""Each detector on a made voice: quiet on healthy sound and on its traps, and naming the fault where one is put in.

One strong and one faint strength each; the ladders with all strengths, on many voices, are the accuracy bench's.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from coursekit.bench import faults_audio as faults
from coursekit.bench.faults_audio import Samples, Voice
from coursekit.bench.ladder_audio import Clip, judge_clip, listen, listen_coded, loudness_of
from coursekit.bench.score import Said
from coursekit.model import Profile
from coursekit.rules.profiles import load_profile

RATE = 24000
SECONDS = 24.0


@pytest.fixture(scope="module")
def profile() -> Profile:
    return load_profile("tianjin-2025")


@pytest.fixture(scope="module")
def talk() -> Samples:
    """A voice in a quiet room, on two microphones."""
    return faults.stereo_room(faults.voice(SECONDS, RATE, Voice(), seed=11), RATE)


def heard(samples: Samples, profile: Profile, *, coded: bool = False, rate: int = RATE) -> tuple[Said, ...]:
    return judge_clip((listen_coded if coded else listen)(Clip("clip", samples, rate)), profile)


def codes(found: tuple[Said, ...]) -> set[str]:
    return {h.code for h in found}


def test_a_healthy_voice_is_left_alone(talk: Samples, profile: Profile) -> None:
    assert heard(talk, profile) == ()
    assert heard(talk, profile, coded=True) == ()


@pytest.mark.parametrize(
    ("code", "faint", "strong"),
    [
        pytest.param(
            "mains-hum",
            lambda x: faults.hum(x, RATE, under_speech_db=-70, base_hz=50, harmonics=6),
            lambda x: faults.hum(x, RATE, under_speech_db=-38, base_hz=50, harmonics=6),
            id="hum-50",
        ),
        pytest.param(
            "mains-hum",
            lambda x: faults.hum(x, RATE, under_speech_db=-70, base_hz=60, harmonics=3),
            lambda x: faults.hum(x, RATE, under_speech_db=-38, base_hz=60, harmonics=3),
            id="hum-60",
        ),
        pytest.param(
            "noise",
            lambda x: faults.noise(x, RATE, snr_db=50),
            lambda x: faults.noise(x, RATE, snr_db=20),
            id="noise",
        ),
        pytest.param(
            "clipped",
            lambda x: faults.limited(x, RATE, drive_db=6),
            lambda x: faults.overdrive(x, RATE, overdrive_db=6),
            id="clipping",
        ),
        pytest.param(
            "level-jump",
            lambda x: faults.gain_step(x, RATE, step_lu=1.5, from_s=12),
            lambda x: faults.gain_step(x, RATE, step_lu=-8, from_s=12),
            id="gain-step",
        ),
        pytest.param(
            "whistle",
            lambda x: faults.whistle(x, RATE, under_speech_db=-75),
            lambda x: faults.whistle(x, RATE, under_speech_db=-35),
            id="whistle",
        ),
        pytest.param(
            "hole",
            lambda x: faults.hole(x, RATE, at_s=10, length_s=1.5),
            lambda x: faults.hole(x, RATE, at_s=10, length_s=6),
            id="hole",
        ),
        pytest.param(
            "dropouts",
            lambda x: x,
            lambda x: faults.dropouts(x, RATE, length_ms=40),
            id="dropouts",
        ),
        pytest.param(
            "clicks",
            lambda x: faults.clicks(x, RATE, height=0.01),
            lambda x: faults.clicks(x, RATE, height=0.8),
            id="clicks",
        ),
        pytest.param(
            "dc-offset",
            lambda x: faults.dc_offset(x, RATE, offset=0.004),
            lambda x: faults.dc_offset(x, RATE, offset=0.06),
            id="dc-offset",
        ),
    ],
)
def test_detectors(
    talk: Samples,
    profile: Profile,
    code: str,
    faint: Callable[[Samples], Samples],
    strong: Callable[[Samples], Samples],
) -> None:
    assert code not in codes(heard(faint(talk), profile))
    assert code in codes(heard(strong(talk), profile))


def test_clipping_is_seen_after_turning_down_and_coding(talk: Samples, profile: Profile) -> None:
    worn = faults.overdrive(talk, RATE, overdrive_db=9, after_db=-3)
    assert "clipped" in codes(heard(worn, profile, coded=True))
    assert heard(faults.overdrive(talk, RATE, overdrive_db=-3, after_db=-3), profile, coded=True) == ()


def test_a_step_is_named_with_its_place_and_levels(talk: Samples, profile: Profile) -> None:
    facts = listen(Clip("clip", faults.gain_step(talk, RATE, step_lu=8, from_s=13), RATE))
    assert facts.voice is not None
    before, after = facts.voice.segments
    assert after.start_s == pytest.approx(13, abs=3)
    assert after.level_lufs - before.level_lufs == pytest.approx(8, abs=1.5)
    assert after.shape_change_db is not None
    assert after.shape_change_db < 3.5


@pytest.mark.parametrize(
    ("kind", "code", "coded"),
    [
        ("mono", "mono", "mono"),
        # Lossy coding gives two copies their own rounding each.
        ("identical", "identical-channels", "near-identical-channels"),
        ("near-identical", "near-identical-channels", "near-identical-channels"),
        ("one-sided", "one-sided", "one-sided"),
        ("dead", "dead-channel", "dead-channel"),
        ("opposed", "out-of-phase", "out-of-phase"),
    ],
)
def test_channel_faults(talk: Samples, profile: Profile, kind: str, code: str, coded: str) -> None:
    made = faults.channel_fault(talk[:, : 6 * RATE], RATE, kind=kind)
    assert code in codes(heard(made, profile))
    assert coded in codes(heard(made, profile, coded=True))


def test_bed_too_loud_and_bed_in_its_place(talk: Samples, profile: Profile) -> None:
    music = faults.music(SECONDS, RATE, style="band", seed=1)

    def mixed(over: float) -> set[str]:
        return codes(heard(faults.bed(talk[:1], music, RATE, over_voice_lu=over, loudness=loudness_of), profile))

    assert "bed-too-loud" in mixed(-5)
    assert "bed-too-loud" not in mixed(-22)


def trap_bass(x: Samples) -> Samples:
    bass = faults.music(SECONDS, RATE, style="bass", seed=2)
    return (x + bass[:, : x.shape[1]] * 0.05 / bass.std() * x.std()).astype(np.float32)


def trap_machine(x: Samples) -> Samples:
    engine = faults.machine(x.shape[1], RATE)
    return (x + engine[None] * faults.speech_rms(x, RATE) * 10 ** (-22 / 20)).astype(np.float32)


def trap_intro(x: Samples) -> Samples:
    intro = faults.music(10.0, RATE, style="band", seed=0)
    fade = np.minimum(np.arange(intro.shape[1])[::-1] / RATE, 1.0)
    return np.concatenate([np.tile(intro * fade * 0.4, (2, 1)), x], axis=1).astype(np.float32)


def trap_quiet(x: Samples) -> Samples:
    return (x * 10 ** ((-31 - loudness_of(x, RATE)) / 20)).astype(np.float32)


def trap_loud(x: Samples) -> Samples:
    return faults.limited(x, RATE, drive_db=5)


def trap_pause(x: Samples) -> Samples:
    room = np.stack([faults.coloured_noise(4 * RATE, RATE, "pink", s) * 8e-4 for s in (1, 2)])
    half = x.shape[1] // 2
    return np.concatenate([x[:, :half], room, x[:, half:]], axis=1).astype(np.float32)


@pytest.mark.parametrize("trap", [trap_bass, trap_machine, trap_intro, trap_quiet, trap_loud, trap_pause])
def test_traps_stay_quiet(talk: Samples, profile: Profile, trap: Callable[[Samples], Samples]) -> None:
    assert heard(trap(talk), profile) == ()


def test_two_speakers_and_a_question_from_the_room(profile: Profile) -> None:
    one = faults.voice(24, RATE, Voice(pitch_hz=110), seed=3)
    two = faults.voice(24, RATE, Voice(pitch_hz=215, formant_scale=1.18, pace_hz=4.8), seed=4)
    turns = np.concatenate([one[:, : 12 * RATE], 0.8 * two[:, : 12 * RATE], one[:, 12 * RATE :]], axis=1)
    assert "level-jump" not in codes(heard(turns.astype(np.float32), profile))
    asked = np.concatenate([one[:, : 12 * RATE], 0.3 * two[:, : 7 * RATE], one[:, 12 * RATE :]], axis=1)
    assert "level-jump" not in codes(heard(asked.astype(np.float32), profile))


def test_music_alone_is_no_voice(profile: Profile) -> None:
    for style in ("band", "pad", "arpeggio", "bass"):
        facts = listen(Clip(style, faults.music(15.0, RATE, style=style, seed=0), RATE))
        assert facts.voice is not None
        assert facts.voice.voice_s <= 3
        assert not {h.code for h in judge_clip(facts, profile)} & {"bed-too-loud", "noise", "mains-hum", "level-jump"}
