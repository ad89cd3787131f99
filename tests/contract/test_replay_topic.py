"""Tests of `tocsin replay --topic`, which folds into memory or a space and pages nobody."""

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
    """Kafka and Redis, with the log produced and nothing folded."""
    with running_services(admin, kafka.bootstrap, tmp_path) as prepared:
        yield prepared


def output_lines(result: Any) -> OutputLines:
    """Return the JSON lines that a successful replay printed."""
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def digests(lines: OutputLines) -> dict[str, str]:
    return {each["study"]: each["digest"] for each in lines if each["type"] == "result"}


def raised_alerts(lines: OutputLines) -> set[tuple[str, int, float]]:
    alerts = [each for each in lines if each["type"] == "alert"]
    return {(each["id"], each["revision"], each["e_value"]) for each in alerts}


async def test_a_topic_and_its_file_replay_to_the_same(services: Services):
    """Digests and alerts are equal, and no alert is published."""
    topic = output_lines(services.tocsin("replay", "--topic", "--json"))
    file = output_lines(services.tocsin("replay", str(services.path), "--json"))

    assert digests(topic) == digests(file) and set(digests(topic)) == set(STUDIES)
    assert raised_alerts(topic) == raised_alerts(file) and raised_alerts(topic)
    assert await services.published_count() == 0
    shown = services.tocsin("replay", "--topic", LOG)
    assert shown.returncode == 0 and f"partition {STUDY_PARTITIONS['S']}, offset 4" in shown.stdout


async def test_a_separate_space_has_the_same_rows_and_publishes_nothing(services: Services):
    """Only `live` has a relay: alerts stay in the outbox of the space.  Live rows are unchanged."""
    result = services.tocsin("replay", "--topic", "--space", "beside")
    assert result.returncode == 0, result.stderr
    assert (
        f"partition {STUDY_PARTITIONS['S']}: 6 records, 1 study, in space beside" in result.stdout
    )
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


def test_a_topic_range_ends_at_an_offset_or_a_time(services: Services, tmp_path: Path):
    """The result is that of a file that ends there; before the first record it is empty."""
    (tmp_path / "part").mkdir()
    cut_file = tmp_path / "part" / "log.jsonl"
    cut_file.write_bytes(b"".join(services.path.read_bytes().splitlines(keepends=True)[:5]))
    arguments = ("replay", "--topic", "--json", "--partition", str(STUDY_PARTITIONS["S"]))

    cut_lines = output_lines(services.tocsin(*arguments, "--until", "5"))
    assert digests(cut_lines) == digests(
        output_lines(services.tocsin("replay", str(cut_file), "--json"))
    )
    all_lines = output_lines(services.tocsin(*arguments, "--until", "2199-01-01"))
    assert digests(all_lines) == digests(output_lines(services.tocsin(*arguments)))
    assert services.tocsin(*arguments, "--until", "2000-01-01T00:00:00Z").returncode == 3
    without_plan = services.tocsin(*arguments, "--from", "1")
    assert without_plan.returncode == 3 and "no_plan" in without_plan.stderr


async def test_a_record_that_a_worker_refuses_is_not_included(services: Services):
    """A record with another key or in another partition is refused although its bytes are valid."""
    before = digests(output_lines(services.tocsin("replay", "--topic", "--json")))
    value = json.dumps(clot_record("C", "2020-03-01")).encode()
    async with Producer(bootstrap_servers=services.broker) as producer:
        await producer.send_and_wait(LOG, value, key=b"T", partition=STUDY_PARTITIONS["S"])
        await producer.send_and_wait(
            LOG, value, key=b"S", partition=(STUDY_PARTITIONS["S"] + 1) % 12
        )

    result = services.tocsin("replay", "--topic", "--json")

    assert digests(output_lines(result)) == before
    assert f"partition {STUDY_PARTITIONS['S']}, offset 6: wrong_key" in result.stderr
    assert "wrong_partition" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
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
def test_invalid_options_are_refused_with_a_remedy(
    services: Services, arguments: list[str], code: int, expected: str
):
    """An invalid option is exit code 2, a missing topic exit code 4."""
    result = services.tocsin("replay", *arguments)

    assert (result.returncode, expected in result.stderr) == (code, True), result.stderr


def test_without_a_broker_the_next_command_is_doctor():
    """An unreachable broker is exit code 4, and the next command is `tocsin doctor`."""
    result = tocsin("replay", "--topic", BROKER="127.0.0.1:1")

    assert result.returncode == 4 and "tocsin doctor" in result.stderr
