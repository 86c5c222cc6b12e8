"""Signing keys and the platform's trust store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key somebody here decided to trust."""

    key_id: str
    """SHA-256 of the raw public key."""
    name: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class TrustStore:
    """The public keys a platform trusts, by key id. An embedded key never gets in here."""

    keys: Mapping[str, TrustedKey]
