"""`tocsin doctor` names what is not well, and the next command; its exit code is for scripts."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from streams.kafka.topics import apply_topics, required_topics
from streams.local.embedded import EmbeddedBroker
from streams.local.kafka_server import KafkaServer
from streams.local.redis_server import RedisServer
from streams.settings import Settings
from streams.store.function import load_library
from tests.contract.cluster import alerts_topic
from tests.contract.commands import tocsin
from tests.contract.processes import patient_client

NOWHERE = {"BROKER": "127.0.0.1:1", "STORE": "redis://:secret@127.0.0.1:1/0"}


def run_doctor(**settings: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """The exit code, and by thing its state and the next command."""
    done = tocsin("doctor", "--json", **{**NOWHERE, **settings})
    assert "Traceback" not in done.stderr and "secret" not in done.stdout + done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, {each["what"]: (each["state"], each["next"]) for each in told}


def with_functions(url: str) -> str:
    """The store at *url*, with the function library."""

    async def play() -> None:
        client = patient_client(url)
        await load_library(client)
        await client.aclose()

    asyncio.run(play())
    return url


def test_what_does_not_answer_is_named_with_what_to_start():
    """Exit code 4; a password in an address is told to nobody."""
    code, found = run_doctor()

    assert code == 4
    assert {what: found[what][0] for what in ("settings", "broker", "store")} == {
        "settings": "well",
        "broker": "unreachable",
        "store": "unreachable",
    }
    for what in ("broker", "store"):
        assert found[what][1] in (
            "tocsin demo",
            "export $(make -s kafka)",
            "export $(make -s redis)",
        )


def test_a_person_reads_the_same():
    """One line for what was found, one for what to type, and a reason on stderr."""
    done = tocsin("doctor", **NOWHERE)

    assert done.returncode == 4
    assert "UNREACHABLE  broker" in done.stdout and "next: " in done.stdout
    assert done.stderr == "tocsin: a service does not answer: see above.\n"


def test_a_bad_setting_is_named_and_its_value_is_not():
    """Exit code 2, before anything is asked of anybody."""
    code, found = run_doctor(BROKER="secret ; value")

    assert (code, list(found)) == (2, ["settings"])
    assert found["settings"] == ("wrong", "export TOCSIN_BROKER=...")


@pytest.mark.kafka
@pytest.mark.redis
def test_all_is_well_where_all_is_as_it_should_be(admin: Any, kafka: KafkaServer, redis_url: str):
    """Exit code 0, nothing to type."""
    apply_topics(admin, required_topics(Settings()), alter=False)

    code, found = run_doctor(BROKER=kafka.bootstrap, STORE=with_functions(redis_url))

    assert code == 0
    services = ("settings", "broker", "topics", "store", "functions", "writing", "partitions")
    assert [found[what] for what in services] == [("well", "")] * 7


@pytest.mark.kafka
@pytest.mark.redis
def test_topics_that_are_missing_or_different_are_named(
    admin: Any, kafka: KafkaServer, redis_url: str
):
    """Exit code 2; what may be altered has a command, what may not has a setting."""
    apply_topics(
        admin, [alerts_topic(configs={"cleanup.policy": "delete"}, partitions=4)], alter=False
    )
    settings = {"BROKER": kafka.bootstrap, "STORE": with_functions(redis_url)}

    code, found = run_doctor(**settings)
    assert code == 2
    assert found["trial.log.v1"] == ("wrong", "tocsin topics apply")
    assert found["safety.alerts.v1"] == ("wrong", "tocsin topics apply --alter")

    reshaped = tocsin("doctor", **settings, ALERT_PARTITIONS="2")
    assert reshaped.returncode == 2
    assert "next: export TOCSIN_ALERT_PARTITIONS=4" in reshaped.stdout


@pytest.mark.redis
def test_a_store_that_evicts_is_wrong(redis_program: str, tmp_path: Path):
    """A row that is dropped for want of memory would be a study that nobody watches."""
    broker = EmbeddedBroker()
    with RedisServer(tmp_path, {"maxmemory-policy": "allkeys-lru"}) as server:
        code, found = run_doctor(BROKER=broker.bootstrap, STORE=server.url)
    broker.close()

    assert code == 2
    assert (found["broker"][0], found["topics"][0]) == ("well", "well")
    assert found["store"] == ("wrong", "redis-cli CONFIG SET maxmemory-policy noeviction")


@pytest.mark.redis
def test_a_store_without_our_functions_is_wrong(redis_program: str, tmp_path: Path):
    """Nothing can be written before the library is there."""
    broker = EmbeddedBroker()
    with RedisServer(tmp_path) as server:
        code, found = run_doctor(BROKER=broker.bootstrap, STORE=server.url)
    broker.close()

    assert code == 2
    assert found["functions"] == ("wrong", "tocsin store apply")
