"""What `tocsin produce` says and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.local.embedded import EmbeddedBroker
from tests.contract.commands import tocsin
from tests.contract.produced import record_bytes, topic_values, write_log


def test_the_command_says_what_it_sent_and_what_was_there(embedded: EmbeddedBroker, tmp_path: Path):
    """Exit code 0, and the same file again adds nothing."""
    path = str(write_log(tmp_path, *[record_bytes(number) for number in range(50)]))
    settings = {"BROKER": embedded.bootstrap, "LOG_PARTITIONS": "4"}

    first, second = (tocsin("produce", path, **settings) for _ in range(2))

    assert (first.returncode, first.stdout) == (0, "50 records sent, 0 already in the topic.\n")
    assert (second.returncode, second.stdout) == (0, "0 records sent, 50 already in the topic.\n")
    assert first.stderr == second.stderr == ""


def test_a_line_that_belongs_nowhere_is_named_and_the_others_go(
    embedded: EmbeddedBroker, tmp_path: Path
):
    """Exit code 3: data was left out, and nobody should have to count to notice."""
    path = str(write_log(tmp_path, record_bytes(0), b"{nonsense", b'{"study":5}', record_bytes(1)))

    done = tocsin("produce", path, BROKER=embedded.bootstrap, LOG_PARTITIONS="4")

    assert (done.returncode, done.stdout) == (3, "2 records sent, 0 already in the topic.\n")
    assert "line 2: not sent: it names no study" in done.stderr
    assert "line 3: not sent" in done.stderr and "2 lines not sent" in done.stderr


def test_a_line_that_names_too_much_holds_up_no_other(embedded: EmbeddedBroker, tmp_path: Path):
    """A study of so many letters fits no message beside the record; such an id does.

    It is no id all the same, but that is for the workers to say, who keep what they refuse.
    """
    vast = "x" * (600 << 10)
    source = {"system": "edc", "id": vast, "version": 1}
    path = str(
        write_log(
            tmp_path,
            record_bytes(0),
            record_bytes(1, vast),
            record_bytes(2, source=source),
            record_bytes(3),
        )
    )

    done = tocsin("produce", path, BROKER=embedded.bootstrap, LOG_PARTITIONS="4")

    assert (done.returncode, done.stdout) == (3, "3 records sent, 0 already in the topic.\n")
    assert "line 2: not sent: its study's name is too long" in done.stderr


async def test_another_number_of_partitions_is_refused(embedded: EmbeddedBroker, tmp_path: Path):
    """A study's place follows from their number: the records would lie where nobody looks."""
    path = str(write_log(tmp_path, record_bytes(0)))

    done = tocsin("produce", path, BROKER=embedded.bootstrap, LOG_PARTITIONS="12")

    assert done.returncode == 2 and "TOCSIN_LOG_PARTITIONS=4" in done.stderr
    assert not any((await topic_values(embedded.bootstrap, "trial.log.v1")).values())


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--rate", "5/s", "--speed", "max"], 2, "not both"),
        (["--speed", "fast"], 2, "60x"),
        ([], 4, "tocsin doctor"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(
    tmp_path: Path, words: list[str], code: int, says: str
):
    """A wrong flag is 2, a broker that does not answer is 4."""
    done = tocsin(
        "produce", str(write_log(tmp_path, record_bytes(0))), *words, BROKER="127.0.0.1:1"
    )

    assert done.returncode == code and says in done.stderr and "Traceback" not in done.stderr


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path):
    """As for `tocsin replay`."""
    done = tocsin("produce", str(tmp_path / "log.jsonl"), BROKER="127.0.0.1:1")

    assert done.returncode == 2 and "cannot be read" in done.stderr
