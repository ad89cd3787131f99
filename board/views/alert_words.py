"""Words for alerts: terms, comparisons, moves, states, rules and findings, as pages show them."""

from __future__ import annotations

from alerts.alert import Alert, AlertKind
from alerts.detection.case_rules import watch_of_rule
from alerts.detection.findings import DataFinding
from alerts.lifecycle import Move
from board.views.naming import study_days
from board.views.wording import humanize
from monitor.plan.case_rules import RuleTrigger
from monitor.plan.watch import ReferenceRate, Watch
from monitor.records import TermKind
from monitor.screening_watch import split_screening_watch
from monitor.state.study import ActiveWatch, Study
from monitor.terms import CODED_KINDS, Term

MOVE_LABELS = {
    Move.RAISE: "Raised",
    Move.RISE: "Level rose",
    Move.CHANGE: "Its events changed",
    Move.ACKNOWLEDGE: "Acknowledge",
    Move.BEGIN_REVIEW: "Begin review",
    Move.CONFIRM: "Confirm: a risk",
    Move.REFUTE: "Refute: no risk",
    Move.CALL_INSUFFICIENT: "Data insufficient",
    Move.CLOSE: "Close",
}

TERM_KIND_LABELS = {
    TermKind.PREFERRED_TERM: "preferred term",
    TermKind.SYSTEM_ORGAN_CLASS: "system organ class",
    TermKind.GROUP: "group of the plan",
    TermKind.ANY: "all events",
}

TRIGGER_TEXTS = {
    RuleTrigger.FATAL: "Every fatal case raises an alert",
    RuleTrigger.LIFE_THREATENING_AND_RELATED: (
        "Every life-threatening case that may be caused by the treatment raises an alert"
    ),
    RuleTrigger.GROUP: "Every case of a group of the plan raises an alert",
}

TRIGGER_WORDS = {
    RuleTrigger.FATAL: "fatal",
    RuleTrigger.LIFE_THREATENING_AND_RELATED: "life-threatening and possibly related",
    RuleTrigger.GROUP: "of the group",
}

FINDING_TEXTS = {
    DataFinding.FATAL_NOT_SERIOUS: "A fatal case is flagged not serious",
    DataFinding.CONFLICT: "One version of a record has two contents",
    DataFinding.QUARANTINED: "A record was not included",
    DataFinding.UNALLOCATED: "A case's subject has had no allocation for too long",
    DataFinding.ONSET_BEFORE_FIRST_DOSE: "An onset is before the subject's first dose",
    DataFinding.LIKELY_DUPLICATES: "Two cases may report one event",
    DataFinding.SILENT_SITE: "A site has sent no record for too long",
    DataFinding.AHEAD_OF_STUDY: "A record is dated ahead of the study",
    DataFinding.FIELD_LEFT_OUT: "An invalid field of a record was left out",
    DataFinding.DEATH_WITHOUT_CASE: "A death is on record without a fatal case",
    DataFinding.OVERLAPPING_TREATMENTS: "Two treatments of a subject overlap",
}


def term_title(study: Study, term: Term) -> str:
    """Return the heading of *term*: the title of a group, or the name in readable form."""
    if term.kind is TermKind.GROUP:
        titles = {group.name: group.title for group in study.plan.groups}
        title = titles.get(term.name, "")
        text = humanize(term.name) if title in ("", term.name) else title
    else:
        text = "any event" if term.kind is TermKind.ANY else term.name
    return text[:1].upper() + text[1:]


def alert_title(study: Study, alert: Alert, active_watch: ActiveWatch | None) -> str:
    """Return what *alert* is about: the title of its watch's term, or the term that it names."""
    if alert.kind is AlertKind.SIGNAL and active_watch is not None:
        term = active_watch.watch.term
        return term_title(study, Term(term.kind, alert.term) if term.kind in CODED_KINDS else term)
    return alert.term


def describe_comparison(watch: Watch) -> str:
    """Return what *watch* compares with: its control and analysis, or its reference rate."""
    if watch.risk_set_basis is not None:
        basis = watch.risk_set_basis
        text = humanize(f"v {watch.control}, {basis.period} period, {basis.analysis}")
        return f"{text}{study_days(watch)}"
    assert watch.reference_rate is not None
    period = f", {humanize(watch.period)} period" if watch.period else ""
    return f"v {describe_reference_rate(watch.reference_rate)}{period}{study_days(watch)}"


def describe_reference_rate(rate: ReferenceRate) -> str:
    """Return a reference rate as text: a known rate, or the events of a history."""
    if rate.per_100_patient_years is not None:
        return f"{rate.per_100_patient_years:g} per 100 patient-years"
    return f"{rate.historical_events} in {rate.historical_patient_years:g} patient-years"


def watch_name(study: Study, alert: Alert) -> str:
    """Return the name of the alert's watch, rule or finding in words."""
    if alert.kind is AlertKind.FINDING:
        return finding_text(alert)
    if alert.kind is AlertKind.CASE:
        return f"single case: {rule_words(study, alert)}"
    parts = split_screening_watch(alert.watch)
    if parts is not None:
        return f"screening of every {TERM_KIND_LABELS[parts[0].kind]}"
    return alert.watch


def rule_text(study: Study, alert: Alert) -> str:
    """Return why a case alert is raised; a rule of an earlier plan has its name only."""
    for rule in study.plan.case_rules:
        if watch_of_rule(rule) == alert.watch:
            group = "" if rule.group is None else f": {term_title(study, rule.group.term)}"
            return f"{TRIGGER_TEXTS[rule.trigger]}{group}"
    return f"The rule {alert.watch.removeprefix('rule/')} of an earlier plan"


def rule_words(study: Study, alert: Alert) -> str:
    """Return what makes the case of an alert meet its rule, in a few words."""
    for rule in study.plan.case_rules:
        if watch_of_rule(rule) == alert.watch:
            group = "" if rule.group is None else f" {term_title(study, rule.group.term)}"
            return f"{TRIGGER_WORDS[rule.trigger]}{group}"
    return alert.watch.removeprefix("rule/")


def finding_text(alert: Alert) -> str:
    """Return what a finding alert says about the data."""
    texts: dict[str, str] = {finding.watch: text for finding, text in FINDING_TEXTS.items()}
    return texts.get(alert.watch, humanize(alert.watch.removeprefix("finding/")))
