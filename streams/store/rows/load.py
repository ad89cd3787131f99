"""A study taken up from its row, or the news that the row is not what was written."""

from __future__ import annotations

from hashlib import sha256
from operator import itemgetter
from typing import Any

import orjson

from alerts.register.register import Docket
from alerts.register.update import take_up
from monitor.evidence.active_watches import first_event_scopes
from monitor.fold.restore import resume
from monitor.plan.plan import PlanError, read_plan
from monitor.state.dirty import Trace
from monitor.state.entities import Thing
from monitor.state.episode import Episode
from monitor.state.study import Study
from monitor.state.verdict import Ground, Level, Verdict
from streams.store import Fields
from streams.store.rows.alerts import answer_from, entry_from
from streams.store.rows.bodies import case_from, fact_from
from streams.store.rows.digest import SUM_BITS, digest_of, sum_of
from streams.store.rows.fields import term_of
from streams.store.rows.row import Row

UNREADABLE = LookupError, ValueError, TypeError, AttributeError, AssertionError, PlanError
"""What comes of fields that have another form than those that are written today."""


class BadRow(Exception):
    """The row is not what was written.  Rebuild it from the log; the others go on."""


def restore(name: str, fields: Fields) -> Row:
    """The study *name* as it was when its row was written.

    Raises BadRow where the digest or the form says that it is not what was written.
    """
    if fields.get("digest") != digest_of(fields):
        raise BadRow(f"The row of {name} does not have the digest it should.")
    try:
        return _row(name, {field: value for field, value in fields.items() if value})
    except UNREADABLE as error:
        raise BadRow(f"The row of {name} cannot be read: {type(error).__name__}.") from error


def _row(name: str, fields: Fields) -> Row:
    head: dict[str, Any] = orjson.loads(fields["head"])
    plans: list[str] = [toml for toml, _ in orjson.loads(fields["plan"])]
    row = Row(
        study=_study(name, plans, head["latest"]),
        began=int(fields["began"]),
        pos=int(fields["pos"]),
        stored=fields["pos"],
        plans=plans,
    )
    row.outcomes.update(head["outcomes"])
    row.refusals.update(head["refusals"])
    row.shown = row.study.latest
    _take_up(row, fields)
    row.study.trace = Trace()
    return row


def _study(name: str, plans: list[str], latest: int | None) -> Study:
    """The study with its plan, and with all that was ever spent by one."""
    read = [read_plan(toml) for toml in plans]
    study = Study(name, read[-1], latest=latest)
    for plan in read:
        study.spent |= plan.spends
    return study


def _take_up(row: Row, fields: Fields) -> None:
    """Put the things, the episodes and the verdicts in place, and sum up the fields."""
    judged: dict[str, Verdict] = {}
    docket = Docket()
    things: list[tuple[int, str, Thing]] = []
    texts = {sha256(toml.encode()).hexdigest(): toml for toml in row.plans}
    for field, value in fields.items():
        kind, name, added = field[:2], field[2:], sum_of(field, value)
        if kind in ("c|", "f|"):
            ordinal, held = _thing(kind, value, texts)
            things.append((ordinal << SUM_BITS | added, name, held))
        elif field != "digest":
            row.sums[field] = added
        if kind == "w|":
            judged[name] = _verdict(value)
        elif kind == "a|":
            row.study.episodes[name] = _episode(value)
        elif kind == "l|":
            docket.entries[name] = entry_from(value)
        elif kind == "r|":
            docket.answers[name] = answer_from(value)
        elif kind in ("u|", "h|"):
            days = docket.vigil.waiting if kind == "u|" else docket.vigil.heard
            days[name] = int(value)
    row.total = int(fields["digest"], 16)
    for summed, name, held in sorted(things, key=itemgetter(0)):
        row.things[name] = summed
        row.study.ledger.things[name] = held
    _judge_as_before(row.study, judged)
    docket.vigil.order()
    take_up(row.study, docket)


def _thing(kind: str, value: bytes, texts: dict[str, str]) -> tuple[int, Thing]:
    """The ordinal and the content of a thing."""
    ordinal, version, versions, digest, foretold, *said = orjson.loads(value)
    body = case_from(said) if kind == "c|" else fact_from(said, texts)
    return ordinal, Thing(version, digest, versions, body, foretold=foretold)


def _verdict(value: bytes) -> Verdict:
    level, ground, log_e = orjson.loads(value)
    evidence = None if log_e is None else float.fromhex(log_e)
    return Verdict(Level[level.upper()], Ground[ground.upper()], evidence)


def _episode(value: bytes) -> Episode:
    _, number, level, stands, revision, closed = orjson.loads(value)
    return Episode(number, Level[level.upper()], Level[stands.upper()], revision, closed)


def _judge_as_before(study: Study, judged: dict[str, Verdict]) -> None:
    """Count anew all that the things say, and put each watch where it stood.

    A term that no case has any more keeps its watch, which counting anew does not open.
    """
    silent = {name: each for name, each in judged.items() if each.ground is Ground.NO_EVENTS}
    resume(study, {name: each for name, each in judged.items() if name not in silent})
    for watch in silent.keys() - study.watches.keys():
        term = term_of(watch)
        assert term is not None, "a watch that the plan names is there"
        first_event_scopes(study, study.vocabulary.number(term))
    watches = study.watches
    for watch, verdict in silent.items():
        watches[watch].verdict = verdict
