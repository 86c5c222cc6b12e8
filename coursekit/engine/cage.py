"""The cage a worker shuts itself into before it opens a stranger's file.

FFmpeg, Pillow and MediaInfo read whatever a file holds, in C. Should a file ever take one of them over, this is what it
finds: no environment to read secrets from, no file it may change but the cache, no socket, no other program to start
than this Python, no process of the user's to look into, and an end to processor time, memory and output.

Linux brings the means (Landlock and seccomp, asked through ctypes, no privilege needed); elsewhere the limits that the
system knows hold and the rest does not. What holds here is found by trying, and `coursekit doctor` says it.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import platform
import socket
import struct
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

KEPT_VARIABLES = frozenset(
    {
        *("SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "TZ", "LANG", "LC_ALL", "LC_CTYPE", "PYTHONUTF8"),
        *("PYTHONWARNINGS", "PYTHONDONTWRITEBYTECODE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
        *("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "COURSEKIT_THREADS", "COURSEKIT_CACHE", "COURSEKIT_LANG"),
    }
)
"""Everything else a worker inherits is forgotten: tokens, keys and addresses live in environments."""

CPU_S = 6 * 3600
"""Processor time for one file: an hour of 1080p takes minutes, so that this ends what never comes to an end."""
FILE_BYTES = 256 << 20
"""The largest file a worker may write; an entry of the cache is three orders of magnitude smaller."""
OPEN_FILES = 512

_PARTS = ("environment", "limits", "writes", "network", "programs", "processes")


@dataclass(frozen=True, slots=True)
class Cage:
    """What a cage keeps in, as found by trying; the parts are `_PARTS`."""

    holds: Mapping[str, bool]

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return all(self.holds.values())

    @property
    def gaps(self) -> tuple[str, ...]:
        """What does not hold here."""
        return tuple(part for part, kept in self.holds.items() if not kept)


def enter(writable: Iterable[Path] = ()) -> bool:
    """Shut this process in, for good. Only `writable` folders may be written to from now on.

    To be called while there is one thread: the rules are a thread's own and pass on to what it starts. True where the
    system enforces them; False where it knows only limits.
    """
    forget_environment()
    limit_resources()
    if sys.platform != "linux":
        return False
    return _no_new_privileges() and _drop_privileges() and _landlock(tuple(writable)) and _seccomp()


def enter_pool(scratch: str) -> bool:
    """The same for a worker that takes pictures: it may write to a folder of its own and nowhere else."""
    import tempfile

    tempfile.tempdir = scratch
    return enter((Path(scratch),))


def forget_environment() -> None:
    """Keep what is on the list. On Linux also the copy that the kernel shows in /proc/self/environ is wiped."""
    kept = {name: value for name, value in os.environ.items() if name.upper() in KEPT_VARIABLES}
    os.environ.clear()
    # Set anew, the C library holds them in memory of its own and the first block is free to be wiped.
    os.environ.update(kept)
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, ValueError, IndexError):
        # Fields 50 and 51 of proc_pid_stat(5); the name in field 2 may hold anything, so counting starts behind it.
        fields = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        start, end = int(fields[47]), int(fields[48])
        if 0 < start < end:
            ctypes.memset(start, 0, end - start)


def limit_resources() -> None:
    """No core dump (it would hold a stranger's picture or worse), no file without end, few open at once."""
    if sys.platform == "win32":
        return
    import resource

    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
    ):
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))


def allow_cpu(seconds: float = CPU_S) -> None:
    """So much processor time from now on, then the system ends the process."""
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


# ------------------------------------------------------------------------------------------------------- Linux: by hand

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
# Landlock's calls have the same numbers on every machine.
_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_LANDLOCK_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE = 1 << 0, 1 << 1
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_WRITING = _WRITE_FILE | sum(1 << bit for bit in range(4, 13))
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_BIND_TCP, _CONNECT_TCP = 1, 2
_SCOPE_ABSTRACT_UNIX, _SCOPE_SIGNAL = 1, 2


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _no_new_privileges() -> bool:
    return bool(_libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)


_CAPABILITIES_VERSION = 0x20080522
_KEPT_CAPABILITIES = 1 << 1 | 1 << 2
"""Root may still read every course and write its cache (where Landlock lets it); looking into processes it may not."""


def _drop_privileges() -> bool:
    libc = _libc()
    header = struct.pack("=Ii", _CAPABILITIES_VERSION, 0)
    now = ctypes.create_string_buffer(24)
    try:
        if libc.capget(header, now) != 0:
            return False
        effective, permitted = struct.unpack_from("=II", now.raw)
        few = struct.pack("=IIIIII", effective & _KEPT_CAPABILITIES, permitted & _KEPT_CAPABILITIES, 0, 0, 0, 0)
        return bool(libc.capset(header, few) == 0)
    except AttributeError:
        return False


