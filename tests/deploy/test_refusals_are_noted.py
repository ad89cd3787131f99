"""What broker and store refuse is in the audit, if whoever asked may write there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from subprocess import CompletedProcess
from typing import Any

import pytest
from kafka import KafkaProducer

from deploy.make_secrets import KAFKA_ACLS
from streams.kafka.partitioner import partition_of
from streams.kafka.topics import ALERTS, AUDIT, DEAD_LETTERS, LOG
from streams.local.kafka_server import KafkaServer
from streams.local.redis_server import RedisServer
from streams.log import records_of
from streams.log.kafka import KafkaLog
from streams.login import Brokers, client_options
from tests.alerts.notification.published_alerts import alert_bytes
from tests.contract.commands import tocsin
from tests.deploy.broker import login, principal
from tests.deploy.test_store_users import store_url
from tests.deploy.vault import Vault
from tests.streams.processor.processors import PRODERM, STUDY

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

Writer: Any = KafkaProducer
"""The client has no types."""

PARTITION = str(partition_of(STUDY, 12))


@dataclass
class DeployedServices:
    """The broker and the store of the deployment, with records in the log and an alert."""

    broker: KafkaServer
    store: RedisServer
    vault: Vault

    def run_tocsin(self, *words: str, kafka: str, redis: str = "reader") -> CompletedProcess[str]:
        """A command of somebody who has these two logins."""
        store = store_url(self.store, self.vault, redis)
        return tocsin(*words, STORE=store, **principal(self.broker, self.vault, kafka))

    def audit_entries(self) -> list[dict[str, Any]]:
        """The whole audit, as an operator may read it."""

        async def read() -> list[dict[str, Any]]:
            log = KafkaLog(Brokers(self.broker.bootstrap, login(self.vault, "operator")), AUDIT, 0)
            try:
                return [json.loads(each.value or b"") async for each in records_of(log)]
            finally:
                await log.close()

        return asyncio.run(read())


@pytest.fixture(scope="module")
def zone(
    secured: KafkaServer,
    vault: Vault,
    redis_program: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[DeployedServices]:
    """All of it, with the functions in the store."""
    admin = Brokers(secured.bootstrap, login(vault, "admin"))
    with closing(Writer(bootstrap_servers=admin, **client_options(admin))) as writer:
        for value in PRODERM[:50]:
            writer.send(LOG, value, STUDY.encode(), partition=int(PARTITION))
        writer.send(ALERTS, alert_bytes(), b"1f0c:1", partition=0)
    folder = tmp_path_factory.mktemp("store")
    (folder / "users.acl").write_text((vault.folder / "users.acl").read_text())
    worker = ("worker", vault.secret("store-worker"))
    with RedisServer(folder, {"aclfile": "users.acl"}, login=worker) as store:
        yield DeployedServices(secured, store, vault)


REFUSED = [
    # By Kafka: of the log, the dead letters, the alerts, the grants.
    (("replay", "--topic", "--json"), "board", "reader", "read"),
    (("verify", "--partition", PARTITION), "deliver", "reader", "read"),
    (("quarantine", "list"), "board", "reader", "read"),
    (("quarantine", "redrive"), "board", "reader", "change"),
    (("alerts", "watch", "--once"), "operator", "reader", "read"),
    (("rebuild", "--partition", PARTITION), "deliver", "worker", "change"),
    (("topics", "apply", "--acls", str(KAFKA_ACLS), "--alter"), "operator", "reader", "change"),
    # By Redis: a user without keys, one that may only read, one that may load no function.
    (("alerts", "list"), "board", "deliver", "read"),
    (("verify", "--partition", PARTITION), "operator", "deliver", "read"),
    (("rebuild", "--partition", PARTITION), "operator", "reader", "change"),
    (("store", "apply"), "operator", "worker", "change"),
]


@pytest.mark.parametrize(
    ("words", "kafka", "redis", "act"), REFUSED, ids=[" ".join(each[0]) for each in REFUSED]
)
def test_what_the_services_refuse_is_noted(
    zone: DeployedServices, words: tuple[str, ...], kafka: str, redis: str, act: str
):
    """One line, no record and no table; who, which command, and how it ended."""
    before = len(zone.audit_entries())

    done = zone.run_tocsin(*words, kafka=kafka, redis=redis)

    assert done.returncode in (2, 4), done
    assert done.stdout == "" and len(done.stderr.strip().splitlines()) == 1
    last = zone.audit_entries()[before:][-1]
    assert (last["act"], last["outcome"], last["where"]["exit"]) == (
        act,
        "refused",
        done.returncode,
    )
    assert last["what"] == f"tocsin {' '.join(words)}" and last["who"].endswith(f" as {kafka}")


@pytest.mark.parametrize("words", [("alerts", "list"), ("verify",), ("replay", "--topic")])
def test_who_may_not_write_the_audit_is_shown_nothing(
    zone: DeployedServices, words: tuple[str, ...]
):
    """There nothing can be left by him: the broker's own log has the refusal."""
    before = zone.audit_entries()

    done = zone.run_tocsin(*words, kafka="ingest")

    assert (done.returncode, done.stdout) == (4, "")
    assert AUDIT in done.stderr and "nothing is shown or changed" in done.stderr
    assert zone.audit_entries() == before


def test_an_operator_redrives_what_was_set_aside(zone: DeployedServices):
    """The log takes the record and the dead letters the note of it: a second run changes nothing.

    A letter that is of no record of this log is named, and holds up no other.
    """
    worker = Brokers(zone.broker.bootstrap, login(zone.vault, "worker"))
    with closing(Writer(bootstrap_servers=worker, **client_options(worker))) as writer:
        for offset, value in enumerate((b"of another log", PRODERM[1])):
            where = {"exception": "r", "partition": PARTITION, "offset": f"{offset}"}
            headers = [(f"__streams.errors.{name}", told.encode()) for name, told in where.items()]
            key = f"{LOG}:{PARTITION}:{offset}".encode()
            writer.send(DEAD_LETTERS, value, key, headers=headers, partition=0)
    before = len(zone.audit_entries())

    first, second = (zone.run_tocsin("quarantine", "redrive", kafka="operator") for _ in range(2))

    assert (first.returncode, second.returncode) == (3, 3), first.stderr + second.stderr
    assert f"{LOG}:{PARTITION}:1 is at offset 50 of partition {PARTITION} again" in first.stdout
    assert second.stdout == "" and f"{LOG}:{PARTITION}:0: the log does not hold" in second.stderr
    assert {each["outcome"] for each in zone.audit_entries()[before:]} == {"done"}


def test_the_chain_holds_after_all_of_it(zone: DeployedServices):
    """Refused and done, in one trail."""
    done = zone.run_tocsin("verify", "--audit", kafka="operator")

    assert done.returncode == 0 and "whole" in done.stdout, done
