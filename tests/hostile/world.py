"""A small world to be attacked: a course, places that may be written to, places nobody may touch, and ears.

Three watchers at once. The kernel tells (inotify) of every file outside that is opened, read, made, changed or removed,
by whichever process. Python tells (an audit hook) of every write, socket and program of this process before it happens.
And a listener on this machine hears whoever knocks, at the address that all the attacks name.
"""

from __future__ import annotations

import ctypes
import os
import select
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

_CHANGED = 0x2 | 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800
_READ = 0x1 | 0x20
_IS_FOLDER = 0x40000000
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGING = frozenset(f"os.{deed}" for deed in "rename remove mkdir rmdir link chmod chown truncate setxattr".split())
_TALKING = frozenset({"socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind", "socket.gethostbyname"})
_RUNNING = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile"})


@dataclass
class World:
    """Folders, ears, and what the watchers saw."""

    root: Path
    url: str = ""
    seen: list[str] = field(default_factory=list)
    """Everything that must not have happened."""
    look: Callable[[], None] = lambda: None
    """Takes in at once what the kernel has to tell."""

    @property
    def course(self) -> Path:
        """The stranger's material; written by the attacker only."""
        return self.root / "inside" / "course"

    @property
    def out(self) -> Path:
        """Where outputs may go."""
        return self.root / "inside" / "out"

    @property
    def cache(self) -> Path:
        """Where facts are kept."""
        return self.root / "inside" / "cache"

    @property
    def words(self) -> Path:
        """Where a process says where it stood when it was ended."""
        return self.root / "inside" / "words.txt"

    def last_words(self) -> str:
        """The innermost lines of what it said."""
        with suppress(OSError):
            lines = self.words.read_text(encoding="utf-8", errors="replace").splitlines()
            return " < ".join(line.strip() for line in lines if line.strip())[:700]
        return ""

    @property
    def outside(self) -> Path:
        """What nobody may touch."""
        return self.root / "outside"


_hook: list[World] = []


def _heard(event: str, args: tuple[object, ...]) -> None:
    if not _hook:
        return
    world = _hook[0]
    if event == "open":
        path, mode, flags = (*args, None, None, None)[:3]
        writes = (isinstance(flags, int) and flags & _WRITES) or (isinstance(mode, str) and set(mode) & set("wax+"))
        if writes and isinstance(path, str | bytes) and not _allowed(world, path):
            world.seen.append(f"open for writing: {path!r}")
    elif event in _CHANGING:
        folders = [f"/proc/self/fd/{a}" for a in args[1:] if isinstance(a, int) and a > 2 and event != "os.mkdir"]
        folders += [f"/proc/self/fd/{a}" for a in args[2:] if isinstance(a, int) and a > 2 and event == "os.mkdir"]
        for path in args[: 1 if event == "os.symlink" else 2]:
            if isinstance(path, str | bytes):
                whole = os.path.join(folders[-1] if folders else "", os.fsdecode(path))  # noqa: PTH118
                if not _allowed(world, whole):
                    world.seen.append(f"{event}: {whole!r}")
    elif event in _TALKING or event in _RUNNING:
        world.seen.append(f"{event}: {args[:3]!r}"[:300])


def _allowed(world: World, path: str | bytes) -> bool:
    where = os.path.realpath(os.fsdecode(path))
    return where.startswith((str(world.root / "inside"), "/dev/null", "/dev/tty"))


@contextmanager
def watched(root: Path) -> Iterator[World]:
    """Build the world and watch it. What was seen is in `seen` after the block."""
    world = World(root.resolve())
    for folder in (world.course, world.out, world.cache, world.outside / "deep"):
        folder.mkdir(parents=True)
    for name in ("secret.txt", "deep/id_ed25519", "course.yaml", "lesson.mp4"):
        (world.outside / name).write_bytes(b"nobody may read this")
    if not _hook_installed:
        sys.addaudithook(_heard)
        _hook_installed.append(True)
    with _listening(world), _inotify(world):
        before = sys.dont_write_bytecode
        sys.dont_write_bytecode = True
        _hook.append(world)
        try:
            yield world
        finally:
            _hook.clear()
            sys.dont_write_bytecode = before


_hook_installed: list[bool] = []


@contextmanager
def unheard() -> Iterator[None]:
    """For what the campaign itself must do: start the command, write the next attack."""
    held = list(_hook)
    _hook.clear()
    try:
        yield
    finally:
        _hook.extend(held)


@contextmanager
def heard(world: World) -> Iterator[None]:
    """For the one call that is to be heard, where all the rest is a test runner's own."""
    _hook.append(world)
    try:
        yield
    finally:
        _hook.clear()


@contextmanager
def _listening(world: World) -> Iterator[None]:
    streams = socket.create_server(("127.0.0.1", 0))
    port = streams.getsockname()[1]
    packets = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    packets.bind(("127.0.0.1", port))
    world.url = f"http://127.0.0.1:{port}/knock"
    done = threading.Event()

    def listen() -> None:
        while not done.is_set():
            for ready in select.select([streams, packets], [], [], 0.1)[0]:
                world.seen.append(f"somebody knocked ({'TCP' if ready is streams else 'UDP'})")
                with suppress(OSError):
                    ready.accept()[0].close() if ready is streams else ready.recv(2048)

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        streams.close()
        packets.close()


@contextmanager
def _inotify(world: World) -> Iterator[None]:
    if sys.platform != "linux":
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    handle = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    names: dict[int, str] = {}
    # The world's own floor too: a file that `..` out of the course would land on.
    for folder, mask in [(world.root, _CHANGED), *((p, _CHANGED | _READ) for p in _folders(world.outside))]:
        names[libc.inotify_add_watch(handle, os.fsencode(folder), mask)] = str(folder)

    def look() -> None:
        with suppress(BlockingIOError):
            while events := os.read(handle, 1 << 16):
                world.seen.extend(_told(events, names))

    world.look = look
    try:
        yield
    finally:
        look()
        world.look = lambda: None
        os.close(handle)


def _folders(root: Path) -> Iterator[Path]:
    yield root
    yield from (p for p in root.rglob("*") if p.is_dir())


def _told(events: bytes, names: dict[int, str]) -> Iterator[str]:
    at = 0
    while at < len(events):
        watch, mask, _, length = struct.unpack_from("iIII", events, at)
        name = events[at + 16 : at + 16 + length].rstrip(b"\0")
        at += 16 + length
        if not (mask & _IS_FOLDER and mask & _READ):
            yield f"file system event {mask:#x} on {names.get(watch)}/{os.fsdecode(name)}"
