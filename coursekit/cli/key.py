"""`coursekit key`: make a signing key, show it, and say whose keys are trusted here."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from coursekit.cli.lang import current_lang, pick
from coursekit.cli.options import fatal, lang_option

F = TypeVar("F", bound=Callable[..., Any])
PASSPHRASE_VARIABLE = "COURSEKIT_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable


@click.group(
    help=pick(
        "签名密钥：制作单位用私钥给课程包签名，平台只信任自己加入名单的公钥。",
        "Signing keys: a studio signs its packages, a platform trusts the public keys it has taken in, and no other.",
    )
)
def key() -> None:
    """The group."""


def passphrase_option(function: F) -> F:
    """Where the passphrase comes from when nobody sits at the keyboard."""
    return click.option(
        "--passphrase-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help=pick(
            f"从文件读口令（也可用环境变量 {PASSPHRASE_VARIABLE}；都没有则询问）",
            f"Read the passphrase from a file (or set {PASSPHRASE_VARIABLE}; else it is asked for)",
        ),
    )(function)


def trust_folder_option(function: F) -> F:
    """Which trust store."""
    return click.option(
        "--store",
        type=click.Path(path_type=Path, file_okay=False),
        help=pick("信任名单所在文件夹（默认在用户配置目录）", "Folder of trusted keys (default: your configuration)"),
    )(function)


@key.command(
    help=pick(
        "生成一对密钥：FILE 为加密的私钥（仅本人可读；不写则放在用户配置目录，打包时自动使用），"
        "旁边的 .pub 是可以交给平台的公钥。\n\n例：coursekit key new",
        "Make a pair of keys: FILE is the encrypted private key, readable by you alone (by default in your "
        "configuration, where package finds it); the .pub beside it is for the platform.",
    )
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@passphrase_option
@lang_option
def new(file: Path | None, passphrase_file: Path | None, lang: str) -> None:
    """Make, protect, say what to do with which half."""
    del lang
    from coursekit.bundle.keys import KeyFault, default_key_file, new_key, save_key

    made = new_key()
    file = file or default_key_file()
    try:
        public = save_key(made, file, read_passphrase(passphrase_file, confirm=True))
    except KeyFault as fault:
        refuse(fault)
    click.echo(pick(f"密钥编号  {made.key_id}", f"key id  {made.key_id}"))
    click.echo(
        pick(
            f"私钥 {file}：自己保管，连同口令一起备份，不要外传。\n公钥 {public}：交给平台，并当面或电话核对密钥编号。",
            f"private key {file}: keep it and its passphrase, give it to nobody.\n"
            f"public key {public}: for the platform; compare the key id by telephone.",
        ),
        err=True,
    )


@key.command(
    help=pick("显示密钥编号和公钥（PEM 与 minisign 两种写法）", "Show a key's id and its public half (PEM, minisign)")
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@passphrase_option
@lang_option
def show(file: Path | None, passphrase_file: Path | None, lang: str) -> None:
    """Of a public key as it is; of a private one after unlocking it."""
    del lang
    from coursekit.bundle.keys import (
        KeyFault,
        default_key_file,
        key_id_of,
        load_key,
        load_public,
        minisign_public,
        public_pem,
    )

    # Of one's own key the public half is enough, and asks for no passphrase.
    file = file or default_key_file().with_suffix(".pub")
    try:
        if file.suffix == ".pub":
            raw = load_public(file)
        else:
            raw = load_key(file, read_passphrase(passphrase_file)).raw_public
    except KeyFault as fault:
        refuse(fault)
    click.echo(pick(f"密钥编号  {key_id_of(raw)}", f"key id  {key_id_of(raw)}"))
    click.echo(f"minisign  {minisign_public(raw)}")
    click.echo(public_pem(raw).decode("ascii"), nl=False)


@key.command(
    help=pick(
        "把一把公钥加入信任名单。请先与对方当面或电话核对密钥编号。",
        "Trust a public key from now on. Compare its key id with its owner first, face to face or by telephone.",
    )
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--name", help=pick("在名单里叫什么（默认用文件名）", "What to call it (default: the file's name)"))
@trust_folder_option
@lang_option
def trust(file: Path, name: str | None, store: Path | None, lang: str) -> None:
    """Take it in."""
    del lang
    from coursekit.bundle.keys import KeyFault, add_trusted, default_trust_folder

    try:
        taken = add_trusted(store or default_trust_folder(), file, name or file.stem)
    except KeyFault as fault:
        refuse(fault)
    click.echo(f"{taken.key_id}  {taken.name}")


@key.command("list", help=pick("列出信任名单", "List the trusted keys"))
@trust_folder_option
@lang_option
def list_keys(store: Path | None, lang: str) -> None:
    """One a line."""
    del lang
    from coursekit.bundle.keys import KeyFault, default_trust_folder, load_trust

    folder = store or default_trust_folder()
    try:
        known = load_trust([folder]) if folder.is_dir() else None
    except KeyFault as fault:
        refuse(fault)
    for one in known.keys.values() if known else ():
        click.echo(f"{one.key_id}  {one.name}")
    if known is None or not known.keys:
        click.echo(pick(f"信任名单是空的：{folder}", f"no key is trusted yet: {folder}"), err=True)


@key.command(help=pick("把一把公钥移出信任名单", "Trust a key no longer"))
@click.argument("name")
@trust_folder_option
@lang_option
def forget(name: str, store: Path | None, lang: str) -> None:
    """By name or key id."""
    del lang
    from coursekit.bundle.keys import KeyFault, default_trust_folder, remove_trusted

    try:
        gone = remove_trusted(store or default_trust_folder(), name)
    except KeyFault as fault:
        refuse(fault)
    click.echo(f"{gone.key_id}  {gone.name}")


def refuse(fault: Exception) -> NoReturn:
    """Say what is wrong with a key, and end."""
    from coursekit.texts import phrase

    fatal(phrase("keys", getattr(fault, "code", ""), current_lang(), **getattr(fault, "args_", {})))


def read_passphrase(file: Path | None, *, confirm: bool = False) -> str:
    """From the file named, the environment, or the keyboard."""
    from coursekit.bundle.keys import KeyFault

    if file is not None:
        try:
            return file.read_text(encoding="utf-8-sig").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            refuse(KeyFault("key-unreadable", file=str(file), detail=str(getattr(error, "strerror", "") or "UTF-8")))
    if (given := os.environ.get(PASSPHRASE_VARIABLE)) is not None:
        return given
    if not sys.stdin.isatty():
        refuse(KeyFault("no-passphrase"))
    prompt = pick("私钥口令", "Passphrase of the private key")
    entered: str = click.prompt(prompt, hide_input=True, confirmation_prompt=confirm, err=True)
    return entered
