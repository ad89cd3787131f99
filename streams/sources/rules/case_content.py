"""Makes the content of one version of a case from its row: dates, seriousness and severity."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from monitor.records import Criterion, Severity
from monitor.terms import fold_term
from streams.sources.report import Problem
from streams.sources.rows import EventRow
from streams.sources.rules.context import RuleContext
from streams.sources.rules.dates import SourceDate
from streams.sources.rules.names import identifier, normal_text
from streams.sources.wire import JsonRecord

UNCODED = "NOT YET CODED"
"""The term of an event without a coded term: the event is counted under this text."""

SERIOUS_AT_ODDS = Problem(
    "not_serious_but_criterion",
    "an event is not serious by its flag, but meets a criterion or is fatal",
    "it counts as serious, and keeps both; the site has to resolve it",
    shown=1000,
)
SERIOUS_UNKNOWN = Problem(
    "seriousness_unknown",
    "an event has neither a flag of seriousness nor a criterion",
    "it counts as not serious until one of them is known",
)
PARTIAL_ONSET = Problem(
    "partial_onset",
    "an onset is known to its month or year only",
    'it stays partial; [dates] partial of the plan decides ("treatment_start" in drawn-up plans)',
)
NO_ONSET = Problem("no_onset", "an event has no onset", "it is in no table, and rules still apply")
OLD_ONSET = Problem(
    "onset_before_subject_known",
    "an event began before its study knew the subject",
    "the onset stays; the event is known when its study knew the subject",
)
ONSET_AFTER_REPORT = Problem(
    "onset_after_report",
    "an event was collected before it began",
    "both dates stay as they are",
)
EMERGENT_DIFFERS = Problem(
    "treatment_emergent_differs",
    "the source's flag of a treatment-emergent event differs from onset and start of treatment",
    "onset and start of treatment decide",
)
PARTIAL_END = Problem(
    "partial_end",
    "the end of an event is known to its month or year only",
    "its last day counts, at most the end of follow-up",
)
END_BEFORE_ONSET = Problem(
    "end_before_onset", "an event ends before it begins", "the end is left out"
)
END_AFTER_FOLLOW_UP = Problem(
    "event_ends_after_follow_up",
    "an event ends after the end of follow-up of its subject",
    "both days stay; the end of an event extends no follow-up",
)
NOT_CODED = Problem(
    "not_coded",
    "an event has no coded term or class",
    f'it counts under "{UNCODED}"',
)
TEXT_CUT = Problem(
    "text_too_long",
    "a text is longer than a record may hold (a term 200, a verbatim 1,000 characters)",
    "the text is cut there",
)

ORDER = tuple(Severity)


class FollowUpSpan(NamedTuple):
    """Days of a subject that its cases are compared with, each empty where it is unknown.

    *known_from* is the day on which its study knew it, *start* its first day of treatment, *end*
    its last day of follow-up.
    """

    known_from: str = ""
    start: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseContent:
    """What one version of a case has; an empty text is no value."""

    subject: str
    preferred_term: str
    system_organ_class: str
    verbatim: str
    label_group: str
    onset: SourceDate | None
    end: str
    serious: str
    criteria: tuple[str, ...]
    severity: str
    relatedness: str
    outcome: str
    action_taken: str

    @property
    def is_fatal(self) -> bool:
        """Whether outcome, a criterion or the severity says that the subject died of it."""
        return (
            self.outcome == "fatal"
            or self.severity == Severity.FATAL
            or Criterion.DEATH in self.criteria
        )

    def record_fields(self) -> JsonRecord:
        """Return the fields of the record."""
        end = self.end
        if self.onset and end and end < self.onset.first_day:
            end = ""
        return {
            "subject": identifier(self.subject),
            "preferred_term": self.preferred_term,
            "system_organ_class": self.system_organ_class,
            "verbatim": self.verbatim,
            "label_group": self.label_group,
            "onset": self.onset.text if self.onset else "",
            "end": end,
            "serious": {"yes": True, "no": False}.get(self.serious),
            "criteria": list(self.criteria),
            "severity": self.severity,
            "relatedness": self.relatedness,
            "outcome": self.outcome,
            "action_taken": self.action_taken,
        }


def case_content(
    row: EventRow, known_day: str, span: FollowUpSpan, context: RuleContext
) -> CaseContent:
    """Return the content of *row* alone, known on *known_day*; what is at odds is a finding."""
    onset = _onset(row, known_day, span, context)
    content = CaseContent(
        subject=row.subject,
        preferred_term=_coded(row, "term", context),
        system_organ_class=_coded(row, "system_organ_class", context),
        verbatim=_text(row, "verbatim", 1000, context),
        label_group=_text(row, "label_group", 200, context),
        onset=onset,
        end=_end(row, onset, span.end, context),
        serious=row.serious,
        criteria=_criteria(row),
        severity=worse(row.severity, row.grade),
        relatedness=row.relatedness,
        outcome=row.outcome,
        action_taken=row.action_taken,
    )
    if row.serious != "yes" and (content.criteria or content.is_fatal):
        if row.serious == "no":
            context.note(SERIOUS_AT_ODDS, row, "serious")
    elif not row.serious:
        context.note(SERIOUS_UNKNOWN, row, "serious")
    return content


def _criteria(row: EventRow) -> tuple[str, ...]:
    """Return the criteria in order: grade 5 is a death, which makes the event serious."""
    criteria = {*row.criteria}
    if Severity.FATAL in (row.severity, row.grade):
        criteria.add(Criterion.DEATH)
    return tuple(one for one in Criterion if one in criteria)


def worse(severity: str, other: str) -> str:
    """Return the worse of two severities, either of which may be empty.

    >>> worse("mild", "fatal"), worse("", "severe"), worse("", "")
    ('fatal', 'severe', '')
    """
    given = [Severity(one) for one in (severity, other) if one]
    return max(given, key=ORDER.index).value if given else ""


def merged_content(before: CaseContent, row: CaseContent) -> CaseContent:
    """Return what the rows of one event give together, of which *row* is the latest."""
    latest = {
        name: getattr(row, name) or getattr(before, name)
        for name in ("verbatim", "label_group", "end", "relatedness", "outcome", "action_taken")
    }
    return replace(
        row,
        **latest,
        onset=earlier(before.onset, row.onset),
        serious="yes" if "yes" in (before.serious, row.serious) else row.serious or before.serious,
        criteria=tuple(one for one in Criterion if one in (*before.criteria, *row.criteria)),
        severity=worse(before.severity, row.severity),
    )


def earlier(one: SourceDate | None, other: SourceDate | None) -> SourceDate | None:
    """Return the earlier of two onsets; of a date and a part of it, the whole date."""
    if one is None or other is None:
        return one or other
    if other.text.startswith(one.text):
        return other
    if one.text.startswith(other.text):
        return one
    return min(one, other, key=lambda date: date.first_day)


def _onset(
    row: EventRow, known_day: str, span: FollowUpSpan, context: RuleContext
) -> SourceDate | None:
    onset = context.date_of(row, "onset")
    if onset is None:
        context.note(NO_ONSET, row, "onset")
        return None
    if not onset.day:
        context.note(PARTIAL_ONSET, row, "onset")
    if onset.first_day > known_day:
        context.note(ONSET_AFTER_REPORT, row, "onset")
    if onset.last_day < span.known_from:
        context.note(OLD_ONSET, row, "onset")
    is_emergent = "yes" if onset.day >= span.start else "no"
    if onset.day and span.start and row.treatment_emergent not in ("", is_emergent):
        context.note(EMERGENT_DIFFERS, row, "treatment_emergent")
    return onset


def _end(row: EventRow, onset: SourceDate | None, follow_up_end: str, context: RuleContext) -> str:
    """Return the last day: of a partial end its last, at most the end of follow-up."""
    end = context.date_of(row, "end")
    if end is None:
        return ""
    if onset and end.last_day < onset.first_day:
        context.note(END_BEFORE_ONSET, row, "end")
        return ""
    if follow_up_end and end.first_day > follow_up_end:
        context.note(END_AFTER_FOLLOW_UP, row, "end")
    if end.day:
        return end.day
    context.note(PARTIAL_END, row, "end")
    floor = max(end.first_day, onset.last_day if onset else "")
    if floor <= follow_up_end < end.last_day:
        return follow_up_end
    return end.last_day


def _coded(row: EventRow, field: str, context: RuleContext) -> str:
    text = _text(row, field, 200, context)
    if fold_term(text):
        return text
    context.note(NOT_CODED, row, field)
    return UNCODED


def _text(row: EventRow, field: str, length_max: int, context: RuleContext) -> str:
    text, is_cut = normal_text(getattr(row, field), length_max)
    if is_cut:
        context.note(TEXT_CUT, row, field)
    return text
