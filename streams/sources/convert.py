"""Converts the rows of any format into the records of a study, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import orjson

from monitor.errors import Refusal
from streams.producers.ticks import encode_tick
from streams.records.decode import decode
from streams.records.encode import encode_record
from streams.sources.drawn_plan import draw_plan
from streams.sources.earlier import PLAN_ENTITY, EarlierLog
from streams.sources.plan_choices import GivenPlan, read_given_plan
from streams.sources.reader import StudyReader
from streams.sources.report import IngestReport, Problem, UnreadableSource
from streams.sources.rows import AnyRow, Place
from streams.sources.rules.context import PlanChoices, RuleContext, SubjectRows
from streams.sources.rules.dates import day_after
from streams.sources.rules.names import treatment_id
from streams.sources.rules.periods import drawn_periods
from streams.sources.rules.subject import subject_records
from streams.sources.staging import Staging
from streams.sources.study_facts import StudyFacts, read_facts
from streams.sources.wire import JsonRecord, RecordSource, build_record

ROWS_OF_SUBJECT_MAX = 100_000
"""Most rows of one subject, which are in memory together: a study takes 10,000 cases of one."""

AS_OF_JUMP_DAYS = 180
"""Longest silence of a drawn-up plan that needs no tick."""

NO_SUBJECT = Problem(
    "row_without_subject",
    "a row names no subject",
    "fill in the subject, or leave the row out of the file",
)

AddProgress = Callable[[str, int | None], Callable[[int], None]]
"""Begins a step of that name and length; returns a function that sets how much of it is done."""


def no_progress(description: str, total: int | None) -> Callable[[int], None]:
    """Show nothing."""
    del description, total
    return lambda done: None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertOptions:
    """Name of the study, its plan (drawn up where it is None), and the control of a drawn plan.

    With *earlier_lines*, the log of an earlier ingest, only what changed since becomes a record,
    and its plan holds unless another one is given.  In a file all lines must be records.
    """

    study: str
    plan_toml: str | None = None
    control: str | None = None
    earlier_name: str = ""
    earlier_is_file: bool = False
    earlier_lines: Iterable[bytes] = ()


@dataclass(frozen=True, slots=True)
class Conversion:
    """The records of a study on disk; *notes* say what a drawn-up plan watches."""

    staging: Staging
    plan: JsonRecord | None
    notes: tuple[str, ...]

    @property
    def count(self) -> int:
        """Number of records, the plan included."""
        return self.staging.record_count() + (self.plan is not None)

    def log_lines(self) -> Iterator[bytes]:
        """Yield the lines of the log: the plan, then the records in order of arrival."""
        if self.plan is not None:
            yield orjson.dumps(self.plan)
        yield from self.staging.lines()


def convert_study(
    reader: StudyReader,
    options: ConvertOptions,
    report: IngestReport,
    work: Path,
    add_progress: AddProgress = no_progress,
) -> Conversion:
    """Convert all rows of *reader* into records, which stay in the folder *work*.

    Where `report.refused` is true afterwards, nothing may be written.  Raises `UnreadableSource`
    where the source has no rows, where its plan or its arms cannot be used, or where the earlier
    log is not all of the study so far.
    """
    staging = Staging(work)
    set_done = add_progress("reading rows", None)
    for done in staging.add_rows(_with_subject(reader.study_rows(report), report)):
        set_done(done)
    _check_size(staging)
    earlier = EarlierLog(staging, options.earlier_name, options.earlier_is_file)
    earlier.load(options.earlier_lines, options.study)
    given_toml = options.plan_toml or earlier.plan
    given = read_given_plan(given_toml, options.study) if given_toml else None
    control = given.plan.control if given else treatment_id(options.control or "")
    facts = read_facts(staging, report, reader.column, control)
    toml, notes, context, jump_days = _context(reader, options, given, report, facts)
    count = staging.subject_count()
    set_done = add_progress("converting subjects", count)
    for done, (subject, rows) in enumerate(staging.subjects(), start=1):
        sorted_rows = SubjectRows.of(subject, rows)
        staging.add_records(_valid(subject_records(sorted_rows, context), sorted_rows, report))
        set_done(done)
    staging.add_records(ticks_across_gaps(staging, options.study, jump_days))
    if earlier.has_records:
        earlier.select_changes(report)
    return Conversion(staging, _plan_record(staging, options.study, toml, earlier), notes)


def _plan_record(staging: Staging, study: str, toml: str, earlier: EarlierLog) -> JsonRecord | None:
    """Return the record of the plan, known with the first record; None where it is unchanged."""
    if toml == earlier.plan:
        return None
    first_day = next(staging.days(), earlier.reached or "1970-01-01")
    source = RecordSource(*PLAN_ENTITY, earlier.plan_version + 1)
    plan = {"toml": toml, "sha256": sha256(toml.encode()).hexdigest()}
    return build_record("plan", study, source, first_day, plan)


def _context(
    reader: StudyReader,
    options: ConvertOptions,
    given: GivenPlan | None,
    report: IngestReport,
    facts: StudyFacts,
) -> tuple[str, tuple[str, ...], RuleContext, int]:
    """Return the plan, the notes on it, the context of the rules, and its longest silence."""
    if given is None:
        periods = drawn_periods(facts.period_names)
        plan = draw_plan(options.study, facts.arms, periods.periods, options.control)
        toml, notes, choices, jump_days = plan.toml, plan.notes, PlanChoices(), AS_OF_JUMP_DAYS
        treatments = frozenset(facts.arms.treatments)
    else:
        toml, notes, periods, choices = given.toml, (), given.periods, given.choices
        treatments, jump_days = frozenset(given.plan.treatments), given.plan.as_of_jump_days
    context = RuleContext(
        study=options.study,
        system=reader.system,
        report=report,
        column_of=reader.column,
        arms=facts.arms,
        periods=periods,
        choices=choices,
        treatments=treatments,
        study_start=facts.start,
    )
    return toml, notes, context, jump_days


def _with_subject(rows: Iterable[AnyRow], report: IngestReport) -> Iterator[AnyRow]:
    for row in rows:
        if row.subject.strip():
            yield row
        else:
            report.refuse(NO_SUBJECT, row.place)


def _check_size(staging: Staging) -> None:
    if staging.subject_count() == 0:
        raise UnreadableSource("the source has no row that names a subject: check path and mapping")
    if staging.largest_subject() > ROWS_OF_SUBJECT_MAX:
        raise UnreadableSource(
            f"one subject has more than {ROWS_OF_SUBJECT_MAX:,} rows: check which column names the"
            " subject"
        )


def _valid(
    records: Iterable[JsonRecord], rows: SubjectRows, report: IngestReport
) -> Iterator[JsonRecord]:
    """Yield *records*; one that a worker would refuse is a refusal of the ingest."""
    for record in records:
        decoded = decode(encode_record(record))
        if isinstance(decoded, Refusal):
            problem = Problem(
                f"record_{decoded.reason.value}",
                f"the {record['type']} would be refused: {decoded.detail}",
                "correct the row from which it comes",
            )
            report.refuse(problem, _place(rows))
        yield record


def _place(rows: SubjectRows) -> Place:
    """Return where the first row of a subject stands."""
    lists = (rows.demographics, rows.events, rows.doses, rows.treatments, rows.dispositions)
    return next((row.place for each in lists for row in each), Place("", 0))


def ticks_across_gaps(staging: Staging, study: str, jump_days: int) -> Iterator[JsonRecord]:
    """Yield ticks in steps of *jump_days* across each longer silence, which carry the as-of date.

    The data are complete, so nothing happened that they do not have.  Only silences before the day
    that two subjects reach get ticks: a single wrong date must not carry the study to it.
    """
    last_days = staging.last_days()
    reached = last_days[-1] if len(last_days) > 1 else ""
    for before, after in pairwise(list(staging.days())):
        day = day_after(before, jump_days)
        while day < min(after, reached):
            now = datetime.combine(date.fromisoformat(day), time.min, UTC)
            yield orjson.loads(encode_tick(study, now))
            day = day_after(day, jump_days)
