"""audio/sync."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coursekit.audio.checks.sync import sync
from coursekit.audio.facts import AudioFacts, TimeGap
from coursekit.model import LessonFacts, Verdict
from coursekit.probe.facts import Edit
from coursekit.video.facts import LipFacts, LipReason
from tests.audio_facts import shipped_params, track
from tests.probe_facts import audio, closed, lesson, packets, probe, video
from tests.support import run_check
from tests.video_facts import stream

PARAMS = shipped_params(sync)


def timed(
    sound: tuple[float, float] = (0.0, 2700.0), heard: AudioFacts | None = None, **changes: object
) -> LessonFacts:
    """A lesson whose sound lasts from one moment to another, under a picture of 45 minutes."""
    picture = video(packets=packets(2700, first_s=0.0, end_s=2700.0))
    tone = audio(packets=packets(sound[1] - sound[0], first_s=sound[0], end_s=sound[1]))
    facts = lesson(probe(picture, tone, **changes))
    if heard is None:
        return facts
    return replace(facts, file=replace(facts.file, audio=(replace(heard, stream=tone.index),)))


@pytest.mark.parametrize(
    ("first_s", "verdict", "codes"),
    [
        (0.0, Verdict.PASS, ()),
        (-0.02, Verdict.PASS, ()),
        (0.1, Verdict.PASS, ()),
        (0.2, Verdict.REVIEW, ("sound-starts-late",)),
        (-0.08, Verdict.REVIEW, ("sound-starts-early",)),
        (0.5, Verdict.REVIEW, ("sound-starts-late",)),
    ],
)
def test_starts(first_s: float, verdict: Verdict, codes: tuple[str, ...]) -> None:
    outcome = run_check(sync, timed((first_s, 2700.0)), PARAMS)
    assert (outcome.verdict, outcome.codes) == (verdict, codes)


@pytest.mark.parametrize(
    ("end_s", "verdict", "codes"),
    [
        (2699.0, Verdict.PASS, ()),
        (2690.0, Verdict.REVIEW, ("sound-ends-early",)),
        (2600.0, Verdict.FAIL, ("sound-ends-early",)),
        (2705.0, Verdict.REVIEW, ("picture-ends-early",)),
    ],
)
def test_ends(end_s: float, verdict: Verdict, codes: tuple[str, ...]) -> None:
    outcome = run_check(sync, timed((0.0, end_s)), PARAMS)
    assert (outcome.verdict, outcome.codes) == (verdict, codes)


def test_a_gap_in_the_timestamps() -> None:
    heard = track(gaps=(TimeGap(300.0, 0.4),), gap_count=1, clock_drift_s=0.4)
    outcome = run_check(sync, timed(heard=heard), PARAMS)
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, ("timestamp-gap",))


@pytest.mark.parametrize(("drift_s", "verdict"), [(0.05, Verdict.PASS), (0.2, Verdict.REVIEW), (-0.8, Verdict.FAIL)])
def test_a_clock_that_is_off(drift_s: float, verdict: Verdict) -> None:
    outcome = run_check(sync, timed(heard=track(clock_drift_s=drift_s)), PARAMS)
    assert outcome.verdict is verdict
    assert outcome.codes == (() if verdict is Verdict.PASS else ("clock-drift",))


@pytest.mark.parametrize(("pause_s", "codes"), [(0.04, ()), (0.3, ("edit-list-shift",))])
def test_an_edit_list_that_moves_the_sound(pause_s: float, codes: tuple[str, ...]) -> None:
    facts = timed()
    stream = next(iter(facts.file.probe.audios)).index if facts.file.probe else 1
    edits = (Edit(stream, pause_s, None), Edit(stream, 2700.0, 0.0))
    assert run_check(sync, timed(edits=edits), PARAMS).codes == codes


def test_what_there_is_nothing_to_compare() -> None:
    assert run_check(sync, lesson(probe(video())), PARAMS).reason == "no-audio-stream"
    assert run_check(sync, lesson(probe(audio())), PARAMS).reason == "no-video-stream"
    assert run_check(sync, lesson(closed("empty")), PARAMS).reason == "does-not-open"
    timeless = lesson(probe(video(packets=packets(first_s=None, end_s=None)), audio()))
    assert run_check(sync, timeless, PARAMS).reason == "no-timestamps"


def faced(lips: LipFacts | None) -> LessonFacts:
    """A lesson in step by its timestamps, with what was measured of lips."""
    facts = timed()
    picture = stream(stream=video().index, lips=lips)
    return replace(facts, file=replace(facts.file, video=(picture,)))


def estimated(lag_ms: int, *, half_ms: int = 10, strength: float = 1.6) -> LipFacts:
    windows = ((100.0, 120.0), (900.0, 920.0), (1500.0, 1520.0))
    return LipFacts(None, windows, strength, lag_ms, lag_ms - half_ms, lag_ms + half_ms, (0.4, 0.4, 0.04, 0.06))


@pytest.mark.parametrize(
    ("lips", "codes"),
    [
        (None, ()),
        (LipFacts(LipReason.NO_MATCH, strength=0.9), ()),
        (estimated(60), ()),
        (estimated(-60), ()),
        (estimated(240), ()),
        (estimated(360), ("lips-before-voice",)),
        (estimated(-190), ("lips-behind-voice",)),
        (estimated(-190, half_ms=90), ()),
        (estimated(600, strength=1.1), ()),
    ],
)
def test_lips(lips: LipFacts | None, codes: tuple[str, ...]) -> None:
    outcome = run_check(sync, faced(lips), PARAMS)
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW if codes else Verdict.PASS, codes)
