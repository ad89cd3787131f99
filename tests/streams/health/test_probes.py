"""The two probes: what they find, what they say to mend it, and what they never say."""

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
    """What a probe asks: *raising* is what the store says when it is checked."""

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
    """The status and the body of *page*."""

    async def request_page(client: TestClient[Any, Any]) -> tuple[int, Any]:
        answer = await client.get(page)
        return answer.status, await answer.json()

    return with_client(worker.probes, request_page)


def with_client(
    probes: Probes, request_page: Callable[[TestClient[Any, Any]], Awaitable[tuple[int, Any]]]
) -> tuple[int, Any]:
    async def main() -> tuple[int, Any]:
        async with TestClient(TestServer(probes.app())) as client:
            return await request_page(client)

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("bad", "what", "remedy"),
    [
        ({"claimed": False, "claim_error": "no answer"}, "not claimed: no answer", "tocsin doctor"),
        ({"claimed": False}, "not claimed: it is being claimed", "tocsin doctor"),
        ({"write_error": "it is full"}, "not written: it is full", "tocsin doctor"),
        ({"stop_reason": "ten unreadable"}, "ten unreadable", "tocsin quarantine list"),
        ({"lag": 101}, "101 records behind, of 100 allowed", "start another worker: tocsin run"),
        (
            {"pending_seconds": 11, "publish_error": "no broker"},
            "something to tell has been waiting for 11 s: no broker",
            "tocsin topics apply",
        ),
    ],
)
def test_each_fault_is_named_with_what_mends_it(bad: dict[str, Any], what: str, remedy: str):
    """Whoever is called at night reads one line and types the next."""
    found = list(partition_findings([PartitionStatus(partition=5, **bad)], lag_max=100))

    assert found == [ProbeFinding(what=what, remedy=remedy, partition=5)]


@pytest.mark.parametrize("well", [{}, {"lag": 100}, {"pending_seconds": 10}])
def test_what_is_within_its_limit_is_well(well: dict[str, Any]):
    """A limit is what is still allowed."""
    assert list(partition_findings([PartitionStatus(partition=5, **well)], lag_max=100)) == []


def test_a_worker_with_all_in_order_is_ready():
    """The body is for a program: it says so, and has nothing else to say."""
    assert request(FakeWorker([HEALTHY]), "/readyz") == (200, {"ready": True, "findings": []})


def test_a_worker_without_a_partition_is_ready():
    """A spare worker in a group must not look like a broken one."""
    assert request(FakeWorker(), "/readyz")[0] == 200


def test_a_worker_that_has_not_joined_is_not_ready():
    """Owning nothing yet is not the same as being given nothing."""
    status, body = request(FakeWorker(joined=False), "/readyz")

    assert status == 503
    assert [each["what"] for each in body["findings"]] == ["it has not joined its group yet"]


@pytest.mark.parametrize(
    ("error", "what", "remedy"),
    [
        (StoreMisconfigured("evicts: CONFIG SET"), "evicts: CONFIG SET", "tocsin store apply"),
        (StoreUnreachable("The store is gone"), "The store is gone", "tocsin doctor"),
        (LogUnreachable("No broker"), "No broker", "tocsin doctor"),
    ],
)
def test_a_service_that_is_not_fit_is_seen(error: Exception, what: str, remedy: str):
    """A policy changed behind a running worker would lose rows without a word."""
    status, body = request(FakeWorker([HEALTHY], check_error=error), "/readyz")

    assert status == 503
    assert body["findings"] == [{"what": what, "remedy": remedy, "partition": None}]


def test_a_loop_that_turns_is_live():
    """Whatever else is wrong: a restart would not mend the store."""
    assert request(FakeWorker(check_error=StoreUnreachable("refused")), "/livez")[0] == 200


def test_a_loop_that_was_stuck_is_not_live():
    """The probe is answered by the same loop: after a long silence it says so."""
    worker = FakeWorker()

    async def ask(client: TestClient[Any, Any]) -> tuple[int, Any]:
        await client.get("/livez")
        worker.now += LIVE_SECONDS + 1
        answer = await client.get("/livez")
        return answer.status, await answer.json()

    status, body = with_client(worker.probes, ask)

    assert status == 503
    assert "has not turned for 6 s" in body["findings"][0]["what"]
