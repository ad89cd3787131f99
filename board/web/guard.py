"""Guards every route: nothing is answered that the table of rights does not allow."""

from __future__ import annotations

from hmac import compare_digest

from fastapi import Request

from board.access.roles import Right, Zone
from board.access.sessions import Session
from board.web.context import BoardContext, context_of
from board.web.errors import FORM_EXPIRED, NotSignedIn, PurposeMissing, RequestRefused, not_found

REFRESH_HEADER = "X-Tocsin-Refresh"
"""Marks a request that the page makes by itself; it does not extend the session."""

TOKEN_HEADER = "X-Tocsin-Token"
"""Has the form's token where the body is JSON."""

ROUTE_RIGHTS: dict[str, Right] = {
    "livez": Right.PUBLIC,
    "login_page": Right.PUBLIC,
    "login": Right.PUBLIC,
    "login_once": Right.PUBLIC,
    "oidc_begin": Right.PUBLIC,
    "oidc_done": Right.PUBLIC,
    "sign_out": Right.SESSION,
    "purpose_page": Right.SESSION,
    "give_purpose": Right.SESSION,
    "studies_page": Right.SESSION,
    "study_page": Right.READ_CLOSED,
    "view_page": Right.READ_CLOSED,
    "view_json": Right.READ_CLOSED,
    "view_csv": Right.READ_CLOSED,
    "events": Right.READ_CLOSED,
    "audit_page": Right.READ_AUDIT,
    "audit_json": Right.READ_AUDIT,
    "audit_csv": Right.READ_AUDIT,
    "make_moves": Right.MOVE,
    "moves_page": Right.MOVE,
    "api_document": Right.SESSION,
    "api_studies": Right.SESSION,
    "api_overview": Right.READ_CLOSED,
    "api_alerts": Right.READ_CLOSED,
    "api_alert": Right.READ_CLOSED,
    "api_move": Right.MOVE,
    "api_watches": Right.READ_CLOSED,
    "api_trajectory": Right.READ_CLOSED,
    "api_rates": Right.READ_CLOSED,
    "api_term": Right.READ_CLOSED,
    "api_cases": Right.READ_CLOSED,
    "api_subject": Right.READ_CLOSED,
    "api_since": Right.READ_CLOSED,
    "api_trust": Right.READ_CLOSED,
    "api_audit": Right.READ_AUDIT,
    "api_events": Right.READ_CLOSED,
    "open_page": Right.READ_OPEN,
    "open_json": Right.READ_OPEN,
    "open_events": Right.READ_OPEN,
}
"""The right that each route asks for, by its name; a route that is not listed answers nobody."""

WITH_PURPOSE = frozenset({Right.READ_CLOSED, Right.READ_AUDIT, Right.MOVE})


async def check_access(request: Request) -> None:
    """Let the request pass, or raise the answer that refuses it.

    The studies that exist are asked of ``app.state.knows_study``.
    """
    route = request.scope.get("route")
    right = ROUTE_RIGHTS.get(getattr(route, "name", ""))
    context = context_of(request)
    if right is Right.PUBLIC:
        return
    request.state.session = session = find_session(request, context)
    if request.method not in ("GET", "HEAD"):
        await check_token(request, session)
    study = str(request.path_params.get("study", ""))
    allowed = right is not None and session.user.role.may(right)
    if allowed and study:
        allowed = session.user.may_read(study) and request.app.state.knows_study(study)
    if not allowed:
        if context.zone is Zone.CLOSED:
            await context.read_log.log_refusal(session, study, request.url.path)
        raise not_found()
    if right in WITH_PURPOSE and not session.purpose:
        raise PurposeMissing


def find_session(request: Request, context: BoardContext) -> Session:
    """Return the session of the request.  Raises NotSignedIn."""
    session_id = request.cookies.get(context.config.session_cookie, "")
    by_user = REFRESH_HEADER not in request.headers and not request.url.path.endswith("/events")
    session = context.sessions.find(session_id, by_user=by_user)
    if session is None:
        raise NotSignedIn
    return session


async def check_token(request: Request, session: Session) -> None:
    """Refuse a request that another site may have sent."""
    check_same_site(request)
    token = request.headers.get(TOKEN_HEADER)
    if token is None and "form" in request.headers.get("content-type", ""):
        token = str((await request.form()).get("token", ""))
    if not compare_digest((token or "").encode(errors="replace"), session.token.encode()):
        raise RequestRefused(403, FORM_EXPIRED)


def check_same_site(request: Request) -> None:
    """Refuse a request that the browser says another site has sent."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise RequestRefused(403, FORM_EXPIRED)


def client_address(request: Request) -> str:
    """Return the address from which the request comes."""
    return request.client.host if request.client else "unknown"
