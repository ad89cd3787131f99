"""Looks at everything a deployment needs, and for what is not well names the next command."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from kafka.errors import KafkaError

from streams.diagnostics.stopped import going_on, stillness
from streams.kafka.admin import Unreachable, administer
from streams.kafka.topics import LOG, Difference, Refused, examine, topics
from streams.local import kafka_server as java
from streams.local import redis_server
from streams.log import LogUnreachable
from streams.log.kafka import MOCK, KafkaLog, cluster_at
from streams.settings import BadSettings, Settings, read_settings
from streams.store import LIVE, StoreRefuses, StoreUnreachable, WrongStore
from streams.store.function import check_library, check_server, check_writing
from streams.store.keys import Keys
from streams.store.redis import RedisStore, answer, connect

PATIENCE_SECONDS = 5

JARS = Path(".services/kafka/libs")
"""Where `make jars` puts Kafka's server."""

COMMAND = re.compile(r"`([^`]+)`")


class State(StrEnum):
    """How something stands."""

    WELL = "well"
    ABSENT = "absent"  # Not there, and nothing that runs now needs it.
    WRONG = "wrong"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of one thing; *next* is the command that mends it, or nothing."""

    what: str
    state: State
    says: str
    next: str = ""


async def examined() -> AsyncIterator[Finding]:
    """One finding after another: settings, services, partitions, and what could be started."""
    try:
        settings = read_settings()
    except BadSettings as error:
        what = f"{error}. Nothing else can be looked for before."
        yield wrong("settings", what, f"export {str(error).partition(':')[0]}=...")
        return
    yield Finding(what="settings", state=State.WELL, says=described(settings))
    states: dict[str, State] = {}
    for look in (broker, store):
        async for finding in look(settings):
            states[finding.what] = finding.state
            yield finding
    if states["broker"] is states["store"] is State.WELL:
        for finding in await partitions(settings):
            yield finding
    for finding in programs():
        yield finding


async def broker(settings: Settings) -> AsyncIterator[Finding]:
    """The broker, and the topics it should hold."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            cluster = await cluster_at(settings.broker)
    except (LogUnreachable, TimeoutError):
        says = f"no Kafka broker answers at {settings.broker} (TOCSIN_BROKER)"
        command = "export $(make -s kafka)" if java.unavailable(JARS) is None else "tocsin demo"
        yield Finding(what="broker", state=State.UNREACHABLE, says=says, next=command)
        return
    yield Finding(what="broker", state=State.WELL, says=f"cluster {cluster} at {settings.broker}")
    if cluster.startswith(MOCK):
        says = "the embedded broker: it keeps nothing, and has no settings to look at"
        yield Finding(what="topics", state=State.WELL, says=says)
        return
    for finding in await asyncio.to_thread(lambda: list(topics_of(settings))):
        yield finding


def topics_of(settings: Settings) -> Iterator[Finding]:
    """Each topic that is missing or not what it should be; one finding if all are well."""
    wanted = topics(settings)
    try:
        with administer(settings.broker, PATIENCE_SECONDS) as admin:
            there = set(admin.list_topics())
            found = examine(admin, [topic for topic in wanted if topic.name in there])
    except (Unreachable, KafkaError, Refused) as error:
        yield wrong("topics", f"the broker does not tell: {error}", "tocsin topics apply")
        return
    bad = False
    for topic in wanted:
        if topic.name not in found:
            bad = True
            yield wrong(topic.name, "there is no such topic", "tocsin topics apply")
        for each in found.get(topic.name, []):
            bad = True
            yield wrong(topic.name, str(each), mending(topic.name, each))
    if not bad:
        says = f"{len(wanted)} topics, each with its partitions and settings"
        yield Finding(what="topics", state=State.WELL, says=says)


def mending(topic: str, each: Difference) -> str:
    """The command for a topic that is not what it should be."""
    if each.mendable:
        return "tocsin topics apply --alter"
    if each.setting == "replication":
        return f"kafka-reassign-partitions.sh (for {topic})"
    which = "LOG" if topic.startswith("trial.log") else "ALERT"
    return f"export TOCSIN_{which}_PARTITIONS={each.found}"


