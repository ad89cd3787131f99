"""The bodies of answers, as models from which the OpenAPI description takes its schemas."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class FoldOutcome(StrEnum):
    """What the fold made of a record, as far as a sender needs to know it."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    CONFLICT = "conflict"


class Answer(BaseModel):
    """Base of all bodies; docstrings of fields are their descriptions."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, frozen=True)


class LineRefusal(Answer):
    """Why a line was refused before it was produced, and what to do about it."""

    line: int
    """Number of the line in the request, from 1."""
    pointer: str
    """JSON pointer of the field at fault; empty for the whole record."""
    reason: str
    """A word that names the kind of fault and never changes."""
    detail: str
    """A sentence that names the field and never its value."""
    remedy: str
    """What to do."""


class FoldRefusal(Answer):
    """Why the fold refused a record that is in the log, and what to do about it."""

    reason: str
    detail: str
    remedy: str


class LineReceipt(Answer):
    """A line that is in the log, confirmed by all in-sync replicas."""

    line: int
    partition: int
    offset: int
    receipt: str
    """Last part of the address of its receipt: `PARTITION-OFFSET`."""
    left_out: list[str] = []
    """Invalid fields without which the record counts; send a corrected next version."""
    outcome: FoldOutcome = FoldOutcome.PENDING
    refusal: FoldRefusal | None = None


class RecordsAnswer(Answer):
    """The lines that are in the log, and those that were quarantined instead."""

    study: str
    accepted: list[LineReceipt]
    quarantined: list[LineRefusal] = []
    """Only with `Prefer: handling=lenient`."""


class FileFinding(Answer):
    """What was found in a column of a listing, or why nothing of it was produced."""

    file: str
    column: str
    rows: list[int]
    """The first of the rows, from 1."""
    count: int
    """How many rows there are."""
    reason: str
    detail: str
    remedy: str
    """What the ingest decided, or what to do."""


class OffsetRun(Answer):
    """Consecutive offsets, both included."""

    first: int
    last: int


class FilesAnswer(Answer):
    """The records of a listing that are in the log, and how many the log had already."""

    study: str
    partition: int
    produced: int
    unchanged: int
    offsets: list[OffsetRun]
    findings: list[FileFinding]


class ReceiptAnswer(Answer):
    """What the fold made of the record at a position of the log."""

    study: str
    partition: int
    offset: int
    outcome: FoldOutcome
    refusal: FoldRefusal | None = None


class NudgeAnswer(Answer):
    """A pull is scheduled; nothing of the request but the study is used."""

    study: str
    scheduled: bool
    """False where a pull that has not begun yet is scheduled already."""


class Problem(Answer):
    """Problem details of RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[LineRefusal] = []
    refusals: list[FileFinding] = []
    """Of a listing: what is refused in it."""
