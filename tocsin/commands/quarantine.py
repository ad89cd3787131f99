"""``tocsin quarantine``: lists and redrives dead letters, and releases stopped partitions."""

from __future__ import annotations

import json
import sys
from collections.abc import Coroutine
from dataclasses import asdict
from typing import Any, TypeVar

from cyclopts import App

from streams.audit.audit_log import AuditAction
from streams.diagnostics.stopped import stop_message
from streams.kafka.sender import KafkaSender, Undelivered
from streams.kafka.topics import DEAD_LETTERS, LOG
from streams.log.kafka import KafkaLog
from streams.outbox.quarantine import (
    DeadLetter,
    IntakeLetter,
    NotRedriven,
    expected_dead_letter,
    read_dead_letters,
    read_intake_letters,
    redrive,
    select_for_redrive,
)
from streams.settings import Settings
from streams.store import LIVE_SPACE
from streams.store.cursor_fields import passed_offsets
from tocsin.commands.quarantine_pass import pass_batch
from tocsin.common.audit import audit_command
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag, Json
from tocsin.common.services import (
    load_settings_quietly,
    open_store,
    open_stores,
    run_or_stop,
    select_partitions,
    unreachable_stop,
)
from tocsin.common.terminal import printable
from tocsin.display.intake_letters import intake_json, intake_text

app = App(name="quarantine", help="Quarantined records and stopped partitions.")
app.command(pass_batch, name="pass")

T = TypeVar("T")


@app.command(name="list")
def list_all(*, json_lines: Json = False) -> None:
    """List stopped partitions with the reason, passed batches and quarantined records.

    Parameters
    ----------
    json_lines
        Print a JSON object for each.
    """
    settings = load_settings_quietly()
    with audit_command(settings, AuditAction.READ):
        for partition, reason in run_or_reject(read_stopped_partitions(settings)).items():
            fields = {"partition": partition, "stopped": reason}
            text = f"partition {partition} stopped: {reason}"
            print(json.dumps(fields) if json_lines else text)
        for partition, offsets in run_or_reject(read_passed(settings)):
            fields = {"partition": partition, "passed": [offsets.start, offsets.stop - 1]}
            text = f"offsets {offsets.start} to {offsets.stop - 1} passed: not included"
            print(json.dumps(fields) if json_lines else f"partition {partition}: {text}")
        for dead_letter in run_or_reject(load_dead_letters(settings)):
            print(as_json(dead_letter) if json_lines else as_text(dead_letter))
        for letter in run_or_reject(load_intake_letters(settings)):
            print(intake_json(letter) if json_lines else intake_text(letter))


@app.command
def show(partition: int, offset: int, /, *, raw: Flag = False) -> None:
    """Show a record that is quarantined or stops its partition: position, reason and bytes.

    Parameters
    ----------
    partition
        Partition of the log.
    offset
        Offset of the record in the partition.
    raw
        Print only the bytes of the record, unchanged.
    """
    settings = load_settings_quietly()
    select_partitions([partition], settings.log_partitions)
    with audit_command(settings, AuditAction.READ, {"partition": partition, "offset": offset}):
        dead_letter = run_or_reject(find_dead_letter(settings, partition, offset))
        if dead_letter is None:
            raise Stop(
                Exit.USAGE,
                f"no quarantined or refused record at partition {partition}, offset {offset}.",
            )
    if raw:
        sys.stdout.buffer.write(dead_letter.value or b"")
        return
    print(as_text(dead_letter))
    print(printable((dead_letter.value or b"").decode(errors="replace")))


@app.command
def release(partition: int, /, *, through: int) -> None:
    """Release unreadable records of a stopped partition, so that its worker continues.

    The released records are quarantined.  The worker continues within a second.

    Parameters
    ----------
    partition
        Partition of the log that is stopped.
    through
        Offset of the last record to release.
    """
    settings = load_settings_quietly()
    select_partitions([partition], settings.log_partitions)
    with audit_command(settings, AuditAction.CHANGE, {"partition": partition, "offset": through}):
        run_or_reject(release_partition(settings, partition, through))
        print(f"partition {partition}: unreadable records released up to offset {through}")


