"""Converts a study's SDTM tabulation into the log of records that would have arrived live."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

from streams.sources.sdtm_cases import adverse_event_records
from streams.sources.sdtm_plan import default_plan, first_period, treated_arms
from streams.sources.sdtm_terms import STATUS, full_date, identifier, treatment_id
from streams.sources.wire import JsonRecord, RecordSource, arrival_key, build_record
from streams.sources.xpt import Row, Tabulation, UnreadableStudy, read_tabulation


def read_records(
    directory: Path, study: str, plan_toml: str | None = None, *, control: str | None = None
) -> Iterator[JsonRecord]:
    """Yield the records of the study in *directory*: the plan first, then in order of arrival.

    Treatment is DM.ARM; follow-up is RFXSTDTC to RFENDTC inclusive.  A date of collection, of a
    start or of an end is taken as the day on which the record became known.  Without *plan_toml*
    the records carry `default_plan` against arm *control*.

    Raises `UnreadableStudy` where files, variables, arms or dates are missing or unusable.
    """
    tabulation = read_tabulation(directory)
    treated_arms(tabulation.dm)  # Refuses two arms with one id, also where a plan is given.
    toml = default_plan(tabulation.dm, study, control) if plan_toml is None else plan_toml
    ordered = sorted(_unordered_records(tabulation, study, first_period(toml)), key=arrival_key)
    plan = {"toml": toml, "sha256": sha256(toml.encode()).hexdigest()}
    yield build_record(
        "plan", study, RecordSource("plan", "plan"), ordered[0]["known_at"][:10], plan
    )
    yield from ordered


def _unordered_records(tabulation: Tabulation, study: str, period: str) -> Iterator[JsonRecord]:
    doses = _by_subject(tabulation.ex)
    dispositions = _by_subject(row for row in tabulation.ds if row["DSCAT"] == "DISPOSITION EVENT")
    treatment_starts = {row["USUBJID"]: full_date(row["RFXSTDTC"]) for row in tabulation.dm}
    for row in tabulation.dm:
        subject = row["USUBJID"]
        yield _subject_record(row, study, dispositions[subject])
        yield from _treatment_records(row, study, period, doses[subject])
        yield from _disposition_records(row, study, period, dispositions[subject])
    for row in tabulation.ex:
        yield from _dose_records(row, study)
    yield from adverse_event_records(tabulation.ae, study, treatment_starts)


def _subject_record(row: Row, study: str, dispositions: list[Row]) -> JsonRecord:
    """Return the subject's record, known on the first day of treatment.

    A subject never treated is known from DMDTC, or else from its last disposition.
    """
    day = (
        full_date(row["RFXSTDTC"])
        or full_date(row.get("DMDTC", ""))
        or _last_disposition_date(dispositions)
    )
    if day is None:
        raise UnreadableStudy(
            f"DM: subject {row['USUBJID']} has no full date in RFXSTDTC or DMDTC, nor a"
            " disposition: the day on which it became known is missing; add one of these dates"
        )
    subject = identifier(row["USUBJID"])
    content = {
        "subject": subject,
        "site": identifier(row["SITEID"]) if row.get("SITEID") else None,
        "randomised_treatment": treatment_id(row["ARM"]),
        "date": day,
    }
    return build_record("subject", study, RecordSource("sdtm.dm", subject), day, content)


def _treatment_records(row: Row, study: str, period: str, doses: list[Row]) -> Iterator[JsonRecord]:
    """Yield the open treatment interval, and as version 2 the closed one where its end is known."""
    treatment = treatment_id(row["ARM"])
    if not row["RFXSTDTC"] or treatment is None:
        return
    start, last = _treatment_start(row), _last_dose_day(doses)
    subject = identifier(row["USUBJID"])
    started = {"subject": subject, "treatment": treatment, "period": period, "start": start}
    source = RecordSource("sdtm.dm", identifier(row["USUBJID"], "treatment"))
    yield build_record("treatment", study, source, start, started)
    if last is not None and last >= start:
        ended = started | {"end": _next_day(last)}
        yield build_record("treatment", study, source._replace(version=2), last, ended)


def _treatment_start(row: Row) -> str:
    start = full_date(row["RFXSTDTC"])
    if start is None:
        raise UnreadableStudy(
            f"DM: subject {row['USUBJID']} has RFXSTDTC {row['RFXSTDTC']!r}, not a full date:"
            " complete it, because person-time begins on this date"
        )
    return start


def _last_dose_day(doses: list[Row]) -> str | None:
    """Return the last dosing day; None if a dose has no full end date.  RFXENDTC is not used."""
    ends = [full_date(dose["EXENDTC"]) for dose in doses]
    known_ends = [end for end in ends if end is not None]
    return max(known_ends) if known_ends and len(known_ends) == len(ends) else None


def _disposition_records(
    row: Row, study: str, period: str, dispositions: list[Row]
) -> Iterator[JsonRecord]:
    """Yield the end of follow-up on RFENDTC, or on the last DSSTDTC where there is no RFENDTC.

    A treated subject leaves, or completes, the period of its treatment.
    """
    day = full_date(row["RFENDTC"]) or _last_disposition_date(dispositions)
    if day is None:
        return
    reason = max(dispositions, key=_disposition_date)["DSDECOD"].upper() if dispositions else ""
    subject = identifier(row["USUBJID"])
    period_left = period if row["RFXSTDTC"] and treatment_id(row["ARM"]) else None
    status = STATUS.get(reason, "other")
    content = {"subject": subject, "status": status, "date": day, "period": period_left}
    yield build_record("disposition", study, RecordSource("sdtm.ds", subject), day, content)


def _last_disposition_date(dispositions: list[Row]) -> str | None:
    return full_date(max(map(_disposition_date, dispositions), default=""))


def _disposition_date(disposition: Row) -> str:
    return disposition["DSSTDTC"]


def _dose_records(row: Row, study: str) -> Iterator[JsonRecord]:
    """Yield one dose, known on its last day; without a full end date it covers its first day."""
    first = full_date(row["EXSTDTC"])
    if first is None:
        return
    last = max(full_date(row["EXENDTC"]) or first, first)
    content = {
        "subject": identifier(row["USUBJID"]),
        "first_date": first,
        "last_date": last,
        "amount": float(row["EXDOSE"]) if row.get("EXDOSE") else None,
        "unit": row.get("EXDOSU") or None,
    }
    source = RecordSource("sdtm.ex", identifier(row["USUBJID"], row["EXSEQ"]))
    yield build_record("dose", study, source, last, content)


def _by_subject(rows: Iterable[Row]) -> defaultdict[str, list[Row]]:
    rows_by_subject: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        rows_by_subject[row["USUBJID"]].append(row)
    return rows_by_subject


def _next_day(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
