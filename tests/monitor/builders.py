"""Builders of core records; day 0 of every test is 2020-01-01."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any

from monitor import records as events
from monitor.records import EPOCH_DAY, SECONDS_PER_DAY, Body, Record, Status, TermKind

DAY_0 = date(2020, 1, 1).toordinal()
STUDY = "T1"


def day(number: int) -> int:
    """The proleptic ordinal of day *number* of a test."""
    return DAY_0 + number


def record(body: Body, entity: str, *, version: int = 1, known: int = 0) -> Record:
    """A record about *entity*, known at ten o'clock on day *known*, with the digest of its body."""
    instant = (day(known) - EPOCH_DAY) * SECONDS_PER_DAY + 36_000
    return Record(STUDY, entity, version, instant, digest_of(body), body)


def digest_of(body: Body) -> int:
    """A 64-bit digest of the content, computed like the one at decoding."""
    return int.from_bytes(sha256(repr(body).encode()).digest()[:8], "big")


def plan_record(toml: str, *, version: int = 1) -> Record:
    """The plan *toml*, or at a later version its amendment."""
    plan = events.PlanRecord(toml=toml, sha256=sha256(toml.encode()).hexdigest())
    return record(plan, "office/plan", version=version)


def allocated(who: str, arm: str | None, *, version: int = 1, known: int = 0) -> Record:
    """*who* was randomised to *arm*, or only screened where it is None."""
    body = events.Subject(subject=who, randomised_treatment=arm)
    return record(body, f"edc/subject-{who}", version=version, known=known)


def treated(
    who: str, what: str, start: int, end: int | None = None, *, version: int = 1, **fields: str
) -> Record:
    """*who* received *what* from day *start* to before day *end*, in the first period by default.

    The entity is named after its subject and first day, unless the field `entity` names it.
    """
    body = events.Treatment(
        subject=who,
        treatment=what,
        period=fields.get("period", "first"),
        start=day(start),
        end=None if end is None else day(end),
    )
    return record(body, fields.get("entity", f"edc/treated-{who}-{start}"), version=version)


def dosed(who: str, first: int, last: int) -> Record:
    """One administration from day *first* to day *last*, both inclusive."""
    body = events.Dose(subject=who, first_date=day(first), last_date=day(last))
    return record(body, f"edc/dose-{who}-{first}")


def withdrawn(who: str, last: int, *, period: str | None = None) -> Record:
    """*who* withdrew from the study, or from *period*; day *last* was the last of follow-up."""
    body = events.Disposition(subject=who, status=Status.WITHDREW, date=day(last), period=period)
    return record(body, f"edc/left-{who}-{period}")


def case(
    name: str,
    who: str,
    onset: int | events.PartialDate | None,
    term: str = "DVT",
    *,
    version: int = 1,
    known: int | None = None,
    **fields: Any,
) -> Record:
    """A case of *term*, known on day *known* or by default on the day of its onset."""
    onset_day = day(onset) if isinstance(onset, int) else onset
    organ = fields.pop("organ", "VASC")
    body = events.AdverseEvent(
        subject=who, preferred_term=term, system_organ_class=organ, onset=onset_day, **fields
    )
    if known is None:
        known = onset if isinstance(onset, int) else 0
    return record(body, f"safety/{name}", version=version, known=known)


def retracted(name: str, target: str, *, version: int = 1) -> Record:
    """A retraction: the entity *target* was reported in error."""
    body = events.Retraction(target=target, reason="in error")
    return record(body, f"safety/{name}", version=version)


def merged(name: str, what: str, duplicate: str, survivor: str) -> Record:
    """A merge: the case or subject *duplicate* is the same as *survivor*."""
    body = events.Merge(what=what, duplicate=duplicate, survivor=survivor)
    return record(body, f"safety/{name}")


def collected(term: str, start: int, kind: TermKind = TermKind.PREFERRED_TERM) -> Record:
    """A collection record: *term* is collected from day *start* on."""
    body = events.Collection(kind=kind, term=term, start=day(start))
    return record(body, f"edc/collected-{term}")


def scored(who: str, value: float, *, instrument: str = "TIS") -> Record:
    """An efficacy score at week 16."""
    body = events.Assessment(subject=who, instrument=instrument, visit="week16", value=value)
    return record(body, f"edc/score-{who}")


def tick_record(number: int) -> Record:
    """A tick: nothing more happened up to day *number*."""
    return record(events.Tick(day(number)), f"clock/{number}", known=number)
