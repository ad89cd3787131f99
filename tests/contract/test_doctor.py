"""Tests of `tocsin doctor`: its findings, next commands and exit codes."""

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
    """Return the exit code and, by checked item, its state and the next command."""
    result = tocsin("doctor", "--json", **{**NOWHERE, **settings})
    assert "Traceback" not in result.stderr and "secret" not in result.stdout + result.stderr
    findings = [json.loads(line) for line in result.stdout.splitlines()]
    return result.returncode, {each["what"]: (each["state"], each["next"]) for each in findings}


def with_functions(url: str) -> str:
    """Load the function library into the store at *url*; return *url*."""

    async def load() -> None:
        client = patient_client(url)
        await load_library(client)
        await client.aclose()

    asyncio.run(load())
    return url


def test_unreachable_services_are_named_with_the_command_that_starts_them():
    """Exit code 4; the password in an address is not printed."""
    code, findings = run_doctor()

    assert code == 4
    assert {what: findings[what][0] for what in ("settings", "broker", "store")} == {
        "settings": "well",
        "broker": "unreachable",
        "store": "unreachable",
    }
    for what in ("broker", "store"):
        assert findings[what][1] in (
            "tocsin demo",
            "export $(make -s kafka)",
            "export $(make -s redis)",
        )


def test_text_output_shows_the_same_findings():
    """One line for the finding, one for the next command, and a reason on stderr."""
    result = tocsin("doctor", **NOWHERE)

    assert result.returncode == 4
    assert "UNREACHABLE  broker" in result.stdout and "next: " in result.stdout
    assert result.stderr == "tocsin: a service does not answer: see above.\n"


def test_an_invalid_setting_is_named_without_its_value():
    """Exit code 2, before a service is asked."""
    code, findings = run_doctor(BROKER="secret ; value")

    assert (code, list(findings)) == (2, ["settings"])
    assert findings["settings"] == ("wrong", "export TOCSIN_BROKER=...")


@pytest.mark.kafka
@pytest.mark.redis
def test_a_complete_installation_is_well(admin: Any, kafka: KafkaServer, redis_url: str):
    """Exit code 0, and no next command."""
    apply_topics(admin, required_topics(Settings()), alter=False)

    code, findings = run_doctor(BROKER=kafka.bootstrap, STORE=with_functions(redis_url))

    assert code == 0
    items = ("settings", "broker", "topics", "store", "functions", "writing", "partitions")
    assert [findings[what] for what in items] == [("well", "")] * 7


@pytest.mark.kafka
@pytest.mark.redis
def test_missing_and_different_topics_are_named(admin: Any, kafka: KafkaServer, redis_url: str):
    """Exit code 2; an alterable difference has a command, a partition count a setting."""
    apply_topics(
        admin, [alerts_topic(configs={"cleanup.policy": "delete"}, partitions=4)], alter=False
    )
    settings = {"BROKER": kafka.bootstrap, "STORE": with_functions(redis_url)}

    code, findings = run_doctor(**settings)
    assert code == 2
    assert findings["trial.log.v1"] == ("wrong", "tocsin topics apply")
    assert findings["safety.alerts.v1"] == ("wrong", "tocsin topics apply --alter")

    result = tocsin("doctor", **settings, ALERT_PARTITIONS="2")
    assert result.returncode == 2
    assert "next: export TOCSIN_ALERT_PARTITIONS=4" in result.stdout


@pytest.mark.redis
def test_a_store_that_evicts_is_wrong(redis_program: str, tmp_path: Path):
    """An evicted row is a study that is no longer monitored."""
    broker = EmbeddedBroker()
    with RedisServer(tmp_path, {"maxmemory-policy": "allkeys-lru"}) as server:
        code, findings = run_doctor(BROKER=broker.bootstrap, STORE=server.url)
    broker.close()

    assert code == 2
    assert (findings["broker"][0], findings["topics"][0]) == ("well", "well")
    assert findings["store"] == ("wrong", "redis-cli CONFIG SET maxmemory-policy noeviction")


@pytest.mark.redis
def test_a_store_without_the_function_library_is_wrong(redis_program: str, tmp_path: Path):
    """Nothing can be written before the library is loaded."""
    broker = EmbeddedBroker()
    with RedisServer(tmp_path) as server:
        code, findings = run_doctor(BROKER=broker.bootstrap, STORE=server.url)
    broker.close()

    assert code == 2
    assert findings["functions"] == ("wrong", "tocsin store apply")
