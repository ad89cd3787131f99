"""The plan's named groups, read from its [groups.*] tables."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar, cast

from monitor.plan.section import DAYS_MAX, IDENTIFIER, Section
from monitor.records import ActionTaken, Outcome
from monitor.terms import Group, Pair

Word = TypeVar("Word", bound=StrEnum)


def groups_in(section: Section) -> tuple[Group, ...]:
    """Every group of the plan, in its order."""
    groups = tuple(_group_in(name, section.table(name)) for name in section.values)
    section.close()
    return groups


def _group_in(name: str, section: Section) -> Group:
    if not IDENTIFIER.fullmatch(name):
        raise section.error(None, "is not a name", "Use 1 to 64 of letters, digits and _ . : -")
    pair = _pair_in(section)
    any_of = section.words("any_of")
    terms = section.words("preferred_terms")
    if any_of and (terms or pair is None):
        remedy = "Use `any_of` with `both`, `preferred_terms` without."
        raise section.error("any_of", "needs `both` beside it", remedy)
    group = Group(
        name=name,
        title=section.get("title", str, name),
        preferred_terms=_as_set(terms if pair is None else any_of or terms or ()),
        label_groups=_as_set(section.words("label_groups")),
        serious=section.maybe("serious", bool),
        related=section.maybe("related", bool),
        adjudication=_adjudication_in(section),
        action_taken=_enum_set(section, "action_taken", ActionTaken),
        outcome=_enum_set(section, "outcome", Outcome),
        within_days_after_dose=_days_in(section, "within_days_after_dose"),
        pair=pair,
    )
    if section.taken.isdisjoint(section.values.keys() - {"title"}):
        raise section.error(None, "has no condition", "Give it at least one, as serious = true.")
    section.close()
    return group


def _pair_in(section: Section) -> Pair | None:
    both = section.items("both")
    days = _days_in(section, "within_days")
    if not both:
        if days is not None:
            raise section.error("within_days", "has no `both`", 'Add both = [["B"], ["C"]].')
        return None
    if len(both) != 2 or not all(_are_terms(side) for side in both):
        raise section.error("both", "is not two lists of terms", 'Write [["B"], ["C"]].')
    if days is None:
        raise section.error("both", "has no `within_days`", "Say within how many days.")
    return Pair(first=frozenset(both[0]), second=frozenset(both[1]), within_days=days)


def _are_terms(side: object) -> bool:
    if not isinstance(side, list):
        return False
    terms = cast(list[object], side)
    return bool(terms) and all(isinstance(term, str) and term for term in terms)


def _adjudication_in(section: Section) -> str | None:
    """The name under which cases carry the committee's answer: an identifier on the wire too."""
    if "adjudication" not in section.values:
        return None
    return section.identifier("adjudication", "")


def _days_in(section: Section, key: str) -> int | None:
    return section.whole(key, 0, 0, DAYS_MAX) if key in section.values else None


def _as_set(words: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if words is None else frozenset(words)


def _enum_set(section: Section, key: str, kind: type[Word]) -> frozenset[Word] | None:
    words = section.words(key)
    for word in words or ():
        if word not in set(kind):
            raise section.error(key, f"`{word}` is not known", f"Use: {', '.join(kind)}.")
    return None if words is None else frozenset(kind(word) for word in words)
