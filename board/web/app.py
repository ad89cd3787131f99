"""The app of the closed board: data by treatment, for board, statistician and auditor."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from fastapi import FastAPI

from board.access.roles import Zone
from board.web import api, audit_routes, event_routes, move_routes, pages
from board.web.base_app import create_app
from board.web.client import StudyClient
from board.web.closed import ClosedBoard
from board.web.context import BoardConfig
from board.web.events import EventHub
from board.web.health import HealthCheck
from board.web.move_service import MoveService
from board.web.view_store import ViewStore


def create_closed_app(
    config: BoardConfig,
    client: StudyClient,
    *,
    moves: MoveService | None = None,
    titles: Mapping[str, str] | None = None,
) -> FastAPI:
    """Return the closed board over *client*, which the caller starts and closes.

    Without *moves* the board only shows.  *titles* are the studies' titles by name.
    """
    hub = EventHub(client, HealthCheck(config.clock))
    views = ViewStore(client, config.clock)

    @asynccontextmanager
    async def run_events(app: FastAPI) -> AsyncGenerator[None]:
        await hub.start()
        try:
            yield
        finally:
            await hub.close()
            if config.oidc is not None:
                await config.oidc.close()

    app = create_app(config, Zone.CLOSED, run_events)
    app.state.closed = ClosedBoard(client, views, hub, moves, dict(titles or {}))
    app.state.knows_study = views.knows_study
    # The pages come last: `/s/{study}/{view}` matches the addresses of the others, too.
    for module in (event_routes, audit_routes, move_routes, api, pages):
        app.include_router(module.router)
    return app
