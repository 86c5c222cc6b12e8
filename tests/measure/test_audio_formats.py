"""Real files of every shape: rates, depths, layouts, several tracks, damage and odd clocks."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from coursekit import codec
from coursekit.audio.facts import AudioFacts
from coursekit.audio.measure import measure_audio
from coursekit.bench.faults_audio import Voice, voice
from coursekit.probe.facts import ProbeFacts
from coursekit.probe.media import MediaError

LEVEL_TOLERANCE_LU = 0.2
TIME_TOLERANCE_S = 0.03
PROBE = ProbeFacts("mp4")


def tone(seconds: float, rate: int, channels: int, db: float = -20.0) -> np.ndarray:
    wave = 10 ** (db / 20) * np.sin(2 * np.pi * 1000 * np.arange(int(seconds * rate)) / rate)
    return np.tile(wave.astype(np.float32), (channels, 1))


def write(
    path: Path,
    *tracks: np.ndarray,
    rate: int = 48000,
    codec_name: str = "aac",
    fmt: str = "fltp",
    layout: str = "stereo",
    gap_at_s: float | None = None,
    gap_s: float = 0.0,
    container: str | None = None,
) -> Path:
    """A file with these tracks; with `gap_at_s` its timestamps leap there."""
    with av.open(str(path), "w", format=container) as out:
        streams = [out.add_stream(codec_name, rate=rate, layout=layout) for _ in tracks]
        for stream, x in zip(streams, tracks, strict=True):
            for first in range(0, x.shape[1], 1024):
                block = np.ascontiguousarray(x[:, first : first + 1024])
                if fmt != "fltp":
                    scale = 2**31 - 1 if fmt == "s32" else 2**15 - 1
                    kind = np.int32 if fmt == "s32" else np.int16
                    block = np.round(block.T.reshape(1, -1).astype(np.float64) * scale).astype(kind)
                frame = av.AudioFrame.from_ndarray(block, format=fmt, layout=layout)
                late = gap_s if gap_at_s is not None and first >= gap_at_s * rate else 0.0
                frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
                frame.pts = first + round(late * rate)
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
    return path


def one(path: Path) -> AudioFacts:
    facts = measure_audio(path, PROBE, lambda _: None)
    assert len(facts) == 1
    return facts[0]


@pytest.mark.parametrize(
    ("rate", "channels", "codec_name", "fmt", "layout", "suffix", "expected"),
    [
        (8000, 1, "pcm_s16le", "s16", "mono", "wav", -23.0),
        (44100, 2, "aac", "fltp", "stereo", "m4a", -20.0),
        (48000, 2, "flac", "s16", "stereo", "flac", -20.0),
        (96000, 2, "pcm_s24le", "s32", "stereo", "wav", -20.0),
        (48000, 6, "aac", "fltp", "5.1", "m4a", -20.0 + 10 * math.log10((3 + 2 * 1.41) / 2)),
    ],
)
def test_shapes(
    tmp_path: Path, rate: int, channels: int, codec_name: str, fmt: str, layout: str, suffix: str, expected: float
) -> None:
    path = write(
        tmp_path / f"a.{suffix}",
        tone(6, rate, channels),
        rate=rate,
        codec_name=codec_name,
        fmt=fmt,
        layout=layout,
    )
    facts = one(path)
    assert (facts.sample_rate_hz, facts.channels) == (rate, channels)
    assert facts.decoded_s == pytest.approx(6.0, abs=TIME_TOLERANCE_S)
    assert facts.integrated_lufs == pytest.approx(expected, abs=LEVEL_TOLERANCE_LU)
    assert facts.decode_errors == ()


def test_eight_channels_each_in_a_plane_of_its_own(tmp_path: Path) -> None:
    x = np.concatenate([tone(3, 48000, 7), np.zeros((1, 3 * 48000), np.float32)])
    path = tmp_path / "wide.wav"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=48000, layout="7.1")
        frame = av.AudioFrame.from_ndarray(np.round(x.T.reshape(1, -1) * 32767).astype(np.int16), "s16", "7.1")
        frame.sample_rate, frame.pts = 48000, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    coded = tmp_path / "wide.m4a"
    with av.open(str(path)) as source, av.open(str(coded), "w") as out:
        stream = out.add_stream("aac", rate=48000, layout="7.1")
        stream.bit_rate = 512_000
        for frame in source.decode(audio=0):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    facts = one(coded)
    assert facts.channels == 8
    assert not facts.decode_errors
    assert facts.channel is not None
    *loud, quiet = facts.channel.levels_dbfs
    assert quiet < -60
    # The fourth is the one for low tones only.
    assert all(abs(level - loud[0]) < 1 for level in loud[:3] + loud[4:])


def test_several_tracks_are_measured_apart(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", tone(4, 48000, 2), tone(4, 48000, 2, -35.0), np.zeros((2, 4 * 48000), np.float32))
    loud, quiet, silent = measure_audio(path, PROBE, lambda _: None)
    assert loud.integrated_lufs == pytest.approx(-20, abs=LEVEL_TOLERANCE_LU)
    assert quiet.integrated_lufs == pytest.approx(-35, abs=LEVEL_TOLERANCE_LU)
    assert silent.integrated_lufs == -math.inf
    assert silent.silent_share >= 0.99
    assert [t.stream for t in (loud, quiet, silent)] == [0, 1, 2]


def test_a_leap_of_the_timestamps_moves_what_comes_after(tmp_path: Path) -> None:
    x = tone(8, 48000, 2)
    x[:, 6 * 48000 : 7 * 48000] = 0
    facts = one(write(tmp_path / "a.mkv", x, codec_name="pcm_s16le", fmt="s16", gap_at_s=3.0, gap_s=1.5))
    assert len(facts.gaps) == 1
    assert facts.gaps[0].time_s == pytest.approx(3.0, abs=TIME_TOLERANCE_S)
    assert facts.gaps[0].length_s == pytest.approx(1.5, abs=TIME_TOLERANCE_S)
    assert facts.end_s == pytest.approx(9.5, abs=TIME_TOLERANCE_S)
    assert facts.decoded_s == pytest.approx(8.0, abs=TIME_TOLERANCE_S)
    assert facts.silent_spans[0].start_s == pytest.approx(7.5, abs=TIME_TOLERANCE_S)


def test_a_track_that_is_declared_but_does_not_decode(tmp_path: Path) -> None:
    path = write(tmp_path / "a.m4a", tone(3, 48000, 2))
    data = bytearray(path.read_bytes())
    first = data.index(b"mdat") + 4
    length = int.from_bytes(data[first - 8 : first - 4], "big")
    data[first : first + length - 8] = bytes(range(256)) * (length // 256) + bytes((length - 8) % 256)
    path.write_bytes(bytes(data[: path.stat().st_size]))
    facts = one(path)
    assert facts.decode_errors
    assert sum(e.count for e in facts.decode_errors) > 10


def test_a_file_cut_short_gives_what_came_before_the_cut(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ts", tone(6, 48000, 2), container="mpegts")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    facts = one(path)
    assert 2.5 < facts.decoded_s < 5.0
    assert facts.integrated_lufs == pytest.approx(-20, abs=LEVEL_TOLERANCE_LU)


def test_transport_streams_count_from_their_own_start(tmp_path: Path) -> None:
    facts = one(write(tmp_path / "a.ts", tone(3, 48000, 2), container="mpegts"))
    assert facts.start_s == pytest.approx(0.0, abs=TIME_TOLERANCE_S)


def test_what_is_no_media_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"this is not a film")
    with pytest.raises(MediaError):
        measure_audio(path, PROBE, lambda _: None)


def test_progress_ends_at_the_end_and_facts_survive_json(tmp_path: Path) -> None:
    told: list[float] = []
    path = write(tmp_path / "a.m4a", np.tile(voice(12, 48000, Voice(), 4), (2, 1)))
    facts = measure_audio(path, PROBE, told.append)[0]
    assert told == sorted(told)
    assert told[-1] == pytest.approx(12.0, abs=1.1)
    assert codec.loads(AudioFacts, codec.dumps(facts)) == facts


def test_facts_stay_small(tmp_path: Path) -> None:
    """A lesson of four minutes of troubled sound: what is kept is bounded by count, not by length."""
    x = voice(60, 16000, Voice(), 5)
    rng = np.random.default_rng(1)
    x[:, rng.integers(0, x.shape[1], 3000)] += 0.5
    path = write(tmp_path / "a.wav", np.tile(x, (1, 4)), rate=16000, codec_name="pcm_s16le", fmt="s16", layout="mono")
    assert len(codec.dumps(one(path))) < 100_000
