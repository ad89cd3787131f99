"""A study's SDTM tabulation as the log of records that would have arrived while it ran."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

from streams.sources.sdtm_cases import adverse_events
from streams.sources.sdtm_plan import default_plan, first_period, treated_arms
from streams.sources.sdtm_terms import STATUS, full_date, identifier, treatment_id
from streams.sources.wire import Thing, Wire, arrival, record
from streams.sources.xpt import Row, Tabulation, UnreadableStudy, read_tabulation


def records(
    directory: Path, study: str, plan_toml: str | None = None, *, control: str | None = None
) -> Iterator[Wire]:
    """The records of the study in *directory*, the plan first, then in order of arrival.

    Treatment is DM.ARM; a subject is followed from RFXSTDTC to RFENDTC inclusive.  A date of
    collection, of a start or of an end is taken as the day on which it became known.
    """
    tabulation = read_tabulation(directory)
    treated_arms(tabulation.dm)  # Refuses two arms of one id, whoever wrote the plan.
    toml = default_plan(tabulation.dm, study, control) if plan_toml is None else plan_toml
    said = sorted(_statements(tabulation, study, first_period(toml)), key=arrival)
    plan = {"toml": toml, "sha256": sha256(toml.encode()).hexdigest()}
    yield record("plan", study, Thing("plan", "plan"), said[0]["known_at"][:10], plan)
    yield from said


def _statements(tabulation: Tabulation, study: str, period: str) -> Iterator[Wire]:
    doses = _by_subject(tabulation.ex)
    left = _by_subject(row for row in tabulation.ds if row["DSCAT"] == "DISPOSITION EVENT")
    starts = {row["USUBJID"]: full_date(row["RFXSTDTC"]) for row in tabulation.dm}
    for row in tabulation.dm:
        subject = row["USUBJID"]
        yield _subject(row, study, left[subject])
        yield from _treatment(row, study, period, doses[subject])
        yield from _disposition(row, study, period, left[subject])
    for row in tabulation.ex:
        yield from _dose(row, study)
    yield from adverse_events(tabulation.ae, study, starts)


def _subject(row: Row, study: str, left: list[Row]) -> Wire:
    """Known when treatment starts; of those never treated, when they were seen."""
    day = full_date(row["RFXSTDTC"]) or full_date(row.get("DMDTC", "")) or _departure(left)
    if day is None:
        raise UnreadableStudy(
            f"DM: subject {row['USUBJID']} has no full date in RFXSTDTC or DMDTC, nor a"
            " disposition: nothing says when it became known; give it one of them"
        )
    subject = identifier(row["USUBJID"])
    content = {
        "subject": subject,
        "site": identifier(row["SITEID"]) if row.get("SITEID") else None,
        "randomised_treatment": treatment_id(row["ARM"]),
        "date": day,
    }
    return record("subject", study, Thing("sdtm.dm", subject), day, content)


def _treatment(row: Row, study: str, period: str, doses: list[Row]) -> Iterator[Wire]:
    """First that treatment began; then, when it is over, that it ended."""
    treatment = treatment_id(row["ARM"])
    if not row["RFXSTDTC"] or treatment is None:
        return
    start, last = _start(row), _last_day(doses)
    subject = identifier(row["USUBJID"])
    begun = {"subject": subject, "treatment": treatment, "period": period, "start": start}
    thing = Thing("sdtm.dm", identifier(row["USUBJID"], "treatment"))
    yield record("treatment", study, thing, start, begun)
    if last is not None and last >= start:
        ended = begun | {"end": _next_day(last)}
        yield record("treatment", study, thing._replace(version=2), last, ended)


def _start(row: Row) -> str:
    start = full_date(row["RFXSTDTC"])
    if start is None:
        raise UnreadableStudy(
            f"DM: subject {row['USUBJID']} has RFXSTDTC {row['RFXSTDTC']!r}, not a full date:"
            " complete it, person-time begins there"
        )
    return start


def _last_day(doses: list[Row]) -> str | None:
    """The last day of treatment; unknown if any dose has no end, whatever RFXENDTC says."""
    ends = [full_date(dose["EXENDTC"]) for dose in doses]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def _disposition(row: Row, study: str, period: str, left: list[Row]) -> Iterator[Wire]:
    """The end of follow-up is RFENDTC; DSSTDTC stands in for those never treated.

    Who was treated leaves, or completes, the period of the treatment.
    """
    day = full_date(row["RFENDTC"]) or _departure(left)
    if day is None:
        return
    why = max(left, key=_when)["DSDECOD"].upper() if left else ""
    subject = identifier(row["USUBJID"])
    left_in = period if row["RFXSTDTC"] and treatment_id(row["ARM"]) else None
    status = STATUS.get(why, "other")
    content = {"subject": subject, "status": status, "date": day, "period": left_in}
    yield record("disposition", study, Thing("sdtm.ds", subject), day, content)


def _departure(left: list[Row]) -> str | None:
    return full_date(max(map(_when, left), default=""))


def _when(disposition: Row) -> str:
    return disposition["DSSTDTC"]


def _dose(row: Row, study: str) -> Iterator[Wire]:
    """One row of EX, known when it is over; without an end only its first day is sure."""
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
    thing = Thing("sdtm.ex", identifier(row["USUBJID"], row["EXSEQ"]))
    yield record("dose", study, thing, last, content)


def _by_subject(rows: Iterable[Row]) -> defaultdict[str, list[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["USUBJID"]].append(row)
    return found


def _next_day(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
