"""What follows from a step of the fold: which alerts ring, rise, reopen or are moved by a member.

The docket of a study is kept beside it; whatever changes it goes through here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from alerts.alert import Alert, Kind, alert_id, raised
from alerts.lifecycle import DECIDED, State
from alerts.register.register import Docket
from monitor.fold.fold import Step
from monitor.records import Record
from monitor.state.study import Study


def alerts_of(study: Study, step: Step, record: Record, line: int) -> tuple[Alert, ...]:
    """The alerts that *record*, at *line* of the log, makes people hear of, in their order."""
    if step.review:
        told = review(study, record, line)
        return () if told is None else (told,)
    return tuple(_rung(study, step, record, line))


def _rung(study: Study, step: Step, record: Record, line: int) -> Iterator[Alert]:
    for crossing in step.crossings:
        alert = raised(crossing, record, line=line, plan_sha256=study.plan.sha256)
        told = docket_of(study).rise(alert)
        _settle(study, told.id)
        yield told
    for watch in step.changed:
        name = alert_id(study.name, watch, study.episodes[watch].number)
        if (told := change(study, name, record, line)) is not None:
            yield told


def ring(study: Study, alert: Alert) -> Alert | None:
    """Open *alert*, which rests on no watch; None where it is on the docket already."""
    told = docket_of(study).ring(alert)
    if told is not None:
        _settle(study, told.id)
    return told


def rise(study: Study, alert: Alert) -> Alert:
    """Raise the alert of one case that is on the docket: it is due sooner than was said."""
    docket = docket_of(study)
    clocks = dict(docket.entries[alert.id].alert.due) | dict(alert.due)
    told = docket.rise(replace(alert, due=tuple(clocks.items())))
    _settle(study, told.id)
    return told


def change(study: Study, alert: str, record: Record, line: int) -> Alert | None:
    """Note that *record* changed the data under *alert*: what is to be told of it, if any."""
    told = docket_of(study).change(alert, record, line)
    if told is not None:
        _settle(study, alert)
    return told


def review(study: Study, record: Record, line: int) -> Alert | None:
    """Take the member's move *record* or refuse it; what is to be told where it is accepted."""
    docket = docket_of(study)
    name = docket.name_of(record)
    told = docket.review(record, line)
    if study.trace is not None:
        study.trace.duties.add(answer_field(name))
    if (alert := docket.answers[name].alert) in docket.entries:
        _settle(study, alert)
    return told


def docket_of(study: Study) -> Docket:
    """The docket of *study*, begun at its first alert or move."""
    if study.beside is None:
        study.beside = Docket()
    assert isinstance(study.beside, Docket)
    return study.beside


def take_up(study: Study, docket: Docket) -> None:
    """Put *docket* beside *study* again, after both were left."""
    study.beside = docket
    for entry in docket.entries.values():
        _bear(study, entry.alert)


def alert_field(alert: str) -> str:
    """The name under which an alert of the docket is kept."""
    return f"l|{alert}"


def answer_field(move: str) -> str:
    """The name under which the answer to a member's move is kept."""
    return f"r|{move}"


def _settle(study: Study, name: str) -> None:
    """Note that an alert has changed, and have the study know what its state means."""
    alert = docket_of(study).entries[name].alert
    if study.trace is not None:
        study.trace.duties.add(alert_field(name))
    if _bear(study, alert) and study.trace is not None:
        study.trace.episodes.add(alert.watch)


def _bear(study: Study, alert: Alert) -> bool:
    """Let the state of *alert* bear on its watch; whether that ends the watch's episode.

    The fold looks for changes under what people have decided on, and under nothing else.
    """
    if alert.kind is Kind.CASE:
        docket_of(study).decide(alert)
        return False
    episode = study.episodes.get(alert.watch) if alert.kind is Kind.SIGNAL else None
    if episode is None or alert.id != alert_id(study.name, alert.watch, episode.number):
        return False  # An alert of an episode that is over bears on nothing.
    if alert.state in DECIDED:
        study.decided.add(alert.watch)
    else:
        study.decided.discard(alert.watch)
    ends = alert.state is State.CLOSED and not episode.closed
    episode.closed |= ends
    return ends
