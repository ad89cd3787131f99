"""Displays lines that the intake has quarantined."""

from __future__ import annotations

import json
from dataclasses import asdict

from streams.outbox.quarantine import IntakeLetter
from tocsin.common.terminal import printable


def intake_text(letter: IntakeLetter) -> str:
    """One line for a line that the intake has quarantined."""
    sender = f"from {printable(letter.client)} for {printable(letter.study)}"
    return f"{letter.key} {sender}: {printable(letter.reason)}: {printable(letter.detail)}"


def intake_json(letter: IntakeLetter) -> str:
    """The same as JSON, with the bytes decoded as text."""
    value = None if letter.value is None else letter.value.decode(errors="replace")
    return json.dumps({**asdict(letter), "value": value})
