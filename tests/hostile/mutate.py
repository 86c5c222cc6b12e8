"""Seeded damage to bytes and to text: what a fuzzer does, so that a finding can be made again from its number."""

from __future__ import annotations

import random
import struct
import zipfile
from collections.abc import Callable, Sequence
from io import BytesIO

Mutation = Callable[[random.Random, bytearray, Sequence[bytes]], None]

_INTERESTING = (0, 1, 0x7F, 0x80, 0xFF)
_WORDS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\0\1", b"\0\0\0\7", b"\1\0\0\0")
_TAGS = (b"moov", b"trak", b"stsd", b"stco", b"co64", b"mdat", b"free", b"ftyp", b"dref", b"url ", b"alis", b"meta",
         b"data", b"fmt ", b"LIST", b"IHDR", b"IDAT", b"iTXt", b"zTXt", b"iCCP", b"acTL", b"PLTE", b"/URI", b"/JS",
         b"/Launch", b"/EmbeddedFile", b"/ObjStm", b"/Filter/FlateDecode", b"\x1aE\xdf\xa3", b"\xa3")  # fmt: skip


def _flip(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    for _ in range(chance.randint(1, 16)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _set(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    for _ in range(chance.randint(1, 8)):
        data[chance.randrange(len(data))] = chance.choice(_INTERESTING)


def _word(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data))
        data[at : at + 4] = chance.choice((*_WORDS, struct.pack(">I", chance.getrandbits(32))))


def _tag(chance: random.Random, data: bytearray, more: Sequence[bytes]) -> None:
    at = chance.randrange(len(data))
    word = chance.choice((*_TAGS, *more))
    data[at : at + (len(word) if chance.random() < 0.7 else 0)] = word


def _cut(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    del data[chance.randrange(len(data)) :]


def _remove(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.randint(1, max(1, len(data) // 8))]


def _repeat(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    at = chance.randrange(len(data))
    piece = bytes(data[at : at + chance.randint(1, max(1, len(data) // 8))])
    data[at:at] = piece * chance.randint(1, 4)


def _noise(chance: random.Random, data: bytearray, _: Sequence[bytes]) -> None:
    at = chance.randrange(len(data))
    data[at : at + chance.randint(1, 64)] = chance.randbytes(chance.randint(1, 64))


_MUTATIONS: tuple[Mutation, ...] = (_flip, _set, _word, _word, _tag, _tag, _cut, _remove, _repeat, _noise)


def mutate(chance: random.Random, seed: bytes, words: Sequence[bytes] = (), *, header: int | None = None) -> bytes:
    """One to four mutations. `header`: mostly in so many first and last bytes, where formats keep what steers them."""
    data = bytearray(seed)
    for _ in range(chance.choice((1, 1, 2, 4))):
        if not data:
            break
        if header is not None and len(data) > 2 * header and chance.random() < 0.8:
            front = chance.random() < 0.7
            part = bytearray(data[:header] if front else data[-header:])
            chance.choice(_MUTATIONS)(chance, part, words)
            data = part + data[header:] if front else data[:-header] + part
        else:
            chance.choice(_MUTATIONS)(chance, data, words)
    return bytes(data)


def text_words(url: str) -> tuple[str, ...]:
    """What means something to a reader of YAML, JSON or TOML, or to whoever is shown a text."""
    return (
        "../../outside/secret.txt", "/etc/passwd", "C:\\Windows\\win.ini", "\\\\host\\share", "file:///etc/passwd", url,
        "&a [*a, *a]", "<<: *a", "!!python/object/apply:os.system [id]", "{{7*7}}", "${HOME}", "=HYPERLINK(\"x\")",
        "@SUM(1)", "\x1b[2J\x1b]0;x\x07", "\u202egnp.exe", "\ufeff", "\u2028", "\ud83d\ude00", "e\u0301", "\0", "\x85",
        "<script>alert(1)</script>", "]]>", "<!ENTITY x SYSTEM 'file:///etc/passwd'>", "\"'><img src=x onerror=1>",
        "1e999", "-1", "NaN", ".inf", "99999999999999999999", "1/0", "0x7fffffff", "1_000", "012", "on", "~", "null",
        "[" * 60, "{" * 60, "a: " * 30, "- " * 30, "#", "%YAML 9.9", "---\n", "...\n", "? ", "|", ">", "\t", "x" * 3000,
        "2026-13-45", "0000-00-00", "sha256: " + "0" * 64, "schema: coursekit/manifest/99", "true", "'", '"', "\\",
    )  # fmt: skip


def mutate_text(chance: random.Random, seed: str, words: Sequence[str]) -> bytes:
    """Lines moved, doubled and dropped, values replaced, words put in; now and then plain damage to the bytes."""
    lines = seed.split("\n")
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        at = chance.randrange(len(lines))
        match chance.randrange(7):
            case 0:
                lines.insert(at, lines[chance.randrange(len(lines))])
            case 1:
                del lines[at]
                lines = lines or [""]
            case 2:
                lines[at] = " " * chance.randrange(9) + lines[at].lstrip()
            case 3:
                head, colon, _ = lines[at].partition(":")
                lines[at] = head + colon + " " + chance.choice(words)
            case 4:
                place = chance.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:place] + chance.choice(words) + lines[at][place:]
            case 5:
                other = chance.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            case _:
                lines[at] = lines[at] + "\n" + chance.choice(words)
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    return mutate(chance, data) if data and chance.random() < 0.2 else data


_NAMES = (b"../../outside/escape", b"/tmp/escape", b"..\\..\\escape", b"C:\\escape", b"a\0b", b"con.txt", b"x/../../y",
          "e\u0301".encode(), b"\xff\xfe", b"data/", b"bagit.txt", b"x" * 5000, b"\x1b[2J", b"aux", b"a. ")  # fmt: skip


def mutate_zip(chance: random.Random, seed: bytes) -> bytes:
    """Entries renamed, dropped, doubled, turned into links, bombs and rubbish; or damage to the archive itself."""
    if chance.random() < 0.45:
        # The directory at the end steers the reader.
        return mutate(chance, seed, _NAMES, header=2048)
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(seed)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        victim = chance.choice(source.namelist())
        deed = chance.randrange(8)
        for info in source.infolist():
            data = source.read(info)
            if info.filename == victim:
                if deed == 0:
                    continue
                if deed == 1:
                    info.filename = chance.choice(_NAMES).decode("utf-8", "replace").replace("\0", "") or "x"
                elif deed == 2:
                    info.external_attr = chance.choice((0o120777, 0o020666, 0o010666)) << 16
                elif deed == 3:
                    info.compress_type, data = zipfile.ZIP_DEFLATED, b"\0" * (4 << 20)
                elif deed in (4, 5):
                    data = mutate(chance, data or b"x")
                elif deed == 6:
                    info.compress_type = zipfile.ZIP_BZIP2
                elif deed == 7:
                    target.writestr(zipfile.ZipInfo(info.filename.upper()), b"twice")
            target.writestr(info, data)
    return out.getvalue()
