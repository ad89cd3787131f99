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
from alerts.register.register import Answer
from alerts.register.update import answer_field
from monitor.errors import Refusal
from streams.kafka.sender import Sender
from streams.producers.ticks import addressed
from streams.records.decode import decode
from streams.records.encode import wire
from streams.records.models import MAJOR
from streams.records.signing import Signer
from streams.store import Fields
from streams.store.rows.alerts import answer_from

SYSTEM = "board"
"""Whose records members' moves are."""

KEY = "A move must be signed with the key that [[board]] of the plan gives the member (--key)"

PATIENCE_SECONDS = 5.0
GLANCE_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A *member* asks for *move* on *alert*, which is as the member saw it.

    *nonce* is of the page on which it was asked: whoever sends it twice has asked once.
    """

    alert: Alert
    move: Move
    member: str
    reason: str
    nonce: str

    @property
    def thing(self) -> str:
        """The name of the record."""
        return f"{SYSTEM}/{self.nonce}"


class Fate(StrEnum):
    """What has become of a move."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_INCLUDED = "not_included"
    NOT_YET = "not_yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A move at *offset* of *partition*, and what the docket *answered* if it did."""

    partition: int
    offset: int
    fate: Fate
    answer: Answer | None = None

    @property
    def says(self) -> str:
        """What the member is told."""
        place = f"offset {self.offset} of partition {self.partition}"
        if self.answer is not None:
            return self.answer.reason or f"It is {self.answer.state} now."
        if self.fate is Fate.NOT_YET:
            return f"Recorded at {place}, not yet in force: nobody has folded it so far."
        why = f"`tocsin quarantine show {self.partition} {self.offset}` says why to an operator"
        return f"The record at {place} does not count. {KEY}; {why}."


class Rows(Protocol):
    """The part of a store that is read to find out."""

    async def cursor(self) -> Fields:
        """How far the partition was folded."""
        ...

    async def field(self, study: str, name: str) -> bytes:
        """One field of a study's row."""
        ...


def shown_of(alert: Alert) -> str:
    """Names what a member has on the screen: SHA-256 of a revision, as canonical JSON.

    It is that of the message on ``safety.alerts.v1``, its keys in order.
    """
    said = asdict(alert) | {"hypothetical": False}
    return sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def review_of(ask: Ask, now: datetime) -> Mapping[str, Any]:
    """The record of a move that is made *now*; it is yet to be signed."""
    return {
        "schema": f"trial.log/{MAJOR}",
        "type": "review",
        "study": ask.alert.study,
        "source": {"system": SYSTEM, "id": ask.nonce, "version": 1},
        "known_at": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "alert": ask.alert.id,
        "revision": ask.alert.revision,
        "move": ask.move.value,
        "shown": shown_of(ask.alert),
        "member": ask.member,
        "reason": ask.reason,
        "meaning": MEANINGS[ask.move],
    }


def objection(review: Mapping[str, Any]) -> str:
    """What every worker would have against the form of *review*; empty where nothing."""
    read = decode(wire(review))
    return read.message if isinstance(read, Refusal) else ""


@dataclass(slots=True)
class Reviewing:
    """Puts moves into the log, of so many *partitions*, and waits for what the workers say."""

    sender: Sender
    partitions: int
    rows: Callable[[int], Rows]
    patience: float = PATIENCE_SECONDS
    clock: Callable[[], float] = time.monotonic

    async def place(self, review: Mapping[str, Any], signer: Signer | None = None) -> Placed:
        """Send *review*, signed if there is a *signer*, and wait for the answer.

        Raises Undelivered: then it may be in the log, and may be sent again as it is.
        """
        signed = dict(review) if signer is None else signer.sign(dict(review))
        study = review["study"]
        message = addressed(study, wire(signed), self.partitions)
        offset = await self.sender.send(message)
        rows = self.rows(message.partition)
        passed = await self._passed(rows, study, offset)
        name = answer_field(f"{SYSTEM}/{review['source']['id']}")
        said = await rows.field(study, name) if passed else b""
        answer = answer_from(said) if said else None
        return Placed(
            partition=message.partition,
            offset=offset,
            fate=_fate(answer, passed=passed),
            answer=answer,
        )

    async def _passed(self, rows: Rows, study: str, offset: int) -> bool:
        """Wait until the record at *offset* is folded, but not for ever."""
        deadline = self.clock() + self.patience
        while not await _is_folded(rows, study, offset):
            if self.clock() > deadline:
                return False
            await asyncio.sleep(GLANCE_SECONDS)
        return True


async def _is_folded(rows: Rows, study: str, offset: int) -> bool:
    """Whether the cursor has passed *offset*, and the row of *study* is where the cursor says.

    A row that is being rebuilt is not: the cursor goes on without it.
    """
    cursor = await rows.cursor()
    if int(cursor.get("next") or b"0") <= offset:
        return False
    due, pos = cursor.get(f"pos|{study}", b""), await rows.field(study, "pos")
    return not due or (pos.isdigit() and int(pos) >= int(due))


def _fate(answer: Answer | None, *, passed: bool) -> Fate:
    if answer is not None:
        return Fate.ACCEPTED if answer.accepted else Fate.REFUSED
    return Fate.NOT_INCLUDED if passed else Fate.NOT_YET
