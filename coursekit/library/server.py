"""uvicorn as the import service wants it: bounded, patient with long bodies, impatient with heads that never end."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from coursekit.library.limits import ServiceLimits
from coursekit.library.service import Service, make_app


def _protocol(header_s: float) -> type[asyncio.Protocol]:
    class Impatient(H11Protocol):
        """Closes a connection on which no request has begun in time: uvicorn itself waits for ever."""

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._awaited: object = None
            self._head_due = self.loop.call_later(header_s, self._no_request)

        def data_received(self, data: bytes) -> None:
            before = self.cycle
            super().data_received(data)
            idle = self.cycle is None or self.cycle.response_complete
            if self.cycle is not before or not idle:
                self._head_due.cancel()
            elif idle and self._head_due.cancelled():
                # A further request on this connection has begun; it has the same time as the first.
                self._awaited = self.cycle
                self._head_due = self.loop.call_later(header_s, self._no_request)

        def connection_lost(self, exc: Exception | None) -> None:
            self._head_due.cancel()
            super().connection_lost(exc)

        def _no_request(self) -> None:
            if self.cycle is self._awaited and not self.transport.is_closing():
                self.transport.close()

    return Impatient


def make_server(
    service: Service,
    host: str,
    port: int,
    *,
    certificate: Path | None = None,
    key: Path | None = None,
    log_level: str = "info",
) -> uvicorn.Server:
    """A server that is ready to run."""
    limits: ServiceLimits = service.limits
    config = uvicorn.Config(
        make_app(service),
        host=host,
        port=port,
        http=_protocol(limits.header_s),
        ws="none",
        lifespan="on",
        limit_concurrency=limits.connections,
        backlog=limits.connections * 2,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=10,
        h11_max_incomplete_event_size=32 << 10,
        server_header=False,
        proxy_headers=False,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
        log_level=log_level,
    )
    return uvicorn.Server(config)
