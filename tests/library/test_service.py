"""The import service over real sockets of the loopback: resumed, refused, bounded."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from coursekit.library import service
from coursekit.library.limits import Pace, Rate, ServiceLimits
from coursekit.library.model import Edition
from coursekit.library.server import make_server
from coursekit.library.service import Service, make_app
from coursekit.library.shelf import Shelf, open_shelf
from coursekit.library.take import Policy
from coursekit.library.tokens import add_token, identify, read_tokens, remove_token
from coursekit.library.uploads import Uploads
from coursekit.texts import LANGS, phrases
from tests.library.conftest import Parcels

TUS = {"Tus-Resumable": "1.0.0"}
LIMITS = ServiceLimits(stall_s=1.0, header_s=1.0, least_bytes_per_s=4096, upload_bytes=50_000_000)
TRIES = 200
"""Bound of every loop that waits; a look each 50 ms."""


@dataclass
class Site:
    """A running service."""

    port: int
    shelf: Shelf
    tokens: Path
    token: str

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, token: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """One request on a connection of its own."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named["Authorization"] = f"Bearer {self.token if token is None else token}"
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as line:
            line.request(method, path, body, {**TUS, "Accept-Language": "en", **named})
            answer = line.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()

    def begin(self, size: int, name: str = "课程.zip", **more: str) -> str:
        """Announce; the address of the upload."""
        metadata = f"filename {base64.b64encode(name.encode()).decode()}"
        status, headers, body = self.ask("POST", "/uploads", Upload_Length=str(size), Upload_Metadata=metadata, **more)
        assert status == 201, body
        return headers["location"]

    def send(self, place: str, data: bytes, offset: int, **more: str) -> tuple[int, dict[str, str], bytes]:
        """A piece."""
        kind = "application/offset+octet-stream"
        return self.ask("PATCH", place, data, Upload_Offset=str(offset), Content_Type=kind, **more)

    def offset(self, place: str) -> int:
        """How much has come."""
        status, headers, _ = self.ask("HEAD", place)
        assert status == 200
        return int(headers["upload-offset"])

    def result(self, place: str) -> dict[str, Any]:
        """What became of it, once it is done."""
        for _ in range(TRIES):
            status, _, body = self.ask("GET", place)
            assert status == 200
            told: dict[str, Any] = json.loads(body)
            if told["state"] == "done":
                return told
            time.sleep(0.05)
        raise AssertionError(told)

    def dropped(self, place: str, data: bytes, offset: int, announced: int, *, reset: bool) -> None:
        """Send some bytes of more announced, then let the line go."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as line:
            head = (
                f"PATCH {place} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\nTus-Resumable: 1.0.0\r\n"
                f"Content-Type: application/offset+octet-stream\r\nUpload-Offset: {offset}\r\n"
                f"Content-Length: {announced}\r\n\r\n"
            )
            line.sendall(head.encode("ascii") + data)
            if reset:
                # Not a goodbye but a broken line: what the kernel still holds is lost too.
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


Open = Callable[..., Site]


@pytest.fixture
def running(parcels: Parcels, tmp_path: Path) -> Iterator[Open]:
    """Services that are stopped at the end."""
    started = []

    def start(limits: ServiceLimits = LIMITS, policy: Policy | None = None) -> Site:
        shelf = open_shelf(tmp_path / "library", create=True)
        tokens = tmp_path / "tokens.json"
        token = add_token(tokens, f"studio-{len(started)}")
        made = Service(shelf, policy or parcels.policy, tokens, limits)
        server = make_server(made, "127.0.0.1", 0, log_level="critical")
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        started.append((server, thread))
        for _ in range(TRIES):
            if server.started:
                break
            time.sleep(0.05)
        return Site(server.servers[0].sockets[0].getsockname()[1], shelf, tokens, token)

    yield start
    for server, thread in started:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture
def site(running: Open) -> Site:
    return running()


def code(body: bytes) -> str:
    told = json.loads(body)
    assert told["title"]
    assert told["type"] == f"urn:coursekit:problem:{told['code']}"
    found: str = told["code"]
    return found


def test_a_package_is_uploaded_verified_and_in_the_library(site: Site, parcels: Parcels) -> None:
    data = parcels.first.read_bytes()
    place = site.begin(len(data))
    status, headers, _ = site.send(place, data, 0)
    assert (status, headers["upload-offset"]) == (204, str(len(data)))
    assert "GMT" in headers["upload-expires"]
    told = site.result(place)
    assert told["result"]["outcome"] == "imported"
    assert told["result"]["verification"]["package"] == "课程.zip"
    _, _, body = site.ask("GET", "/courses")
    (course,) = json.loads(body)["courses"]
    assert (course["course"], course["approved_until"]) == ("dg-4-2026", "2099-12-31")
    _, _, body = site.ask("GET", "/courses/dg-4-2026/points")
    assert [p["point"] for p in json.loads(body)["points"]] == ["K1", "S1"]
    assert site.offset(place) == len(data), "who was cut off at the last byte can still ask"


@pytest.mark.parametrize("seed", range(2))
def test_dropped_at_ten_random_points_it_is_resumed(site: Site, parcels: Parcels, seed: int) -> None:
    chance = random.Random(seed)
    data = parcels.first.read_bytes()
    place = site.begin(len(data))
    offset = 0
    for _ in range(10):
        size = chance.randrange(1, (len(data) - offset) // 4)
        site.dropped(place, data[offset : offset + size], offset, len(data) - offset, reset=chance.random() < 0.5)
        now = site.offset(place)
        assert offset <= now <= offset + size
        offset = now
    assert site.send(place, data[offset:], offset)[0] == 204
    assert site.result(place)["result"]["outcome"] == "imported"


def test_what_was_received_before_a_goodbye_is_kept_to_the_byte(site: Site, parcels: Parcels) -> None:
    data = parcels.first.read_bytes()
    place = site.begin(len(data))
    site.dropped(place, data[:70_001], 0, len(data), reset=False)
    for _ in range(TRIES):
        if site.offset(place) == 70_001:
            break
        time.sleep(0.05)
    assert site.offset(place) == 70_001


def test_without_a_good_token_nothing_is_told_or_taken(site: Site) -> None:
    for token in ("", "ckt_" + "A" * 43, site.token[:-1], site.token + "x"):
        for method, path in (("POST", "/uploads"), ("GET", "/courses"), ("GET", "/uploads/" + "0" * 32)):
            status, headers, body = site.ask(method, path, token=token, Upload_Length="5")
            assert (status, code(body)) == (401, "unauthorized")
            assert headers["www-authenticate"].startswith("Bearer")
    assert list((site.shelf.root / "uploads").iterdir()) == []


def test_an_upload_is_seen_by_its_own_token_only_and_a_token_taken_away_is_dead_at_once(site: Site) -> None:
    place = site.begin(100)
    other = add_token(site.tokens, "another")
    assert site.ask("HEAD", place, token=other)[0] == 404
    assert site.ask("GET", place, token=other)[0] == 404
    remove_token(site.tokens, "another")
    assert site.ask("HEAD", place, token=other)[0] == 401


def test_tokens_are_kept_as_hashes_and_expire(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    text = add_token(path, "工作室", days=1)
    assert text not in path.read_text("utf-8")
    assert path.stat().st_mode & 0o077 == 0
    tokens = read_tokens(path)
    found = identify(tokens, f"Bearer {text}")
    assert found is not None
    assert found.name == "工作室"
    assert found.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert identify([replace(found, expires="2020-01-01")], f"Bearer {text}") is None
    for header in (None, "", text, f"Basic {text}", "Bearer"):
        assert identify(tokens, header) is None


def test_what_is_too_large_is_refused_before_it_is_sent(running: Open) -> None:
    site = running(replace(LIMITS, upload_bytes=1000))
    status, _, body = site.ask("POST", "/uploads", Upload_Length="1001")
    assert (status, code(body)) == (413, "too-large")
    place = site.begin(1000)
    status, _, body = site.send(place, b"x" * 1001, 0)
    assert (status, code(body)) == (413, "past-the-end")
    assert site.offset(place) == 0
    status, _, body = site.ask("POST", "/uploads", Upload_Length=str(1 << 62))
    assert status in (400, 413)


def test_a_body_of_unknown_length_ends_where_the_upload_ends(site: Site) -> None:
    place = site.begin(10)
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as line:
        line.sendall(
            f"PATCH {place} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {site.token}\r\nTus-Resumable: 1.0.0\r\n"
            "Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\nTransfer-Encoding: chunked\r\n\r\n"
            "14\r\n01234567890123456789\r\n0\r\n\r\n".encode("ascii")
        )
        assert b" 413 " in line.recv(4096)
    assert site.offset(place) == 0


def test_a_silent_or_trickling_sender_is_cut_off_and_what_came_is_kept(site: Site) -> None:
    place = site.begin(100_000)
    for pause in (None, 0.05):
        begin = site.offset(place)
        with socket.create_connection(("127.0.0.1", site.port), timeout=20) as line:
            line.sendall(
                f"PATCH {place} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {site.token}\r\nTus-Resumable: 1.0.0\r\n"
                f"Content-Type: application/offset+octet-stream\r\nUpload-Offset: {begin}\r\n"
                f"Content-Length: {100_000 - begin}\r\n\r\n".encode("ascii")
                + b"x" * 100
            )
            line.settimeout(0.01 if pause else 20)
            said, sent = b"", 100
            for _ in range(TRIES):
                if pause is not None:
                    time.sleep(pause)
                    try:
                        line.sendall(b"y")
                        sent += 1
                    except OSError:
                        break
                try:
                    said += line.recv(4096)
                except TimeoutError:
                    continue
                except OSError:
                    break
                break
        assert b" 408 " in said
        assert begin < site.offset(place) <= begin + sent


def test_a_head_that_never_ends_is_cut_off(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        began = time.monotonic()
        closed = False
        for _ in range(TRIES):
            try:
                line.sendall(b"z")
                line.settimeout(0.05)
                if line.recv(100) == b"":
                    closed = True
                    break
            except TimeoutError:
                continue
            except OSError:
                closed = True
                break
        assert closed
        assert time.monotonic() - began > LIMITS.header_s / 2


def test_checksums_are_checked_and_a_bad_piece_is_dropped(site: Site, parcels: Parcels) -> None:
    data = parcels.first.read_bytes()
    place = site.begin(len(data))
    good = "sha256 " + base64.b64encode(hashlib.sha256(data[:5000]).digest()).decode()
    status, _, body = site.send(place, b"?" + data[1:5000], 0, Upload_Checksum=good)
    assert (status, code(body)) == (460, "checksum-differs")
    assert site.offset(place) == 0
    assert site.send(place, data[:5000], 0, Upload_Checksum=good)[0] == 204
    sha1 = "sha1 " + base64.b64encode(hashlib.sha1(data[5000:]).digest()).decode()
    assert site.send(place, data[5000:], 5000, Upload_Checksum=sha1)[0] == 204
    for bad in ("md5 AAAA", "sha256 !!!", "sha256 AAAA", "sha256"):
        status, _, body = site.send(place, b"", len(data), Upload_Checksum=bad)
        assert (status, code(body)) == (400, "checksum-malformed")
    assert site.result(place)["result"]["outcome"] == "imported"


def test_the_protocol_is_kept_to(site: Site) -> None:
    status, headers, _ = site.ask("OPTIONS", "/uploads", token="")
    assert (status, headers["tus-version"]) == (204, "1.0.0")
    assert set(headers["tus-extension"].split(",")) == {"creation", "checksum", "expiration", "termination"}
    assert headers["tus-checksum-algorithm"] == "sha256,sha1"
    place = site.begin(10)
    cases = [
        (site.ask("POST", "/uploads", Upload_Length="5", Tus_Resumable="0.2.2"), 412, "version-not-supported"),
        (site.ask("POST", "/uploads"), 400, "length-missing"),
        (site.ask("POST", "/uploads", Upload_Length="-1"), 400, "length-missing"),
        (site.ask("POST", "/uploads", Upload_Length="0"), 400, "empty"),
        (site.ask("POST", "/uploads", Upload_Length="5", Upload_Metadata="a !!"), 400, "metadata-malformed"),
        (site.ask("PATCH", place, b"x", Upload_Offset="0"), 415, "content-type"),
        (site.ask("PATCH", place, b"x", Content_Type="application/offset+octet-stream"), 400, "offset-missing"),
        (site.send(place, b"x", 5), 409, "offset-differs"),
        (site.ask("PUT", place, b"x"), 405, "method-not-allowed"),
        (site.ask("GET", "/nothing"), 404, "not-found"),
        (site.ask("GET", "/uploads/..%2f..%2ftokens.json"), 404, "not-found"),
        (site.ask("GET", "/courses/dg-9/points"), 404, "not-a-course"),
    ]
    assert [(answer[0], code(answer[2])) for answer, _, _ in cases] == [(s, c) for _, s, c in cases]
    kind = "application/offset+octet-stream"
    override = {"X_HTTP_Method_Override": "PATCH", "Upload_Offset": "0", "Content_Type": kind}
    assert site.ask("POST", place, b"01234", **override)[0] == 204
    assert site.offset(place) == 5
    assert site.ask("DELETE", place)[0] == 204
    assert site.ask("HEAD", place)[0] == 404


def test_a_refused_package_is_answered_with_its_reasons(site: Site, parcels: Parcels) -> None:
    data = bytearray(parcels.first.read_bytes())
    data[len(data) // 2] ^= 1
    place = site.begin(len(data), name="../../坏包.zip")
    site.send(place, bytes(data), 0)
    told = site.result(place)["result"]
    assert told["outcome"] == "refused"
    assert told["verification"]["package"] == "坏包.zip"
    assert told["reasons"]
    assert (site.shelf.root / "quarantine" / f"{told['quarantine']}.json").is_file()
    assert site.shelf.edition_ids() == frozenset()


def test_uploads_and_requests_of_one_token_are_counted(running: Open) -> None:
    site = running(replace(LIMITS, uploads_per_token=2, requests_per_minute=30))
    assert [site.ask("POST", "/uploads", Upload_Length="5")[0] for _ in range(3)] == [201, 201, 429]
    answers = [site.ask("GET", "/courses") for _ in range(40)]
    assert {status for status, _, _ in answers} == {200, 429}
    _, headers, body = answers[-1]
    assert code(body) == "too-many-requests"
    assert int(headers["retry-after"]) >= 1


def test_a_second_line_takes_over_from_one_that_hangs(running: Open, parcels: Parcels) -> None:
    site = running(replace(LIMITS, stall_s=60.0))
    data = parcels.first.read_bytes()
    place = site.begin(len(data))
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as line:
        line.sendall(
            f"PATCH {place} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {site.token}\r\nTus-Resumable: 1.0.0\r\n"
            "Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\n"
            f"Content-Length: {len(data)}\r\n\r\n".encode("ascii")
            + data[:1000]
        )
        for _ in range(TRIES):
            offset = site.offset(place)
            if offset == 1000:
                break
            time.sleep(0.05)
        assert site.send(place, data[offset:], offset)[0] == 204
    assert site.result(place)["result"]["outcome"] == "imported"


def test_what_was_complete_before_a_crash_is_imported_after_it(running: Open, parcels: Parcels, tmp_path: Path) -> None:
    uploads = Uploads.of(open_shelf(tmp_path / "library", create=True))
    upload = uploads.create("studio-0", "课程.zip", parcels.first.stat().st_size, 3600)
    uploads.data(upload).write_bytes(parcels.first.read_bytes())
    site = running()
    assert site.result(f"/uploads/{upload.id}")["result"]["outcome"] == "imported"
    assert not uploads.data(upload).exists(), "kept once, in the library"


@pytest.mark.logs_errors
def test_an_import_that_breaks_does_not_end_the_service(running: Open, parcels: Parcels) -> None:
    broken = [True]

    def listener(edition: Edition) -> None:
        if broken:
            raise RuntimeError("a platform's own code")

    site = running(policy=replace(parcels.policy, listeners=(listener,)))
    data = parcels.first.read_bytes()
    place = site.begin(len(data))
    site.send(place, data, 0)
    for _ in range(TRIES):
        told = json.loads(site.ask("GET", place)[2])
        if told.get("trouble"):
            break
        time.sleep(0.05)
    assert (told["state"], told["trouble"]) == ("importing", "RuntimeError")
    broken.clear()
    other = parcels.second.read_bytes()
    second = site.begin(len(other))
    site.send(second, other, 0)
    assert site.result(second)["result"]["outcome"] == "imported"
    assert site.result(place)["result"]["outcome"] == "already", "it was in place, only not yet told"


def test_bytes_on_trial_are_taken_back_after_a_crash(running: Open, tmp_path: Path) -> None:
    uploads = Uploads.of(open_shelf(tmp_path / "library", create=True))
    upload = uploads.create("studio-0", "课程.zip", 100, 3600)
    with uploads.unproved(upload, 40):
        uploads.data(upload).write_bytes(b"x" * 100)
        left = {path.name: path.read_bytes() for path in (uploads.root / upload.id).iterdir()}
    for name, data in left.items():
        (uploads.root / upload.id / name).write_bytes(data)
    assert (uploads.root / upload.id / "unproved").exists(), "as a kill leaves it"
    site = running()
    assert site.offset(f"/uploads/{upload.id}") == 40


def test_what_has_expired_is_swept(tmp_path: Path) -> None:
    uploads = Uploads.of(open_shelf(tmp_path / "library", create=True))
    old, young = uploads.create("a", "x", 10, -1), uploads.create("a", "y", 10, 60)
    uploads.sweep()
    assert [u.id for u in uploads.all()] == [young.id]
    assert not (uploads.root / old.id).exists()


def test_the_description_names_every_address_and_method(site: Site) -> None:
    _, headers, body = site.ask("GET", "/openapi.json", token="")
    said = json.loads(body)
    assert headers["content-type"] == "application/json"
    described = {
        (path, method.upper())
        for path, methods in said["paths"].items()
        for method in methods
        if method != "parameters"
    }
    app = make_app(Service(site.shelf, Policy(None), site.tokens))
    served = {(r.path, m) for r in app.routes for m in r.methods or ()}  # type: ignore[attr-defined]
    automatic = {(path, "HEAD") for path, method in served if method == "GET"}
    automatic |= {(path, "POST") for path, _ in served if path != "/uploads"}
    assert described <= served
    assert served - automatic <= described
    text = json.dumps(said)
    names = set(said["components"]["schemas"])
    used = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert used <= names
    assert "#/$defs/" not in text


def test_an_upload_that_took_too_long_is_over(running: Open) -> None:
    site = running(replace(LIMITS, keep_s=0.2))
    place = site.begin(100)
    time.sleep(0.3)
    status, _, body = site.send(place, b"x", 0)
    assert (status, code(body)) == (410, "expired")


def test_errors_have_words_in_both_languages(site: Site) -> None:
    source = "".join(p.read_text("utf-8") for p in Path(service.__file__).parent.glob("*.py"))
    for name, text in phrases("serve").items():
        assert all(text[lang].strip() for lang in LANGS), name
        assert f'"{name}"' in source, "words that are never spoken"
    _, headers, body = site.ask("GET", "/nothing", Accept_Language="zh-CN")
    assert headers["content-language"] == "zh-CN"
    assert "地址" in json.loads(body)["title"]


def test_rate_and_pace_by_the_clock() -> None:
    now = [0.0]
    rate = Rate(60, lambda: now[0], most_senders=2)
    assert [rate.wait_s("a") for _ in range(60)] == [0.0] * 60
    assert rate.wait_s("a") == pytest.approx(1.0)
    assert rate.wait_s("b") <= 0
    now[0] = 1.0
    assert rate.wait_s("a") <= 0
    pace = Pace(replace(LIMITS, stall_s=10.0, least_bytes_per_s=100), lambda: now[0])
    now[0] = 5.0
    assert not pace.too_slow(1), "too early to judge"
    now[0] = 12.0
    assert pace.too_slow(1)
    now[0] = 30.0
    assert not pace.too_slow(5000)
