"""Holds the true counts of a synthetic log as it was drawn, and checks a fold against them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from monitor.state.study import Study
from monitor.tables.tabulate import rate_rows

Truth = dict[str, list[int]]
"""By ``treatment/kind/term`` the counts of COUNTS, in their order."""

COUNTS = (
    "events", "subjects", "serious_events", "serious_subjects", "versions",
    "subjects_exposed", "person_days",
)  # fmt: skip
GROUP_TERMS = (
    "Deep vein thrombosis", "Pulmonary embolism", "Ischaemic stroke", "Myocardial infarction",
)  # fmt: skip


@dataclass(slots=True)
class Case:
    """A case as of its last version."""

    term: str
    system_organ_class: str
    serious: bool
    versions: int = 1


@dataclass(slots=True)
class Subject:
    """A subject, if *treated* at risk from date ordinal *start* on without end."""

    name: str
    treatment: str
    start: int
    treated: bool = False
    cases: list[Case] = field(default_factory=list[Case])


def truth_of(subjects: list[Subject], as_of: int) -> Truth:
    """Return the expected tables of a trial, computed without the product's code."""
    truth: Truth = {}
    exposure_days = {
        treatment: [
            as_of + 1 - one.start for one in subjects if one.treated and one.treatment == treatment
        ]
        for treatment in {one.treatment for one in subjects}
    }
    for subject in subjects:
        seen_serious: dict[str, bool] = {}
        for case in subject.cases:
            for term in term_keys(case):
                key = f"{subject.treatment}/{term}"
                days = exposure_days[subject.treatment]
                row = truth.setdefault(key, [0, 0, 0, 0, 0, len(days), sum(days)])
                row[0] += 1
                row[1] += key not in seen_serious
                row[2] += case.serious
                row[3] += case.serious and not seen_serious.get(key, False)
                row[4] += case.versions
                seen_serious[key] = seen_serious.get(key, False) or case.serious
    return truth


def term_keys(case: Case) -> Iterator[str]:
    """Yield every kind and term under which *case* counts."""
    yield f"preferred_term/{case.term}"
    yield f"system_organ_class/{case.system_organ_class}"
    yield "any/any"
    if case.serious:
        yield "group/serious"
    if case.term in GROUP_TERMS:
        yield "group/thromboembolic"


def folded_counts(study: Study) -> Truth:
    """Return the counts of the product's own tables, for every row with events."""
    counts: Truth = {}
    for row in rate_rows(study):
        if row.period != "all" and row.cell.events:
            cell = row.cell
            counts[f"{row.treatment}/{row.term.kind}/{row.term.name}"] = [
                *(getattr(cell, name) for name in COUNTS[:5]),
                row.subjects_exposed,
                row.person_days,
            ]
    return counts


def check_against_truth(studies: list[Study], log: Path) -> int:
    """Return how many numbers of *studies* equal the truth of *log*.

    Raises `AssertionError` at the first number that differs.
    """
    truths = read_truth(log)
    assert [study.name for study in studies] == sorted(truths), "the trials are not those drawn"
    agreeing = 0
    for study in studies:
        folded, truth = folded_counts(study), truths[study.name]
        differing = [
            key for key in folded.keys() | truth.keys() if folded.get(key) != truth.get(key)
        ]
        for key in differing[:1]:
            raise AssertionError(
                f"{study.name} {key}: folded {folded.get(key)}, drawn {truth.get(key)} ({COUNTS})"
            )
        agreeing += len(truth) * len(COUNTS)
    return agreeing


def live_cases(log: Path) -> int:
    """Return the number of cases in *log*; the versions of a case count once."""
    rows = (row for truth in read_truth(log).values() for row in truth.items())
    return sum(counts[0] for key, counts in rows if key.endswith("/any/any"))


def read_truth(log: Path) -> dict[str, Truth]:
    """Return the truth of *log* by study, from the file beside it."""
    return json.loads(_truth_path(log).read_text())


def write_truth(log: Path, truths: dict[str, Truth]) -> None:
    """Write the truth to a file beside its log."""
    _truth_path(log).write_text(json.dumps(truths))


def _truth_path(log: Path) -> Path:
    return log.with_suffix(".truth.json")
