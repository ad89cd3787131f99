"""Answers `/livez` and `/readyz` on the open port: what is not well, and which command mends it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field

from aiohttp import web

from streams.log import LogUnreachable
from streams.store import StoreMisconfigured, StoreUnreachable

LIVE_SECONDS = 5
"""A loop that has not turned for so long is stuck: a supervisor should start anew."""

OUTBOX_SECONDS = 10
HEARTBEAT_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeFinding:
    """Something that is not well, of *partition* or of the whole worker, and its *remedy*."""

    what: str
    remedy: str
    partition: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionStatus:
    """How one partition stands; its words are empty where all is well."""

    partition: int
    claimed: bool = True
    claim_error: str = ""
    write_error: str = ""
    stop_reason: str = ""
    lag: int = 0
    pending_seconds: float = 0
    publish_error: str = ""


def partition_findings(statuses: Iterable[PartitionStatus], lag_max: int) -> Iterator[ProbeFinding]:
    """What keeps partitions from being ready."""
    for each in statuses:
        yield from findings_of_partition(each, lag_max)


def findings_of_partition(status: PartitionStatus, lag_max: int) -> Iterator[ProbeFinding]:
    """What keeps one partition from being ready."""
    partition = status.partition
    if not status.claimed:
        what = f"not claimed: {status.claim_error or 'it is being claimed'}"
        yield ProbeFinding(what=what, remedy="tocsin doctor", partition=partition)
    elif status.write_error:
        what = f"not written: {status.write_error}"
        yield ProbeFinding(what=what, remedy="tocsin doctor", partition=partition)
    if status.stop_reason:
        yield ProbeFinding(
            what=status.stop_reason, remedy="tocsin quarantine list", partition=partition
        )
    if status.lag > lag_max:
        what = f"{status.lag} records behind, of {lag_max} allowed"
        yield ProbeFinding(
            what=what, remedy="start another worker: tocsin run", partition=partition
        )
    if status.pending_seconds > OUTBOX_SECONDS:
        reason = f": {status.publish_error}" if status.publish_error else ""
        what = f"something to tell has been waiting for {status.pending_seconds:.0f} s{reason}"
        yield ProbeFinding(what=what, remedy="tocsin topics apply", partition=partition)


@dataclass(slots=True)
class Probes:
    """Answers both probes.

    *joined* says whether the group has given us partitions or none, *conditions* how those
    stand; *check* raises WrongStore, StoreUnreachable or LogUnreachable.
    """

    has_joined: Callable[[], bool]
    partition_statuses: Callable[[], Iterable[PartitionStatus]]
    check_connections: Callable[[], Awaitable[None]]
    lag_max: int
    clock: Callable[[], float] = time.monotonic
    last_heartbeat: float = field(default=float("-inf"))

    def app(self) -> web.Application:
        """The two pages."""
        app = web.Application()
        app.router.add_get("/livez", self.livez)
        app.router.add_get("/readyz", self.readyz)
        app.cleanup_ctx.append(self.heartbeat_context)
        return app

    async def heartbeat_context(self, _: web.Application) -> AsyncIterator[None]:
        """Notes that the loop turns, while the app runs."""
        task = asyncio.create_task(self.run_heartbeat())
        yield
        task.cancel()

    async def run_heartbeat(self) -> None:
        """Note again and again that the loop turns."""
        while True:
            self.last_heartbeat = self.clock()
            await asyncio.sleep(HEARTBEAT_SECONDS)

    async def livez(self, _: web.Request) -> web.Response:
        """Whether the loop turns."""
        if (stalled_seconds := self.clock() - self.last_heartbeat) > LIVE_SECONDS:
            what = f"the loop has not turned for {stalled_seconds:.0f} s"
            return probe_response([ProbeFinding(what=what, remedy="restart this worker")])
        return probe_response([])

    async def readyz(self, _: web.Request) -> web.Response:
        """Whether all that this worker holds is watched as it should be."""
        return probe_response([each async for each in self.readiness_findings()])

    async def readiness_findings(self) -> AsyncIterator[ProbeFinding]:
        """What is not ready."""
        if not self.has_joined():
            what = "it has not joined its group yet"
            yield ProbeFinding(what=what, remedy="wait; if it lasts: tocsin doctor")
        try:
            await self.check_connections()
        except StoreMisconfigured as error:
            yield ProbeFinding(what=str(error), remedy="tocsin store apply")
        except (StoreUnreachable, LogUnreachable) as error:
            yield ProbeFinding(what=str(error), remedy="tocsin doctor")
        for finding in partition_findings(self.partition_statuses(), self.lag_max):
            yield finding


def probe_response(findings: list[ProbeFinding]) -> web.Response:
    """200 where nothing was found, else 503, and what was."""
    body = {"ready": not findings, "findings": [asdict(each) for each in findings]}
    return web.json_response(body, status=503 if findings else 200)
