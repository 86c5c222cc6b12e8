"""audio/silence."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from coursekit.audio.checks.silence import silence
from coursekit.audio.facts import AudioFacts, Click, Dropout, SilentSpan
from coursekit.model import LessonFacts, Verdict
from coursekit.probe.facts import DecodeError
from tests.audio_facts import shipped_params, track
from tests.probe_facts import audio, closed, lesson, probe, video
from tests.support import run_check

PARAMS = shipped_params(silence)


def heard(*tracks: AudioFacts) -> LessonFacts:
    """A lesson with these tracks."""
    facts = lesson(probe(video(), *(audio() for _ in tracks)))
    return replace(facts, file=replace(facts.file, audio=tracks))


def test_a_sounding_track_passes() -> None:
    assert run_check(silence, heard(track()), PARAMS).verdict is Verdict.PASS


def test_no_track() -> None:
    outcome = run_check(silence, lesson(probe(video())), PARAMS)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("no-audio-track",))


def test_declared_but_not_decoding() -> None:
    mute = track(decoded_s=0.0, decode_errors=(DecodeError(None, 1, "no decoder"),))
    outcome = run_check(silence, heard(mute), PARAMS)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("does-not-decode",))


@pytest.mark.parametrize("silent", [{"sample_peak_dbfs": -math.inf}, {"silent_share": 1.0}])
def test_silent_from_end_to_end(silent: dict[str, float]) -> None:
    outcome = run_check(silence, heard(track(**silent)), PARAMS)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("silent-track",))
    second = run_check(silence, heard(track(), track(**silent)), PARAMS)
    assert (second.verdict, second.codes) == (Verdict.REVIEW, ("silent-track",))


@pytest.mark.parametrize(
    ("start", "end", "share", "verdict", "codes"),
    [
        (900.0, 901.5, 0.001, Verdict.PASS, ()),
        (900.0, 905.0, 0.002, Verdict.REVIEW, ("hole",)),
        (900.0, 912.0, 0.004, Verdict.FAIL, ("hole",)),
        (900.0, 905.0, 0.15, Verdict.PASS, ()),
        (0.0, 5.0, 0.002, Verdict.PASS, ()),
        (2680.0, 2700.0, 0.008, Verdict.REVIEW, ("silent-end",)),
    ],
)
def test_holes(start: float, end: float, share: float, verdict: Verdict, codes: tuple[str, ...]) -> None:
    facts = track(silent_spans=(SilentSpan(start, end, -math.inf),), silent_share=share)
    outcome = run_check(silence, heard(facts), PARAMS)
    assert (outcome.verdict, outcome.codes) == (verdict, codes)


CUT = Dropout(time_s=100.0, length_ms=40, cut_db=90.0, level_dbfs=-120.0, jump=0.5)


@pytest.mark.parametrize(
    ("dropouts", "count", "share", "verdict"),
    [
        pytest.param((CUT,), 1, 0.0, Verdict.REVIEW, id="one"),
        pytest.param((CUT,) * 4, 4, 0.0, Verdict.FAIL, id="several"),
        pytest.param((replace(CUT, jump=0.02),) * 4, 4, 0.0, Verdict.FAIL, id="deep-in-a-live-room"),
        pytest.param((replace(CUT, jump=0.02),) * 4, 4, 0.15, Verdict.PASS, id="gated-voice"),
        pytest.param((CUT,) * 4, 2000, 0.15, Verdict.PASS, id="computer-voice"),
        pytest.param((replace(CUT, cut_db=26.0),) * 4, 4, 0.0, Verdict.PASS, id="closing-lips"),
        pytest.param((replace(CUT, level_dbfs=-66.0),) * 4, 4, 0.0, Verdict.PASS, id="room-tone-inside"),
    ],
)
def test_dropouts(dropouts: tuple[Dropout, ...], count: int, share: float, verdict: Verdict) -> None:
    facts = track(dropouts=dropouts, dropout_count=count, silent_share=share)
    outcome = run_check(silence, heard(facts), PARAMS)
    assert outcome.verdict is verdict
    assert outcome.codes == (() if verdict is Verdict.PASS else ("dropouts",))


@pytest.mark.parametrize(
    ("isolation", "count", "seconds", "verdict"),
    [
        (15.0, 30, 300.0, Verdict.PASS),
        (60.0, 2, 300.0, Verdict.PASS),
        (60.0, 5, 300.0, Verdict.REVIEW),
        (60.0, 40, 300.0, Verdict.FAIL),
    ],
)
def test_clicks(isolation: float, count: int, seconds: float, verdict: Verdict) -> None:
    clicks = tuple(Click(float(n), 0.4, isolation) for n in range(count))
    outcome = run_check(silence, heard(track(clicks=clicks, decoded_s=seconds, end_s=seconds)), PARAMS)
    assert outcome.verdict is verdict
    assert outcome.codes == (() if verdict is Verdict.PASS else ("clicks",))


@pytest.mark.parametrize(
    ("surprise", "count", "verdict"), [(6.0, 40, Verdict.PASS), (9.0, 2, Verdict.PASS), (9.0, 40, Verdict.REVIEW)]
)
def test_clicks_told_by_prediction_are_a_doubt_only(surprise: float, count: int, verdict: Verdict) -> None:
    clicks = tuple(Click(float(n), 0.4, 4.0, surprise) for n in range(count))
    outcome = run_check(silence, heard(track(clicks=clicks, decoded_s=300.0, end_s=300.0)), PARAMS)
    assert outcome.verdict is verdict
    assert outcome.codes == (() if verdict is Verdict.PASS else ("clicks",))


def test_what_cannot_be_judged() -> None:
    assert run_check(silence, lesson(closed("empty")), PARAMS).reason == "does-not-open"
    assert run_check(silence, lesson(probe(video(), audio())), PARAMS).reason == "not-measured"
