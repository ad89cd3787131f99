"""A file goes into Kafka once, however often it is produced and wherever it was interrupted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.broker import administer
from streams.embedded import EmbeddedBroker
from streams.envelope import headers_of
from streams.log import LogRecord
from streams.log_file import FileLog
from streams.log_kafka import KafkaLog
from streams.pace import AtOnce
from streams.partition import partition_of
from streams.producing import Sink, backlog, deliver, lacking
from tests.contract.commands import tocsin
from tests.contract.logs import TopicShelf, all_of

PARTITIONS = 4
Held = dict[int, list[bytes | None]]
Records = AsyncIterator[tuple[int, LogRecord]]


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def shelf(request: pytest.FixtureRequest) -> TopicShelf:
    """A new topic of four partitions on each broker."""
    made = TopicShelf(request.getfixturevalue(request.param).bootstrap)
    if request.param == "kafka":
        with administer(made.bootstrap) as admin:
            admin.create_topics({made.topic: {"num_partitions": 4}}, wait_for_metadata=True)
    return made


@pytest.fixture
def embedded() -> Iterator[EmbeddedBroker]:
    """A mock broker, empty."""
    broker = EmbeddedBroker()
    yield broker
    broker.close()


def line(number: int, study: str = "", **more: Any) -> bytes:
    """A record of one of seven studies."""
    source = {"system": "edc", "id": f"r{number}", "version": 1}
    said = {"type": "tick", "study": study or f"S{number % 7}", "source": source, **more}
    return json.dumps(
        {"schema": "trial.log/1", "known_at": "2020-01-01T00:00:00Z", **said}
    ).encode()


def log_of(folder: Path, *lines: bytes) -> Path:
    path = folder / "log.jsonl"
    path.write_bytes(b"".join(each + b"\n" for each in lines))
    return path


def produce(shelf: TopicShelf, path: Path, most: int | None = None) -> int:
    """Produce the file as the command does, or only its first *most* missing records."""

    async def play() -> int:
        file = FileLog(path)
        missing = await backlog(
            file, PARTITIONS, lambda number: KafkaLog(shelf.bootstrap, shelf.topic, number)
        )
        records = lacking(file, PARTITIONS, missing)
        if most is not None:
            records = cut(records, most)
        async with Sink(shelf.bootstrap, shelf.topic) as sink:
            sent = [count async for count in deliver(records, sink, AtOnce())][-1]
        await file.close()
        return sent

    return asyncio.run(play())


async def cut(records: Records, most: int) -> Records:
    """The first of *records*: what a run sends that is ended in the middle."""
    async for record in records:
        if most == 0:
            return
        most -= 1
        yield record


def held(bootstrap: str, topic: str) -> Held:
    """What each partition of the topic holds."""

    async def play() -> Held:
        found: Held = {}
        for number in range(PARTITIONS):
            log = KafkaLog(bootstrap, topic, number)
            found[number] = [value for _, value in await all_of(log, most=1000)]
            await log.close()
        return found

    return asyncio.run(play())


def belonging(lines: list[bytes]) -> Held:
    """Where *lines* belong, by the studies that they name."""
    found: Held = {number: [] for number in range(PARTITIONS)}
    for each in lines:
        found[partition_of(json.loads(each)["study"], PARTITIONS)].append(each)
    return found


def test_each_record_goes_to_its_studys_partition_in_the_order_of_the_file(
    shelf: TopicShelf, tmp_path: Path
):
    """A study's records lie in one partition, in order: nothing else keeps a follow-up second."""
    lines = [line(number) for number in range(100)]

    assert produce(shelf, log_of(tmp_path, *lines)) == 100
    assert held(shelf.bootstrap, shelf.topic) == belonging(lines)


def test_a_file_that_is_produced_twice_adds_nothing(shelf: TopicShelf, tmp_path: Path):
    """Not even where one line stands in it twice or more."""
    lines = [line(n) for n in (0, 1, 1, 1, 2, 0, 7, 7, 0, 3)]
    path = log_of(tmp_path, *lines)

    assert [produce(shelf, path) for _ in range(3)] == [len(lines), 0, 0]
    assert held(shelf.bootstrap, shelf.topic) == belonging(lines)


@pytest.mark.parametrize("most", [1, 37, 99])
def test_a_run_that_was_interrupted_is_taken_up_where_it_ended(
    shelf: TopicShelf, tmp_path: Path, most: int
):
    """The second run sends the rest, and only the rest."""
    lines = [line(number) for number in range(100)]
    path = log_of(tmp_path, *lines)

    assert produce(shelf, path, most) == most
    assert produce(shelf, path) == 100 - most
    assert held(shelf.bootstrap, shelf.topic) == belonging(lines)


