"""What the routes of a board share: its users, sessions, limits and logs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from fastapi import FastAPI, Request

from board.access.attempts import AttemptLimit
from board.access.login_tokens import LoginTokens
from board.access.oidc import OidcClient
from board.access.read_log import ReadLog
from board.access.roles import Zone
from board.access.sessions import Session, Sessions
from board.access.users import Users
from board.web.login_forms import LoginForms
from streams.audit.audit_log import AuditLog
from streams.log import Log
from streams.settings import LOOPBACK_HOSTS

HASHES_MAX = 2
"""Passwords and passphrases that are checked at once: each takes 64 MiB."""

ATTEMPTS_OF_ADDRESS_MAX = 20
"""Failed logins from one address, behind which several users may sit."""


def _no_trail() -> Log | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardConfig:
    """The settings of one board.

    With *tls* the board is reached over HTTPS, its own or that of a proxy.  *hosts* are the names
    in its address, without port.  *open_trail* opens the audit trail for the page that shows it.
    *clock* returns monotonic seconds.
    """

    users: Users
    audit_log: AuditLog
    tls: bool = False
    hosts: tuple[str, ...] = LOOPBACK_HOSTS
    oidc: OidcClient | None = None
    login_tokens: LoginTokens = field(default_factory=LoginTokens)
    open_trail: Callable[[], Log | None] = _no_trail
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        """Refuse a board without TLS that other machines can reach.  Raises ValueError."""
        if not self.tls and (foreign := sorted({*self.hosts} - {*LOOPBACK_HOSTS})):
            raise ValueError(f"{foreign[0]} needs TLS: without it a password travels in clear text")

    @property
    def session_cookie(self) -> str:
        """The cookie of the session; with TLS no other host or path can set it."""
        return "__Host-tocsin" if self.tls else "tocsin"

    @property
    def login_cookie(self) -> str:
        """The cookie of a login form, before there is a session."""
        return f"{self.session_cookie}-login"


@dataclass(slots=True)
class BoardContext:
    """The state of one board in its process."""

    config: BoardConfig
    zone: Zone
    sessions: Sessions
    by_name: AttemptLimit
    by_address: AttemptLimit
    read_log: ReadLog
    login_forms: LoginForms = field(default_factory=LoginForms)
    hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(HASHES_MAX))

    @classmethod
    def of(cls, config: BoardConfig, zone: Zone) -> BoardContext:
        """Return the initial state of the board of *zone*."""
        clock = config.clock
        return cls(
            config=config,
            zone=zone,
            sessions=Sessions(clock),
            by_name=AttemptLimit(clock=clock),
            by_address=AttemptLimit(attempts_max=ATTEMPTS_OF_ADDRESS_MAX, clock=clock),
            read_log=ReadLog(config.audit_log, clock),
        )


def context_of_app(app: FastAPI) -> BoardContext:
    """Return the state of the board that *app* serves."""
    return cast(BoardContext, app.state.context)


def context_of(request: Request) -> BoardContext:
    """Return the state of the board that *request* reached."""
    return context_of_app(request.app)


def session_of(request: Request) -> Session:
    """Return the session that the guard of the route has found."""
    return cast(Session, request.state.session)


def part_of(request: Request, name: str) -> Any:
    """Return a part of the app by its *name*."""
    return getattr(request.app.state, name)
