"""Opens the audit trail that the settings name: a topic, a file, or none."""

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
    """An audit trail on the audit topic; every replica confirms each entry."""

    bootstrap: str
    sender: KafkaSender = field(init=False)

    def __post_init__(self) -> None:
        self.sender = KafkaSender(self.bootstrap)

    async def head(self) -> TrailHead:
        """Return the last entry on the topic.  Raises LogUnreachable."""
        return await read_head(KafkaLog(self.bootstrap, AUDIT, 0))

    async def add(self, entry: bytes) -> None:
        """Send *entry* and wait until every replica has it.  Raises LogUnreachable."""
        message = Message(topic=AUDIT, partition=0, key=None, value=entry)
        try:
            await self.sender.send(message)
        except Undelivered as error:
            raise LogUnreachable(f"cannot write the audit entry: {error}") from None

    async def close(self) -> None:
        """Disconnect from the broker."""
        await self.sender.close()


@dataclass(slots=True)
class NoTrail:
    """Discards all entries; never use it for a study with patients."""

    async def head(self) -> TrailHead:
        """Return the head of an empty trail."""
        return TrailHead()

    async def add(self, entry: bytes) -> None:
        """Discard *entry*."""

    async def close(self) -> None:
        """Do nothing."""


def open_audit_log(settings: Settings, name: str) -> AuditLog:
    """Open the audit log of this process; its writer is *name* with a random suffix."""
    return AuditLog(
        open_trail(settings), who=principal(settings.kafka_user), writer=f"{name}-{token_hex(8)}"
    )


def open_trail(settings: Settings) -> Trail:
    """Open the trail that *settings* name, for writing."""
    if settings.audit == OFF:
        return NoTrail()
    if settings.audit == AUDIT_TOPIC_SINK:
        return TopicTrail(settings.broker)
    return FileTrail(Path(settings.audit.removeprefix(FILE_PREFIX)))


def open_trail_log(settings: Settings) -> Log | None:
    """Open the trail that *settings* name, for reading; None where auditing is off."""
    if settings.audit == OFF:
        return None
    if settings.audit == AUDIT_TOPIC_SINK:
        return KafkaLog(settings.broker, AUDIT, 0)
    return FileLog(Path(settings.audit.removeprefix(FILE_PREFIX)))


def principal(login: str | None = None) -> str:
    """Return the system user that runs this process, and its Kafka *login* if it has one.

    The user comes from the user id, since any value can be set in an environment variable.
    """
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:  # In a container a user id may have no name.
        name = f"uid {uid}"
    return name if login is None else f"{name} as {login}"
