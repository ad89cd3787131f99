"""Fractional numbers are read by the fast parser, with the refusals of the strict one."""

from __future__ import annotations

import pytest

from streams.records.decode import decode
from streams.records.parse import parse_fast, parse_strict

DOSE = (
    b'{"schema":"trial.log/1","type":"dose","study":"S","source":{"system":"edc","id":"d1",'
    b'"version":1},"known_at":"2017-03-05T10:00:00Z","subject":"S-1","first_date":"2017-03-05",'
    b'"last_date":"2017-03-05","amount":AMOUNT}'
)
READ_FAST = ("1", "-0", "0.1", "1e5", "5e-324", "1e-400", "9223372036854775807", "2.50", "-1.5E-3")
READ_STRICTLY = (
    "9223372036854775808",
    "18446744073709551616",
    "-9223372036854775809",
    "0." + "1" * 70,
    "1e400",
    "1e20",
)


@pytest.mark.parametrize("amount", [*READ_FAST, *READ_STRICTLY])
def test_a_number_gives_one_record_whichever_parser_reads_it(amount: str):
    """A minor version in the schema is always parsed by the strict parser."""
    raw = DOSE.replace(b"AMOUNT", amount.encode())

    assert decode(raw) == decode(raw.replace(b'"trial.log/1"', b'"trial.log/1.0"'))


@pytest.mark.parametrize("amount", READ_FAST)
def test_the_fast_parser_reads_an_ordinary_number(amount: str):
    """It has the value of the strict parser."""
    raw = DOSE.replace(b"AMOUNT", amount.encode())

    assert repr(parse_fast(raw)) == repr(parse_strict(raw))


@pytest.mark.parametrize("amount", READ_STRICTLY)
def test_the_fast_parser_leaves_a_doubtful_number_to_the_strict_one(amount: str):
    """It is too large or too long, or looks like an integer that was too large."""
    assert parse_fast(DOSE.replace(b"AMOUNT", amount.encode())) is None
