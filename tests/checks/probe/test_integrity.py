"""probe/integrity."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coursekit.model import Problem, Span, Verdict
from coursekit.probe.checks.integrity import IntegrityParams, integrity
from coursekit.probe.facts import Damage, DecodeError, Disagreement, Edit, ProbeFacts
from tests.probe_facts import LESSON_S, audio, closed, decoded_audio, decoded_video, lesson, packets, probe, video
from tests.support import Outcome, run_check

PARAMS = IntegrityParams(
    review_duration_gap_s=0.5, max_duration_gap_s=2.0, max_damaged_s=0.5, max_video_streams=1, max_audio_streams=1
)
NOTHING = packets(0.0, count=0, keyframes=0, first_s=None, end_s=None)


def judge(facts: ProbeFacts) -> Outcome:
    return run_check(integrity, lesson(facts, audio_facts=(decoded_audio(),), video_facts=(decoded_video(),)), PARAMS)


def test_a_whole_lesson_passes() -> None:
    assert judge(probe()).verdict is Verdict.PASS


def test_a_decoder_that_gave_up_leaves_it_untested_unless_the_probe_knows_better() -> None:
    def after(facts: ProbeFacts) -> Outcome:
        subject = lesson(facts)
        stopped = replace(subject.file, problems=(Problem("video", "timeout", "stopped after 60 s"),))
        return run_check(integrity, replace(subject, file=stopped), PARAMS)

    assert (after(probe()).verdict, after(probe()).reason) == (Verdict.NOT_TESTED, "stage-failed")
    assert after(closed("unreadable-header", "mp4")).codes == ("cannot-open",)
    assert after(probe(damages=(Damage("truncated", "…", 100, 9.0),))).codes == ("truncated",)
    assert after(probe(damages=(Damage("trailing-data", "…", 100),))).reason == "stage-failed"


def test_a_file_that_does_not_open_fails_and_says_why() -> None:
    outcome = judge(closed("unreadable-header", "mp4"))
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("cannot-open",))
    damaged = closed("index-missing", "mp4", damages=(Damage("index-missing", "no moov box", 4711),))
    outcome = judge(damaged)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("index-missing",))
    assert "4711" in outcome.findings[0].message


@pytest.mark.parametrize(
    ("damage", "verdict", "code"),
    [
        (Damage("truncated", "…", 100, 1290.0), Verdict.FAIL, "truncated"),
        (Damage("payload-missing", "…", 100, 0.0), Verdict.FAIL, "payload-missing"),
        (Damage("payload-damaged", "…", 100, 12.5), Verdict.FAIL, "payload-damaged"),
        (Damage("box-damaged", "…", 100), Verdict.FAIL, "structure-damaged"),
        (Damage("trailing-data", "…", 100), Verdict.REVIEW, "trailing-data"),
    ],
)
def test_damage_of_the_container(damage: Damage, verdict: Verdict, code: str) -> None:
    outcome = judge(probe(damages=(damage,)))
    assert (outcome.verdict, outcome.codes) == (verdict, (code,))
    where = outcome.findings[0].where
    assert (where.start_s if isinstance(where, Span) else None) == damage.time_s


def test_what_is_cut_off_is_lost_to_the_end() -> None:
    outcome = judge(probe(damages=(Damage("truncated", "…", 100, 1290.0),)))
    assert outcome.findings[0].where == Span(1290.0, LESSON_S)


def test_a_file_that_breaks_off_is_told_once() -> None:
    half = packets(1290.0)
    broken = probe(video(packets=half), audio(packets=half), damages=(Damage("truncated", "…", 100, 1290.0),))
    facts = lesson(
        broken, audio_facts=(decoded_audio(decoded_s=1290.0),), video_facts=(decoded_video(decoded_s=1290.0),)
    )
    assert run_check(integrity, facts, PARAMS).codes == ("truncated",)


def test_a_demuxer_that_stops_is_a_fault_with_a_place() -> None:
    outcome = judge(probe(read_error="Invalid data"))
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, ("reading-stops",))
    cut = probe(read_error="Invalid data", damages=(Damage("truncated", "…", 100, 3.0),))
    assert judge(cut).codes == ("truncated",)


@pytest.mark.parametrize(
    ("streams", "code"),
    [((video(packets=NOTHING), audio()), "video-empty"), ((video(), audio(packets=NOTHING)), "audio-empty")],
)
def test_a_stream_that_is_declared_and_empty(streams: tuple, code: str) -> None:  # type: ignore[type-arg]
    outcome = judge(probe(*streams))
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, (code,))


@pytest.mark.parametrize(
    ("sound_s", "picture_s", "code"),
    [(0.0, LESSON_S, "audio-undecodable"), (LESSON_S, 0.0, "video-undecodable")],
)
def test_a_stream_that_is_there_and_yields_nothing(sound_s: float, picture_s: float, code: str) -> None:
    facts = lesson(
        probe(), audio_facts=(decoded_audio(decoded_s=sound_s),), video_facts=(decoded_video(decoded_s=picture_s),)
    )
    outcome = run_check(integrity, facts, PARAMS)
    assert (outcome.verdict, outcome.codes) == (Verdict.FAIL, (code,))


@pytest.mark.parametrize(
    ("declared_s", "verdict", "codes"),
    [
        (LESSON_S + 0.4, Verdict.PASS, ()),
        (LESSON_S + 1.0, Verdict.REVIEW, ("duration-slightly-differs",)),
        (LESSON_S - 1.0, Verdict.REVIEW, ("duration-slightly-differs",)),
        (LESSON_S + 60, Verdict.FAIL, ("duration-differs",)),
    ],
)
def test_header_against_packets(declared_s: float, verdict: Verdict, codes: tuple[str, ...]) -> None:
    outcome = judge(probe(video(duration_s=declared_s), audio()))
    assert (outcome.verdict, outcome.codes) == (verdict, codes)


def test_several_streams_with_one_fault_make_one_finding() -> None:
    tracks = [audio(i, duration_s=LESSON_S + 9) for i in (1, 2, 3)]
    params = replace(PARAMS, max_audio_streams=3)
    outcome = run_check(integrity, lesson(probe(video(), *tracks)), params)
    assert outcome.codes == ("duration-differs",)
    assert outcome.findings[0].args["stream"] == "1, 2, 3"


@pytest.mark.parametrize(
    ("decoded_s", "verdict", "codes"),
    [
        (LESSON_S - 0.2, Verdict.PASS, ()),
        (LESSON_S - 1.0, Verdict.REVIEW, ("decodes-slightly-short",)),
        (LESSON_S - 30, Verdict.FAIL, ("decodes-short",)),
    ],
)
def test_packets_against_pictures(decoded_s: float, verdict: Verdict, codes: tuple[str, ...]) -> None:
    facts = lesson(probe(), audio_facts=(decoded_audio(),), video_facts=(decoded_video(decoded_s=decoded_s),))
    outcome = run_check(integrity, facts, PARAMS)
    assert (outcome.verdict, outcome.codes) == (verdict, codes)


@pytest.mark.parametrize(
    ("count", "verdict", "code"), [(3, Verdict.REVIEW, "few-decode-errors"), (50, Verdict.FAIL, "decode-errors")]
)
def test_decode_errors_have_a_place(count: int, verdict: Verdict, code: str) -> None:
    errors = (DecodeError(600.0, count, "error while decoding MB 3 4"),)
    facts = lesson(probe(), audio_facts=(decoded_audio(),), video_facts=(decoded_video(decode_errors=errors),))
    outcome = run_check(integrity, facts, PARAMS)
    assert (outcome.verdict, outcome.codes) == (verdict, (code,))
    where = outcome.findings[0].where
    assert isinstance(where, Span)
    assert where.start_s == pytest.approx(600.0)


def test_a_decode_error_without_a_time_is_still_told() -> None:
    errors = (DecodeError(None, 1, "no frame"),)
    facts = lesson(probe(), audio_facts=(decoded_audio(decode_errors=errors),), video_facts=(decoded_video(),))
    assert run_check(integrity, facts, PARAMS).codes == ("few-decode-errors",)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (probe(video(0), video(2), audio()), "several-video-tracks"),
        (probe(video(), audio(1), audio(2)), "several-audio-tracks"),
        (probe(video(packets=packets(backward=3, first_backward_s=8.0)), audio()), "timestamps-run-back"),
        (probe(video(), audio(duration_s=2690.0, packets=packets(2690.0))), "sound-ends-first"),
        (probe(video(duration_s=2690.0, packets=packets(2690.0)), audio()), "picture-ends-first"),
        (probe(edits=(Edit(0, 10.0, 0.0), Edit(0, 10.0, 30.0))), "edit-list"),
        (probe(edits=(Edit(0, 10.0, 0.0, 2.0),)), "edit-list"),
        (probe(second_opinion_failure="failed"), "second-reader-failed"),
        (probe(disagreements=(Disagreement("frames", "86", "70", 0),)), "readers-disagree"),
    ],
)
def test_what_a_person_must_look_at(facts: ProbeFacts, code: str) -> None:
    outcome = run_check(integrity, lesson(facts), PARAMS)
    assert (outcome.verdict, outcome.codes) == (Verdict.REVIEW, (code,))


def test_an_ordinary_edit_list_is_no_fault() -> None:
    plain = (Edit(0, LESSON_S, 0.08), Edit(1, 0.003, None), Edit(1, LESSON_S, 0.021))
    assert judge(probe(edits=plain)).verdict is Verdict.PASS


def test_a_cover_picture_is_no_second_video_track() -> None:
    assert judge(probe(video(), audio(), video(2, attached_picture=True))).verdict is Verdict.PASS
