"""Errors as HTTP has them (RFC 9457): a status, a stable code, words in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from coursekit.library import tus
from coursekit.library.tus import Refused
from coursekit.texts import phrase

_READ_ANYWAY = 1 << 20
"""A body of so much is read to its end though the request is refused, so that the answer arrives."""


def problem(request: Request, refused: Refused) -> Response:
    """An error as RFC 9457 has it; the code is the interface."""
    lang = "en" if request.headers.get("accept-language", "").lower().startswith("en") else "zh"
    body = {
        "type": f"urn:coursekit:problem:{refused.code}",
        "status": refused.status,
        "code": refused.code,
        "title": phrase("serve", refused.code, lang, **refused.args_),
    }
    headers = {"Tus-Resumable": tus.VERSION, "Content-Language": "en" if lang == "en" else "zh-CN", **refused.headers}
    announced = request.headers.get("content-length", "0" if request.method in ("GET", "HEAD", "DELETE") else "")
    if not announced.isdecimal() or int(announced) > _READ_ANYWAY:
        # What is refused need not be read to its end.
        headers["Connection"] = "close"
    return Response(
        json.dumps(body, ensure_ascii=False),
        refused.status,
        headers,
        media_type="application/problem+json",
    )


async def _on_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return problem(request, error)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        allowed = dict(error.headers or {})
        return problem(request, Refused(405, "method-not-allowed", allowed, method=request.method))
    return problem(request, Refused(404, "not-found"))


async def _on_disconnect(request: Request, error: Exception) -> Response:
    # Nobody is there to read it; what came is on the disk.
    return Response(status_code=499)


async def _on_broken(request: Request, error: Exception) -> Response:
    return problem(request, Refused(500, "broken"))


HANDLERS: Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    Refused: _on_refused,
    HTTPException: _on_http,
    ClientDisconnect: _on_disconnect,
    Exception: _on_broken,
}
