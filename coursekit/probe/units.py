"""The units that a packet of H.264 or HEVC is made of, as far as a packet tells without being decoded."""

from __future__ import annotations

from collections.abc import Iterator

_START = b"\x00\x00\x01"


def length_bytes(codec: str, extra: bytes) -> int:
    """Bytes of the length in front of each unit; 0 where there is none (start codes, another codec)."""
    if extra[:1] == b"\x01":
        if codec == "h264" and len(extra) > 6:
            return (extra[4] & 3) + 1
        if codec == "hevc" and len(extra) > 22:
            return (extra[21] & 3) + 1
    return 0


def units(data: bytes, length: int) -> Iterator[int]:
    """Where in a packet each unit begins. `length`: see `length_bytes`."""
    if not length:
        at = data.find(_START)
        while at >= 0 and at + 3 < len(data):
            yield at + 3
            at = data.find(_START, at + 3)
        return
    at = 0
    while at + length < len(data):
        yield at + length
        at += length + int.from_bytes(data[at : at + length], "big")


def slices(data: bytes, codec: str, length: int) -> int:
    """Parts that a picture is coded in, each of which costs bytes of its own; 1 where nobody can say."""
    if codec == "h264":
        count = sum(data[at] & 31 in (1, 5) for at in units(data, length))
    elif codec == "hevc":
        count = sum(data[at] >> 1 & 63 < 32 for at in units(data, length))
    else:
        return 1
    return max(1, count)
