"""Groups the rows of adverse events into cases, and makes each row a version of its case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from monitor.terms import fold_term
from streams.sources.report import Problem
from streams.sources.rows import EventRow
from streams.sources.rules.case_content import (
    CaseContent,
    FollowUpSpan,
    case_content,
    merged_content,
)
from streams.sources.rules.context import RuleContext
from streams.sources.rules.dates import SourceDate, parse_date
from streams.sources.rules.names import identifier, short_hash
from streams.sources.wire import JsonRecord

DIFFERENT_TERMS = Problem(
    "different_terms_under_one_id",
    "rows with one id of an event have different terms",
    "each term is a case of its own; none is lost",
    shown=100,
)
SEVERAL_ROWS = Problem(
    "several_rows_of_one_event",
    "an event has several rows",
    "one case: its first onset, serious if it ever was, its worst severity, its last outcome",
)
NO_ID = Problem(
    "event_without_id",
    "an event has neither an id nor a sequence number",
    "its id comes from subject, term and onset",
)
MERGED_KEYS = Problem(
    "merged_keys",
    "events without an id agree in subject, term and onset",
    "they count as one case",
)
NO_REPORT_DATE = Problem(
    "no_date_of_report",
    "an event has no day on which it was collected",
    "it counts as known on its onset, and never before its study knew the subject",
)
REPORT_TOO_EARLY = Problem(
    "reported_before_subject_known",
    "an event was collected before its study knew the subject",
    "it counts as known when the study knew the subject",
)
NO_TIME_AT_ALL = Problem(
    "no_date_at_all",
    "an event, its subject and its study have no date from which to order the record",
    "give one date of the subject or of the event",
)


class Case(NamedTuple):
    """The rows of one case in the order in which they became known, with that time."""

    id: str
    rows: list[tuple[str, EventRow]]

    @property
    def is_removed(self) -> bool:
        """Whether the source withdraws the case."""
        return self.rows[-1][1].removed

    @property
    def current_rows(self) -> list[EventRow]:
        """The rows that count: those of the last version."""
        if self.is_removed:
            return []
        last = self.rows[-1][1]
        return [row for _, row in self.rows if row.version == last.version and not row.removed]


def group_cases(
    subject: str, events: Sequence[EventRow], known_from: str, context: RuleContext
) -> Iterator[Case]:
    """Yield the cases of *subject*, whom its study knew from the day *known_from* on."""
    groups: dict[tuple[str, ...], list[EventRow]] = {}
    for row in events:
        groups.setdefault(_key(row, context), []).append(row)
    for key, rows in groups.items():
        terms = _by_term(rows)
        if len({(row.version, fold_term(row.term)) for row in rows}) == _version_count(rows):
            yield _case(identifier(subject, *key), rows, known_from, context)
            continue
        for row in rows:
            context.note(DIFFERENT_TERMS, row, "key")
        for number, (term, same) in enumerate(terms.items()):
            parts = (*key, short_hash(term)) if number else key
            yield _case(identifier(subject, *parts), same, known_from, context)


def _key(row: EventRow, context: RuleContext) -> tuple[str, ...]:
    if row.key:
        return row.key
    if row.sequence:
        return (f"seq-{row.sequence}",)
    context.note(NO_ID, row, "sequence")
    return (short_hash(f"{fold_term(row.term)}\n{row.onset}"),)


def _version_count(rows: Sequence[EventRow]) -> int:
    return len({row.version for row in rows})


def _by_term(rows: Sequence[EventRow]) -> dict[str, list[EventRow]]:
    terms: dict[str, list[EventRow]] = {}
    for row in rows:
        terms.setdefault(fold_term(row.term), []).append(row)
    return terms


def _case(case_id: str, rows: Sequence[EventRow], known_from: str, context: RuleContext) -> Case:
    known = [(_known_time(row, known_from, context), row) for row in rows]
    if len(rows) > _version_count(rows):
        first = rows[0]
        context.note(SEVERAL_ROWS if first.key or first.sequence else MERGED_KEYS, first)
    return Case(case_id, sorted(known, key=_order))


def _order(known_row: tuple[str, EventRow]) -> tuple[int, str, str, str, int, tuple[str, int]]:
    known, row = known_row
    parsed = parse_date(row.known)
    clock = parsed.clock if isinstance(parsed, SourceDate) else ""
    sequence = int(row.sequence) if row.sequence.isascii() and row.sequence.isdigit() else 0
    return len(row.version), row.version, known, clock, sequence, row.place


def _known_time(row: EventRow, known_from: str, context: RuleContext) -> str:
    """Return the day or instant on which *row* became known, never before its subject was."""
    parsed = context.date_of(row, "known")
    if parsed and parsed.day:
        known = parsed.instant or parsed.day
        if known[:10] < known_from:
            context.note(REPORT_TOO_EARLY, row, "known")
            return known_from
        return known
    context.note(NO_REPORT_DATE, row, "known")
    onset = parse_date(row.onset)
    known = max(onset.first_day if isinstance(onset, SourceDate) else "", known_from)
    if not known:
        context.stop(NO_TIME_AT_ALL, row, "known")
        return "1970-01-01"
    return known


def case_records(
    case: Case, contents: Sequence[CaseContent], context: RuleContext
) -> Iterator[JsonRecord]:
    """Yield the versions of *case*; a case that its source withdraws ends with a retraction."""
    versions = [known for known, row in case.rows if not row.removed]
    for version, (known, content) in enumerate(zip(versions, contents, strict=True), start=1):
        fields = content.record_fields()
        yield context.record("adverse_event", "ae", case.id, known, fields, version)
    if case.is_removed:
        target = {"system": f"{context.system}.ae", "id": case.id}
        reason = {"target": target, "reason": "withdrawn by its source"}
        yield context.record("retraction", "retraction", case.id, case.rows[-1][0], reason)


def case_contents(case: Case, span: FollowUpSpan, context: RuleContext) -> list[CaseContent]:
    """Return the content of each version of *case*.

    Rows of one version, or without any, are parts of one event, so each has what the rows of its
    version so far give together.  A row of a later version corrects all rows before it.
    """
    contents: list[CaseContent] = []
    version = ""
    for known, row in case.rows:
        if row.removed:
            continue
        content = case_content(row, known[:10], span, context)
        if contents and row.version == version:
            content = merged_content(contents[-1], content)
        contents.append(content)
        version = row.version
    return contents
