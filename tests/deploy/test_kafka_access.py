"""Checks the grants of deploy/kafka/acls.toml on a real broker, by principal and topic."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError as KafkaFailure
from kafka import KafkaProducer
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType
from kafka.errors import KafkaError, TopicAuthorizationFailedError
from kafka.protocol.consumer import FetchRequest

from deploy.make_secrets import KAFKA_ACLS
from streams.kafka.acls import OUR_TOPICS, GrantOutcome, apply_grants, parse_grants
from streams.kafka.admin import admin_client
from streams.kafka.topics import ALERTS, AUDIT, DEAD_LETTERS, LOG, NOTIFIED
from streams.local.kafka_server import KafkaServer
from streams.log import LogUnreachable
from streams.log.kafka import KafkaLog
from streams.login import Brokers, Login, client_options
from tests.contract.commands import tocsin
from tests.deploy.broker import GRANTS, login, principal
from tests.deploy.vault import Vault

pytestmark = pytest.mark.kafka

READ, WRITE, DESCRIBE = "READ", "WRITE", "DESCRIBE"
CREATE, DESCRIBE_CONFIGS, ALTER_CONFIGS = "CREATE", "DESCRIBE_CONFIGS", "ALTER_CONFIGS"

GRANTED: dict[str, dict[str, set[str]]] = {
    "ingest": {LOG: {WRITE}},
    "worker": {LOG: {READ}, ALERTS: {WRITE}, DEAD_LETTERS: {WRITE}, AUDIT: {READ, WRITE}},
    "deliver": {ALERTS: {READ}, NOTIFIED: {READ, WRITE}, AUDIT: {READ, WRITE}},
    "board": {LOG: {WRITE}, ALERTS: {READ}, AUDIT: {READ, WRITE}},
    "page": {LOG: {READ, WRITE}, AUDIT: {READ, WRITE}},
    "tick": {LOG: {WRITE}},
    "intake": {LOG: {READ, WRITE}, DEAD_LETTERS: {READ, WRITE}},
    "init": {
        LOG: {CREATE, DESCRIBE_CONFIGS, DESCRIBE},
        DEAD_LETTERS: {CREATE, DESCRIBE_CONFIGS, DESCRIBE, ALTER_CONFIGS},
        ALERTS: {CREATE, DESCRIBE_CONFIGS, DESCRIBE, ALTER_CONFIGS},
        NOTIFIED: {CREATE, DESCRIBE_CONFIGS, DESCRIBE, ALTER_CONFIGS},
        AUDIT: {CREATE, DESCRIBE_CONFIGS, READ, WRITE},
    },
    "operator": {
        LOG: {READ, WRITE, DESCRIBE_CONFIGS},
        DEAD_LETTERS: {READ, WRITE, DESCRIBE_CONFIGS},
        ALERTS: {DESCRIBE_CONFIGS, DESCRIBE},
        NOTIFIED: {DESCRIBE_CONFIGS, DESCRIBE},
        AUDIT: {READ, WRITE, DESCRIBE_CONFIGS},
    },
    "tools": {topic: {READ, DESCRIBE_CONFIGS} for topic in OUR_TOPICS},
    # A login without a grant, such as the sponsor, a site or the open monitoring.
    "sponsor": {},
}
"""The expected operations by principal and topic, stated independently of acls.toml."""

IMPLIED = {
    READ: DESCRIBE,
    WRITE: DESCRIBE,
    DESCRIBE_CONFIGS: "",
    ALTER_CONFIGS: DESCRIBE_CONFIGS,
    CREATE: "",
    DESCRIBE: "",
}


def authorized(server: KafkaServer, user: Login) -> dict[str, set[str]]:
    """Return the operations that the broker reports as allowed to *user*, by topic."""
    with admin_client(Brokers(server.bootstrap, user)) as admin:
        topics = admin.describe_topics(list(OUR_TOPICS))
    return {
        each["name"]: set(each["authorized_operations"])
        for each in topics
        if not each["error_code"]
    }


@pytest.mark.parametrize("principal", GRANTED)
def test_each_principal_has_exactly_its_granted_operations(
    secured: KafkaServer, vault: Vault, principal: str
):
    """The broker reports the granted operations and those that they imply, and no other."""
    expected = {
        topic: {*operations, *(IMPLIED[each] for each in operations)} - {""}
        for topic, operations in GRANTED[principal].items()
    }
    assert authorized(secured, login(vault, principal)) == expected


def is_refused(server: KafkaServer, user: Login, topic: str) -> tuple[bool, bool]:
    """Return whether the broker refuses a read of *topic*, and a write to it, by *user*."""
    brokers = Brokers(server.bootstrap, user)
    with admin_client(brokers) as admin:
        fetched = admin._manager.run(admin._manager.send, fetch_request(topic), 1)
    code = fetched.responses[0].partitions[0].error_code
    assert code in (0, TopicAuthorizationFailedError.errno)
    producer = KafkaProducer(
        bootstrap_servers=brokers, max_block_ms=5_000, **client_options(brokers)
    )
    with closing(producer):
        try:
            producer.send(topic, b"x", key=b"x", partition=0).get(timeout=10)
        except TopicAuthorizationFailedError:
            return code != 0, True
    return code != 0, False


def fetch_request(topic: str) -> Any:
    """Return a raw request for the first records; a client omits topics that it cannot see."""
    partition = FetchRequest.FetchTopic.FetchPartition(
        partition=0, fetch_offset=0, partition_max_bytes=1 << 20
    )
    topics = [FetchRequest.FetchTopic(topic=topic, partitions=[partition])]
    return FetchRequest(
        max_wait_ms=100, min_bytes=1, max_bytes=1 << 20, topics=topics, max_version=12
    )


@pytest.mark.parametrize("topic", OUR_TOPICS)
def test_a_blinded_principal_is_refused_every_topic(secured: KafkaServer, vault: Vault, topic: str):
    """It can read and write nothing, and sees no topic name and no group."""
    sponsor = login(vault, "sponsor")

    assert is_refused(secured, sponsor, topic) == (True, True)
    with admin_client(Brokers(secured.bootstrap, sponsor)) as admin:
        assert admin.list_topics() == []
        assert admin.list_groups() == []


async def test_an_invisible_topic_is_reported_with_both_possible_causes(
    secured: KafkaServer, vault: Vault
):
    """To a login without a grant, an existing and a missing topic look the same.

    A login that may see all topics gets only the cause that the topic does not exist.
    """
    for topic in (LOG, "trial.lgo.v1"):
        message = await read_error(Brokers(secured.bootstrap, login(vault, "sponsor")), topic)
        assert f"no topic {topic}: it does not exist (`tocsin topics apply` " in message
        assert "or sponsor may not describe it (`tocsin topics apply --acls FILE` " in message

    message = await read_error(Brokers(secured.bootstrap, login(vault, "admin")), "trial.lgo.v1")
    assert "no topic trial.lgo.v1" in message and "topics apply" in message
    assert "describe" not in message and "--acls" not in message


async def read_error(brokers: Brokers, topic: str) -> str:
    """Return the message of the error of reading *topic*."""
    log = KafkaLog(brokers, topic, 0)
    with pytest.raises(LogUnreachable) as raised:
        await log.offset_range()
    return str(raised.value)


def test_a_worker_that_cannot_see_a_topic_reports_both_causes(secured: KafkaServer, vault: Vault):
    """With the login of a feed, which sees the log but not the alerts, `run` exits with 2."""
    completed = tocsin("run", **principal(secured, vault, "ingest"))

    assert completed.returncode == 2
    assert f"no topic {ALERTS}, {DEAD_LETTERS}: it does not exist" in completed.stderr
    assert "or ingest may not describe it" in completed.stderr


def test_a_feed_can_write_the_log_but_not_read_it(secured: KafkaServer, vault: Vault):
    """The principal `ingest` may write the log only, and read nothing."""
    refusals = {
        topic: is_refused(secured, login(vault, "ingest"), topic) for topic in (LOG, ALERTS)
    }

    assert refusals == {LOG: (True, False), ALERTS: (True, True)}


@pytest.mark.parametrize("principal", [name for name in GRANTED if name != "sponsor"])
def test_no_principal_can_delete_a_topic_or_extend_its_grants(
    secured: KafkaServer, vault: Vault, principal: str
):
    """A stolen password cannot remove records, or add a grant that the file does not have."""
    wider_grant = ACL(
        principal=f"User:{principal}",
        host="*",
        operation=ACLOperation.ALL,
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=ResourcePattern(ResourceType.TOPIC, ALERTS),
    )
    with admin_client(Brokers(secured.bootstrap, login(vault, principal))) as admin:
        with pytest.raises(KafkaError):
            admin.delete_topics([AUDIT])
        assert admin.create_acls([wider_grant])["succeeded"] == []
    with admin_client(secured.bootstrap) as admin:
        assert set(OUR_TOPICS) <= set(admin.list_topics())


async def test_clients_without_valid_credentials_are_rejected(secured: KafkaServer, vault: Vault):
    """A client needs TLS, a known user, its password, and trust in the deployment's CA."""
    valid = client_options(Brokers(secured.bootstrap, login(vault, "worker")))
    invalid = [
        {},
        {**valid, "security_protocol": "SASL_PLAINTEXT"},
        {**valid, "security_protocol": "SSL"},
        {**valid, "sasl_plain_password": "guessed"},
        {**valid, "sasl_plain_username": "nobody"},
        {**valid, "ssl_context": ssl.create_default_context()},
    ]
    assert await can_connect(secured, valid)
    assert [await can_connect(secured, options) for options in invalid] == [False] * len(invalid)


