"""Where patients are there is an audit: settings that would do without it do not exist."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from streams.settings import Settings

PRODUCTION: list[dict[str, Any]] = [
    {"plan_keys_file": "keys"},
    {"broker": "kafka:9092"},
    {"broker": "127.0.0.1:9092,10.0.0.1:9092"},
    {"broker": "localhost.example.org"},
    {"broker": "127.0.0.1.example.org:9092"},
]
LOCAL: list[dict[str, Any]] = [
    {},
    {"broker": "localhost"},
    {"broker": "127.0.0.1:1,[::1]:9092"},
    {"broker": "127.5.5.5:9092"},
]


@pytest.mark.parametrize("audit", ["off", "file:audit.jsonl"])
@pytest.mark.parametrize("given", PRODUCTION, ids=str)
def test_production_has_its_audit_on_the_topic(given: dict[str, Any], audit: str):
    """A file on one machine can be written anew by whoever works there, and `off` is no audit."""
    assert Settings(**given).in_production
    with pytest.raises(ValidationError, match=r"TOCSIN_AUDIT: .* it must be `topic`"):
        Settings(**given, audit=audit)


@pytest.mark.parametrize("audit", ["off", "file:audit.jsonl", "topic"])
@pytest.mark.parametrize("given", LOCAL, ids=str)
def test_on_one_machine_it_is_a_choice(given: dict[str, Any], audit: str):
    """A first try with a broker of one's own."""
    settings = Settings(**given, audit=audit)

    assert (settings.in_production, settings.audit) == (False, audit)


@pytest.mark.parametrize("audit", ["", "on", "file:", "no"])
def test_a_misspelt_audit_is_no_audit_that_is_off(audit: str):
    """It is refused, not guessed."""
    with pytest.raises(ValidationError):
        Settings(audit=audit)


def test_the_audit_is_on_unless_somebody_says_otherwise():
    """Nobody has to remember it."""
    assert Settings().audit == "topic"
