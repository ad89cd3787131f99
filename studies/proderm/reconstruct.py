"""Solves for a trial that meets every published count, and writes it to ``solution.json``.

Run from the root of the repository: ``python -m studies.proderm.reconstruct``.  A plausible
trial is drawn first (``subjects.py`` and the totals below); CP-SAT then finds a near trial that
meets the published tables.  The solution is committed, and the log is generated from it.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from random import Random

from ortools.sat.python.cp_model import FEASIBLE, OPTIMAL, CpModel, CpSolver, IntVar, LinearExpr

from studies.proderm.counts import constrain_patients, constrain_responders
from studies.proderm.published import TABLE_1
from studies.proderm.published_cases import ALL_CASES
from studies.proderm.subjects import ON_IVIG, SLOTS, Subject, draw_subjects
from studies.proderm.terms import COUNTED_TERMS, OTHER_TERMS

SEED = 20170227
KINDS = ("ri", "r", "i", "n")
UNCOUNTED_TERM = "(other)"
Key = tuple[str, str, str, str]  # subject, slot, term, kind


def main() -> None:
    """Draw a plausible trial, solve, assign terms, and write the solution."""
    rng = Random(SEED)
    subjects = draw_subjects(rng)
    model = CpModel()
    fixed = _published_counts(subjects)
    counts = _count_variables(model, subjects, fixed)
    totals = _constrain_table_1(model, subjects, counts)
    constrain_patients(model, counts, fixed, [subject.id for subject in subjects])
    responder_levels = constrain_responders(model, subjects)
    model.minimize(_distance(model, totals, _draw_plausible(subjects, rng)))
    solver = CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = SEED
    solver.parameters.max_deterministic_time = 30
    assert solver.solve(model) in (OPTIMAL, FEASIBLE), "no trial meets the published tables"
    free_counts = {key: solver.value(n) - fixed[key] for key, n in counts.items()}
    event_counts = _assign_terms(free_counts, rng)
    scores = {
        who: [solver.value(score) for score in pair] for who, pair in responder_levels.items()
    }
    Path(__file__).with_name("solution.json").write_text(
        _solution_json(subjects, event_counts, scores)
    )
    print(f"distance {solver.objective_value:.0f}, at least {solver.best_objective_bound:.0f}")


def _published_counts(subjects: list[Subject]) -> Counter[Key]:
    """Return what the published and inferred cases contribute to each count."""
    subject_of_group = {part: subject.id for subject in subjects for part in subject.case_groups}
    counted = {term.preferred_term for term in COUNTED_TERMS}
    return Counter(
        (
            subject_of_group[case.case_group],
            case.slot,
            case.term if case.term in counted else UNCOUNTED_TERM,
            case.kind,
        )
        for case in ALL_CASES
    )


def _count_variables(
    model: CpModel, subjects: list[Subject], fixed: Counter[Key]
) -> dict[Key, IntVar]:
    """Create the event counts by subject, slot, term and kind.

    A subject with a published case of a term has no further events of that term.
    """
    counts: dict[Key, IntVar] = {}
    published = {(who, term) for who, _, term, _ in fixed if term != UNCOUNTED_TERM}
    for subject in subjects:
        for slot, cycles in subject.cycles.items():
            for term in [*(term.preferred_term for term in COUNTED_TERMS), UNCOUNTED_TERM]:
                for kind in KINDS:
                    count_max = {"Headache": min(cycles, 4), UNCOUNTED_TERM: 1 + cycles}.get(
                        term, 2
                    )
                    count_max = 0 if (subject.id, term) in published else count_max
                    key = (subject.id, slot, term, kind)
                    counts[key] = model.new_int_var(
                        fixed[key], fixed[key] + count_max, "_".join(key)
                    )
    return counts


def _constrain_table_1(
    model: CpModel, subjects: list[Subject], counts: dict[Key, IntVar]
) -> dict[tuple[str, str], LinearExpr]:
    """Require patients and events of table 1's three rows; return events by subject and slot."""
    kinds = {"teae": KINDS, "infusional": ("ri", "i"), "related": ("ri", "r")}
    sums: dict[tuple[str, str, str], list[IntVar]] = defaultdict(list)
    for (who, slot, _, kind), n in counts.items():
        for row, members in kinds.items():
            if kind in members:
                sums[row, who, slot].append(n)
    columns = (("first_ivig",), ("first_placebo",), ON_IVIG)
    for row, printed in TABLE_1.items():
        for slots, (patients, events) in zip(columns, printed, strict=True):
            counts_by_subject = [
                [n for slot in slots for n in sums[row, s.id, slot]] for s in subjects
            ]
            model.add(sum(n for ns in counts_by_subject for n in ns) == events)
            model.add(sum(is_any_positive(model, ns) for ns in counts_by_subject if ns) == patients)
    both = [n for (_, slot, _, kind), n in counts.items() if kind == "ri" and slot in ON_IVIG]
    related = TABLE_1["related"][2][1]  # Most related events are infusional.
    model.add_linear_constraint(LinearExpr.sum(both), related * 82 // 100, related * 92 // 100)
    return {
        (who, slot): LinearExpr.sum(ns)
        for (row, who, slot), ns in sums.items()
        if row == "teae" and ns
    }


def is_any_positive(model: CpModel, counts: Iterable[IntVar]) -> IntVar:
    """Return a variable that is true exactly where any of *counts* is positive."""
    counts = list(counts)
    is_positive = model.new_bool_var("")
    model.add(sum(counts) >= 1).only_enforce_if(is_positive)
    model.add(sum(counts) == 0).only_enforce_if(is_positive.negated())
    return is_positive


def _draw_plausible(subjects: list[Subject], rng: Random) -> dict[tuple[str, str], int]:
    """Draw events by subject and slot, in proportion to cycles and a gamma-distributed frailty."""
    events = {"first_ivig": 196, "first_placebo": 135, "extension": 545 - 196}
    drawn: dict[tuple[str, str], int] = {}
    frailty = {subject.id: rng.gammavariate(1.2, 1.0) for subject in subjects}
    for slot in SLOTS:
        weights = {s.id: frailty[s.id] * s.cycles[slot] for s in subjects if slot in s.cycles}
        for who, share in weights.items():
            drawn[who, slot] = round(events[slot] * share / sum(weights.values()))
    return drawn


def _distance(
    model: CpModel,
    totals: dict[tuple[str, str], LinearExpr],
    plausible: dict[tuple[str, str], int],
) -> LinearExpr:
    """Return the number of events by which the trial differs from the plausible one."""
    gaps: list[IntVar] = []
    for key, total in totals.items():
        gap = model.new_int_var(0, 100, "")
        model.add(gap >= total - plausible[key])
        model.add(gap >= plausible[key] - total)
        gaps.append(gap)
    return LinearExpr.sum(gaps)


def _assign_terms(free_counts: dict[Key, int], rng: Random) -> Counter[Key]:
    """Give every other event a term, such that no term reaches five patients."""
    serious = {case.term for case in ALL_CASES if case.criteria}
    patients = {term.preferred_term: set[str]() for term in OTHER_TERMS}
    for case in ALL_CASES:
        patients.setdefault(case.term, set()).add(case.case_group)
    names = [term.preferred_term for term in OTHER_TERMS if term.preferred_term not in serious]
    event_counts: Counter[Key] = Counter()
    for (who, slot, term, kind), n in free_counts.items():
        for _ in range(n):
            if term != UNCOUNTED_TERM:
                event_counts[who, slot, term, kind] += 1
                continue
            name = rng.choice([x for x in names if who in patients[x] or len(patients[x]) < 4])
            patients[name].add(who)
            event_counts[who, slot, name, kind] += 1
    return event_counts


def _solution_json(
    subjects: list[Subject], event_counts: Counter[Key], scores: dict[str, list[int]]
) -> str:
    """Return the solution as JSON with one line a subject, which keeps diffs readable."""
    events: dict[str, dict[str, list[tuple[str, str, int]]]] = defaultdict(dict)
    for (who, slot, term, kind), n in event_counts.items():
        events[who].setdefault(slot, []).append((term, kind, n))
    lines = [
        json.dumps(
            {
                "id": s.id,
                "site": s.site,
                "arm": s.arm,
                "cycles": s.cycles,
                "parts": s.case_groups,
                "left": s.left,
                "deteriorated": s.deteriorated,
                "tis": scores[s.id],
                "events": events.get(s.id, {}),
            }
        )
        for s in subjects
    ]
    return f'{{"seed": {SEED}, "subjects": [\n' + ",\n".join(lines) + "\n]}\n"


if __name__ == "__main__":
    main()
