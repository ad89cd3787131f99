"""Serves metrics to Prometheus: an open page, and a closed one that requires a token."""

from __future__ import annotations

import hmac
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from streams.health.listener import listen
from streams.log import LogUnreachable
from streams.settings import OFF, Settings

TOKEN_CHARACTERS_MIN = 16

RequestLogger = Callable[[str, bool], Awaitable[None]]
"""Audits a request for closed metrics: the client's address, and whether it is authorized.

Raises LogUnreachable where the entry cannot be written; the request is then answered with 503.
"""


class NoToken(Exception):
    """The closed page has no valid token; the message names the setting.  Exit code 2."""


@dataclass(slots=True, kw_only=True)
class MetricsPage:
    """The page `/metrics` at *address*; with a *token*, requests must carry it.

    *log_request* is called for each request for closed metrics, authorized or not.
    """

    address: str
    registry: CollectorRegistry
    token: str = ""
    log_request: RequestLogger | None = None

    def listen(self) -> socket.socket:
        """Open a listening socket at *address*.  Raises CannotListen."""
        return listen(self.address)

    def app(self) -> web.Application:
        """Build the web application with the page."""
        app = web.Application()
        app.router.add_get("/metrics", self.serve_metrics)
        return app

    async def serve_metrics(self, request: web.Request) -> web.Response:
        """Return the metrics as of now; the closed page honours the ``Accept`` header.

        Responds 401 without the token, and 503 where the request cannot be audited.
        """
        authorized = not self.token or self.is_authorized(request)
        if self.token and self.log_request is not None:
            try:
                await self.log_request(request.remote or "", authorized)
            except LogUnreachable:
                return web.Response(status=503)
        if not authorized:
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        # The open page has no exemplars, and is the same for every client.
        accept = request.headers.get("Accept", "") if self.token else ""
        encode, content_type = choose_encoder(accept)
        return web.Response(body=encode(self.registry), headers={"Content-Type": content_type})

    def is_authorized(self, request: web.Request) -> bool:
        """Return whether *request* carries the token, compared in constant time."""
        authorization = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        return hmac.compare_digest(authorization, f"Bearer {self.token}".encode())


def build_pages(
    settings: Settings,
    *,
    open_collectors: Iterable[Collector] = (),
    closed_collectors: Iterable[Collector] = (),
    log_request: RequestLogger | None = None,
) -> list[MetricsPage]:
    """Build the metrics pages that *settings* ask of a process.

    Without a token there is no closed page, so that metrics by treatment are never unprotected.
    Raises NoToken where a closed page is explicitly configured without a token, or the token is
    invalid.
    """
    result: list[MetricsPage] = []
    if settings.metrics_open != OFF and (page_registry := build_registry(open_collectors)):
        result.append(MetricsPage(address=settings.metrics_open, registry=page_registry))
    token = read_token(settings)
    if (
        settings.metrics_closed != OFF
        and token
        and (page_registry := build_registry(closed_collectors))
    ):
        address = settings.metrics_closed
        result.append(
            MetricsPage(
                address=address, registry=page_registry, token=token, log_request=log_request
            )
        )
    return result


def read_token(settings: Settings) -> str:
    """Read the token of the closed page; empty where no token file is set.

    Raises NoToken where the file is unreadable, its token is too short, or a closed page is
    configured without a token file.
    """
    path = settings.metrics_token_file
    if path is None:
        if "metrics_closed" in settings.model_fields_set and settings.metrics_closed != OFF:
            raise NoToken("TOCSIN_METRICS_CLOSED is set, but TOCSIN_METRICS_TOKEN_FILE is not")
        return ""
    try:
        token = Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise NoToken("TOCSIN_METRICS_TOKEN_FILE is not a readable file of ASCII text") from None
    if len(token) < TOKEN_CHARACTERS_MIN or not token.isprintable() or " " in token:
        raise NoToken(
            "TOCSIN_METRICS_TOKEN_FILE must hold one line without spaces of at least "
            f"{TOKEN_CHARACTERS_MIN} characters"
        )
    return token


def build_registry(collectors: Iterable[Collector]) -> CollectorRegistry | None:
    """Build a registry of *collectors*; None where there are none."""
    if not (given := list(collectors)):
        return None
    result = CollectorRegistry()
    for each in given:
        result.register(each)
    return result