@app.command(name="redrive")
def redrive_all(*keys: str, again: Flag = False) -> None:
    """Append quarantined records to the log again, after an upgrade that can read them.

    Parameters
    ----------
    keys
        Keys of the records as `list` prints them; default all.
    again
        Include records that were redriven before.
    """
    settings = load_settings_quietly()
    with audit_command(settings, AuditAction.CHANGE):
        failures = run_or_reject(redrive_selected(settings, keys, again=again))
    if failures:
        raise Stop(Exit.REJECTED, ". ".join(failures) + ".")


def run_or_reject(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run *coroutine*; errors of services and of a redrive become Stop."""
    try:
        return run_or_stop(coroutine)
    except Undelivered as error:
        raise unreachable_stop(error) from None
    except NotRedriven as error:
        raise Stop(Exit.REJECTED, f"{error}.") from None


async def read_stopped_partitions(settings: Settings) -> dict[int, str]:
    """By number, the reason of each stopped partition."""
    count, reasons = settings.log_partitions, dict[int, str]()
    async with open_stores(settings) as store_of:
        for partition in range(count):
            log = KafkaLog(settings.broker, LOG, partition)
            try:
                reasons[partition] = await stop_message(log, store_of(partition), count)
            finally:
                await log.close()
    return {partition: reason for partition, reason in reasons.items() if reason}


async def read_passed(settings: Settings) -> list[tuple[int, range]]:
    """The offsets of each batch that an operator has passed, with its partition."""
    async with open_stores(settings) as store_of:
        return [
            (partition, offsets)
            for partition in range(settings.log_partitions)
            for offsets in passed_offsets(await store_of(partition).cursor())
        ]


async def load_dead_letters(settings: Settings) -> list[DeadLetter]:
    """Read all dead letters."""
    log = KafkaLog(settings.broker, DEAD_LETTERS, 0)
    try:
        return await read_dead_letters(log)
    finally:
        await log.close()


async def load_intake_letters(settings: Settings) -> list[IntakeLetter]:
    """Read the lines that the intake has quarantined."""
    log = KafkaLog(settings.broker, DEAD_LETTERS, 0)
    try:
        return await read_intake_letters(log)
    finally:
        await log.close()


async def find_dead_letter(settings: Settings, partition: int, offset: int) -> DeadLetter | None:
    """The dead letter of a record, or the one that a worker would publish; None if it is read."""
    for dead_letter in await load_dead_letters(settings):
        if (dead_letter.partition, dead_letter.offset) == (partition, offset):
            return dead_letter
    log = KafkaLog(settings.broker, LOG, partition)
    try:
        return await expected_dead_letter(log, offset)
    finally:
        await log.close()


async def release_partition(settings: Settings, partition: int, through: int) -> None:
    """Store in the live space that unreadable records up to offset *through* are released."""
    store = open_store(settings, LIVE_SPACE, partition)
    try:
        await store.release(through)
    finally:
        await store.close()


async def redrive_selected(settings: Settings, keys: tuple[str, ...], *, again: bool) -> list[str]:
    """Redrive the selected dead letters, and print the new offset of each.

    Returns the reasons of those that were not redriven.
    """
    selected = list(select_for_redrive(await load_dead_letters(settings), keys, again=again))
    sender, failures = KafkaSender(settings.broker), list[str]()
    try:
        for dead_letter in selected:
            log = KafkaLog(settings.broker, LOG, dead_letter.partition)
            try:
                offset = await redrive(dead_letter, log, sender)
                print(
                    f"{dead_letter.key} redriven to partition {dead_letter.partition}, "
                    f"offset {offset}"
                )
            except NotRedriven as error:
                failures.append(str(error))
            finally:
                await log.close()
    finally:
        await sender.close()
    return failures


def as_text(dead_letter: DeadLetter) -> str:
    """One line for a dead letter."""
    redriven_text = (
        "" if dead_letter.redriven is None else f" (redriven to offset {dead_letter.redriven})"
    )
    return (
        f"{dead_letter.key}: {printable(dead_letter.reason)}: "
        f"{printable(dead_letter.detail)}{redriven_text}"
    )


def as_json(dead_letter: DeadLetter) -> str:
    """The dead letter as JSON, with the record's bytes decoded as text."""
    value = None if dead_letter.value is None else dead_letter.value.decode(errors="replace")
    return json.dumps({"key": dead_letter.key, **asdict(dead_letter), "value": value})
