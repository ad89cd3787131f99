"""Parts of records: a partial date, and the signed bytes of a plan or a review."""

from __future__ import annotations

from typing import NamedTuple


class PartialDate(NamedTuple):
    """A date known only to its year, or to its year and month (1 to 12)."""

    year: int
    month: int | None


class SignedContent(NamedTuple):
    """The signed bytes of a record, and its signatures as (key name, base64 signature)."""

    content: bytes
    signatures: tuple[tuple[str, str], ...]
