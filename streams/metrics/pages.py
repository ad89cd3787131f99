"""Serves numbers to Prometheus: an open page, and a closed one to whoever shows the token."""

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
"""Told of each request for closed numbers, from which address and whether it may be answered.

Raises LogUnreachable where that cannot be kept: then it is not answered.
"""


class NoToken(Exception):
    """Closed numbers would be shown to anybody; the message says what to set.  Exit code 2."""


@dataclass(slots=True, kw_only=True)
class MetricsPage:
    """`/metrics` at *address*; with a *token* only for whoever shows it.

    *heard* is told of each request for closed numbers, answered or refused.
    """

    address: str
    registry: CollectorRegistry
    token: str = ""
    log_request: RequestLogger | None = None

    def listen(self) -> socket.socket:
        """A socket that takes connections.  Raises CannotListen."""
        return listen(self.address)

    def app(self) -> web.Application:
        """The one page."""
        app = web.Application()
        app.router.add_get("/metrics", self.serve_metrics)
        return app

    async def serve_metrics(self, request: web.Request) -> web.Response:
        """The numbers as of now, in the form that is asked for."""
        authorized = not self.token or self.is_authorized(request)
        if self.token and self.log_request is not None:
            try:
                await self.log_request(request.remote or "", authorized)
            except LogUnreachable:
                return web.Response(status=503)
        if not authorized:
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        # The open page has no exemplars to lose, and looks the same to all who read it.
        accept = request.headers.get("Accept", "") if self.token else ""
        encode, content_type = choose_encoder(accept)
        return web.Response(body=encode(self.registry), headers={"Content-Type": content_type})

    def is_authorized(self, request: web.Request) -> bool:
        """Whether the request shows the token."""
        authorization = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        return hmac.compare_digest(authorization, f"Bearer {self.token}".encode())


def build_pages(
    settings: Settings,
    *,
    open_collectors: Iterable[Collector] = (),
    closed_collectors: Iterable[Collector] = (),
    log_request: RequestLogger | None = None,
) -> list[MetricsPage]:
    """The pages that a process serves, by *settings*.

    Raises NoToken where a closed page is asked for without one.  Without a token and without
    being asked for there is no closed page: nothing arm-level is shown to whoever comes.
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
    """The token of the closed page; empty where none is wanted.  Raises NoToken."""
    path = settings.metrics_token_file
    if path is None:
        if "metrics_closed" in settings.model_fields_set and settings.metrics_closed != OFF:
            raise NoToken("TOCSIN_METRICS_CLOSED is set and TOCSIN_METRICS_TOKEN_FILE is not")
        return ""
    try:
        token = Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise NoToken("TOCSIN_METRICS_TOKEN_FILE names no file of ASCII text") from None
    if len(token) < TOKEN_CHARACTERS_MIN or not token.isprintable() or " " in token:
        raise NoToken(
            f"TOCSIN_METRICS_TOKEN_FILE holds no line of {TOKEN_CHARACTERS_MIN} characters or more"
        )
    return token


def build_registry(collectors: Iterable[Collector]) -> CollectorRegistry | None:
    """A registry of *collectors*; None where there are none."""
    if not (given := list(collectors)):
        return None
    result = CollectorRegistry()
    for each in given:
        result.register(each)
    return result
