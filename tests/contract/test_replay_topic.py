"""A topic is replayed as a file is, into memory or beside the live tables, and pages nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from streams.kafka.topics import LOG
from streams.local.kafka_server import KafkaServer
from tests.contract.backing_services import STUDIES, STUDY_PARTITIONS, Services, running_services
from tests.contract.commands import tocsin
from tests.scenarios.commands import clot_record

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

Producer: Any = AIOKafkaProducer
OutputLines = list[dict[str, Any]]


@pytest.fixture
def services(
    admin: Any, kafka: KafkaServer, redis_program: str, tmp_path: Path
) -> Iterator[Services]:
    """Kafka and Redis, the log produced, nothing folded."""
    with running_services(admin, kafka.bootstrap, tmp_path) as made:
        yield made


def output_lines(done: Any) -> OutputLines:
    """What a replay printed for programs."""
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def digests(told: OutputLines) -> dict[str, str]:
    return {each["study"]: each["digest"] for each in told if each["type"] == "result"}


def raised_alerts(told: OutputLines) -> set[tuple[str, int, float]]:
    alerts = [each for each in told if each["type"] == "alert"]
    return {(each["id"], each["revision"], each["e_value"]) for each in alerts}


async def test_a_topic_replays_to_what_its_file_replays_to(services: Services):
    """The same alerts and the same state; nothing in Redis, nothing announced."""
    topic = output_lines(services.tocsin("replay", "--topic", "--json"))
    file = output_lines(services.tocsin("replay", str(services.path), "--json"))

    assert digests(topic) == digests(file) and set(digests(topic)) == set(STUDIES)
    assert raised_alerts(topic) == raised_alerts(file) and raised_alerts(topic)
    assert await services.published_count() == 0
    shown = services.tocsin("replay", "--topic", LOG)
    assert shown.returncode == 0 and f"partition {STUDY_PARTITIONS['S']}, offset 4" in shown.stdout


async def test_a_space_of_its_own_holds_the_same_rows_and_pages_nobody(services: Services):
    """Alerts wait in its outbox for ever: only `live` has a relay.  Live rows are untouched."""
    done = services.tocsin("replay", "--topic", "--space", "beside")
    assert done.returncode == 0, done.stderr
    assert f"partition {STUDY_PARTITIONS['S']}: 6 records, 1 study, in space beside" in done.stdout
    assert not any((await services.rows()).values())
    beside = await services.rows("beside")
    store = services.open_store("S", "beside")
    assert any(name.startswith("a|") for name in await store.outbox())
    await store.close()

    await services.fold_all()

    assert beside == await services.rows() and all(beside.values())
    assert await services.published_count() == 0
    again = services.tocsin("replay", "--topic", "--space", "beside")
    assert (again.returncode, await services.rows("beside")) == (0, beside)
    assert services.tocsin("verify", "--space", "beside").returncode == 0


def test_a_stretch_ends_at_an_offset_or_a_time(services: Services, tmp_path: Path):
    """As a file that ends there; before the first record there is nothing."""
    (tmp_path / "part").mkdir()
    part = tmp_path / "part" / "log.jsonl"
    part.write_bytes(b"".join(services.path.read_bytes().splitlines(keepends=True)[:5]))
    words = ("replay", "--topic", "--json", "--partition", str(STUDY_PARTITIONS["S"]))

    cut = output_lines(services.tocsin(*words, "--until", "5"))
    assert digests(cut) == digests(output_lines(services.tocsin("replay", str(part), "--json")))
    whole = output_lines(services.tocsin(*words, "--until", "2199-01-01"))
    assert digests(whole) == digests(output_lines(services.tocsin(*words)))
    assert services.tocsin(*words, "--until", "2000-01-01T00:00:00Z").returncode == 3
    late = services.tocsin(*words, "--from", "1")
    assert late.returncode == 3 and "no_plan" in late.stderr


async def test_a_record_that_a_worker_refuses_is_not_included_here_either(services: Services):
    """Under another key, or in another partition: its bytes alone would look right."""
    before = digests(output_lines(services.tocsin("replay", "--topic", "--json")))
    value = json.dumps(clot_record("C", "2020-03-01")).encode()
    async with Producer(bootstrap_servers=services.broker) as producer:
        await producer.send_and_wait(LOG, value, key=b"T", partition=STUDY_PARTITIONS["S"])
        await producer.send_and_wait(
            LOG, value, key=b"S", partition=(STUDY_PARTITIONS["S"] + 1) % 12
        )

    done = services.tocsin("replay", "--topic", "--json")

    assert digests(output_lines(done)) == before
    assert f"partition {STUDY_PARTITIONS['S']}, offset 6: wrong_key" in done.stderr
    assert "wrong_partition" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ([], 2, "LOG to replay, or --topic"),
        (["log.jsonl", "--topic=trial.log.v1"], 2, "Give either a LOG"),
        (["log.jsonl", "--space", "x"], 2, "need --topic"),
        (["--topic", "--space", "live"], 2, "tocsin rebuild"),
        (["--topic", "--space", "x", "--from", "3"], 2, "omit --from"),
        (["--topic", "--space", "x", "--as-of", "2020-01-01"], 2, "omit --space"),
        (["--topic", "--space", "x y", "--partition", "0"], 2, "--space x y"),
        (["--topic", "--until", "3"], 2, "add one --partition"),
        (["--topic", "--partition", "12"], 2, "0 to 11"),
        (["--topic", "--partition", "0", "--until", "noon"], 2, "neither an offset nor a time"),
        (["--topic", "trial.lgo.v1"], 4, "no topic trial.lgo.v1"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(
    services: Services, words: list[str], code: int, says: str
):
    """A wrong word is 2, what does not answer is 4."""
    done = services.tocsin("replay", *words)

    assert (done.returncode, says in done.stderr) == (code, True), done.stderr


def test_without_a_broker_the_doctor_is_named():
    """Exit code 4."""
    done = tocsin("replay", "--topic", BROKER="127.0.0.1:1")

    assert done.returncode == 4 and "tocsin doctor" in done.stderr
