"""Names and JSON values of the fields of a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

import orjson

from alerts.alert import alert_id
from monitor.dates import FOREVER
from monitor.records import AdverseEvent
from monitor.screening_watch import split_screening_watch
from monitor.state.cell import Cell
from monitor.state.entities import Entity
from monitor.state.episode import Episode
from monitor.state.study import Study, SubjectState
from monitor.state.verdict import Verdict
from monitor.terms import Term
from streams.store import Fields
from streams.store.rows.alerts import register_fields
from streams.store.rows.bodies import body_values
from streams.store.rows.days import days_fields

ALL_PERIODS = "all"
"""Name of the tables over all periods; no plan may use it for a period."""


def entity_name(entity_id: str, entity: Entity) -> str:
    """Return the field name of an entity: `c|<id>` for a case, `f|<id>` for any other."""
    return f"c|{entity_id}" if isinstance(entity.body, AdverseEvent) else f"f|{entity_id}"


def entity_value(ordinal: int, entity: Entity) -> bytes:
    """Encode an entity: *ordinal*, version, number of versions, digest, `known_at`, and its body.

    The *ordinal* is the position of the entity in the order of first records, from 0.
    """
    body = entity.body
    values = body if isinstance(body, AdverseEvent) else body_values(body)
    stored = (ordinal, entity.version, entity.versions, entity.digest, entity.known_at, *values)
    return orjson.dumps(stored, default=list)


def cell_name(study: Study, table: int, term: int) -> str:
    """Return the field name of a cell: `t|<period>|<treatment>|<kind>|<term>`."""
    kind, name = study.vocabulary[term]
    return f"t|{table_name(study, table)}|{kind}|{name}"


def cell_value(cell: Cell) -> bytes:
    """Encode the counts of a cell; empty if it has no events."""
    if not cell.events:
        return b""
    return orjson.dumps(
        [
            cell.subjects,
            cell.events,
            cell.versions,
            cell.serious_subjects,
            cell.serious_events,
            cell.related_subjects,
            cell.related_events,
        ]
    )


def table_name(study: Study, table: int) -> str:
    """Return `<period>|<treatment>` of a table number."""
    period, treatment = divmod(table, len(study.plan.treatments))
    periods = study.plan.periods
    name = periods[period].id if period < len(periods) else ALL_PERIODS
    return f"{name}|{study.plan.treatments[treatment]}"


def exposure_names(study: Study) -> list[str]:
    """Return the field names of the exposure by table number; an amended plan may change them."""
    return [f"x|{table_name(study, number)}" for number in range(len(study.person_days))]


def exposure_values(study: Study) -> Iterator[bytes]:
    """Yield for each table the person-days until the as-of date and the number of open spells.

    The value is empty where both are zero.
    """
    as_of = study.as_of
    for exposed in study.person_days:
        person_days = 0 if as_of is None else exposed.total_until(as_of)
        if person_days or exposed.open_spells:
            yield orjson.dumps([person_days, exposed.open_spells])
        else:
            yield b""


def subject_value(study: Study, subject: SubjectState | None) -> bytes:
    """Encode allocated arm and spells `[start, end, period, treatment]`; empty without either.

    Days are proleptic Gregorian ordinals; *end* is the first day after the spell, or null.
    """
    if subject is None or (subject.allocated_arm is None and not subject.spells):
        return b""
    treatments = study.plan.treatments
    arm = None if subject.allocated_arm is None else treatments[subject.allocated_arm]
    spells = [
        [
            spell.start,
            None if spell.end >= FOREVER else spell.end,
            study.plan.periods[spell.period].id,
            treatments[spell.treatment],
        ]
        for spell in subject.spells
    ]
    return orjson.dumps([arm, spells])


def term_of_screening_watch(watch: str) -> Term | None:
    """Return the term in the id `screening/<kind>/<name>/<treatment>`; None for other watches."""
    term_and_treatment = split_screening_watch(watch)
    return None if term_and_treatment is None else term_and_treatment[0]


def verdict_value(verdict: Verdict | None) -> bytes:
    """Encode level, reason and log e-value (as exact hexadecimal float) of the last evaluation."""
    if verdict is None:
        return b""
    log_e = None if verdict.log_e is None else verdict.log_e.hex()
    return orjson.dumps([verdict.level.word, verdict.reason.name.lower(), log_e])


def episode_value(study: Study, watch: str, episode: Episode) -> bytes:
    """Encode an episode: alert id, number, highest and current level, revision, closed flag."""
    alert = alert_id(study.name, watch, episode.number)
    levels = episode.highest_level.word, episode.current_level.word
    return orjson.dumps([alert, episode.number, *levels, episode.revision, episode.is_closed])


def plans_value(plans: Iterable[str]) -> bytes:
    """Encode text and sha256 of each plan version so far, in order."""
    return orjson.dumps([[toml, sha256(toml.encode()).hexdigest()] for toml in plans])


def head_value(study: Study, outcomes: Mapping[str, int], refusals: Mapping[str, int]) -> bytes:
    """Encode as-of date, days ahead of it, first plan's day, and counts by outcome and refusal."""
    head = {
        "latest": study.latest_day,
        "ahead": study.days_on_record.ahead_count,
        "plan_day": study.days_on_record.plan_day,
        "outcomes": {str(name): count for name, count in outcomes.items()},
        "refusals": {str(name): count for name, count in refusals.items()},
    }
    return orjson.dumps(head, option=orjson.OPT_SORT_KEYS)


def state_fields(study: Study, verdicts: Iterable[tuple[str, Verdict]]) -> Fields:
    """Return all fields of the derived state and the alert register, without empty ones."""
    fields: Fields = {}
    for number, table in enumerate(study.tables):
        fields |= {cell_name(study, number, term): cell_value(table[term]) for term in table}
    fields |= {f"s|{one.name}": subject_value(study, one) for one in study.subjects.values()}
    fields |= {f"w|{watch}": verdict_value(verdict) for watch, verdict in verdicts}
    for watch, episode in study.episodes.items():
        fields[f"a|{watch}"] = episode_value(study, watch, episode)
    fields |= dict(zip(exposure_names(study), exposure_values(study), strict=True))
    fields |= dict(days_fields(study.days_on_record))
    fields |= dict(register_fields(study))
    return {name: value for name, value in fields.items() if value}
