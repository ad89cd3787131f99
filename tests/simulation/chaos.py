"""Decides, from one seed, what goes wrong and when; from some hour on nothing does any more."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import TypeVar

T = TypeVar("T")

FOLD_RAISED = "fold raised"


class CallOutcome(StrEnum):
    """What becomes of one call to a service."""

    OK = "well"
    UNSENT = "unsent"
    LOST_RESPONSE = "lost answer"
    LATE = "late"
    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"


@dataclass(slots=True)
class Chaos:
    """Until *calm*, calls fail at *rate*, and *weather* is how often the rest of the world does.

    *counts* is what happened, by name.
    """

    random: Random
    faults_until: float
    call_failure_rate: float
    failures_per_second: float
    crash_share: float
    counts: Counter[str] = field(default_factory=Counter[str])

    @classmethod
    def draw(cls, random: Random) -> Chaos:
        """One of many kinds of bad days; on some only few things go wrong."""
        return cls(
            random,
            faults_until=random.choice((4.0, 8.0, 16.0)),
            call_failure_rate=random.choice((0.0, 0.01, 0.03, 0.1)),
            failures_per_second=random.choice((0.0, 0.2, 1.0, 2.0)),
            crash_share=random.choice((0.1, 0.5)),
        )

    @property
    def has_ended(self) -> bool:
        """Whether nothing goes wrong any more."""
        return asyncio.get_running_loop().time() >= self.faults_until

    def happens(self, chance: float, name: str) -> bool:
        """Whether something of that *chance* happens now; counted by its *name*."""
        if self.has_ended or self.random.random() >= chance:
            return False
        self.counts[name] += 1
        return True

    def call_outcome(self, name: str, *, writes: bool) -> CallOutcome:
        """What becomes of a call; counted by its *name*."""
        if self.has_ended or self.random.random() >= self.call_failure_rate:
            return CallOutcome.OK
        if self.random.random() < self.crash_share:
            outcome = self.random.choice((CallOutcome.CRASH_BEFORE, CallOutcome.CRASH_AFTER))
        else:
            outcome = self.random.choice(
                (CallOutcome.UNSENT, CallOutcome.LOST_RESPONSE, CallOutcome.LATE)
            )
        if outcome is CallOutcome.LATE and not writes:
            outcome = CallOutcome.LOST_RESPONSE
        self.counts[f"{outcome}: {name}"] += 1
        return outcome

    def draw_delay(self) -> float:
        """How long something takes: mostly little, now and then as long as everything else."""
        return self.random.expovariate(1 / self.random.choice((0.001, 0.005, 0.05)))


@dataclass(slots=True)
class Machine:
    """Where one worker runs.  Dead, it never comes back from a call; asleep, late.

    *late* are its requests that nobody waits for any more, and that still arrive.
    """

    chaos: Chaos
    dead: bool = False
    asleep_until: float = 0.0
    late_calls: list[asyncio.Task[None]] = field(default_factory=list["asyncio.Task[None]"])

    def kill(self) -> None:
        """Lose all memory at once: no `finally` runs, no task ends."""
        self.dead = True

    async def pause(self) -> None:
        """Let time pass; on a dead machine, all of it."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self.chaos.draw_delay())
        await asyncio.sleep(max(0.0, self.asleep_until - loop.time()))
        if self.dead:
            await loop.create_future()

    async def call(
        self,
        name: str,
        request: Callable[[], Awaitable[T]],
        error: type[Exception],
        *,
        writes: bool = False,
    ) -> T:
        """Ask a service to *act*; *error* is what it raises where it does not answer."""
        outcome = self.chaos.call_outcome(name, writes=writes)
        await self.pause()
        if outcome is CallOutcome.CRASH_BEFORE:
            self.kill()
            await self.pause()
        if outcome is CallOutcome.LATE:
            self.late_calls.append(asyncio.create_task(self._call_late(request)))
        if outcome in (CallOutcome.UNSENT, CallOutcome.LATE):
            raise error("it did not answer")
        response = await request()
        if outcome is CallOutcome.CRASH_AFTER:
            self.kill()
        await self.pause()
        if outcome is CallOutcome.LOST_RESPONSE:
            raise error("its answer was lost")
        return response

    async def _call_late(self, request: Callable[[], Awaitable[T]]) -> None:
        await asyncio.sleep(self.chaos.draw_delay() * self.chaos.random.choice((1, 10, 100)))
        await request()
