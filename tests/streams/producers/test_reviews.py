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
from streams.processor import Lane
from streams.producers.reviews import Ask, Fate, Placed, Reviewing, objection, review_of, shown_of
from streams.store.hashes import row
from streams.store.memory import MemoryStore
from streams.store.rows.alerts import entry_from
from tests.streams.list_log import KeptLog
from tests.streams.processor.processors import PRODERM, STUDY, claimed, log_of, records
from tests.streams.reviewed_log import SIGNAL

NOW = datetime(2019, 3, 6, 9, tzinfo=UTC)


@dataclass
class Ground:
    """ProDERM up to its first alert, in a store; what is sent is folded at once, unless *asleep*.

    *before* is sent by somebody else just before the next message.
    """

    log: KeptLog = field(default_factory=lambda: log_of(PRODERM[:100]))
    store: MemoryStore = field(default_factory=MemoryStore)
    lane: Lane | None = None
    asleep: bool = False
    before: list[bytes] = field(default_factory=list[bytes])

    async def send(self, message: Message) -> int:
        """A sender that is the log."""
        while self.before:
            self.log.append(self.before.pop(0), message.key)
        kept = self.log.append(message.value, message.key)
        if not self.asleep:
            await self.fold()
        return kept.offset

    async def fold(self) -> None:
        """Fold what the log holds."""
        if self.lane is None:
            self.lane = await claimed(self.log, self.store)
        await self.lane.take(records(self.log, self.lane.position))

    async def alert(self) -> Alert:
        """The thromboembolic alert as it is kept."""
        return entry_from(await self.store.field(STUDY, f"l|{SIGNAL}")).alert

    async def make(self, move: Move) -> Placed:
        """Make *move* on what is kept; what became of it."""
        alert = await self.alert()
        ask = Ask(alert=alert, move=move, member="board-1", reason="Read.", nonce=f"{move}")
        return await self.place(review_of(ask, NOW))

    async def place(self, review: Any) -> Placed:
        """Send one as it is."""
        reviewing = Reviewing(self, self.log.partitions, lambda _: self.store, patience=0.05)
        return await reviewing.place(review)


async def begun() -> Ground:
    """ProDERM, folded up to its first alert."""
    made = Ground()
    await made.fold()
    return made


async def test_a_move_is_accepted_and_its_writer_told():
    """The answer is that of the fold, read back from the row."""
    ground = await begun()
    placed = await ground.make(Move.ACKNOWLEDGE)

    assert (placed.fate, placed.offset) == (Fate.ACCEPTED, 100)
    assert placed.says == "It is acknowledged now."
    assert (await ground.alert()).revision == 2


async def test_of_two_who_had_one_page_the_second_is_told_why_not():
    """Both looked at revision 1; the log has one order, and both know it."""
    ground = await begun()
    page = await ground.alert()
    asks = [
        Ask(alert=page, move=Move.ACKNOWLEDGE, member=who, reason="Read.", nonce=who)
        for who in ("board-1", "board-2")
    ]
    first, second = [await ground.place(review_of(ask, NOW)) for ask in asks]

    assert (first.fate, second.fate) == (Fate.ACCEPTED, Fate.REFUSED)
    assert "acknowledged at revision 2, by board-1" in second.says


async def test_a_page_that_is_sent_twice_asks_once():
    """The nonce names the record: a double click is a duplicate, with the answer of the first."""
    ground = await begun()
    review = review_of(
        Ask(alert=await ground.alert(), move=Move.ACKNOWLEDGE, member="m", reason="R", nonce="n"),
        NOW,
    )
    first, again = await ground.place(review), await ground.place(review)

    assert (first.fate, again.fate) == (Fate.ACCEPTED, Fate.ACCEPTED)
    assert first.offset < again.offset
    assert (await ground.alert()).revision == 2


async def test_somebody_who_comes_between_page_and_log_comes_first():
    """What the member was shown is no more by the time the record is in the log."""
    ground = await begun()
    other = Ask(
        alert=await ground.alert(),
        move=Move.ACKNOWLEDGE, member="board-2", reason="Read.", nonce="other",
    )  # fmt: skip
    ground.before.append(orjson.dumps(review_of(other, NOW)))

    placed = await ground.make(Move.ACKNOWLEDGE)
    assert (placed.fate, placed.offset) == (Fate.REFUSED, 101)
    assert "by board-2" in placed.says


async def test_while_nobody_folds_a_move_is_recorded_and_not_in_force():
    """The writer says so after a while; when a worker comes, it takes effect."""
    ground = await begun()
    ground.asleep = True
    placed = await ground.make(Move.ACKNOWLEDGE)
    assert placed.fate is Fate.NOT_YET
    assert "offset 100 of partition" in placed.says and "not yet in force" in placed.says

    await ground.fold()
    assert (await ground.alert()).state == "acknowledged"


async def test_while_the_row_is_rebuilt_a_move_is_not_in_force():
    """The cursor has passed it, and nobody has answered: it counts, and is answered later."""
    ground = await begun()
    review = review_of(
        Ask(alert=await ground.alert(), move=Move.ACKNOWLEDGE, member="m", reason="R", nonce="n"),
        NOW,
    )
    ground.store.set(row(STUDY), {"head": b"{}"})
    ground = replace(ground, lane=None)
    placed = await ground.place(review)

    assert (placed.fate, placed.answer) == (Fate.NOT_YET, None)
    assert ground.lane is not None
    while await ground.lane.rebuild():
        pass
    assert (await ground.place(review)).fate is Fate.ACCEPTED
    assert (await ground.alert()).revision == 2


async def test_a_record_that_does_not_count_is_said_not_to():
    """It was folded past and has no answer: the dead letters say why."""
    ground = await begun()
    review = dict(review_of(
        Ask(alert=await ground.alert(), move=Move.CLOSE, member="m", reason="R", nonce="n"), NOW
    ))  # fmt: skip
    placed = await ground.place(review | {"move": ""})

    assert placed.fate is Fate.NOT_INCLUDED
    assert "tocsin quarantine show" in placed.says


async def test_what_is_signed_is_the_message_that_told_of_the_alert():
    """Whoever has the message of `safety.alerts.v1` can check what a member had on the screen."""
    ground = await begun()
    (message,) = [
        value
        for name, value in (await ground.store.outbox()).items()
        if name.startswith(f"a|{SIGNAL}")
    ]

    said = orjson.dumps(orjson.loads(message), option=orjson.OPT_SORT_KEYS)

    assert shown_of(await ground.alert()) == sha256(said).hexdigest()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"member": "no spaces"}, "1 to 64 characters"), ({"reason": ""}, "`review.reason`")],
)
async def test_the_form_of_a_move_is_refused_before_it_is_sent(wrong: Any, says):
    """As every worker would refuse it."""
    ground = await begun()
    ask = Ask(alert=await ground.alert(), move=Move.CLOSE, member="m", reason="R", nonce="n")
    review = dict(review_of(ask, NOW))

    assert objection(review) == ""
    assert says in objection(review | wrong)
    assert ground.log.next == 100
