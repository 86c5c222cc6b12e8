"""Where a file that is no MP4 breaks off: containers that state their own length, compared with the bytes there are."""

from __future__ import annotations

import struct
from typing import BinaryIO

from coursekit.probe.facts import Damage

_UNKNOWN_LENGTH = 2**32 - 1


def framing_damages(handle: BinaryIO, size: int) -> tuple[Damage, ...]:
    """Damage that the outermost lengths of RIFF, Matroska and FLV files show; nothing for other formats."""
    handle.seek(0)
    head = handle.read(64)
    if len(head) < 12:
        # Too short for a length of its own: whatever reads it says that it does not open.
        return ()
    if head[:4] in (b"RIFF", b"RF64"):
        return _riff(handle, size, head)
    if head[:4] == b"FORM":
        return _short(size, 8 + struct.unpack_from(">I", head, 4)[0], "FORM")
    if head[:4] == b"\x1aE\xdf\xa3":
        return _matroska(handle, size)
    return ()


def _short(size: int, wanted: int, name: str) -> tuple[Damage, ...]:
    if wanted <= size:
        return ()
    detail = f"{name} declares {wanted} bytes, {wanted - size} are missing"
    return (Damage("truncated", detail, size, count=wanted - size),)


def _riff(handle: BinaryIO, size: int, head: bytes) -> tuple[Damage, ...]:
    length = struct.unpack_from("<I", head, 4)[0]
    if length in (0, _UNKNOWN_LENGTH) or head[:4] == b"RF64":
        # A recorder that was stopped hard leaves 0; RF64 keeps its length elsewhere. The data chunk then decides.
        return _data_chunk(handle, size)
    return _short(size, 8 + length, "RIFF")


def _data_chunk(handle: BinaryIO, size: int) -> tuple[Damage, ...]:
    offset = 12
    while offset + 8 <= size:
        handle.seek(offset)
        head = handle.read(8)
        if len(head) < 8:
            break
        length = struct.unpack_from("<I", head, 4)[0]
        if head[:4] in (b"data", b"movi") or length == _UNKNOWN_LENGTH:
            return () if length in (0, _UNKNOWN_LENGTH) else _short(size, offset + 8 + length, "data")
        offset += 8 + length + (length & 1)
    return ()


def _matroska(handle: BinaryIO, size: int) -> tuple[Damage, ...]:
    offset = 0
    while offset < size:
        handle.seek(offset)
        head = handle.read(12)
        element = _element(head)
        if element is None:
            return (Damage("box-damaged", f"{size - offset} bytes that are no element", offset),)
        name, length, width = element
        if length is None:
            return ()
        end = offset + width + length
        if end > size:
            kind = "Segment" if name == 0x18538067 else f"element {name:X}"
            return _short(size, end, kind)
        offset = end
    return ()


def _element(head: bytes) -> tuple[int, int | None, int] | None:
    """Id, length (None: unknown) and header width of an EBML element."""
    if not head or head[0] == 0:
        return None
    id_width = 9 - head[0].bit_length()
    if id_width > 4 or len(head) <= id_width or head[id_width] == 0:
        return None
    first = head[id_width]
    width = 9 - first.bit_length()
    if len(head) < id_width + width:
        return None
    mask = (1 << (7 * width)) - 1
    length = int.from_bytes(head[id_width : id_width + width], "big") & mask
    return int.from_bytes(head[:id_width], "big"), None if length == mask else length, id_width + width
