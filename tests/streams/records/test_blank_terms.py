"""A term without a visible character is no term; it is refused as an empty one is."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.errors import Reason
from monitor.records import AdverseEvent
from streams.records.decode import decode
from streams.records.encode import encode_record
from tests.scenarios.commands import wire_record


def event(**fields: Any) -> bytes:
    """An adverse event with *fields* in place of its own."""
    own: dict[str, Any] = {"subject": "P-1", "preferred_term": "Rash", "system_organ_class": "Skin"}
    return encode_record(wire_record("adverse_event", "c1", "2020-02-12", **own | fields))


@pytest.mark.parametrize("name", ["preferred_term", "system_organ_class"])
@pytest.mark.parametrize("blank", ["", " \t", "\u200b", "\ufeff\u00a0"])
def test_a_blank_term_is_refused(name: str, blank: str):
    """The remedy asks for a value that the schema allows."""
    refusal = decode(event(**{name: blank}))

    assert getattr(refusal, "reason", None) is Reason.BAD_VALUE


def test_a_blank_label_group_is_as_none():
    """It is not needed to count the case, which keeps its spelling of the term."""
    record = decode(event(label_group=" \u200b", preferred_term=" RASH"))

    body = getattr(record, "body", None)
    assert isinstance(body, AdverseEvent)
    assert (body.label_group, body.preferred_term) == (None, " RASH")
