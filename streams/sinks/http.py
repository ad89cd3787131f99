"""Posts over HTTP to permitted addresses, without following redirects."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from streams.sinks import SinkDown, SinkRefuses

TIMEOUT_SECONDS = 5.0

RETRY_STATUSES = frozenset({408, 425, 429})
"""Statuses that ask for a retry, besides any 5xx."""

IPV4_EMBEDDING_NETWORKS = tuple(
    map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96"))
)
"""IPv6 networks whose last four bytes are an IPv4 address, which a translator connects to."""


class PrivateAddress(OSError):
    """The host name resolves to a private address, which an external receiver never has."""


@dataclass(slots=True)
class HttpClient:
    """Posts to receivers, to private addresses only if *allow_private*; *timeout* is in seconds.

    A host name is resolved once for each connection, and the check applies to the very address
    that is connected to.  A second DNS answer therefore cannot bypass it (DNS rebinding).
    """

    allow_private: bool
    timeout: float = TIMEOUT_SECONDS
    session: aiohttp.ClientSession | None = field(default=None, repr=False)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Post *body* to *url*, and return once the receiver responds with a 2xx status.

        Raises SinkDown where a retry may succeed (timeout, connection error, 408, 425, 429, 5xx),
        and SinkRefuses for any other status, a redirect, or an address that is not permitted.
        """
        try:
            async with self._open_session().post(
                url, data=body, headers=headers, allow_redirects=False
            ) as response:
                status = response.status
        except (TimeoutError, aiohttp.ClientError, ValueError) as error:
            if isinstance(getattr(error, "os_error", None), PrivateAddress):
                raise SinkRefuses("its address is a private one, and may not be called") from None
            if isinstance(error, aiohttp.InvalidURL | ValueError):
                raise SinkRefuses("its address is none") from None
            raise SinkDown(type(error).__name__) from None
        if 300 <= status < 400:
            raise SinkRefuses(f"it answers {status}: redirects are not followed")
        if status in RETRY_STATUSES or status >= 500:
            raise SinkDown(f"it answers {status}")
        if not 200 <= status < 300:
            raise SinkRefuses(f"it answers {status}")

    async def close(self) -> None:
        """Close the connections."""
        if self.session is not None:
            session, self.session = self.session, None
            await session.close()

    def _open_session(self) -> aiohttp.ClientSession:
        if self.session is None:
            self.session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    socket_factory=self._create_socket, use_dns_cache=False
                ),
                timeout=aiohttp.ClientTimeout(total=self.timeout),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                headers={"User-Agent": "tocsin"},
            )
        return self.session

    def _create_socket(self, address_info: tuple[Any, ...]) -> socket.socket:
        """Create the socket for the resolved address.  Raises PrivateAddress."""
        family, kind, protocol, _, address = address_info
        if not (self.allow_private or is_public_host(str(address[0]))):
            raise PrivateAddress("a private address")
        return socket.socket(family=family, type=kind, proto=protocol)


def is_public_host(host: str) -> bool:
    """Return whether *host*, a literal IP address, is on the public internet.

    False for a text that is not an IP address, and for IPv6 that embeds a private IPv4 address.

    >>> is_public_host("93.184.215.14"), is_public_host("2606:2800:21f:cb07:6820:80da:af6b:8b2c")
    (True, True)
    >>> (
    ...     is_public_host("169.254.169.254"),
    ...     is_public_host("::ffff:10.0.0.1"),
    ...     is_public_host("2130706433"),
    ... )
    (False, False, False)
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        embedded = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if any(address in network for network in IPV4_EMBEDDING_NETWORKS):
            embedded.append(ipaddress.IPv4Address(address.packed[-4:]))
        if not all(is_public_address(each) for each in embedded if each is not None):
            return False
        if address.ipv4_mapped is not None:
            return True
    return is_public_address(address)


def is_public_address(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Return whether *address* is a global unicast address."""
    return address.is_global and not address.is_multicast and not address.is_reserved
