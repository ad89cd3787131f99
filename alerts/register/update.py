"""Updates the alert register: alerts are raised, rise, reopen, or are moved by a member.

Every change of a study's register goes through this module, which marks it dirty for the store and
applies its state to the study.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from alerts.alert import Alert, AlertKind, alert_from_crossing, alert_id
from alerts.lifecycle import DECIDED_STATES, State
from alerts.register.former_ids import current_id
from alerts.register.register import AlertRegister
from monitor.fold.fold import FoldResult
from monitor.records import Record, Review
from monitor.state.study import Study


def alerts_from_step(
    study: Study, step: FoldResult, record: Record, position: int
) -> tuple[Alert, ...]:
    """The alert revisions that follow from folding *record*, at *position* of the log, in order."""
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
        if (reopened := reopen_on_data_change(study, name, record, position)) is not None:
            yield reopened


def open_alert(study: Study, alert: Alert) -> Alert | None:
    """Raise the case or finding alert *alert*; None where its id is already registered."""
    opened = register_of(study).raise_once(alert)
    if opened is not None:
        _mark_changed(study, opened.id)
    return opened


def set_earlier_deadline(study: Study, alert: Alert) -> Alert:
    """Raise a registered case alert again with the earlier deadline of *alert*."""
    register = register_of(study)
    due_dates = dict(register.entries[alert.id].alert.due) | dict(alert.due)
    revision = register.raise_level(replace(alert, due=tuple(due_dates.items())))
    _mark_changed(study, revision.id)
    return revision


def join_alert(study: Study, alert: Alert, case: Alert) -> Alert:
    """Raise *alert*, about a subject's death, again with the fatal case of the alert *case*.

    Of two receipt deadlines the earlier holds: the case may have been received first.
    """
    due = tuple((clock, min(date, dict(alert.due).get(clock, date))) for clock, date in case.due)
    revision = register_of(study).raise_level(
        replace(case, id=alert.id, about=alert.about, due=due)
    )
    _mark_changed(study, revision.id)
    return revision


def reopen_on_data_change(study: Study, alert: str, record: Record, position: int) -> Alert | None:
    """Reopen the alert with id *alert* because *record* changed its data.

    Returns the new revision, or None where the alert's state ignores the change.
    """
    revision = register_of(study).note_data_change(alert, record, position)
    if revision is not None:
        _mark_changed(study, alert)
    return revision


def process_review(study: Study, record: Record, position: int) -> Alert | None:
    """Apply the review *record*, or refuse it; return the new revision, None if refused."""
    register, review = register_of(study), record.body
    assert isinstance(review, Review)
    key, name = register.result_key(record), review.alert
    if name not in register.entries:
        name = current_id(study, register.entries, name)
    revision = register.apply_review(record, position, name)
    if study.dirty is not None:
        study.dirty.alerts.add(review_result_field(key))
    if (alert := register.review_results[key].alert) in register.entries:
        _mark_changed(study, alert)
    return revision


def register_of(study: Study) -> AlertRegister:
    """The alert register of *study*, created if it has none."""
    if study.extension is None:
        study.extension = AlertRegister()
    assert isinstance(study.extension, AlertRegister)
    return study.extension


def attach_register(study: Study, register: AlertRegister) -> None:
    """Attach *register* to *study* after both are loaded from the store, and apply its states."""
    study.extension = register
    for entry in register.entries.values():
        _apply_state(study, entry.alert)


def alert_field(alert: str) -> str:
    """The field of the stored row that holds the alert with id *alert*."""
    return f"l|{alert}"


def review_result_field(review: str) -> str:
    """The field of the stored row that holds the result of the review *review*."""
    return f"r|{review}"


def _mark_changed(study: Study, name: str) -> None:
    """Mark the alert with id *name* dirty, and apply its state to the study."""
    alert = register_of(study).entries[name].alert
    if study.dirty is not None:
        study.dirty.alerts.add(alert_field(name))
    if _apply_state(study, alert) and study.dirty is not None:
        study.dirty.episodes.add(alert.watch)


def _apply_state(study: Study, alert: Alert) -> bool:
    """Apply the state of *alert* to its watch and case; whether this ends the watch's episode.

    The fold detects data changes only under decided watches and cases.
    """
    if alert.kind is AlertKind.CASE:
        register_of(study).update_decided(alert)
        return False
    episode = study.episodes.get(alert.watch) if alert.kind is AlertKind.SIGNAL else None
    if episode is None or alert.id != alert_id(study.name, alert.watch, episode.number):
        return False  # The alert is of an earlier episode.
    if alert.state in DECIDED_STATES:
        study.decided_watches.add(alert.watch)
    else:
        study.decided_watches.discard(alert.watch)
    ends_episode = alert.state is State.CLOSED and not episode.is_closed
    episode.is_closed |= ends_episode
    return ends_episode
