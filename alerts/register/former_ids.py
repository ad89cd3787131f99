"""Ids of alerts that earlier versions computed from a term as it was spelled.

Such ids are named by reviews in a log, by messages on the alerts topic, and by the notification
log.  The alert itself has the id of the folded term.
"""

from __future__ import annotations

from collections.abc import Mapping

from alerts.alert import alert_id
from alerts.register.history import AlertEntry
from monitor.screening_watch import screening_watch_id, split_screening_watch
from monitor.state.study import Study
from monitor.terms import CODED_KINDS, Term

EPISODES_MAX = 1_000
"""Episodes that are tried to find the one of an id; each needs a member who closes an alert."""


def folded_watch(watch: str) -> str | None:
    """Return the id of a tier 2 watch by its folded term; None for other watches.

    >>> folded_watch("screening/preferred_term/Deep vein thrombosis/drug")
    'screening/preferred_term/deep vein thrombosis/drug'
    """
    parts = split_screening_watch(watch)
    return None if parts is None else screening_watch_id(parts[0].folded, parts[1])


def following_id(study: str, watch: str, alert: str) -> str | None:
    """Return the id that replaces *alert*, an alert of *watch*; None where it has its id still."""
    current_watch = folded_watch(watch)
    if current_watch in (None, watch):
        return None
    for episode in range(1, EPISODES_MAX + 1):
        if alert_id(study, watch, episode) == alert:
            return alert_id(study, str(current_watch), episode)
    return None


def spelled_id(study: str, watch: str, term: str, alert: str) -> str:
    """Return the id that an earlier version gave to *alert*, of a *term* as it is shown.

    Returns *alert* where it has its id still.
    """
    parts = split_screening_watch(watch)
    if parts is None or parts[0].name == term:
        return alert
    spelled_watch = screening_watch_id(Term(parts[0].kind, term), parts[1])
    for episode in range(1, EPISODES_MAX + 1):
        if alert_id(study, watch, episode) == alert:
            return alert_id(study, spelled_watch, episode)
    return alert


def current_id(study: Study, entries: Mapping[str, AlertEntry], alert: str) -> str:
    """Return the id of the alert that a review names by *alert*, an id of an earlier version.

    The earlier version evaluated each spelling of a term alone.  So the review holds only where
    its spelling is that of more than half of the cases: a decision on a few cases must not end
    the alert of all.  Without a case it holds for the spelling of the alert in *entries*.  Any
    other id is returned as it is.
    """
    for watch, episode in study.episodes.items():
        parts = split_screening_watch(watch)
        if parts is None or parts[0].kind not in CODED_KINDS:
            continue
        (term, treatment), number = parts, study.vocabulary.number_of(parts[0])
        names = [alert_id(study.name, watch, each) for each in range(1, episode.number + 1)]
        alert_terms = {name: entries[name].alert.term for name in names if name in entries}
        for spelling in {*study.spellings.spellings_of(number), *alert_terms.values()}:
            spelled_watch = screening_watch_id(Term(term.kind, spelling), treatment)
            for each, name in enumerate(names, 1):
                if alert_id(study.name, spelled_watch, each) == alert:
                    holds = study.spellings.is_of_most_cases(number, spelling)
                    if holds is None:
                        holds = alert_terms.get(name) == spelling
                    return name if holds else alert
    return alert
