"""Media described as they are: clips made on the spot, then changed in every way that happens to lessons."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from coursekit import codec
from coursekit.probe.facts import ProbeFacts, StreamKind
from coursekit.probe.measure import measure_media
from coursekit.probe.media import MediaError, open_media
from coursekit.probe.sniff import sniff
from tests import media

SECONDS = 4.0
FRAME_S = 0.04
SOUND_S = 0.05
"""A sound stream ends within two AAC frames of where it should."""


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of clips."""
    folder = tmp_path_factory.mktemp("probe-clips")
    plain = media.make_video(folder / "plain.mp4", seconds=SECONDS)
    media.make_video(folder / "late-index.mp4", seconds=1, faststart=False)
    media.make_video(folder / "two-tracks.mp4", seconds=1, audio_tracks=2, video_tracks=2)
    media.make_video(folder / "silent-film.mp4", seconds=1, audio=None)
    media.make_video(folder / "ntsc.mkv", seconds=2, fps="30000/1001")
    media.make_video(folder / "ntsc.mp4", seconds=2, fps="24000/1001")
    media.make_video(folder / "film.mkv", seconds=2, fps="24")
    media.make_video(folder / "old.avi", seconds=1, vcodec="mpeg4", acodec="mp3")
    media.make_video(folder / "broadcast.ts", seconds=1, vcodec="mpeg2video", acodec="mp2")
    media.make_video(folder / "web.webm", seconds=1, vcodec="libvpx", acodec="libopus")
    media.make_video(folder / "surround.mp4", seconds=1, channels=6)
    media.make_video(
        folder / "wide.mp4", seconds=1, size=(720, 576), filters=[("setsar", {"sar": "64/45"})], audio=None
    )
    media.make_video(
        folder / "ten-bit.mp4",
        seconds=1,
        vcodec="libx265",
        audio=None,
        options={
            "pix_fmt": "yuv420p10le",
            "x265-params": "log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:hdr10=1:"
            "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400",
        },
    )
    media.make_video(folder / "lace.mp4", seconds=1, audio=None, options={"x264-params": "tff=1"})
    media.make_variable_rate(folder / "variable.mp4", seconds=SECONDS)
    media.rotated(plain, folder / "turned.mp4", 90)
    media.remux(folder / "turned.mp4", folder / "turned.mkv")
    media.remux(plain, folder / "pieces.mp4", "-movflags", "frag_keyframe+empty_moov")
    media.make_audio(folder / "sound.mp3", seconds=2)
    media.make_audio(folder / "sound.wav", seconds=2, channels=1, rate=44100)
    media.make_audio(folder / "sound.m4a", seconds=2)
    (folder / "plain.avi").write_bytes(plain.read_bytes())
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "text.mp4").write_text("第一课\n" * 500, encoding="utf-8")
    (folder / "noise.mp4").write_bytes(bytes(range(1, 255)) * 40)
    (folder / "picture.mp4").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    return folder


def measured(clips: Path, name: str) -> ProbeFacts:
    facts = measure_media(clips / name)
    assert codec.loads(ProbeFacts, codec.dumps(facts)) == facts
    return facts


def test_a_plain_lesson(clips: Path) -> None:
    facts = measured(clips, "plain.mp4")
    assert (facts.container, facts.opens, facts.index_at_front, facts.fragmented) == ("mp4", True, True, False)
    assert facts.duration_s == pytest.approx(SECONDS, abs=FRAME_S)
    assert facts.media_s == pytest.approx(SECONDS, abs=SOUND_S)
    picture_stream, sound_stream = facts.streams
    assert (picture_stream.kind, sound_stream.kind) == (StreamKind.VIDEO, StreamKind.AUDIO)
    assert (picture_stream.codec, picture_stream.codec_tag, sound_stream.codec) == ("h264", "avc1", "aac")
    assert (picture_stream.frames, picture_stream.packets.count) == (100, 100)
    assert picture_stream.time_base is not None
    picture, sound = picture_stream.picture, sound_stream.sound
    assert picture is not None
    assert sound is not None
    assert (picture.coded_px, picture.display_px, picture.display_aspect) == ((320, 180), (320, 180), Fraction(16, 9))
    assert (picture.pixel_format, picture.bit_depth, picture.chroma) == ("yuv420p", 8, "4:2:0")
    assert (picture.measured_rate, picture.variable_rate) == (Fraction(25), False)
    assert (sound.sample_rate_hz, sound.channels, sound.layout) == (48000, 2, "stereo")
    assert (facts.damages, facts.disagreements, facts.read_error) == ((), (), None)
    assert facts.second_opinion is not None


