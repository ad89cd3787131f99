"""Routes of the event stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from board.web.closed import closed_of
from board.web.context import context_of, session_of
from board.web.errors import RequestRefused
from board.web.events import event

router = APIRouter()

TOO_MANY_STREAMS = "Too many pages are open: close some."
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
"""A proxy must pass each event on at once."""


@router.get("/s/{study}/events", include_in_schema=False)
async def events(request: Request, study: str, version: str = "") -> Response:
    """Stream the beats and changes of *study* to a page of *version*."""
    return event_stream(request, study, version)


@router.get(
    "/api/v1/studies/{study}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def api_events(request: Request, study: str) -> Response:
    """Stream the beats and changes of *study*."""
    return event_stream(request, study, "")


def event_stream(request: Request, study: str, version: str) -> Response:
    """Return the stream, which ends with the session."""
    context, session, hub = context_of(request), session_of(request), closed_of(request).events
    if not hub.admits(session.label):
        raise RequestRefused(429, TOO_MANY_STREAMS)
    known = int(version) if version.isdecimal() and len(version) < 19 else None

    async def events_of_session() -> AsyncGenerator[bytes]:
        async for each in hub.stream(study, session.label, known):
            if not context.sessions.is_open(session):
                yield event("ended", {})
                return
            yield each

    return StreamingResponse(events_of_session(), media_type="text/event-stream", headers=HEADERS)
