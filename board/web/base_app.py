"""What both boards' apps have in common: the guard, the headers, the refusals, static files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib.resources import files
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware import Middleware

from board.access.roles import Zone
from board.web import login
from board.web.context import BoardConfig, BoardContext
from board.web.errors import add_error_handlers
from board.web.guard import check_access
from board.web.security import SecurityMiddleware

VERSION = "1"

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(config: BoardConfig, zone: Zone, lifespan: Lifespan) -> FastAPI:
    """Return an app that answers nobody but as the guard allows."""
    app = FastAPI(
        title=f"Tocsin: {zone.value} board",
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        dependencies=[Depends(check_access)],
        redirect_slashes=False,
        middleware=[Middleware(SecurityMiddleware, hosts=config.hosts, tls=config.tls)],
    )
    app.state.context = BoardContext.of(config, zone)
    add_error_handlers(app)
    folder = Path(str(files("board.web") / "static"))
    app.mount("/static", StaticFiles(directory=folder), name="static")
    app.add_api_route("/livez", livez, include_in_schema=False)
    app.include_router(login.router)
    return app


async def livez() -> PlainTextResponse:
    """Answer that this process serves, which says nothing of a study."""
    return PlainTextResponse("ok\n")
