"""Measured facts, kept by what was measured and by what measured it.

Three kinds of entries, each a small file of its own, so that concurrent runs and killed runs cannot spoil it:

- `identity/`: which content a path held when it had this size, these times and this inode. Saves hashing 800 MB again.
- `facts/`: the facts of one stage, by content hash and by the key of the code and tools that measured it.
- `audits/`: a whole report without its run block, by everything it depends on.

An entry that cannot be read, or does not fit today's types, is a miss. Nothing here is ever trusted to be current: the
key says what it is the answer to.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from coursekit import __version__
from coursekit.folder import Folder, Identity
from coursekit.terms import Scope

if TYPE_CHECKING:
    from coursekit.settings import Settings

T = TypeVar("T")

_TOOLS = frozenset(
    [
        "av",
        "numpy",
        "opencv_python_headless",
        "scenedetect_headless",
        "pymediainfo",
        "pillow",
        "pypdf",
        "imageio_ffmpeg",
    ]
)

_STAGE_CODE = {
    "probe": ("probe", "model"),
    "image": ("probe", "cover"),
    "document": ("probe",),
    "audio": ("audio", "probe"),
    "video": ("video", "probe"),
}
"""Whose source a stage's figures depend on. Checks are left out: they judge, they do not measure."""


@dataclass(frozen=True, slots=True)
class Known:
    """A path's content at an identity."""

    identity: Identity
    sha256: str


def default_cache_dir() -> Path:
    """Where this user's caches live."""
    if chosen := os.environ.get("COURSEKIT_CACHE"):
        return Path(chosen)
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "coursekit"


@cache
def tools_key() -> str:
    """Changes when a library that measures is replaced by another version, without importing one of them."""
    found = {f"python-{sys.version_info[0]}.{sys.version_info[1]}"}
    for folder in sys.path:
        with contextlib.suppress(OSError):
            found.update(
                name
                for name in os.listdir(folder or ".")  # noqa: PTH208 - names are all that is wanted, of some thousand entries
                if name.endswith(".dist-info") and name.split("-")[0].lower() in _TOOLS
            )
    return _digest(*sorted(found))


@cache
def stage_key(stage: str) -> str:
    """Changes when the code or the tools behind a stage's figures do, and with nothing else."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256(f"{stage}\0{tools_key()}".encode())
    for part in _STAGE_CODE[stage]:
        top = root / part
        for path in [top] if top.is_file() else sorted(top.rglob("*.py")):
            if "checks" not in path.parts:
                digest.update(path.read_bytes())
    return digest.hexdigest()


def code_key() -> str:
    """Changes when any file of coursekit itself does, in a checkout as in an installed wheel."""
    root = Path(__file__).parent.parent
    parts = [__version__]
    for folder, names, files in os.walk(root):
        names[:] = sorted(n for n in names if n != "__pycache__")
        for name in sorted(files):
            status = Path(folder, name).stat()
            parts.append(f"{folder[len(str(root)) :]}/{name}:{status.st_size}:{status.st_mtime_ns}")
    return _digest(*parts)


def _place(path: Path | str) -> str:
    return path if isinstance(path, str) else str(path.absolute())


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Cache:
    """The cache folder. `root` None: nothing is kept and nothing is found."""

    root: Path | None

    def _entry(self, kind: str, key: str) -> Path | None:
        return None if self.root is None else self.root / kind / key[:2] / f"{key}.json"

    def _read(self, kind: str, key: str) -> Any:
        path = self._entry(kind, key)
        if path is None:
            return None
        try:
            return json.loads(path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return None

    def _write(self, kind: str, key: str, text: str) -> None:
        path = self._entry(kind, key)
        if path is not None:
            from coursekit.files import write_atomic

            # A cache that cannot be written (full disk, read-only home) costs time, not truth.
            with contextlib.suppress(OSError):
                write_atomic(path, text, sync=False)

    @contextlib.contextmanager
    def claim(self, what: Path | str, waiting: Callable[[], None]) -> Iterator[None]:
        """Measure this alone: who comes second waits, and finds the answer here. A claim dies with its process."""
        with contextlib.ExitStack() as held:
            if self.root is not None:
                from coursekit.locks import locked

                # A folder that cannot be written or locked (some network shares) costs double work, not truth.
                with contextlib.suppress(OSError):
                    (self.root / "locks").mkdir(parents=True, exist_ok=True)
                    held.enter_context(locked(self.root / "locks" / _digest(_place(what)), waiting))
            yield

    def known_sha256(self, path: Path | str, identity: Identity) -> str | None:
        """The content hash of a file, or of what a URL names, that has not changed since it was hashed."""
        from coursekit import codec

        raw = self._read("identity", _digest(_place(path)))
        try:
            known = codec.decode(Known, raw)
        except codec.CodecError:
            return None
        return known.sha256 if known.identity == identity else None

    def remember_sha256(self, path: Path | str, identity: Identity, sha256: str) -> None:
        """Keep a content hash, if the file's times can be relied on."""
        from coursekit import codec

        if identity.settled():
            self._write("identity", _digest(_place(path)), codec.dumps(Known(identity, sha256), indent=None))

    def find(self, kind: type[T], sha256: str, stage_key: str) -> T | None:
        """Facts of one stage, if they were measured by just this code and these tools."""
        from coursekit import codec

        raw = self._read("facts", _digest(sha256, stage_key))
        try:
            return None if raw is None else codec.decode(kind, raw)
        except codec.CodecError:
            return None

    def keep(self, facts: object, sha256: str, stage_key: str) -> None:
        """Keep facts of one stage."""
        from coursekit import codec

        self._write("facts", _digest(sha256, stage_key), codec.dumps(facts, indent=None))

    def find_audit(self, key: str) -> Any:
        """A report as plain JSON values."""
        return self._read("audits", key)

    def find_told(self, key: str, verbosity: int) -> Any:
        """What a terminal was told of an audit: lines and exit code."""
        return self._read("told", _digest(key, str(verbosity)))

    def keep_told(self, key: str, verbosity: int, told: Any) -> None:
        """Keep what a terminal was told."""
        self._write("told", _digest(key, str(verbosity)), json.dumps(told, ensure_ascii=False))

    def keep_audit(self, key: str, text: str) -> None:
        """Keep a report."""
        self._write("audits", key, text)


def audit_key(folder: Folder, settings: Settings, profile_hashes: tuple[str, ...]) -> str:
    """Everything a report depends on: code, tools, the listing, the day (licences expire), what was asked and by what.

    A profile of the studio's own counts by its hash; the built-in ones are part of the code.
    """
    listing = "\n".join(f"{name}\0{e.identity}\0{e.refused}" for name, e in folder.entries.items())
    listing += "".join(f"\n{name}\0{identity}" for name, identity in folder.kept.items())
    asked = repr((settings.profiles, str(settings.scope), settings.lang, str(settings.fail_on), settings.today))
    asked += "/thorough" if settings.thorough else ""
    day = time.strftime("%Y-%m-%d")
    papers = ""
    if settings.register is not None and settings.scope is Scope.FILING:
        # A register in the course's own folder stands in the listing above.
        from coursekit.filing.measure import papers_state

        papers = papers_state(settings.register)
    return _digest(
        code_key(), tools_key(), folder.url or str(folder.root.absolute()), listing, papers, day, asked, *profile_hashes
    )
