"""Who may upload: tokens, of which the service keeps only the SHA-256.

A token is 256 random bits, so a plain hash is enough: there is nothing to guess. It is shown once, when it is made.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from coursekit import codec
from coursekit.files import write_atomic
from coursekit.library.shelf import LibraryFault
from coursekit.locks import locked

TOKENS_SCHEMA = "coursekit/tokens/1"
_PREFIX = "ckt_"
_NAME = re.compile(r"[\w.\-]{1,64}")


@dataclass(frozen=True, slots=True)
class Token:
    """One studio's permission."""

    name: str
    sha256: str
    created: str
    expires: str | None = None
    """Last day it is good for."""

    def good_on(self, day: str) -> bool:
        """Whether it has not expired."""
        return self.expires is None or day <= self.expires


@dataclass(frozen=True, slots=True)
class TokenFile:
    """tokens.json."""

    tokens: tuple[Token, ...] = ()
    schema: str = TOKENS_SCHEMA


def read_tokens(path: Path) -> tuple[Token, ...]:
    """The tokens there are; none where the file is not there yet."""
    try:
        return codec.loads(TokenFile, path.read_bytes()).tokens
    except FileNotFoundError:
        return ()
    except codec.CodecError as error:
        raise LibraryFault("record-unreadable", file=str(path), detail=str(error)) from error


def add_token(path: Path, name: str, days: int | None = None) -> str:
    """Make a token under a new name and give it, this once."""
    if not _NAME.fullmatch(name):
        raise LibraryFault("token-name-malformed", name=name)
    text = _PREFIX + secrets.token_urlsafe(32)
    today = dt.datetime.now(dt.UTC).date()
    expires = None if days is None else (today + dt.timedelta(days=days)).isoformat()
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.with_name(f".{path.name}.lock")):
        known = read_tokens(path)
        if any(token.name == name for token in known):
            raise LibraryFault("token-name-taken", name=name)
        made = Token(name, _hash(text), today.isoformat(), expires)
        _write(path, (*known, made))
    return text


def remove_token(path: Path, name: str) -> None:
    """Let a token count no longer. A running service notices with the next request."""
    with locked(path.with_name(f".{path.name}.lock")):
        known = read_tokens(path)
        if all(token.name != name for token in known):
            raise LibraryFault("token-unknown", name=name)
        _write(path, tuple(token for token in known if token.name != name))


def identify(tokens: Iterable[Token], header: str | None) -> Token | None:
    """Whose token an Authorization header holds. Every token is compared, each in constant time."""
    scheme, _, text = (header or "").partition(" ")
    given = _hash(text.strip() if scheme.lower() == "bearer" else "")
    today = dt.datetime.now(dt.UTC).date().isoformat()
    found = None
    for token in tokens:
        if hmac.compare_digest(token.sha256, given) and token.good_on(today):
            found = token
    return found


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _write(path: Path, tokens: tuple[Token, ...]) -> None:
    write_atomic(path, codec.dumps(TokenFile(tokens)))
    path.chmod(0o600)
