"""Who may do what on the real broker: deploy/kafka/acls.toml, principal by topic by operation."""

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
    "tick": {LOG: {WRITE}},
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
    # A login without a grant: the sponsor, a site, whoever watches the open registry.
    "sponsor": {},
}
"""The matrix as RELIABILITY.md section 5 has it, written down a second time."""

IMPLIED = {
    READ: DESCRIBE,
    WRITE: DESCRIBE,
    DESCRIBE_CONFIGS: "",
    ALTER_CONFIGS: DESCRIBE_CONFIGS,
    CREATE: "",
    DESCRIBE: "",
}


def authorized(server: KafkaServer, who: Login) -> dict[str, set[str]]:
    """What the broker says that somebody may do with each of our topics."""
    with admin_client(Brokers(server.bootstrap, who)) as admin:
        told = admin.describe_topics(list(OUR_TOPICS))
    return {
        each["name"]: set(each["authorized_operations"]) for each in told if not each["error_code"]
    }


@pytest.mark.parametrize("principal", GRANTED)
def test_a_principal_may_do_what_its_process_does(
    secured: KafkaServer, vault: Vault, principal: str
):
    """Every operation on every topic is asked of the broker: granted, or refused."""
    expected = {
        topic: {*operations, *(IMPLIED[each] for each in operations)} - {""}
        for topic, operations in GRANTED[principal].items()
    }
    assert authorized(secured, login(vault, principal)) == expected


def is_refused(server: KafkaServer, who: Login, topic: str) -> tuple[bool, bool]:
    """Whether the broker refuses somebody to read *topic*, and to write it, when it is tried."""
    brokers = Brokers(server.bootstrap, who)
    with admin_client(brokers) as admin:
        told = admin._manager.run(admin._manager.send, fetch_request(topic), 1)
    code = told.responses[0].partitions[0].error_code
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
    """What asks for the first records; a client would not ask of a topic that it cannot see."""
    place = FetchRequest.FetchTopic.FetchPartition(
        partition=0, fetch_offset=0, partition_max_bytes=1 << 20
    )
    topics = [FetchRequest.FetchTopic(topic=topic, partitions=[place])]
    return FetchRequest(
        max_wait_ms=100, min_bytes=1, max_bytes=1 << 20, topics=topics, max_version=12
    )


@pytest.mark.parametrize("topic", OUR_TOPICS)
def test_a_blinded_principal_is_refused_every_topic(secured: KafkaServer, vault: Vault, topic: str):
    """It can read nothing, write nothing, and learns of no topic, not even its name or size."""
    who = login(vault, "sponsor")

    assert is_refused(secured, who, topic) == (True, True)
    with admin_client(Brokers(secured.bootstrap, who)) as admin:
        assert admin.list_topics() == []
        assert admin.list_groups() == []


async def test_who_is_shown_no_topic_is_told_both_reasons_and_what_to_do(
    secured: KafkaServer, vault: Vault
):
    """The log is there, the other is not: a login without a grant is told the same of both.

    Who may see them all is told that the topic is not there, and nothing of grants.
    """
    for topic in (LOG, "trial.lgo.v1"):
        says = await read_error(Brokers(secured.bootstrap, login(vault, "sponsor")), topic)
        assert f"no topic {topic}: it is absent (`tocsin topics apply` " in says
        assert "or sponsor may not describe it (`tocsin topics apply --acls FILE` " in says

    says = await read_error(Brokers(secured.bootstrap, login(vault, "admin")), "trial.lgo.v1")
    assert "no topic trial.lgo.v1" in says and "topics apply" in says
    assert "describe" not in says and "--acls" not in says


async def read_error(brokers: Brokers, topic: str) -> str:
    """What whoever reads *topic* is told."""
    log = KafkaLog(brokers, topic, 0)
    with pytest.raises(LogUnreachable) as found:
        await log.offset_range()
    return str(found.value)


def test_a_worker_that_is_shown_no_topic_says_the_same(secured: KafkaServer, vault: Vault):
    """A feed's login sees the log, and not the alerts: exit code 2, both reasons."""
    done = tocsin("run", **principal(secured, vault, "ingest"))

    assert done.returncode == 2
    assert f"no topic {ALERTS}, {DEAD_LETTERS}: it is absent" in done.stderr
    assert "or ingest may not describe it" in done.stderr


