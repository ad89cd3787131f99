"""The columns of a safety table: each counts the subjects of one population."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from board.views.arms import Arm, exposure_of
from board.views.naming import period_title, short_title
from board.views.safety.population import Population, SafetyCase, population_of
from board.views.table import Cell, Column, ColumnKind
from board.views.wording import number
from monitor.evidence.evaluate import DAYS_PER_YEAR
from monitor.state.study import Study

CaseTest = Callable[[SafetyCase], bool]
Row = dict[str, Cell]

POOLED = "all"
"""The key of the only column of a report for blinded people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountColumn:
    """A column of counts: *key* names its cells, *label* is its heading."""

    key: str
    label: str
    population: Population

    def patients(self, matches: CaseTest) -> int:
        """Return how many subjects have a case that *matches*."""
        return sum(any(map(matches, each.cases)) for each in self.population.subjects)


def pooled_column(population: Population) -> CountColumn:
    """Return the column of all subjects together."""
    return CountColumn(key=POOLED, label="All subjects", population=population)


def treatment_columns(study: Study) -> list[CountColumn]:
    """Return a column for each treatment received in each period, where anybody was exposed."""
    columns: list[CountColumn] = []
    for period, period_number in study.period_numbers.items():
        for treatment, treatment_number in study.treatment_numbers.items():
            label = treatment
            if len(study.period_numbers) > 1:
                label = f"{treatment}, {short_title(period_title(study, period))}"
            arm = Arm(label=label, period=period_number, treatment=treatment_number)
            if exposure_of(study, arm).subjects:
                columns.append(arm_column(study, arm, f"{period} {treatment}"))
    return columns


def randomised_columns(study: Study) -> list[CountColumn]:
    """Return a column for each randomised arm."""
    return [
        arm_column(study, Arm(label=treatment, randomised=arm_number), f"randomised {treatment}")
        for treatment, arm_number in study.treatment_numbers.items()
    ]


def arm_column(study: Study, arm: Arm, key: str) -> CountColumn:
    """Return the column of *arm*."""
    return CountColumn(key=key, label=arm.label, population=population_of(study, arm))


def count_headings(columns: Iterable[CountColumn], *, of_all: bool = False) -> Iterator[Column]:
    """Yield the headings of counts with their percents: of the exposed, or *of_all* subjects."""
    for each in columns:
        size = len(each.population.subjects) if of_all else each.population.exposed
        years = number(each.population.person_days / DAYS_PER_YEAR)
        unit = f"N = {size:,}" if of_all else f"N = {size:,}, {years} PY"
        yield Column(key=each.key, label=each.label, kind=ColumnKind.COUNT, unit=unit)
        yield Column(
            key=f"{each.key} percent",
            label=f"{each.label}, percent",
            kind=ColumnKind.PERCENT,
            shown=False,
        )


def count_cells(
    columns: Sequence[CountColumn], counts: Mapping[str, int], *, of_all: bool = False
) -> Row:
    """Return the cells of *counts* by the keys of *columns*, with percents as their headings say.

    A subject with a case but without a day at risk adds to the denominator of its count.
    """
    cells: Row = {}
    for each in columns:
        count, population = counts[each.key], each.population
        size = len(population.subjects) if of_all else max(population.exposed, count)
        cells[each.key] = count
        cells[f"{each.key} percent"] = 100 * count / size if size else None
    return cells


def patient_cells(columns: Sequence[CountColumn], matches: CaseTest) -> Row:
    """Return the cells of the patients with a case that *matches*."""
    return count_cells(columns, {each.key: each.patients(matches) for each in columns})


LABEL_COLUMNS = (
    Column(key="indent", label="Indent", kind=ColumnKind.COUNT, shown=False),
    Column(key="row", label="Row", shown=False),
)
"""Columns of CSV that say what the indents of the page say: the level, and the row's key."""


def label_cells(key: str, label: str, indent: int = 0) -> Row:
    """Return the cells that name a row."""
    return {"label": label, "row": key, "indent": indent}
