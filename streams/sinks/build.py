"""Makes the sinks that the delivery file names, and reads their secrets from files beside it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from alerts.notification.audiences import Deployment, deployment
from alerts.notification.sink_config import Security, SinkKind, SinkPlan
from streams.kafka.sender import KafkaSender
from streams.login import Brokers, Login
from streams.sinks import Sink, SinkRefuses, Style
from streams.sinks.alertmanager import Alertmanager
from streams.sinks.apprise import Apprise
from streams.sinks.http import Poster
from streams.sinks.kafka import Topic
from streams.sinks.webhook import Webhook

T = TypeVar("T")

SECRET_BYTES_MIN = 16


class NoFile(Exception):
    """The delivery file, or a secret it names, cannot be read.  Exit code 2."""


def read_deployment(path: Path) -> Deployment:
    """The delivery file at *path*; DeliveryError says what is wrong in it."""
    return deployment(words(path))


def style_of(plan: Deployment, folder: Path) -> Style:
    """How notices are written; the secret of *folder* is read once: no reference ever changes."""
    return Style(secret=secret(folder / plan.secret_file), link=plan.link)


def built(
    plan: SinkPlan, folder: Path, style: Style, clock: Callable[[], float] = time.time
) -> Sink:
    """The sink of *plan*.  A secret that cannot be read is found out now, not at night."""
    file = folder / plan.secret_file
    match plan.kind:
        case SinkKind.WEBHOOK:
            secret(file)
            poster = Poster(plan.allow_private)
            return Webhook(plan.url, lambda: later(secret, file), style, clock, poster)
        case SinkKind.APPRISE:
            words(file)
            return Apprise(lambda: later(words, file).strip(), style)
        case SinkKind.KAFKA:
            return Topic(plan.topic, plan.partition, style, KafkaSender(brokers(plan, folder)))
        case SinkKind.ALERTMANAGER:
            return Alertmanager(plan.url, style, clock, Poster(allow_private=True))


def brokers(plan: SinkPlan, folder: Path) -> str:
    """The brokers of another cluster, and who we are to them; none of it is of our own cluster."""
    if plan.security is Security.PLAINTEXT:
        return plan.url
    files = {name: str(folder / name) for name in (plan.secret_file, plan.ca_file) if name}
    for path in files.values():
        words(Path(path))
    login = Login(
        security=plan.security.value,
        mechanism=plan.mechanism.value,
        user=plan.user or None,
        password_file=files.get(plan.secret_file),
        ca_file=files.get(plan.ca_file),
    )
    return Brokers(plan.url, login)


def later(read: Callable[[Path], T], path: Path) -> T:
    """What *read* reads at *path*, long after the start: a missing file is the sink's failure."""
    try:
        return read(path)
    except NoFile:
        raise SinkRefuses("its secret cannot be read") from None


def secret(path: Path) -> bytes:
    """The secret at *path*, without the line's end."""
    found = words(path).strip().encode()
    if len(found) < SECRET_BYTES_MIN:
        raise NoFile(f"{path} holds no secret of {SECRET_BYTES_MIN} bytes or more")
    return found


def words(path: Path) -> str:
    """The text of the file at *path*."""
    try:
        return path.read_text()
    except OSError as error:
        raise NoFile(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise NoFile(f"{path} cannot be read: it is no text") from None
