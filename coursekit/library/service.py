"""The import service: what a studio's tool speaks to when it hands a package to a platform.

A package is uploaded in as many pieces as the line needs (tus 1.0.0), then verified and taken in just as
`coursekit import` does; the sender asks `GET /uploads/{id}` what became of it. This module is HTTP and nothing else:
the uploads are in `uploads`, the limits in `limits`, the import in `take`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from coursekit import __version__, codec
from coursekit.files import WholeFile
from coursekit.library import tus
from coursekit.library.index import COURSES, POINTS, open_index
from coursekit.library.limits import Pace, Rate, ServiceLimits
from coursekit.library.openapi import describe
from coursekit.library.problems import HANDLERS
from coursekit.library.shelf import LibraryFault, Shelf
from coursekit.library.take import Policy, catch_up, import_package, judge_room
from coursekit.library.tokens import Token, identify, read_tokens
from coursekit.library.tus import Refused
from coursekit.library.uploads import Upload, Uploads, UploadStatus

_LOG = logging.getLogger(__name__)
_BUFFER = 1 << 20
_WAIT_FOR_OTHER_S = 5.0
_RETRY_S = 60.0
_SWEEP_S = 600.0


@dataclass(slots=True)
class Service:
    """One library behind HTTP."""

    shelf: Shelf
    policy: Policy
    tokens: Path
    limits: ServiceLimits = field(default_factory=ServiceLimits)
    uploads: Uploads = field(init=False)
    _rate: Rate = field(init=False)
    _writing: dict[str, _Turn] = field(init=False, default_factory=dict)
    _work: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _creating: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    _troubles: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.uploads = Uploads.of(self.shelf)
        self.uploads.recover()
        # What a package unpacks to is read before it is refused: no more of that than twice what may be sent.
        most = min(self.policy.limits.total_bytes, 2 * self.limits.upload_bytes)
        self.policy = replace(self.policy, limits=replace(self.policy.limits, total_bytes=most, entry_bytes=most))
        self._rate = Rate(self.limits.requests_per_minute)

    # ------------------------------------------------------------------------------------------------------ uploads

    async def options(self, request: Request) -> Response:
        """What is spoken here."""
        return _tus(
            204,
            {
                "Tus-Version": tus.VERSION,
                "Tus-Extension": tus.EXTENSIONS,
                "Tus-Max-Size": str(self.limits.upload_bytes),
                "Tus-Checksum-Algorithm": ",".join(tus.CHECKSUMS),
            },
        )

    async def create(self, request: Request) -> Response:
        """Announce a package: POST /uploads."""
        owner = self._admit(request)
        _speak_tus(request)
        size = tus.parse_number(request.headers.get("upload-length"), "length-missing")
        if size == 0:
            raise Refused(400, "empty")
        if size > self.limits.upload_bytes:
            raise Refused(413, "too-large", most=self.limits.upload_bytes)
        names = tus.parse_metadata(request.headers.get("upload-metadata"))
        name = Path(names.get("filename", names.get("name", "package.zip")).replace("\\", "/")).name[:200]
        async with self._creating:
            mine = [u for u in self.uploads.all() if u.owner == owner.name and self.uploads.result(u) is None]
            if len(mine) >= self.limits.uploads_per_token:
                raise Refused(429, "too-many-uploads", {"Retry-After": "60"}, most=self.limits.uploads_per_token)
            outstanding = sum(u.size_bytes - self.uploads.offset(u) for u in self.uploads.all())
            try:
                # Once as an upload and once in the library, until the upload is gone.
                judge_room(self.shelf, 2 * size + outstanding)
            except LibraryFault as fault:
                raise Refused(507, "no-room") from fault
            upload = await to_thread.run_sync(
                self.uploads.create, owner.name, name or "package.zip", size, self.limits.keep_s
            )
        headers = {"Location": f"{request.url.path.rstrip('/')}/{upload.id}", "Upload-Offset": "0"}
        return _tus(201, headers | self._expires(upload))

    async def head(self, request: Request) -> Response:
        """How much has come: HEAD /uploads/{id}."""
        upload = self._mine(request)
        _speak_tus(request)
        async with self._turn(upload):
            headers = {
                "Upload-Offset": str(self.uploads.offset(upload)),
                "Upload-Length": str(upload.size_bytes),
                "Cache-Control": "no-store",
            }
        return _tus(200, headers | self._expires(upload))

    async def patch(self, request: Request) -> Response:
        """More bytes: PATCH /uploads/{id}."""
        upload = self._mine(request)
        _speak_tus(request)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != tus.CONTENT_TYPE:
            raise Refused(415, "content-type")
        begin = tus.parse_number(request.headers.get("upload-offset"), "offset-missing")
        checksum = tus.parse_checksum(request.headers.get("upload-checksum"))
        announced = request.headers.get("content-length")
        async with self._turn(upload) as turn:
            offset = self.uploads.offset(upload)
            if begin != offset:
                raise Refused(409, "offset-differs", {"Upload-Offset": str(offset)}, offset=offset)
            if announced is not None and tus.parse_number(announced, "offset-missing") > upload.size_bytes - offset:
                raise Refused(413, "past-the-end", length=upload.size_bytes)
            offset = await self._receive(request, upload, offset, checksum, turn)
        # The turn is over: what is complete now may be imported.
        if offset == upload.size_bytes:
            self._work.set()
        return _tus(204, {"Upload-Offset": str(offset)} | self._expires(upload))

    async def _receive(
        self, request: Request, upload: Upload, offset: int, checksum: tus.Checksum | None, turn: _Turn
    ) -> int:
        """Write what comes, as it comes. What has come stays, unless a checksum can no longer vouch for it."""
        digest = checksum.begin() if checksum is not None else None
        trial = self.uploads.unproved(upload, offset) if checksum is not None else contextlib.nullcontext()
        begin = offset
        with trial, WholeFile(self.uploads.data(upload), "r+b") as file:
            file.seek(offset)
            async for block in self._blocks(request, upload, turn):
                if offset + len(block) > upload.size_bytes:
                    raise Refused(413, "past-the-end", length=upload.size_bytes)
                await to_thread.run_sync(file.write, block)
                if digest is not None:
                    digest.update(block)
                offset += len(block)
            if checksum is not None and digest is not None and digest.digest() != checksum.digest:
                raise Refused(460, "checksum-differs", {"Upload-Offset": str(begin)})
            await to_thread.run_sync(os.fsync, file.fileno())
        return offset

    async def _blocks(self, request: Request, upload: Upload, turn: _Turn) -> AsyncIterator[bytes]:
        """The body in blocks of a mebibyte, whatever came before the line fell silent included."""
        pace, held = Pace(self.limits), bytearray()
        stopped: Exception | None = None
        stream = request.stream()
        superseded = asyncio.ensure_future(turn.wanted.wait())
        try:
            while stopped is None:
                coming: asyncio.Future[bytes | None] = asyncio.ensure_future(_next(stream))
                either: set[asyncio.Future[Any]] = {coming, superseded}
                await asyncio.wait(either, timeout=self.limits.stall_s, return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    coming.cancel()
                    stopped = Refused(423, "busy") if superseded.done() else self._too_slow(upload, len(held))
                    break
                if coming.exception() is not None:
                    stopped = ClientDisconnect()
                    break
                chunk = coming.result()
                if chunk is None:
                    break
                held += chunk
                if pace.too_slow(len(chunk)):
                    stopped = self._too_slow(upload, len(held))
                if len(held) >= _BUFFER:
                    yield bytes(held)
                    held.clear()
        finally:
            superseded.cancel()
        if held:
            yield bytes(held)
        if stopped is not None:
            raise stopped

    def _too_slow(self, upload: Upload, held: int) -> Refused:
        return Refused(408, "too-slow", {"Connection": "close"}, offset=self.uploads.offset(upload) + held)

    async def cancel(self, request: Request) -> Response:
        """Give an upload up: DELETE /uploads/{id}."""
        upload = self._mine(request)
        _speak_tus(request)
        async with self._turn(upload):
            if self.uploads.result(upload) is None and self.uploads.offset(upload) == upload.size_bytes:
                raise Refused(409, "already-complete")
            await to_thread.run_sync(self.uploads.remove, upload)
        return _tus(204)

    async def status(self, request: Request) -> Response:
        """What became of it: GET /uploads/{id}."""
        upload = self._mine(request)
        result = self.uploads.result(upload)
        offset = self.uploads.offset(upload)
        state = "done" if result is not None else "importing" if offset == upload.size_bytes else "uploading"
        return _json(
            UploadStatus(
                id=upload.id,
                name=upload.name,
                size_bytes=upload.size_bytes,
                offset=offset,
                state=state,
                expires=tus.utc(upload.expires_s),
                result=result,
                trouble=self._troubles.get(upload.id),
            )
        )

    # ------------------------------------------------------------------------------------------------------ library

    async def courses(self, request: Request) -> Response:
        """Which courses: GET /courses."""
        self._admit(request)
        return JSONResponse({"courses": await to_thread.run_sync(self._rows, COURSES)})

    async def points(self, request: Request) -> Response:
        """Which skill points: GET /courses/{id}/points."""
        self._admit(request)
        wanted = request.path_params["course"]
        rows = await to_thread.run_sync(self._rows, COURSES)
        found = next((row for row in rows if row["course"] == wanted), None)
        if found is None:
            raise Refused(404, "not-a-course", course=wanted)
        points = await to_thread.run_sync(self._rows, POINTS, found["edition"])
        return JSONResponse({"course": wanted, "edition": found["edition"], "points": points})

    def _rows(self, query: str, *args: object) -> list[dict[str, Any]]:
        with open_index(self.shelf) as index:
            return index.rows(query, *args)

    async def health(self, request: Request) -> Response:
        """Alive: GET /healthz. Says nothing of the library to who has no token."""
        return JSONResponse({"status": "ok", "coursekit": __version__})

    async def openapi(self, request: Request) -> Response:
        """This service, described: GET /openapi.json."""
        return JSONResponse(describe(self.limits))

    # ------------------------------------------------------------------------------------------------------ importing

    async def work(self) -> None:
        """Import what is complete, one after the other: the disk is one. Ends when it is cancelled."""
        while True:
            self._work.clear()
            for upload in await to_thread.run_sync(self.uploads.waiting):
                # Complete by its length, yet its last bytes may still be on trial; the request that writes them calls.
                if upload.id not in self._writing:
                    await to_thread.run_sync(self._import, upload)
            await to_thread.run_sync(self.uploads.sweep)
            behind = await to_thread.run_sync(self._catch_up)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_RETRY_S if self._troubles or behind else _SWEEP_S):
                    await self._work.wait()

    def _catch_up(self) -> bool:
        """Whether somebody who should know of an import does not yet."""
        try:
            return bool(catch_up(self.shelf, self.policy))
        except Exception:  # noqa: BLE001 - as above
            _LOG.exception("the mirror or the webhook cannot be told")
            return True

    def _import(self, upload: Upload) -> None:
        try:
            result = import_package(self.uploads.data(upload), self.shelf, self.policy, called=upload.name)
        except Exception as error:  # noqa: BLE001 - whatever breaks one import must not end the service
            # What is wrong with a package is in the answer; this is something else: it stays, and is tried again.
            self._troubles[upload.id] = getattr(error, "code", None) or type(error).__name__
            _LOG.exception("upload %s could not be imported", upload.id)
            return
        self._troubles.pop(upload.id, None)
        self.uploads.conclude(upload, result)

    # ------------------------------------------------------------------------------------------------------ admission

    def _admit(self, request: Request) -> Token:
        """Whose request it is; Refused where it is nobody's, or one too many."""
        # Read each time: a token taken away must not live on in a running service.
        token = identify(read_tokens(self.tokens), request.headers.get("authorization"))
        address = request.client.host if request.client is not None else "?"
        wait = self._rate.wait_s(f"token {token.name}" if token is not None else f"address {address}")
        if wait > 0:
            seconds = max(1, round(wait))
            raise Refused(429, "too-many-requests", {"Retry-After": str(seconds)}, seconds=seconds)
        if token is None:
            raise Refused(401, "unauthorized", {"WWW-Authenticate": 'Bearer realm="coursekit"'})
        return token

    def _mine(self, request: Request) -> Upload:
        """The upload of the address, if it is this token's."""
        token = self._admit(request)
        upload = self.uploads.find(request.path_params["upload"])
        if upload is None or upload.owner != token.name:
            raise Refused(404, "not-found")
        if upload.expires_s < time.time() and self.uploads.offset(upload) < upload.size_bytes:
            raise Refused(410, "expired")
        return upload

    def _expires(self, upload: Upload) -> dict[str, str]:
        return {"Upload-Expires": tus.http_date(upload.expires_s)}

    @contextlib.asynccontextmanager
    async def _turn(self, upload: Upload) -> AsyncIterator[_Turn]:
        """One request at a time writes an upload. The newest wins: an older one is on a line that has died."""
        while (other := self._writing.get(upload.id)) is not None:
            other.wanted.set()
            try:
                async with asyncio.timeout(_WAIT_FOR_OTHER_S):
                    await other.over.wait()
            except TimeoutError as error:
                raise Refused(423, "busy", {"Retry-After": "5"}) from error
        turn = self._writing[upload.id] = _Turn()
        try:
            yield turn
        finally:
            del self._writing[upload.id]
            turn.over.set()


