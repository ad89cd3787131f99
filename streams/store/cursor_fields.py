"""The part of the cursor that stores interpret: studies with rows, operators, rewinding."""

from __future__ import annotations

from streams.store import Fields

RELEASED = "released"
"""Field of the cursor: the offset up to which an operator released unreadable records."""
PASSED_PREFIX = "passed|"
"""Prefix of the cursor fields that passed batches have, before the first offset of each."""


def studies_with_rows(cursor: Fields) -> list[str]:
    """Return the studies that have a row according to *cursor*: those with a `pos|` field."""
    return [name[len("pos|") :] for name, pos in cursor.items() if name.startswith("pos|") and pos]


def is_operator_field(name: str) -> bool:
    """Return whether only an operator writes the cursor field *name*; a rewind keeps it."""
    return name == RELEASED or name.startswith(PASSED_PREFIX)


def operator_fields(cursor: Fields) -> Fields:
    """Return the fields of *cursor* that only an operator writes."""
    return {name: value for name, value in cursor.items() if is_operator_field(name)}


def released_fields(through: int, batch_from: int | None) -> Fields:
    """Return the cursor field of a release: see ``Store.release``.

    >>> released_fields(90, None), released_fields(90, 41)
    ({'released': b'90'}, {'passed|41': b'91'})
    """
    if batch_from is None:
        return {RELEASED: b"%d" % through}
    return {f"{PASSED_PREFIX}{batch_from}": b"%d" % (through + 1)}


def passed_offsets(cursor: Fields) -> tuple[range, ...]:
    """Return the offsets of the batches that an operator has passed, in order.

    >>> passed_offsets({"next": b"9", "passed|41": b"91"})
    (range(41, 91),)
    """
    firsts = [name.removeprefix(PASSED_PREFIX) for name in cursor if name.startswith(PASSED_PREFIX)]
    return tuple(
        range(first, int(cursor[f"{PASSED_PREFIX}{first}"])) for first in sorted(map(int, firsts))
    )


def rewound_fields(study: str) -> Fields:
    """Return the cursor fields with which *study* is folded again from the first record on.

    Records without a study are counted again; the other studies skip records already folded.
    """
    emptied = ("counts", "run", "last", "stopped", f"pos|{study}")
    return {"next": b"0", **dict.fromkeys(emptied, b"")}
