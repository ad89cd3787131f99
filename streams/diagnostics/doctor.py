"""Checks everything that a deployment needs, and names the next command for each fault."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator
from datetime import UTC, datetime
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from kafka.errors import KafkaError

from streams.diagnostics.as_of_dates import check_dates, read_study_dates
from streams.diagnostics.finding import CheckState, Finding, wrong_finding
from streams.diagnostics.running import check_running
from streams.diagnostics.stopped import next_command, stop_message
from streams.kafka.admin import BrokerUnreachable, admin_client
from streams.kafka.topics import LOG, BrokerRefused, Difference, find_differences, required_topics
from streams.local import kafka_server as java
from streams.local import redis_server
from streams.log import LogUnreachable
from streams.log.kafka import MOCK_CLUSTER_PREFIX, KafkaLog, cluster_id_of
from streams.settings import ENV_PREFIX, Settings, SettingsError, read_settings
from streams.store import LIVE_SPACE, StoreMisconfigured, StoreNotWritable, StoreUnreachable
from streams.store.function import check_library, check_server, check_write_access
from streams.store.keys import Keys
from streams.store.redis import RedisStore, connect, run_command

TIMEOUT_SECONDS = 5

JARS_FOLDER = Path(".services/kafka/libs")
"""Folder in which `make jars` puts the Kafka broker."""

EMBEDDED_TEXT = "the embedded broker: in memory, without topic settings to check"
"""It has no groups either, so nobody can be asked who folds its log."""

OTHER_VARIABLES = ("MEMBER", "KEY", "STUDY", "SERVICES", "EXAMPLES")
"""Variables `TOCSIN_*` that are no settings: of commands, docker-compose.yml and tests."""

COMMAND_PATTERN = re.compile(r"`([^`]+)`")
"""A command in the message of an error."""


async def run_checks() -> AsyncIterator[Finding]:
    """Check settings, services, partitions and local programs; yield each finding at once."""
    try:
        settings = read_settings()
    except SettingsError as error:
        message = f"{error}. Nothing else can be checked before this is correct."
        yield wrong_finding("settings", message, f"export {str(error).partition(':')[0]}=...")
        return
    yield Finding(what="settings", state=CheckState.WELL, says=settings_text(settings))
    for finding in check_variables(os.environ):
        yield finding
    states, embedded = dict[str, CheckState](), False
    for check in (check_broker, check_store):
        async for finding in check(settings):
            states[finding.what] = finding.state
            embedded |= finding.says == EMBEDDED_TEXT
            yield finding
    if states["broker"] is states["store"] is CheckState.WELL:
        for finding in await check_partitions(settings):
            yield finding
        for finding in await check_as_of_dates(settings):
            yield finding
    if states.get("topics") is states["store"] is CheckState.WELL and not embedded:
        for finding in await check_running(settings):
            yield finding
    for finding in check_programs():
        yield finding


def check_variables(names: Iterable[str]) -> Iterator[Finding]:
    """Yield a finding for each variable `TOCSIN_*` among *names* that nothing reads."""
    known = [ENV_PREFIX + name.upper() for name in (*Settings.model_fields, *OTHER_VARIABLES)]
    for name in sorted(names):
        if name.upper().startswith(ENV_PREFIX) and name.upper() not in known:
            similar = get_close_matches(name.upper(), known, 1)
            hint = f"; is {similar[0]} meant?" if similar else ""
            yield wrong_finding(
                "settings", f"{name} is no setting, and is ignored{hint}", f"unset {name}"
            )


async def check_broker(settings: Settings) -> AsyncIterator[Finding]:
    """Check the broker at TOCSIN_BROKER and its topics."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            cluster = await cluster_id_of(settings.broker)
    except (LogUnreachable, TimeoutError):
        message = f"no Kafka broker answers at {settings.broker} (TOCSIN_BROKER)"
        command = (
            "export $(make -s kafka)"
            if java.unavailable_reason(JARS_FOLDER) is None
            else "tocsin demo"
        )
        yield Finding(what="broker", state=CheckState.UNREACHABLE, says=message, next=command)
        return
    yield Finding(
        what="broker", state=CheckState.WELL, says=f"cluster {cluster} at {settings.broker}"
    )
    if cluster.startswith(MOCK_CLUSTER_PREFIX):
        yield Finding(what="topics", state=CheckState.WELL, says=EMBEDDED_TEXT)
        return
    for finding in await asyncio.to_thread(lambda: list(check_topics(settings))):
        yield finding


def check_topics(settings: Settings) -> Iterator[Finding]:
    """Yield a finding for each missing or different topic, or one if all are as required."""
    expected = required_topics(settings)
    try:
        with admin_client(settings.broker, TIMEOUT_SECONDS) as admin:
            existing = set(admin.list_topics())
            differences = find_differences(
                admin, [topic for topic in expected if topic.name in existing]
            )
    except (BrokerUnreachable, KafkaError, BrokerRefused) as error:
        yield wrong_finding("topics", f"cannot read the topics: {error}", "tocsin topics apply")
        return
    any_wrong = False
    for topic in expected:
        if topic.name not in differences:
            any_wrong = True
            yield wrong_finding(topic.name, "the topic does not exist", "tocsin topics apply")
        for difference in differences.get(topic.name, []):
            any_wrong = True
            yield wrong_finding(topic.name, str(difference), topic_remedy(topic.name, difference))
    if not any_wrong:
        message = f"{len(expected)} topics have the required partitions and settings"
        yield Finding(what="topics", state=CheckState.WELL, says=message)


