"""Courses on S3-compatible storage: listed without opening anything, a file brought near only while it is measured.

A lesson is read from end to end four times or more (packets, sound, keyframes, moving stretches, a second reader that
is a program of its own and must not be given credentials), so reading in place would move it four times or more. It is
moved once, into bounded scratch space, hashed and measured there, and taken away. The bytes are asked for under the
ETag of the listing: a file that is replaced meanwhile is refused by the store, never measured half old half new.

An ETag is what the store promises to change with the content; what it is made of differs (parts, encryption). So it
serves as a file's times and inode do, to know that nothing has changed, and the key of the facts is the SHA-256 of the
bytes, here as on a disk: a course that moves to a store, or back, is not measured again.

Credentials are the environment's or the configuration's (AWS_*, ~/.aws, fsspec's): they are never an argument here, are
never logged, and no job carries them to a worker.
"""

from __future__ import annotations

import atexit
import contextlib
import datetime as dt
import logging
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from coursekit.folder import (
    MANIFEST_NAMES,
    MEDIA_SUFFIXES,
    REVIEW,
    CourseError,
    Entry,
    Folder,
    Identity,
    is_kept,
    is_own,
)
from coursekit.scratch import NoRoom, scratch

_SCHEME = "s3://"
_READ_AT_ONCE = ("waivers.toml", *MANIFEST_NAMES)
"""Small files that say what a course is; brought near with the listing."""
_AT_ONCE_BYTES = 16 << 20
_CHUNK_BYTES = 8 << 20
"""Asked for at a time: no more than this is lost with a connection."""
_ATTEMPTS = 12
_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 10.0
_TIMEOUTS = {"connect_timeout": 10, "read_timeout": 30, "retries": {"max_attempts": 3, "mode": "standard"}}
_TALKATIVE = ("aiobotocore", "botocore", "s3fs", "fsspec", "urllib3", "aiohttp", "asyncio")


