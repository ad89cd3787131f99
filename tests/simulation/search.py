"""Breadth first through every state of the model, and what is wrong in any of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.simulation.model import NONE, World
from tests.simulation.moves import moves
from tests.simulation.protocol import Protocol


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and the shortest way there."""

    says: str
    steps: tuple[str, ...]

    def __str__(self) -> str:
        """The fault and its steps, numbered."""
        rows = (f"  {number}. {step}" for number, step in enumerate(self.steps, start=1))
        return "\n".join((f"{self.says}, in {len(self.steps)} steps:", *rows))


@dataclass(slots=True)
class Search:
    """All states found, in order of their distance from the start; *came* is how each was."""

    protocol: Protocol
    most: int = 2_000_000
    worlds: list[World] = field(default_factory=list[World])
    came: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    work: list[list[int]] = field(default_factory=list[list[int]])
    transitions: int = 0

    def run(self) -> Fault | None:
        """The first fault on the way, or one of the whole; None if there is none."""
        start = self.protocol.start()
        numbers = {start: 0}
        self.worlds.append(start)
        self.came.append((NONE, ""))
        at = 0
        while at < len(self.worlds):
            says = wrong(self.protocol, self.worlds[at])
            if says:
                return self.fault(says, at)
            ahead: list[int] = []
            for move in moves(self.protocol, self.worlds[at]):
                self.transitions += 1
                number = numbers.setdefault(move.world, len(self.worlds))
                if number == len(self.worlds):
                    assert number < self.most, f"more than {self.most} states"
                    self.worlds.append(move.world)
                    self.came.append((at, move.says))
                if not move.fault:
                    ahead.append(number)
            self.work.append(ahead)
            at += 1
        return next(self.stuck(), None)

    def fault(self, says: str, at: int) -> Fault:
        """The fault *says* with the steps that led to state number *at*."""
        steps: list[str] = []
        while at:
            at, step = self.came[at]
            steps.append(step)
        return Fault(says, tuple(reversed(steps)))

    def stuck(self) -> Iterator[Fault]:
        """States from which work alone, without further faults, does not lead to the right end."""
        before: list[list[int]] = [[] for _ in self.worlds]
        for number, ahead in enumerate(self.work):
            for each in ahead:
                before[each].append(number)
        good = {n for n, world in enumerate(self.worlds) if finished(self.protocol, world)}
        waiting = deque(good)
        while waiting:
            for each in before[waiting.popleft()]:
                if each not in good:
                    good.add(each)
                    waiting.append(each)
        for number, ahead in enumerate(self.work):
            if number not in good:
                says = "the right end is out of reach" if ahead else "quiet, and not at the end"
                yield self.fault(says, number)


def walked(protocol: Protocol) -> tuple[Fault | None, str]:
    """The first fault of the model, or None; and how much of it was walked."""
    search = Search(protocol)
    fault = search.run()
    return fault, f"{len(search.worlds):,} states, {search.transitions:,} transitions"


def wrong(protocol: Protocol, world: World) -> str:
    """The invariant that *world* breaks; empty if none."""
    store = world.history[-1]
    for study, row in enumerate(store.rows):
        if row != protocol.folded(study, row.pos):
            return f"row {protocol.names[study]} is not the fold of its records"
        due = protocol.studies.rfind(protocol.names[study], 0, store.next)
        if row.pos < due:
            return f"row {protocol.names[study]} is behind the cursor"
    if (world.told | store.outbox) & ~protocol.right:
        return "an alert that no record rings"
    return ""


def finished(protocol: Protocol, world: World) -> bool:
    """Whether everything is folded and told."""
    store = world.history[-1]
    return (store.next, store.outbox, world.told) == (protocol.end, 0, protocol.right)
