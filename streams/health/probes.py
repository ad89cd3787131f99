"""Serves the probes `/livez` and `/readyz` on the open port, each finding with its remedy."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field

from aiohttp import web

from streams.log import LogUnreachable
from streams.store import StoreMisconfigured, StoreUnreachable

LIVE_SECONDS = 5
"""An event loop without a heartbeat for so long is stuck; a supervisor should restart it."""

OUTBOX_SECONDS = 10
HEARTBEAT_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeFinding:
    """A reason why *partition*, or the whole process, is not ready, and the command that helps."""

    what: str
    remedy: str
    partition: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionStatus:
    """Claim, errors, lag and pending outbox time of one partition; no error is an empty text."""

    partition: int
    claimed: bool = True
    claim_error: str = ""
    write_error: str = ""
    stop_reason: str = ""
    lag: int = 0
    pending_seconds: float = 0
    publish_error: str = ""

    @property
    def has_work(self) -> bool:
        """Whether the partition is unclaimed, or has lag and is not stopped."""
        return not self.claimed or (not self.stop_reason and self.lag > 0)


def partition_findings(statuses: Iterable[PartitionStatus], lag_max: int) -> Iterator[ProbeFinding]:
    """Yield what keeps partitions from being ready; *lag_max* is in records."""
    for each in statuses:
        yield from findings_of_partition(each, lag_max)


def findings_of_partition(status: PartitionStatus, lag_max: int) -> Iterator[ProbeFinding]:
    """Yield what keeps one partition from being ready."""
    partition = status.partition
    if not status.claimed:
        what = f"not claimed: {status.claim_error or 'claim in progress'}"
        yield ProbeFinding(what=what, remedy="tocsin doctor", partition=partition)
    elif status.write_error:
        what = f"cannot write to the store: {status.write_error}"
        yield ProbeFinding(what=what, remedy="tocsin doctor", partition=partition)
    if status.stop_reason:
        yield ProbeFinding(
            what=status.stop_reason, remedy="tocsin quarantine list", partition=partition
        )
    if status.lag > lag_max:
        what = f"lag of {status.lag} records exceeds the limit of {lag_max}"
        yield ProbeFinding(
            what=what, remedy="start another worker: tocsin run", partition=partition
        )
    if status.pending_seconds > OUTBOX_SECONDS:
        reason = f": {status.publish_error}" if status.publish_error else ""
        what = f"outbox entry pending for {status.pending_seconds:.0f} s{reason}"
        yield ProbeFinding(what=what, remedy="tocsin topics apply", partition=partition)


@dataclass(slots=True)
class Probes:
    """Serves both probes.

    *has_joined* returns whether the consumer group has made an assignment, even an empty one;
    *partition_statuses* the status of each assigned partition.  *check_connections* raises
    StoreMisconfigured, StoreUnreachable or LogUnreachable.  *lag_max* is in records.
    """

    has_joined: Callable[[], bool]
    partition_statuses: Callable[[], Iterable[PartitionStatus]]
    check_connections: Callable[[], Awaitable[None]]
    lag_max: int
    clock: Callable[[], float] = time.monotonic
    last_heartbeat: float = field(default=float("-inf"))

    def app(self) -> web.Application:
        """Build the web application with the two probes."""
        app = web.Application()
        app.router.add_get("/livez", self.livez)
        app.router.add_get("/readyz", self.readyz)
        app.cleanup_ctx.append(self.heartbeat_context)
        return app

    async def heartbeat_context(self, _: web.Application) -> AsyncIterator[None]:
        """Run the heartbeat while the application runs."""
        task = asyncio.create_task(self.run_heartbeat())
        yield
        task.cancel()

    async def run_heartbeat(self) -> None:
        """Record every half second that the event loop runs."""
        while True:
            self.last_heartbeat = self.clock()
            await asyncio.sleep(HEARTBEAT_SECONDS)

    async def livez(self, _: web.Request) -> web.Response:
        """Respond 503 if the last heartbeat is older than ``LIVE_SECONDS``."""
        if (stalled_seconds := self.clock() - self.last_heartbeat) > LIVE_SECONDS:
            what = f"the event loop has not run for {stalled_seconds:.0f} s"
            return probe_response([ProbeFinding(what=what, remedy="restart this worker")])
        return probe_response([])

    async def readyz(self, _: web.Request) -> web.Response:
        """Respond 503 with the findings if this process is not ready."""
        return probe_response([each async for each in self.readiness_findings()])

    async def readiness_findings(self) -> AsyncIterator[ProbeFinding]:
        """Yield what keeps this process from being ready."""
        if not self.has_joined():
            what = "not yet a member of its consumer group"
            yield ProbeFinding(what=what, remedy="wait; if this persists: tocsin doctor")
        try:
            await self.check_connections()
        except StoreMisconfigured as error:
            yield ProbeFinding(what=str(error), remedy="tocsin store apply")
        except (StoreUnreachable, LogUnreachable) as error:
            yield ProbeFinding(what=str(error), remedy="tocsin doctor")
        for finding in partition_findings(self.partition_statuses(), self.lag_max):
            yield finding


def probe_response(findings: list[ProbeFinding]) -> web.Response:
    """Respond 200 without *findings*, else 503 with the findings as JSON."""
    body = {"ready": not findings, "findings": [asdict(each) for each in findings]}
    return web.json_response(body, status=503 if findings else 200)