def test_a_feed_cannot_read_what_others_reported(secured: KafkaServer, vault: Vault):
    """`ingest` writes the log and nothing else, and reads nothing."""
    tried = {topic: is_refused(secured, login(vault, "ingest"), topic) for topic in (LOG, ALERTS)}

    assert tried == {LOG: (True, False), ALERTS: (True, True)}


@pytest.mark.parametrize("principal", [name for name in GRANTED if name != "sponsor"])
def test_nobody_deletes_a_topic_or_grants_himself_more(
    secured: KafkaServer, vault: Vault, principal: str
):
    """What was recorded stays, whoever's password is stolen; grants come from the file alone."""
    more = ACL(
        principal=f"User:{principal}",
        host="*",
        operation=ACLOperation.ALL,
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=ResourcePattern(ResourceType.TOPIC, ALERTS),
    )
    with admin_client(Brokers(secured.bootstrap, login(vault, principal))) as admin:
        with pytest.raises(KafkaError):
            admin.delete_topics([AUDIT])
        assert admin.create_acls([more])["succeeded"] == []
    with admin_client(secured.bootstrap) as admin:
        assert set(OUR_TOPICS) <= set(admin.list_topics())


async def test_a_stranger_does_not_get_in(secured: KafkaServer, vault: Vault):
    """In clear, without a name, with a wrong password, to a server of another authority."""
    right = client_options(Brokers(secured.bootstrap, login(vault, "worker")))
    wrong = [
        {},
        {**right, "security_protocol": "SASL_PLAINTEXT"},
        {**right, "security_protocol": "SSL"},
        {**right, "sasl_plain_password": "guessed"},
        {**right, "sasl_plain_username": "nobody"},
        {**right, "ssl_context": ssl.create_default_context()},
    ]
    assert await can_connect(secured, right)
    assert [await can_connect(secured, who) for who in wrong] == [False] * len(wrong)


async def can_connect(server: KafkaServer, who: Mapping[str, Any]) -> bool:
    """Whether the broker tells somebody of the cluster."""
    options: dict[str, Any] = {"bootstrap_servers": server.bootstrap, "request_timeout_ms": 2_000}
    client = AIOKafkaAdminClient(**options, **who)
    try:
        await client.start()
    except KafkaFailure:
        return False
    finally:
        await client.close()
    return True


def test_the_command_names_what_is_granted_beside_the_file(secured: KafkaServer, vault: Vault):
    """`tocsin topics apply --acls`, as the super user: exit code 2, and the line that tells."""
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

    found = tocsin("topics", "apply", "--acls", str(KAFKA_ACLS), **settings)
    mended = tocsin("topics", "apply", "--acls", str(KAFKA_ACLS), "--alter", **settings)

    line = "User:sponsor may read safety.alerts.v1"
    assert (found.returncode, mended.returncode) == (2, 0), found.stderr + mended.stderr
    assert f"foreign    {line}" in found.stdout.splitlines() and "--alter" in found.stderr
    assert f"revoked    {line}" in mended.stdout.splitlines()


def test_what_is_granted_beside_the_file_is_found_and_taken_away(secured: KafkaServer):
    """Somebody who may read alerts though no file says so is how a trial is unblinded."""
    foreign = parse_grants('[sponsor]\nread = ["safety.alerts.v1"]\n')
    with admin_client(secured.bootstrap) as admin:
        apply_grants(admin, foreign, alter=False)
        reported = [each for each in apply_grants(admin, GRANTS, alter=False) if each[0] in foreign]
        removed = [each for each in apply_grants(admin, GRANTS, alter=True) if each[0] in foreign]
        after = apply_grants(admin, GRANTS, alter=False)

    assert [outcome for _, outcome in reported] == [GrantOutcome.FOREIGN]
    assert [outcome for _, outcome in removed] == [GrantOutcome.REVOKED]
    assert {outcome for _, outcome in after} == {GrantOutcome.UNCHANGED}
    assert str(reported[0][0]) == "User:sponsor may read safety.alerts.v1"
