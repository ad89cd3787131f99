"""Compares the product with the batch recount on one log."""

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
    """Return the rows that differ, as (product, recount).

    The product may have more rows without events than the recount requires; they must be right.
    """
    trial = recount(log)
    product_rows = {TableKey(*key): dict(counts) for key, counts in tables_of(log).items()}
    expected_rows = tables(trial) | {key: row(trial, key) for key in product_rows}
    return {
        key: (product_rows.get(key), expected)
        for key, expected in expected_rows.items()
        if product_rows.get(key) != expected
    }


def evidence_differences(log: list[Record]) -> dict[tuple[str, ...], tuple[float | None, float]]:
    """Return the watches whose log E is missing or wrong, as (product, recount).

    The product may evaluate more of tier 2 than the recount requires; it must be right there too.
    """
    product_log_e = {tuple(name): value for name, value in evidence_of(log).items()}
    trial = recount(log)
    expected_log_e = {
        name: screened_log_e(trial, name) for name in product_log_e if len(name) == 3
    } | evidence(log)
    return {
        name: (product_log_e.get(name), expected)
        for name, expected in expected_log_e.items()
        if not math.isclose(
            product_log_e.get(name, math.nan), expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE
        )
    }


def screened_log_e(trial: Trial, name: tuple[str, ...]) -> float:
    """Return log E of one tier 2 watch, whether or not the recount requires it."""
    kind, term, treatment = name
    return concurrent_log_e(factors_of(trial, screening_design(trial, kind, term, treatment)))


def without_versions(rows: Mapping[TableKey, Row]) -> dict[TableKey, Row]:
    """Return the rows without the number of accepted versions.

    That number depends on the order of a log: a version after a higher one is stale.
    """
    return {
        key: {name: count for name, count in counts.items() if name != "versions"}
        for key, counts in rows.items()
    }


def rows_of(log: list[Record]) -> dict[TableKey, Row]:
    """Return the product's rows with events, and exposed rows of "any" and of groups."""
    rows = {TableKey(*key): dict(counts) for key, counts in tables_of(log).items()}
    return {
        key: counts
        for key, counts in rows.items()
        if counts["events"] or (counts["subjects_exposed"] and key.kind in {"any", "group"})
    }
