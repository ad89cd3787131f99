"""Reads of metrics by treatment are audited before the response, or else refused."""

from __future__ import annotations

from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry

from streams.audit.access import ADDRESSES_MAX, OTHER_ADDRESSES, REFUSAL_LOG_SECONDS, AccessLog
from streams.metrics.pages import MetricsPage
from tests.streams.audit.trail_builders import MemoryTrail, chain, parse_entry, verify_entries

TOKEN = "a-token-of-more-than-sixteen"


class ManualClock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def request_status(page: MetricsPage, token: str) -> int:
    """Return the HTTP status of a request with *token*."""
    async with TestClient(TestServer(page.app())) as client:
        response = await client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
        return response.status


def access_log(trail: MemoryTrail) -> tuple[AccessLog, ManualClock]:
    clock = ManualClock()
    return AccessLog(chain(trail, "run-1"), clock=clock), clock


async def test_every_read_is_audited_in_a_valid_chain():
    """Each entry has the page and the address of the client."""
    trail = MemoryTrail()
    access, _ = access_log(trail)

    for _ in range(3):
        await access.log_request("10.0.0.1", True)

    entries = [parse_entry(entry) for entry in trail.entries]
    assert [(each["act"], each["what"], each["outcome"]) for each in entries] == [
        ("read", "/metrics", "done")
    ] * 3
    assert entries[0]["where"] == {"address": "10.0.0.1"}
    assert verify_entries(trail.entries).faults == []


async def test_refusals_are_audited_at_a_limited_rate():
    """At once, then once a minute with their count, and for a limited number of addresses."""
    trail = MemoryTrail()
    access, clock = access_log(trail)

    for _ in range(50):
        await access.log_request("10.0.0.1", False)
    clock.now = REFUSAL_LOG_SECONDS
    await access.log_request("10.0.0.1", False)

    entries = [parse_entry(entry) for entry in trail.entries]
    assert [(each["outcome"], each["where"]["times"]) for each in entries] == [
        ("refused", 1),
        ("refused", 50),
    ]
    for number in range(ADDRESSES_MAX + 50):
        await access.log_request(f"a{number}", False)
    assert (
        len(access.refusal_logged_at) == ADDRESSES_MAX + 1
        and OTHER_ADDRESSES in access.refusal_logged_at
    )


async def test_a_read_that_cannot_be_audited_is_refused():
    """A page must not be readable without an audit entry."""
    trail = MemoryTrail()
    access, _ = access_log(trail)
    page = MetricsPage(
        address="", registry=CollectorRegistry(), token=TOKEN, log_request=access.log_request
    )

    assert (await request_status(page, TOKEN), await request_status(page, "another")) == (200, 401)
    assert [parse_entry(entry)["outcome"] for entry in trail.entries] == ["done", "refused"]
    trail.down = True
    assert await request_status(page, TOKEN) == 503
