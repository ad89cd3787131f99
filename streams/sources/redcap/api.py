"""Asks the API of REDCap for the records of a project, and tries again where the server fails."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

import aiohttp
import stamina

from streams.sources.report import UnreadableSource

ATTEMPTS = 4
ANSWER_BYTES_MAX = 1 << 28
TIMEOUT_SECONDS = 300.0
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
CHUNK = 1 << 16


class RedcapRefuses(UnreadableSource):
    """The server refuses the request: another attempt would not help."""


class RedcapDown(UnreadableSource):
    """The server fails, or its answer is not whole: another attempt may succeed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedcapApi:
    """The API of one project, which *token* names; *wait_seconds* is before the second attempt."""

    url: str
    token: str = field(repr=False)
    wait_seconds: float = 1.0

    def __post_init__(self) -> None:
        address = urlsplit(self.url)
        if address.scheme != "https" and address.hostname not in LOCAL_HOSTS:
            raise RedcapRefuses("the address of REDCap must begin with https:// to keep its token")

    async def export(self, parameters: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the objects that the server exports for *parameters*.

        Raises `RedcapRefuses`, or the last `RedcapDown` of `ATTEMPTS`.
        """
        attempts = stamina.retry_context(
            on=RedcapDown,
            attempts=ATTEMPTS,
            timeout=None,
            wait_initial=self.wait_seconds,
            wait_max=30 * self.wait_seconds,
            wait_jitter=self.wait_seconds,
        )
        async for attempt in attempts:
            with attempt:
                return _objects(await self._post(parameters))
        raise RedcapDown("REDCap was not asked")

    async def _post(self, parameters: Mapping[str, str]) -> bytes:
        data = {"token": self.token, "format": "json", "returnFormat": "json", **parameters}
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
                session.post(self.url, data=data, allow_redirects=False) as response,
            ):
                _check_status(response.status)
                return await _read_body(response)
        except aiohttp.InvalidURL as error:
            raise RedcapRefuses("the address of REDCap is none: give its .../api/") from error
        except (TimeoutError, aiohttp.ClientError) as error:
            raise RedcapDown(
                f"REDCap does not answer, or its answer broke off ({type(error).__name__}):"
                " nothing was written; try again later"
            ) from error


async def _read_body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        body += chunk
        if len(body) > ANSWER_BYTES_MAX:
            raise RedcapRefuses(f"REDCap answers with more than {ANSWER_BYTES_MAX} bytes")
    return bytes(body)


def _check_status(status: int) -> None:
    """Raise what *status* means; the text of the answer is the server's, and is not repeated."""
    if status in (401, 403):
        raise RedcapRefuses(
            f"REDCap refuses the token (status {status}): check that it is this project's, and"
            " that its user has the right API Export"
        )
    if 300 <= status < 400:
        raise RedcapRefuses(
            f"REDCap answers with a redirection (status {status}), which would carry the token"
            " elsewhere: give the address that ends in /api/"
        )
    if status in (408, 425, 429) or status >= 500:
        raise RedcapDown(f"REDCap fails (status {status}): nothing was written; try again later")
    if status != 200:
        raise RedcapRefuses(f"REDCap refuses the request (status {status})")


def _objects(body: bytes) -> list[dict[str, Any]]:
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RedcapDown(
            "REDCap answers with something else than whole JSON: nothing was written; try again"
            " later, and check that the address ends in /api/"
        ) from error
    items = cast("list[object]", value) if isinstance(value, list) else None
    if items is None or not all(isinstance(each, dict) for each in items):
        raise RedcapRefuses("REDCap answers with an error, or with something else than records")
    return cast("list[dict[str, Any]]", items)
