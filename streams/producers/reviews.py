"""Writes a member's review to the log, and waits for its result."""

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
"""Source system of all reviews."""

KEY_REQUIRED_TEXT = (
    "Sign the move with the key that [[board]] of the plan lists for the member (--key)"
)

TIMEOUT_SECONDS = 5.0
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRequest:
    """A *member*'s request for *move* on the revision of *alert* that the member reviewed.

    *nonce* identifies the request, so that sending it twice counts once.
    """

    alert: Alert
    move: Move
    member: str
    reason: str
    nonce: str

    @property
    def entity(self) -> str:
        """The entity that the review record names."""
        return f"{SOURCE_SYSTEM}/{self.nonce}"


class ReviewStatus(StrEnum):
    """Whether a review is accepted, refused, not included or pending."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_INCLUDED = "not_included"
    PENDING = "not_yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewReceipt:
    """A review at *offset* of *partition*, its status, and its *result* if it has one."""

    partition: int
    offset: int
    status: ReviewStatus
    result: ReviewResult | None = None

    @property
    def message(self) -> str:
        """The message that the member sees."""
        position = f"partition {self.partition}, offset {self.offset}"
        if self.result is not None:
            return self.result.reason or f"It is {self.result.state} now."
        if self.status is ReviewStatus.PENDING:
            return f"Written to {position}; not processed yet: no worker has folded it."
        command = f"tocsin quarantine show {self.partition} {self.offset}"
        hint = f"an operator finds the reason with `{command}`"
        return f"The record at {position} is not included. {KEY_REQUIRED_TEXT}; {hint}."


class RowReader(Protocol):
    """The part of a store that is read to learn whether a review is folded."""

    async def cursor(self) -> Fields:
        """Read the cursor of the partition."""
        ...

    async def field(self, study: str, name: str) -> bytes:
        """Read one field of the row of *study*; empty if it is missing."""
        ...


def revision_digest(alert: Alert) -> str:
    """Return the SHA-256 of a revision's canonical JSON: what a member has on the screen.

    It equals the digest of the message on ``safety.alerts.v1`` with its keys sorted.
    """
    fields = asdict(alert) | {"hypothetical": False}
    return sha256(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)).hexdigest()


def review_record(request: ReviewRequest, now: datetime) -> Mapping[str, Any]:
    """Build the unsigned review record of *request*, known at *now*."""
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
    """Return why a worker would refuse to decode *review*; empty if it is well-formed."""
    decoded = decode(encode_record(review))
    return decoded.message if isinstance(decoded, Refusal) else ""


@dataclass(slots=True)
class ReviewWriter:
    """Writes reviews to the log, and waits until a worker has folded them.

    *rows_of* returns the reader of a partition's store.
    """

    sender: Sender
    partition_count: int
    rows_of: Callable[[int], RowReader]
    timeout_seconds: float = TIMEOUT_SECONDS
    clock: Callable[[], float] = time.monotonic

    async def write(self, review: Mapping[str, Any], signer: Signer | None = None) -> ReviewReceipt:
        """Send *review*, signed by *signer* if one is given, and wait for its result.

        The status is pending if no worker folds it within ``timeout_seconds``.  Raises Undelivered
        where the broker does not confirm it; the log may hold it, and the same review may safely be
        sent again.
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
        """Wait until the record at *offset* is folded; return False after the timeout."""
        deadline = self.clock() + self.timeout_seconds
        while not await _is_folded(rows, study, offset):
            if self.clock() > deadline:
                return False
            await asyncio.sleep(POLL_SECONDS)
        return True


async def _is_folded(rows: RowReader, study: str, offset: int) -> bool:
    """Return whether the cursor and the row of *study* are past *offset*.

    The row lags behind the cursor while it is rebuilt.
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
