"""A batch that cannot be read, met by `tocsin run`: its partition stops and says so, no other."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from streams.kafka.partitioner import partition_of
from streams.kafka.topics import AUDIT, LOG
from streams.local.kafka_server import KafkaServer
from streams.processor.refold import refold
from streams.processor.stop import StopReason
from streams.store import Fields
from streams.store.memory import MemoryStore
from tests.contract.damaged_batches import DAMAGES, damage_batch
from tests.contract.expected_results import non_empty
from tests.contract.processes import wait_until
from tests.contract.workers import WorkerSite
from tests.scenarios.commands import small_log
from tests.streams.processor.processors import PRODERM, STUDY, claimed_processor, log_of

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

Producer: Any = AIOKafkaProducer

STUDY_PARTITION = partition_of(STUDY, 12)
OTHER_STUDY = next(name for n in range(99) if partition_of(name := f"E{n}", 12) != STUDY_PARTITION)
OTHER_PARTITION = partition_of(OTHER_STUDY, 12)
START, AFTER, END = 30, 45, 80
"""The offsets of ProDERM that are sent, and those of the batch that is damaged."""


async def send_batch(broker: str, values: list[bytes]) -> None:
    """Send *values* of ProDERM as one batch."""
    async with Producer(bootstrap_servers=broker, max_batch_size=1 << 20) as producer:
        batch = producer.create_batch()
        for each in values:
            batch.append(key=STUDY.encode(), value=each, timestamp=None)
        await (await producer.send_batch(batch, LOG, partition=STUDY_PARTITION))


def send_and_damage(site: WorkerSite, kafka: KafkaServer, fault: str) -> bytes:
    """Send three batches, and damage the second; its bytes as the broker has them then."""
    for first, after in ((0, START), (START, AFTER), (AFTER, END)):
        asyncio.run(send_batch(site.broker, PRODERM[first:after]))
    name = f"{LOG}-{STUDY_PARTITION}"
    return damage_batch(kafka.folder / "data", name, START, DAMAGES[fault])


async def expected_row() -> Fields:
    """The row of one pass over the log, without the records of the damaged batch."""
    log, store = log_of(PRODERM[:END], STUDY, 12), MemoryStore()
    await store.release(AFTER - 1, batch_from=START)
    await refold(await claimed_processor(log, store), log)
    return non_empty(await store.row(STUDY))


def doctor_says(site: WorkerSite) -> tuple[str, str]:
    """What `doctor` says of the partition, and the command that it names."""
    lines = map(json.loads, site.tocsin("doctor", "--json").stdout.splitlines())
    (found,) = (each for each in lines if each["what"] == f"partition {STUDY_PARTITION}")
    return found["says"], found["next"]


@pytest.mark.parametrize("fault", DAMAGES)
@pytest.mark.campaign
def test_an_unreadable_batch_stops_its_partition_until_it_is_passed(
    site: WorkerSite, kafka: KafkaServer, tmp_path: Path, fault: str
):
    """Probe, list and doctor name it; the other partitions go on; a file keeps its bytes."""
    damaged = send_and_damage(site, kafka, fault)
    header = fault == "its header is invalid"
    offsets = f"offset {START}" if header else f"offsets {START} to {AFTER - 1}"
    with site.running() as worker:
        wait_until(lambda: site.cursor(STUDY_PARTITION).next == START, "the first batch")
        says = f"The batch at {offsets} cannot be read: {fault}."
        finding = {
            "what": f"{says} {StopReason.UNREADABLE_BATCH.remedy}",
            "remedy": "tocsin quarantine list",
            "partition": STUDY_PARTITION,
        }
        wait_until(lambda: worker.readiness() == (False, [finding]), "the finding")
        records = map(orjson.dumps, small_log(OTHER_STUDY))
        site.wait_folded(OTHER_PARTITION, site.send(records, OTHER_STUDY, OTHER_PARTITION))
        assert says in site.tocsin("quarantine", "list").stdout
        text, command = doctor_says(site)
        assert says in text
        assert command.startswith(f"tocsin quarantine pass {STUDY_PARTITION} {START} --file ")
        verified = site.tocsin("verify", "--partition", f"{STUDY_PARTITION}")
        assert (verified.returncode, says in verified.stderr) == (0, False), verified.stderr

        file = tmp_path / "batch"
        words = *command.split()[1:-1], str(file)
        passed = site.tocsin(*words)
        assert (passed.returncode, file.read_bytes()) == (0, damaged), passed.stderr
        wait_until(lambda: site.cursor(STUDY_PARTITION).next == END, "the end")
        wait_until(lambda: worker.readiness() == (True, []), "readiness")
        assert worker.stop() == 0, worker.output
    assert worker.output.count(f"stopped at offset {START}") == 1
    assert "Traceback" not in worker.output
    assert site.rows(STUDY_PARTITION, [STUDY]) == {STUDY: asyncio.run(expected_row())}
    check_records_of_it(site, words)


def check_records_of_it(site: WorkerSite, words: tuple[str, ...]) -> None:
    """Audit and list name the offsets; a second fold leaves them out too; no file is lost."""
    entries = [json.loads(each.value) for each in site.topic_records(AUDIT)]
    (entry,) = (each for each in entries if "quarantine pass" in each["what"])
    where = entry["where"]
    assert (where["partition"], where["offset"], where["through"]) == (
        STUDY_PARTITION,
        START,
        AFTER - 1,
    )
    listed = site.tocsin("quarantine", "list").stdout
    assert f"partition {STUDY_PARTITION}: offsets {START} to {AFTER - 1} passed" in listed
    verified = site.tocsin("verify", "--partition", f"{STUDY_PARTITION}")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    again = site.tocsin(*words)
    assert again.returncode == 2 and "Name a new file" in again.stderr
    readable = site.tocsin("quarantine", "pass", f"{STUDY_PARTITION}", "0", "--file", "unused")
    assert readable.returncode == 3 and "can be read" in readable.stderr
