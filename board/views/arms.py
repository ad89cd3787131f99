"""The groups of subjects that the board's tables count: a period with a treatment or an arm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.plan.plan import Plan
from monitor.plan.watch import Analysis
from monitor.state.study import Study
from monitor.state.subject import SubjectState


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """Subjects of one column: by *treatment* received in *period*, or by the *randomised* arm.

    With both, the subjects of a randomised arm while they receive the treatment: the groups of an
    extension.  The three are numbers of the study; None means any.
    """

    label: str
    period: int | None = None
    treatment: int | None = None
    randomised: int | None = None

    def counts(self, subject: SubjectState, period: int, treatment: int) -> bool:
        """Whether a day or a case of *subject*, in *period* on *treatment*, counts here."""
        return (
            self.period in (None, period)
            and self.treatment in (None, treatment)
            and self.randomised in (None, subject.allocated_arm)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmExposure:
    """Subjects with a day at risk in an arm, and their days at risk, as of now."""

    subjects: int
    person_days: int


def compared_arms(study: Study, period: str, analysis: Analysis, treatment: str) -> tuple[Arm, Arm]:
    """Return the arm of *treatment* and the control arm of *period*."""
    plan, number = study.plan, study.period_numbers[period]

    def arm_of(name: str) -> Arm:
        own = study.treatment_numbers[name]
        label = f"{name}, {period}"
        if analysis is Analysis.AS_RANDOMISED:
            return Arm(label=f"{label}, as randomised", period=number, randomised=own)
        return Arm(label=label, period=number, treatment=own)

    return arm_of(treatment), arm_of(plan.control)


def extension_arms(study: Study, period: str) -> Iterator[Arm]:
    """Yield the arms of a period that is not randomised: by randomised arm, then their sum.

    An arm is a randomised arm on one treatment; arms that nobody is in are left out.
    """
    number = study.period_numbers[period]
    for name, treatment in study.treatment_numbers.items():
        arms = [
            Arm(
                label=f"{name}, {period}, from {origin}",
                period=number,
                treatment=treatment,
                randomised=own,
            )
            for origin, own in study.treatment_numbers.items()
        ]
        occupied = [arm for arm in arms if exposure_of(study, arm).subjects]
        yield from occupied
        total = Arm(label=f"{name}, {period}, all", period=number, treatment=treatment)
        if len(occupied) != 1 and exposure_of(study, total).subjects:
            yield total


def later_arms(study: Study) -> Iterator[Arm]:
    """Yield the arms of all periods that are not randomised."""
    for period in study.plan.periods:
        if not period.randomised:
            yield from extension_arms(study, period.id)


def exposure_of(study: Study, arm: Arm) -> ArmExposure:
    """Return the exposure of *arm* as of now."""
    end_day = (study.as_of or 0) + 1
    days = [
        sum(
            max(0, min(spell.end, end_day) - spell.start)
            for spell in subject.spells
            if arm.counts(subject, spell.period, spell.treatment)
        )
        for subject in study.subjects.values()
    ]
    return ArmExposure(subjects=sum(each > 0 for each in days), person_days=sum(days))


def randomised_periods(plan: Plan) -> list[str]:
    """Return the ids of the randomised periods, in the plan's order."""
    return [period.id for period in plan.periods if period.randomised]