async def _next(stream: AsyncIterator[bytes]) -> bytes | None:
    return await anext(stream, None)


@dataclass(slots=True)
class _Turn:
    """A request that is writing an upload."""

    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    """Another one has come."""
    over: asyncio.Event = field(default_factory=asyncio.Event)


def _speak_tus(request: Request) -> None:
    if request.headers.get("tus-resumable") != tus.VERSION:
        raise Refused(412, "version-not-supported", {"Tus-Version": tus.VERSION})


def _tus(status: int, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status_code=status, headers={"Tus-Resumable": tus.VERSION, **(headers or {})})


def _json(value: object) -> Response:
    body = codec.dumps(value, indent=None).encode("utf-8", "backslashreplace")
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})


def make_app(service: Service) -> Starlette:
    """The application; uvicorn, or any other ASGI server, runs it."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        working = asyncio.create_task(service.work())
        try:
            yield
        finally:
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working

    return Starlette(
        # POST everywhere: it may stand for a method that a proxy does not let through.
        routes=[
            Route(path, _dispatch(methods), methods=[*methods, "POST"]) for path, methods in _routes(service).items()
        ],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )


Handler = Callable[[Request], Awaitable[Response]]


def _routes(service: Service) -> dict[str, dict[str, Handler]]:
    return {
        "/uploads": {"OPTIONS": service.options, "POST": service.create},
        "/uploads/{upload}": {
            "OPTIONS": service.options,
            "HEAD": service.head,
            "PATCH": service.patch,
            "DELETE": service.cancel,
            "GET": service.status,
        },
        "/courses": {"GET": service.courses},
        "/courses/{course}/points": {"GET": service.points},
        "/healthz": {"GET": service.health},
        "/openapi.json": {"GET": service.openapi},
    }


def _dispatch(methods: Mapping[str, Handler]) -> Handler:
    async def answer(request: Request) -> Response:
        # tus: for senders behind a proxy that lets only GET and POST through.
        method = request.headers.get("x-http-method-override", request.method).upper()
        method = method if request.method == "POST" else request.method
        handler = methods.get(method) or (methods.get("GET") if method == "HEAD" else None)
        if handler is None:
            raise Refused(405, "method-not-allowed", {"Allow": ", ".join(methods)}, method=method)
        return await handler(request)

    return answer
