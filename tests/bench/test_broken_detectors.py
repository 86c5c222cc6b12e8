"""A detector broken on purpose ruins its row: the scorer can fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import pytest

from coursekit.bench import accuracy, cases, faults_audio
from coursekit.bench.accuracy import judge_specimen
from coursekit.bench.cases import Plan, Specimen
from coursekit.bench.curve import with_params
from coursekit.bench.ladder_audio import Clip, listen
from coursekit.bench.score import Case, Row, Truth, score
from coursekit.model import Profile
from coursekit.rules.profiles import load_profile

CHECKS = ("audio/hum", "audio/silence")
EAGER = "audio/loudness"
RATE = 16_000


@cache
def specimens() -> tuple[Specimen, ...]:
    """Two faults at two strengths each on one voice made from nothing, and the voice itself."""
    voice = faults_audio.stereo_room(faults_audio.voice(24.0, RATE, seed=3), RATE, 3)

    def of(fault: str, strength: str, samples: faults_audio.Samples, truth: Truth | None) -> Specimen:
        case = Case("audio", fault, strength, "voice", 24.0, (), truth, noticed=True, judged=(*CHECKS, EAGER))
        return Specimen(case, listen(Clip("voice", samples, RATE)))

    hum, hole = Truth("audio/hum", frozenset({"mains-hum"})), Truth("audio/silence", frozenset({"hole"}), (9.0, 18.5))
    return (
        *(
            of("hum", f"{under} dB", faults_audio.hum(voice, RATE, under_speech_db=under), hum)
            for under in (-38.0, -34.0)
        ),
        *(
            of("hole", f"{long} s", faults_audio.hole(voice, RATE, at_s=9.5, length_s=long), hole)
            for long in (4.0, 9.0)
        ),
        of("voice", "healthy", voice, None),
    )


@cache
def profile() -> Profile:
    return load_profile(Plan().profile)


def rows(judged_by: Profile) -> Mapping[str, Row]:
    return score([judge_specimen(s, judged_by) for s in specimens()], CHECKS)


def times_three(check: str) -> Profile:
    """Every number the profile sets for a check, three times as large."""
    params = next(rule.params for rule in profile().rules if rule.check == check)
    numbers = {key: value for key, value in params.items() if isinstance(value, int | float)}
    return with_params(profile(), check, {key: type(value)(3 * value) for key, value in numbers.items()})


def test_as_it_stands_every_fault_is_found_and_the_voice_left_alone() -> None:
    for row in rows(profile()).values():
        assert row.noticed == (2, 2), row.check
        assert (row.false_fails, row.false_reviews) == (0, 0), row.check


@pytest.mark.parametrize(("broken", "whole"), [CHECKS, CHECKS[::-1]])
def test_thresholds_times_three_ruin_the_row(broken: str, whole: str) -> None:
    found = rows(times_three(broken))
    assert found[broken].noticed[0] < 2
    assert found[whole].noticed == (2, 2), "the other stands"


def test_a_threshold_that_accuses_the_healthy_shows_as_false_alarms() -> None:
    eager = with_params(profile(), EAGER, {"review_below_lufs": -3.0, "fail_below_lufs": -4.0})
    row = score([judge_specimen(s, eager) for s in specimens()], (EAGER,))[EAGER]
    assert row.false_fails == 1
    assert row.quiet_cases == 0


def test_two_checks_swapped_ruin_both_rows() -> None:
    swap = {"audio/hum": "audio/silence", "audio/silence": "audio/hum"}
    judged = [judge_specimen(s, profile()) for s in specimens()]
    swapped = [replace(c, said=tuple(replace(s, check=swap.get(s.check, s.check)) for s in c.said)) for c in judged]
    for row in score(swapped, CHECKS).values():
        assert row.noticed == (0, 2), row.check


def test_a_clip_that_has_the_fault_already_proves_nothing() -> None:
    specimen = specimens()[0]
    assert specimen.facts is not None
    case = judge_specimen(Specimen(specimen.case, specimen.facts, specimen.facts), profile())  # type: ignore[arg-type]
    assert case.problem is not None


def test_a_case_that_breaks_is_a_row_and_not_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> object:
        raise OSError("no /such/place/here")

    monkeypatch.setattr(cases.ladder_audio, "listen", broken)
    job = cases.Job("sound traps", "synthesised voice C", (0,), Plan())
    done = accuracy.run_job(job)
    assert done
    assert all(case.problem and "/such" not in case.problem for case in done)
