"""Keys are kept from others, and only keys somebody chose are trusted."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from coursekit.bundle.keys import (
    KeyFault,
    add_trusted,
    default_key_file,
    key_id_of,
    load_key,
    load_public,
    load_trust,
    new_key,
    public_pem,
    remove_trusted,
    save_key,
)
from coursekit.texts import phrases
from tests.bundle.packed import PASSPHRASE
from tests.cli.courses import coursekit


def code(caught: pytest.ExceptionInfo[KeyFault]) -> str:
    assert caught.value.code in phrases("keys")
    return caught.value.code


def test_a_key_is_encrypted_and_its_owners_alone(tmp_path: Path) -> None:
    key = new_key()
    public = save_key(key, tmp_path / "studio.key", PASSPHRASE)
    secret = (tmp_path / "studio.key").read_bytes()
    assert secret.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    if os.name != "nt":
        assert stat.S_IMODE((tmp_path / "studio.key").stat().st_mode) == 0o600
    assert load_key(tmp_path / "studio.key", PASSPHRASE).raw_public == key.raw_public == load_public(public)
    assert key.key_id == hashlib.sha256(key.raw_public).hexdigest()
    assert "private" not in repr(key)


def test_what_is_refused_of_private_keys(tmp_path: Path) -> None:
    path = tmp_path / "studio.key"
    with pytest.raises(KeyFault) as caught:
        save_key(new_key(), path, "short")
    assert code(caught) == "passphrase-short"
    with pytest.raises(KeyFault) as caught:
        save_key(new_key(), tmp_path / "studio.pub", PASSPHRASE)
    assert code(caught) == "key-name-is-public"
    save_key(new_key(), path, PASSPHRASE)
    before = path.read_bytes()
    with pytest.raises(KeyFault) as caught:
        save_key(new_key(), path, PASSPHRASE)
    assert code(caught) == "key-exists"
    assert path.read_bytes() == before
    with pytest.raises(KeyFault) as caught:
        load_key(path, PASSPHRASE + "!")
    assert code(caught) == "passphrase-wrong"
    with pytest.raises(KeyFault) as caught:
        load_key(tmp_path / "studio.pub", PASSPHRASE)
    assert code(caught) in ("not-a-private-key", "key-readable-by-others")
    with pytest.raises(KeyFault) as caught:
        load_key(tmp_path / "absent.key", PASSPHRASE)
    assert code(caught) == "key-unreadable"
    if os.name != "nt":
        path.chmod(0o640)
        with pytest.raises(KeyFault) as caught:
            load_key(path, PASSPHRASE)
        assert code(caught) == "key-readable-by-others"


def private_pem(key: object, protection: serialization.KeySerializationEncryption) -> bytes:
    assert isinstance(key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey)
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)


def test_foreign_keys(tmp_path: Path) -> None:
    path = tmp_path / "k.key"
    cases = {
        "key-not-protected": private_pem(ed25519.Ed25519PrivateKey.generate(), serialization.NoEncryption()),
        "not-ed25519": private_pem(
            ec.generate_private_key(ec.SECP256R1()), serialization.BestAvailableEncryption(PASSPHRASE.encode())
        ),
        "not-a-private-key": b"hello",
    }
    for expected, data in cases.items():
        path.write_bytes(data)
        path.chmod(0o600)
        with pytest.raises(KeyFault) as caught:
            load_key(path, PASSPHRASE)
        assert code(caught) == expected
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = other.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for expected, data in {"not-ed25519": pem, "not-a-public-key": b"\0" * 70_000}.items():
        path.write_bytes(data)
        with pytest.raises(KeyFault) as caught:
            load_public(path)
        assert code(caught) == expected


def test_trust_is_given_and_taken_by_name(tmp_path: Path) -> None:
    one, two = new_key(), new_key()
    for name, key in (("one", one), ("two", two)):
        (tmp_path / f"{name}.pub").write_bytes(public_pem(key.raw_public))
    store = tmp_path / "store"
    add_trusted(store, tmp_path / "one.pub", "云栖")
    assert add_trusted(store, tmp_path / "one.pub", "云栖").key_id == one.key_id
    for expected, file, name in (
        ("already-trusted", "one", "other"),
        ("trust-name-taken", "two", "云栖"),
        ("trust-name-malformed", "two", "../evil"),
    ):
        with pytest.raises(KeyFault) as caught:
            add_trusted(store, tmp_path / f"{file}.pub", name)
        assert code(caught) == expected
    assert set(load_trust([store]).keys) == {one.key_id}
    assert set(load_trust([store, tmp_path / "two.pub"]).keys) == {one.key_id, two.key_id}
    with pytest.raises(KeyFault) as caught:
        remove_trusted(store, "nobody")
    assert code(caught) == "trust-name-unknown"
    assert remove_trusted(store, one.key_id[:8]).name == "云栖"
    assert load_trust([store]).keys == {}
    (store / "broken.pub").write_bytes(b"?")
    with pytest.raises(KeyFault) as caught:
        load_trust([store])
    assert code(caught) == "not-a-public-key"


def test_a_key_without_a_name_is_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "configuration" / "signing.key"
    env = {"COURSEKIT_KEY_PASSPHRASE": PASSPHRASE, "COURSEKIT_KEY": str(own)}
    made = coursekit("key", "new", **env)
    assert made.code == 0, made.err
    assert load_key(own, PASSPHRASE).key_id in made.out
    del env["COURSEKIT_KEY_PASSPHRASE"]
    assert coursekit("key", "show", **env).out.splitlines()[0] == made.out.strip()
    named = {"XDG_CONFIG_HOME": str(tmp_path), "APPDATA": str(tmp_path), "HOME": str(tmp_path)}
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COURSEKIT_KEY", raising=False)
        for name, value in named.items():
            patch.setenv(name, value)
        assert default_key_file().is_relative_to(tmp_path)


def test_the_command_makes_shows_and_trusts(tmp_path: Path) -> None:
    env = {"COURSEKIT_KEY_PASSPHRASE": PASSPHRASE, "COURSEKIT_TRUST": str(tmp_path / "trust")}
    made = coursekit("key", "new", tmp_path / "studio.key", **env)
    assert made.code == 0, made.err
    key_id = key_id_of(load_public(tmp_path / "studio.pub"))
    assert key_id in made.out
    for name in ("studio.key", "studio.pub"):
        shown = coursekit("key", "show", tmp_path / name, **env)
        assert key_id in shown.out
        assert "BEGIN PUBLIC KEY" in shown.out
        assert "PRIVATE" not in shown.out
    assert coursekit("key", "trust", tmp_path / "studio.pub", "--name", "yunqi", **env).code == 0
    assert f"{key_id}  yunqi" in coursekit("key", "list", **env).out
    assert coursekit("key", "forget", "yunqi", **env).code == 0
    assert coursekit("key", "list", **env).out == ""
    refused = coursekit("key", "show", tmp_path / "studio.key", **{**env, "COURSEKIT_KEY_PASSPHRASE": "wrong one"})
    assert refused.code == 2
    assert "passphrase" in refused.err
