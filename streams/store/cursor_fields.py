"""The part of the cursor that stores interpret: studies with rows, and rewinding."""

from __future__ import annotations

from streams.store import Fields

RELEASED = "released"
"""Field of the cursor: the offset up to which an operator released unreadable records."""


def studies_with_rows(cursor: Fields) -> list[str]:
    """Return the studies that have a row according to *cursor*: those with a `pos|` field."""
    return [name[len("pos|") :] for name, pos in cursor.items() if name.startswith("pos|") and pos]


def rewound_fields(study: str) -> Fields:
    """Return the cursor fields with which *study* is folded again from the first record on.

    Records without a study are counted again; the other studies skip records already folded.
    """
    emptied = ("counts", "run", "last", "stopped", f"pos|{study}")
    return {"next": b"0", **dict.fromkeys(emptied, b"")}
