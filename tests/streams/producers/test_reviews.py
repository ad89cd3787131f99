"""A member's review is written to the log, and its receipt has one of four statuses."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson
import pytest

from alerts.alert import Alert
from alerts.lifecycle import Move
from streams.kafka.sender import Message
from streams.processor.processor import PartitionProcessor
from streams.producers.reviews import (
    ReviewReceipt,
    ReviewRequest,
    ReviewStatus,
    ReviewWriter,
    form_error,
    review_record,
    revision_digest,
)
from streams.store.hashes import row_name
from streams.store.memory import MemoryStore
from streams.store.rows.alerts import entry_from
from tests.streams.list_log import ListLog
from tests.streams.processor.processors import (
    PRODERM,
    STUDY,
    claimed_processor,
    log_of,
    records_between,
)
from tests.streams.reviewed_log import SIGNAL_ALERT_ID

NOW = datetime(2019, 3, 6, 9, tzinfo=UTC)


@dataclass
class ReviewSetup:
    """ProDERM up to its first alert, in a log and a store.

    A message that is sent is folded at once, unless *worker_paused*.  The messages of *sent_before*
    are appended just before the next message, as by another member.
    """

    log: ListLog = field(default_factory=lambda: log_of(PRODERM[:100]))
    store: MemoryStore = field(default_factory=MemoryStore)
    processor: PartitionProcessor | None = None
    worker_paused: bool = False
    sent_before: list[bytes] = field(default_factory=list[bytes])

    async def send(self, message: Message) -> int:
        """Append *message* to the log, as a sender, and return its offset."""
        while self.sent_before:
            self.log.append(self.sent_before.pop(0), message.key)
        record = self.log.append(message.value, message.key)
        if not self.worker_paused:
            await self.fold()
        return record.offset

    async def fold(self) -> None:
        """Fold all records of the log."""
        if self.processor is None:
            self.processor = await claimed_processor(self.log, self.store)
        await self.processor.fold_batch(records_between(self.log, self.processor.position))

    async def stored_alert(self) -> Alert:
        """The thromboembolic alert as the store has it."""
        return entry_from(await self.store.field(STUDY, f"l|{SIGNAL_ALERT_ID}")).alert

    async def make_move(self, move: Move) -> ReviewReceipt:
        """Submit *move* for the stored revision of the alert, and return its receipt."""
        alert = await self.stored_alert()
        request = ReviewRequest(
            alert=alert, move=move, member="board-1", reason="Read.", nonce=f"{move}"
        )
        return await self.submit_review(review_record(request, NOW))

    async def submit_review(self, review: Any) -> ReviewReceipt:
        """Write the record *review* unchanged, and return its receipt."""
        writer = ReviewWriter(self, self.log.partitions, lambda _: self.store, timeout_seconds=0.05)
        return await writer.write(review)


async def setup_with_alert() -> ReviewSetup:
    """A setup with ProDERM folded up to its first alert."""
    setup = ReviewSetup()
    await setup.fold()
    return setup


async def test_an_accepted_move_returns_its_receipt():
    """The receipt has the fold's result, which is read from the row."""
    setup = await setup_with_alert()
    receipt = await setup.make_move(Move.ACKNOWLEDGE)

    assert (receipt.status, receipt.offset) == (ReviewStatus.ACCEPTED, 100)
    assert receipt.message == "It is acknowledged now."
    assert (await setup.stored_alert()).revision == 2


async def test_of_two_reviews_of_one_revision_the_second_is_refused():
    """The order of the log decides, and the second receipt has the reason."""
    setup = await setup_with_alert()
    alert = await setup.stored_alert()
    requests = [
        ReviewRequest(
            alert=alert, move=Move.ACKNOWLEDGE, member=member, reason="Read.", nonce=member
        )
        for member in ("board-1", "board-2")
    ]
    first, second = [await setup.submit_review(review_record(request, NOW)) for request in requests]

    assert (first.status, second.status) == (ReviewStatus.ACCEPTED, ReviewStatus.REFUSED)
    assert "acknowledged at revision 2, by board-1" in second.message


