"""Rows of a small study, as any reader might yield them, and a reader that yields them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from streams.sources.report import IngestReport
from streams.sources.rows import (
    AnyRow,
    DispositionRow,
    DoseRow,
    EventRow,
    Place,
    SubjectRow,
    TreatmentRow,
)
from tests.streams.sources.ingested import Ingested, ingest


class Rows:
    """A reader of given rows, which stand in one file in their order."""

    system = "test"

    def __init__(self, rows: Sequence[AnyRow]) -> None:
        self.rows = rows

    def study_rows(self, report: IngestReport) -> Iterator[AnyRow]:
        for number, row in enumerate(self.rows, start=1):
            yield replace(row, place=Place("file", number))

    def column(self, file: str, kind: type[AnyRow], field: str) -> str:
        return field.upper()


NOWHERE = Place("", 0)


def subject(name: str = "A", arm: str = "Drug", **fields: Any) -> SubjectRow:
    """A subject who is treated from 2 January to 2 July 2014."""
    dates = {"treatment_start": "2014-01-02", "follow_up_end": "2014-07-02", "known": "2014-01-01"}
    return SubjectRow(place=NOWHERE, subject=name, arm=arm, **{**dates, **fields})


def dose(name: str = "A", treatment: str = "Drug", **fields: Any) -> DoseRow:
    """A dose from 2 January to 2 July 2014."""
    days = {"first": "2014-01-02", "last": "2014-07-02", "amount": "10"}
    return DoseRow(place=NOWHERE, subject=name, treatment=treatment, **{**days, **fields})


def element(name: str = "A", **fields: Any) -> TreatmentRow:
    """An element of SE."""
    return TreatmentRow(place=NOWHERE, subject=name, is_element=True, **fields)


def event(name: str = "A", term: str = "Headache", **fields: Any) -> EventRow:
    """A mild headache of 1 February 2014, collected on the next day."""
    values = {
        "system_organ_class": "Nervous system disorders", "onset": "2014-02-01",
        "known": "2014-02-02", "serious": "no", "sequence": "1",
    }  # fmt: skip
    return EventRow(place=NOWHERE, subject=name, term=term, **{**values, **fields})


def left(name: str = "A", status: str = "completed", date: str = "2014-07-02", **fields: Any):
    """How a subject left."""
    return DispositionRow(place=NOWHERE, subject=name, status=status, date=date, **fields)


CONTROL = subject("Z", "Placebo")
"""A second arm, so that a plan can be drawn up."""


def study(*rows: AnyRow, plan: str | None = None, control: str | None = None) -> Ingested:
    """Ingest *rows* beside a subject on placebo."""
    return ingest(Rows([CONTROL, *rows]), plan=plan, control=control)


def case(*rows: AnyRow) -> dict[str, Any]:
    """The last version of the one case that *rows* give, beside a treated subject."""
    (last,) = study(subject(), *rows).of_type("adverse_event")[-1:]
    return last


def of_subject(ingested: Ingested, kind: str, name: str = "A") -> list[dict[str, Any]]:
    """The records of *kind* about the subject *name*."""
    return [record for record in ingested.of_type(kind) if record["subject"] == name]


def intervals(ingested: Ingested, name: str = "A") -> list[tuple[str, str, str]]:
    """Treatment, start and end of each interval of a subject, as last known."""
    latest = {one["source"]["id"]: one for one in of_subject(ingested, "treatment", name)}
    return [(one["treatment"], one["start"], one.get("end", "")) for one in latest.values()]


def end_of(ingested: Ingested, name: str = "A") -> tuple[str, str]:
    (record,) = of_subject(ingested, "disposition", name)
    return record["status"], record["date"]


def with_plan(addition: str, *rows: AnyRow) -> Ingested:
    """Ingest *rows* by the plan that is drawn up for them, with an addition."""
    return study(*rows, plan=study(*rows).plan + addition)
