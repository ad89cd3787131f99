"""Routes of the API, version 1: the view models of the pages, read-only but for moves."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from board.web.audit_routes import audit_answer
from board.web.closed import closed_of, view_json_of
from board.web.context import session_of
from board.web.envelope import Envelope

router = APIRouter(prefix="/api/v1")

STUDY = "/studies/{study}"
Name = Annotated[str, Path(max_length=300)]
Text = Annotated[str | None, Query(max_length=300)]
Day = Annotated[str | None, Query(pattern=r"^\d{4}-\d{2}-\d{2}$")]

ANSWERS: dict[int | str, dict[str, Any]] = {
    401: {"description": "No session"},
    403: {"description": "No purpose was given in this session"},
    404: {"description": "It does not exist, or is not for this user"},
    422: {"description": "A parameter is not valid"},
    503: {"description": "The follower, or the audit trail, does not answer"},
}


class StudyItem(BaseModel):
    """A study, and what its views are complete to."""

    study: str
    as_of: str | None
    position: int
    plan_sha256: str
    digest: str
    live: bool


class Studies(BaseModel):
    """The studies that the user may read."""

    studies: list[StudyItem]


@router.get("/openapi.json", include_in_schema=False)
async def api_document(request: Request) -> Response:
    """Return the description of the API."""
    return JSONResponse(request.app.openapi())


@router.get("/studies", response_model=Studies, responses={401: ANSWERS[401]})
async def api_studies(request: Request) -> Studies:
    """List the studies that the user may read."""
    closed = closed_of(request)
    return Studies(
        studies=[
            StudyItem(
                study=each.study,
                as_of=each.as_of,
                position=each.position,
                plan_sha256=each.plan_sha256,
                digest=each.digest,
                live=closed.is_live(each.study),
            )
            for each in closed.studies_of(session_of(request).user)
        ]
    )


async def answer(request: Request, study: str, view: str, **arguments: str | None) -> Response:
    """Return a view in its envelope; arguments that are None are left out."""
    query = {name: value for name, value in arguments.items() if value}
    return await view_json_of(request, study, view, query)


@router.get(f"{STUDY}/overview", response_model=Envelope, responses=ANSWERS)
async def api_overview(request: Request, study: Name, as_of: Day = None) -> Response:
    """Return what the study says at a glance."""
    return await answer(request, study, "overview", as_of=as_of)


@router.get(f"{STUDY}/alerts", response_model=Envelope, responses=ANSWERS)
async def api_alerts(
    request: Request,
    study: Name,
    state: Text = None,
    owner: Text = None,
    level: Text = None,
    kind: Text = None,
    term: Text = None,
    as_of: Day = None,
) -> Response:
    """List the alerts, filtered."""
    return await answer(
        request, study, "alerts",
        state=state, owner=owner, level=level, kind=kind, term=term, as_of=as_of,
    )  # fmt: skip


@router.get(f"{STUDY}/alerts/{{id}}", response_model=Envelope, responses=ANSWERS)
async def api_alert(request: Request, study: Name, id: Name, as_of: Day = None) -> Response:
    """Return one alert with its evidence, cases and history."""
    return await answer(request, study, "alert", id=id, as_of=as_of)


@router.get(f"{STUDY}/watches", response_model=Envelope, responses=ANSWERS)
async def api_watches(request: Request, study: Name, as_of: Day = None) -> Response:
    """List the watches with their evidence."""
    return await answer(request, study, "watches", as_of=as_of)


@router.get(f"{STUDY}/watches/{{id}}/trajectory", response_model=Envelope, responses=ANSWERS)
async def api_trajectory(
    request: Request,
    study: Name,
    id: Name,
    time: Annotated[str, Query(pattern="^(known|occurred)$")] = "known",
    as_of: Day = None,
) -> Response:
    """Return the evidence of a watch over time, as known or as occurred."""
    return await answer(request, study, "trajectory", id=id, time=time, as_of=as_of)


@router.get(f"{STUDY}/rates", response_model=Envelope, responses=ANSWERS)
async def api_rates(
    request: Request,
    study: Name,
    kind: Text = None,
    period: Text = None,
    count: Text = None,
    analysis: Text = None,
    treatment: Text = None,
    search: Text = None,
    form: Text = None,
    as_of: Day = None,
) -> Response:
    """Return the rates of all terms by arm; *search* is a part of a term."""
    return await answer(
        request, study, "rates",
        kind=kind, period=period, count=count, analysis=analysis, treatment=treatment,
        search=search, form=form, as_of=as_of,
    )  # fmt: skip


@router.get(f"{STUDY}/terms/{{kind}}/{{term}}", response_model=Envelope, responses=ANSWERS)
async def api_term(
    request: Request, study: Name, kind: Name, term: Name, as_of: Day = None
) -> Response:
    """Return the risk of a term over time."""
    return await answer(request, study, "over-time", kind=kind, term=term, as_of=as_of)


@router.get(f"{STUDY}/cases", response_model=Envelope, responses=ANSWERS)
async def api_cases(
    request: Request, study: Name, search: Text = None, as_of: Day = None
) -> Response:
    """List the subjects with their cases."""
    return await answer(request, study, "subjects", search=search, as_of=as_of)


@router.get(f"{STUDY}/subjects/{{id}}", response_model=Envelope, responses=ANSWERS)
async def api_subject(request: Request, study: Name, id: Name, as_of: Day = None) -> Response:
    """Return one subject with doses, periods and cases."""
    return await answer(request, study, "subject", id=id, as_of=as_of)


@router.get(f"{STUDY}/since", response_model=Envelope, responses=ANSWERS)
async def api_since(
    request: Request, study: Name, review: Text = None, as_of: Day = None
) -> Response:
    """Return what is new since a review of the board."""
    return await answer(request, study, "since", review=review, as_of=as_of)


@router.get(f"{STUDY}/trust", response_model=Envelope, responses=ANSWERS)
async def api_trust(request: Request, study: Name, as_of: Day = None) -> Response:
    """Return how far the data can be trusted."""
    return await answer(request, study, "trust", as_of=as_of)


@router.get(f"{STUDY}/audit", response_model=Envelope, responses=ANSWERS)
async def api_audit(request: Request, study: Name) -> Response:
    """Return who read or changed what."""
    return await audit_answer(request, study)
