"""`POST /v1/studies/{study}/nudges/redcap`: schedules a pull, and uses nothing of the request."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from aiohttp import web

from streams.intake.answers import NudgeAnswer
from streams.intake.problems import RequestRefused
from streams.intake.records_route import JSON, json_response
from streams.intake.request import Gate

TYPES = ("application/x-www-form-urlencoded", JSON)
"""REDCap's data entry trigger sends a form; its fields name a record and are never read."""

NO_PROJECT = "No REDCap project is configured for this study: see docs/intake.md."


class PullScheduler(Protocol):
    """Schedules pulls of configured projects."""

    def has_project(self, study: str) -> bool:
        """Return whether a project is configured for *study*."""
        ...

    def schedule(self, study: str) -> bool:
        """Schedule a pull; return False where one that has not begun is scheduled already."""
        ...


@dataclass(frozen=True, slots=True)
class NudgesRoute:
    """Tells the *scheduler* that a project has changed.

    The address to pull from is configured: one in the request could name any other server.
    """

    gate: Gate
    scheduler: PullScheduler

    async def post_redcap(self, request: web.Request) -> web.Response:
        """Answer 202 once a pull is scheduled."""
        with self.gate.hold() as held:
            sent = await self.gate.receive(request, held, TYPES)
            if not self.scheduler.has_project(sent.study):
                raise RequestRefused(HTTPStatus.NOT_FOUND, detail=NO_PROJECT)
            answer = NudgeAnswer(study=sent.study, scheduled=self.scheduler.schedule(sent.study))
            return json_response(answer.model_dump_json(), HTTPStatus.ACCEPTED)
