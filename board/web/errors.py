"""Answers that refuse a request, the same on every route, as a page or as JSON."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from board.follower.client import FollowerUnreachable, ViewFailed
from board.views.catalogue import ViewNotFoundError
from board.web.context import context_of
from board.web.render import environment
from streams.log import LogUnreachable

NOT_FOUND = "There is no such page, or it is not for you."
"""One answer for what does not exist and for what is forbidden."""

FORM_EXPIRED = "The form is not valid any more: load the page again."
UNAVAILABLE = "The follower does not answer: the data cannot be shown. Try again shortly."
VIEW_FAILED = "The page cannot be computed: the log of the follower says why."
NOT_AUDITED = "The audit trail cannot be written, so data by treatment are not shown."
INVALID_REQUEST = "The request is not valid."

STATUS_BY_ERROR: dict[type[Exception], tuple[int, str]] = {
    ViewNotFoundError: (404, NOT_FOUND),
    FollowerUnreachable: (503, UNAVAILABLE),
    ViewFailed: (503, VIEW_FAILED),
    LogUnreachable: (503, NOT_AUDITED),
}


class NotSignedIn(Exception):
    """There is no session."""


class PurposeMissing(Exception):
    """The user has not said why they read."""


class RequestRefused(HTTPException):
    """The request is refused with a status and a text for the user."""


def not_found() -> RequestRefused:
    """Return the answer for what does not exist, and for what is forbidden."""
    return RequestRefused(404, NOT_FOUND)


def wants_json(request: Request) -> bool:
    """Return whether the answer is JSON: for the API, and for addresses that end in `.json`."""
    path = request.url.path
    return path.startswith("/api/") or path.endswith((".json", "/events"))


def refusal(request: Request, status: int, message: str) -> Response:
    """Return the answer with *message* in the form that the request wants."""
    if wants_json(request):
        return JSONResponse({"error": message}, status)
    template = environment().get_template("error.html")
    return HTMLResponse(template.render(message=message, status=status), status)


def login_redirect(request: Request) -> Response:
    """Return the way to the login, the same for every address, known or not."""
    if wants_json(request):
        return JSONResponse({"error": "Log in first."}, 401)
    path = request.url.path
    if request.method not in ("GET", "HEAD") or path == "/":
        return RedirectResponse("/login", 303)
    destination = f"{path}?{request.url.query}" if request.url.query else path
    return RedirectResponse(f"/login?next={quote(destination, safe='')}", 303)


def add_error_handlers(app: FastAPI) -> None:
    """Make *app* answer every refusal as this module says."""
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(NotSignedIn, _answer_not_signed_in)
    app.add_exception_handler(PurposeMissing, _answer_purpose)
    for error in STATUS_BY_ERROR:
        app.add_exception_handler(error, _answer_known)


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    context = context_of(request)
    cookie = request.cookies.get(context.config.session_cookie, "")
    routed = isinstance(error, RequestRefused)
    if not routed and context.sessions.find(cookie, by_user=False) is None:
        return login_redirect(request)  # An unknown address looks like a known one.
    if not routed and error.status_code in (404, 405):
        return refusal(request, 404, NOT_FOUND)
    answer = refusal(request, error.status_code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


async def _answer_invalid(request: Request, error: Exception) -> Response:
    return refusal(request, 422, INVALID_REQUEST)


async def _answer_not_signed_in(request: Request, error: Exception) -> Response:
    return login_redirect(request)


async def _answer_purpose(request: Request, error: Exception) -> Response:
    if wants_json(request):
        return JSONResponse({"error": "Give your purpose first, at /purpose."}, 403)
    query = f"?{request.url.query}" if request.url.query else ""
    destination = quote(f"{request.url.path}{query}", safe="")
    return RedirectResponse(f"/purpose?next={destination}", 303)


async def _answer_known(request: Request, error: Exception) -> Response:
    status, message = next(
        answer for kind, answer in STATUS_BY_ERROR.items() if isinstance(error, kind)
    )
    return refusal(request, status, message)