async def store(settings: Settings) -> AsyncIterator[Finding]:
    """The store: whether it answers, keeps what it is given, and has the function library."""
    client, where = connect(settings.store), address(settings.store)
    looks = (
        ("store", check_server, f"answers at {where} and never evicts"),
        ("functions", check_library, "the library is the one that this version calls"),
    )
    try:
        states: set[State] = set()
        for what, look, says in looks:
            yield (finding := await looked(what, look(client), says))
            states.add(finding.state)
        if states == {State.WELL}:
            look = check_writing(client, Keys(LIVE, LOG, 0))
            yield await looked("writing", look, "the store takes what a worker writes")
    except StoreUnreachable:
        says = f"no Redis or Valkey answers at {where} (TOCSIN_STORE)"
        command = "export $(make -s redis)" if redis_server.find()[0] else "tocsin demo"
        yield Finding(what="store", state=State.UNREACHABLE, says=says, next=command)
    finally:
        await client.aclose()


async def partitions(settings: Settings) -> list[Finding]:
    """Each partition that stands still, why, and what goes on; one finding if none does."""
    client, count = connect(settings.store), settings.log_partitions

    async def still(number: int) -> str:
        log = KafkaLog(settings.broker, LOG, number)
        try:
            return await stillness(log, RedisStore(client, Keys(LIVE, LOG, number)), count)
        finally:
            await log.close()

    try:
        found = await asyncio.gather(*map(still, range(count)))
    except (LogUnreachable, StoreUnreachable, WrongStore) as error:
        command = next(iter(COMMAND.findall(str(error))), "tocsin quarantine list")
        return [wrong("partitions", f"they cannot be looked at: {error}", command)]
    finally:
        await client.aclose()
    stopped = [
        wrong(f"partition {number}", f"stands still: {says}", going_on(says, number))
        for number, says in enumerate(found)
        if says
    ]
    says = f"{count} of the log, and none of them stands still"
    return stopped or [Finding(what="partitions", state=State.WELL, says=says)]


async def looked(what: str, look: Awaitable[None], says: str) -> Finding:
    """What a *look* at the store found; the error of a wrong one holds the command."""
    try:
        await answer(look)
    except WrongStore as error:
        return wrong(what, str(error), next(iter(COMMAND.findall(str(error))), ""))
    except StoreRefuses as error:
        return wrong(what, str(error), "redis-cli INFO memory persistence replication")
    return Finding(what=what, state=State.WELL, says=says)


def programs() -> Iterator[Finding]:
    """What `make kafka`, `make redis` and `tocsin demo` would run."""
    reason = java.unavailable(JARS)
    if reason is None:
        yield Finding(what="java", state=State.WELL, says="`make kafka` can start a broker")
    else:
        yield Finding(what="java", state=State.ABSENT, says=f"{reason}; only `make kafka` needs it")
    program, why = redis_server.find()
    if program is not None:
        yield Finding(what="redis-server", state=State.WELL, says=f"{program}")
    else:
        says = f"{why}; the demo then uses fakeredis"
        yield Finding(what="redis-server", state=State.ABSENT, says=says)
    missing = [name for name in ("confluent_kafka", "fakeredis", "lupa") if not find_spec(name)]
    if missing:
        says = f"without {', '.join(missing)} there is no `tocsin demo`"
        command = "pip install 'tocsin[demo]'"
        yield Finding(what="demo", state=State.ABSENT, says=says, next=command)
    else:
        yield Finding(what="demo", state=State.WELL, says="`tocsin demo` has all it needs")


def wrong(what: str, says: str, command: str) -> Finding:
    """A finding of something that somebody must mend."""
    return Finding(what=what, state=State.WRONG, says=says, next=command)


def described(settings: Settings) -> str:
    """The settings that are no secret."""
    parts = f"{settings.log_partitions} partitions of the log"
    return f"broker {settings.broker}, store {address(settings.store)}, {parts}"


def address(url: str) -> str:
    """Where a store is, without the password that its address may hold.

    >>> address("redis://:secret@store:6379/0"), address("unix:///run/redis.sock")
    ('store:6379', '/run/redis.sock')
    """
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return parts.path
    return f"{parts.hostname}:{parts.port or 6379}"