@pytest.mark.parametrize(
    ("name", "container", "codecs"),
    [
        ("ntsc.mkv", "matroska", ["h264", "aac"]),
        ("old.avi", "avi", ["mpeg4", "mp3"]),
        ("broadcast.ts", "mpegts", ["mpeg2video", "mp2"]),
        ("web.webm", "webm", ["vp8", "opus"]),
        ("sound.mp3", "mp3", ["mp3"]),
        ("sound.wav", "wav", ["pcm_s16le"]),
        ("sound.m4a", "mp4", ["aac"]),
        ("plain.avi", "mp4", ["h264", "aac"]),  # renamed: the content is told, not the name
    ],
)
def test_containers_and_codecs(clips: Path, name: str, container: str, codecs: list[str]) -> None:
    facts = measured(clips, name)
    assert facts.opens
    assert facts.container == container
    assert [stream.codec for stream in facts.streams] == codecs
    assert all(stream.packets.count for stream in facts.streams)


@pytest.mark.parametrize(
    ("name", "rate"),
    [
        ("plain.mp4", Fraction(25)),
        ("ntsc.mkv", Fraction(30000, 1001)),  # in whole milliseconds
        ("ntsc.mp4", Fraction(24000, 1001)),
        ("film.mkv", Fraction(24)),
        ("broadcast.ts", Fraction(25)),
    ],
)
def test_rates_are_exact(clips: Path, name: str, rate: Fraction) -> None:
    main = measured(clips, name).main_video
    assert main is not None
    assert main.picture is not None
    assert (main.picture.measured_rate, main.picture.variable_rate) == (rate, False)


def test_a_variable_rate_shows_its_steps(clips: Path) -> None:
    main = measured(clips, "variable.mp4").main_video
    assert main is not None
    assert main.picture is not None
    assert main.picture.variable_rate is True
    assert main.packets.median_step_s == pytest.approx(0.04)
    assert main.packets.max_step_s == pytest.approx(0.08)
    assert main.packets.steady_share == pytest.approx(2 / 3, abs=0.02)
    assert main.picture.measured_rate == pytest.approx(18.75, abs=0.2)


@pytest.mark.parametrize("name", ["turned.mp4", "turned.mkv"])
def test_a_display_matrix_turns_the_picture(clips: Path, name: str) -> None:
    main = measured(clips, name).main_video
    assert main is not None
    assert main.picture is not None
    # ffmpeg's -display_rotation counts anticlockwise.
    assert (main.picture.rotation_deg, main.picture.display_px) == (270, (180, 320))
    assert main.picture.coded_px == (320, 180)
    assert main.picture.display_aspect == Fraction(9, 16)


def test_sample_aspect_widens_the_picture(clips: Path) -> None:
    main = measured(clips, "wide.mp4").main_video
    assert main is not None
    assert main.picture is not None
    assert main.picture.sample_aspect == Fraction(64, 45)
    assert (main.picture.coded_px, main.picture.display_px) == ((720, 576), (1024, 576))
    assert main.picture.display_aspect == Fraction(16, 9)


def test_fields_are_told(clips: Path) -> None:
    laced, plain = measured(clips, "lace.mp4").main_video, measured(clips, "plain.mp4").main_video
    assert laced is not None
    assert laced.picture is not None
    assert (laced.picture.field_order, laced.picture.first_interlaced) == ("tt", True)
    assert plain is not None
    assert plain.picture is not None
    assert (plain.picture.field_order, plain.picture.first_interlaced) == ("progressive", False)


def test_hdr_and_its_metadata(clips: Path) -> None:
    main = measured(clips, "ten-bit.mp4").main_video
    assert main is not None
    assert main.picture is not None
    picture = main.picture
    assert (picture.bit_depth, picture.pixel_format, picture.hdr) == (10, "yuv420p10le", "pq")
    assert (picture.primaries, picture.transfer, picture.matrix) == ("bt2020", "pq", "bt2020nc")
    assert (picture.max_cll, picture.max_fall) == (1000, 400)
    assert picture.mastering is not None
    assert "1000 cd/m²" in picture.mastering


