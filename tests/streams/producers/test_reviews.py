"""A member's move on its way into the log and back: accepted, refused, not yet, not at all."""

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
from streams.processor import PartitionProcessor
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
    """ProDERM up to its first alert, in a store; what is sent is folded at once, unless *asleep*.

    *before* is sent by somebody else just before the next message.
    """

    log: ListLog = field(default_factory=lambda: log_of(PRODERM[:100]))
    store: MemoryStore = field(default_factory=MemoryStore)
    processor: PartitionProcessor | None = None
    worker_paused: bool = False
    sent_before: list[bytes] = field(default_factory=list[bytes])

    async def send(self, message: Message) -> int:
        """A sender that is the log."""
        while self.sent_before:
            self.log.append(self.sent_before.pop(0), message.key)
        kept = self.log.append(message.value, message.key)
        if not self.worker_paused:
            await self.fold()
        return kept.offset

    async def fold(self) -> None:
        """Fold what the log holds."""
        if self.processor is None:
            self.processor = await claimed_processor(self.log, self.store)
        await self.processor.fold_batch(records_between(self.log, self.processor.position))

    async def stored_alert(self) -> Alert:
        """The thromboembolic alert as it is kept."""
        return entry_from(await self.store.field(STUDY, f"l|{SIGNAL_ALERT_ID}")).alert

    async def make_move(self, move: Move) -> ReviewReceipt:
        """Make *move* on what is kept; what became of it."""
        alert = await self.stored_alert()
        ask = ReviewRequest(
            alert=alert, move=move, member="board-1", reason="Read.", nonce=f"{move}"
        )
        return await self.submit_review(review_record(ask, NOW))

    async def submit_review(self, review: Any) -> ReviewReceipt:
        """Send one as it is."""
        reviewing = ReviewWriter(
            self, self.log.partitions, lambda _: self.store, timeout_seconds=0.05
        )
        return await reviewing.write(review)


async def setup_with_alert() -> ReviewSetup:
    """ProDERM, folded up to its first alert."""
    made = ReviewSetup()
    await made.fold()
    return made


async def test_a_move_is_accepted_and_its_writer_told():
    """The answer is that of the fold, read back from the row."""
    ground = await setup_with_alert()
    placed = await ground.make_move(Move.ACKNOWLEDGE)

    assert (placed.status, placed.offset) == (ReviewStatus.ACCEPTED, 100)
    assert placed.message == "It is acknowledged now."
    assert (await ground.stored_alert()).revision == 2


async def test_of_two_who_had_one_page_the_second_is_told_why_not():
    """Both looked at revision 1; the log has one order, and both know it."""
    ground = await setup_with_alert()
    page = await ground.stored_alert()
    asks = [
        ReviewRequest(alert=page, move=Move.ACKNOWLEDGE, member=who, reason="Read.", nonce=who)
        for who in ("board-1", "board-2")
    ]
    first, second = [await ground.submit_review(review_record(ask, NOW)) for ask in asks]

    assert (first.status, second.status) == (ReviewStatus.ACCEPTED, ReviewStatus.REFUSED)
    assert "acknowledged at revision 2, by board-1" in second.message


async def test_a_page_that_is_sent_twice_asks_once():
    """The nonce names the record: a double click is a duplicate, with the answer of the first."""
    ground = await setup_with_alert()
    review = review_record(
        ReviewRequest(
            alert=await ground.stored_alert(),
            move=Move.ACKNOWLEDGE,
            member="m",
            reason="R",
            nonce="n",
        ),
        NOW,
    )
    first, again = await ground.submit_review(review), await ground.submit_review(review)

    assert (first.status, again.status) == (ReviewStatus.ACCEPTED, ReviewStatus.ACCEPTED)
    assert first.offset < again.offset
    assert (await ground.stored_alert()).revision == 2


async def test_somebody_who_comes_between_page_and_log_comes_first():
    """What the member was shown is no more by the time the record is in the log."""
    ground = await setup_with_alert()
    other = ReviewRequest(
        alert=await ground.stored_alert(),
        move=Move.ACKNOWLEDGE, member="board-2", reason="Read.", nonce="other",
    )  # fmt: skip
    ground.sent_before.append(orjson.dumps(review_record(other, NOW)))

    placed = await ground.make_move(Move.ACKNOWLEDGE)
    assert (placed.status, placed.offset) == (ReviewStatus.REFUSED, 101)
    assert "by board-2" in placed.message


async def test_while_nobody_folds_a_move_is_recorded_and_not_in_force():
    """The writer says so after a while; when a worker comes, it takes effect."""
    ground = await setup_with_alert()
    ground.worker_paused = True
    placed = await ground.make_move(Move.ACKNOWLEDGE)
    assert placed.status is ReviewStatus.PENDING
    assert "offset 100 of partition" in placed.message and "not yet in force" in placed.message

    await ground.fold()
    assert (await ground.stored_alert()).state == "acknowledged"


async def test_while_the_row_is_rebuilt_a_move_is_not_in_force():
    """The cursor has passed it, and nobody has answered: it counts, and is answered later."""
    ground = await setup_with_alert()
    review = review_record(
        ReviewRequest(
            alert=await ground.stored_alert(),
            move=Move.ACKNOWLEDGE,
            member="m",
            reason="R",
            nonce="n",
        ),
        NOW,
    )
    ground.store.set(row_name(STUDY), {"head": b"{}"})
    ground = replace(ground, processor=None)
    placed = await ground.submit_review(review)

    assert (placed.status, placed.result) == (ReviewStatus.PENDING, None)
    assert ground.processor is not None
    while await ground.processor.rebuild():
        pass
    assert (await ground.submit_review(review)).status is ReviewStatus.ACCEPTED
    assert (await ground.stored_alert()).revision == 2


async def test_a_record_that_does_not_count_is_said_not_to():
    """It was folded past and has no answer: the dead letters say why."""
    ground = await setup_with_alert()
    alert = await ground.stored_alert()
    request = ReviewRequest(alert=alert, move=Move.CLOSE, member="m", reason="R", nonce="n")
    review = dict(review_record(request, NOW))
    placed = await ground.submit_review(review | {"move": ""})

    assert placed.status is ReviewStatus.NOT_INCLUDED
    assert "tocsin quarantine show" in placed.message


async def test_what_is_signed_is_the_message_that_told_of_the_alert():
    """Whoever has the message of `safety.alerts.v1` can check what a member had on the screen."""
    ground = await setup_with_alert()
    (message,) = [
        value
        for name, value in (await ground.store.outbox()).items()
        if name.startswith(f"a|{SIGNAL_ALERT_ID}")
    ]

    said = orjson.dumps(orjson.loads(message), option=orjson.OPT_SORT_KEYS)

    assert revision_digest(await ground.stored_alert()) == sha256(said).hexdigest()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"member": "no spaces"}, "1 to 64 characters"), ({"reason": ""}, "`review.reason`")],
)
async def test_the_form_of_a_move_is_refused_before_it_is_sent(wrong: Any, says):
    """As every worker would refuse it."""
    ground = await setup_with_alert()
    ask = ReviewRequest(
        alert=await ground.stored_alert(), move=Move.CLOSE, member="m", reason="R", nonce="n"
    )
    review = dict(review_record(ask, NOW))

    assert form_error(review) == ""
    assert says in form_error(review | wrong)
    assert ground.log.next == 100
