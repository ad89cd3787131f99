"""Breadth-first search of all states of the model, with the invariants of each state."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.simulation.model import NO_POSITION, ModelState
from tests.simulation.protocol import ApplyProtocol
from tests.simulation.transitions import next_transitions


@dataclass(frozen=True, slots=True)
class Violation:
    """A violated invariant, and the shortest sequence of steps that leads to it."""

    message: str
    steps: tuple[str, ...]

    def __str__(self) -> str:
        """Return the message, then the numbered steps, one a line."""
        rows = (f"  {number}. {step}" for number, step in enumerate(self.steps, start=1))
        return "\n".join((f"{self.message}, in {len(self.steps)} steps:", *rows))


@dataclass(slots=True)
class Search:
    """The states in order of distance from the start, and the step by which each was reached."""

    protocol: ApplyProtocol
    states_max: int = 2_000_000
    states: list[ModelState] = field(default_factory=list[ModelState])
    reached_from: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    successors: list[list[int]] = field(default_factory=list[list[int]])
    transitions: int = 0

    def run(self) -> Violation | None:
        """Return the first violation of an invariant, else the first dead end, else None."""
        start = self.protocol.start()
        numbers = {start: 0}
        self.states.append(start)
        self.reached_from.append((NO_POSITION, ""))
        at = 0
        while at < len(self.states):
            message = broken_invariant(self.protocol, self.states[at])
            if message:
                return self.violation(message, at)
            targets: list[int] = []
            for transition in next_transitions(self.protocol, self.states[at]):
                self.transitions += 1
                number = numbers.setdefault(transition.state, len(self.states))
                if number == len(self.states):
                    assert number < self.states_max, f"more than {self.states_max} states"
                    self.states.append(transition.state)
                    self.reached_from.append((at, transition.description))
                if not transition.fault:
                    targets.append(number)
            self.successors.append(targets)
            at += 1
        return next(self.dead_ends(), None)

    def violation(self, message: str, at: int) -> Violation:
        """Return *message* with the steps that lead to state number *at*."""
        steps: list[str] = []
        while at:
            at, step = self.reached_from[at]
            steps.append(step)
        return Violation(message, tuple(reversed(steps)))

    def dead_ends(self) -> Iterator[Violation]:
        """Yield the states from which no sequence of steps without faults reaches the end."""
        predecessors: list[list[int]] = [[] for _ in self.states]
        for number, targets in enumerate(self.successors):
            for each in targets:
                predecessors[each].append(number)
        can_finish = {n for n, state in enumerate(self.states) if is_finished(self.protocol, state)}
        queue = deque(can_finish)
        while queue:
            for each in predecessors[queue.popleft()]:
                if each not in can_finish:
                    can_finish.add(each)
                    queue.append(each)
        for number, targets in enumerate(self.successors):
            if number not in can_finish:
                message = (
                    "the end is unreachable" if targets else "no step is possible before the end"
                )
                yield self.violation(message, number)


def check_model(protocol: ApplyProtocol) -> tuple[Violation | None, str]:
    """Return the first violation of *protocol* or None, and how many states were searched."""
    search = Search(protocol)
    violation = search.run()
    return violation, f"{len(search.states):,} states, {search.transitions:,} transitions"


def broken_invariant(protocol: ApplyProtocol, state: ModelState) -> str:
    """Return the invariant that *state* violates; empty if it violates none."""
    store = state.history[-1]
    for study, row in enumerate(store.rows):
        if row != protocol.expected_row(study, row.pos):
            return f"row {protocol.study_names[study]} is not the fold of its records"
        last = protocol.studies.rfind(protocol.study_names[study], 0, store.next)
        if row.pos < last:
            return f"row {protocol.study_names[study]} is behind the cursor"
    if (state.published | store.outbox) & ~protocol.expected_alerts:
        return "an alert that no record raises"
    return ""


def is_finished(protocol: ApplyProtocol, state: ModelState) -> bool:
    """Return whether every record is folded and every alert is published."""
    store = state.history[-1]
    return (store.next, store.outbox, state.published) == (
        protocol.end,
        0,
        protocol.expected_alerts,
    )
