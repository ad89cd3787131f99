"""Routes of the closed board's pages: studies, and each view as HTML, JSON and CSV."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from board.views.catalogue import VIEWS
from board.web.closed import closed_of, read_view, view_json_of, view_page_of
from board.web.context import session_of
from board.web.errors import not_found
from board.web.render import environment

router = APIRouter(include_in_schema=False)


@router.get("/")
async def studies_page(request: Request) -> Response:
    """List the studies that the user may read."""
    session = session_of(request)
    studies = closed_of(request).studies_of(session.user)
    html = environment().get_template("studies.html").render(
        studies=studies, user=session.user.name, role=session.user.role, token=session.token
    )  # fmt: skip
    return HTMLResponse(html)


@router.get("/s/{study}")
async def study_page(request: Request, study: str) -> Response:
    """Go to the overview of *study*."""
    return RedirectResponse(f"{request.url.path}/overview", 303)


@router.get("/s/{study}/{view}.json")
async def view_json(request: Request, study: str, view: str) -> Response:
    """Return a view as JSON."""
    return await view_json_of(request, study, view, dict(request.query_params))


@router.get("/s/{study}/{view}/{table}.csv")
async def view_csv(request: Request, study: str, view: str, table: str) -> Response:
    """Return a table of a view as CSV."""
    stored = await read_view(request, study, view, dict(request.query_params))
    return csv_answer(stored.table(table), f"{view}-{table}")


@router.get("/s/{study}/{view}")
async def view_page(request: Request, study: str, view: str) -> Response:
    """Return the page of a view."""
    entry = VIEWS.get(view)
    if entry is None or not entry.page:
        raise not_found()
    stored = await read_view(request, study, view, dict(request.query_params))
    return view_page_of(request, study, entry, stored)


def csv_answer(content: bytes, name: str) -> Response:
    """Return a table as a file; *name* has only characters that a header may have."""
    safe = "".join(each if each.isascii() and each.isalnum() else "-" for each in name)
    disposition = {"content-disposition": f'attachment; filename="{safe}.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=disposition)