def landlock_version() -> int:
    """How much of Landlock this kernel knows; 0: none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(_libc().syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_CREATE_RULESET_VERSION)))


def _landlock(writable: tuple[Path, ...]) -> bool:
    version = landlock_version()
    if version == 0:
        return False
    files = _EXECUTE | _WRITING
    files |= (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0) | (_IOCTL_DEV if version >= 5 else 0)
    network = _BIND_TCP | _CONNECT_TCP if version >= 4 else 0
    scoped = _SCOPE_ABSTRACT_UNIX | _SCOPE_SIGNAL if version >= 6 else 0
    # A kernel takes the structure as long as it knows it.
    rules = struct.pack("=QQQ", files, network, scoped)[: 24 if version >= 6 else 16 if version >= 4 else 8]
    libc = _libc()
    ruleset = libc.syscall(_LANDLOCK_CREATE_RULESET, rules, len(rules), 0)
    if ruleset < 0:
        return False
    try:
        within = _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | (files & (_TRUNCATE | _REFER))
        for folder in writable:
            _allow(libc, ruleset, folder, within)
        _allow(libc, ruleset, Path(os.devnull), _WRITE_FILE | (files & _TRUNCATE))
        for program in _programs():
            _allow(libc, ruleset, program, _EXECUTE)
        return bool(libc.syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, place: Path, rights: int) -> None:
    try:
        handle = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        # What is not there needs no permission.
        return
    try:
        rule = struct.pack("=Qi", rights, handle)
        libc.syscall(_LANDLOCK_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(handle)


def _programs() -> tuple[Path, ...]:
    """This Python, which the second reader and the sound run in too, and the loader that brings it up. No shell."""
    python = Path(sys.executable).resolve()
    return tuple(p for p in (python, _loader(python)) if p is not None)


def _loader(program: Path) -> Path | None:
    """The dynamic loader a program asks for in its PT_INTERP header; the kernel executes it by that name."""
    try:
        with program.open("rb") as file:
            head = file.read(64)
            if head[:5] != b"\x7fELF\x02":
                return None
            (table,) = struct.unpack_from("<Q", head, 32)
            size, count = struct.unpack_from("<HH", head, 54)
            for number in range(count):
                file.seek(table + number * size)
                entry = file.read(size)
                if struct.unpack_from("<I", entry)[0] == 3:
                    offset, length = struct.unpack_from("<Q", entry, 8)[0], struct.unpack_from("<Q", entry, 32)[0]
                    file.seek(offset)
                    return Path(os.fsdecode(file.read(min(length, 4096)).rstrip(b"\0"))).resolve()
    except (OSError, struct.error, ValueError):
        return None
    return None


# Calls that nothing which measures needs: sockets, other processes' memory, kernel doors that many holes were found
# behind, mounts and namespaces.
_REFUSED = {
    "x86_64": (0xC000003E, (41, 42, 43, 44, 46, 49, 50, 53, 101, 155, 161, 165, 166, 169, 175, 246, 248, 249, 250, 272,
                            288, 298, 304, 308, 310, 311, 313, 321, 323, 425, 426, 427, 428, 429, 430, 432, 440)),
    "aarch64": (0xC00000B7, (198, 199, 200, 201, 202, 203, 206, 211, 242, 117, 41, 51, 40, 39, 142, 105, 104, 217, 218,
                             219, 97, 241, 265, 268, 270, 271, 273, 280, 282, 425, 426, 427, 428, 429, 430, 432, 440)),
}  # fmt: skip
_X32 = 0x40000000
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # errno 1: EPERM


def seccomp_program(machine: str) -> bytes | None:
    """The filter as the kernel reads it: these calls fail with EPERM, as do those of another architecture."""
    if machine not in _REFUSED:
        return None
    architecture, numbers = _REFUSED[machine]
    steps = [
        (_LOAD, 0, 0, 4),  # seccomp_data.arch
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, 0),  # seccomp_data.nr
        (_AT_LEAST, len(numbers) + 1, 0, _X32),
    ]
    steps += [(_EQUAL, len(numbers) - at, 0, number) for at, number in enumerate(numbers)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _seccomp() -> bool:
    program = seccomp_program(platform.machine())
    if program is None:
        return False
    code = ctypes.create_string_buffer(program, len(program))

    class _Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    asked = _Program(len(program) // 8, ctypes.addressof(code))
    return bool(_libc().prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(asked), 0, 0) == 0)


# ----------------------------------------------------------------------------------------------------- found by trying


def try_cage(timeout_s: float = 30.0) -> Cage:
    """Shut a process in and let it try to get out. What it cannot do, holds."""
    import tempfile

    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="coursekit-cage-") as name:
        here, there = context.Pipe()
        process = context.Process(target=_try_from_within, args=(there, Path(name)), daemon=True)
        process.start()
        there.close()
        try:
            held = here.recv() if here.poll(timeout_s) else {}
        except (EOFError, OSError):
            held = {}
        process.kill()
        process.join()
        here.close()
    return Cage({part: bool(held.get(part)) for part in _PARTS})


def _try_from_within(pipe: Connection, folder: Path) -> None:
    allowed, refused = folder / "allowed", folder / "refused"
    allowed.mkdir()
    refused.mkdir()
    os.environ["COURSEKIT_OF_A_TRIAL"] = "x"
    enter((allowed,))
    allow_cpu()
    (allowed / "file").write_bytes(b"")
    pipe.send(
        {
            "environment": "COURSEKIT_OF_A_TRIAL" not in os.environ,
            "limits": _limits_hold(),
            "writes": _fails(lambda: (refused / "file").write_bytes(b"")),
            "network": _fails(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()),
            "programs": _fails(_start_a_program),
            "processes": _fails(lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes()),
        }
    )


def _fails(attempt: object) -> bool:
    assert callable(attempt)
    try:
        attempt()
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def _limits_hold() -> bool:
    if sys.platform == "win32":
        return False
    import resource

    return resource.getrlimit(resource.RLIMIT_CORE)[0] == 0 and resource.getrlimit(resource.RLIMIT_CPU)[0] > 0


def _start_a_program() -> None:
    import subprocess

    for program in ("/bin/sh", "/usr/bin/env", "/bin/ls"):
        if Path(program).exists():
            subprocess.run([program, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S603
            return
    raise FileNotFoundError
