"""``tocsin replay --topic``: folds a log from Kafka in memory or into a separate space."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

from monitor.errors import Refusal
from monitor.records import Record
from streams.audit.audit_log import AuditAction
from streams.kafka.topics import LOG
from streams.log import LogRecord
from streams.log.kafka import KafkaLog
from streams.processor.folding import check_placement
from streams.processor.pipeline import Pipeline, apply_record
from streams.processor.processor import PartitionProcessor
from streams.processor.refold import READ_MAX, refold
from streams.records.decode import decode
from streams.records.signing import Trust
from streams.replay.replay import Replay, WhatIf
from streams.settings import Settings
from streams.store import LIVE_SPACE
from tocsin.commands.rebuild import counts_text
from tocsin.commands.replay_options import Options, TopicRange
from tocsin.commands.replay_output import finish_replay, print_alert, report_refusals
from tocsin.common.audit import audit_command
from tocsin.common.exits import Exit, Stop
from tocsin.common.progress import ProgressBar
from tocsin.common.services import (
    load_settings_quietly,
    open_store,
    select_partitions,
    service_errors,
)
from tocsin.common.settings import load_trust_file


def replay_range(topic_range: TopicRange, options: Options) -> None:
    """Replay a range of a topic.

    Raises Stop where an option does not fit, or a service does not answer.
    """
    settings = load_settings_quietly()
    topic = topic_range.topic if isinstance(topic_range.topic, str) else LOG
    check_options(topic_range, options)
    trust = load_trust_file(options.keys or settings.plan_keys_file, settings.plan_signers)
    with (
        audit_command(settings, AuditAction.READ, {"topic": topic}),
        service_errors(),
        asyncio.Runner() as runner,
    ):
        partition_count = runner.run(KafkaLog(settings.broker, topic, 0).identity()).partitions
        partitions = select_partitions(topic_range.partition, partition_count)
        if len(partitions) > 1:
            for flag, text in (("--from", topic_range.begin), ("--until", topic_range.until)):
                if text is not None and text.isdecimal():
                    message = f"{flag} {text} is an offset: add one --partition, or give a time"
                    raise Stop(Exit.USAGE, f"{message}.")
        logs = [KafkaLog(settings.broker, topic, number) for number in partitions]
        if topic_range.space is None:
            replay_into_memory(runner, logs, partition_count, topic_range, options, trust)
            return
        for log in logs:
            result = runner.run(fold_into_space(log, settings, topic_range, options, trust))
            print(result, flush=True)


def check_options(topic_range: TopicRange, options: Options) -> None:
    """Raise Stop for the space `live`, and for options that --space excludes."""
    if topic_range.space == LIVE_SPACE:
        message = (
            "--space live belongs to the workers, which publish its alerts: name another space"
        )
        raise Stop(Exit.USAGE, f"{message}. `tocsin rebuild` rebuilds the space live.")
    if topic_range.space is not None and topic_range.begin is not None:
        raise Stop(Exit.USAGE, "--space folds a log from its first record: omit --from.")
    if topic_range.space is not None and options.what_if != WhatIf():
        message = "--plan, --as-of and --onset-until work in memory only: omit --space"
        raise Stop(Exit.USAGE, f"{message}.")


def replay_into_memory(
    runner: asyncio.Runner,
    logs: list[KafkaLog],
    partition_count: int,
    topic_range: TopicRange,
    options: Options,
    trust: Trust,
) -> None:
    """Replay *logs* as a file is replayed; their topic has *partition_count* partitions."""
    replay_run, has_signal = Replay(what_if=options.what_if, pipeline=Pipeline(trust=trust)), False
    console = options.console()
    for log in logs:
        position_label, reported = (
            f"partition {log.partition}, offset",
            len(replay_run.excluded_lines),
        )
        for record in read_range(runner, log, topic_range, show_progress=not options.quiet):
            for alert in replay_run.process_line(
                decode_record(record, log.partition, partition_count), record.offset
            ):
                has_signal |= alert.level == "signal"
                print_alert(
                    alert, replay_run, None if options.json_lines else console, position_label
                )
        report_refusals(replay_run.excluded_lines[reported:], lambda _: "", position_label)
    replay_run.extend_to_horizon()
    name = f"{logs[0].topic} from {topic_range.begin}" if topic_range.begin else logs[0].topic
    finish_replay(replay_run, options, console, name, has_signal=has_signal)


def read_range(
    runner: asyncio.Runner, log: KafkaLog, topic_range: TopicRange, *, show_progress: bool
) -> Iterator[LogRecord]:
    """Yield the records of the range by offset, and close *log* at the end."""
    try:
        ends = runner.run(log.offset_range())
        position = (
            ends.first
            if topic_range.begin is None
            else runner.run(resolve_offset(log, topic_range.begin))
        )
        end = (
            ends.next
            if topic_range.until is None
            else runner.run(resolve_offset(log, topic_range.until))
        )
        with ProgressBar(
            f"partition {log.partition}", end - position, enabled=show_progress
        ) as bar:
            done = 0
            while batch := [
                each for each in runner.run(log.read(position, READ_MAX)) if each.offset < end
            ]:
                yield from batch
                done, position = done + len(batch), batch[-1].offset + 1
                bar.set_completed(done)
    finally:
        runner.run(log.close())


def decode_record(record: LogRecord, partition: int, partition_count: int) -> Record | Refusal:
    """Decode a record, or return the refusal that a worker would give at this position."""
    decoded = decode(record.value)
    if isinstance(decoded, Refusal):
        return decoded
    return check_placement(decoded, record.key, partition, partition_count) or decoded


async def fold_into_space(
    log: KafkaLog, settings: Settings, topic_range: TopicRange, options: Options, trust: Trust
) -> str:
    """Fold *log* into the space, from its cursor on; returns the result line to print."""
    assert topic_range.space is not None
    store = open_store(settings, topic_range.space, log.partition, log.topic)
    try:
        end = (await log.offset_range()).next
        until = end if topic_range.until is None else await resolve_offset(log, topic_range.until)
        processor = PartitionProcessor(
            log, store, partition=log.partition, fold=partial(apply_record, trust=trust)
        )
        await processor.claim()
        show_progress = not (options.quiet or options.json_lines)
        with ProgressBar(f"partition {log.partition}", until, enabled=show_progress) as bar:
            position = await refold(processor, log, until=until, on_progress=bar.set_completed)
        studies = await store.studies()
    finally:
        await log.close()
        await store.close()
    if options.json_lines:
        fields = {"partition": log.partition, "next": position, "studies": sorted(studies)}
        return json.dumps({**fields, "space": topic_range.space})
    counts = counts_text(position, len(studies))
    return f"partition {log.partition}: {counts}, in space {topic_range.space}"


async def resolve_offset(log: KafkaLog, text: str) -> int:
    """The offset in *text*, or the first offset at or after the day or time in *text* (UTC).

    Raises Stop where *text* is neither.
    """
    if text.isdecimal():
        return int(text)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        message = (
            f"{text} is neither an offset nor a time such as 2026-11-24 or 2026-11-24T05:00:00Z."
        )
        raise Stop(Exit.USAGE, message) from None
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return await log.offset_at(max(0, round(time.timestamp() * 1000)))
