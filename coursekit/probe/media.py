"""The one door through which media is opened.

FFmpeg decides by content what a file is, and some of what it knows are scripts: a playlist, a concat list or an SDP
that calls itself `lesson.mp4` would make it open other files and hosts. So the file is handed over as an open handle
(FFmpeg never sees a name, and a name that starts with a dash, holds a colon or is not UTF-8 means nothing to it), only
container formats that hold their own essence are recognised, and no protocol is permitted for anything they refer to.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.model import FileKind
from coursekit.probe.limits import STREAMS
from coursekit.probe.sniff import recognise

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

DEMUXERS = (
    "aac",
    "ac3",
    "aiff",
    "amr",
    "ape",
    "asf",
    "avi",
    "caf",
    "eac3",
    "flac",
    "flv",
    "h264",
    "hevc",
    "live_flv",
    "m4v",
    "matroska",
    "webm",
    "mov",
    "mp4",
    "m4a",
    "3gp",
    "3g2",
    "mj2",
    "mp3",
    "mpeg",
    "mpegts",
    "mpegvideo",
    "mxf",
    "ogg",
    "pva",
    "rm",
    "vc1test",
    "w64",
    "wav",
)
"""Self-contained formats. Left out on purpose: hls, dash, concat, image2, sdp, rtsp, imf, webm_dash_manifest, lavfi,
ffmetadata and every subtitle or playlist format, which name other files or hosts."""

_NO_PROTOCOL = "none"
_BUFFER_BYTES = 1 << 18
# A stream that starts late (a slide deck whose sound begins after a minute) must still be found, yet a hostile file
# must not make probing read for ever.
_OPTIONS = {
    "format_whitelist": ",".join(DEMUXERS),
    "protocol_whitelist": _NO_PROTOCOL,
    "probesize": str(20_000_000),
    "max_probe_packets": "5000",
    # One more than is measured, so that too many are named as such.
    "max_streams": str(STREAMS + 1),
}

_SCRIPTS = (
    (b"#EXTM3U", "HLS/M3U playlist"),
    (b"ffconcat version", "ffconcat script"),
    (b"[playlist]", "PLS playlist"),
    (b"[Reference]", "ASX playlist"),
    (b"<asx", "ASX playlist"),
    (b"<smil", "SMIL presentation"),
    (b"<MPD", "DASH manifest"),
    (b"v=0\r\no=", "SDP description"),
    (b"v=0\no=", "SDP description"),
    (b";FFMETADATA", "FFmpeg metadata script"),
    (b"RTSPtext", "RTSP reference"),
    (b"SMILtext", "SMIL presentation"),
)


class MediaError(Exception):
    """A media file that cannot be used, and why. `code` is kebab-case, `detail` the tool's or our own words."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


def script_kind(head: bytes) -> str | None:
    """Which kind of playlist or script the first bytes of a file are, if they are one."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for mark, name in _SCRIPTS:
        if text.startswith(mark.lower()):
            return name
    if text.startswith(b"<?xml") and b"<mpd" in text:
        return "DASH manifest"
    return None


def _open_code(error: Exception, head: bytes) -> str:
    # INVALIDDATA is FFmpeg's word both for "no idea" and for "an MP4 without its index", EINVAL for a format that it
    # recognises and the allow-list refuses, but also for a header it cannot use: the first bytes tell them apart.
    found = recognise(head)
    if found is not None and found.kind in (FileKind.VIDEO, FileKind.AUDIO):
        return "unreadable-header"
    return "format-refused" if getattr(error, "errno", None) == errno.EINVAL else "not-media"


class _Handle(io.FileIO):
    """A file that takes any position: FFmpeg asks damaged headers where to go."""

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a position. One that cannot be is the end of the file, where reading finds nothing."""
        try:
            return super().seek(offset, whence)
        except (OSError, OverflowError):
            return super().seek(0, os.SEEK_END)


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """Open a media file for demuxing: `with open_media(path) as container: …`.

    Raises MediaError: `unreadable` (the system refuses), `not-a-file`, `empty`, `playlist` (a script that refers to
    other files), `not-media` (no format recognised), `format-refused` (a format coursekit does not open),
    `unreadable-header` (recognised, but it does not open), `no-streams`. An FFmpeg error that leaves the body comes
    out as MediaError `read-failed`, one of the system as `io`.
    """
    import av

    try:
        # O_NONBLOCK: opening a FIFO that calls itself a lesson must not wait for a writer for ever.
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise MediaError("unreadable", error.strerror or str(error)) from error
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise MediaError("not-a-file", "not a regular file")
        if status.st_size == 0:
            raise MediaError("empty", "0 bytes")
    except MediaError:
        os.close(fd)
        raise
    with _Handle(fd, "rb") as handle:
        head = handle.read(4096) or b""
        handle.seek(0)
        if script := script_kind(head):
            raise MediaError("playlist", script)
        try:
            container = av.open(
                handle,
                mode="r",
                container_options=dict(_OPTIONS),
                metadata_encoding="utf-8",
                metadata_errors="replace",
                buffer_size=_BUFFER_BYTES,
            )
        except av.FFmpegError as error:
            raise MediaError(_open_code(error, head), error.strerror or str(error)) from error
        except OSError as error:
            raise MediaError("io", error.strerror or str(error)) from error
        try:
            with container:
                if not len(container.streams):
                    raise MediaError("no-streams", f"{container.format.name}: no streams")
                yield container
        except av.FFmpegError as error:
            raise MediaError("read-failed", error.strerror or str(error)) from error
        except OSError as error:
            raise MediaError("io", error.strerror or str(error)) from error


def demux(container: InputContainer, *streams: Stream) -> Iterator[Packet[Any]]:
    """Packets of these streams, of all where none is named, each stream ended by PyAV's empty packet.

    To be used instead of `container.demux`: where a damaged file reveals new streams on the way, PyAV ends with an
    IndexError after the last packet has been handed over.
    """
    try:
        yield from container.demux(*streams)
    except IndexError:
        return


def origin_of(container: InputContainer) -> Fraction:
    """When the file begins on its own clock, in seconds. Every time coursekit states counts from here.

    A recording of a broadcast may begin at hour five; a player shows 00:00. A stream that begins before zero holds
    priming that nobody sees.
    """
    return Fraction(max(0, container.start_time or 0), 1_000_000)
