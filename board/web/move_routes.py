"""Routes of the moves: the form of the pages, and the API."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from alerts.lifecycle import MEMBER_MOVES
from board.access.sessions import Session
from board.web.closed import closed_of, for_user
from board.web.context import session_of
from board.web.errors import RequestRefused, not_found
from board.web.move_form import (
    NONCE_PATTERN,
    REASON_CHARACTERS_MAX,
    FormError,
    MoveForm,
    MoveResult,
    MoveStatus,
)
from board.web.move_service import MoveService
from board.web.render import environment

router = APIRouter()

FORMS_MAX = 1_000
"""Forms whose results can be looked up again; the oldest is forgotten first."""

STATUS_CODES = {
    MoveStatus.ACCEPTED: 200,
    MoveStatus.PENDING: 202,
    MoveStatus.REFUSED: 409,
    MoveStatus.NOT_SENT: 409,
    MoveStatus.NOT_INCLUDED: 409,
}

NO_MOVES = "Moves are not possible here: this board only shows."


class MoveRequest(BaseModel):
    """A move on one alert, at the *revision* that was shown.

    *shown* is the digest of what was shown, *nonce* 16 to 64 characters of the client's choice: the
    same nonce is the same record.  *passphrase* opens the member's signing key.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    revision: Annotated[int, Field(ge=1, lt=10**9)]
    move: Annotated[str, Field(json_schema_extra={"enum": [each.value for each in MEMBER_MOVES]})]
    reason: Annotated[str, Field(min_length=1, max_length=REASON_CHARACTERS_MAX)]
    nonce: Annotated[str, Field(pattern=f"^{NONCE_PATTERN.pattern}$")]
    shown: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = ""
    passphrase: Annotated[str, Field(max_length=1_000)] = ""


class MoveAnswer(BaseModel):
    """What became of a move."""

    alert: str
    revision: int
    status: MoveStatus
    message: str
    state: str | None
    present_revision: int | None
    record_id: str
    partition: int | None
    offset: int | None
    signed: bool


@dataclass(slots=True)
class SentForms:
    """The results of the forms that were sent, by session and nonce."""

    by_name: OrderedDict[tuple[str, str], tuple[MoveForm, Sequence[MoveResult]]] = field(
        default_factory=OrderedDict[tuple[str, str], tuple[MoveForm, Sequence[MoveResult]]]
    )

    def add(self, session: Session, form: MoveForm, results: Sequence[MoveResult]) -> None:
        """Remember the *results* of *form*."""
        self.by_name[session.label, form.nonce] = form, results
        while len(self.by_name) > FORMS_MAX:
            self.by_name.popitem(last=False)


@router.post("/s/{study}/moves", include_in_schema=False)
async def make_moves(request: Request, study: str) -> Response:
    """Make the moves of a form, and go to their results."""
    session, fields = session_of(request), await request.form(max_fields=200)
    texts = {name: str(fields.get(name, "")) for name in ("move", "reason", "nonce", "passphrase")}
    try:
        form = MoveForm.parse([str(each) for each in fields.getlist("alert")], **texts)
    except FormError as error:
        raise RequestRefused(422, str(error)) from None
    results = await service_of(request).make_moves(session, study, form)
    sent_forms_of(request).add(session, form, results)
    return RedirectResponse(f"/s/{study}/moves/{form.nonce}", 303)


@router.get("/s/{study}/moves/{nonce}", include_in_schema=False)
async def moves_page(request: Request, study: str, nonce: str) -> Response:
    """Show what became of the moves of a form; the reason can be sent again."""
    session, closed = session_of(request), closed_of(request)
    found = sent_forms_of(request).by_name.get((session.label, nonce))
    if found is None:
        raise not_found()
    form, earlier = found
    results = [await service_of(request).look_again(study, each) for each in earlier]
    sent_forms_of(request).add(session, form, results)
    completeness = closed.latest(study).completeness
    shell = closed.shell(study, "moves", session.user.role, completeness)
    html = environment().get_template("moves.html").render(shell=shell, form=form, results=results)
    return for_user(html.encode(), session)


@router.post(
    "/api/v1/studies/{study}/alerts/{id}/moves",
    response_model=MoveAnswer,
    responses={
        status: {"model": MoveAnswer, "description": words}
        for status, words in ((202, "Written, not in force yet"), (409, "Refused, or not sent"))
    },
)
async def api_move(
    request: Request, study: str, id: Annotated[str, Path(max_length=64)], body: MoveRequest
) -> Response:
    """Make a move on one alert; it waits up to 5 s for the record to be processed."""
    session = session_of(request)
    choice = f"{id}:{body.revision}{f':{body.shown}' if body.shown else ''}"
    try:
        form = MoveForm.parse([choice], body.move, body.reason, body.nonce, body.passphrase)
    except FormError as error:
        raise RequestRefused(422, str(error)) from None
    [result] = await service_of(request).make_moves(session, study, form)
    return JSONResponse(result_json(result), STATUS_CODES[result.status])


def result_json(result: MoveResult) -> dict[str, Any]:
    """Return what became of a move as JSON."""
    return {name: getattr(result, name) for name in MoveAnswer.model_fields}


def service_of(request: Request) -> MoveService:
    """Return the service that makes moves, where there is one."""
    service = closed_of(request).moves
    if service is None:
        raise RequestRefused(409, NO_MOVES)
    return service


def sent_forms_of(request: Request) -> SentForms:
    """Return the forms that were sent to this board."""
    forms = getattr(request.app.state, "sent_forms", None)
    if forms is None:
        forms = request.app.state.sent_forms = SentForms()
    return forms