def test_several_tracks_and_none(clips: Path) -> None:
    both = measured(clips, "two-tracks.mp4")
    assert (len(both.videos), len(both.audios)) == (2, 2)
    silent = measured(clips, "silent-film.mp4")
    assert (len(silent.videos), len(silent.audios)) == (1, 0)
    surround = measured(clips, "surround.mp4").audios[0]
    assert surround.sound is not None
    assert (surround.sound.channels, surround.sound.layout) == (6, "5.1")


def test_times_count_from_where_the_file_begins(clips: Path) -> None:
    facts = measured(clips, "broadcast.ts")
    assert facts.start_s == pytest.approx(1.4, abs=0.2), "ffmpeg starts transport streams there"
    assert min(stream.packets.first_s or 0.0 for stream in facts.streams) == pytest.approx(0.0, abs=1e-5)
    assert facts.media_s == pytest.approx(1.0, abs=SOUND_S)


def test_streams_that_appear_on_the_way(tmp_path: Path) -> None:
    first = media.make_video(
        tmp_path / "a.ts", seconds=12, size=(640, 360), audio=None, vcodec="mpeg2video", options={"q:v": 2}
    )
    second = media.make_video(tmp_path / "b.ts", seconds=1, vcodec="mpeg2video", acodec="mp2", audio_tracks=3)
    # Far enough from both ends that FFmpeg does not meet them while it opens the file.
    (tmp_path / "c.ts").write_bytes(first.read_bytes() * 4 + second.read_bytes() + first.read_bytes())
    facts = measure_media(tmp_path / "c.ts")
    assert [stream.kind for stream in facts.streams] == [StreamKind.VIDEO]
    assert facts.videos[0].packets.count >= 1500


def test_where_the_index_stands(clips: Path) -> None:
    assert measured(clips, "late-index.mp4").index_at_front is False
    assert measured(clips, "pieces.mp4").fragmented is True
    assert measured(clips, "ntsc.mkv").index_at_front is None


def test_edit_lists_are_read(clips: Path) -> None:
    edits = measured(clips, "plain.mp4").edits
    # AAC's 1024 priming samples are cut away by the edit list.
    assert [edit.media_time_s for edit in edits] == [0.0, pytest.approx(1024 / 48000, abs=1e-5)]
    assert edits[0].duration_s == pytest.approx(SECONDS)


def test_the_same_bytes_have_the_same_facts_under_any_name(clips: Path) -> None:
    assert measured(clips, "plain.avi") == measured(clips, "plain.mp4")


@pytest.mark.parametrize(
    ("name", "code", "container"),
    [
        ("empty.mp4", "empty", "unknown"),
        ("text.mp4", "not-media", "unknown"),
        ("noise.mp4", "not-media", "unknown"),
        ("picture.mp4", "format-refused", "png"),
    ],
)
def test_what_is_no_medium_has_facts_that_say_so(clips: Path, name: str, code: str, container: str) -> None:
    facts = measured(clips, name)
    assert (facts.opens, facts.open_code, facts.container, facts.streams) == (False, code, container, ())
    assert sniff(clips / name).value == "video", "a lesson by its name stays a lesson, so that somebody judges it"


# ------------------------------------------------------------------------------------------------- what opens no door

SCRIPTS = {
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{url}\n#EXT-X-ENDLIST\n",
    "m3u8-after-blank-lines": "\n \n#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{url}\n",
    "m3u8-after-a-byte-order-mark": "\ufeff#EXTM3U\n#EXTINF:9,\n{url}\n",
    "ffconcat": "ffconcat version 1.0\nfile {file}\nfile {url}\n",
    "concat-without-its-first-line": "file '{file}'\nfile '{url}'\n",
    "dash": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{url}</BaseURL></MPD>',
    "sdp": "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=video {port} RTP/AVP 96\r\n",
    "asx": '<asx version="3.0"><entry><ref href="{url}"/></entry></asx>',
    "pls": "[playlist]\nFile1={url}\nNumberOfEntries=1\n",
    "image-sequence": "{file}",
}


