"""What the rates page compares, by its address, and the links to choose otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from board.views.arms import randomised_periods
from board.views.catalogue import Arguments, ViewNotFoundError
from board.views.term_counts import CountedCases
from monitor.plan.watch import Analysis
from monitor.records import TermKind
from monitor.state.study import Study

Word = TypeVar("Word", bound=StrEnum)

KIND_LABELS: Mapping[str, str] = {
    TermKind.PREFERRED_TERM: "Preferred terms",
    TermKind.SYSTEM_ORGAN_CLASS: "Organ classes",
    TermKind.GROUP: "Groups of the plan",
    TermKind.ANY: "Any event",
}
COUNT_LABELS: Mapping[str, str] = {
    CountedCases.ALL: "all",
    CountedCases.SERIOUS: "serious",
    CountedCases.RELATED: "related",
}
ANALYSIS_LABELS: Mapping[str, str] = {
    Analysis.AS_TREATED: "as treated",
    Analysis.AS_RANDOMISED: "as randomised",
}
FORM_LABELS: Mapping[str, str] = {"": "dots and intervals", "fda16": "FDA table"}
"""The forms of the table; the first has no name in an address."""

SORT_LABELS: Mapping[str, str] = {
    "evidence": "by evidence",
    "difference": "by difference",
    "subjects": "by patients",
    "term": "by term",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSelection:
    """What the address asks for; *search* is a part of a term, *all* shows every line.

    *form* is one of ``FORM_LABELS``.
    """

    kind: TermKind
    period: str
    count: CountedCases
    analysis: Analysis
    treatment: str
    sort: str
    search: str
    all: str
    form: str = ""

    @property
    def query(self) -> str:
        """The selection as the query of an address."""
        return urlencode({name: str(value) for name, value in asdict(self).items() if value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A link that changes one part of the selection."""

    label: str
    query: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoicePart:
    """A part of the selection with the links that change it."""

    label: str
    choices: Sequence[Choice]


PART_LABELS = {
    "kind": "Terms",
    "period": "Period",
    "treatment": "Treatment",
    "count": "Events",
    "analysis": "Analysis",
    "sort": "Order",
    "form": "Form",
}


def selection_of(study: Study, arguments: Arguments) -> RateSelection:
    """Return the selection by *arguments*; what is missing is as the plan screens.

    Raises ViewNotFoundError where an argument names nothing, or where no period is randomised.
    """
    plan, basis = study.plan, study.plan.screening_basis
    periods = randomised_periods(plan)
    if not periods:
        raise ViewNotFoundError("The plan has no randomised period: no arms are compared.")
    default = basis.period if basis.period in periods else periods[0]
    return RateSelection(
        kind=_word(TermKind, arguments, "kind", TermKind.PREFERRED_TERM),
        period=_one_of(periods, arguments, "period", default),
        count=_word(CountedCases, arguments, "count", CountedCases.ALL),
        analysis=_word(Analysis, arguments, "analysis", basis.analysis),
        treatment=_one_of(
            plan.active_treatments, arguments, "treatment", plan.active_treatments[0]
        ),
        sort=_one_of(tuple(SORT_LABELS), arguments, "sort", "evidence"),
        search=arguments.get("search", "")[:100],
        all=_one_of(("", "yes"), arguments, "all", ""),
        form=_one_of(tuple(FORM_LABELS), arguments, "form", ""),
    )


def parts_of(study: Study, selection: RateSelection) -> Iterator[ChoicePart]:
    """Yield the parts of the selection that have several possibilities."""
    titles = {period.id: period.title or period.id for period in study.plan.periods}
    parts: dict[str, Mapping[str, str]] = {
        "kind": KIND_LABELS,
        "period": {name: titles[name] for name in randomised_periods(study.plan)},
        "treatment": {name: name for name in study.plan.active_treatments},
        "count": COUNT_LABELS,
        "analysis": ANALYSIS_LABELS,
        "sort": SORT_LABELS,
        "form": FORM_LABELS,
    }
    for part, labels in parts.items():
        if len(labels) < 2:
            continue
        choices = [
            Choice(
                label=label,
                query=replace(selection, **{part: value}).query,
                is_current=str(getattr(selection, part)) == value,
            )
            for value, label in labels.items()
        ]
        yield ChoicePart(label=PART_LABELS[part], choices=choices)


def _word(words: type[Word], arguments: Arguments, name: str, default: Word) -> Word:
    return words(_one_of(tuple(words), arguments, name, default))


def _one_of(allowed: Sequence[str], arguments: Arguments, name: str, default: str) -> str:
    value = arguments.get(name, default)
    if value not in allowed:
        raise ViewNotFoundError(f"`{name}` is none of {', '.join(allowed)}.")
    return value
