"""What follows from a step of the fold: which alerts ring, rise, reopen or are moved by a member.

The docket of a study is kept beside it; whatever changes it goes through here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from alerts.alert import Alert, AlertKind, alert_from_crossing, alert_id
from alerts.lifecycle import DECIDED_STATES, State
from alerts.register.register import AlertRegister
from monitor.fold.fold import FoldResult
from monitor.records import Record
from monitor.state.study import Study


def alerts_from_step(
    study: Study, step: FoldResult, record: Record, position: int
) -> tuple[Alert, ...]:
    """The alerts that *record*, at *line* of the log, makes people hear of, in their order."""
    if step.is_review:
        revision = process_review(study, record, position)
        return () if revision is None else (revision,)
    return tuple(_alerts_from_evidence(study, step, record, position))


def _alerts_from_evidence(
    study: Study, step: FoldResult, record: Record, position: int
) -> Iterator[Alert]:
    for crossing in step.crossings:
        alert = alert_from_crossing(
            crossing, record, position=position, plan_sha256=study.plan.sha256
        )
        revision = register_of(study).raise_level(alert)
        _mark_changed(study, revision.id)
        yield revision
    for watch in step.affected_decisions:
        name = alert_id(study.name, watch, study.episodes[watch].number)
        if (revision := reopen_on_data_change(study, name, record, position)) is not None:
            yield revision


def open_alert(study: Study, alert: Alert) -> Alert | None:
    """Open *alert*, which rests on no watch; None where it is on the docket already."""
    opened = register_of(study).raise_once(alert)
    if opened is not None:
        _mark_changed(study, opened.id)
    return opened


def set_earlier_deadline(study: Study, alert: Alert) -> Alert:
    """Raise the alert of one case that is on the docket: it is due sooner than was said."""
    register = register_of(study)
    due_dates = dict(register.entries[alert.id].alert.due) | dict(alert.due)
    revision = register.raise_level(replace(alert, due=tuple(due_dates.items())))
    _mark_changed(study, revision.id)
    return revision


def reopen_on_data_change(study: Study, alert: str, record: Record, position: int) -> Alert | None:
    """Note that *record* changed the data under *alert*: what is to be told of it, if any."""
    revision = register_of(study).note_data_change(alert, record, position)
    if revision is not None:
        _mark_changed(study, alert)
    return revision


def process_review(study: Study, record: Record, position: int) -> Alert | None:
    """Take the member's move *record* or refuse it; what is to be told where it is accepted."""
    register = register_of(study)
    key = register.result_key(record)
    revision = register.apply_review(record, position)
    if study.dirty is not None:
        study.dirty.alerts.add(review_result_field(key))
    if (alert := register.review_results[key].alert) in register.entries:
        _mark_changed(study, alert)
    return revision


def register_of(study: Study) -> AlertRegister:
    """The docket of *study*, begun at its first alert or move."""
    if study.extension is None:
        study.extension = AlertRegister()
    assert isinstance(study.extension, AlertRegister)
    return study.extension


def attach_register(study: Study, register: AlertRegister) -> None:
    """Put *docket* beside *study* again, after both were left."""
    study.extension = register
    for entry in register.entries.values():
        _apply_state(study, entry.alert)


def alert_field(alert: str) -> str:
    """The name under which an alert of the docket is kept."""
    return f"l|{alert}"


def review_result_field(review: str) -> str:
    """The name under which the answer to a member's move is kept."""
    return f"r|{review}"


def _mark_changed(study: Study, name: str) -> None:
    """Note that an alert has changed, and have the study know what its state means."""
    alert = register_of(study).entries[name].alert
    if study.dirty is not None:
        study.dirty.alerts.add(alert_field(name))
    if _apply_state(study, alert) and study.dirty is not None:
        study.dirty.episodes.add(alert.watch)


def _apply_state(study: Study, alert: Alert) -> bool:
    """Let the state of *alert* bear on its watch; whether that ends the watch's episode.

    The fold looks for changes under what people have decided on, and under nothing else.
    """
    if alert.kind is AlertKind.CASE:
        register_of(study).update_decided(alert)
        return False
    episode = study.episodes.get(alert.watch) if alert.kind is AlertKind.SIGNAL else None
    if episode is None or alert.id != alert_id(study.name, alert.watch, episode.number):
        return False  # An alert of an episode that is over bears on nothing.
    if alert.state in DECIDED_STATES:
        study.decided_watches.add(alert.watch)
    else:
        study.decided_watches.discard(alert.watch)
    ends_episode = alert.state is State.CLOSED and not episode.is_closed
    episode.is_closed |= ends_episode
    return ends_episode
