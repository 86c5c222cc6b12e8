"""The only place that starts a program of others, and the list of the tools found here.

Measuring starts none but Python itself: for MediaInfo, which a damaged file can bring down, by `run_tool`, and for the
sound of a long lesson (`engine/beside.py`). A program gets an argument list (never a shell), an environment that
carries nothing of ours, pipes that are drained while it runs, a limit on time and on output, and a process group of its
own so that whatever it started dies with it.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_KEPT_VARIABLES = ("SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
"""Windows cannot start a program without the first; the others say where temporary files may go."""


class ToolError(Exception):
    """A program that could not do its work. `code`: `missing`, `cannot-start`, `timeout`, `output-limit`, `failed`."""

    def __init__(self, code: str, tool: str, detail: str) -> None:
        super().__init__(code, tool, detail)
        self.code = code
        self.tool = tool
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.tool}: {self.code}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Completed:
    """What a program left."""

    returncode: int
    stdout: bytes
    stderr: bytes


def clean_environment() -> dict[str, str]:
    """The environment a program is given: no search path, no home, no secrets, an unchanging locale."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", "AV_LOG_FORCE_NOCOLOR": "1"}


def run_tool(
    argv: Sequence[str | Path],
    *,
    timeout_s: float,
    stdin: bytes = b"",
    max_output_bytes: int = 64 << 20,
    cwd: Path | None = None,
    check: bool = True,
) -> Completed:
    """Run a program to its end and return what it wrote.

    Raises ToolError. With `check` an exit status other than 0 is one, too: its detail is the end of what the program
    wrote to its error stream.
    """
    tool = Path(argv[0]).name
    try:
        process = subprocess.Popen(  # noqa: S603 - an argument list, built here; no shell sees it
            [os.fspath(part) for part in argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment(),
            cwd=cwd,
            start_new_session=os.name == "posix",
            creationflags=_creation_flags(),
        )
    except OSError as error:
        raise ToolError("cannot-start", tool, error.strerror or str(error)) from error
    with process:
        readers = _Readers(process, stdin, max_output_bytes)
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise ToolError("timeout", tool, f"stopped after {timeout_s:g} s") from None
        finally:
            # Also after a normal end: a child of the program may still hold the pipes.
            kill_group(process)
            process.wait()
            readers.join()
    if readers.overflow:
        raise ToolError("output-limit", tool, f"wrote more than {max_output_bytes} bytes")
    done = Completed(process.returncode, readers.out, readers.err)
    if check and done.returncode != 0:
        words = done.stderr[-2000:].decode("utf-8", "replace").strip()
        raise ToolError("failed", tool, f"exit status {done.returncode}: {words}")
    return done


def _creation_flags() -> int:
    if sys.platform == "win32":
        return subprocess.CREATE_NEW_PROCESS_GROUP
    return 0


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a program and whatever it started."""
    if sys.platform == "win32":
        process.kill()
        return
    try:
        # The group outlives its leader while a child is left in it; its id is the leader's and is not given anew.
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


class _Readers:
    """Drains both output pipes and feeds the input, each in a thread, so that none can fill up and stop the others."""

    def __init__(self, process: subprocess.Popen[bytes], stdin: bytes, limit: int) -> None:
        self.overflow = False
        self._limit = limit
        self._process = process
        self._parts: tuple[list[bytes], list[bytes]] = ([], [])
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdin is not None
        self._threads = [
            threading.Thread(target=self._drain, args=(process.stdout, self._parts[0]), daemon=True),
            threading.Thread(target=self._drain, args=(process.stderr, self._parts[1]), daemon=True),
            threading.Thread(target=_feed, args=(process.stdin, stdin), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _drain(self, pipe: IO[bytes], parts: list[bytes]) -> None:
        size = 0
        while block := os.read(pipe.fileno(), 1 << 16):
            size += len(block)
            if size > self._limit:
                self.overflow = True
                kill_group(self._process)
                return
            parts.append(block)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    @property
    def out(self) -> bytes:
        return b"".join(self._parts[0])

    @property
    def err(self) -> bytes:
        return b"".join(self._parts[1])


def _feed(pipe: IO[bytes], data: bytes) -> None:
    try:
        pipe.write(data)
        pipe.close()
    except OSError:
        # A program that ends without reading its input is its own affair; its exit status tells.
        return


def ffmpeg_exe(system: Path | None = None) -> Path:
    """The ffmpeg program: the one inside the imageio-ffmpeg wheel, or `system` where the user names one.

    imageio_ffmpeg's own lookup is not asked: it falls back to an environment variable, conda and the search path
    without a word, and a report would then name the wrong tool.
    """
    if system is not None:
        if not system.is_file():
            raise ToolError("missing", "ffmpeg", f"{system} is not there")
        return system
    if (package := _package_folder("imageio_ffmpeg")) is not None:
        found = sorted(p for p in (package / "binaries").glob("ffmpeg-*") if p.is_file())
        if found:
            return found[-1]
    raise ToolError("missing", "ffmpeg", "the imageio-ffmpeg wheel holds no program for this platform")


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def ffmpeg_version(exe: Path) -> str:
    """What a program calls itself in the first line of `-version`."""
    words = run_tool([exe, "-hide_banner", "-version"], timeout_s=30).stdout.decode("utf-8", "replace").split()
    return words[2] if len(words) > 2 and words[:2] == ["ffmpeg", "version"] else "unknown"


_PACKAGES = ("av", "numpy", "opencv-python-headless", "scenedetect-headless", "pillow", "pymediainfo", "pypdf")


def tool_versions(system_ffmpeg: Path | None = None, *, ask_programs: bool = False) -> Mapping[str, str]:
    """Name and version of whatever may measure here; what is not there is left out.

    Programs are started only with `ask_programs`; without it the bundled ffmpeg is named by its file.
    """
    versions = {name: version for name in _PACKAGES if (version := _installed(name)) is not None}
    versions.update(_libav_versions())
    if (version := mediainfo_version()) is not None:
        versions["MediaInfo"] = version
    try:
        exe = ffmpeg_exe(system_ffmpeg)
        if ask_programs:
            versions["ffmpeg"] = ffmpeg_version(exe)
        else:
            versions["ffmpeg"] = (
                exe.name.removesuffix(".exe").rpartition("-v")[2] if system_ffmpeg is None else str(exe)
            )
    except ToolError:
        versions.pop("ffmpeg", None)
    return dict(sorted(versions.items(), key=lambda item: item[0].lower()))


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _libav_versions() -> dict[str, str]:
    try:
        import av
    except ImportError:
        return {}
    libraries = {name: ".".join(map(str, version)) for name, version in av.library_versions.items()}
    return {"FFmpeg libraries": str(av.ffmpeg_version_info), **libraries}


def mediainfo_version() -> str | None:
    """Version of the MediaInfo library that pymediainfo brings; None where it cannot be loaded."""
    try:
        from pymediainfo import MediaInfo

        library, handle, version, _ = MediaInfo._get_library()  # the package offers no other way to ask
    except (ImportError, OSError, RuntimeError):
        return None
    library.MediaInfo_Delete(handle)
    return str(version)
