"""Telling the platform that a course has come: one HTTP POST per edition, signed, repeated until it is heard.

The body is an `Event`; the header `Coursekit-Signature: sha256=<hex>` is the HMAC-SHA256 of the body under a secret
that both sides know, so that nobody else can announce courses.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from coursekit import codec
from coursekit.library.model import Edition, event_of
from coursekit.library.shelf import LibraryFault, Shelf

SIGNATURE = "Coursekit-Signature"
_MOST_ANSWER = 1 << 16

Listener = Callable[[Edition], None]
"""Called for each edition taken in; may be called again for the same one after a crash. Raises to be called again."""


class NotHeard(Exception):
    """The other side did not take the announcement."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where to announce."""

    url: str
    secret: bytes = field(repr=False)
    timeout_s: float = 10.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise LibraryFault("webhook-malformed", url=self.url)
        if not self.secret:
            raise LibraryFault("webhook-without-secret")

    def __call__(self, edition: Edition) -> None:
        """Announce one edition. A redirect is no answer: it would carry the announcement to where nobody sent it."""
        body = codec.dumps(event_of(edition), indent=None).encode("utf-8")
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=self.timeout_s, context=ssl.create_default_context()
            )
        else:
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=self.timeout_s)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {
                "Content-Type": "application/json; charset=utf-8",
                SIGNATURE: "sha256=" + hmac.new(self.secret, body, hashlib.sha256).hexdigest(),
                "Idempotency-Key": edition.id,
            }
            connection.request("POST", target, body, headers)
            answer = connection.getresponse()
            answer.read(_MOST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            raise NotHeard(str(error) or type(error).__name__) from error
        finally:
            connection.close()
        if not 200 <= answer.status < 300:
            raise NotHeard(f"HTTP {answer.status}")


def announce(shelf: Shelf, listeners: tuple[Listener, ...]) -> tuple[frozenset[str], str | None]:
    """Tell every edition not yet told, oldest first; which are told now, and why it stopped where it did.

    Without listeners editions count as told: a webhook set up later is not flooded with years of courses.
    """
    waiting = sorted((e for e in shelf.edition_ids() if not shelf.announced(e)), key=lambda e: _age(shelf, e))
    told: set[str] = set()
    for name in waiting:
        try:
            if listeners:
                edition = shelf.edition(name)
                for listener in listeners:
                    listener(edition)
        except NotHeard as error:
            return frozenset(told), str(error)
        shelf.mark_announced(name)
        told.add(name)
    return frozenset(told), None


def _age(shelf: Shelf, edition: str) -> tuple[int, str]:
    return shelf.edition_path(edition).stat().st_mtime_ns, edition
