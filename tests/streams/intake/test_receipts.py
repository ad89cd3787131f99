"""A receipt answers for a record of the client's own study and systems, and for no other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from streams.intake.fold_view import READ_SECONDS, wait_for_results
from streams.kafka.partitioner import partition_of
from streams.kafka.topics import LOG
from streams.log import LogUnreachable
from tests.streams.intake.intakes import (
    AUTHORIZED,
    NDJSON,
    OTHER_STUDY,
    PARTITION,
    PARTITIONS,
    running_intake,
)
from tests.streams.intake.sent_records import STUDY, encoded, lines, plan, record, subject


async def test_a_receipt_is_pending_until_the_record_is_folded():
    """A rewound store is folded again, and the receipt waits with it."""
    async with running_intake() as intake:
        await intake.post(lines(plan(), subject(1)), **NDJSON)
        outcomes = [(await (await intake.get_receipt(1)).json())["outcome"]]
        await intake.fold()
        outcomes.append((await (await intake.get_receipt(1)).json())["outcome"])
        await intake.store.rewind(None)
        outcomes.append((await (await intake.get_receipt(1)).json())["outcome"])

    assert outcomes == ["pending", "accepted", "pending"]


async def test_a_record_of_a_row_that_is_rebuilt_is_pending():
    """The cursor is past it, and its study's row not yet."""
    async with running_intake() as intake:
        await intake.post(lines(plan(), subject(1)), **NDJSON)
        await intake.fold()
        await intake.store.client.hset(intake.store.keys.row(STUDY), "pos", "0")

        assert (await (await intake.get_receipt(1)).json())["outcome"] == "pending"


async def test_a_wait_ends_with_the_fold():
    """It is answered as soon as the record is folded."""
    async with running_intake() as intake:
        await intake.post(encoded(plan()))
        asked = asyncio.create_task(intake.get_receipt(0, Prefer="wait=10"))
        await asyncio.sleep(0.2)
        assert not asked.done()
        await intake.fold()

        assert (await (await asked).json())["outcome"] == "accepted"


async def test_what_is_no_record_of_the_client_is_not_found():
    """An offset beyond the end, a foreign system, a foreign study in the partition, no record."""
    foreign = record(
        "tick", 1, date="2026-03-01", source={"system": "safety", "id": "a", "version": 1}
    )
    same = next(
        name
        for name in (f"OTHER-{number}" for number in range(99))
        if partition_of(name, PARTITIONS) == PARTITION
    )
    async with running_intake() as intake:
        log = intake.topics.log(LOG, PARTITION)
        log.append(encoded(foreign), STUDY.encode())
        log.append(encoded(subject(1) | {"study": same}), same.encode())
        log.append(b"no record", STUDY.encode())
        log.append(None, STUDY.encode())
        statuses = [(await intake.get_receipt(offset)).status for offset in (*range(4), 4, 10**14)]
        path = f"/v1/studies/{STUDY}/receipts/{PARTITION + 1}-0"
        statuses.append((await intake.http.get(path, headers=AUTHORIZED)).status)

    assert statuses == [404] * 7


@pytest.mark.parametrize("headers", [{"Authorization": ""}, {"Authorization": "Bearer x"}])
async def test_a_receipt_needs_a_token(headers: dict[str, str]):
    """A signature has no body to sign."""
    async with running_intake() as intake:
        assert (await intake.get_receipt(0, **headers)).status == 401
        assert (await intake.get_receipt(0, OTHER_STUDY)).status == 403


async def test_a_view_that_takes_too_long_is_given_up():
    """The answer comes in time; the next request goes on where this one was."""

    class SlowView:
        async def results(self, study: str, partition: int, offsets: Sequence[int]) -> Any:
            await asyncio.sleep(60)

    with pytest.raises(LogUnreachable):
        await wait_for_results(SlowView(), STUDY, 0, [0], 0.1 - READ_SECONDS)
