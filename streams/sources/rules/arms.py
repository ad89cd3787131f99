"""Reconciles the names of arms with the names of treatments that subjects received.

Arms and treatments are spelt in different variables (ARM and EXTRT), and need not agree: an arm
may be a sequence of treatments, a combination of several, or one of several doses of one name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from typing import NamedTuple

from streams.sources.codes import fold_word
from streams.sources.report import IngestReport, Problem, UnreadableSource
from streams.sources.rows import SubjectRow
from streams.sources.rules.names import treatment_id

NAMES_MAX = 1000
"""Most names of arms and treatments: more are no names, but a wrong column."""

ONE_ID = Problem(
    "two_arms_with_one_id",
    "two arms would have one treatment id, because they differ in punctuation only",
    "spell them alike, or further apart",
)


class Received(NamedTuple):
    """A treatment as a subject received it: first and last day, empty if open, and its name."""

    first: str
    last: str
    name: str


@dataclass(slots=True)
class _Counts:
    """How many subjects of one arm received what, by treatment id."""

    subjects: int = 0
    several: int = 0
    together: int = 0
    began_with: Counter[str] = field(default_factory=Counter[str])
    treatments: set[str] = field(default_factory=set[str])


@dataclass(slots=True)
class ArmTable:
    """The arms of a study by treatment id, and what their subjects received.

    Each subject is counted first (`name_arm`, `count`), then `decide_sequences` is called once.
    """

    control: str = ""
    """Treatment id of the control that the plan or the user names, empty where none does."""
    names: dict[str, str] = field(default_factory=dict[str, str])
    """Name of each arm or treatment by its id."""
    arms: set[str] = field(default_factory=set[str])
    """Arms that are treatments."""
    sequences: dict[str, str] = field(default_factory=dict[str, str])
    """Arms that are sequences of treatments, each with the treatment with which it begins."""
    combined: set[str] = field(default_factory=set[str])
    """Arms whose subjects receive several treatments at a time."""
    treated: set[str] = field(default_factory=set[str])
    """Treatments that a subject received."""
    _counts: defaultdict[str, _Counts] = field(
        default_factory=lambda: defaultdict[str, _Counts](_Counts)
    )

    def name_arm(self, row: SubjectRow, name: str, report: IngestReport, column: str) -> str:
        """Return the id of the arm *name*, and remember how it is spelt."""
        arm = treatment_id(name)
        if arm:
            if fold_word(self._spelling(arm, name)) != fold_word(name):
                report.refuse(ONE_ID, row.place, column)
            self.arms.add(arm)
        return arm

    def _spelling(self, treatment: str, name: str) -> str:
        if len(self.names) > NAMES_MAX:
            raise UnreadableSource(
                f"more than {NAMES_MAX:,} names of arms or treatments: the column that names the"
                " treatment holds something else; name another"
            )
        return self.names.setdefault(treatment, name)

    def count(self, arm: str, received: Sequence[Received]) -> None:
        """Count one treated subject of *arm*; *received* may be empty where no dose is known."""
        counts = self._counts[arm]
        counts.subjects += 1
        in_order = [
            each._replace(name=treatment_id(each.name))
            for each in sorted(received)
            if self._spelling(treatment_id(each.name) or arm, each.name)
        ]
        distinct = list(dict.fromkeys(each.name for each in in_order if each.name))
        counts.treatments.update(distinct or {""})
        counts.began_with.update(distinct[:1])
        counts.several += len(distinct) > 1
        counts.together += len(distinct) > 1 and _are_together(in_order)

    def decide_sequences(self) -> None:
        """Decide which arms are sequences or combinations, from all subjects counted."""
        received = {name for counts in self._counts.values() for name in counts.treatments}
        for arm, counts in self._counts.items():
            if not arm or not counts.began_with:
                continue
            is_named_so = sum(f"_{name}_" in f"_{arm}_" for name in received - {arm, ""}) > 1
            if counts.together * 2 > counts.subjects:
                self.combined.add(arm)
            elif arm not in counts.treatments and (
                counts.several * 2 > counts.subjects or is_named_so
            ):
                self.sequences[arm] = counts.began_with.most_common(1)[0][0]
        self.arms -= set(self.sequences)
        self.treated = {
            self.treatment_of(arm, name)
            for arm, counts in self._counts.items()
            for name in counts.treatments
        } - {""}

    @property
    def treatments(self) -> set[str]:
        """Every treatment that a subject received or was randomised to."""
        return self.treated | self.arms

    def randomised(self, arm: str) -> str:
        """Return the treatment to which *arm* was randomised: of a sequence, the first."""
        return self.sequences.get(arm, arm)

    def treatment_of(self, arm: str, name: str) -> str:
        """Return the treatment of a subject in *arm* who received the treatment named *name*."""
        received = treatment_id(name)
        if not received:
            return self.randomised(arm)
        if arm in self.combined:
            return arm
        return received if received in self.arms or arm in self.sequences or not arm else arm

    def hides_doses(self, arm: str, name: str) -> bool:
        """Whether subjects of other arms received a treatment of the same *name* as *arm*."""
        received = treatment_id(name)
        if not received or received in self.arms or arm in self.sequences:
            return False
        return sum(received in counts.treatments for one, counts in self._counts.items() if one) > 1


def _are_together(received: Sequence[Received]) -> bool:
    """Whether two treatments share more than half of the days of the shorter one."""
    days: defaultdict[str, set[int]] = defaultdict(set)
    for first, last, name in received:
        start = date.fromisoformat(first).toordinal()
        end = date.fromisoformat(last).toordinal() if last > first else start
        days[name].update(range(start, end + 1))
    pairs = combinations(days.values(), 2)
    return any(2 * len(one & other) > min(len(one), len(other)) for one, other in pairs)
