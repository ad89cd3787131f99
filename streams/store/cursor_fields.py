"""What any store knows of the cursor: which studies it names, and how it is set back."""

from __future__ import annotations

from streams.store import Fields


def studies_with_rows(cursor: Fields) -> list[str]:
    """The studies that a cursor knows to have a row."""
    return [name[len("pos|") :] for name, pos in cursor.items() if name.startswith("pos|") and pos]


def rewound_fields(study: str) -> Fields:
    """What the cursor says when *study* is to be folded anew from the first record on.

    Records that belong to no row are counted again on the way; the other studies skip theirs.
    """
    emptied = ("counts", "run", "last", "stopped", f"pos|{study}")
    return {"next": b"0", **dict.fromkeys(emptied, b"")}
