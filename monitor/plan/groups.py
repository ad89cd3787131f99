"""Reads the plan's named groups from its [groups.*] tables."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar, cast

from monitor.plan.section import DAYS_MAX, IDENTIFIER_PATTERN, TomlSection
from monitor.records import ActionTaken, Outcome, Severity
from monitor.severity import GRADES
from monitor.terms import Group, TermPair, fold_term

EnumChoice = TypeVar("EnumChoice", bound=StrEnum)


def read_groups(section: TomlSection) -> tuple[Group, ...]:
    """Return every group of the [groups] table, in order.

    Raises PlanError where a group has no condition, an incomplete pair or an unknown value.
    """
    groups = tuple(_read_group(name, section.table(name)) for name in section.values)
    section.refuse_unknown_keys()
    return groups


def _read_group(name: str, section: TomlSection) -> Group:
    if not IDENTIFIER_PATTERN.fullmatch(name):
        raise section.error(None, "is not a name", "Use 1 to 64 of letters, digits and _ . : -")
    term_pair = _read_term_pair(section)
    any_of = section.strings("any_of")
    terms = section.strings("preferred_terms")
    if any_of and (terms or term_pair is None):
        remedy = "Use `any_of` with `both`, `preferred_terms` without."
        raise section.error("any_of", "needs `both` beside it", remedy)
    group = Group(
        name=name,
        title=section.get("title", str, name),
        preferred_terms=_fold_all(terms if term_pair is None else any_of or terms or ()),
        label_groups=_fold_all(section.strings("label_groups")),
        serious=section.optional("serious", bool),
        related=section.optional("related", bool),
        adjudication=_read_adjudication(section),
        action_taken=_read_enum_set(section, "action_taken", ActionTaken),
        outcome=_read_enum_set(section, "outcome", Outcome),
        within_days_after_dose=_read_days(section, "within_days_after_dose"),
        term_pair=term_pair,
        severity_at_least=_read_severity(section),
        dictionary=section.get("dictionary", str, ""),
    )
    if section.read_keys.isdisjoint(section.values.keys() - {"title", "dictionary"}):
        raise section.error(None, "has no condition", "Give it at least one, as serious = true.")
    section.refuse_unknown_keys()
    return group


def _read_term_pair(section: TomlSection) -> TermPair | None:
    both = section.items("both")
    within_days = _read_days(section, "within_days")
    if not both:
        if within_days is not None:
            raise section.error("within_days", "has no `both`", 'Add both = [["B"], ["C"]].')
        return None
    if len(both) != 2 or not all(_is_term_list(side) for side in both):
        raise section.error("both", "is not two lists of terms", 'Write [["B"], ["C"]].')
    if within_days is None:
        raise section.error(
            "both", "has no `within_days`", "Give `within_days`: within how many days."
        )
    return TermPair(
        first_terms=frozenset(map(fold_term, both[0])),
        second_terms=frozenset(map(fold_term, both[1])),
        within_days=within_days,
    )


def _is_term_list(value: object) -> bool:
    if not isinstance(value, list):
        return False
    terms = cast(list[object], value)
    return bool(terms) and all(isinstance(term, str) and term for term in terms)


def _read_adjudication(section: TomlSection) -> str | None:
    """Read the name of the adjudication; it must be an identifier, as it is in case records."""
    if "adjudication" not in section.values:
        return None
    return section.identifier("adjudication", "")


def _read_severity(section: TomlSection) -> Severity | None:
    """Read the lowest severity of the group, a word or a CTCAE grade from 1 to 5."""
    value: object = section.values.get("severity_at_least")
    section.read_keys.add("severity_at_least")
    if value is None:
        return None
    for severity, grade in GRADES.items():
        if value == severity.value or (value == grade and not isinstance(value, bool | float)):
            return severity
    words = ", ".join(Severity)
    remedy = f"Use one of: {words}; or a grade from 1 to 5, without quotes."
    raise section.error("severity_at_least", "is not a severity", remedy)


def _read_days(section: TomlSection, key: str) -> int | None:
    return section.integer(key, 0, 0, DAYS_MAX) if key in section.values else None


def _fold_all(terms: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if terms is None else frozenset(map(fold_term, terms))


def _read_enum_set(
    section: TomlSection, key: str, enum_type: type[EnumChoice]
) -> frozenset[EnumChoice] | None:
    values = section.strings(key)
    for value in values or ():
        if value not in set(enum_type):
            raise section.error(key, f"`{value}` is not known", f"Use: {', '.join(enum_type)}.")
    return None if values is None else frozenset(enum_type(value) for value in values)
