"""Clips for tests: seconds long, made on the spot, the same on every run.

ffmpeg-python only describes the graph; the program is the one from the imageio-ffmpeg wheel, started by
`coursekit.probe.process`. Damage is done to bytes by the functions at the end.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ffmpeg

from coursekit.probe.process import ffmpeg_exe, run_tool

BITEXACT = ["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", "-map_metadata:g", "-1"]


def run_ffmpeg(*args: str | Path, timeout_s: float = 120, cwd: Path | None = None) -> None:
    """Run the bundled ffmpeg with these arguments; it overwrites and asks nothing."""
    run_tool(
        [ffmpeg_exe(), "-nostdin", "-hide_banner", "-loglevel", "error", "-y", *args], timeout_s=timeout_s, cwd=cwd
    )


def picture(pattern: str, seconds: float, size: tuple[int, int], fps: str) -> Any:
    """A lavfi source: a name such as `testsrc2` or `color`, options after a colon (`color:c=gray`)."""
    name, _, options = pattern.partition(":")
    extra = dict(option.split("=", 1) for option in options.split(":") if option)
    return ffmpeg.input(_source(name, s=f"{size[0]}x{size[1]}", r=fps, d=f"{seconds:g}", **extra), f="lavfi")


def sound(kind: str, seconds: float, *, channels: int = 2, rate: int = 48000, db: float = -20.0) -> Any:
    """A lavfi source: `sine`, `noise` (pink, seeded) or `silence`, the same on every channel."""
    if kind == "silence":
        base = _source("anullsrc", r=rate, cl="mono", d=f"{seconds:g}")
    elif kind == "noise":
        base = _source("anoisesrc", r=rate, c="pink", seed=1, d=f"{seconds:g}")
    else:
        base = _source("sine", r=rate, f=440, d=f"{seconds:g}")
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[channels]
    # In the source's own graph text: ffmpeg-python escapes the equals signs that `pan` lives on.
    mix = "|".join(f"c{i}=c0" for i in range(channels))
    return ffmpeg.input(f"{base},volume={db:g}dB,pan={layout}|{mix}", f="lavfi")


def _source(name: str, **options: object) -> str:
    return name + "=" + ":".join(f"{key}={value}" for key, value in options.items())


def make_video(
    path: Path,
    *,
    seconds: float = 2.0,
    size: tuple[int, int] = (320, 180),
    fps: str = "25",
    pattern: str = "testsrc2",
    audio: str | None = "sine",
    channels: int = 2,
    rate: int = 48000,
    audio_db: float = -20.0,
    audio_seconds: float | None = None,
    vcodec: str = "libx264",
    acodec: str = "aac",
    filters: Sequence[tuple[str, Mapping[str, object]]] = (),
    audio_tracks: int = 1,
    video_tracks: int = 1,
    options: Mapping[str, object] | None = None,
    faststart: bool = True,
) -> Path:
    """A clip. `filters` are ffmpeg filters on the picture, `options` go to the output as they are."""
    streams: list[Any] = []
    for _ in range(video_tracks):
        stream = picture(pattern, seconds, size, fps)
        for name, arguments in filters:
            stream = stream.filter(name, **arguments)
        streams.append(stream)
    if audio is not None:
        length = seconds if audio_seconds is None else audio_seconds
        streams += [sound(audio, length, channels=channels, rate=rate, db=audio_db) for _ in range(audio_tracks)]
    output: dict[str, object] = {"vcodec": vcodec}
    if vcodec in ("libx264", "libx265"):
        output |= {"preset": "ultrafast", "pix_fmt": "yuv420p", "g": 25, "threads": 1}
    if audio is not None:
        output |= {"acodec": acodec}
    if path.suffix in (".mp4", ".mov", ".m4v") and faststart:
        output |= {"movflags": "+faststart"}
    run_graph(ffmpeg.output(*streams, "OUTPUT", **(output | dict(options or {}))), path)
    return path


def make_audio(path: Path, *, seconds: float = 2.0, kind: str = "sine", channels: int = 2, rate: int = 48000) -> Path:
    """A sound file; the codec follows from the name."""
    run_graph(ffmpeg.output(sound(kind, seconds, channels=channels, rate=rate), "OUTPUT"), path)
    return path


def run_graph(node: Any, path: Path) -> None:
    """Run an ffmpeg-python graph whose output is called OUTPUT, into `path` whatever its name is."""
    args = node.get_args()
    assert args[-1] == "OUTPUT"
    run_ffmpeg(*args[:-1], *BITEXACT, path.absolute())


def remux(source: Path, path: Path, *args: str) -> Path:
    """Copy packets of `source` to `path`; `args` stand between input and output."""
    run_ffmpeg("-i", source.absolute(), "-c", "copy", *(args or ("-map", "0")), path.absolute())
    return path


def make_variable_rate(path: Path, *, seconds: float = 2.0, size: tuple[int, int] = (320, 180)) -> Path:
    """A clip at 25 fps in which every fourth frame is missing, its time kept."""
    return make_video(
        path,
        seconds=seconds,
        size=size,
        filters=[("select", {"expr": "mod(n+1,4)"})],
        options={"fps_mode": "vfr", "bf": 0},
    )


def rotated(source: Path, path: Path, degrees: int) -> Path:
    """The same packets with a display matrix that turns the picture."""
    run_ffmpeg("-display_rotation:v:0", str(degrees), "-i", source.absolute(), "-c", "copy", path.absolute())
    return path


# ---------------------------------------------------------------------------------------------------- damage to bytes


def truncated(source: Path, path: Path, share: float) -> Path:
    """The first `share` of the bytes."""
    data = source.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def corrupted(source: Path, path: Path, start: float, end: float, fill: int | None = 0) -> Path:
    """Bytes between two shares of the file replaced, by `fill` or by their complement where that is None."""
    data = bytearray(source.read_bytes())
    first, last = int(len(data) * start), int(len(data) * end)
    data[first:last] = (
        bytes(last - first) if fill == 0 else bytes((b ^ 0xFF if fill is None else fill) for b in data[first:last])
    )
    path.write_bytes(data)
    return path


def boxes(data: bytes) -> Iterable[tuple[bytes, int, int]]:
    """Top-level boxes of an MP4: type, offset, size."""
    offset = 0
    while offset + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, offset)
        if size == 1:
            size = struct.unpack_from(">Q", data, offset + 8)[0]
        size = size or len(data) - offset
        yield name, offset, size
        offset += max(size, 8)


def without_box(source: Path, path: Path, name: bytes) -> Path:
    """An MP4 with one kind of top-level box cut out."""
    data = source.read_bytes()
    path.write_bytes(b"".join(data[offset : offset + size] for box, offset, size in boxes(data) if box != name))
    return path
