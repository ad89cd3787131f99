"""``tocsin replay --topic``: a log from Kafka, into memory or into a space of its own in Redis."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

from monitor.errors import Refusal
from monitor.records import Record
from streams.audit.audit_log import Act
from streams.kafka.topics import LOG
from streams.log import LogRecord
from streams.log.kafka import KafkaLog
from streams.processor import Lane
from streams.processor.folding import misplaced
from streams.processor.pipeline import Pipeline, take_in
from streams.processor.refold import AT_ONCE, refold
from streams.records.decode import decode
from streams.records.signing import Trust
from streams.replay.replay import Replay, WhatIf
from streams.settings import Settings
from streams.store import LIVE
from tocsin.commands.rebuild import counted
from tocsin.commands.replay_options import Stretch, Wishes
from tocsin.commands.replay_output import close, report_refusals, tell
from tocsin.common.audit import audited
from tocsin.common.exits import Exit, Stop
from tocsin.common.progress import Bar
from tocsin.common.services import chosen, kept, quietly_settled, stopping
from tocsin.common.settings import trust_of
from tocsin.common.terminal import paper


def replay(stretch: Stretch, wishes: Wishes) -> None:
    """Replay a stretch of a topic."""
    settings = quietly_settled()
    topic = stretch.topic if isinstance(stretch.topic, str) else LOG
    check(stretch, wishes)
    trust = trust_of(wishes.keys or settings.plan_keys_file, settings.plan_signers)
    with (
        audited(settings, Act.READ, {"topic": topic}),
        stopping(),
        asyncio.Runner() as runner,
    ):
        count = runner.run(KafkaLog(settings.broker, topic, 0).identity()).partitions
        numbers = chosen(stretch.partition, count)
        if len(numbers) > 1:
            for flag, text in (("--from", stretch.begin), ("--until", stretch.until)):
                if text is not None and text.isdecimal():
                    says = f"{flag} {text} is an offset: name its --partition, or give a time"
                    raise Stop(Exit.USAGE, f"{says}.")
        logs = [KafkaLog(settings.broker, topic, number) for number in numbers]
        if stretch.space is None:
            into_memory(runner, logs, count, stretch, wishes, trust)
            return
        for log in logs:
            told = runner.run(into_space(log, settings, stretch, wishes, trust))
            print(told, flush=True)


def check(stretch: Stretch, wishes: Wishes) -> None:
    """Refuse what would touch the live tables, and what a space cannot hold."""
    if stretch.space == LIVE:
        says = "--space live is the workers' own, whose alerts are announced: name another"
        raise Stop(Exit.USAGE, f"{says}. `tocsin rebuild` makes it anew.")
    if stretch.space is not None and stretch.begin is not None:
        raise Stop(Exit.USAGE, "--space folds a log from its first record on: leave --from out.")
    if stretch.space is not None and wishes.what_if != WhatIf():
        says = "--plan, --as-of and --onset-until are answered in memory: leave --space out"
        raise Stop(Exit.USAGE, f"{says}.")


def into_memory(
    runner: asyncio.Runner,
    logs: list[KafkaLog],
    count: int,
    stretch: Stretch,
    wishes: Wishes,
    trust: Trust,
) -> None:
    """Replay *logs*, of a topic of *count* partitions, as a file is replayed."""
    running, rang = Replay(what_if=wishes.what_if, pipeline=Pipeline(trust=trust)), False
    console = paper(drawn=wishes.svg is not None)
    for log in logs:
        place, seen = f"partition {log.partition}, offset", len(running.refusals)
        for record in records(runner, log, stretch, watched=not wishes.quiet):
            for alert in running.take(read(record, log.partition, count), record.offset):
                rang |= alert.level == "signal"
                tell(alert, running, None if wishes.json_lines else console, place)
        report_refusals(running.refusals[seen:], lambda _: "", place)
    running.look_ahead()
    name = f"{logs[0].topic} from {stretch.begin}" if stretch.begin else logs[0].topic
    close(running, wishes, console, name, rang=rang)


def records(
    runner: asyncio.Runner, log: KafkaLog, stretch: Stretch, *, watched: bool
) -> Iterator[LogRecord]:
    """The records of the stretch, in order."""
    try:
        ends = runner.run(log.ends())
        at = ends.first if stretch.begin is None else runner.run(offset_of(log, stretch.begin))
        end = ends.next if stretch.until is None else runner.run(offset_of(log, stretch.until))
        with Bar(f"partition {log.partition}", end - at, watched=watched) as bar:
            done = 0
            while found := [
                each for each in runner.run(log.read(at, AT_ONCE)) if each.offset < end
            ]:
                yield from found
                done, at = done + len(found), found[-1].offset + 1
                bar.show(done)
    finally:
        runner.run(log.close())


def read(record: LogRecord, partition: int, count: int) -> Record | Refusal:
    """The record, or why a worker would refuse it where it is."""
    found = decode(record.value)
    if isinstance(found, Refusal):
        return found
    return misplaced(found, record.key, partition, count) or found


async def into_space(
    log: KafkaLog, settings: Settings, stretch: Stretch, wishes: Wishes, trust: Trust
) -> str:
    """Fold *log* into the space, on from where that is; what to say of it."""
    assert stretch.space is not None
    store = kept(settings, stretch.space, log.partition, log.topic)
    try:
        end = (await log.ends()).next
        until = end if stretch.until is None else await offset_of(log, stretch.until)
        lane = Lane(log, store, partition=log.partition, fold=partial(take_in, trust=trust))
        await lane.claim()
        watched = not (wishes.quiet or wishes.json_lines)
        with Bar(f"partition {log.partition}", until, watched=watched) as bar:
            position = await refold(lane, log, until=until, tell=bar.show)
        studies = await store.studies()
    finally:
        await log.close()
        await store.close()
    if wishes.json_lines:
        said = {"partition": log.partition, "next": position, "studies": sorted(studies)}
        return json.dumps({**said, "space": stretch.space})
    of = counted(position, len(studies))
    return f"partition {log.partition}: {of}, in space {stretch.space}"


async def offset_of(log: KafkaLog, text: str) -> int:
    """The offset that *text* is, or the first one of its day or instant."""
    if text.isdecimal():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        says = f"{text} is no offset, and no time as in 2026-11-24 or 2026-11-24T05:00:00Z."
        raise Stop(Exit.USAGE, says) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return await log.offset_at(max(0, round(moment.timestamp() * 1000)))