class StoreError(Exception):
    """A file of a store that could not be brought near; `code` is a problem's."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


def list_store(url: str) -> Folder:
    """List a course on a store, or one media file as a course of one lesson. Raises CourseError."""
    bucket, prefix = _parse(url)
    top = f"{bucket}/{prefix}".rstrip("/")
    found = _find(url, top)
    if not found:
        raise CourseError("course-missing", course=url)
    alone = list(found) == [top]
    title = _plain(PurePosixPath(top).parent.name if alone else PurePosixPath(top).name)
    root = Path(tempfile.mkdtemp(dir=_mirrors()), title)
    root.mkdir()
    entries: dict[str, Entry] = {}
    kept: dict[str, Identity] = {}
    for key, details in sorted(found.items()):
        relative = PurePosixPath(key).name if alone else key[len(top) + 1 :]
        if not relative or relative.endswith("/"):
            continue  # what consoles make to show an empty folder
        parts = tuple(relative.split("/"))
        name = relative.encode("utf-8", "backslashreplace").decode()
        if any(part in ("", ".", "..") for part in parts) or "\0" in relative:
            # No folder of a disk could hold it under this name.
            entries[name] = Entry(root / "refused" / _plain(parts[-1]), Identity(0, 0, 0, 0), "outside-course")
        elif is_own(parts):
            continue
        elif is_kept(parts):
            if parts[0] == REVIEW and PurePosixPath(relative).suffix.lower() in MEDIA_SUFFIXES:
                raise CourseError("media-in-review", course=url, name=name)
            kept[name] = _identity(details)
        else:
            entries[name] = Entry(Path(root, *parts), _identity(details), url=f"{_SCHEME}{key}")
    for name in _READ_AT_ONCE:
        if entry := entries.get(name):
            _read_at_once(url, entry)
    return Folder(root, dict(sorted(entries.items())), kept, url)


def read_head(url: str, count: int) -> bytes:
    """The first bytes of a file that has so many. Raises CourseError: what nobody saw must not be left out."""
    if count == 0:
        return b""
    try:
        data: bytes = _store().cat_file(url.removeprefix(_SCHEME), start=0, end=count)
    except CourseError:
        raise
    except Exception as error:  # noqa: BLE001 - the store's library has a hundred errors
        raise CourseError("store-unreachable", course=url, detail=_words(error)) from None
    return data


@contextlib.contextmanager
def near(url: str, identity: Identity, tick: Callable[[], None]) -> Iterator[Path]:
    """A file's bytes on a disk of this machine, for as long as the block lasts. Raises StoreError.

    `tick` is called whenever something got on.
    """
    name = "file" + "".join(re.findall(r"\.[A-Za-z0-9]{1,12}$", url)[-1:])
    try:
        with scratch().room(identity.size_bytes, tick) as place:
            _fetch(url, identity, place / name, tick)
            yield place / name
    except NoRoom as error:
        why = f"{error.asked / 1e9:.1f} GB > COURSEKIT_SCRATCH_GB={error.limit / 1e9:g}"
        raise StoreError("scratch-too-small", why) from None


def _fetch(url: str, identity: Identity, target: Path, tick: Callable[[], None]) -> None:
    """Copy chunk by chunk; what a dropped connection cost is asked for again from where it broke."""
    failures = 0
    source: Any = None
    with target.open("wb") as file:
        while file.tell() < identity.size_bytes:
            try:
                if source is None:
                    source = _open(url, identity)
                source.seek(file.tell())
                data = source.read(min(_CHUNK_BYTES, identity.size_bytes - file.tell()))
                if not data:
                    raise ConnectionError("the store sent nothing")
            except StoreError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever broke, it is asked again, and given up in the end
                failures += 1
                _give_up_if_lasting(error, failures)
                source = None
                tick()
                time.sleep(min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** (failures - 1)))
            else:
                failures = 0
                file.write(data)
                tick()


def _open(url: str, identity: Identity) -> Any:
    source = _store().open(url.removeprefix(_SCHEME), "rb", cache_type="none", fill_cache=False)
    if source.details.get("ETag") != identity.etag or source.details.get("size") != identity.size_bytes:
        raise StoreError("changed-while-read", "the file on the store was replaced after it had been listed")
    return source


def _give_up_if_lasting(error: Exception, failures: int) -> None:
    from fsspec.exceptions import FSTimeoutError
    from s3fs.utils import FileExpired

    if isinstance(error, FileExpired):
        raise StoreError("changed-while-read", "the file on the store was replaced while it was read") from None
    if isinstance(error, FileNotFoundError):
        raise StoreError("changed-while-read", "the file on the store was removed after it had been listed") from None
    if isinstance(error, PermissionError):
        raise StoreError("unreadable", _words(error)) from None
    if failures >= _ATTEMPTS:
        what = "no answer in time" if isinstance(error, FSTimeoutError) else _words(error)
        raise StoreError("io", f"given up after {failures} attempts: {what}") from None


def _parse(url: str) -> tuple[str, str]:
    bucket, _, prefix = url.removeprefix(_SCHEME).partition("/")
    if not url.startswith(_SCHEME) or not re.fullmatch(r"[A-Za-z0-9._-]{3,255}", bucket):
        # Not repeated: somebody may have put a key and its secret in front of the bucket.
        raise CourseError("store-address", example="s3://bucket/course")
    return bucket, prefix.strip("/")


def _find(url: str, top: str) -> dict[str, Any]:
    store = _store()
    try:
        return dict(store.find(top, detail=True))
    except FileNotFoundError:
        return {}
    except PermissionError as error:
        raise CourseError("store-refused", course=url, detail=_words(error)) from None
    except Exception as error:  # noqa: BLE001 - the store's library has a hundred errors; none of them is the course's
        kind = "store-refused" if "Credential" in type(error).__name__ else "store-unreachable"
        raise CourseError(kind, course=url, detail=_words(error)) from None


@cache
def _store() -> Any:
    try:
        import fsspec
        import s3fs  # noqa: F401 - fsspec would name it only once it is asked for
    except ImportError as error:
        raise CourseError("store-extra-absent", detail=str(error)) from None
    for name in _TALKATIVE:
        # Told to say everything, they print the headers of every request, session tokens and signatures included.
        logging.getLogger(name).setLevel(logging.WARNING)
    store = fsspec.filesystem("s3", config_kwargs=_TIMEOUTS, use_listings_cache=False)
    # The patience is ours: a retry that nobody hears of would look like a stall.
    store.retries = 2
    return store


def _identity(details: dict[str, Any]) -> Identity:
    changed: dt.datetime | None = details.get("LastModified")
    stamp = int(changed.timestamp()) * 1_000_000_000 if changed is not None else 0
    return Identity(int(details["size"]), stamp, 0, 0, str(details["ETag"]))


def _read_at_once(url: str, entry: Entry) -> None:
    assert entry.url is not None
    if entry.identity.size_bytes > _AT_ONCE_BYTES:
        raise CourseError("store-file-too-large", course=url, name=entry.path.name)
    try:
        _fetch(entry.url, entry.identity, entry.path, lambda: None)
    except StoreError as error:
        raise CourseError("store-unreachable", course=url, detail=f"{entry.path.name}: {error.detail}") from None


@cache
def _mirrors() -> Path:
    """Where listings keep their few small files, for as long as the process lives."""
    place = tempfile.mkdtemp(prefix="coursekit-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return Path(place)


def _plain(name: str) -> str:
    """A name that a folder of this machine may have."""
    return "course" if name in ("", ".", "..") or len(name.encode()) > 200 or "\0" in name else name


def _words(error: Exception) -> str:
    """What went wrong, without what stands before an @: an endpoint may be written with a password in it."""
    return re.sub(r"//[^/@\s]*@", "//…@", str(error) or type(error).__name__)[:300]
