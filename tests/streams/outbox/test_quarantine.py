"""Dead letters: each once, as it was, and back into the log where it came from."""

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
    """The topic of dead letters, with one for each of *offsets*, whose records had *headers*."""
    topic = ListLog()
    why = orjson.dumps({"reason": "not JSON", "detail": "line 1"})
    for offset in offsets:
        told = dead_letter_message(
            partition, f"d|{offset:020}", why, ListRecord(offset, None, BAD, headers)
        )
        topic.append(told.value, told.key, told.headers)
    return topic


def read_letters(topic: ListLog) -> list[DeadLetter]:
    return asyncio.run(read_dead_letters(topic))


def test_a_letter_says_where_it_was_why_and_what():
    """What the relay writes is what the command shows."""
    (letter,) = read_letters(dead_letter_topic(17))

    assert letter == DeadLetter(
        partition=8, offset=17, reason="not JSON", detail="line 1", value=BAD
    )
    assert letter.key == "trial.log.v1:8:17"


def test_a_letter_told_twice_is_one_letter():
    """The relay tells at least once; whoever reads drops what has the same key."""
    assert [letter.offset for letter in read_letters(dead_letter_topic(17, 5, 17))] == [5, 17]


def test_somebody_elses_record_is_no_letter():
    """A tool that writes into the topic does not break the list."""
    topic = dead_letter_topic(17)
    topic.append(b"hello", b"\xff")
    topic.append(b"", None, (("__streams.errors.partition", b"x"),))

    assert [letter.offset for letter in read_letters(topic)] == [17]


def test_a_letter_goes_back_into_its_partition_with_its_key_and_a_reference():
    """After an upgrade that reads the bytes, the record counts, and says which letter it was."""
    log, sent = ListLog(partition=8), ListSender()
    log.append(BAD, b"PRODERM")

    (letter,) = read_letters(dead_letter_topic(0))
    asyncio.run(redrive(letter, log, sent))

    again, note = sent.messages
    assert (again.topic, again.partition, again.key) == ("trial.log.v1", 8, b"PRODERM")
    assert again.value == BAD
    assert again.headers == (("dlq_ref", b"trial.log.v1:8:0"),)
    topic = dead_letter_topic(0)
    topic.append(note.value, note.key, note.headers)
    assert [letter.redriven for letter in read_letters(topic)] == [0]


def test_a_letter_of_another_log_is_not_redriven():
    """The topic was made anew since: what is at that offset now is another study's record."""
    log, sent = ListLog(partition=8), ListSender()
    log.append(b"another", b"OTHER")

    with pytest.raises(NotRedriven):
        asyncio.run(redrive(read_letters(dead_letter_topic(0))[0], log, sent))
    assert sent.messages == []


def test_a_copy_that_cannot_be_read_either_is_known_as_one():
    """Else each run of the command would add a copy of every copy."""
    (copy,) = read_letters(dead_letter_topic(9, headers=(("dlq_ref", b"trial.log.v1:8:0"),)))

    assert copy.copy_of == "trial.log.v1:8:0"
    assert list(select_for_redrive([copy], [], again=False)) == []
    assert list(select_for_redrive([copy], [], again=True)) == [copy]


def test_what_was_redriven_is_not_redriven_again_unless_asked():
    """A second run of the command changes nothing."""
    found = [
        DeadLetter(partition=8, offset=0, reason="r", detail="", value=BAD, redriven=9),
        DeadLetter(partition=8, offset=1, reason="r", detail="", value=BAD),
    ]

    assert [each.offset for each in select_for_redrive(found, [], again=False)] == [1]
    assert [each.offset for each in select_for_redrive(found, [], again=True)] == [0, 1]
    assert [each.offset for each in select_for_redrive(found, [found[0].key], again=True)] == [0]
    with pytest.raises(NotRedriven, match="no such letter"):
        list(select_for_redrive(found, ["trial.log.v1:8:7"], again=False))
