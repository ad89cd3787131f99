"""The fields of a row, each as readers find it: its name, and its value as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

import orjson

from alerts.alert import alert_id
from monitor.dates import FOREVER
from monitor.records import AdverseEvent, TermKind
from monitor.state.cell import Cell
from monitor.state.entities import Thing
from monitor.state.episode import Episode
from monitor.state.study import Study, SubjectState
from monitor.state.verdict import Verdict
from monitor.terms import Term
from streams.store import Fields
from streams.store.rows.alerts import docket_fields
from streams.store.rows.bodies import fact_of

ALL_PERIODS = "all"
"""No plan may name a period so."""

SCREENING = "screening/"
"""What the id of a tier 2 watch begins with; no plan may name a watch so."""

Named = Iterator[tuple[str, bytes]]


def thing_name(thing: str, held: Thing) -> str:
    """The field of a thing: a case's begins with c, any other's with f."""
    return f"c|{thing}" if isinstance(held.body, AdverseEvent) else f"f|{thing}"


def thing_value(ordinal: int, held: Thing) -> bytes:
    """Its place in the ledger, its versions, and what it says."""
    body = held.body
    said = body if isinstance(body, AdverseEvent) else fact_of(body)
    about = ordinal, held.version, held.versions, held.digest, held.foretold
    return orjson.dumps([*about, *said], default=list)


def cell_name(study: Study, number: int, term: int) -> str:
    """The field of a cell: `t|<period>|<treatment>|<kind>|<term>`."""
    kind, name = study.vocabulary[term]
    return f"t|{table_name(study, number)}|{kind}|{name}"


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


def table_name(study: Study, number: int) -> str:
    """The period and treatment of a table."""
    period, treatment = divmod(number, len(study.plan.treatments))
    periods = study.plan.periods
    name = periods[period].id if period < len(periods) else ALL_PERIODS
    return f"{name}|{study.plan.treatments[treatment]}"


def exposures(study: Study) -> Named:
    """For each table with somebody in it: person-days so far, and subjects at risk now."""
    for number, exposed in enumerate(study.exposure):
        days = 0 if study.as_of is None else exposed.until(study.as_of)
        told = orjson.dumps([days, exposed.running]) if days or exposed.running else b""
        yield f"x|{table_name(study, number)}", told


def subject_value(study: Study, subject: SubjectState | None) -> bytes:
    """Allocation and spells by name, or nothing where there are none."""
    if subject is None or (subject.allocated is None and not subject.spells):
        return b""
    treatments = study.plan.treatments
    arm = None if subject.allocated is None else treatments[subject.allocated]
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


def term_of(watch: str) -> Term | None:
    """The term of a tier 2 watch by its id, `screening/<kind>/<name>/<treatment>`; else None."""
    if not watch.startswith(SCREENING):
        return None
    kind, name = watch.removeprefix(SCREENING).rsplit("/", 1)[0].split("/", 1)
    return Term(TermKind(kind), name)


def verdict_value(verdict: Verdict | None) -> bytes:
    """Level, ground, and the evidence to the last bit, as it was last judged."""
    if verdict is None:
        return b""
    log_e = None if verdict.log_e is None else verdict.log_e.hex()
    return orjson.dumps([verdict.level.word, verdict.ground.name.lower(), log_e])


def episode_value(study: Study, watch: str, episode: Episode) -> bytes:
    """The alert that the episode is, the level it reached, and where its evidence stands."""
    name = alert_id(study.name, watch, episode.number)
    levels = episode.level.word, episode.stands.word
    return orjson.dumps([name, episode.number, *levels, episode.revision, episode.closed])


def plans_value(plans: Iterable[str]) -> bytes:
    """The plans in force so far, in order: text and sha256 of each."""
    return orjson.dumps([[toml, sha256(toml.encode()).hexdigest()] for toml in plans])


def head_value(
    latest: int | None, outcomes: Mapping[str, int], refusals: Mapping[str, int]
) -> bytes:
    """The latest day known, and what became of the study's records."""
    said = {
        "latest": latest,
        "outcomes": {str(name): count for name, count in outcomes.items()},
        "refusals": {str(name): count for name, count in refusals.items()},
    }
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def state(study: Study, verdicts: Iterable[tuple[str, Verdict]]) -> Fields:
    """All that is counted, settled and judged; what is empty is left out."""
    named: Fields = {}
    for number, table in enumerate(study.tables):
        named |= {cell_name(study, number, term): cell_value(table[term]) for term in table}
    named |= {f"s|{one.name}": subject_value(study, one) for one in study.subjects.values()}
    named |= {f"w|{watch}": verdict_value(verdict) for watch, verdict in verdicts}
    for watch, episode in study.episodes.items():
        named[f"a|{watch}"] = episode_value(study, watch, episode)
    named |= dict(exposures(study))
    named |= dict(docket_fields(study))
    return {name: value for name, value in named.items() if value}