async def test_a_review_that_is_sent_twice_counts_once():
    """Both records have one nonce, so the second is a duplicate with the result of the first."""
    setup = await setup_with_alert()
    review = review_record(
        ReviewRequest(
            alert=await setup.stored_alert(),
            move=Move.ACKNOWLEDGE,
            member="m",
            reason="R",
            nonce="n",
        ),
        NOW,
    )
    first, repeated = await setup.submit_review(review), await setup.submit_review(review)

    assert (first.status, repeated.status) == (ReviewStatus.ACCEPTED, ReviewStatus.ACCEPTED)
    assert first.offset < repeated.offset
    assert (await setup.stored_alert()).revision == 2


async def test_a_review_that_reaches_the_log_earlier_is_decided_first():
    """The revision that the member reviewed is outdated when the record is appended."""
    setup = await setup_with_alert()
    other = ReviewRequest(
        alert=await setup.stored_alert(),
        move=Move.ACKNOWLEDGE, member="board-2", reason="Read.", nonce="other",
    )  # fmt: skip
    setup.sent_before.append(orjson.dumps(review_record(other, NOW)))

    receipt = await setup.make_move(Move.ACKNOWLEDGE)
    assert (receipt.status, receipt.offset) == (ReviewStatus.REFUSED, 101)
    assert "by board-2" in receipt.message


async def test_without_a_worker_a_move_is_pending():
    """The writer reports it after its timeout, and the move takes effect once it is folded."""
    setup = await setup_with_alert()
    setup.worker_paused = True
    receipt = await setup.make_move(Move.ACKNOWLEDGE)
    assert receipt.status is ReviewStatus.PENDING
    assert "offset 100; not processed yet" in receipt.message

    await setup.fold()
    assert (await setup.stored_alert()).state == "acknowledged"


async def test_while_the_row_is_rebuilt_a_move_is_pending():
    """The cursor is past the record before the row is; the rebuild accepts the move later."""
    setup = await setup_with_alert()
    review = review_record(
        ReviewRequest(
            alert=await setup.stored_alert(),
            move=Move.ACKNOWLEDGE,
            member="m",
            reason="R",
            nonce="n",
        ),
        NOW,
    )
    setup.store.set(row_name(STUDY), {"head": b"{}"})
    setup = replace(setup, processor=None)
    receipt = await setup.submit_review(review)

    assert (receipt.status, receipt.result) == (ReviewStatus.PENDING, None)
    assert setup.processor is not None
    while await setup.processor.rebuild():
        pass
    assert (await setup.submit_review(review)).status is ReviewStatus.ACCEPTED
    assert (await setup.stored_alert()).revision == 2


async def test_a_refused_record_is_reported_as_not_included():
    """The fold is past the record without a result, and its dead letter has the reason."""
    setup = await setup_with_alert()
    alert = await setup.stored_alert()
    request = ReviewRequest(alert=alert, move=Move.CLOSE, member="m", reason="R", nonce="n")
    review = dict(review_record(request, NOW))
    receipt = await setup.submit_review(review | {"move": ""})

    assert receipt.status is ReviewStatus.NOT_INCLUDED
    assert "tocsin quarantine show" in receipt.message


async def test_the_signed_digest_is_that_of_the_published_alert():
    """The message on `safety.alerts.v1` shows which content a member reviewed."""
    setup = await setup_with_alert()
    (message,) = [
        value
        for name, value in (await setup.store.outbox()).items()
        if name.startswith(f"a|{SIGNAL_ALERT_ID}")
    ]

    canonical = orjson.dumps(orjson.loads(message), option=orjson.OPT_SORT_KEYS)

    assert revision_digest(await setup.stored_alert()) == sha256(canonical).hexdigest()


@pytest.mark.parametrize(
    ("invalid_fields", "error_text"),
    [({"member": "no spaces"}, "1 to 64 characters"), ({"reason": ""}, "`review.reason`")],
)
async def test_a_malformed_review_is_refused_before_it_is_sent(invalid_fields: Any, error_text):
    """``form_error`` applies the checks with which every worker decodes a record."""
    setup = await setup_with_alert()
    request = ReviewRequest(
        alert=await setup.stored_alert(), move=Move.CLOSE, member="m", reason="R", nonce="n"
    )
    review = dict(review_record(request, NOW))

    assert form_error(review) == ""
    assert error_text in form_error(review | invalid_fields)
    assert setup.log.next == 100
