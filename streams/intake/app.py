"""Builds the web application of the intake: its routes, and how each failure is answered."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import orjson
from aiohttp import web

from streams.intake.files_route import FilesRoute
from streams.intake.limits import Overloaded
from streams.intake.meter import IntakeMeter
from streams.intake.nudges_route import NudgesRoute
from streams.intake.openapi import RECEIPT_PATTERNS, description
from streams.intake.problems import RequestRefused, problem_response
from streams.intake.receipts_route import ReceiptsRoute
from streams.intake.records_route import RecordsRoute, json_response
from streams.worker.public_errors import public_message

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

logger = logging.getLogger("tocsin.intake")


@dataclass(frozen=True, slots=True)
class IntakePages:
    """The application with all routes."""

    records: RecordsRoute
    receipts: ReceiptsRoute
    files: FilesRoute
    nudges: NudgesRoute
    meter: IntakeMeter

    def handlers(self) -> Mapping[tuple[str, str], Handler]:
        """Return the handler of each operation, by method and path of the description."""
        return {
            ("POST", "/v1/studies/{study}/records"): self.records.post_records,
            ("POST", "/v1/studies/{study}/files/{mapping}"): self.files.post_file,
            ("POST", "/v1/studies/{study}/nudges/redcap"): self.nudges.post_redcap,
            (
                "GET",
                "/v1/studies/{study}/receipts/{partition}-{offset}",
            ): self.receipts.get_receipt,
            ("GET", "/v1/openapi.json"): get_description,
        }

    def app(self) -> web.Application:
        """Build the web application."""
        # Bodies are read in parts within limits of their own.
        app = web.Application(middlewares=[self.answer_failures])
        for (method, path), handler in self.handlers().items():
            for name, pattern in RECEIPT_PATTERNS.items():
                path = path.replace(f"{{{name}}}", f"{{{name}:{pattern}}}")
            app.router.add_route(method, path, handler)
        return app

    @web.middleware
    async def answer_failures(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer a request, and each of its failures with problem details; count the answer."""
        answer = await answered(request, handler)
        answer.headers.update(HEADERS)
        resource = request.match_info.route.resource
        route = "none" if resource is None else route_name(resource.canonical)
        self.meter.count_answer(route, answer.status)
        return answer


async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Return the answer of *handler*, or the problem details of why there is none.

    The log names the place of an unexpected error, and never the request.
    """
    try:
        return await handler(request)
    except RequestRefused as refused:
        return problem_response(refused)
    except Overloaded:
        return problem_response(RequestRefused(HTTPStatus.SERVICE_UNAVAILABLE))
    except web.HTTPNotFound:
        return problem_response(RequestRefused(HTTPStatus.NOT_FOUND))
    except web.HTTPMethodNotAllowed as error:
        answer = problem_response(RequestRefused(HTTPStatus.METHOD_NOT_ALLOWED))
        answer.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
        return answer
    except web.HTTPException as error:
        logger.warning("A request ended with %d.", error.status)
        return problem_response(RequestRefused(HTTPStatus.BAD_REQUEST))
    except Exception as error:
        logger.error("A request failed: %s.", public_message(error))
        return problem_response(RequestRefused(HTTPStatus.INTERNAL_SERVER_ERROR))


def route_name(path: str) -> str:
    """Return the name of a route in metrics: the first fixed part after the study."""
    parts = [each for each in path.split("/")[2:] if "{" not in each and each != "studies"]
    return parts[0].removesuffix(".json")


async def get_description(_: web.Request) -> web.Response:
    """Answer with the OpenAPI description, which needs no credential."""
    return json_response(orjson.dumps(description()).decode(), HTTPStatus.OK)
