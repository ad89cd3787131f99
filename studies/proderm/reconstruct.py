"""Solves for a trial that meets every published count, and writes it to ``solution.json``.

Run from the root of the repository: ``python -m studies.proderm.reconstruct``.  A plausible
trial is drawn first (``cast.py`` and the totals below); CP-SAT then finds one near it that
agrees with the print.  The solution is committed, and all that follows starts from it.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from random import Random

from ortools.sat.python.cp_model import FEASIBLE, OPTIMAL, CpModel, CpSolver, IntVar, LinearExpr

from studies.proderm.cast import ON_IVIG, SLOTS, Subject, cast
from studies.proderm.counts import bound_patients, responders
from studies.proderm.printed import CASES
from studies.proderm.published import TABLE_1
from studies.proderm.terms import COUNTED, OTHER

SEED = 20170227
KINDS = ("ri", "r", "i", "n")
FILL = "(other)"
Key = tuple[str, str, str, str]  # subject, slot, term, kind


def main() -> None:
    """Draw, solve, fill up, write."""
    rng = Random(SEED)
    subjects = cast(rng)
    model = CpModel()
    fixed = _printed_counts(subjects)
    counts = _counts(model, subjects, fixed)
    totals = _table_1(model, subjects, counts)
    bound_patients(model, counts, fixed, [subject.id for subject in subjects])
    answers = responders(model, subjects)
    model.minimize(_distance(model, totals, _plausible(subjects, rng)))
    solver = CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = SEED
    solver.parameters.max_deterministic_time = 30
    assert solver.solve(model) in (OPTIMAL, FEASIBLE), "no trial agrees with the print"
    free = {key: solver.value(n) - fixed[key] for key, n in counts.items()}
    told = _fill(free, rng)
    scores = {who: [solver.value(score) for score in pair] for who, pair in answers.items()}
    Path(__file__).with_name("solution.json").write_text(_written(subjects, told, scores))
    print(f"distance {solver.objective_value:.0f}, at least {solver.best_objective_bound:.0f}")


def _printed_counts(subjects: list[Subject]) -> Counter[Key]:
    """What the printed cases contribute to each count."""
    bearer = {part: subject.id for subject in subjects for part in subject.parts}
    counted = {term.preferred_term for term in COUNTED}
    return Counter(
        (bearer[case.part], case.slot, case.term if case.term in counted else FILL, case.kind)
        for case in CASES
    )


def _counts(model: CpModel, subjects: list[Subject], fixed: Counter[Key]) -> dict[Key, IntVar]:
    """Events by subject, slot, term and kind; of a printed case's term there are no others."""
    counts: dict[Key, IntVar] = {}
    settled = {(who, term) for who, _, term, _ in fixed if term != FILL}
    for subject in subjects:
        for slot, cycles in subject.cycles.items():
            for term in [*(term.preferred_term for term in COUNTED), FILL]:
                for kind in KINDS:
                    most = {"Headache": min(cycles, 4), FILL: 1 + cycles}.get(term, 2)
                    most = 0 if (subject.id, term) in settled else most
                    key = (subject.id, slot, term, kind)
                    counts[key] = model.new_int_var(fixed[key], fixed[key] + most, "_".join(key))
    return counts


def _table_1(
    model: CpModel, subjects: list[Subject], counts: dict[Key, IntVar]
) -> dict[tuple[str, str], LinearExpr]:
    """Patients and events of the three rows of table 1 that the solver has to meet."""
    kinds = {"teae": KINDS, "infusional": ("ri", "i"), "related": ("ri", "r")}
    sums: dict[tuple[str, str, str], list[IntVar]] = defaultdict(list)
    for (who, slot, _, kind), n in counts.items():
        for row, members in kinds.items():
            if kind in members:
                sums[row, who, slot].append(n)
    columns = (("first_ivig",), ("first_placebo",), ON_IVIG)
    for row, printed in TABLE_1.items():
        for slots, (patients, events) in zip(columns, printed, strict=True):
            mine = [[n for slot in slots for n in sums[row, s.id, slot]] for s in subjects]
            model.add(sum(n for ns in mine for n in ns) == events)
            model.add(sum(any_of(model, ns) for ns in mine if ns) == patients)
    both = [n for (_, slot, _, kind), n in counts.items() if kind == "ri" and slot in ON_IVIG]
    related = TABLE_1["related"][2][1]  # Most related events came with an infusion (C9).
    model.add_linear_constraint(LinearExpr.sum(both), related * 82 // 100, related * 92 // 100)
    return {
        (who, slot): LinearExpr.sum(ns)
        for (row, who, slot), ns in sums.items()
        if row == "teae" and ns
    }


def any_of(model: CpModel, counts: Iterable[IntVar]) -> IntVar:
    """Whether any of *counts* is positive."""
    counts = list(counts)
    some = model.new_bool_var("")
    model.add(sum(counts) >= 1).only_enforce_if(some)
    model.add(sum(counts) == 0).only_enforce_if(some.negated())
    return some


def _plausible(subjects: list[Subject], rng: Random) -> dict[tuple[str, str], int]:
    """Events by subject and slot as a frail and a sturdy patient would have them."""
    events = {"first_ivig": 196, "first_placebo": 135, "extension": 545 - 196}
    drawn: dict[tuple[str, str], int] = {}
    frailty = {subject.id: rng.gammavariate(1.2, 1.0) for subject in subjects}
    for slot in SLOTS:
        mass = {s.id: frailty[s.id] * s.cycles[slot] for s in subjects if slot in s.cycles}
        for who, share in mass.items():
            drawn[who, slot] = round(events[slot] * share / sum(mass.values()))
    return drawn


def _distance(
    model: CpModel,
    totals: dict[tuple[str, str], LinearExpr],
    plausible: dict[tuple[str, str], int],
) -> LinearExpr:
    """By how many events the trial differs from the plausible one."""
    gaps: list[IntVar] = []
    for key, total in totals.items():
        gap = model.new_int_var(0, 100, "")
        model.add(gap >= total - plausible[key])
        model.add(gap >= plausible[key] - total)
        gaps.append(gap)
    return LinearExpr.sum(gaps)


def _fill(free: dict[Key, int], rng: Random) -> Counter[Key]:
    """Give every other event a term, none of which reaches five patients."""
    serious = {case.term for case in CASES if case.criteria}
    patients = {term.preferred_term: set[str]() for term in OTHER}
    for case in CASES:
        patients.setdefault(case.term, set()).add(case.part)
    names = [term.preferred_term for term in OTHER if term.preferred_term not in serious]
    told: Counter[Key] = Counter()
    for (who, slot, term, kind), n in free.items():
        for _ in range(n):
            if term != FILL:
                told[who, slot, term, kind] += 1
                continue
            name = rng.choice([x for x in names if who in patients[x] or len(patients[x]) < 4])
            patients[name].add(who)
            told[who, slot, name, kind] += 1
    return told


def _written(subjects: list[Subject], told: Counter[Key], scores: dict[str, list[int]]) -> str:
    """One line a subject, so that a change of the solution can be read."""
    events: dict[str, dict[str, list[tuple[str, str, int]]]] = defaultdict(dict)
    for (who, slot, term, kind), n in told.items():
        events[who].setdefault(slot, []).append((term, kind, n))
    lines = [
        json.dumps(
            {
                "id": s.id,
                "site": s.site,
                "arm": s.arm,
                "cycles": s.cycles,
                "parts": s.parts,
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
