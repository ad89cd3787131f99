"""The product with one decision taken otherwise, by subclasses: the storm must tell them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alerts.alert import Alert
from monitor.records import Record
from monitor.state.study import Study
from streams.log import LogRecord
from streams.processor import Hole, Lane
from streams.processor.counts import Taken
from streams.processor.pipeline import Told, take_in
from streams.worker.consumer import Batch
from streams.worker.owned_partition import Held
from streams.worker.progress import Gaps, Sight
from tests.simulation.remote_log import FarLog
from tests.simulation.remote_store import FarStore
from tests.simulation.storm import Cast
from tests.simulation.worker import Site
from tests.simulation.wrong_stores import ComparesNothing, ComparesRowsOnly, CursorFirst, RowInTwo


class Drops(Site):
    """Now and then a batch is gone, and nobody is told."""

    async def hand_over(self, batch: Batch) -> None:
        if self.machine.chaos.random.random() >= 0.2:
            await super().hand_over(batch)


class NeverMissesAnything(Gaps):
    """Does not look for fetches that brought nothing."""

    def doubtful(self, partition: int, sight: Sight) -> bool:
        return False


class DropsAndForgets(Drops):
    """A dropped batch at the end of a quiet log is not fetched again."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.worker.gaps = NeverMissesAnything()


class PassesEveryHole(Held):
    """Takes a hole for transaction markers without reading again."""

    async def pass_by(self, hole: Hole) -> bool:
        self.lane.pass_hole(hole.found)
        return True


class DropsAndPassesOn(Drops):
    """What was dropped is passed over by the next batch."""

    def hold(self, partition: int, of: int) -> Held:
        held = super().hold(partition, of)
        return PassesEveryHole(held.lane, held.log, held.store, held.relay)


class LetsOut(Held):
    """An exception ends the agent, and the batch is gone with it."""

    async def take(self, records: Sequence[LogRecord]) -> bool:
        await self.lane.take(records)
        return True


class AgentRaises(Site):
    """The agent's body lets exceptions out."""

    def hold(self, partition: int, of: int) -> Held:
        held = super().hold(partition, of)
        return LetsOut(held.lane, held.log, held.store, held.relay)


class AtTheEnd:
    """Keeps alerts back until the *last* record of a batch."""

    def __init__(self) -> None:
        self.last, self.kept = -1, list[Alert]()

    def __call__(self, study: Study | None, record: Record, line: int) -> tuple[Study | None, Told]:
        """Fold a record; what rang within the batch rings at its end."""
        study, told = take_in(study, record, line)
        self.kept += told.alerts
        if line != self.last:
            return study, replace(told, alerts=())
        alerts = tuple(replace(alert, line=line) for alert in self.kept)
        self.kept.clear()
        return study, replace(told, alerts=alerts)


class JudgesBatches(Lane):
    """Evaluates what a batch came to, and not each record."""

    async def take(self, records: Sequence[LogRecord]) -> Taken:
        assert isinstance(self.fold, AtTheEnd)
        self.fold.last = records[-1].offset
        return await super().take(records)


class PerBatch(Site):
    """A worker that evaluates once a batch."""

    def lane(self, log: FarLog, store: FarStore, partition: int) -> Lane:
        limits = self.world.limits
        return JudgesBatches(log, store, partition=partition, limits=limits, fold=AtTheEnd())


MUTANTS = {
    "no compare-and-set": Cast(storage=ComparesNothing),
    "compare-and-set on the studies' positions": Cast(storage=ComparesRowsOnly),
    "cursor written first": Cast(storage=CursorFirst),
    "a row in two writes": Cast(storage=RowInTwo),
    "a dropped batch passed over": Cast(site=DropsAndPassesOn),
    "a dropped batch not fetched again": Cast(site=DropsAndForgets),
    "an exception let out of the agent": Cast(site=AgentRaises),
    "evaluation per batch": Cast(site=PerBatch),
}

HARMLESS = {"a dropped batch": Cast(site=Drops)}
"""What the product is to survive: it looks for what it missed."""
