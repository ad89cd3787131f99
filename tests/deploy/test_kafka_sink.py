"""Another cluster's topic as a sink: by name and password over TLS, on the real broker."""

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
STYLE = RenderOptions(secret=b"sixteen bytes or more")

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
    """The broker with a topic that `sponsor` may write to, as another hospital's would be."""
    may = ACL(
        principal="User:sponsor",
        host="*",
        operation=ACLOperation.WRITE,
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=ResourcePattern(ResourceType.TOPIC, CALLS),
    )
    with admin_client(secured.bootstrap) as admin:
        admin.create_topics({CALLS: {"num_partitions": 1, "replication_factor": 1}})
        admin.create_acls([may])
        yield secured
        admin.delete_topics([CALLS])


async def test_a_notice_comes_to_a_cluster_that_asks_for_a_login(
    hospital: KafkaServer, vault: Vault, tmp_path: Path
):
    """With the password in a file beside the delivery file; a wrong one is the sink's failure."""
    shutil.copy(vault.path("kafka-sponsor"), tmp_path / "password")
    shutil.copy(vault.path("tls-ca"), tmp_path / "ca")
    plan = parse_routing_config(FILE.format(url=hospital.bootstrap))
    (route,) = plan.routes
    notice = DeliveryScenario(config=plan).publish(alert_bytes()).due_notification(route)
    sink = build_sink(plan.sinks["bus"], tmp_path, STYLE)

    (tmp_path / "password").write_text("guessed")
    with pytest.raises(SinkDown) as failed:
        await sink.send(notice)
    assert "guessed" not in str(failed.value)
    shutil.copy(vault.path("kafka-sponsor"), tmp_path / "password")
    await sink.send(notice)
    await sink.close()

    (came,) = read_topic(hospital, vault)
    assert b'"text":"A report is ready."' in came.value


def read_topic(server: KafkaServer, vault: Vault) -> list[Any]:
    """What the topic holds."""
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
    ("found", "instead", "says"),
    [
        ('user = "sponsor"\n', "", "has no `user`"),
        ('secret_file = "password"\n', "", "has no `secret_file`"),
        ('"sasl_ssl"', '"ssl"', "user: is not known here"),
        ('"sasl_ssl"', '"sasl_plaintext"', "ca_file: is not known here"),
        ('"sasl_ssl"', '"tls"', "`tls` is not known"),
        ("user =", 'mechanism = "MD5"\nuser =', "`MD5` is not known"),
    ],
)
def test_a_login_that_cannot_be_is_named_with_its_line(found: str, instead: str, says: str):
    """What its security has no use for is a mistake: somebody believes that it is encrypted."""
    with pytest.raises(RoutingConfigError, match=r"^delivery file, line \d+: ") as refused:
        parse_routing_config(FILE.replace(found, instead, 1))

    assert says in str(refused.value)


def test_a_password_that_cannot_be_read_is_found_out_at_the_start(tmp_path: Path):
    """Not at night."""
    plan = parse_routing_config(FILE).sinks["bus"]
    with pytest.raises(UnreadableFile, match="password cannot be read"):
        build_sink(plan, tmp_path, STYLE)
    (tmp_path / "password").write_text("a word")
    with pytest.raises(UnreadableFile, match="ca cannot be read"):
        build_sink(plan, tmp_path, STYLE)
