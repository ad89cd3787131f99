"""Restores a study from its row, and refuses an invalid row."""

from __future__ import annotations

from hashlib import sha256
from operator import itemgetter
from typing import Any

import orjson

from alerts.register.register import AlertRegister
from alerts.register.update import attach_register
from monitor.evidence.active_watches import first_event_scopes
from monitor.fold.as_of import apply_limits
from monitor.fold.restore import restore_counts
from monitor.plan.plan import PlanError, read_plan
from monitor.state.days_on_record import DaysOnRecord
from monitor.state.dirty import DirtySet
from monitor.state.entities import Entity
from monitor.state.episode import Episode
from monitor.state.study import Study
from monitor.state.verdict import Level, Verdict, VerdictReason
from streams.store import Fields
from streams.store.rows.alerts import entry_from, review_result_from
from streams.store.rows.bodies import body_from, case_from
from streams.store.rows.days import days_from
from streams.store.rows.digest import CHECKSUM_BITS, field_checksum, row_digest
from streams.store.rows.fields import term_of_screening_watch
from streams.store.rows.row import Row

FORMAT_ERRORS = LookupError, ValueError, TypeError, AttributeError, AssertionError, PlanError
"""Errors that decoding raises for fields of another form than this version writes."""


class InvalidRow(Exception):
    """The row is not what was written.  Rebuild it from the log, while other studies continue."""


def load_row(name: str, fields: Fields) -> Row:
    """Restore the study *name* to its state when the row was written.

    Raises InvalidRow where the digest does not match or a field has an invalid form.
    """
    if fields.get("digest") != row_digest(fields):
        raise InvalidRow(f"The row of {name} does not match its digest.")
    try:
        return _read_row(name, {field: value for field, value in fields.items() if value})
    except FORMAT_ERRORS as error:
        raise InvalidRow(f"The row of {name} cannot be read: {type(error).__name__}.") from error


def _read_row(name: str, fields: Fields) -> Row:
    head: dict[str, Any] = orjson.loads(fields["head"])
    plans: list[str] = [toml for toml, _ in orjson.loads(fields["plan"])]
    row = Row(
        study=_study_of_plans(name, plans, head["plan_day"]),
        first_offset=int(fields["began"]),
        last_offset=int(fields["pos"]),
        stored_position=fields["pos"],
        plans=plans,
    )
    row.outcomes.update(head["outcomes"])
    row.refusals.update(head["refusals"])
    _load_days(row.study, fields)
    assert row.study.latest_day == head["latest"], "the as-of date follows from the days"
    row.written_latest = row.study.latest_day
    _load_fields(row, fields)
    row.study.dirty = DirtySet()
    return row


def _study_of_plans(name: str, plans: list[str], plan_day: int) -> Study:
    """Return the study under its latest plan, with the alpha shares spent under all plans."""
    parsed = [read_plan(toml) for toml in plans]
    study = Study(name, parsed[-1], days_on_record=DaysOnRecord(plan_day))
    for plan in parsed:
        study.spent_shares |= plan.spent_shares
    return study


def _load_days(study: Study, fields: Fields) -> None:
    """Restore the days on record, and the as-of date that follows from them."""
    for field, value in fields.items():
        if field.startswith("d|"):
            study.days_on_record.witness_by_day |= days_from(value)
    apply_limits(study)


def _load_fields(row: Row, fields: Fields) -> None:
    """Restore entities, episodes, verdicts and the alert register, and the checksums of fields."""
    verdicts: dict[str, Verdict] = {}
    register = AlertRegister()
    entities: list[tuple[int, str, Entity]] = []
    plan_texts = {sha256(toml.encode()).hexdigest(): toml for toml in row.plans}
    for field, value in fields.items():
        prefix, name, checksum = field[:2], field[2:], field_checksum(field, value)
        if prefix in ("c|", "f|"):
            ordinal, entity = _read_entity(prefix, value, plan_texts)
            entities.append((ordinal << CHECKSUM_BITS | checksum, name, entity))
        elif field != "digest":
            row.checksums[field] = checksum
        if prefix == "w|":
            verdicts[name] = _read_verdict(value)
        elif prefix == "a|":
            row.study.episodes[name] = _read_episode(value)
        elif prefix == "l|":
            register.entries[name] = entry_from(value)
        elif prefix == "r|":
            register.review_results[name] = review_result_from(value)
        elif prefix in ("u|", "h|"):
            days = (
                register.overdue_tracker.unallocated_since
                if prefix == "u|"
                else register.overdue_tracker.last_record_day
            )
            days[name] = int(value)
    row.checksum_total = int(fields["digest"], 16)
    for packed, name, entity in sorted(entities, key=itemgetter(0)):
        row.packed_entities[name] = packed
        row.study.entities.by_id[name] = entity
    _restore_verdicts(row.study, verdicts)
    register.overdue_tracker.sort_unallocated()
    attach_register(row.study, register)


def _read_entity(prefix: str, value: bytes, plan_texts: dict[str, str]) -> tuple[int, Entity]:
    """Decode the ordinal and the content of an entity."""
    ordinal, version, versions, digest, known_at, *values = orjson.loads(value)
    body = case_from(values) if prefix == "c|" else body_from(values, plan_texts)
    return ordinal, Entity(version, digest, versions, body, known_at=known_at)


def _read_verdict(value: bytes) -> Verdict:
    level, reason, log_e = orjson.loads(value)
    log_e_value = None if log_e is None else float.fromhex(log_e)
    return Verdict(Level[level.upper()], VerdictReason[reason.upper()], log_e_value)


def _read_episode(value: bytes) -> Episode:
    _, number, level, current_level, revision, closed = orjson.loads(value)
    return Episode(number, Level[level.upper()], Level[current_level.upper()], revision, closed)


def _restore_verdicts(study: Study, verdicts: dict[str, Verdict]) -> None:
    """Recount all entities, and restore the verdict of each watch.

    A tier 2 watch remains after its term has lost all cases.  Recounting does not open such a
    watch, so it is opened here.
    """
    without_events = {
        name: each for name, each in verdicts.items() if each.reason is VerdictReason.NO_EVENTS
    }
    restore_counts(
        study, {name: each for name, each in verdicts.items() if name not in without_events}
    )
    for watch in without_events.keys() - study.watches_by_id.keys():
        term = term_of_screening_watch(watch)
        assert term is not None, "a watch that the plan names is there"
        first_event_scopes(study, study.vocabulary.number_of(term))
    watches = study.watches_by_id
    for watch, verdict in without_events.items():
        watches[watch].verdict = verdict
