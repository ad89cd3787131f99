"""A follower's client in the process of the test: views of ProDERM, built when asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import orjson

from alerts.register.register import AlertRegister
from board.follower.client import FollowerUnreachable
from board.follower.from_log import facts_from_log
from board.follower.protocol import (
    AlertSummary,
    Answer,
    FollowerState,
    PartitionSummary,
    StudySummary,
)
from board.views.catalogue import VIEWS
from board.views.facts import StudyFacts
from tests.paths import ROOT

STUDY = "PRODERM"


@cache
def proderm_facts() -> StudyFacts:
    """The facts of ProDERM, folded once."""
    with (ROOT / "studies" / "proderm" / "log.jsonl").open("rb") as lines:
        return next(facts_from_log(lines))


@cache
def view_json(view: str, arguments: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """A view of ProDERM as JSON, as it comes from the follower."""
    return orjson.loads(orjson.dumps(VIEWS[view].build(proderm_facts(), dict(arguments))))


@dataclass
class FactsClient:
    """Answers with views of ProDERM, or with *bodies* by view; *asked* lists what was asked for."""

    version: int = 1
    silent_seconds: float = 0.0
    reachable: bool = True
    bodies: dict[str, dict[str, Any]] = field(default_factory=dict[str, Any])
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    fault: str | None = None
    behind: int = 0
    fresh_seconds: float = 0.0
    delay: float = 0.0
    partitions: dict[int, PartitionSummary] = field(default_factory=dict[int, PartitionSummary])
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def state(self) -> FollowerState | None:
        facts = proderm_facts()
        register = facts.study.extension
        assert isinstance(register, AlertRegister)
        alerts = tuple(
            AlertSummary(
                id=each.alert.id,
                revision=each.alert.revision,
                state=each.alert.state.value,
                level=each.alert.level,
            )
            for each in register.entries.values()
        )
        summary = StudySummary(version=self.version, completeness=facts.completeness, alerts=alerts)
        others = {
            "OTHER": replace(summary, completeness=replace(facts.completeness, study="OTHER"))
        }
        return FollowerState(
            sequence=self.version, time=0.0, studies={STUDY: summary, **others},
            partitions=self.partitions, fault=self.fault,
        )  # fmt: skip

    async def states(self) -> AsyncGenerator[FollowerState]:
        while True:
            state = self.state
            assert state is not None
            yield state
            await self.arrived.wait()
            self.arrived = asyncio.Event()

    def change(self) -> None:
        """Let the study have another version."""
        self.version += 1
        self.arrived.set()

    async def ask(
        self,
        study: str,
        view: str,
        arguments: Mapping[str, str] | None = None,
        as_of: str | None = None,
    ) -> Answer:
        if not self.reachable:
            raise FollowerUnreachable("The follower is not connected.")
        self.asked.append((study, view))
        await asyncio.sleep(self.delay)
        completeness = replace(proderm_facts().completeness, study=study)
        body = self.bodies.get(view)
        if body is None:
            body = view_json(view, tuple((arguments or {}).items()))
        return Answer(
            version=self.version - self.behind,
            body=body,
            completeness=completeness,
            fresh_seconds=self.fresh_seconds,
        )
