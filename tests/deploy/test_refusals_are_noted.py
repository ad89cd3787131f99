"""Checks that refusals of Kafka and Redis are audited where the login may write the audit."""

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
    """The broker and the store of the deployment, with records and an alert."""

    broker: KafkaServer
    store: RedisServer
    vault: Vault

    def run_tocsin(self, *words: str, kafka: str, redis: str = "reader") -> CompletedProcess[str]:
        """Run a command with the login *kafka* to Kafka and *redis* to the store."""
        store = store_url(self.store, self.vault, redis)
        return tocsin(*words, STORE=store, **principal(self.broker, self.vault, kafka))

    def audit_entries(self) -> list[dict[str, Any]]:
        """Read all audit entries as the operator."""

        async def read() -> list[dict[str, Any]]:
            log = KafkaLog(Brokers(self.broker.bootstrap, login(self.vault, "operator")), AUDIT, 0)
            try:
                return [json.loads(each.value or b"") async for each in records_of(log)]
            finally:
                await log.close()

        return asyncio.run(read())


@pytest.fixture(scope="module")
def services(
    secured: KafkaServer,
    vault: Vault,
    redis_program: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[DeployedServices]:
    """Run the broker with records and an alert, and the store."""
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
    # Refused by Kafka: access to the log, the dead letters, the alerts and the grants.
    (("replay", "--topic", "--json"), "board", "reader", "read"),
    (("verify", "--partition", PARTITION), "deliver", "reader", "read"),
    (("quarantine", "list"), "board", "reader", "read"),
    (("quarantine", "redrive"), "board", "reader", "change"),
    (("alerts", "watch", "--once"), "operator", "reader", "read"),
    (("rebuild", "--partition", PARTITION), "deliver", "worker", "change"),
    (("topics", "apply", "--acls", str(KAFKA_ACLS), "--alter"), "operator", "reader", "change"),
    # Refused by Redis: users without keys, without write access, without function loading.
    (("alerts", "list"), "board", "deliver", "read"),
    (("verify", "--partition", PARTITION), "operator", "deliver", "read"),
    (("rebuild", "--partition", PARTITION), "operator", "reader", "change"),
    (("store", "apply"), "operator", "worker", "change"),
]


@pytest.mark.parametrize(
    ("words", "kafka", "redis", "action"), REFUSED, ids=[" ".join(each[0]) for each in REFUSED]
)
def test_a_refused_command_is_audited(
    services: DeployedServices, words: tuple[str, ...], kafka: str, redis: str, action: str
):
    """It prints one line and no data; the entry has the user, the command and the exit code."""
    before = len(services.audit_entries())

    completed = services.run_tocsin(*words, kafka=kafka, redis=redis)

    assert completed.returncode in (2, 4), completed
    assert completed.stdout == "" and len(completed.stderr.strip().splitlines()) == 1
    last = services.audit_entries()[before:][-1]
    assert (last["act"], last["outcome"], last["where"]["exit"]) == (
        action,
        "refused",
        completed.returncode,
    )
    assert last["what"] == f"tocsin {' '.join(words)}" and last["who"].endswith(f" as {kafka}")


@pytest.mark.parametrize("words", [("alerts", "list"), ("verify",), ("replay", "--topic")])
def test_a_login_that_may_not_write_the_audit_is_shown_nothing(
    services: DeployedServices, words: tuple[str, ...]
):
    """The command cannot add an entry; only the broker's own log has the refusal."""
    before = services.audit_entries()

    completed = services.run_tocsin(*words, kafka="ingest")

    assert (completed.returncode, completed.stdout) == (4, "")
    assert AUDIT in completed.stderr and "nothing is shown or changed" in completed.stderr
    assert services.audit_entries() == before


def test_an_operator_redrives_dead_letters(services: DeployedServices):
    """The dead-letter topic marks the record as redriven, so a second run changes nothing.

    A dead letter that does not match a record of the log is reported and delays no other.
    """
    worker = Brokers(services.broker.bootstrap, login(services.vault, "worker"))
    with closing(Writer(bootstrap_servers=worker, **client_options(worker))) as writer:
        for offset, value in enumerate((b"of another log", PRODERM[1])):
            error_headers = {"exception": "r", "partition": PARTITION, "offset": f"{offset}"}
            headers = [
                (f"__streams.errors.{name}", text.encode()) for name, text in error_headers.items()
            ]
            key = f"{LOG}:{PARTITION}:{offset}".encode()
            writer.send(DEAD_LETTERS, value, key, headers=headers, partition=0)
    before = len(services.audit_entries())

    first, second = (
        services.run_tocsin("quarantine", "redrive", kafka="operator") for _ in range(2)
    )

    assert (first.returncode, second.returncode) == (3, 3), first.stderr + second.stderr
    assert f"{LOG}:{PARTITION}:1 redriven to partition {PARTITION}, offset 50" in first.stdout
    assert second.stdout == "" and f"{LOG}:{PARTITION}:0: the log no longer holds" in second.stderr
    assert {each["outcome"] for each in services.audit_entries()[before:]} == {"done"}


def test_the_audit_chain_is_intact_afterwards(services: DeployedServices):
    """One chain contains the refused and the completed actions of the tests above."""
    completed = services.run_tocsin("verify", "--audit", kafka="operator")

    assert completed.returncode == 0 and "intact" in completed.stdout, completed
