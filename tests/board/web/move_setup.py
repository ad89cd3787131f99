"""ProDERM up to its first alert, with a board whose member signs with an encrypted key."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from alerts.alert import Alert
from board.access.member_keys import MemberKeys
from board.access.read_log import ReadLog
from board.access.roles import Role
from board.web.move_service import MoveService
from streams.audit.audit_log import AuditLog
from streams.kafka.sender import Message, Undelivered
from streams.processor.processor import PartitionProcessor
from streams.producers.reviews import ReviewWriter
from streams.store.memory import MemoryStore
from streams.store.rows.alerts import entry_from
from tests.board.web.boards import Board
from tests.board.web.facts_client import STUDY
from tests.streams.list_log import ListLog
from tests.streams.processor.processors import (
    PRODERM,
    claimed_processor,
    log_of,
    records_between,
)
from tests.streams.reviewed_log import SIGNAL_ALERT_ID

PASSPHRASE = "twelve or more"
NONCE = "0123456789abcdef"
FORM = {"move": "acknowledge", "reason": "Read the cases.", "nonce": NONCE}
PATH = f"/s/{STUDY}/moves"


@dataclass
class MoveSetup:
    """ProDERM up to its first alert, a board of one enrolled member, and a folding sender.

    With *worker_paused* nothing that is sent is folded.
    """

    keys: MemberKeys
    log: ListLog = field(default_factory=ListLog)
    store: MemoryStore = field(default_factory=MemoryStore)
    processor: PartitionProcessor | None = None
    worker_paused: bool = False
    undelivered: bool = False
    board: Board = field(default_factory=Board)

    async def send(self, message: Message) -> int:
        if self.undelivered:
            raise Undelivered("made to fail")
        record = self.log.append(message.value, message.key)
        if not self.worker_paused:
            await self.fold()
        return record.offset

    async def fold(self) -> None:
        if self.processor is None:
            self.processor = await claimed_processor(self.log, self.store)
        await self.processor.fold_batch(records_between(self.log, self.processor.position))

    async def alert(self) -> Alert:
        return entry_from(await self.store.field(STUDY, f"l|{SIGNAL_ALERT_ID}")).alert

    def sent(self) -> list[dict[str, Any]]:
        """The reviews on the log."""
        records = [orjson.loads(one.value or b"{}") for one in self.log.records.values()]
        return [one for one in records if one["type"] == "review"]


def with_board(record: bytes, member: str, public: bytes) -> bytes:
    """The plan record with a member of the board in its plan, the rest as it is."""
    fields = orjson.loads(record)
    if fields["type"] != "plan":
        return record
    key = b64encode(public).decode()
    fields["toml"] += f'\n[[board]]\nmember = "{member}"\nkey = "{key}"\n'
    fields["sha256"] = sha256(fields["toml"].encode()).hexdigest()
    return orjson.dumps(fields)


async def setup_moves(folder: Path, *, listed: bool = True) -> MoveSetup:
    """A setup whose member board-1 is enrolled; the plan lists the key if *listed*."""
    setup = MoveSetup(MemberKeys(folder / "keys"))
    signer = setup.keys.enrol("board-1", PASSPHRASE)
    public = signer.public_key if listed else setup.keys.enrol("x", PASSPHRASE).public_key
    setup.log = log_of([with_board(each, "board-1", public) for each in PRODERM[:100]])
    await setup.fold()
    read_log = ReadLog(AuditLog(setup.board.trail, who="web", writer="w"))
    writer = ReviewWriter(setup, setup.log.partitions, lambda _: setup.store, timeout_seconds=0.05)
    setup.board.moves = MoveService(writer, lambda _: setup.store, setup.keys, read_log)
    return setup


def send_form(setup: MoveSetup, alerts: list[str], **fields: str) -> str:
    """Send a form as a browser does, and return the page of its results."""
    browser = setup.board.user(Role.BOARD)
    data: dict[str, Any] = FORM | {"passphrase": PASSPHRASE, "alert": alerts} | fields
    answer = browser.post(PATH, data=data)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}/{data['nonce']}")
    return browser.get(answer.headers["location"]).text
