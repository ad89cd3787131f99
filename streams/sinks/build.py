"""Builds the sinks of the delivery file, and reads their secrets from files beside it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from alerts.notification.audiences import RoutingConfig, parse_routing_config
from alerts.notification.sink_config import Security, SinkConfig, SinkKind
from streams.kafka.sender import KafkaSender
from streams.login import Brokers, Login
from streams.sinks import RenderOptions, Sink, SinkRefuses
from streams.sinks.alertmanager import Alertmanager
from streams.sinks.apprise import Apprise
from streams.sinks.http import HttpClient
from streams.sinks.kafka import KafkaTopic
from streams.sinks.webhook import Webhook

T = TypeVar("T")

SECRET_BYTES_MIN = 16


class UnreadableFile(Exception):
    """The delivery file, or a secret file that it names, cannot be read.  Exit code 2."""


def read_routing(path: Path) -> RoutingConfig:
    """Read the delivery file at *path*.  Raises UnreadableFile or RoutingConfigError."""
    return parse_routing_config(read_text(path))


def read_render_options(routing: RoutingConfig, folder: Path) -> RenderOptions:
    """Return the link and the secret, which is read once so that references never change.

    Raises UnreadableFile.
    """
    return RenderOptions(secret=read_secret(folder / routing.secret_file), link=routing.link)


def build_sink(
    config: SinkConfig, folder: Path, options: RenderOptions, clock: Callable[[], float] = time.time
) -> Sink:
    """Build the sink of *config*; *folder* holds the secret files.

    Raises UnreadableFile at start-up, instead of at the first notification.
    """
    secret_path = folder / config.secret_file
    match config.kind:
        case SinkKind.WEBHOOK:
            read_secret(secret_path)
            client = HttpClient(config.allow_private)
            return Webhook(
                config.url, lambda: reread(read_secret, secret_path), options, clock, client
            )
        case SinkKind.APPRISE:
            read_text(secret_path)
            return Apprise(lambda: reread(read_text, secret_path).strip(), options)
        case SinkKind.KAFKA:
            return KafkaTopic(
                config.topic, config.partition, options, KafkaSender(broker_login(config, folder))
            )
        case SinkKind.ALERTMANAGER:
            return Alertmanager(config.url, options, clock, HttpClient(allow_private=True))


def broker_login(config: SinkConfig, folder: Path) -> str:
    """Return the brokers and the login of a Kafka sink, independent of Tocsin's own cluster.

    Raises UnreadableFile.
    """
    if config.security is Security.PLAINTEXT:
        return config.url
    files = {name: str(folder / name) for name in (config.secret_file, config.ca_file) if name}
    for path in files.values():
        read_text(Path(path))
    login = Login(
        security=config.security.value,
        mechanism=config.mechanism.value,
        user=config.user or None,
        password_file=files.get(config.secret_file),
        ca_file=files.get(config.ca_file),
    )
    return Brokers(config.url, login)


def reread(read: Callable[[Path], T], path: Path) -> T:
    """Read *path* again at run time; an unreadable file raises SinkRefuses."""
    try:
        return read(path)
    except UnreadableFile:
        raise SinkRefuses("its secret cannot be read") from None


def read_secret(path: Path) -> bytes:
    """Read the secret at *path*, without surrounding whitespace.  Raises UnreadableFile."""
    content = read_text(path).strip().encode()
    if len(content) < SECRET_BYTES_MIN:
        raise UnreadableFile(f"{path} must hold a secret of at least {SECRET_BYTES_MIN} bytes")
    return content


def read_text(path: Path) -> str:
    """Read the text file at *path*.  Raises UnreadableFile."""
    try:
        return path.read_text()
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UnreadableFile(f"{path} cannot be read: it is not a text file") from None
