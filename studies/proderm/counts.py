"""The published per-term and responder counts, as constraints on the solver's model."""

from __future__ import annotations

from collections import Counter, defaultdict

from ortools.sat.python.cp_model import CpModel, IntVar

from studies.proderm.published import (
    BELOW_FIVE_PERCENT,
    INFUSIONAL_PATIENTS,
    REGISTRY_PATIENTS,
    REGISTRY_PATIENTS_PLACEBO,
    RELATED_PATIENTS,
    RESPONDERS,
)
from studies.proderm.published_cases import ALL_CASES
from studies.proderm.subjects import ON_IVIG, Subject
from studies.proderm.terms import COUNTED_TERMS

Key = tuple[str, str, str, str]
THRESHOLDS = (20, 40, 60)


def constrain_patients(
    model: CpModel, counts: dict[Key, IntVar], fixed: Counter[Key], subject_ids: list[str]
) -> None:
    """Require the related, infusional and registry counts; unlisted terms stay below 5 %."""
    labels = sorted({term.label for term in COUNTED_TERMS})
    for label in labels:
        terms = [term.preferred_term for term in COUNTED_TERMS if term.label == label]
        for printed, kinds in ((RELATED_PATIENTS, "r"), (INFUSIONAL_PATIENTS, "i")):
            counts_by_subject = [
                _subject_counts(counts, s, ON_IVIG, terms, kinds) for s in subject_ids
            ]
            _require_patients(model, counts_by_subject, printed.get(label))
    serious = Counter(
        (case.term, case.slot, case.kind, case.case_group) for case in ALL_CASES if case.criteria
    )
    assert {term for term, *_ in serious} & {t.preferred_term for t in COUNTED_TERMS} == {
        "Dyspnoea"
    }
    for term in (term.preferred_term for term in COUNTED_TERMS):
        # P1's only dyspnoea is serious, so the registry's list of non-serious events omits P1.
        extra = 1 if term == "Dyspnoea" else 0
        counts_by_subject = [
            _subject_counts(counts, s, ON_IVIG, [term], "rin") for s in subject_ids
        ]
        _require_patients(model, counts_by_subject, REGISTRY_PATIENTS.get(term), extra)
        counts_by_subject = [
            _subject_counts(counts, s, ("first_placebo",), [term], "rin") for s in subject_ids
        ]
        _require_patients(model, counts_by_subject, REGISTRY_PATIENTS_PLACEBO.get(term))


def _subject_counts(
    counts: dict[Key, IntVar], subject_id: str, slots: tuple[str, ...], terms: list[str], kinds: str
) -> list[IntVar]:
    """Return a subject's counts of *terms* whose kind contains a letter of *kinds*."""
    return [
        counts[subject_id, slot, term, kind]
        for slot in slots
        for term in terms
        for kind in ("ri", "r", "i", "n")
        if (subject_id, slot, term, kind) in counts and set(kind) & set(kinds)
    ]


def _require_patients(
    model: CpModel, counts_by_subject: list[list[IntVar]], patients: int | None, extra: int = 0
) -> None:
    """Require that *patients* have such an event, or at most four where the list omits the term.

    *extra* raises that maximum.
    """
    has_event: list[IntVar] = []
    for counts in filter(None, counts_by_subject):
        has_event.append(model.new_bool_var(""))
        model.add(sum(counts) >= 1).only_enforce_if(has_event[-1])
        model.add(sum(counts) == 0).only_enforce_if(has_event[-1].negated())
    if patients is None:
        model.add(sum(has_event) <= BELOW_FIVE_PERCENT + extra)
    else:
        model.add(sum(has_event) == patients)


def constrain_responders(
    model: CpModel, subjects: list[Subject]
) -> dict[str, tuple[IntVar, IntVar]]:
    """Require the published responders; return each subject's score classes at weeks 16 and 40.

    Class 0 to 3 counts the thresholds (20, 40, 60) that the total improvement score reaches.
    """
    level = {s.id: (model.new_int_var(0, 3, ""), model.new_int_var(0, 3, "")) for s in subjects}
    reached: dict[tuple[str, int, str], list[IntVar]] = defaultdict(list)
    for subject in subjects:
        for visit, score in zip(RESPONDERS, level[subject.id], strict=True):
            for rank, threshold in enumerate(THRESHOLDS, start=1):
                is_reached = model.new_bool_var("")
                model.add(score >= rank).only_enforce_if(is_reached)
                model.add(score < rank).only_enforce_if(is_reached.negated())
                if visit == "week16" or "extension" in subject.cycles:
                    reached[visit, threshold, subject.arm].append(is_reached)
        _constrain_visits(model, subject, *level[subject.id])
    for visit, rows in RESPONDERS.items():
        for threshold, row in rows.items():
            for arm, patients in zip(("ivig", "placebo"), row, strict=True):
                model.add(sum(reached[visit, threshold, arm]) == patients)
    return level


def _constrain_visits(model: CpModel, subject: Subject, week16: IntVar, week40: IntVar) -> None:
    """A subject who switched does not respond (protocol); one who left keeps the last class."""
    if len(subject.cycles) == 3 or (subject.left and subject.left[0] == "first"):
        model.add(week16 == 0)
    if subject.left:
        model.add(week40 == week16)
    model.add(week40 >= week16 - 1)
