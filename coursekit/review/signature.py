"""Ed25519 over the bytes of a decision file, for experts who have a key.

Detached: 64 bytes as `openssl pkeyutl -sign -rawin` writes them, or the same in Base64. The public key is a PEM file.
"""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

_LENGTH = 64


def read_public_key(pem: bytes) -> str | None:
    """The key as hexadecimal; None where this is no Ed25519 public key."""
    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError):
        return None
    return key.public_bytes_raw().hex() if isinstance(key, Ed25519PublicKey) else None


def read_signature(data: bytes) -> bytes | None:
    """The 64 bytes; None where these are none."""
    if len(data) == _LENGTH:
        return data
    try:
        raw = base64.b64decode(data.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == _LENGTH else None


def signed_by(public_key: str, signature: bytes, data: bytes) -> bool:
    """Whether this key signed these bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True
