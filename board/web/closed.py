"""What the closed board's routes share: views, health, moves, and pages for one user."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, cast

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import escape

from board.access.roles import Right, Role
from board.access.sessions import Session
from board.access.users import User
from board.follower.protocol import StudySummary
from board.views.catalogue import VIEWS, ViewEntry
from board.views.facts import Completeness
from board.web.client import StudyClient
from board.web.context import context_of, session_of
from board.web.envelope import envelope
from board.web.errors import not_found
from board.web.events import EventHub
from board.web.move_service import MoveService
from board.web.render import render_page
from board.web.shell import MenuItem, Shell
from board.web.view_store import StoredView, ViewStore

DAY_PATTERN = re.compile(r"\d{4}-\d{2}-\d{2}")
WAITING_STATES = frozenset({"raised", "reopened"})
"""States of an alert that waits for the board."""

NOTE = "note"
"""Level of an alert that is for information."""

USER_MARK, TOKEN_MARK, NONCE_MARK = (f"tocsin-{name}-{token_hex(16)}" for name in "utn")
"""Stand in a stored page where each request has its own text; nobody can foresee them."""


@dataclass(slots=True)
class ClosedBoard:
    """The parts of the closed board."""

    client: StudyClient
    views: ViewStore
    events: EventHub
    moves: MoveService | None = None
    titles: dict[str, str] = field(default_factory=dict[str, str])

    def latest(self, study: str) -> StudySummary:
        """Return the latest summary of *study*, which the guard has found."""
        state = self.client.state
        if state is None or study not in state.studies:
            raise not_found()
        return state.studies[study]

    def studies_of(self, user: User) -> list[Completeness]:
        """Return the completeness of each study that *user* may read, by name."""
        state = self.client.state
        if state is None:
            return []
        names = sorted(name for name in state.studies if user.may_read(name))
        return [state.studies[name].completeness for name in names]

    def is_live(self, study: str, as_of: str | None = None) -> bool:
        """Return whether an answer about *study* is live."""
        return as_of is None and self.events.health(study).live

    def shell(
        self, study: str, current: str, role: Role, completeness: Completeness, version: int = 0
    ) -> Shell:
        """Return the surroundings of a page for *role*, with marks for what one user has."""
        base = f"/s/{study}"
        alerts = self.latest(study).alerts
        waiting = sum(each.state in WAITING_STATES and each.level != NOTE for each in alerts)
        menu = [
            MenuItem(
                name=entry.name,
                label=entry.label,
                address=f"{base}/{entry.name}",
                badge=waiting if entry.name == "alerts" else 0,
            )
            for entry in VIEWS.values()
            if entry.menu
        ]
        if role.may(Right.READ_AUDIT):
            menu.append(MenuItem(name="audit", label="Audit", address=f"{base}/audit"))
        return Shell(
            title=self.titles.get(study, study),
            base=base,
            current=current,
            user=USER_MARK,
            role=role.value,
            token=TOKEN_MARK,
            menu=menu,
            completeness=completeness,
            nonce=NONCE_MARK,
            version=version,
        )


def closed_of(request: Request) -> ClosedBoard:
    """Return the closed board that *request* reached."""
    return cast(ClosedBoard, request.app.state.closed)


def for_user(page: bytes, session: Session, status: int = 200) -> Response:
    """Return a stored page with the user's own texts in it."""
    values = {USER_MARK: session.user.name, TOKEN_MARK: session.token, NONCE_MARK: token_hex(16)}
    for mark, value in values.items():
        page = page.replace(mark.encode(), str(escape(value)).encode())
    return HTMLResponse(page, status)


async def read_view(request: Request, study: str, view: str, query: dict[str, str]) -> StoredView:
    """Return a view and its arguments' day after auditing the read."""
    entry = VIEWS.get(view)
    if entry is None:
        raise not_found()
    as_of = day_of(query)
    page = f"{view}/{query['id']}" if query.get("id") else view
    await context_of(request).read_log.log_read(session_of(request), study, page)
    return await closed_of(request).views.find(study, view, query, as_of)


def day_of(query: dict[str, str]) -> str | None:
    """Return the day of an as-of page, or None for the present."""
    as_of = query.get("as_of") or None
    if as_of is not None and not DAY_PATTERN.fullmatch(as_of):
        raise not_found()
    return as_of


def view_page_of(request: Request, study: str, entry: ViewEntry, stored: StoredView) -> Response:
    """Return the page of a view, rendered once for each role."""
    session, closed = session_of(request), closed_of(request)
    role = session.user.role

    def render(view: Any) -> str:
        answer = stored.answer
        shell = closed.shell(study, entry.name, role, answer.completeness, answer.version)
        return render_page(entry, view, shell)

    return for_user(stored.page(role.value, render), session)


async def view_json_of(request: Request, study: str, view: str, query: dict[str, str]) -> Response:
    """Return a view as JSON in its envelope."""
    stored = await read_view(request, study, view, query)
    live = closed_of(request).is_live(study, day_of(query))
    return envelope(stored.answer.completeness, stored.json, live=live)
