"""Draws the 95 subjects with arms, switches, cycles, exits and their case groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from studies.proderm.published import IVIG_CYCLES

SLOTS = ("first_placebo", "first_ivig", "extension")
ON_IVIG = ("first_ivig", "extension")
EXTENSION_STOP_GROUPS = ("P2", "P3", "P4", "P8", "P9", "P10", "P11", "stop-1", "stop-2", "stop-3")
OTHER_REASONS = ("withdrew", "lack_of_efficacy", "lost", "other")


@dataclass(slots=True, kw_only=True)
class Subject:
    """One subject of the reconstruction; *cycles* counts infusion cycles by slot."""

    id: str
    site: str
    arm: str
    cycles: dict[str, int] = field(default_factory=dict[str, int])
    case_groups: list[str] = field(default_factory=list[str])
    left: tuple[str, str] | None = None
    deteriorated: bool = False


def draw_subjects(rng: Random) -> list[Subject]:
    """Return the subjects in order of entry, with all cycles and case groups assigned."""
    arms = ["ivig"] * 47 + ["placebo"] * 48
    rng.shuffle(arms)
    sites = [f"S-{number:02}" for number in range(1, 37)]
    site_of_subject = sites + rng.choices(sites, k=95 - 36)
    rng.shuffle(site_of_subject)
    subjects = [
        Subject(id=f"P-{number:03}", site=site, arm=arm)
        for number, (site, arm) in enumerate(zip(site_of_subject, arms, strict=True), start=1)
    ]
    for subject in subjects:
        subject.cycles = {f"first_{subject.arm}": 4, "extension": 6}
    last = subjects[-1]  # The last to enter completes: the trial's last visit is published.
    ivig, placebo = (
        rng.sample(pool, len(pool))
        for pool in ([s for s in subjects[:-1] if s.arm == arm] for arm in ("ivig", "placebo"))
    )
    _leave_first_period(ivig[:2], placebo[:5], rng)
    continuing = ivig[2:] + placebo[5:] + [last]
    _leave_extension(ivig[2:13], placebo[5:16], rng)
    _draw_leaver_cycles(subjects, rng)
    _assign_serious([s for s in continuing if s.left is None], rng)
    return subjects


def _leave_first_period(arm: list[Subject], switchers: list[Subject], rng: Random) -> None:
    """Two of the arm stop early; two of five switchers never enter the extension."""
    for subject, case_group in zip(arm, ("P1", "first-stop-arm"), strict=True):
        subject.cycles = {"first_ivig": rng.randint(1, 3)}
        subject.case_groups = [case_group]
        subject.left = ("first", "adverse_event")
    # Three deteriorations, median day 58, are published: those three subjects switch at week 8.
    for subject, week in zip(switchers, (8, 8, 8, 12, 12), strict=True):
        cycles_before = week // 4
        extension = {} if subject in switchers[:2] else {"extension": 6}
        subject.cycles = {
            "first_placebo": cycles_before,
            "first_ivig": 4 - cycles_before,
            **extension,
        }
        subject.deteriorated = week == 8
    switchers[0].case_groups = ["first-stop-switcher"]
    switchers[0].left = ("first", "adverse_event")
    switchers[1].left = ("first", "lack_of_efficacy")


def _leave_extension(ivig: list[Subject], placebo: list[Subject], rng: Random) -> None:
    """Eleven of each arm leave: ten for an adverse event, one on deterioration at day 142."""
    ivig[0].left = ("extension", "lack_of_efficacy")
    ivig[0].deteriorated = True
    leavers = ivig[1:] + placebo
    rng.shuffle(leavers)
    for subject, case_group in zip(leavers, EXTENSION_STOP_GROUPS, strict=False):
        subject.case_groups = [case_group]
        subject.left = ("extension", "adverse_event")
    for subject in leavers[len(EXTENSION_STOP_GROUPS) :]:
        subject.left = ("extension", rng.choice(OTHER_REASONS))


def _draw_leaver_cycles(subjects: list[Subject], rng: Random) -> None:
    """Redraw the leavers' extension cycles until all IVIG cycles sum to 664."""
    leavers = [s for s in subjects if s.left and s.left[0] == "extension"]
    total = 0
    while total != IVIG_CYCLES:
        for subject in leavers:
            subject.cycles["extension"] = 1 if subject.deteriorated else rng.randint(1, 5)
        total = sum(s.cycles.get(slot, 0) for s in subjects for slot in ON_IVIG)


def _assign_serious(completers: list[Subject], rng: Random) -> None:
    """Assign the case groups of subjects who complete the trial, at most one a subject."""
    unassigned = rng.sample(completers, len(completers))
    for case_group in ("P5", "P6", "P7", "serious-1", "serious-2", "serious-3", "serious-4"):
        unassigned.pop().case_groups = [case_group]
    for case_group, arm in (
        ("first-tee", "ivig"),
        ("placebo-1", "placebo"),
        ("placebo-2", "placebo"),
    ):
        assigned = next(subject for subject in unassigned if subject.arm == arm)
        assigned.case_groups = [case_group]
        unassigned.remove(assigned)
