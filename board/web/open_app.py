"""The app of the open board: pooled numbers, for sponsor and operations.

Its process reads the follower's open socket only, on which no treatment, term or alert travels, and
has no credentials of broker or store.  Its stream beats once a second, whatever happens.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any, cast

import orjson
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from board.access.roles import Zone
from board.follower.open_projection import OpenState
from board.follower.read_ahead import WAITING_MAX
from board.web.base_app import create_app
from board.web.client import PooledClient
from board.web.context import BoardConfig, context_of, session_of
from board.web.event_routes import HEADERS
from board.web.events import BEAT_SECONDS, event
from board.web.health import SILENT_SECONDS_MAX
from board.web.render import environment

router = APIRouter(include_in_schema=False)


def create_open_app(config: BoardConfig, client: PooledClient) -> FastAPI:
    """Return the open board over *client*, which the caller starts and closes."""

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncGenerator[None]:
        yield
        if config.oidc is not None:
            await config.oidc.close()

    app = create_app(config, Zone.OPEN, run)
    app.state.pooled = client
    app.include_router(router)
    return app


@router.get("/")
async def open_page(request: Request) -> Response:
    """Show the pooled numbers of the studies that the user may read."""
    session = session_of(request)
    html = environment().get_template("open.html").render(
        fields=open_fields(request), lag_max=WAITING_MAX, user=session.user.name,
        token=session.token,
    )  # fmt: skip
    return HTMLResponse(html)


@router.get("/open.json")
async def open_json(request: Request) -> Response:
    """Return the pooled numbers as JSON."""
    return Response(orjson.dumps(open_fields(request)), media_type="application/json")


@router.get("/events")
async def open_events(request: Request) -> Response:
    """Stream the pooled numbers, once a second."""
    context, session = context_of(request), session_of(request)

    async def beats() -> AsyncGenerator[bytes]:
        while context.sessions.is_open(session):
            yield event("beat", open_fields(request))
            await asyncio.sleep(BEAT_SECONDS)
        yield event("ended", {})

    return StreamingResponse(beats(), media_type="text/event-stream", headers=HEADERS)


def open_fields(request: Request) -> dict[str, Any]:
    """Return what the open board shows: the projection, for the studies of the user."""
    client, user = cast(PooledClient, request.app.state.pooled), session_of(request).user
    state: OpenState | None = client.state
    if state is None:
        return {"live": False, "studies": {}, "lag": 0, "stopped": False}
    parts = state.partitions.values()
    silent = client.silent_seconds > SILENT_SECONDS_MAX or any(each.silent for each in parts)
    return {
        "live": not silent and not any(each.stopped for each in parts),
        "studies": {
            name: asdict(study)
            for name, study in sorted(state.studies.items())
            if user.may_read(name)
        },
        "lag": sum(each.lag for each in parts),
        "stopped": any(each.stopped for each in parts),
    }
