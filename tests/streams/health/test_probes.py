"""The two probes: what they find, what they say to mend it, and what they never say."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from streams.health.probes import LIVE_SECONDS, Condition, Finding, Health, findings
from streams.log import LogUnreachable
from streams.store import StoreUnreachable, WrongStore

WELL = Condition(partition=3)


@dataclass
class Worker:
    """What a probe asks: *raising* is what the store says when it is checked."""

    conditions: list[Condition] = field(default_factory=list[Condition])
    joined: bool = True
    raising: Exception | None = None
    hour: float = 0

    async def check(self) -> None:
        if self.raising:
            raise self.raising

    @property
    def health(self) -> Health:
        return Health(
            joined=lambda: self.joined,
            conditions=lambda: self.conditions,
            check=self.check,
            lag_max=100,
            clock=lambda: self.hour,
        )


def asked(worker: Worker, page: str) -> tuple[int, Any]:
    """The status and the body of *page*."""

    async def ask(client: TestClient[Any, Any]) -> tuple[int, Any]:
        answer = await client.get(page)
        return answer.status, await answer.json()

    return with_client(worker.health, ask)


def with_client(
    health: Health, ask: Callable[[TestClient[Any, Any]], Awaitable[tuple[int, Any]]]
) -> tuple[int, Any]:
    async def main() -> tuple[int, Any]:
        async with TestClient(TestServer(health.app())) as client:
            return await ask(client)

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("bad", "what", "remedy"),
    [
        ({"claimed": False, "trouble": "no answer"}, "not claimed: no answer", "tocsin doctor"),
        ({"claimed": False}, "not claimed: it is being claimed", "tocsin doctor"),
        ({"refused": "it is full"}, "not written: it is full", "tocsin doctor"),
        ({"stopped": "ten unreadable"}, "ten unreadable", "tocsin quarantine list"),
        ({"lag": 101}, "101 records behind, of 100 allowed", "start another worker: tocsin run"),
        (
            {"waiting_seconds": 11, "untold": "no broker"},
            "something to tell has been waiting for 11 s: no broker",
            "tocsin topics apply",
        ),
    ],
)
def test_each_fault_is_named_with_what_mends_it(bad: dict[str, Any], what: str, remedy: str):
    """Whoever is called at night reads one line and types the next."""
    found = list(findings([Condition(partition=5, **bad)], lag_max=100))

    assert found == [Finding(what=what, remedy=remedy, partition=5)]


@pytest.mark.parametrize("well", [{}, {"lag": 100}, {"waiting_seconds": 10}])
def test_what_is_within_its_limit_is_well(well: dict[str, Any]):
    """A limit is what is still allowed."""
    assert list(findings([Condition(partition=5, **well)], lag_max=100)) == []


def test_a_worker_with_all_in_order_is_ready():
    """The body is for a program: it says so, and has nothing else to say."""
    assert asked(Worker([WELL]), "/readyz") == (200, {"ready": True, "findings": []})


def test_a_worker_without_a_partition_is_ready():
    """A spare worker in a group must not look like a broken one."""
    assert asked(Worker(), "/readyz")[0] == 200


def test_a_worker_that_has_not_joined_is_not_ready():
    """Owning nothing yet is not the same as being given nothing."""
    status, body = asked(Worker(joined=False), "/readyz")

    assert status == 503
    assert [each["what"] for each in body["findings"]] == ["it has not joined its group yet"]


@pytest.mark.parametrize(
    ("error", "what", "remedy"),
    [
        (WrongStore("evicts: CONFIG SET"), "evicts: CONFIG SET", "tocsin store apply"),
        (StoreUnreachable("The store is gone"), "The store is gone", "tocsin doctor"),
        (LogUnreachable("No broker"), "No broker", "tocsin doctor"),
    ],
)
def test_a_service_that_is_not_fit_is_seen(error: Exception, what: str, remedy: str):
    """A policy changed behind a running worker would lose rows without a word."""
    status, body = asked(Worker([WELL], raising=error), "/readyz")

    assert status == 503
    assert body["findings"] == [{"what": what, "remedy": remedy, "partition": None}]


def test_a_loop_that_turns_is_live():
    """Whatever else is wrong: a restart would not mend the store."""
    assert asked(Worker(raising=StoreUnreachable("refused")), "/livez")[0] == 200


def test_a_loop_that_was_stuck_is_not_live():
    """The probe is answered by the same loop: after a long silence it says so."""
    worker = Worker()

    async def ask(client: TestClient[Any, Any]) -> tuple[int, Any]:
        await client.get("/livez")
        worker.hour += LIVE_SECONDS + 1
        answer = await client.get("/livez")
        return answer.status, await answer.json()

    status, body = with_client(worker.health, ask)

    assert status == 503
    assert "has not turned for 6 s" in body["findings"][0]["what"]
