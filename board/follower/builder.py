"""Builds views from the studies in memory or in the past, in a thread, and caches them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from time import monotonic
from typing import Any, NamedTuple

import orjson

from board.follower.history import Decision
from board.follower.occurred import occurred_trajectory
from board.follower.partition import PartitionFollower
from board.follower.past import PastStudies, PastStudy
from board.follower.protocol import Ask
from board.follower.study_facts import (
    BaselineNeeded,
    live_facts,
    past_facts,
    with_baseline,
    with_digest,
)
from board.follower.trajectory import TRAJECTORY, build_trajectory
from board.follower.view_cache import BuiltView, ViewCache
from board.views.catalogue import VIEWS, ViewNotFoundError
from board.views.facts import StudyFacts, Trajectory
from monitor.state.digest import state_digest
from monitor.state.study import Study

Build = Callable[[StudyFacts, Mapping[str, str]], Any]


class Look(NamedTuple):
    """A look at the past: the day, the number of records known by then, and the last offset."""

    day: int
    records: int
    until: int


def build_of(view: str) -> Build:
    """Return the function that builds *view*.  Raises ViewNotFoundError."""
    if view == TRAJECTORY:
        return build_trajectory
    if view not in VIEWS:
        raise ViewNotFoundError(view)
    return VIEWS[view].build


@dataclass(slots=True)
class ViewBuilder:
    """Builds the views of all studies, each with the function that *find_build* returns.

    *digests* and *trajectories* have, by study, the offset of the record after which they were
    computed.
    """

    past: PastStudies
    find_build: Callable[[str], Build] = build_of
    cache: ViewCache = field(default_factory=ViewCache)
    digests: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    trajectories: dict[str, tuple[int, dict[str, Trajectory]]] = field(
        default_factory=dict[str, tuple[int, dict[str, Trajectory]]]
    )

    async def find_view(self, partition: PartitionFollower | None, ask: Ask) -> BuiltView:
        """Return the view that *ask* names, of a study in *partition*.

        Raises ViewNotFoundError.
        """
        if partition is None or ask.study not in partition.histories:
            raise ViewNotFoundError(ask.study)
        build = self.find_build(ask.view)
        key = (ask.study, ask.view, tuple(sorted(ask.arguments.items())), ask.as_of)
        if ask.as_of is None:
            version = partition.versions.get(ask.study, 0)
            return await self.cache.get_or_build(
                key, version, lambda: self._build_live(partition, ask, build)
            )
        look = await self._look(partition, ask)
        return await self.cache.get_or_build(
            key, look.records, lambda: self._build_past(partition, ask, build, look)
        )

    def known_digest(self, study: str, offset: int) -> str:
        """Return the digest of *study* after the record at *offset* if a view has it, or ""."""
        known = self.digests.get(study)
        return known[1] if known is not None and known[0] == offset else ""

    async def _look(self, partition: PartitionFollower, ask: Ask) -> Look:
        try:
            day = date.fromisoformat(ask.as_of or "").toordinal()
        except ValueError:
            raise ViewNotFoundError(ask.study) from None
        async with partition.processor.lock:
            row = await partition.load_row(ask.study)
            count, until = partition.histories[ask.study].known_by(day)
        if row is None or not count or row.study.as_of is None or day > row.study.as_of:
            raise ViewNotFoundError(ask.study)
        return Look(day, count, until)

    async def _build_live(self, partition: PartitionFollower, ask: Ask, build: Build) -> BuiltView:
        baseline = None
        while True:
            built = await self._build_once(partition, ask, build, baseline)
            if isinstance(built, BuiltView):
                return built
            baseline = await self._baseline(partition, ask.study, built)

    async def _build_once(
        self, partition: PartitionFollower, ask: Ask, build: Build, baseline: PastStudy | None
    ) -> BuiltView | Decision:
        """Return the view, or the decision for which the view needs the study as it was."""
        name = ask.study
        async with partition.processor.lock:
            row, version = await partition.load_row(name), partition.versions.get(name, 0)
            if row is None:
                raise ViewNotFoundError(name)
            study, offset = row.study, row.last_offset
            decision = partition.histories[name].decision_by(offset)
            facts = live_facts(partition, study, partial(self._occurred, study, offset))
            facts = with_digest(facts, self.known_digest(name, offset))
            facts = with_baseline(facts, decision, baseline)
            try:
                view = await asyncio.to_thread(build_view, build, facts, ask, version)
            except BaselineNeeded:
                assert decision is not None
                return decision
            self.digests[name] = offset, view.completeness.digest
            return view

    async def _build_past(
        self, partition: PartitionFollower, ask: Ask, build: Build, look: Look
    ) -> BuiltView:
        name, baseline = ask.study, None
        decision = partition.histories[name].decision_by(look.until, look.day)
        past = await self.past.fold(partition.partition, name, look.until, look.records, look.day)
        while True:
            async with past.lock:
                if past.study is None:
                    raise ViewNotFoundError(name)
                facts = past_facts(past, past.study, partition.end)
                facts = with_baseline(facts, decision, baseline)
                try:
                    return await asyncio.to_thread(build_view, build, facts, ask, look.records)
                except BaselineNeeded:
                    assert decision is not None
            baseline = await self._baseline(partition, name, decision)

    async def _baseline(
        self, partition: PartitionFollower, study: str, decision: Decision
    ) -> PastStudy:
        return await self.past.fold(partition.partition, study, decision.offset, 0)

    def _occurred(self, study: Study, offset: int, watch: str) -> Trajectory:
        """Return the evidence of *watch* as occurred, computed once for each *offset*."""
        known = self.trajectories.get(study.name)
        if known is None or known[0] != offset:
            known = self.trajectories[study.name] = (offset, {})
        if watch not in known[1]:
            known[1][watch] = occurred_trajectory(study, watch)
        return known[1][watch]


def build_view(build: Build, facts: StudyFacts, ask: Ask, version: int) -> BuiltView:
    """Build the view of *ask*, and the digest of the study where it is missing."""
    began = monotonic()
    if not facts.completeness.digest:
        facts = with_digest(facts, state_digest(facts.study))
    body = orjson.dumps(build(facts, ask.arguments))
    return BuiltView(
        version=version,
        body=body,
        completeness=facts.completeness,
        read_at=began,
        cost=monotonic() - began,
    )
