"""Headers of every answer, and limits of every request, also where the app fails."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from fastapi.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger("tocsin.board")

BODY_BYTES_MAX = 64 << 10
ADDRESS_BYTES_MAX = 8 << 10

POLICY = "; ".join(
    (
        "default-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)

HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""The page's own ``<meta name="referrer">`` may widen the policy to its own site."""

TRANSPORT = "max-age=31536000"
STORABLE = "public, max-age=31536000, immutable"
"""For a static file under an address with its hash."""


class BodyTooLarge(Exception):
    """The request's body is larger than ``BODY_BYTES_MAX``."""


@dataclass(slots=True)
class SecurityMiddleware:
    """Refuses foreign hosts and large requests, and adds the headers to each answer."""

    app: ASGIApp
    hosts: tuple[str, ...]
    tls: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", []), *self._headers(scope, message)]
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            return await refusal(scope, receive, send_with_headers)
        try:
            await self.app(scope, _limited(receive), send_with_headers)
        except BodyTooLarge:
            if not started:
                answer = PlainTextResponse("The request is too large.", 413)
                await answer(scope, receive, send_with_headers)
        except Exception:
            # The address is not logged: it may name a subject.
            logger.exception("A request failed.")
            if not started:
                answer = PlainTextResponse("The board has an error; its log says which.", 500)
                await answer(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if host_name(headers.get(b"host", b"").decode("latin-1")) not in self.hosts:
            return PlainTextResponse("This is not the address of the board.", 400)
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > ADDRESS_BYTES_MAX:
            return PlainTextResponse("The address is too long.", 414)
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length[:12]) > BODY_BYTES_MAX:
            return PlainTextResponse("The request is too large.", 413)
        return None

    def _headers(self, scope: Scope, message: Message) -> list[tuple[bytes, bytes]]:
        present = {name.lower() for name, _ in message.get("headers", [])}
        static = scope["path"].startswith("/static/") and message["status"] in (200, 304)
        stored = static and scope["query_string"].startswith(b"v=")
        fields = HEADERS | {"cache-control": STORABLE if stored else "no-store"}
        if self.tls:
            fields |= {"strict-transport-security": TRANSPORT}
        return [
            (name.encode(), value.encode())
            for name, value in fields.items()
            if name.encode() not in present
        ]


def host_name(host: str) -> str:
    """Return the name in a `Host` header, without the port.

    >>> host_name("127.0.0.1:8013"), host_name("[::1]:8013"), host_name("board.example")
    ('127.0.0.1', '[::1]', 'board.example')
    """
    name, separator, port = host.rpartition(":")
    return name.lower() if separator and port.isdigit() else host.lower()


def _limited(receive: Receive) -> Receive:
    received = 0

    async def receive_limited() -> Any:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > BODY_BYTES_MAX:
            raise BodyTooLarge
        return message

    return receive_limited
