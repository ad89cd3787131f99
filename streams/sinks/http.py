"""Posts over HTTP to addresses that may be called, once, without following anybody anywhere."""

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
"""Answers of a receiver that wants to be asked again; so is any 5xx."""

IPV4_EMBEDDING_NETWORKS = tuple(
    map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96"))
)
"""IPv6 that carries an IPv4 address in its last four bytes: a translator would unpack it."""


class PrivateAddress(OSError):
    """The name leads to an address inside; a receiver out there would be another."""


@dataclass(slots=True)
class HttpClient:
    """Posts to receivers; those at private addresses only where *allow_private*.

    A name is resolved once for each connection, and the address that is connected to is the one
    that was looked at: a name server cannot answer differently in between.
    """

    allow_private: bool
    timeout: float = TIMEOUT_SECONDS
    session: aiohttp.ClientSession | None = field(default=None, repr=False)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Post *body* to *url*, and come back when the receiver has said that it has it."""
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
        """A socket for the address that is about to be connected to, if it may be."""
        family, kind, protocol, _, address = address_info
        if not (self.allow_private or is_public_host(str(address[0]))):
            raise PrivateAddress("a private address")
        return socket.socket(family=family, type=kind, proto=protocol)


def is_public_host(host: str) -> bool:
    """Whether *host*, an address as connected to, is of the open internet.

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
    """Whether *address* is one that anybody could have, and only one."""
    return address.is_global and not address.is_multicast and not address.is_reserved
