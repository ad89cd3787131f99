"""`tocsin tick` sends ticks once or at an interval, and a repeated tick changes nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from monitor.errors import Refusal
from monitor.records import Tick
from monitor.state.entities import RecordOutcome
from streams.kafka.partitioner import partition_of
from streams.local.embedded import EmbeddedBroker
from streams.log.kafka import KafkaLog
from streams.processor.pipeline import Pipeline
from streams.producers.ticks import encode_tick
from streams.records.decode import decode
from streams.records.encode import encode_record
from tests.contract.commands import tocsin
from tests.paths import ROOT
from tests.scenarios.commands import plan_record

NOON = datetime(2020, 3, 5, 12, 30, tzinfo=UTC)


def outcomes(*ticks: bytes) -> tuple[list[RecordOutcome], Any]:
    """The outcomes of *ticks* in an open study S, and the as-of day of the study after them."""
    pipeline = Pipeline()
    pipeline.process_bytes(encode_record(plan_record()), 0)
    results = [pipeline.process_bytes(each, offset).outcome for offset, each in enumerate(ticks)]
    return results, pipeline.studies["S"].as_of


def test_a_tick_moves_the_as_of_day_and_its_repeat_changes_nothing():
    """Two ticks within an hour are the same bytes, so the second is a duplicate."""
    first, again = encode_tick("S", NOON), encode_tick("S", NOON + timedelta(minutes=29))

    assert first == again
    assert outcomes(first, again) == (
        [RecordOutcome.FOLDED, RecordOutcome.DUPLICATE],
        NOON.toordinal(),
    )


def test_a_tick_an_hour_later_is_another_record():
    """Hourly ticks keep the as-of day of a study without events up to date."""
    assert outcomes(encode_tick("S", NOON), encode_tick("S", NOON + timedelta(hours=1)))[0] == [
        RecordOutcome.FOLDED,
        RecordOutcome.FOLDED,
    ]


def test_two_days_ticked_in_one_hour_do_not_conflict():
    """A tick of another day within the hour has its own id, and is folded."""
    results, as_of = outcomes(encode_tick("S", NOON, date(2020, 2, 1)), encode_tick("S", NOON))

    assert results == [RecordOutcome.FOLDED, RecordOutcome.FOLDED]
    assert as_of == NOON.toordinal()


def test_a_tick_has_the_day_and_hour_of_utc():
    """Half past midnight in Berlin is 23:30 of the previous day in UTC."""
    berlin = datetime(2020, 3, 6, 0, 30, tzinfo=timezone(timedelta(hours=1)))

    record = decode(encode_tick("S", berlin))
    assert not isinstance(record, Refusal) and isinstance(record.body, Tick)
    assert (record.entity_id, record.body.date) == ("tocsin.tick/2020-03-05T23", NOON.toordinal())


def test_a_study_with_the_longest_name_can_be_ticked():
    """A name of 64 characters fits, because the id of a tick does not contain it."""
    assert not isinstance(decode(encode_tick("S" * 64, NOON)), Refusal)


def test_the_command_sends_one_tick_a_study_to_its_partition(embedded: EmbeddedBroker):
    """The command prints the partition of each tick and ends with exit code 0.

    It prints no offset.  The open metrics count records without reviews, so an offset would reveal
    that there are reviews, and hence alerts.
    """
    result = tocsin("tick", "S", "T", "--date", "2020-03-05", BROKER=embedded.bootstrap,
                  LOG_PARTITIONS="4")  # fmt: skip

    assert (result.returncode, result.stderr) == (0, "")
    partitions = [partition_of(study, 4) for study in "ST"]
    assert result.stdout == f"S: partition {partitions[0]}\nT: partition {partitions[1]}\n"
    log = KafkaLog(embedded.bootstrap, "trial.log.v1", partitions[0])

    async def first() -> Any:
        (record,) = await log.read(0, 1)
        await log.close()
        return record

    record = asyncio.run(first())
    assert (record.key, dict(record.headers)["ce_type"]) == (b"S", b"trial.log.tick")
    decoded = decode(record.value)
    assert not isinstance(decoded, Refusal) and decoded.body == Tick(NOON.toordinal())


def test_a_repeated_tick_ends_on_sigterm(embedded: EmbeddedBroker):
    """As process 1 of a container it would ignore an unhandled SIGTERM, and be killed later."""
    with subprocess.Popen(
        [sys.executable, "-m", "tocsin", "tick", "S", "--every", "1h"],
        env={**os.environ, "TOCSIN_BROKER": embedded.bootstrap, "TOCSIN_LOG_PARTITIONS": "4"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stdout.readline().startswith("S: partition")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)

    assert (process.returncode, errors) == (128 + signal.SIGTERM, "")


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        ([], 2, "No study given"),
        (["a b"], 2, "1 to 64 characters"),
        (["S", "--every", "0h"], 2, "30m or 1h"),
        (["S", "--every", "soon"], 2, "30m or 1h"),
        (["S", "--date", "yesterday"], 2, "YYYY-MM-DD"),
        (["S", "--date", "2199-01-01"], 2, "in the future"),
        (["S"], 4, "tocsin doctor"),
    ],
)
def test_an_error_names_the_remedy(arguments: list[str], code: int, expected: str):
    """A wrong flag or name is exit code 2, an unreachable broker is 4."""
    result = tocsin("tick", *arguments, BROKER="127.0.0.1:1")

    assert result.returncode == code and expected in result.stderr, result.stderr
    assert "Traceback" not in result.stderr
