"""Decides who sends a request, whether it is allowed, and reads its body within limits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from streams.intake.clients import Client, Clients, presented_token
from streams.intake.limits import BODY_BYTES_MAX, Limits, RequestBytes
from streams.intake.problems import RequestRefused
from streams.intake.webhook import WebhookHeaders

BODY_SECONDS = 30
"""Longest time in which a body must arrive."""

CHARSETS = {"utf-8", "utf8", "us-ascii"}


@dataclass(frozen=True, slots=True)
class Sent:
    """A request of *client* for *study* with its *body*."""

    client: Client
    study: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Gate:
    """Admits requests: first the credential, then the study, the rate, the form and the size.

    A study that the client may not use and one that does not exist are never distinguished: no
    step reads which studies exist.
    """

    clients: Clients
    limits: Limits
    clock: Callable[[], float] = time.time

    def hold(self) -> AbstractContextManager[RequestBytes]:
        """Return the block in which a request is in progress.  Raises Overloaded."""
        return self.limits.request()

    def admit(self, request: web.Request) -> Client:
        """Return the client of a request without a body.  Raises RequestRefused."""
        client = self._bearer(request)
        if client is None:
            raise RequestRefused(HTTPStatus.UNAUTHORIZED)
        self._allow(client, request.match_info["study"])
        return client

    async def receive(
        self, request: web.Request, held: RequestBytes, types: Collection[str]
    ) -> Sent:
        """Return a request with a body of one of the media *types*.

        Raises RequestRefused, and Overloaded where all requests together hold too many bytes.
        """
        study, client = request.match_info["study"], self._bearer(request)
        webhook = None if client else self._webhook(request)
        if client is not None:
            self._allow(client, study)
        elif webhook is None:
            raise RequestRefused(HTTPStatus.UNAUTHORIZED)
        check_form(request, types)
        body = await read_body(request, held)
        if client is None and webhook is not None:
            # Only the body shows who has signed it.
            client = self.clients.find_by_signature(webhook, body)
            if client is None:
                raise RequestRefused(HTTPStatus.UNAUTHORIZED)
            self._allow(client, study)
        assert client is not None
        return Sent(client, study, body)

    def _bearer(self, request: web.Request) -> Client | None:
        token = presented_token(request.headers.get("Authorization", ""))
        return None if token is None else self.clients.find_by_token(token)

    def _webhook(self, request: web.Request) -> WebhookHeaders | None:
        headers = WebhookHeaders.of(request.headers)
        return headers if headers is not None and headers.is_timely(self.clock()) else None

    def _allow(self, client: Client, study: str) -> None:
        if study not in client.studies:
            raise RequestRefused(HTTPStatus.FORBIDDEN)
        if seconds := self.limits.wait_seconds(client.name):
            raise RequestRefused(HTTPStatus.TOO_MANY_REQUESTS, retry_seconds=seconds)


def check_form(request: web.Request, types: Collection[str]) -> None:
    """Raise RequestRefused unless the headers announce a body that is read."""
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    try:
        charset = (request.charset or "utf-8").lower()
    except ValueError:
        charset = ""
    if request.content_type not in types or encoding != "identity" or charset not in CHARSETS:
        raise RequestRefused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    if (request.content_length or 0) > BODY_BYTES_MAX:
        raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


async def read_body(request: web.Request, held: RequestBytes) -> bytes:
    """Return the body, whose bytes are *held*.  Raises RequestRefused, and Overloaded."""
    chunks, size = list[bytes](), 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                size += len(chunk)
                if size > BODY_BYTES_MAX:
                    raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                held.add(len(chunk))
                chunks.append(chunk)
    except TimeoutError:
        raise RequestRefused(HTTPStatus.REQUEST_TIMEOUT) from None
    except (web.RequestPayloadError, ConnectionError):
        raise RequestRefused(HTTPStatus.BAD_REQUEST) from None
    return b"".join(chunks)
