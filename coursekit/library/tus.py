"""The headers of tus 1.0.0 (resumable uploads), read strictly: pure functions from text to values."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import email.utils
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

VERSION = "1.0.0"
EXTENSIONS = "creation,checksum,expiration,termination"
CHECKSUMS = ("sha256", "sha1")
CONTENT_TYPE = "application/offset+octet-stream"
_NUMBER = re.compile(r"[0-9]{1,18}")
_KEY = re.compile(r"[!-+\--~]+")


class Refused(Exception):
    """A request that is answered with an error. `code` names a phrase of texts/serve.toml."""

    def __init__(self, status: int, code: str, headers: Mapping[str, str] | None = None, **args: str | int) -> None:
        super().__init__(code)
        self.status, self.code, self.args_ = status, code, args
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the sender says the bytes of one request are."""

    algorithm: str
    digest: bytes

    def begin(self) -> Any:
        """A fresh hash of that kind."""
        return hashlib.new(self.algorithm, usedforsecurity=False)


def parse_number(text: str | None, code: str) -> int:
    """A count of bytes."""
    if text is None or not _NUMBER.fullmatch(text):
        raise Refused(400, code)
    return int(text)


def parse_metadata(text: str | None) -> dict[str, str]:
    """`filename bWFpbi56aXA=,empty` as a mapping."""
    found: dict[str, str] = {}
    for pair in (text or "").split(",") if text else ():
        key, _, value = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in found:
            raise Refused(400, "metadata-malformed")
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError) as error:
            raise Refused(400, "metadata-malformed") from error
    return found


def parse_checksum(text: str | None) -> Checksum | None:
    """`sha256 base64`."""
    if text is None:
        return None
    algorithm, _, value = text.partition(" ")
    try:
        digest = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(400, "checksum-malformed") from error
    if algorithm not in CHECKSUMS or len(digest) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise Refused(400, "checksum-malformed")
    return Checksum(algorithm, digest)


def http_date(seconds: float) -> str:
    """A moment as HTTP writes it."""
    return email.utils.format_datetime(dt.datetime.fromtimestamp(seconds, dt.UTC), usegmt=True)


def utc(seconds: float) -> str:
    """A moment as JSON writes it here."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
