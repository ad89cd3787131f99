"""A private Kafka: Apache's server as one node, broker and controller, on loopback ports."""

from __future__ import annotations

import base64
import re
import shutil
import socket
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from streams.kafka.admin import BrokerUnreachable, admin_client
from streams.local.ports import free_ports
from streams.local.process import Process, ServiceFailed
from streams.local.server import LocalServer
from streams.login import Brokers, Login

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "log.dirs": "data",
    # `tocsin topics apply` creates topics; a misspelt name must not create one.
    "auto.create.topics.enable": "false",
    # One node: with the default replication of three the first transaction would never finish.
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    # How long a restarted broker stays fenced after its previous session was killed.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
}


SHORT_LIVED_JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""For a broker that runs for seconds: a short start matters more than compiled speed."""


@dataclass(slots=True)
class KafkaServer(LocalServer):
    """A private broker in *folder*, run from the jars in *libs* (`make jars` downloads them).

    *listener* is the name of the listener for clients; *login* holds the credentials that
    *settings* require of them.
    """

    ready_timeout_seconds: ClassVar[float] = 60

    folder: Path
    libs: Path
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    jvm: tuple[str, ...] = ("-Xmx1g",)
    listener: str = "PLAINTEXT"
    login: Login = field(default_factory=Login, repr=False)
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        self.folder, self.libs = self.folder.absolute(), self.libs.absolute()
        self.process = Process(self.folder)

    def prepare(self) -> list[str]:
        """Configure and format the folder unless the broker runs, and return the command line.

        Raises `ServiceFailed` where Java or the jars are missing or the folder cannot be formatted.
        """
        if reason := unavailable_reason(self.libs):
            raise ServiceFailed(reason)
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.process.running:
            self.properties_file.write_text(self.render_configuration())
            self.format_storage()
        return self.java_command("kafka.Kafka", "server.properties")

    @property
    def properties_file(self) -> Path:
        """The path of the configuration file."""
        return self.folder / "server.properties"

    @property
    def bootstrap(self) -> Brokers:
        """The host and port for clients, the same after a restart, with their login."""
        address = self.read_properties()["advertised.listeners"].removeprefix(f"{self.listener}://")
        return Brokers(address, self.login)

    def read_properties(self) -> dict[str, str]:
        """Return the entries of the configuration file; none before the first start."""
        lines = (
            self.properties_file.read_text().splitlines() if self.properties_file.exists() else []
        )
        return {name: value for name, _, value in (line.partition("=") for line in lines)}

    def render_configuration(self) -> str:
        """Return the text of the configuration file; a folder that has one keeps its ports."""
        broker, controller = (f"127.0.0.1:{port}" for port in free_ports(2))
        defaults = {
            "advertised.listeners": f"{self.listener}://{broker}",
            "controller.quorum.voters": f"1@{controller}",
        }
        addresses = {
            name: self.read_properties().get(name, value) for name, value in defaults.items()
        }
        controller = addresses["controller.quorum.voters"].removeprefix("1@")
        listeners = f"{addresses['advertised.listeners']},CONTROLLER://{controller}"
        properties = {**SETTINGS, **self.settings, **addresses, "listeners": listeners}
        return "".join(f"{name}={value}\n" for name, value in properties.items())

    def format_storage(self) -> None:
        """Format an empty data folder with a new cluster id; a formatted one stays as it is.

        Raises `ServiceFailed` with the tool's output where formatting fails.
        """
        if (self.folder / "data" / "meta.properties").exists():
            return
        tool = self.java_command("kafka.tools.StorageTool", "format", "-t", new_cluster_id())
        command = [*tool, "-c", "server.properties"]
        completed = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False
        )
        if completed.returncode:
            raise ServiceFailed(
                f"Kafka's StorageTool: {completed.stdout}{completed.stderr}".strip()
            )

    def java_command(self, *arguments: str) -> list[str]:
        """Return the command line that runs a class of the jars with *arguments*."""
        quiet = "-Dorg.apache.logging.log4j.level=WARN"
        return ["java", *self.jvm, quiet, "-cp", f"{self.libs}/*", *arguments]

    def is_ready(self) -> bool:
        """Return whether the broker accepts connections and lists a broker that is not fenced."""
        host, _, port = self.bootstrap.partition(":")
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
            with admin_client(self.bootstrap, timeout_seconds=10) as admin:
                brokers = admin.describe_cluster()["brokers"]
                # After a kill the broker is listed but fenced until its previous session expires.
                return any(not broker.get("is_fenced") for broker in brokers)
        except (OSError, BrokerUnreachable):
            return False


def new_cluster_id() -> str:
    """Return a new cluster id: 16 bytes in Kafka's base 64, never beginning with a dash."""
    raw = uuid.uuid4().bytes
    return base64.urlsafe_b64encode(bytes([raw[0] & 0x7F]) + raw[1:]).decode().rstrip("=")


JAVA_MIN = 17
"""The oldest Java release that runs the server of Kafka 4."""


def unavailable_reason(libs: Path) -> str | None:
    """Return why no broker can be started from *libs* here, with the remedy; None if one can."""
    java = shutil.which("java")
    version = java_version(java) if java else 0
    if version < JAVA_MIN:
        found = f"Java {version} is too old" if version else "no Java on PATH"
        return f"{found}: Kafka's server needs {JAVA_MIN} or later"
    if not any(libs.glob("kafka_2.13-*.jar")):
        return f"Kafka's jars are not in {libs}: run `make jars`, which needs Maven"
    return None


def java_version(program: str) -> int:
    """Return the major version of the Java *program*; 0 where its output names none."""
    output = subprocess.run(
        [program, "-version"], capture_output=True, text=True, check=False
    ).stderr
    match = re.search(r'version "(\d+)', output)
    return int(match[1]) if match else 0
