"""Tests the Kafka sink on a real broker of another cluster, with SASL over TLS."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType

from alerts.notification.audiences import RoutingConfigError, parse_routing_config
from streams.kafka.admin import admin_client
from streams.local.kafka_server import KafkaServer
from streams.login import Brokers, client_options
from streams.sinks import RenderOptions, SinkDown
from streams.sinks.build import UnreadableFile, build_sink
from tests.alerts.notification.published_alerts import DeliveryScenario, alert_bytes
from tests.deploy.broker import login
from tests.deploy.vault import Vault

pytestmark = pytest.mark.kafka

Reader: Any = KafkaConsumer
"""The client has no types."""

CALLS = "hospital.calls"
RENDER_OPTIONS = RenderOptions(secret=b"sixteen bytes or more")

FILE = """
secret_file = "ref.key"

[[audience]]
name = "board"
sinks = ["bus"]

[[sink]]
name = "bus"
kind = "kafka"
url = "{url}"
topic = "hospital.calls"
security = "sasl_ssl"
user = "sponsor"
secret_file = "password"
ca_file = "ca"
"""


@pytest.fixture
def hospital(secured: KafkaServer) -> Iterator[KafkaServer]:
    """Add to the broker a topic that `sponsor` may write to, as on a cluster of a hospital."""
    acl = ACL(
        principal="User:sponsor",
        host="*",
        operation=ACLOperation.WRITE,
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=ResourcePattern(ResourceType.TOPIC, CALLS),
    )
    with admin_client(secured.bootstrap) as admin:
        admin.create_topics({CALLS: {"num_partitions": 1, "replication_factor": 1}})
        admin.create_acls([acl])
        yield secured
        admin.delete_topics([CALLS])


async def test_a_notification_is_written_to_a_cluster_that_requires_a_login(
    hospital: KafkaServer, vault: Vault, tmp_path: Path
):
    """The password is in a file next to the delivery file; a wrong one raises SinkDown."""
    shutil.copy(vault.path("kafka-sponsor"), tmp_path / "password")
    shutil.copy(vault.path("tls-ca"), tmp_path / "ca")
    config = parse_routing_config(FILE.format(url=hospital.bootstrap))
    (route,) = config.routes
    notification = DeliveryScenario(config=config).publish(alert_bytes()).due_notification(route)
    sink = build_sink(config.sinks["bus"], tmp_path, RENDER_OPTIONS)

    (tmp_path / "password").write_text("guessed")
    with pytest.raises(SinkDown) as failed:
        await sink.send(notification)
    assert "guessed" not in str(failed.value)
    shutil.copy(vault.path("kafka-sponsor"), tmp_path / "password")
    await sink.send(notification)
    await sink.close()

    (message,) = read_topic(hospital, vault)
    assert b'"text":"A report is ready."' in message.value


def read_topic(server: KafkaServer, vault: Vault) -> list[Any]:
    """Return all messages of the topic."""
    admin = Brokers(server.bootstrap, login(vault, "admin"))
    reader = Reader(
        CALLS,
        bootstrap_servers=admin,
        auto_offset_reset="earliest",
        consumer_timeout_ms=2_000,
        **client_options(admin),
    )
    try:
        return list(reader)
    finally:
        reader.close()


@pytest.mark.parametrize(
    ("original", "replacement", "message"),
    [
        ('user = "sponsor"\n', "", "has no `user`"),
        ('secret_file = "password"\n', "", "has no `secret_file`"),
        ('"sasl_ssl"', '"ssl"', "user: is not known here"),
        ('"sasl_ssl"', '"sasl_plaintext"', "ca_file: is not known here"),
        ('"sasl_ssl"', '"tls"', "`tls` is not known"),
        ("user =", 'mechanism = "MD5"\nuser =', "`MD5` is not known"),
    ],
)
def test_an_invalid_login_is_rejected_with_its_line(original: str, replacement: str, message: str):
    """A setting that the security mode ignores is an error: it suggests a false protection."""
    with pytest.raises(RoutingConfigError, match=r"^delivery file, line \d+: ") as refused:
        parse_routing_config(FILE.replace(original, replacement, 1))

    assert message in str(refused.value)


def test_an_unreadable_secret_file_is_rejected_at_startup(tmp_path: Path):
    """The error appears at startup, not at the first notification."""
    sink_config = parse_routing_config(FILE).sinks["bus"]
    with pytest.raises(UnreadableFile, match="password cannot be read"):
        build_sink(sink_config, tmp_path, RENDER_OPTIONS)
    (tmp_path / "password").write_text("a word")
    with pytest.raises(UnreadableFile, match="ca cannot be read"):
        build_sink(sink_config, tmp_path, RENDER_OPTIONS)