@pytest.fixture
def listener() -> Iterator[tuple[int, list[object]]]:
    """A host that must never be called."""
    calls: list[object] = []
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.05)
    done = threading.Event()

    def answer() -> None:
        while not done.is_set():
            try:
                connection, address = server.accept()
            except TimeoutError:
                continue
            calls.append(address)
            connection.close()

    thread = threading.Thread(target=answer)
    thread.start()
    yield server.getsockname()[1], calls
    done.set()
    thread.join()
    server.close()


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_script_called_mp4_opens_nothing(
    name: str, tmp_path: Path, clips: Path, listener: tuple[int, list[object]]
) -> None:
    port, calls = listener
    neighbour = tmp_path / "neighbour.mp4"
    neighbour.write_bytes((clips / "plain.mp4").read_bytes())
    text = SCRIPTS[name].format(url=f"http://127.0.0.1:{port}/a.ts", file=neighbour.as_posix(), port=port)
    script = tmp_path / "lesson.mp4"
    script.write_text(text, encoding="utf-8")
    facts = measure_media(script)
    assert (facts.opens, facts.streams) == (False, ())
    assert facts.open_code in ("playlist", "not-media", "format-refused")
    assert calls == []


def test_only_the_file_itself_is_opened(clips: Path) -> None:
    opened: list[str] = []
    wanted = str(clips / "plain.mp4")

    def watch(event: str, args: tuple[object, ...]) -> None:
        if watching and event == "open" and str(args[0]).startswith(str(clips)):
            opened.append(str(args[0]))

    watching = True
    sys.addaudithook(watch)
    measure_media(clips / "plain.mp4")
    watching = False
    assert set(opened) == {wanted}


NAMES = [
    "第一课 安全用电.mp4",
    "课程 😀.mp4",
    "with space.mp4",
    "-i.mp4",
    "--help.mp4",
    "quote'\"`$(x).mp4",
    "a%03d.mp4",
    "pipe:1.mp4" if os.name == "posix" else "pipe1.mp4",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_are_names(name: str, tmp_path: Path, clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name).write_bytes((clips / "silent-film.mp4").read_bytes())
    monkeypatch.chdir(tmp_path)
    assert measure_media(Path(name)).opens


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes any byte in a name")
@pytest.mark.parametrize("name", [b"\xff\xfe.mp4", b"a\nb.mp4", b"http:\\x.mp4"])
def test_names_that_are_bytes(name: bytes, tmp_path: Path, clips: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    path.write_bytes((clips / "silent-film.mp4").read_bytes())
    assert measure_media(path).opens


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    fifo = tmp_path / "lesson.mp4"
    os.mkfifo(fifo)
    with pytest.raises(MediaError) as caught:
        measure_media(fifo)
    assert caught.value.code == "not-a-file"
    assert sniff(fifo).value == "video"


def test_what_the_system_refuses_is_said(tmp_path: Path) -> None:
    for place, code in ((tmp_path, "not-a-file"), (tmp_path / "gone.mp4", "unreadable")):
        with pytest.raises(MediaError) as caught, open_media(place):
            pytest.fail("opened")
        assert caught.value.code == code


def test_originals_stay_as_they_are(clips: Path) -> None:
    path = clips / "plain.mp4"
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    measure_media(path)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


# ----------------------------------------------------------------------------------------------------- label, metadata

LABEL = {"Label": "1", "ContentProducer": "001191110000000000", "ProduceID": "课-1", "ReservedCode1": ""}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("labelled.mp4", ["-movflags", "use_metadata_tags"]),
        ("labelled.mov", ["-movflags", "use_metadata_tags"]),
        ("labelled.mkv", []),
    ],
)
def test_the_label_of_generated_content_is_kept(name: str, options: list[str], tmp_path: Path, clips: Path) -> None:
    value = json.dumps(LABEL, ensure_ascii=False)
    media.remux(clips / "silent-film.mp4", tmp_path / name, "-metadata", f"AIGC={value}", *options)
    labels = measure_media(tmp_path / name).aigc
    assert [(label.fields, label.raw, label.problem) for label in labels] == [(LABEL, value, None)]


def test_an_attached_cover_is_no_track(tmp_path: Path, clips: Path) -> None:
    media.run_ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x64", "-frames:v", "1", tmp_path / "cover.png")
    covered = tmp_path / "covered.mp4"
    media.run_ffmpeg(
        *("-i", clips / "plain.mp4", "-i", tmp_path / "cover.png", "-map", "0", "-map", "1", "-c", "copy"),
        *("-disposition:v:1", "attached_pic", covered),
    )
    facts = measure_media(covered)
    assert (len(facts.videos), len(facts.covers), len(facts.audios)) == (1, 1, 1)
