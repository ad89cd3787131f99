"""Boards over a client in the test's process, and browsers that are logged in to them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from fastapi import FastAPI

from board.access.roles import Role, Zone
from board.access.users import User, Users, hash_password
from board.follower.open_projection import OpenPartition, OpenState, OpenStudy
from board.web.app import create_closed_app
from board.web.client import PooledClient
from board.web.context import BoardConfig
from board.web.move_service import MoveService
from board.web.open_app import create_open_app
from streams.audit.audit_log import AuditLog, TrailHead
from streams.log import LogUnreachable
from tests.board.web.browsers import TestClient
from tests.board.web.facts_client import STUDY, FactsClient

PASSWORD = "correct horse battery staple"
PASSWORD_HASH = hash_password(PASSWORD)

USERS = Users.of(
    User(
        name=role.value,
        role=role,
        member="board-1" if role is Role.BOARD else None,
        studies=frozenset({STUDY}),
        password=PASSWORD_HASH,
        subject=f"sub-{role.value}",
    )
    for role in Role
)


@dataclass
class ManualClock:
    """A clock that stands until it is moved."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class ListTrail:
    """An audit trail in a list, which may be *broken*."""

    entries: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    broken: bool = False

    async def head(self) -> TrailHead:
        return TrailHead()

    async def add(self, entry: bytes) -> None:
        if self.broken:
            raise LogUnreachable("made to fail")
        self.entries.append(orjson.loads(entry))

    async def close(self) -> None:
        """Nothing is open."""

    def facts(self) -> list[tuple[str, str, str, str]]:
        """Who, what, why and outcome of each entry."""
        return [(one["who"], one["what"], one["why"], one["outcome"]) for one in self.entries]


@dataclass
class PooledStates:
    """A client of the open socket with one state."""

    state: OpenState | None = None
    silent_seconds: float = 0.0


def open_state() -> OpenState:
    """A state of the open projection."""
    study = OpenStudy(
        plan_sha256="0" * 64, as_of="2020-01-25", randomised=95, cases=282, person_days=30_000,
        dates_ahead=0, records={"applied": 2_600},
    )  # fmt: skip
    return OpenState(
        sequence=1,
        time=0.0,
        studies={STUDY: study, "OTHER": study},
        partitions={0: OpenPartition(lag=0, silent=False, stopped=False)},
    )


@dataclass
class Board:
    """A closed and an open board with the same users, clock and trail."""

    client: FactsClient = field(default_factory=FactsClient)
    pooled: PooledClient = field(default_factory=lambda: PooledStates(open_state()))
    clock: ManualClock = field(default_factory=ManualClock)
    trail: ListTrail = field(default_factory=ListTrail)
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    moves: MoveService | None = None
    apps: dict[Zone, FastAPI] = field(default_factory=dict[Zone, FastAPI])

    @property
    def config(self) -> BoardConfig:
        fields: dict[str, Any] = {"hosts": ("127.0.0.1", "localhost")} | self.settings
        audit_log = AuditLog(self.trail, who="web", writer="web-1")
        return BoardConfig(users=USERS, audit_log=audit_log, clock=self.clock, **fields)

    def app(self, zone: Zone = Zone.CLOSED) -> FastAPI:
        """The app of *zone*, made once."""
        if zone not in self.apps:
            self.apps[zone] = (
                create_closed_app(self.config, self.client, moves=self.moves)
                if zone is Zone.CLOSED
                else create_open_app(self.config, self.pooled)
            )
        return self.apps[zone]

    def visitor(self, zone: Zone = Zone.CLOSED) -> TestClient:
        """A browser that is not logged in."""
        return TestClient(
            self.app(zone),
            base_url=f"{'https' if self.settings.get('tls') else 'http'}://127.0.0.1",
            follow_redirects=False,
        )

    def user(self, role: Role, purpose: str = "Test") -> TestClient:
        """A browser of the user with *role*, logged in without the cost of a password."""
        app = self.app(role.zone)
        visitor, context = self.visitor(role.zone), app.state.context
        session_id, session = context.sessions.begin(USERS.by_name[role.value], purpose)
        visitor.cookies.set(context.config.session_cookie, session_id, domain="127.0.0.1")
        visitor.headers["X-Tocsin-Token"] = session.token
        return visitor


@contextmanager
def running(browser: TestClient) -> Generator[TestClient]:
    """The browser while the tasks of its app run."""
    with browser:
        yield browser
