"""Reads dead letters once each, and redrives them into the partition that they came from."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from streams.outbox.quarantine import (
    DeadLetter,
    NotRedriven,
    read_dead_letters,
    redrive,
    select_for_redrive,
)
from streams.outbox.relay import dead_letter_message
from tests.streams.list_log import ListLog, ListRecord
from tests.streams.list_sender import ListSender

BAD = b"\xff\x00 not JSON"


def dead_letter_topic(
    *offsets: int, partition: int = 8, headers: tuple[tuple[str, bytes], ...] = ()
) -> ListLog:
    """A dead-letter topic with one message for each of *offsets*, from records with *headers*."""
    topic = ListLog()
    refusal = orjson.dumps({"reason": "not JSON", "detail": "line 1"})
    for offset in offsets:
        message = dead_letter_message(
            partition, f"d|{offset:020}", refusal, ListRecord(offset, None, BAD, headers)
        )
        topic.append(message.value, message.key, message.headers)
    return topic


def dead_letters_of(topic: ListLog) -> list[DeadLetter]:
    return asyncio.run(read_dead_letters(topic))


def test_a_dead_letter_has_position_reason_and_bytes():
    """Every field that the relay writes is read back for the command."""
    (dead_letter,) = dead_letters_of(dead_letter_topic(17))

    assert dead_letter == DeadLetter(
        partition=8, offset=17, reason="not JSON", detail="line 1", value=BAD
    )
    assert dead_letter.key == "trial.log.v1:8:17"


def test_a_dead_letter_that_is_published_twice_is_read_once():
    """The relay publishes at least once, and readers drop messages with a known key."""
    assert [each.offset for each in dead_letters_of(dead_letter_topic(17, 5, 17))] == [5, 17]


def test_a_message_of_another_format_is_skipped():
    """A tool that writes to the topic does not break the list."""
    topic = dead_letter_topic(17)
    topic.append(b"hello", b"\xff")
    topic.append(b"", None, (("__streams.errors.partition", b"x"),))

    assert [each.offset for each in dead_letters_of(topic)] == [17]


def test_a_redriven_record_has_its_partition_key_and_reference():
    """A version that can read the bytes folds the record, which refers to its dead letter."""
    log, sender = ListLog(partition=8), ListSender()
    log.append(BAD, b"PRODERM")

    (dead_letter,) = dead_letters_of(dead_letter_topic(0))
    asyncio.run(redrive(dead_letter, log, sender))

    redriven, marker = sender.messages
    assert (redriven.topic, redriven.partition, redriven.key) == ("trial.log.v1", 8, b"PRODERM")
    assert redriven.value == BAD
    assert redriven.headers == (("dlq_ref", b"trial.log.v1:8:0"),)
    topic = dead_letter_topic(0)
    topic.append(marker.value, marker.key, marker.headers)
    assert [each.redriven for each in dead_letters_of(topic)] == [0]


def test_a_dead_letter_of_another_log_is_not_redriven():
    """In a re-created topic the record at that offset may be of another study."""
    log, sender = ListLog(partition=8), ListSender()
    log.append(b"another", b"OTHER")

    with pytest.raises(NotRedriven):
        asyncio.run(redrive(dead_letters_of(dead_letter_topic(0))[0], log, sender))
    assert sender.messages == []


def test_a_redriven_record_that_is_refused_again_is_marked_as_a_copy():
    """Otherwise each run of the command would add a copy of every copy."""
    (copy,) = dead_letters_of(dead_letter_topic(9, headers=(("dlq_ref", b"trial.log.v1:8:0"),)))

    assert copy.copy_of == "trial.log.v1:8:0"
    assert list(select_for_redrive([copy], [], again=False)) == []
    assert list(select_for_redrive([copy], [], again=True)) == [copy]


def test_a_redriven_dead_letter_is_redriven_again_only_on_request():
    """A second run of the command redrives nothing."""
    dead_letters = [
        DeadLetter(partition=8, offset=0, reason="r", detail="", value=BAD, redriven=9),
        DeadLetter(partition=8, offset=1, reason="r", detail="", value=BAD),
    ]

    assert [each.offset for each in select_for_redrive(dead_letters, [], again=False)] == [1]
    assert [each.offset for each in select_for_redrive(dead_letters, [], again=True)] == [0, 1]
    assert [
        each.offset for each in select_for_redrive(dead_letters, [dead_letters[0].key], again=True)
    ] == [0]
    with pytest.raises(NotRedriven, match="no such dead letter"):
        list(select_for_redrive(dead_letters, ["trial.log.v1:8:7"], again=False))
