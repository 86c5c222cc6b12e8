"""What a platform hears when a course has come, over a real socket."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import jsonschema
import pytest

from coursekit.library.announce import Webhook
from coursekit.library.shelf import LibraryFault
from tests.bundle.foreign import free_port
from tests.cli.courses import coursekit
from tests.library.conftest import Parcels
from tests.library.test_commands import trust
from tests.library.test_service import TRIES, TUS

__all__ = ["trust"]
SECRET = b"between the two of us"


class Platform(HTTPServer):
    """A platform that remembers, and answers as it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Listener)
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.status = 204

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/courses?from=coursekit"


class Listener(BaseHTTPRequestHandler):
    """Takes announcements."""

    server: Platform

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((dict(self.headers), body))
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", self.server.url)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the standard library
        """Quiet."""


@pytest.fixture
def platform() -> Iterator[Platform]:
    """Listening until the test ends."""
    server = Platform()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_the_announcement_is_signed_and_fits_its_schema(
    platform: Platform, parcels: Parcels, trust: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET + b"\n")
    hook = ("--webhook", platform.url, "--webhook-secret-file", secret)
    said = coursekit("import", parcels.first, "--into", tmp_path / "library", "--trust", trust, *hook)
    assert said.code == 0, said.err
    ((headers, body),) = platform.heard
    assert headers["Coursekit-Signature"] == "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    event = json.loads(body)
    schema = Path(__file__).resolve().parents[2] / "schemas" / "import-event.schema.json"
    jsonschema.validate(event, json.loads(schema.read_text("utf-8")))
    assert (event["course"], event["approved_until"], event["lessons"]) == ("dg-4-2026", "2099-12-31", 3)
    assert headers["Idempotency-Key"] == event["id"]
    assert "林秀兰" not in body.decode("utf-8"), "nobody's name travels"


@pytest.mark.parametrize("status", [500, 302])
def test_what_was_not_taken_is_told_again(
    status: int, platform: Platform, parcels: Parcels, trust: Path, tmp_path: Path
) -> None:
    platform.status = status
    call = ("import", parcels.first, "--into", tmp_path / "library", "--trust", trust, "--webhook", platform.url)
    first = coursekit(*call, COURSEKIT_WEBHOOK_SECRET="s")
    assert (first.code, "has not heard" in first.out) == (0, True)
    platform.status = 204
    assert coursekit(*call, COURSEKIT_WEBHOOK_SECRET="s").code == 0
    assert coursekit(*call, COURSEKIT_WEBHOOK_SECRET="s").code == 0
    assert len(platform.heard) == 2, "heard once it was answered, and not again"


def test_a_webhook_needs_an_address_and_a_secret() -> None:
    for url, secret, code in (
        ("ftp://x/", b"s", "webhook-malformed"),
        ("https://user:pass@x/", b"s", "webhook-malformed"),
        ("https://x/", b"", "webhook-without-secret"),
    ):
        with pytest.raises(LibraryFault) as raised:
            Webhook(url, secret)
        assert raised.value.code == code


@pytest.mark.skipif(os.name == "nt", reason="stops the service by a signal")
def test_the_command_serves_until_it_is_stopped_and_carries_on_after_a_kill(
    parcels: Parcels, trust: Path, tmp_path: Path
) -> None:
    library, tokens = tmp_path / "library", tmp_path / "tokens.json"
    options = ("--into", library, "--tokens", tokens)
    assert coursekit("serve-import", *options).code == 2, "no token yet"
    token = coursekit("serve-import", *options, "--add-token", "studio").out.strip()
    assert coursekit("serve-import", *options, "--add-token", "studio").code == 2
    assert coursekit("serve-import", *options, "--host", "0.0.0.0").code == 2, "not in the clear beyond this machine"
    port = free_port()
    command = [sys.executable, "-m", "coursekit", "serve-import", *options, "--trust", trust, "--port", str(port)]
    data = parcels.first.read_bytes()

    def ask(method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[dict[str, str], bytes]:
        named = {**TUS, "Authorization": f"Bearer {token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, named, method=method)
        with closing(urllib.request.urlopen(request, timeout=20)) as answer:
            return dict(answer.headers), answer.read()

    def start() -> subprocess.Popen[bytes]:
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for _ in range(TRIES):
            try:
                ask("GET", "/healthz")
                return server
            except OSError:
                assert server.poll() is None
                time.sleep(0.1)
        raise AssertionError("it does not answer")

    server = start()
    try:
        headers, _ = ask("POST", "/uploads", Upload_Length=str(len(data)))
        place = {k.lower(): v for k, v in headers.items()}["location"]
        piece = {"Content_Type": "application/offset+octet-stream"}
        ask("PATCH", place, data[:50_000], Upload_Offset="0", **piece)
        second = subprocess.run(command, capture_output=True, timeout=60, check=False)
        assert second.returncode == 2, "one process at a time"
        server.kill()
        server.communicate(timeout=20)
        server = start()
        ask("PATCH", place, data[50_000:], Upload_Offset="50000", **piece)
        for _ in range(TRIES):
            told = json.loads(ask("GET", place)[1])
            if told["state"] == "done":
                break
            time.sleep(0.1)
        assert told["result"]["outcome"] == "imported"
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=20)
    assert server.returncode in (0, -signal.SIGTERM)
    assert coursekit("library", "check", library).code == 0
    shutil.rmtree(library)
