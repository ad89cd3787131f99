"""In production the audit must be on its topic: settings without it are rejected."""

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
@pytest.mark.parametrize("options", PRODUCTION, ids=str)
def test_production_requires_the_audit_on_the_topic(options: dict[str, Any], audit: str):
    """Users of a machine can rewrite a local file, and `off` records nothing."""
    assert Settings(**options).in_production
    with pytest.raises(ValidationError, match=r"TOCSIN_AUDIT: .* it must be `topic`"):
        Settings(**options, audit=audit)


@pytest.mark.parametrize("audit", ["off", "file:audit.jsonl", "topic"])
@pytest.mark.parametrize("options", LOCAL, ids=str)
def test_a_local_deployment_may_choose_any_audit(options: dict[str, Any], audit: str):
    """A first trial with a local broker may use a file, or no audit."""
    settings = Settings(**options, audit=audit)

    assert (settings.in_production, settings.audit) == (False, audit)


@pytest.mark.parametrize("audit", ["", "on", "file:", "no"])
def test_an_invalid_audit_setting_is_rejected(audit: str):
    """A misspelt value must not turn the audit off."""
    with pytest.raises(ValidationError):
        Settings(audit=audit)


def test_the_audit_is_on_by_default():
    """Without a setting the audit is on its topic."""
    assert Settings().audit == "topic"
