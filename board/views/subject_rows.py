"""What the board sees of each subject in a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from monitor.dates import iso
from monitor.records import AdverseEvent, Disposition
from monitor.state.study import Study
from monitor.state.subject import SubjectState
from monitor.terms import is_serious


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRow:
    """One subject; *treatments* are those received, in order, and *start* the first day.

    *days_at_risk* end with the as-of date.  *status* is the disposition, or that follow-up goes on.
    """

    subject: str
    site: str | None
    randomised: str | None
    treatments: str
    start: str | None
    days_at_risk: int
    doses: int
    cases: int
    serious_cases: int
    status: str

    @property
    def searched_text(self) -> str:
        """The text in which a search looks."""
        words = (self.subject, self.site, self.randomised, self.treatments)
        return " ".join(word for word in words if word).casefold()


def subject_rows(study: Study) -> Iterator[SubjectRow]:
    """Yield a row of each subject, by name."""
    for _, subject in sorted(study.subjects.items()):
        yield subject_row(study, subject)


def subject_row(study: Study, subject: SubjectState) -> SubjectRow:
    """Return the row of *subject*."""
    treatment_names = list(study.treatment_numbers)
    received = [treatment_names[spell.treatment] for spell in subject.spells]
    end_day = (study.as_of or 0) + 1
    cases = [e.body for e in subject.cases.values() if isinstance(e.body, AdverseEvent)]
    arm = subject.allocated_arm
    return SubjectRow(
        subject=subject.name,
        site=subject.site,
        randomised=None if arm is None else treatment_names[arm],
        treatments=", then ".join(name for name, _ in groupby(received)),
        start=None if subject.start is None else iso(subject.start),
        days_at_risk=sum(max(0, min(s.end, end_day) - s.start) for s in subject.spells),
        doses=len(subject.doses),
        cases=len(cases),
        serious_cases=sum(map(is_serious, cases)),
        status=_status(study, subject),
    )


def dispositions_of(subject: SubjectState) -> list[Disposition]:
    """Return the dispositions of *subject*, by day."""
    bodies = [e.body for e in subject.facts.values() if isinstance(e.body, Disposition)]
    return sorted(bodies, key=lambda body: (body.date, body.period or ""))


def _status(study: Study, subject: SubjectState) -> str:
    of_study = [body for body in dispositions_of(subject) if body.period is None]
    last = (of_study or dispositions_of(subject))[-1:]
    for body in last:
        where = "" if body.period is None else f" {body.period}"
        return f"{body.status.value.replace('_', ' ')}{where}, {iso(body.date)}"
    return "in follow-up" if subject.spells else "not treated"
