"""`POST /v1/studies/{study}/records`: one record, or one a line."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from streams.intake.answers import FoldOutcome, LineReceipt, RecordsAnswer
from streams.intake.fold_view import FoldView, wait_for_results
from streams.intake.lines import CheckedLines, Forbidden, GoodLine, TooManyLines, check_lines
from streams.intake.meter import IntakeMeter
from streams.intake.preferences import Preferences, read_preferences
from streams.intake.problems import RequestRefused
from streams.intake.production import Production
from streams.intake.request import Gate, Sent
from streams.kafka.sender import NotSent, Undelivered
from streams.log import LogUnreachable
from streams.store import StoreMisconfigured, StoreUnreachable

JSON, NDJSON = "application/json", "application/x-ndjson"
NDJSON_NAMES = (NDJSON, "application/ndjson", "application/jsonl")
TYPES = (JSON, *NDJSON_NAMES)

THREAD_BYTES_MIN = 64 << 10
"""A larger body is checked in a thread, so that other requests are answered meanwhile."""

logger = logging.getLogger("tocsin.intake")


@dataclass(frozen=True, slots=True)
class RecordsRoute:
    """Checks, produces and quarantines the lines of a request, and waits for the fold if asked."""

    gate: Gate
    production: Production
    view: FoldView
    meter: IntakeMeter

    async def post_records(self, request: web.Request) -> web.Response:
        """Answer 202 once every line is in the log, or 200 once the fold has handled each."""
        with self.gate.hold() as held:
            sent = await self.gate.receive(request, held, TYPES)
            preferences = read_preferences(request.headers.getall("Prefer", []))
            ndjson = request.content_type in NDJSON_NAMES
            lines = await checked(sent, ndjson=ndjson)
            return await self.answer(sent, lines, preferences)

    async def answer(
        self, sent: Sent, lines: CheckedLines, preferences: Preferences
    ) -> web.Response:
        """Produce *lines* and answer.  Raises RequestRefused."""
        study = sent.study
        if not lines.good and not lines.bad:
            raise RequestRefused(HTTPStatus.BAD_REQUEST)
        if lines.bad and not preferences.lenient:
            self.meter.count_lines(study, "refused", len(lines.bad))
            errors = [each.refusal for each in lines.bad]
            raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, errors=errors)
        offsets = await self.write(sent, lines)
        receipts = self.receipts(study, lines.good, offsets)
        if preferences.wait and receipts:
            receipts = await self.with_results(study, receipts, preferences.wait)
        answer = RecordsAnswer(
            study=study, accepted=receipts, quarantined=[each.refusal for each in lines.bad]
        )
        pending = any(each.outcome is FoldOutcome.PENDING for each in receipts)
        status = HTTPStatus.ACCEPTED if pending or not preferences.wait else HTTPStatus.OK
        return json_response(answer.model_dump_json(), status, preferences.applied)

    async def write(self, sent: Sent, lines: CheckedLines) -> list[int]:
        """Return the offsets of the good lines.  Raises RequestRefused with 503 or 504."""
        study, count = sent.study, len(lines.good)
        offsets = list[int]()
        try:
            offsets = await self.production.produce(study, lines.good)
            await self.production.quarantine(study, sent.client.name, lines.bad)
        except NotSent:
            if offsets:
                self.meter.count_lines(study, "produced", count)
                raise RequestRefused(HTTPStatus.GATEWAY_TIMEOUT) from None
            raise RequestRefused(HTTPStatus.SERVICE_UNAVAILABLE) from None
        except Undelivered as error:
            logger.warning("Lines are not confirmed: %s.", error)
            self.meter.count_lines(study, "unknown", count + len(lines.bad))
            raise RequestRefused(HTTPStatus.GATEWAY_TIMEOUT) from None
        self.meter.count_lines(study, "produced", count)
        self.meter.count_lines(study, "quarantined", len(lines.bad))
        return offsets

    def receipts(
        self, study: str, lines: Sequence[GoodLine], offsets: Sequence[int]
    ) -> list[LineReceipt]:
        """Return the receipt of each line that was produced."""
        partition = self.production.partition(study)
        return [
            LineReceipt(
                line=line.number,
                partition=partition,
                offset=offset,
                receipt=f"{partition}-{offset}",
                left_out=list(line.left_out),
            )
            for line, offset in zip(lines, offsets, strict=True)
        ]

    async def with_results(
        self, study: str, receipts: Sequence[LineReceipt], seconds: int
    ) -> list[LineReceipt]:
        """Return *receipts* with what the fold has made of each within *seconds*.

        Where store or broker do not answer they stay pending: the lines are in the log.
        """
        offsets = [each.offset for each in receipts]
        try:
            results = await wait_for_results(
                self.view, study, receipts[0].partition, offsets, seconds
            )
        except (StoreUnreachable, StoreMisconfigured, LogUnreachable) as error:
            logger.warning("What the fold made of lines cannot be read: %s", error)
            return list(receipts)
        return [
            each.model_copy(update={"outcome": outcome, "refusal": refusal})
            for each in receipts
            for outcome, refusal in [results[each.offset]]
        ]


async def checked(sent: Sent, *, ndjson: bool) -> CheckedLines:
    """Return the checked lines of a request.  Raises RequestRefused with 403 or 413."""
    try:
        if len(sent.body) < THREAD_BYTES_MIN:
            return check_lines(sent.body, sent.study, sent.client, ndjson=ndjson)
        return await asyncio.to_thread(
            check_lines, sent.body, sent.study, sent.client, ndjson=ndjson
        )
    except TooManyLines:
        raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE) from None
    except Forbidden:
        raise RequestRefused(HTTPStatus.FORBIDDEN) from None


def json_response(body: str, status: int, headers: dict[str, str] | None = None) -> web.Response:
    """Return an answer with a JSON *body*."""
    return web.Response(text=body, status=status, content_type=JSON, headers=headers)