def test_a_file_that_has_grown_adds_what_is_new(shelf: TopicShelf, tmp_path: Path):
    """A source that appends to its file may produce it every night."""
    lines = [line(number) for number in range(30)]
    produce(shelf, log_of(tmp_path, *lines[:20]))

    assert produce(shelf, log_of(tmp_path, *lines)) == 10
    assert held(shelf.bootstrap, shelf.topic) == belonging(lines)


def test_what_others_wrote_in_between_is_passed_over(shelf: TopicShelf, tmp_path: Path):
    """Ticks and reviews come from elsewhere; the file is found among them all the same."""
    lines = [line(number, "S") for number in range(9)]
    produce(shelf, log_of(tmp_path, *lines[:4]))
    other = log_of(tmp_path, *[line(number, "S") for number in (100, 101)])
    assert produce(shelf, other) == 2

    assert produce(shelf, log_of(tmp_path, *lines)) == 5
    assert produce(shelf, log_of(tmp_path, *lines)) == 0


def test_key_and_headers_say_what_a_record_is(shelf: TopicShelf, tmp_path: Path):
    """The key is the study; a tool that knows CloudEvents knows the rest without the value."""
    produce(shelf, log_of(tmp_path, line(3, "PRODERM")))

    async def play() -> Any:
        number = partition_of("PRODERM", PARTITIONS)
        log = KafkaLog(shelf.bootstrap, shelf.topic, number)
        (record,) = await log.read(0, 10)
        await log.close()
        return record

    record = asyncio.run(play())
    assert record.key == b"PRODERM"
    assert dict(record.headers) == {
        "content-type": b"application/json",
        "ce_specversion": b"1.0",
        "ce_id": b"r3/1",
        "ce_source": b"/PRODERM/edc",
        "ce_type": b"trial.log.tick",
        "ce_time": b"2020-01-01T00:00:00Z",
    }


@pytest.mark.parametrize("value", [b"", b"null", b"[]", b'{"study":"S"}', b'{"source":1}', b"\xff"])
def test_what_is_no_event_gets_no_headers_of_one(value: bytes):
    """A half-filled envelope would be worse than none."""
    assert headers_of(value) == (("content-type", b"application/json"),)


def test_the_command_says_what_it_sent_and_what_was_there(embedded: EmbeddedBroker, tmp_path: Path):
    """Exit code 0, and the same file again adds nothing."""
    path = str(log_of(tmp_path, *[line(number) for number in range(50)]))
    settings = {"BROKER": embedded.bootstrap, "LOG_PARTITIONS": "4"}

    first, second = (tocsin("produce", path, **settings) for _ in range(2))

    assert (first.returncode, first.stdout) == (0, "50 records sent, 0 were there.\n")
    assert (second.returncode, second.stdout) == (0, "0 records sent, 50 were there.\n")
    assert first.stderr == second.stderr == ""


def test_a_line_that_belongs_nowhere_is_named_and_the_others_go(
    embedded: EmbeddedBroker, tmp_path: Path
):
    """Exit code 3: data was left out, and nobody should have to count to notice."""
    path = str(log_of(tmp_path, line(0), b"{nonsense", b'{"study":5}', line(1)))

    done = tocsin("produce", path, BROKER=embedded.bootstrap, LOG_PARTITIONS="4")

    assert (done.returncode, done.stdout) == (3, "2 records sent, 0 were there.\n")
    assert "line 2: not sent: it names no study" in done.stderr
    assert "line 3: not sent" in done.stderr and "2 lines not sent" in done.stderr


def test_another_number_of_partitions_is_refused(embedded: EmbeddedBroker, tmp_path: Path):
    """A study's place follows from their number: the records would lie where nobody looks."""
    path = str(log_of(tmp_path, line(0)))

    done = tocsin("produce", path, BROKER=embedded.bootstrap, LOG_PARTITIONS="12")

    assert done.returncode == 2 and "TOCSIN_LOG_PARTITIONS=4" in done.stderr
    assert not any(held(embedded.bootstrap, "trial.log.v1").values())


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--rate", "5/s", "--speed", "max"], 2, "not both"),
        (["--speed", "fast"], 2, "60x"),
        ([], 4, "tocsin doctor"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(
    tmp_path: Path, words: list[str], code: int, says: str
):
    """A wrong flag is 2, a broker that does not answer is 4."""
    done = tocsin("produce", str(log_of(tmp_path, line(0))), *words, BROKER="127.0.0.1:1")

    assert done.returncode == code and says in done.stderr and "Traceback" not in done.stderr


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path):
    """As for `tocsin replay`."""
    done = tocsin("produce", str(tmp_path / "log.jsonl"), BROKER="127.0.0.1:1")

    assert done.returncode == 2 and "cannot be read" in done.stderr
