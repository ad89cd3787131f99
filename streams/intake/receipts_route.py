"""`GET /v1/studies/{study}/receipts/{partition}-{offset}`: what the fold made of a record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from monitor.errors import Refusal
from streams.intake.answers import ReceiptAnswer
from streams.intake.clients import Client
from streams.intake.fold_view import FoldView, wait_for_results
from streams.intake.lines import systems_of
from streams.intake.preferences import read_preferences
from streams.intake.problems import RequestRefused
from streams.intake.records_route import json_response
from streams.intake.request import Gate
from streams.log import LogRecord, LogUnreachable
from streams.records.decode import decode
from streams.store import StoreMisconfigured, StoreUnreachable

UNREADABLE = "The store or the broker does not answer. The record is not affected; ask again."


@dataclass(frozen=True, slots=True)
class ReceiptsRoute:
    """Answers for records of the client's own study and source systems, and for no other.

    *record_at* reads the record at an offset of a partition, None where there is none, and raises
    LogUnreachable; *partition_of* is the partition of a study.
    """

    gate: Gate
    view: FoldView
    record_at: Callable[[int, int], Awaitable[LogRecord | None]]
    partition_of: Callable[[str], int]

    async def get_receipt(self, request: web.Request) -> web.Response:
        """Answer 200 with the outcome, which is `pending` until the record is folded."""
        with self.gate.hold():
            client = self.gate.admit(request)
            study = request.match_info["study"]
            partition, offset = (int(request.match_info[each]) for each in ("partition", "offset"))
            seconds = read_preferences(request.headers.getall("Prefer", [])).wait
            try:
                if not await self.is_own(client, study, partition, offset):
                    raise RequestRefused(HTTPStatus.NOT_FOUND)
                results = await wait_for_results(self.view, study, partition, [offset], seconds)
            except (StoreUnreachable, StoreMisconfigured, LogUnreachable):
                status = HTTPStatus.SERVICE_UNAVAILABLE
                raise RequestRefused(status, detail=UNREADABLE) from None
            outcome, refusal = results[offset]
            answer = ReceiptAnswer(
                study=study, partition=partition, offset=offset, outcome=outcome, refusal=refusal
            )
            return json_response(answer.model_dump_json(), HTTPStatus.OK)

    async def is_own(self, client: Client, study: str, partition: int, offset: int) -> bool:
        """Return whether the log has at *offset* a record of *study* that *client* may send.

        Raises LogUnreachable.
        """
        if partition != self.partition_of(study):
            return False
        record = await self.record_at(partition, offset)
        if record is None or record.key != study.encode():
            return False
        decoded = decode(record.value)
        return not isinstance(decoded, Refusal) and client.may_send_as(systems_of(decoded))
