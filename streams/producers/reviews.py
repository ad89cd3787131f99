"""Writes a member's move into the log, and finds out what became of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Protocol

import orjson

from alerts.alert import Alert
from alerts.lifecycle import MEANINGS, Move
from alerts.register.register import ReviewResult
from alerts.register.update import review_result_field
from monitor.errors import Refusal
from streams.kafka.sender import Sender
from streams.producers.ticks import log_message
from streams.records.decode import decode
from streams.records.encode import encode_record
from streams.records.models import MAJOR
from streams.records.signing import Signer
from streams.store import Fields
from streams.store.rows.alerts import review_result_from

SOURCE_SYSTEM = "board"
"""Whose records members' moves are."""

KEY_REQUIRED_TEXT = (
    "A move must be signed with the key that [[board]] of the plan gives the member (--key)"
)

TIMEOUT_SECONDS = 5.0
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRequest:
    """A *member* asks for *move* on *alert*, which is as the member saw it.

    *nonce* is of the page on which it was asked: whoever sends it twice has asked once.
    """

    alert: Alert
    move: Move
    member: str
    reason: str
    nonce: str

    @property
    def entity(self) -> str:
        """The name of the record."""
        return f"{SOURCE_SYSTEM}/{self.nonce}"


class ReviewStatus(StrEnum):
    """What has become of a move."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_INCLUDED = "not_included"
    PENDING = "not_yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewReceipt:
    """A move at *offset* of *partition*, and what the docket *answered* if it did."""

    partition: int
    offset: int
    status: ReviewStatus
    result: ReviewResult | None = None

    @property
    def message(self) -> str:
        """What the member is told."""
        position = f"offset {self.offset} of partition {self.partition}"
        if self.result is not None:
            return self.result.reason or f"It is {self.result.state} now."
        if self.status is ReviewStatus.PENDING:
            return f"Recorded at {position}, not yet in force: nobody has folded it so far."
        hint = f"`tocsin quarantine show {self.partition} {self.offset}` says why to an operator"
        return f"The record at {position} does not count. {KEY_REQUIRED_TEXT}; {hint}."


class RowReader(Protocol):
    """The part of a store that is read to find out."""

    async def cursor(self) -> Fields:
        """How far the partition was folded."""
        ...

    async def field(self, study: str, name: str) -> bytes:
        """One field of a study's row."""
        ...


def revision_digest(alert: Alert) -> str:
    """Names what a member has on the screen: SHA-256 of a revision, as canonical JSON.

    It is that of the message on ``safety.alerts.v1``, its keys in order.
    """
    fields = asdict(alert) | {"hypothetical": False}
    return sha256(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)).hexdigest()


def review_record(request: ReviewRequest, now: datetime) -> Mapping[str, Any]:
    """The record of a move that is made *now*; it is yet to be signed."""
    return {
        "schema": f"trial.log/{MAJOR}",
        "type": "review",
        "study": request.alert.study,
        "source": {"system": SOURCE_SYSTEM, "id": request.nonce, "version": 1},
        "known_at": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "alert": request.alert.id,
        "revision": request.alert.revision,
        "move": request.move.value,
        "shown": revision_digest(request.alert),
        "member": request.member,
        "reason": request.reason,
        "meaning": MEANINGS[request.move],
    }


def form_error(review: Mapping[str, Any]) -> str:
    """What every worker would have against the form of *review*; empty where nothing."""
    decoded = decode(encode_record(review))
    return decoded.message if isinstance(decoded, Refusal) else ""


@dataclass(slots=True)
class ReviewWriter:
    """Puts moves into the log, of so many *partitions*, and waits for what the workers say."""

    sender: Sender
    partition_count: int
    rows_of: Callable[[int], RowReader]
    timeout_seconds: float = TIMEOUT_SECONDS
    clock: Callable[[], float] = time.monotonic

    async def write(self, review: Mapping[str, Any], signer: Signer | None = None) -> ReviewReceipt:
        """Send *review*, signed if there is a *signer*, and wait for the answer.

        Raises Undelivered: then it may be in the log, and may be sent again as it is.
        """
        signed = dict(review) if signer is None else signer.sign(dict(review))
        study = review["study"]
        message = log_message(study, encode_record(signed), self.partition_count)
        offset = await self.sender.send(message)
        rows = self.rows_of(message.partition)
        folded = await self._wait_until_folded(rows, study, offset)
        field_name = review_result_field(f"{SOURCE_SYSTEM}/{review['source']['id']}")
        stored = await rows.field(study, field_name) if folded else b""
        result = review_result_from(stored) if stored else None
        return ReviewReceipt(
            partition=message.partition,
            offset=offset,
            status=_review_status(result, folded=folded),
            result=result,
        )

    async def _wait_until_folded(self, rows: RowReader, study: str, offset: int) -> bool:
        """Wait until the record at *offset* is folded, but not for ever."""
        deadline = self.clock() + self.timeout_seconds
        while not await _is_folded(rows, study, offset):
            if self.clock() > deadline:
                return False
            await asyncio.sleep(POLL_SECONDS)
        return True


async def _is_folded(rows: RowReader, study: str, offset: int) -> bool:
    """Whether the cursor has passed *offset*, and the row of *study* is where the cursor says.

    A row that is being rebuilt is not: the cursor goes on without it.
    """
    cursor = await rows.cursor()
    if int(cursor.get("next") or b"0") <= offset:
        return False
    expected_pos, pos = cursor.get(f"pos|{study}", b""), await rows.field(study, "pos")
    return not expected_pos or (pos.isdigit() and int(pos) >= int(expected_pos))


def _review_status(result: ReviewResult | None, *, folded: bool) -> ReviewStatus:
    if result is not None:
        return ReviewStatus.ACCEPTED if result.accepted else ReviewStatus.REFUSED
    return ReviewStatus.NOT_INCLUDED if folded else ReviewStatus.PENDING
