"""Draws faults of calls and machines from one seed, up to a time after which there are none."""

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
    """The outcome of one call to a service."""

    OK = "well"
    UNSENT = "unsent"
    LOST_RESPONSE = "lost answer"
    LATE = "late"
    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"


@dataclass(slots=True)
class Chaos:
    """Rates of the faults, which end at the simulated time *faults_until* in seconds.

    *call_failure_rate* is the probability that a call fails, *crash_share* the share of the failed
    calls that crash the machine, and *failures_per_second* the rate of all other faults.  *counts*
    has the number of faults by name.
    """

    random: Random
    faults_until: float
    call_failure_rate: float
    failures_per_second: float
    crash_share: float
    counts: Counter[str] = field(default_factory=Counter[str])

    @classmethod
    def draw(cls, random: Random) -> Chaos:
        """Draw the rates of one storm; in some storms only few faults occur."""
        return cls(
            random,
            faults_until=random.choice((4.0, 8.0, 16.0)),
            call_failure_rate=random.choice((0.0, 0.01, 0.03, 0.1)),
            failures_per_second=random.choice((0.0, 0.2, 1.0, 2.0)),
            crash_share=random.choice((0.1, 0.5)),
        )

    @property
    def has_ended(self) -> bool:
        """Return whether the time of faults is over."""
        return asyncio.get_running_loop().time() >= self.faults_until

    def happens(self, chance: float, name: str) -> bool:
        """Return whether a fault of probability *chance* occurs now, and count it by *name*."""
        if self.has_ended or self.random.random() >= chance:
            return False
        self.counts[name] += 1
        return True

    def call_outcome(self, name: str, *, writes: bool) -> CallOutcome:
        """Draw the outcome of the call *name*, and count it unless it is OK."""
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
        """Draw a duration in seconds from a mixture of exponentials with means up to 50 ms."""
        return self.random.expovariate(1 / self.random.choice((0.001, 0.005, 0.05)))


@dataclass(slots=True)
class Machine:
    """The machine of one worker: a call of a dead one never returns, one of a paused one is late.

    *late_calls* are requests that still arrive, although the worker no longer waits for them.
    """

    chaos: Chaos
    dead: bool = False
    asleep_until: float = 0.0
    late_calls: list[asyncio.Task[None]] = field(default_factory=list["asyncio.Task[None]"])

    def kill(self) -> None:
        """Stop at once as in a power cut: no `finally` block runs, and no task ends."""
        self.dead = True

    async def pause(self) -> None:
        """Wait a random time, and until a pause ends; on a dead machine, for ever."""
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
        """Call a service with *request*; raise *error* where the drawn outcome has no response."""
        outcome = self.chaos.call_outcome(name, writes=writes)
        await self.pause()
        if outcome is CallOutcome.CRASH_BEFORE:
            self.kill()
            await self.pause()
        if outcome is CallOutcome.LATE:
            self.late_calls.append(asyncio.create_task(self._call_late(request)))
        if outcome in (CallOutcome.UNSENT, CallOutcome.LATE):
            raise error("no response")
        response = await request()
        if outcome is CallOutcome.CRASH_AFTER:
            self.kill()
        await self.pause()
        if outcome is CallOutcome.LOST_RESPONSE:
            raise error("the response was lost")
        return response

    async def _call_late(self, request: Callable[[], Awaitable[T]]) -> None:
        await asyncio.sleep(self.chaos.draw_delay() * self.chaos.random.choice((1, 10, 100)))
        await request()
