"""Strategies that draw whole small trials as wire records, in orders that a log may have."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

from tests.independent.builders import plan, subject, tick, wire_record
from tests.independent.recount_entities import entity_of
from tests.independent.strategies_corrections import add_corrections, add_revisions
from tests.independent.strategies_plan import TrialDesign, designs
from tests.independent.strategies_records import (
    FIELD_STRATEGIES,
    Fields,
    disposition_fields,
    dose_fields,
    draw_chance,
    event_fields,
    exemption_fields,
    interval_fields,
    subject_fields,
)
from tests.independent.wire_records import Record
from tests.independent.wrong_records import add_wrong_records

JUMP_TIGHT = 60
JUMP_NEVER = 5000
LAST_DAY = 160


@dataclass(slots=True)
class TrialDraft:
    """A trial while it is drawn: design, subjects, those that are one person, and records."""

    design: TrialDesign
    subjects: list[str]
    one_person: frozenset[str]
    arm: str
    records: list[Record] = field(default_factory=list[Record])


@st.composite
def logs(draw: st.DrawFn) -> list[Record]:
    """Draw any log: corrections, duplicates, conflicts, refusals and merges, in any order."""
    draft = draw_trial(draw, jump=draw(st.sampled_from((JUMP_TIGHT, 180, JUMP_NEVER))))
    add_corrections(draw, draft.records, draft.subjects, draft.one_person, acyclic=False)
    add_wrong_records(draw, draft.records)
    ordered = in_some_order(draw, draft.records)
    first = plan(draft.design.text)
    if draw_chance(draw, 10) and ordered:
        return [ordered[0], first, *ordered[1:]]
    return [first, *ordered]


@st.composite
def conflict_free(draw: st.DrawFn) -> list[Record]:
    """Draw a log whose result does not depend on its order after the plan."""
    draft = draw_trial(draw, jump=JUMP_NEVER)
    add_corrections(draw, draft.records, draft.subjects, draft.one_person, acyclic=True)
    # No other record is as late as this tick, so the as-of day is the same in every order.
    return [plan(draft.design.text), *in_some_order(draw, [*draft.records, tick(LAST_DAY)])]


@st.composite
def amended(draw: st.DrawFn) -> list[Record]:
    """Draw a conflict-free log in which the plan changes its end-of-treatment window."""
    draft = draw_trial(draw, jump=JUMP_NEVER, window=0)
    add_corrections(draw, draft.records, draft.subjects, draft.one_person, acyclic=True)
    ordered = in_some_order(draw, [*draft.records, tick(LAST_DAY)])
    text = draft.design.text
    second = plan(text.replace("window_days = 0", "window_days = 28"), version=2)
    position = draw(st.integers(0, len(ordered)))
    return [plan(text), *ordered[:position], second, *ordered[position:]]


@st.composite
def repeated(draw: st.DrawFn, log: list[Record]) -> list[Record]:
    """Draw *log* with some records repeated, each somewhere after its original."""
    with_repeats = list(log)
    for _ in range(draw(st.integers(1, 6))):
        original = draw(st.integers(0, len(with_repeats) - 1))
        with_repeats.insert(
            draw(st.integers(original + 1, len(with_repeats))), dict(with_repeats[original])
        )
    return with_repeats


@st.composite
def reordered(draw: st.DrawFn, log: list[Record], *, versions_in_order: bool) -> list[Record]:
    """Draw *log* in another order after the plan.

    With *versions_in_order* the versions of each entity rise.
    """
    rest = list(draw(st.permutations(log[1:])))
    if versions_in_order:
        rest = with_versions_in_order(rest)
    return [log[0], *rest]


def draw_trial(draw: st.DrawFn, *, jump: int, window: int | None = None) -> TrialDraft:
    """Draw the records of three to twelve subjects, with revisions but without corrections."""
    design = draw(designs(jump=jump, window=window))
    subjects = [f"S{number}" for number in range(1, draw(st.integers(3, 12)) + 1)]
    count = draw(st.sampled_from((0, 0, 2, 3, 4)))
    one_person = frozenset(subjects[:count])
    draft = TrialDraft(design, subjects, one_person, draw(st.sampled_from(design.arms)))
    for who in subjects:
        add_subject_records(draw, draft, who)
    add_revisions(draw, draft.design, draft.records, draft.one_person)
    return draft


def add_subject_records(draw: st.DrawFn, draft: TrialDraft, who: str) -> None:
    """Add what is first reported of one subject."""
    entry = draw(st.integers(0, 50))
    if draw_chance(draw, 80):
        arm = draft.arm if who in draft.one_person else None
        fields = subject_fields(draw, draft.design, who, entry)
        if arm is not None:
            # Subjects that are one person have one allocation.
            fields["randomised_treatment"] = arm
        draft.records.append({**subject(who, known=entry), **fields})
    start = entry
    for number in range(draw(st.sampled_from((1, 1, 2, 0, 3)))):
        add_record(
            draft, who, f"treatment{number}", start, interval_fields(draw, draft.design, who, start)
        )
        start += draw(st.integers(5, 40))
    for number in range(draw(st.sampled_from((1, 0, 2, 3)))):
        day = entry + draw(st.integers(0, 60))
        add_record(draft, who, f"event{number}", day, event_fields(draw, draft.design, who, entry))
    if draw_chance(draw, 30):
        add_record(draft, who, "dose", entry, dose_fields(draw, draft.design, who, entry))
    for number in range(draw(st.sampled_from((0, 0, 0, 1, 2)))):
        fields = exemption_fields(draw, draft.design, who, entry)
        add_record(draft, who, f"not_at_risk{number}", entry, fields)
    if draw_chance(draw, 25):
        fields = disposition_fields(draw, draft.design, who, entry)
        add_record(draft, who, "disposition", entry, fields)


def add_record(draft: TrialDraft, who: str, name: str, known: int, fields: Fields) -> None:
    """Add one record of *who*; *name* without its digits gives the record type."""
    kind = name.rstrip("0123456789")
    kind = "adverse_event" if kind == "event" else kind
    assert kind in FIELD_STRATEGIES
    draft.records.append(wire_record(kind, f"edc/{name}-{who}", known=known, **fields))


def in_some_order(draw: st.DrawFn, records: list[Record]) -> list[Record]:
    """Return the records by the day on which they are known, or shuffled."""
    by_day = sorted(records, key=lambda record: str(record["known_at"]))
    return by_day if draw(st.booleans()) else list(draw(st.permutations(by_day)))


def with_versions_in_order(records: list[Record]) -> list[Record]:
    """Return the records with each entity's versions rising, in the places of that entity."""
    rising: dict[str, list[Record]] = {}
    for record in sorted(records, key=lambda record: int(record["source"]["version"])):
        rising.setdefault(entity_of(record), []).append(record)
    return [rising[entity_of(record)].pop(0) for record in records]
