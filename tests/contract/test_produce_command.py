"""Tests of the output and the exit codes of `tocsin produce`."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.local.embedded import EmbeddedBroker
from tests.contract.commands import tocsin
from tests.contract.produced import record_bytes, topic_values, write_log


def test_the_command_prints_how_many_records_it_sent(embedded: EmbeddedBroker, tmp_path: Path):
    """Exit code 0; producing the same file again adds nothing."""
    path = str(write_log(tmp_path, *[record_bytes(number) for number in range(50)]))
    settings = {"BROKER": embedded.bootstrap, "LOG_PARTITIONS": "4"}

    first, second = (tocsin("produce", path, **settings) for _ in range(2))

    assert (first.returncode, first.stdout) == (0, "50 records sent, 0 already in the topic.\n")
    assert (second.returncode, second.stdout) == (0, "0 records sent, 50 already in the topic.\n")
    assert first.stderr == second.stderr == ""


def test_an_unsendable_line_is_named_and_the_others_are_sent(
    embedded: EmbeddedBroker, tmp_path: Path
):
    """Exit code 3, because records were left out."""
    path = str(write_log(tmp_path, record_bytes(0), b"{nonsense", b'{"study":5}', record_bytes(1)))

    result = tocsin("produce", path, BROKER=embedded.bootstrap, LOG_PARTITIONS="4")

    assert (result.returncode, result.stdout) == (3, "2 records sent, 0 already in the topic.\n")
    assert "line 2: not sent: it names no study" in result.stderr
    assert "line 3: not sent" in result.stderr and "2 lines not sent" in result.stderr


def test_a_line_with_too_long_a_study_name_stops_no_other(embedded: EmbeddedBroker, tmp_path: Path):
    """With a study name of 600 KiB as its key the message is too large; such an id is sent.

    The id is invalid as well, but workers refuse its record and keep it as a dead letter.
    """
    long_name = "x" * (600 << 10)
    source = {"system": "edc", "id": long_name, "version": 1}
    path = str(
        write_log(
            tmp_path,
            record_bytes(0),
            record_bytes(1, long_name),
            record_bytes(2, source=source),
            record_bytes(3),
        )
    )

    result = tocsin("produce", path, "--no-check", BROKER=embedded.bootstrap, LOG_PARTITIONS="4")

    assert (result.returncode, result.stdout) == (3, "3 records sent, 0 already in the topic.\n")
    assert "line 2: not sent: its study's name is too long" in result.stderr


async def test_another_number_of_partitions_is_refused(embedded: EmbeddedBroker, tmp_path: Path):
    """A study's partition depends on their number: workers would not find its records."""
    path = str(write_log(tmp_path, record_bytes(0)))

    result = tocsin("produce", path, BROKER=embedded.bootstrap, LOG_PARTITIONS="12")

    assert result.returncode == 2 and "TOCSIN_LOG_PARTITIONS=4" in result.stderr
    assert not any((await topic_values(embedded.bootstrap, "trial.log.v1")).values())


@pytest.mark.parametrize(
    ("options", "code", "expected"),
    [
        (["--rate", "5/s", "--speed", "max"], 2, "not both"),
        (["--speed", "fast"], 2, "60x"),
        ([], 4, "tocsin doctor"),
    ],
)
def test_invalid_options_and_no_broker_are_refused_with_a_remedy(
    tmp_path: Path, options: list[str], code: int, expected: str
):
    """An invalid option is exit code 2, an unreachable broker exit code 4."""
    result = tocsin(
        "produce", str(write_log(tmp_path, record_bytes(0))), *options, BROKER="127.0.0.1:1"
    )

    assert (
        result.returncode == code and expected in result.stderr and "Traceback" not in result.stderr
    )


def test_a_missing_file_is_a_usage_error(tmp_path: Path):
    """Exit code 2, as for `tocsin replay`."""
    result = tocsin("produce", str(tmp_path / "log.jsonl"), BROKER="127.0.0.1:1")

    assert result.returncode == 2 and "cannot be read" in result.stderr
