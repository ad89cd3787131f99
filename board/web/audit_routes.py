"""Routes of the audit page, which the web process reads from the trail itself."""

from __future__ import annotations

from dataclasses import asdict

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from board.views.catalogue import ViewNotFoundError
from board.web.audit_view import AuditView, read_audit_view
from board.web.closed import closed_of, for_user
from board.web.context import context_of, session_of
from board.web.envelope import envelope
from board.web.pages import csv_answer
from board.web.render import environment

router = APIRouter(include_in_schema=False)


@router.get("/s/{study}/audit")
async def audit_page(request: Request, study: str) -> Response:
    """Show who read or changed what."""
    view = await read_audit(request, study)
    closed, session = closed_of(request), session_of(request)
    completeness = closed.latest(study).completeness
    shell = closed.shell(study, "audit", session.user.role, completeness)
    html = environment().get_template("audit.html").render(view=view, shell=shell)
    return for_user(html.encode(), session)


@router.get("/s/{study}/audit.json")
async def audit_json(request: Request, study: str) -> Response:
    """Return who read or changed what as JSON."""
    return await audit_answer(request, study)


@router.get("/s/{study}/audit/{table}.csv")
async def audit_csv(request: Request, study: str, table: str) -> Response:
    """Return who read or changed what as CSV."""
    view = await read_audit(request, study)
    found = next((each for each in view.tables if each.name == table), None)
    if found is None:
        raise ViewNotFoundError(table)
    return csv_answer(found.csv_text().encode(), f"audit-{table}")


async def audit_answer(request: Request, study: str) -> Response:
    """Return the view in its envelope."""
    view, closed = await read_audit(request, study), closed_of(request)
    completeness = closed.latest(study).completeness
    return envelope(completeness, orjson.dumps(asdict(view)), live=closed.is_live(study))


async def read_audit(request: Request, study: str) -> AuditView:
    """Return the view after auditing the read."""
    context = context_of(request)
    await context.read_log.log_read(session_of(request), study, "audit")
    return await read_audit_view(context.config.open_trail(), study)
