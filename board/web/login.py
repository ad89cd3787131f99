"""Routes of the login: password, one-time address, single sign-on, purpose and sign-out."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from board.access.oidc import OidcError
from board.access.roles import Zone
from board.access.sessions import ABSOLUTE_SECONDS
from board.access.users import User
from board.web.context import BoardContext, context_of, session_of
from board.web.errors import FORM_EXPIRED, RequestRefused, not_found
from board.web.guard import check_same_site, client_address
from board.web.render import environment

router = APIRouter(include_in_schema=False)

LOGIN_FAILED = "The name or the password is wrong."
TOO_MANY = "Too many attempts: wait {minutes} min."
LOGIN_TOKEN_VOID = "This address has been used, or has expired."
SUBJECT_UNKNOWN = "The provider knows you, but this board does not."
PURPOSE_SHORT = "Say in a few words why you read."

PURPOSE_CHARACTERS_MIN, PURPOSE_CHARACTERS_MAX = 3, 200
OIDC_COOKIE_SECONDS = 600

Text = Annotated[str, Form()]


@router.get("/login")
async def login_page(request: Request, next: str = "/") -> Response:
    """Show the login form."""
    return login_form(request, next)


@router.post("/login")
async def login(
    request: Request, name: Text = "", password: Text = "", token: Text = "", next: Text = "/"
) -> Response:
    """Log a user in by name and password."""
    context, address = context_of(request), client_address(request)
    check_same_site(request)
    if not context.login_forms.is_own(request.cookies.get(context.config.login_cookie, ""), token):
        raise RequestRefused(403, FORM_EXPIRED)
    seconds = max(context.by_name.wait_seconds(name), context.by_address.wait_seconds(address))
    if seconds:
        message = TOO_MANY.format(minutes=int(seconds // 60) + 1)
        answer = login_form(request, next, message, 429)
        answer.headers["retry-after"] = str(int(seconds) + 1)
        return answer
    # Counted before the check, so that attempts at the same time are all counted.
    context.by_name.add_failure(name)
    context.by_address.add_failure(address)
    async with context.hashing:
        user = await asyncio.to_thread(context.config.users.verify, name, password, context.zone)
    if user is None:
        if context.zone is Zone.CLOSED:
            await context.read_log.log_failed_login(name, address)
        return login_form(request, next, LOGIN_FAILED, 401)
    context.by_name.forget(name)
    context.by_address.forget(address)
    return begin_session(request, user, next)


@router.get("/login/once/{login_token}")
async def login_once(request: Request, login_token: str, next: str = "/") -> Response:
    """Log a user in by a one-time address."""
    context = context_of(request)
    redeemed = context.config.login_tokens.redeem(login_token)
    if redeemed is None or redeemed[0].role.zone is not context.zone:
        return login_form(request, next, LOGIN_TOKEN_VOID, 401)
    return begin_session(request, redeemed[0], next, redeemed[1])


@router.get("/login/oidc")
async def oidc_begin(request: Request, next: str = "/") -> Response:
    """Send the browser to the provider of single sign-on."""
    context = context_of(request)
    if context.config.oidc is None:
        raise not_found()
    try:
        address, state = await context.config.oidc.begin(safe_destination(next))
    except OidcError as error:
        return login_form(request, next, str(error), 401)
    answer = RedirectResponse(address, 303)
    set_cookie(answer, context, f"{context.config.login_cookie}-oidc", state, OIDC_COOKIE_SECONDS)
    return answer


@router.get("/login/oidc/done")
async def oidc_done(request: Request, state: str = "", code: str = "") -> Response:
    """Log in the user whom the provider names."""
    context = context_of(request)
    if context.config.oidc is None:
        raise not_found()
    cookie_name = f"{context.config.login_cookie}-oidc"
    try:
        cookie = request.cookies.get(cookie_name, "")
        subject, destination = await context.config.oidc.finish(state, cookie, code)
    except OidcError as error:
        return login_form(request, "/", str(error), 401)
    user = context.config.users.find_subject(subject, context.zone)
    if user is None:
        if context.zone is Zone.CLOSED:
            await context.read_log.log_failed_login(subject, client_address(request))
        return login_form(request, "/", SUBJECT_UNKNOWN, 401)
    answer = begin_session(request, user, destination)
    answer.delete_cookie(cookie_name, path="/", secure=context.config.tls, httponly=True)
    return answer


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session."""
    context = context_of(request)
    context.sessions.end(session_of(request))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(
        context.config.session_cookie, path="/", secure=context.config.tls, httponly=True
    )
    return answer


@router.get("/purpose")
async def purpose_page(request: Request, next: str = "/") -> Response:
    """Ask why the user reads."""
    return purpose_form(request, next)


@router.post("/purpose")
async def give_purpose(request: Request, purpose: Text = "", next: Text = "/") -> Response:
    """Set why the user reads, for this session and its audit entries."""
    purpose = " ".join(purpose.split())
    if not PURPOSE_CHARACTERS_MIN <= len(purpose) <= PURPOSE_CHARACTERS_MAX:
        return purpose_form(request, next, PURPOSE_SHORT, 422)
    session_of(request).purpose = purpose
    return RedirectResponse(safe_destination(next), 303)


def begin_session(request: Request, user: User, destination: str, purpose: str = "") -> Response:
    """Begin a session of *user*, and go to *destination*.  A session before it ends."""
    context = context_of(request)
    cookie_name = context.config.session_cookie
    if previous := context.sessions.find(request.cookies.get(cookie_name, "")):
        context.sessions.end(previous)
    session_id, _ = context.sessions.begin(user, purpose)
    answer = RedirectResponse(safe_destination(destination), 303)
    set_cookie(answer, context, cookie_name, session_id, ABSOLUTE_SECONDS)
    return answer


def set_cookie(
    answer: Response, context: BoardContext, name: str, value: str, seconds: int
) -> None:
    """Set a cookie that scripts cannot read and other sites cannot send with a form."""
    answer.set_cookie(
        name, value, max_age=seconds, path="/", httponly=True, samesite="lax",
        secure=context.config.tls,
    )  # fmt: skip


def login_form(request: Request, next: str, message: str = "", status: int = 200) -> Response:
    """Return the login form, with the cookie that its token belongs to."""
    context = context_of(request)
    cookie = request.cookies.get(context.config.login_cookie) or context.login_forms.make_cookie()
    values: dict[str, Any] = {
        "token": context.login_forms.token_of(cookie),
        "next": safe_destination(next),
        "message": message,
        "zone": context.zone.value,
        "oidc": context.config.oidc is not None,
    }
    html = environment().get_template("login.html").render(values)
    answer = HTMLResponse(html, status)
    set_cookie(answer, context, context.config.login_cookie, cookie, ABSOLUTE_SECONDS)
    return answer


def purpose_form(request: Request, next: str, message: str = "", status: int = 200) -> Response:
    """Return the form that asks for the purpose."""
    session = session_of(request)
    html = environment().get_template("purpose.html").render(
        token=session.token, user=session.user.name, next=safe_destination(next), message=message
    )  # fmt: skip
    return HTMLResponse(html, status)


def safe_destination(address: str) -> str:
    r"""Return *address* if it is a path of this board, else the first page.

    >>> safe_destination("/s/P/overview?id=1"), safe_destination("//evil"), safe_destination("/\\e")
    ('/s/P/overview?id=1', '/', '/')
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    own = not parts.scheme and not parts.netloc and re.fullmatch(r"/(?![/\\])[!-\[\]-~]*", address)
    return address if own else "/"
