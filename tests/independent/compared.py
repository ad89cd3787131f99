"""The product beside the batch recount: where the two differ on a log."""

from __future__ import annotations

import math
from collections.abc import Mapping

from tests.independent.evidence import evidence, factors_of, screening_design
from tests.independent.likelihood import concurrent_log_e
from tests.independent.product import evidence_of, tables_of
from tests.independent.recount import Row, TableKey, recount, row, tables
from tests.independent.trial import Trial
from tests.independent.wire_records import Record

TOLERANCE = 1e-9


def table_differences(log: list[Record]) -> dict[TableKey, tuple[Row | None, Row]]:
    """The rows in which the product and the recount differ: as found, and as they should be.

    The product may show more rows without events than the recount asks for; they must be right.
    """
    trial = recount(log)
    found = {TableKey(*key): dict(counts) for key, counts in tables_of(log).items()}
    expected_values = tables(trial) | {key: row(trial, key) for key in found}
    return {
        key: (found.get(key), expected)
        for key, expected in expected_values.items()
        if found.get(key) != expected
    }


def evidence_differences(log: list[Record]) -> dict[tuple[str, ...], tuple[float | None, float]]:
    """The watches whose log E is missing or wrong.

    The product may judge more of tier 2 than the batch asks for; what it says must be right.
    """
    found = {tuple(name): value for name, value in evidence_of(log).items()}
    trial = recount(log)
    expected_values = {
        name: screened_log_e(trial, name) for name in found if len(name) == 3
    } | evidence(log)
    return {
        name: (found.get(name), expected)
        for name, expected in expected_values.items()
        if not math.isclose(
            found.get(name, math.nan), expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE
        )
    }


def screened_log_e(trial: Trial, name: tuple[str, ...]) -> float:
    """Log E of one member of tier 2, whether or not it has to be there."""
    kind, term, treatment = name
    return concurrent_log_e(factors_of(trial, screening_design(trial, kind, term, treatment)))


def without_versions(rows: Mapping[TableKey, Row]) -> dict[TableKey, Row]:
    """The rows without the column that counts accepted versions, which stale ones are not."""
    return {
        key: {name: count for name, count in counts.items() if name != "versions"}
        for key, counts in rows.items()
    }


def rows_of(log: list[Record]) -> dict[TableKey, Row]:
    """The product's rows that have events, or exposed subjects where a plan's group is meant."""
    rows = {TableKey(*key): dict(counts) for key, counts in tables_of(log).items()}
    return {
        key: counts
        for key, counts in rows.items()
        if counts["events"] or (counts["subjects_exposed"] and key.kind in {"any", "group"})
    }
