"""Real clips, odd and valid, each described truly. The figures were checked with other readers."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from coursekit.probe.facts import ProbeFacts
from coursekit.probe.measure import measure_media

# name → container, codecs in stream order
REAL = {
    "androidx__checkerboard_854x356_avc_baseline.mp4": ("mp4", ["h264"]),
    "androidx__h265_with_metadata_track.mp4": ("mp4", [None, "aac", "hevc"]),
    "androidx__hdr10-video-with-sdr-container.mp4": ("mp4", ["hevc", "aac"]),
    "androidx__internal_emulator_transformer_output.mp4": ("mp4", ["aac", "h264"]),
    "androidx__long_1080p_lowbitrate.mp4": ("mp4", ["h264", "aac"]),
    "androidx__mv_with_2_top_shots.mp4": ("mp4", ["hevc", "hevc", None, None]),
    "androidx__pixel7_videoOnly_cleaned.mp4": ("mp4", ["h264"]),
    "androidx__sample_15fps_720p_1s.mp4": ("mp4", ["aac", "h264"]),
    "androidx__sample_edit_list.mp4": ("mov", ["hevc", "aac", None, None]),
    "androidx__sample_with_increasing_timestamps_360p.mp4": ("mp4", ["h264", "aac"]),
    "androidx__sowt-with-video.mov": ("mov", ["h264", "pcm_s16le"]),
    "dfk__keyboard_cat.mp4": ("mp4", ["h264", "aac"]),
    "dfk__shaky.mp4": ("mp4", ["h264", "aac"]),
    "fate__C0023S01.mp4": ("mxf", ["mpeg4", "pcm_alaw", "pcm_alaw", "pcm_alaw", "pcm_alaw"]),
    "fate__PVA_test-partial.mp4": ("pva", ["mpeg2video", "mp2"]),
    "fate__SMM0005.mp4": ("vc1test", ["wmv3"]),
    "fate__Sony-00001.mp4": ("mxf", ["mpeg2video", "pcm_s16le"]),
    "fate__VCR2test.avi": ("avi", ["mpeg2video", "pcm_s16le"]),
    "fate__Vertical400kbit.sorenson3.mp4": ("mov", ["svq3", "adpcm_ima_qt"]),
    "fate__coolitnow-partial.mp4": ("mpeg", ["mpeg2video", "pcm_dvd", None]),
    "fate__marymary-shackles.mp4": ("mov", ["svq1", "pcm_u8"]),
    "fate__mpeg2_field_encoding.mp4": ("mpegts", ["mpeg2video"]),
    "fate__oneminute.mp4": ("avi", ["tscc", "pcm_mulaw"]),
    "fate__skating.avi": ("avi", ["msvideo1"]),
    "fate__t.mp4": ("mpegts", ["mpeg2video", "mp3"]),
    "fate__tcela-6.mp4": ("mpegvideo", ["mpeg2video"]),
    "fate__test.mp4": ("avi", ["vmnc"]),
    "fate__thezerotheorem-cut.mp4": ("mp4", ["h264", "aac"]),
    "imageio__cockatoo.mp4": ("mp4", ["h264", "mp3"]),
    "imageio__realshort.mp4": ("mp4", ["h264", "aac"]),
    "musetalk__sun.mp4": ("mp4", ["h264"]),
}


def real(shared: Path, name: str) -> ProbeFacts:
    return measure_media(shared / "media" / "video" / name)


@pytest.mark.parametrize("name", sorted(REAL))
def test_what_it_really_is(name: str, shared: Path) -> None:
    container, codecs = REAL[name]
    facts = real(shared, name)
    assert facts.opens
    assert facts.container == container
    assert [stream.codec for stream in facts.streams] == codecs


def picture(facts: ProbeFacts):  # type: ignore[no-untyped-def]
    main = facts.main_video
    assert main is not None
    assert main.picture is not None
    return main.picture


def test_phones_turn_their_pictures(shared: Path) -> None:
    selfie = real(shared, "androidx__mv_with_2_top_shots.mp4")
    assert (picture(selfie).rotation_deg, picture(selfie).display_px) == (270, (1080, 1440))
    assert len(selfie.videos) == 2
    upside_down = picture(real(shared, "androidx__pixel7_videoOnly_cleaned.mp4"))
    assert (upside_down.rotation_deg, upside_down.display_px) == (180, (1920, 1080))


def test_hdr_that_the_container_does_not_speak_of(shared: Path) -> None:
    found = picture(real(shared, "androidx__hdr10-video-with-sdr-container.mp4"))
    assert (found.hdr, found.transfer, found.container_transfer) == ("pq", "pq", None)
    assert (found.bit_depth, found.max_cll) == (10, 1000)


def test_dolby_vision_and_an_edit_list(shared: Path) -> None:
    facts = real(shared, "androidx__sample_edit_list.mp4")
    assert (picture(facts).dolby_vision, picture(facts).hdr) == (True, "hlg")
    assert facts.edits[0].media_time_s == pytest.approx(0.455)
    assert facts.streams[0].packets.hidden == 9
    # 86 frames lie in the file; MediaInfo counts the 70 that the edit list shows.
    assert [(d.field, d.ffmpeg, d.mediainfo) for d in facts.disagreements] == [("frames", "86", "70")]


def test_anamorphic_television(shared: Path) -> None:
    found = picture(real(shared, "fate__PVA_test-partial.mp4"))
    assert (found.sample_aspect, found.display_px, found.display_aspect) == (
        Fraction(24, 17),
        (768, 576),
        Fraction(4, 3),
    )
    assert found.field_order == "tt"


def test_a_header_that_promises_more_than_there_is(shared: Path) -> None:
    facts = real(shared, "fate__SonyXAVC_LongGOP_green_pixelation_early_Frames.mp4")
    main = facts.main_video
    assert main is not None
    assert main.duration_s == pytest.approx(13.44)
    assert main.packets.duration_s == pytest.approx(0.36)
    assert main.packets.corrupt == 1


def test_sound_that_ends_before_the_picture(shared: Path) -> None:
    facts = real(shared, "androidx__long_1080p_lowbitrate.mp4")
    assert facts.videos[0].packets.end_s == pytest.approx(362.767, abs=0.001)
    assert facts.audios[0].packets.end_s == pytest.approx(360.0)


def test_rates_of_real_clips(shared: Path) -> None:
    def rate(name: str) -> Fraction | None:
        found = picture(real(shared, name)).measured_rate
        return None if found is None else Fraction(found)

    assert rate("fate__thezerotheorem-cut.mp4") == Fraction(24000, 1001)
    assert rate("dfk__shaky.mp4") == Fraction(30000, 1001)
    assert rate("imageio__cockatoo.mp4") == Fraction(20)
    assert rate("imageio__realshort.mp4") == Fraction(45000, 1499)  # a phone's own clock, near no standard
