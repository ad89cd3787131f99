"""The fields of a row, each as readers find it: its name, and its value as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

import orjson

from alerts.alert import alert_id
from monitor.dates import FOREVER
from monitor.records import AdverseEvent, TermKind
from monitor.state.cell import Cell
from monitor.state.entities import Entity
from monitor.state.episode import Episode
from monitor.state.study import Study, SubjectState
from monitor.state.verdict import Verdict
from monitor.terms import Term
from streams.store import Fields
from streams.store.rows.alerts import register_fields
from streams.store.rows.bodies import body_values

ALL_PERIODS = "all"
"""No plan may name a period so."""

SCREENING_PREFIX = "screening/"
"""What the id of a tier 2 watch begins with; no plan may name a watch so."""

NamedValues = Iterator[tuple[str, bytes]]


def entity_name(entity_id: str, entity: Entity) -> str:
    """The field of a thing: a case's begins with c, any other's with f."""
    return f"c|{entity_id}" if isinstance(entity.body, AdverseEvent) else f"f|{entity_id}"


def entity_value(ordinal: int, entity: Entity) -> bytes:
    """Its place in the ledger, its versions, and what it says."""
    body = entity.body
    values = body if isinstance(body, AdverseEvent) else body_values(body)
    version_values = (
        ordinal,
        entity.version,
        entity.versions,
        entity.digest,
        entity.onset_after_known,
    )
    return orjson.dumps([*version_values, *values], default=list)


def cell_name(study: Study, table: int, term: int) -> str:
    """The field of a cell: `t|<period>|<treatment>|<kind>|<term>`."""
    kind, name = study.vocabulary[term]
    return f"t|{table_name(study, table)}|{kind}|{name}"


def cell_value(cell: Cell) -> bytes:
    """Its counts, or nothing where it has no event any more."""
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
    """The period and treatment of a table."""
    period, treatment = divmod(table, len(study.plan.treatments))
    periods = study.plan.periods
    name = periods[period].id if period < len(periods) else ALL_PERIODS
    return f"{name}|{study.plan.treatments[treatment]}"


def exposure_fields(study: Study) -> NamedValues:
    """For each table with somebody in it: person-days so far, and subjects at risk now."""
    for number, exposed in enumerate(study.person_days):
        person_days = 0 if study.as_of is None else exposed.total_until(study.as_of)
        value = (
            orjson.dumps([person_days, exposed.open_spells])
            if person_days or exposed.open_spells
            else b""
        )
        yield f"x|{table_name(study, number)}", value


def subject_value(study: Study, subject: SubjectState | None) -> bytes:
    """Allocation and spells by name, or nothing where there are none."""
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
    """The term of a tier 2 watch by its id, `screening/<kind>/<name>/<treatment>`; else None."""
    if not watch.startswith(SCREENING_PREFIX):
        return None
    kind, name = watch.removeprefix(SCREENING_PREFIX).rsplit("/", 1)[0].split("/", 1)
    return Term(TermKind(kind), name)


def verdict_value(verdict: Verdict | None) -> bytes:
    """Level, ground, and the evidence to the last bit, as it was last judged."""
    if verdict is None:
        return b""
    log_e = None if verdict.log_e is None else verdict.log_e.hex()
    return orjson.dumps([verdict.level.word, verdict.reason.name.lower(), log_e])


def episode_value(study: Study, watch: str, episode: Episode) -> bytes:
    """The alert that the episode is, the level it reached, and where its evidence stands."""
    alert = alert_id(study.name, watch, episode.number)
    levels = episode.highest_level.word, episode.current_level.word
    return orjson.dumps([alert, episode.number, *levels, episode.revision, episode.is_closed])


def plans_value(plans: Iterable[str]) -> bytes:
    """The plans in force so far, in order: text and sha256 of each."""
    return orjson.dumps([[toml, sha256(toml.encode()).hexdigest()] for toml in plans])


def head_value(
    latest: int | None, outcomes: Mapping[str, int], refusals: Mapping[str, int]
) -> bytes:
    """The latest day known, and what became of the study's records."""
    head = {
        "latest": latest,
        "outcomes": {str(name): count for name, count in outcomes.items()},
        "refusals": {str(name): count for name, count in refusals.items()},
    }
    return orjson.dumps(head, option=orjson.OPT_SORT_KEYS)


def state_fields(study: Study, verdicts: Iterable[tuple[str, Verdict]]) -> Fields:
    """All that is counted, settled and judged; what is empty is left out."""
    fields: Fields = {}
    for number, table in enumerate(study.tables):
        fields |= {cell_name(study, number, term): cell_value(table[term]) for term in table}
    fields |= {f"s|{one.name}": subject_value(study, one) for one in study.subjects.values()}
    fields |= {f"w|{watch}": verdict_value(verdict) for watch, verdict in verdicts}
    for watch, episode in study.episodes.items():
        fields[f"a|{watch}"] = episode_value(study, watch, episode)
    fields |= dict(exposure_fields(study))
    fields |= dict(register_fields(study))
    return {name: value for name, value in fields.items() if value}
