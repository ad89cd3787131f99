"""The findings of both probes, and the remedy of each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from streams.health.probes import (
    LIVE_SECONDS,
    PartitionStatus,
    ProbeFinding,
    Probes,
    partition_findings,
)
from streams.log import LogUnreachable
from streams.store import StoreMisconfigured, StoreUnreachable

HEALTHY = PartitionStatus(partition=3)


@dataclass
class FakeWorker:
    """The state that the probes read; *check_error* is raised by the connection check."""

    statuses: list[PartitionStatus] = field(default_factory=list[PartitionStatus])
    joined: bool = True
    check_error: Exception | None = None
    now: float = 0

    async def check(self) -> None:
        if self.check_error:
            raise self.check_error

    @property
    def probes(self) -> Probes:
        return Probes(
            has_joined=lambda: self.joined,
            partition_statuses=lambda: self.statuses,
            check_connections=self.check,
            lag_max=100,
            clock=lambda: self.now,
        )


def request(worker: FakeWorker, page: str) -> tuple[int, Any]:
    """The HTTP status and the JSON body of *page*."""

    async def request_page(client: TestClient[Any, Any]) -> tuple[int, Any]:
        response = await client.get(page)
        return response.status, await response.json()

    return with_client(worker.probes, request_page)


def with_client(
    probes: Probes, request_page: Callable[[TestClient[Any, Any]], Awaitable[tuple[int, Any]]]
) -> tuple[int, Any]:
    async def main() -> tuple[int, Any]:
        async with TestClient(TestServer(probes.app())) as client:
            return await request_page(client)

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("status_fields", "what", "remedy"),
    [
        ({"claimed": False, "claim_error": "no answer"}, "not claimed: no answer", "tocsin doctor"),
        ({"claimed": False}, "not claimed: claim in progress", "tocsin doctor"),
        ({"write_error": "it is full"}, "cannot write to the store: it is full", "tocsin doctor"),
        ({"stop_reason": "ten unreadable"}, "ten unreadable", "tocsin quarantine list"),
        (
            {"lag": 101},
            "lag of 101 records exceeds the limit of 100",
            "start another worker: tocsin run",
        ),
        (
            {"pending_seconds": 11, "publish_error": "no broker"},
            "outbox entry pending for 11 s: no broker",
            "tocsin topics apply",
        ),
    ],
)
def test_each_fault_is_a_finding_with_its_remedy(
    status_fields: dict[str, Any], what: str, remedy: str
):
    """The on-call operator reads the finding, and runs the command of its remedy."""
    findings = list(
        partition_findings([PartitionStatus(partition=5, **status_fields)], lag_max=100)
    )

    assert findings == [ProbeFinding(what=what, remedy=remedy, partition=5)]


@pytest.mark.parametrize("status_fields", [{}, {"lag": 100}, {"pending_seconds": 10}])
def test_a_value_at_its_limit_is_no_finding(status_fields: dict[str, Any]):
    """A limit is the largest value that is allowed."""
    assert (
        list(partition_findings([PartitionStatus(partition=5, **status_fields)], lag_max=100)) == []
    )


def test_a_worker_without_findings_is_ready():
    """The body is JSON for a program, with an empty list of findings."""
    assert request(FakeWorker([HEALTHY]), "/readyz") == (200, {"ready": True, "findings": []})


def test_a_worker_without_a_partition_is_ready():
    """A spare worker of a group must not appear broken."""
    assert request(FakeWorker(), "/readyz")[0] == 200


def test_a_worker_that_has_not_joined_is_not_ready():
    """No assignment yet differs from an empty assignment."""
    status, body = request(FakeWorker(joined=False), "/readyz")

    assert status == 503
    assert [each["what"] for each in body["findings"]] == ["not yet a member of its consumer group"]


@pytest.mark.parametrize(
    ("error", "what", "remedy"),
    [
        (StoreMisconfigured("evicts: CONFIG SET"), "evicts: CONFIG SET", "tocsin store apply"),
        (StoreUnreachable("The store is gone"), "The store is gone", "tocsin doctor"),
        (LogUnreachable("No broker"), "No broker", "tocsin doctor"),
    ],
)
def test_a_failed_connection_check_is_a_finding(error: Exception, what: str, remedy: str):
    """A store whose eviction policy changes while a worker runs would lose rows silently."""
    status, body = request(FakeWorker([HEALTHY], check_error=error), "/readyz")

    assert status == 503
    assert body["findings"] == [{"what": what, "remedy": remedy, "partition": None}]


def test_a_running_event_loop_is_live():
    """Other faults do not count, because a restart would not repair the store."""
    assert request(FakeWorker(check_error=StoreUnreachable("refused")), "/livez")[0] == 200


def test_a_stuck_event_loop_is_not_live():
    """The same loop answers the probe, and reports the time without a heartbeat."""
    worker = FakeWorker()

    async def request_page(client: TestClient[Any, Any]) -> tuple[int, Any]:
        await client.get("/livez")
        worker.now += LIVE_SECONDS + 1
        response = await client.get("/livez")
        return response.status, await response.json()

    status, body = with_client(worker.probes, request_page)

    assert status == 503
    assert "has not run for 6 s" in body["findings"][0]["what"]
