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


class Fate(StrEnum):
    """What becomes of one call to a service."""

    WELL = "well"
    UNSENT = "unsent"
    LOST_ANSWER = "lost answer"
    LATE = "late"
    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"


@dataclass(slots=True)
class Chaos:
    """Until *calm*, calls fail at *rate*, and *weather* is how often the rest of the world does.

    *counts* is what happened, by name.
    """

    random: Random
    calm: float
    rate: float
    weather: float
    crash_share: float
    counts: Counter[str] = field(default_factory=Counter[str])

    @classmethod
    def drawn(cls, random: Random) -> Chaos:
        """One of many kinds of bad days; on some only few things go wrong."""
        return cls(
            random,
            calm=random.choice((4.0, 8.0, 16.0)),
            rate=random.choice((0.0, 0.01, 0.03, 0.1)),
            weather=random.choice((0.0, 0.2, 1.0, 2.0)),
            crash_share=random.choice((0.1, 0.5)),
        )

    @property
    def over(self) -> bool:
        """Whether nothing goes wrong any more."""
        return asyncio.get_running_loop().time() >= self.calm

    def happens(self, chance: float, name: str) -> bool:
        """Whether something of that *chance* happens now; counted by its *name*."""
        if self.over or self.random.random() >= chance:
            return False
        self.counts[name] += 1
        return True

    def fate(self, name: str, *, writes: bool) -> Fate:
        """What becomes of a call; counted by its *name*."""
        if self.over or self.random.random() >= self.rate:
            return Fate.WELL
        if self.random.random() < self.crash_share:
            fate = self.random.choice((Fate.CRASH_BEFORE, Fate.CRASH_AFTER))
        else:
            fate = self.random.choice((Fate.UNSENT, Fate.LOST_ANSWER, Fate.LATE))
        if fate is Fate.LATE and not writes:
            fate = Fate.LOST_ANSWER
        self.counts[f"{fate}: {name}"] += 1
        return fate

    def moment(self) -> float:
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
    late: list[asyncio.Task[None]] = field(default_factory=list["asyncio.Task[None]"])

    def kill(self) -> None:
        """Lose all memory at once: no `finally` runs, no task ends."""
        self.dead = True

    async def pause(self) -> None:
        """Let time pass; on a dead machine, all of it."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self.chaos.moment())
        await asyncio.sleep(max(0.0, self.asleep_until - loop.time()))
        if self.dead:
            await loop.create_future()

    async def call(
        self,
        name: str,
        act: Callable[[], Awaitable[T]],
        error: type[Exception],
        *,
        writes: bool = False,
    ) -> T:
        """Ask a service to *act*; *error* is what it raises where it does not answer."""
        fate = self.chaos.fate(name, writes=writes)
        await self.pause()
        if fate is Fate.CRASH_BEFORE:
            self.kill()
            await self.pause()
        if fate is Fate.LATE:
            self.late.append(asyncio.create_task(self._later(act)))
        if fate in (Fate.UNSENT, Fate.LATE):
            raise error("it did not answer")
        answer = await act()
        if fate is Fate.CRASH_AFTER:
            self.kill()
        await self.pause()
        if fate is Fate.LOST_ANSWER:
            raise error("its answer was lost")
        return answer

    async def _later(self, act: Callable[[], Awaitable[T]]) -> None:
        await asyncio.sleep(self.chaos.moment() * self.chaos.random.choice((1, 10, 100)))
        await act()
