"""Signing keys and the platform's trust store.

A signing key is an Ed25519 key in an encrypted PKCS8 PEM file that only its owner can read. A platform trusts the
public keys that somebody there put into its store, and no other: a key that comes with a package proves nothing.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from coursekit.files import replacing

SHORTEST_PASSPHRASE = 8
_LARGEST_KEY_FILE = 1 << 16
_PUBLIC_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)


class KeyFault(Exception):
    """A key that cannot be made, read or trusted. `code` names a phrase of texts/keys.toml."""

    def __init__(self, code: str, **args: str) -> None:
        super().__init__(code)
        self.code = code
        self.args_ = args


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key that has been unlocked."""

    private: Ed25519PrivateKey = field(repr=False)

    @property
    def raw_public(self) -> bytes:
        """The 32 bytes of the public key."""
        return self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        """SHA-256 of the raw public key."""
        return key_id_of(self.raw_public)

    def sign(self, data: bytes) -> bytes:
        """An Ed25519 signature: the same data gives the same 64 bytes."""
        return self.private.sign(data)


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key somebody here decided to trust."""

    key_id: str
    """SHA-256 of the raw public key."""
    name: str
    raw: bytes

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether the signature is this key's, over this data."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, data)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class TrustStore:
    """The public keys a platform trusts, by key id. An embedded key never gets in here."""

    keys: Mapping[str, TrustedKey]


def key_id_of(raw: bytes) -> str:
    """SHA-256 of the raw public key."""
    return hashlib.sha256(raw).hexdigest()


def new_key() -> SigningKey:
    """A fresh key."""
    return SigningKey(Ed25519PrivateKey.generate())


def save_key(key: SigningKey, path: Path, passphrase: str) -> Path:
    """Write the encrypted private key (readable by its owner only) and, beside it, the public key. Never overwrites."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise KeyFault("passphrase-short", least=str(SHORTEST_PASSPHRASE))
    public = path.with_suffix(".pub")
    if public == path:
        raise KeyFault("key-name-is-public", file=str(path))
    for existing in (path, public):
        if existing.exists():
            raise KeyFault("key-exists", file=str(existing))
    secret = key.private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode("utf-8")),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    # O_EXCL and 0600 from the first byte: there is no moment in which another user can read it.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    with replacing(public) as file:
        file.write(public_pem(key.raw_public))
    return public


def load_key(path: Path, passphrase: str) -> SigningKey:
    """Unlock a private key."""
    data = _read(path)
    if os.name != "nt" and path.stat().st_mode & 0o077:
        raise KeyFault("key-readable-by-others", file=str(path))
    if b"PRIVATE KEY-----" not in data:
        raise KeyFault("not-a-private-key", file=str(path))
    if b"BEGIN ENCRYPTED PRIVATE KEY" not in data:
        raise KeyFault("key-not-protected", file=str(path))
    try:
        key = serialization.load_pem_private_key(data, passphrase.encode("utf-8"))
    except ValueError as error:
        raise KeyFault("passphrase-wrong", file=str(path)) from error
    except Exception as error:
        raise KeyFault("not-a-private-key", file=str(path)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFault("not-ed25519", file=str(path))
    return SigningKey(key)


def load_public(path: Path) -> bytes:
    """The raw public key in a PEM file."""
    found = _PUBLIC_PEM.findall(_read(path))
    if len(found) != 1:
        raise KeyFault("not-a-public-key", file=str(path))
    try:
        key = serialization.load_pem_public_key(found[0])
    except Exception as error:
        raise KeyFault("not-a-public-key", file=str(path)) from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFault("not-ed25519", file=str(path))
    return key.public_bytes_raw()


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_KEY_FILE + 1)
    except OSError as error:
        raise KeyFault("key-unreadable", file=str(path), detail=error.strerror or "") from error
    if len(data) > _LARGEST_KEY_FILE:
        raise KeyFault("not-a-public-key", file=str(path))
    return data


def public_pem(raw: bytes) -> bytes:
    """A public key as PEM, which openssl and every other tool reads."""
    key = Ed25519PublicKey.from_public_bytes(raw)
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


# ------------------------------------------------------------------------------------------------------- trust store


def default_trust_folder() -> Path:
    """Where trusted keys are kept: COURSEKIT_TRUST, or the user's configuration folder."""
    named = os.environ.get("COURSEKIT_TRUST")
    return Path(named) if named else _configuration() / "trusted-keys"


def default_key_file() -> Path:
    """Where the studio's own key is kept: COURSEKIT_KEY, or the user's configuration folder."""
    named = os.environ.get("COURSEKIT_KEY")
    return Path(named) if named else _configuration() / "signing.key"


def _configuration() -> Path:
    if os.name == "nt":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "coursekit"


def load_trust(places: Iterable[Path]) -> TrustStore:
    """The keys in these files and folders. A file that is no public key is a KeyFault: none is skipped in silence."""
    keys: dict[str, TrustedKey] = {}
    for place in places:
        for path in sorted(place.glob("*.pub")) if place.is_dir() else [place]:
            raw = load_public(path)
            keys.setdefault(key_id_of(raw), TrustedKey(key_id_of(raw), path.stem, raw))
    return TrustStore(keys)


def add_trusted(folder: Path, public: Path, name: str) -> TrustedKey:
    """Take a public key into the store under a name of the platform's own."""
    if not re.fullmatch(r"[\w.\-]{1,64}", name) or name.startswith("."):
        raise KeyFault("trust-name-malformed", name=name)
    raw = load_public(public)
    known = load_trust([folder]) if folder.is_dir() else TrustStore({})
    if (same := known.keys.get(key_id_of(raw))) is not None:
        if same.name != name:
            raise KeyFault("already-trusted", name=same.name)
        return same
    target = folder / f"{name}.pub"
    if target.exists():
        raise KeyFault("trust-name-taken", name=name)
    with replacing(target) as file:
        file.write(public_pem(raw))
    return TrustedKey(key_id_of(raw), name, raw)


def remove_trusted(folder: Path, name: str) -> TrustedKey:
    """Trust a key no longer. `name` is its name or the beginning of its key id."""
    known = load_trust([folder]) if folder.is_dir() else TrustStore({})
    found = [k for k in known.keys.values() if k.name == name or (len(name) >= 8 and k.key_id.startswith(name))]
    if len(found) != 1:
        raise KeyFault("trust-name-unknown", name=name)
    (folder / f"{found[0].name}.pub").unlink()
    return found[0]


# ---------------------------------------------------------------------------------------------------------- minisign


def minisign_public(raw: bytes) -> str:
    """The public key as minisign takes it on its command line (`minisign -P …`)."""
    return base64.b64encode(b"Ed" + _minisign_id(raw) + raw).decode("ascii")


def _minisign_id(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()[:8]


def minisign_signature(key: SigningKey, blake2b: bytes, file_name: str) -> str:
    """A `.minisig` over a file of that BLAKE2b-512, in minisign's prehashed form."""
    signature = key.sign(blake2b)
    comment = f"file:{file_name}\thashed"
    everything = key.sign(signature + comment.encode("utf-8"))
    body = base64.b64encode(b"ED" + _minisign_id(key.raw_public) + signature).decode("ascii")
    return (
        f"untrusted comment: coursekit, key {key.key_id[:16]}\n{body}\ntrusted comment: {comment}\n"
        f"{base64.b64encode(everything).decode('ascii')}\n"
    )
