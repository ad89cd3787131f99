"""Where audit entries are kept, as the settings say: on their topic, in a file, or nowhere."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

from streams.audit.audit_log import AuditLog, Trail, TrailHead
from streams.audit.file_trail import FileTrail, read_head
from streams.kafka.sender import KafkaSender, Message, Undelivered
from streams.kafka.topics import AUDIT
from streams.log import Log, LogUnreachable
from streams.log.file import FileLog
from streams.log.kafka import KafkaLog
from streams.settings import AUDIT_TOPIC_SINK, OFF, Settings

FILE_PREFIX = "file:"


@dataclass(slots=True)
class TopicTrail:
    """The topic of the audit, which nobody may alter; entries are confirmed by every copy."""

    bootstrap: str
    sender: KafkaSender = field(init=False)

    def __post_init__(self) -> None:
        self.sender = KafkaSender(self.bootstrap)

    async def head(self) -> TrailHead:
        """The last entry on the topic."""
        return await read_head(KafkaLog(self.bootstrap, AUDIT, 0))

    async def add(self, entry: bytes) -> None:
        """Send it, and wait for every copy."""
        message = Message(topic=AUDIT, partition=0, key=None, value=entry)
        try:
            await self.sender.send(message)
        except Undelivered as error:
            raise LogUnreachable(f"the audit could not be written: {error}") from None

    async def close(self) -> None:
        """Let go of the broker."""
        await self.sender.close()


@dataclass(slots=True)
class NoTrail:
    """Nothing is kept: never where patients are."""

    async def head(self) -> TrailHead:
        """None."""
        return TrailHead()

    async def add(self, entry: bytes) -> None:
        """Forget it."""

    async def close(self) -> None:
        """Nothing is open."""


def open_audit_log(settings: Settings, name: str) -> AuditLog:
    """The chain of this process, which is called *name* and a number of its own."""
    return AuditLog(
        open_trail(settings), who=principal(settings.kafka_user), writer=f"{name}-{token_hex(8)}"
    )


def open_trail(settings: Settings) -> Trail:
    """Where the settings say that entries are kept."""
    if settings.audit == OFF:
        return NoTrail()
    if settings.audit == AUDIT_TOPIC_SINK:
        return TopicTrail(settings.broker)
    return FileTrail(Path(settings.audit.removeprefix(FILE_PREFIX)))


def open_trail_log(settings: Settings) -> Log | None:
    """The trail as it is read; None where nothing is kept."""
    if settings.audit == OFF:
        return None
    if settings.audit == AUDIT_TOPIC_SINK:
        return KafkaLog(settings.broker, AUDIT, 0)
    return FileLog(Path(settings.audit.removeprefix(FILE_PREFIX)))


def principal(login: str | None = None) -> str:
    """Who runs this process, as the system knows it, and by which *login* Kafka does.

    A variable of the environment may say anything.
    """
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:  # In a container a user may have no name.
        name = f"uid {uid}"
    return name if login is None else f"{name} as {login}"