def topic_remedy(topic: str, difference: Difference) -> str:
    """The command or setting that removes *difference* of *topic*."""
    if difference.mendable:
        return "tocsin topics apply --alter"
    if difference.setting == "replication":
        return f"kafka-reassign-partitions.sh (for {topic})"
    setting = "LOG" if topic.startswith("trial.log") else "ALERT"
    return f"export TOCSIN_{setting}_PARTITIONS={difference.found}"


async def check_store(settings: Settings) -> AsyncIterator[Finding]:
    """Check the store: its answer, eviction policy, function library and write access."""
    client, shown_address = connect(settings.store), store_address(settings.store)
    checks = (
        ("store", check_server, f"answers at {shown_address}; its policy is noeviction"),
        ("functions", check_library, "the function library is that of this version"),
    )
    try:
        states: set[CheckState] = set()
        for what, check, message in checks:
            yield (finding := await run_store_check(what, check(client), message))
            states.add(finding.state)
        if states == {CheckState.WELL}:
            check = check_write_access(client, Keys(LIVE_SPACE, LOG, 0))
            yield await run_store_check("writing", check, "the store accepts a worker's writes")
    except StoreUnreachable:
        message = f"no Redis or Valkey answers at {shown_address} (TOCSIN_STORE)"
        command = "export $(make -s redis)" if redis_server.find_program()[0] else "tocsin demo"
        yield Finding(what="store", state=CheckState.UNREACHABLE, says=message, next=command)
    finally:
        await client.aclose()


async def check_partitions(settings: Settings) -> list[Finding]:
    """One finding for each stopped partition with reason and command, or one if none is."""
    client, count = connect(settings.store), settings.log_partitions

    async def check_partition(number: int) -> str:
        log = KafkaLog(settings.broker, LOG, number)
        try:
            return await stop_message(log, RedisStore(client, Keys(LIVE_SPACE, LOG, number)), count)
        finally:
            await log.close()

    try:
        messages = await asyncio.gather(*map(check_partition, range(count)))
    except (LogUnreachable, StoreUnreachable, StoreMisconfigured) as error:
        command = next(iter(COMMAND_PATTERN.findall(str(error))), "tocsin quarantine list")
        return [wrong_finding("partitions", f"cannot check the partitions: {error}", command)]
    finally:
        await client.aclose()
    stopped = [
        wrong_finding(f"partition {number}", f"stopped: {message}", next_command(message, number))
        for number, message in enumerate(messages)
        if message
    ]
    message = f"none of the {count} partitions of the log is stopped"
    return stopped or [Finding(what="partitions", state=CheckState.WELL, says=message)]


async def check_as_of_dates(settings: Settings) -> list[Finding]:
    """Compare the as-of dates of all studies with today, by this program's clock."""
    client = connect(settings.store)
    stores = [
        RedisStore(client, Keys(LIVE_SPACE, LOG, number))
        for number in range(settings.log_partitions)
    ]
    try:
        dates = [each async for each in read_study_dates(stores)]
    except (StoreUnreachable, StoreMisconfigured) as error:
        return [wrong_finding("as-of dates", f"cannot read them: {error}", "tocsin doctor")]
    finally:
        await client.aclose()
    return [
        Finding(
            what=each.what,
            state=CheckState.WRONG if each.is_wrong else CheckState.WELL,
            says=each.says,
            next=each.next,
        )
        for each in check_dates(dates, datetime.now(UTC).toordinal())
    ]


async def run_store_check(what: str, check: Awaitable[None], message: str) -> Finding:
    """Run *check* of the store; return its finding, with *message* if the check succeeds.

    The command of a failed check is the one in the error's message.
    """
    try:
        await run_command(check)
    except StoreMisconfigured as error:
        return wrong_finding(what, str(error), next(iter(COMMAND_PATTERN.findall(str(error))), ""))
    except StoreNotWritable as error:
        return wrong_finding(what, str(error), "redis-cli INFO memory persistence replication")
    return Finding(what=what, state=CheckState.WELL, says=message)


def check_programs() -> Iterator[Finding]:
    """Check the programs and packages of `make kafka`, `make redis` and `tocsin demo`."""
    reason = java.unavailable_reason(JARS_FOLDER)
    if reason is None:
        yield Finding(what="java", state=CheckState.WELL, says="`make kafka` can start a broker")
    else:
        yield Finding(
            what="java", state=CheckState.ABSENT, says=f"{reason}; needed only by `make kafka`"
        )
    program, missing_reason = redis_server.find_program()
    if program is not None:
        yield Finding(what="redis-server", state=CheckState.WELL, says=f"{program}")
    else:
        message = f"{missing_reason}; `tocsin demo` uses fakeredis instead"
        yield Finding(what="redis-server", state=CheckState.ABSENT, says=message)
    missing = [name for name in ("confluent_kafka", "fakeredis", "lupa") if not find_spec(name)]
    if missing:
        message = f"`tocsin demo` needs {', '.join(missing)}"
        command = "pip install 'tocsin[demo]'"
        yield Finding(what="demo", state=CheckState.ABSENT, says=message, next=command)
    else:
        yield Finding(what="demo", state=CheckState.WELL, says="`tocsin demo` has all its packages")


def settings_text(settings: Settings) -> str:
    """The settings as text, without secrets."""
    parts = f"{settings.log_partitions} partitions of the log"
    return f"broker {settings.broker}, store {store_address(settings.store)}, {parts}"


def store_address(url: str) -> str:
    """Host and port, or the socket path, of a store's URL, without its password.

    >>> store_address("redis://:secret@store:6379/0"), store_address("unix:///run/redis.sock")
    ('store:6379', '/run/redis.sock')
    """
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return parts.path
    return f"{parts.hostname}:{parts.port or 6379}"
