"""Nothing happened: said by a command, once or again and again, and harmless when repeated."""

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
    """What becomes of ticks of an open study S, and the day its data then speak of."""
    pipeline = Pipeline()
    pipeline.process_bytes(encode_record(plan_record()), 0)
    told = [pipeline.process_bytes(each, line).outcome for line, each in enumerate(ticks)]
    return told, pipeline.studies["S"].as_of


def test_a_tick_moves_the_as_of_day_and_its_repeat_changes_nothing():
    """Two within an hour are one record said twice, whoever says it, to the byte."""
    first, again = encode_tick("S", NOON), encode_tick("S", NOON + timedelta(minutes=29))

    assert first == again
    assert outcomes(first, again) == (
        [RecordOutcome.FOLDED, RecordOutcome.DUPLICATE],
        NOON.toordinal(),
    )


def test_an_hour_later_it_is_another_record():
    """A study that is quiet for days is ticked every hour, and is never a day behind."""
    assert outcomes(encode_tick("S", NOON), encode_tick("S", NOON + timedelta(hours=1)))[0] == [
        RecordOutcome.FOLDED,
        RecordOutcome.FOLDED,
    ]


def test_two_days_ticked_in_one_hour_do_not_conflict():
    """A correction of the day within the hour is a statement of its own."""
    told, as_of = outcomes(encode_tick("S", NOON, date(2020, 2, 1)), encode_tick("S", NOON))

    assert told == [RecordOutcome.FOLDED, RecordOutcome.FOLDED]
    assert as_of == NOON.toordinal()


def test_the_day_is_that_of_utc():
    """Half past midnight in Berlin is still yesterday's hour of the log."""
    berlin = datetime(2020, 3, 6, 0, 30, tzinfo=timezone(timedelta(hours=1)))

    read = decode(encode_tick("S", berlin))
    assert not isinstance(read, Refusal) and isinstance(read.body, Tick)
    assert (read.entity_id, read.body.date) == ("tocsin.tick/2020-03-05T23", NOON.toordinal())


def test_the_longest_name_of_a_study_can_be_ticked():
    """The record's id has room for 64 letters, and so has the study's name: they are apart."""
    assert not isinstance(decode(encode_tick("S" * 64, NOON)), Refusal)


def test_the_command_sends_one_tick_a_study_to_its_partition(embedded: EmbeddedBroker):
    """It says where each went; exit code 0.

    At which offset it does not: records are counted in the open and reviews are not, and that
    there is a review tells that something rang.
    """
    done = tocsin("tick", "S", "T", "--date", "2020-03-05", BROKER=embedded.bootstrap,
                  LOG_PARTITIONS="4")  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    places = [partition_of(study, 4) for study in "ST"]
    assert done.stdout == f"S: partition {places[0]}\nT: partition {places[1]}\n"
    log = KafkaLog(embedded.bootstrap, "trial.log.v1", places[0])

    async def first() -> Any:
        found = (await log.read(0, 1))[0]
        await log.close()
        return found

    found = asyncio.run(first())
    assert (found.key, dict(found.headers)["ce_type"]) == (b"S", b"trial.log.tick")
    read = decode(found.value)
    assert not isinstance(read, Refusal) and read.body == Tick(NOON.toordinal())


def test_a_tick_that_goes_on_ends_on_sigterm_by_itself(embedded: EmbeddedBroker):
    """As the first process of a container it would otherwise be killed after ten seconds."""
    with subprocess.Popen(
        [sys.executable, "-m", "tocsin", "tick", "S", "--every", "1h"],
        env={**os.environ, "TOCSIN_BROKER": embedded.bootstrap, "TOCSIN_LOG_PARTITIONS": "4"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as going:
        assert going.stdout is not None and going.stdout.readline().startswith("S: partition")
        going.send_signal(signal.SIGTERM)
        _, said = going.communicate(timeout=60)

    assert (going.returncode, said) == (128 + signal.SIGTERM, "")


@pytest.mark.parametrize(
    ("words", "code", "says"),
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
def test_what_cannot_be_done_says_what_to_do(words: list[str], code: int, says: str):
    """A wrong flag or name is 2, a broker that does not answer is 4."""
    done = tocsin("tick", *words, BROKER="127.0.0.1:1")

    assert done.returncode == code and says in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
