"""Finds which records of a listing that is taken again say something new, and numbers them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from monitor.errors import Refusal
from monitor.records import AdverseEvent
from streams.intake.clients import Client
from streams.intake.lines import KIND_BY_BODY, Forbidden, systems_of
from streams.intake.stored_study import StoredVersion
from streams.producers.ticks import SOURCE_SYSTEM as TICK_SYSTEM
from streams.records.decode import decode
from streams.records.encode import encode_record


class ListedRecord(NamedTuple):
    """A record of a listing: its bytes, the field of the row that has its entity, its content.

    *name* begins with `c|` for a case, and with `f|` for any other entity.
    """

    value: bytes
    name: str
    version: int
    digest: int


def listed_records(lines: Iterable[bytes], client: Client | None) -> Iterator[ListedRecord]:
    """Yield the records in *lines*, which the ingest has checked.

    Raises Forbidden at one that *client* may not send; the ticks that an ingest writes across
    silences are of no source system.  Without a *client* none is.
    """
    for value in lines:
        record = decode(value)
        assert not isinstance(record, Refusal), "the ingest checks its records"
        if client is not None:
            kinds = {*client.types, "tick"}
            systems = systems_of(record) - {TICK_SYSTEM}
            if not client.may_send_as(systems) or KIND_BY_BODY[type(record.body)] not in kinds:
                raise Forbidden
        prefix = "c" if isinstance(record.body, AdverseEvent) else "f"
        yield ListedRecord(value, f"{prefix}|{record.entity_id}", record.version, record.digest)


def changed_records(
    listed: Sequence[ListedRecord], stored: Mapping[str, StoredVersion]
) -> Iterator[bytes]:
    """Yield the bytes of the records that the store does not have, in their order.

    Of an entity that is stored, the records after the one with the stored content are new, or only
    the last where none has that content; they get the versions after the stored one.
    """
    by_name: dict[str, list[int]] = {}
    for index, each in enumerate(listed):
        by_name.setdefault(each.name, []).append(index)
    versions: dict[int, int] = {}
    for name, indexes in by_name.items():
        known = stored.get(name)
        if known is None:
            versions |= {index: listed[index].version for index in indexes}
        else:
            new = new_content(listed, indexes, known.digest)
            versions |= {index: known.version + number for number, index in enumerate(new, start=1)}
    for index, version in sorted(versions.items()):
        value = listed[index].value
        yield value if version == listed[index].version else with_version(value, version)


def new_content(
    listed: Sequence[ListedRecord], indexes: Sequence[int], stored_digest: int
) -> Sequence[int]:
    """Return those *indexes* of one entity, in the order of its versions, whose content is new."""
    same = [n for n, index in enumerate(indexes) if listed[index].digest == stored_digest]
    return indexes[same[-1] + 1 :] if same else indexes[-1:]


def with_version(value: bytes, version: int) -> bytes:
    """Return the record in *value* as another version."""
    fields: dict[str, Any] = orjson.loads(value)
    return encode_record(fields | {"source": fields["source"] | {"version": version}})