async def can_connect(server: KafkaServer, credentials: Mapping[str, Any]) -> bool:
    """Return whether a client with *credentials* connects to the cluster."""
    common: dict[str, Any] = {"bootstrap_servers": server.bootstrap, "request_timeout_ms": 2_000}
    client = AIOKafkaAdminClient(**common, **credentials)
    try:
        await client.start()
    except KafkaFailure:
        return False
    finally:
        await client.close()
    return True


def test_the_command_reports_and_revokes_foreign_grants(secured: KafkaServer, vault: Vault):
    """`tocsin topics apply --acls` exits with 2 and lists them; with --alter it revokes them."""
    settings = {
        "BROKER": str(secured.bootstrap),
        "KAFKA_SECURITY": "sasl_ssl",
        "KAFKA_USER": "admin",
        "KAFKA_PASSWORD_FILE": vault.path("kafka-admin"),
        "KAFKA_CA_FILE": vault.path("tls-ca"),
    }
    foreign = parse_grants('[sponsor]\nread = ["safety.alerts.v1"]\n')
    with admin_client(secured.bootstrap) as admin:
        apply_grants(admin, foreign, alter=False)

    without_alter = tocsin("topics", "apply", "--acls", str(KAFKA_ACLS), **settings)
    with_alter = tocsin("topics", "apply", "--acls", str(KAFKA_ACLS), "--alter", **settings)

    grant_text = "User:sponsor may read safety.alerts.v1"
    assert (without_alter.returncode, with_alter.returncode) == (2, 0), (
        without_alter.stderr + with_alter.stderr
    )
    assert (
        f"foreign    {grant_text}" in without_alter.stdout.splitlines()
        and "--alter" in without_alter.stderr
    )
    assert f"revoked    {grant_text}" in with_alter.stdout.splitlines()


def test_foreign_grants_are_found_and_revoked(secured: KafkaServer):
    """A grant outside the file, such as reading alerts, could unblind the trial."""
    foreign = parse_grants('[sponsor]\nread = ["safety.alerts.v1"]\n')
    with admin_client(secured.bootstrap) as admin:
        apply_grants(admin, foreign, alter=False)
        reported = [each for each in apply_grants(admin, GRANTS, alter=False) if each[0] in foreign]
        removed = [each for each in apply_grants(admin, GRANTS, alter=True) if each[0] in foreign]
        afterwards = apply_grants(admin, GRANTS, alter=False)

    assert [outcome for _, outcome in reported] == [GrantOutcome.FOREIGN]
    assert [outcome for _, outcome in removed] == [GrantOutcome.REVOKED]
    assert {outcome for _, outcome in afterwards} == {GrantOutcome.UNCHANGED}
    assert str(reported[0][0]) == "User:sponsor may read safety.alerts.v1"
