"""``tocsin quarantine``: records that are not included, and partitions that stand still."""

from __future__ import annotations

import json
import sys
from collections.abc import Coroutine
from dataclasses import asdict
from typing import Any, TypeVar

from cyclopts import App

from streams.audit.audit_log import Act
from streams.diagnostics.stopped import stillness
from streams.kafka.sender import KafkaSender, Undelivered
from streams.kafka.topics import DEAD_LETTERS, LOG
from streams.log.kafka import KafkaLog
from streams.outbox.quarantine import (
    DeadLetter,
    NotRedriven,
    choose,
    letter_to_be,
    letters,
    redrive,
)
from streams.settings import Settings
from streams.store import LIVE
from tocsin.common.audit import audited
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag, Json
from tocsin.common.services import answered, chosen, kept, quietly_settled, stores, unreachable
from tocsin.common.terminal import plain

app = App(name="quarantine", help="Records that were set aside, and partitions that stand still.")

T = TypeVar("T")


@app.command(name="list")
def list_all(*, json_lines: Json = False) -> None:
    """List the partitions that stand still, with the reason, and the records that were set aside.

    Parameters
    ----------
    json_lines
        Prints a JSON object for each.
    """
    settings = quietly_settled()
    with audited(settings, Act.READ):
        for partition, reason in answer(stopped(settings)).items():
            said = {"partition": partition, "stopped": reason}
            words = f"partition {partition} stands still: {reason}"
            print(json.dumps(said) if json_lines else words)
        for letter in answer(dead_letters(settings)):
            print(in_json(letter) if json_lines else in_words(letter))


@app.command
def show(partition: int, offset: int, /, *, raw: Flag = False) -> None:
    """Show a record that was set aside, or stops its partition: where it is, why, and its bytes.

    Parameters
    ----------
    partition
        Its partition of the log.
    offset
        Its offset there.
    raw
        Prints its bytes as they are, and nothing else.
    """
    settings = quietly_settled()
    chosen([partition], settings.log_partitions)
    with audited(settings, Act.READ, {"partition": partition, "offset": offset}):
        letter = answer(letter_at(settings, partition, offset))
        if letter is None:
            raise Stop(Exit.USAGE, f"no record is set aside, or refused, at {partition}/{offset}.")
    if raw:
        sys.stdout.buffer.write(letter.value or b"")
        return
    print(in_words(letter))
    print(plain((letter.value or b"").decode(errors="replace")))


@app.command
def release(partition: int, /, *, through: int) -> None:
    """Let unreadable records pass, however many in a row, so that the partition goes on.

    They are set aside like any other, and its worker notices within a second.

    Parameters
    ----------
    partition
        The partition of the log that stands still.
    through
        The offset of the last one that may pass.
    """
    settings = quietly_settled()
    chosen([partition], settings.log_partitions)
    with audited(settings, Act.CHANGE, {"partition": partition, "offset": through}):
        answer(let_pass(settings, partition, through))
        print(f"partition {partition}: unreadable records may pass, up to offset {through}")


@app.command(name="redrive")
def redrive_all(*keys: str, again: Flag = False) -> None:
    """Give records that were set aside to the log again: after an upgrade that can read them.

    Parameters
    ----------
    keys
        Which, as `list` names them; all, unless some are named.
    again
        Also those that were given to the log again before.
    """
    settings = quietly_settled()
    with audited(settings, Act.CHANGE):
        left = answer(give_again(settings, keys, again=again))
    if left:
        raise Stop(Exit.REJECTED, ". ".join(left) + ".")


def answer(asked: Coroutine[Any, Any, T]) -> T:
    """What the services say, or the stop that says which of them does not answer."""
    try:
        return answered(asked)
    except Undelivered as error:
        raise unreachable(error) from None
    except NotRedriven as error:
        raise Stop(Exit.REJECTED, f"{error}.") from None


async def stopped(settings: Settings) -> dict[int, str]:
    """Why each partition that stands still does."""
    count, found = settings.log_partitions, dict[int, str]()
    async with stores(settings) as kept_of:
        for each in range(count):
            log = KafkaLog(settings.broker, LOG, each)
            try:
                found[each] = await stillness(log, kept_of(each), count)
            finally:
                await log.close()
    return {each: why for each, why in found.items() if why}


async def dead_letters(settings: Settings) -> list[DeadLetter]:
    """All that were set aside."""
    log = KafkaLog(settings.broker, DEAD_LETTERS, 0)
    try:
        return await letters(log)
    finally:
        await log.close()


async def letter_at(settings: Settings, partition: int, offset: int) -> DeadLetter | None:
    """The letter of a record, or what it would be."""
    for letter in await dead_letters(settings):
        if (letter.partition, letter.offset) == (partition, offset):
            return letter
    log = KafkaLog(settings.broker, LOG, partition)
    try:
        return await letter_to_be(log, offset)
    finally:
        await log.close()


async def let_pass(settings: Settings, partition: int, through: int) -> None:
    """Release a partition."""
    store = kept(settings, LIVE, partition)
    try:
        await store.release(through)
    finally:
        await store.close()


async def give_again(settings: Settings, keys: tuple[str, ...], *, again: bool) -> list[str]:
    """Redrive the letters that are meant, and say of each where it is; why others are left."""
    chosen = list(choose(await dead_letters(settings), keys, again=again))
    sender, left = KafkaSender(settings.broker), list[str]()
    try:
        for letter in chosen:
            log = KafkaLog(settings.broker, LOG, letter.partition)
            try:
                offset = await redrive(letter, log, sender)
                print(f"{letter.key} is at offset {offset} of partition {letter.partition} again")
            except NotRedriven as error:
                left.append(str(error))
            finally:
                await log.close()
    finally:
        await sender.close()
    return left


def in_words(letter: DeadLetter) -> str:
    """The line that tells a person of a letter."""
    again = "" if letter.redriven is None else f" (again at offset {letter.redriven})"
    return f"{letter.key}: {plain(letter.reason)}: {plain(letter.detail)}{again}"


def in_json(letter: DeadLetter) -> str:
    """The same for a program, with the bytes as text."""
    value = None if letter.value is None else letter.value.decode(errors="replace")
    return json.dumps({"key": letter.key, **asdict(letter), "value": value})
