"""Breadth first through every state of the model, and what is wrong in any of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.simulation.model import NO_POSITION, ModelState
from tests.simulation.protocol import ApplyProtocol
from tests.simulation.transitions import next_transitions


@dataclass(frozen=True, slots=True)
class Violation:
    """What is wrong, and the shortest way there."""

    message: str
    steps: tuple[str, ...]

    def __str__(self) -> str:
        """The fault and its steps, numbered."""
        rows = (f"  {number}. {step}" for number, step in enumerate(self.steps, start=1))
        return "\n".join((f"{self.message}, in {len(self.steps)} steps:", *rows))


@dataclass(slots=True)
class Search:
    """All states found, in order of their distance from the start; *came* is how each was."""

    protocol: ApplyProtocol
    states_max: int = 2_000_000
    states: list[ModelState] = field(default_factory=list[ModelState])
    reached_from: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    successors: list[list[int]] = field(default_factory=list[list[int]])
    transitions: int = 0

    def run(self) -> Violation | None:
        """The first fault on the way, or one of the whole; None if there is none."""
        start = self.protocol.start()
        numbers = {start: 0}
        self.states.append(start)
        self.reached_from.append((NO_POSITION, ""))
        at = 0
        while at < len(self.states):
            message = broken_invariant(self.protocol, self.states[at])
            if message:
                return self.violation(message, at)
            ahead: list[int] = []
            for move in next_transitions(self.protocol, self.states[at]):
                self.transitions += 1
                number = numbers.setdefault(move.state, len(self.states))
                if number == len(self.states):
                    assert number < self.states_max, f"more than {self.states_max} states"
                    self.states.append(move.state)
                    self.reached_from.append((at, move.description))
                if not move.fault:
                    ahead.append(number)
            self.successors.append(ahead)
            at += 1
        return next(self.dead_ends(), None)

    def violation(self, message: str, at: int) -> Violation:
        """The fault *says* with the steps that led to state number *at*."""
        steps: list[str] = []
        while at:
            at, step = self.reached_from[at]
            steps.append(step)
        return Violation(message, tuple(reversed(steps)))

    def dead_ends(self) -> Iterator[Violation]:
        """States from which work alone, without further faults, does not lead to the right end."""
        before: list[list[int]] = [[] for _ in self.states]
        for number, ahead in enumerate(self.successors):
            for each in ahead:
                before[each].append(number)
        good = {n for n, state in enumerate(self.states) if is_finished(self.protocol, state)}
        waiting = deque(good)
        while waiting:
            for each in before[waiting.popleft()]:
                if each not in good:
                    good.add(each)
                    waiting.append(each)
        for number, ahead in enumerate(self.successors):
            if number not in good:
                message = "the right end is out of reach" if ahead else "quiet, and not at the end"
                yield self.violation(message, number)


def check_model(protocol: ApplyProtocol) -> tuple[Violation | None, str]:
    """The first fault of the model, or None; and how much of it was walked."""
    search = Search(protocol)
    violation = search.run()
    return violation, f"{len(search.states):,} states, {search.transitions:,} transitions"


def broken_invariant(protocol: ApplyProtocol, state: ModelState) -> str:
    """The invariant that *world* breaks; empty if none."""
    store = state.history[-1]
    for study, row in enumerate(store.rows):
        if row != protocol.expected_row(study, row.pos):
            return f"row {protocol.study_names[study]} is not the fold of its records"
        due = protocol.studies.rfind(protocol.study_names[study], 0, store.next)
        if row.pos < due:
            return f"row {protocol.study_names[study]} is behind the cursor"
    if (state.published | store.outbox) & ~protocol.expected_alerts:
        return "an alert that no record rings"
    return ""


def is_finished(protocol: ApplyProtocol, state: ModelState) -> bool:
    """Whether everything is folded and told."""
    store = state.history[-1]
    return (store.next, store.outbox, state.published) == (
        protocol.end,
        0,
        protocol.expected_alerts,
    )
