"""Who reads numbers by treatment is noted before they are shown; what cannot be noted is not."""

from __future__ import annotations

from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry

from streams.audit.access import ADDRESSES_MAX, OTHER_ADDRESSES, REFUSAL_LOG_SECONDS, AccessLog
from streams.metrics.pages import MetricsPage
from tests.streams.audit.trail_builders import MemoryTrail, chain, parse_entry, verify_entries

TOKEN = "a-token-of-more-than-sixteen"


class ManualClock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def request_status(page: MetricsPage, token: str) -> int:
    """How a request that shows *token* is answered."""
    async with TestClient(TestServer(page.app())) as client:
        answer = await client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
        return answer.status


def access_log(trail: MemoryTrail) -> tuple[AccessLog, ManualClock]:
    clock = ManualClock()
    return AccessLog(chain(trail, "run-1"), clock=clock), clock


async def test_every_answer_is_noted_and_the_chain_holds():
    """By page and address; a token is a principal, for it has no name of its own."""
    trail = MemoryTrail()
    found, _ = access_log(trail)

    for _ in range(3):
        await found.log_request("10.0.0.1", True)

    entries = [parse_entry(entry) for entry in trail.entries]
    assert [(each["act"], each["what"], each["outcome"]) for each in entries] == [
        ("read", "/metrics", "done")
    ] * 3
    assert entries[0]["where"] == {"address": "10.0.0.1"}
    assert verify_entries(trail.entries).faults == []


async def test_refusals_are_noted_and_cannot_fill_the_trail():
    """At once, then once a minute with their number; and no more addresses than there is room."""
    trail = MemoryTrail()
    found, clock = access_log(trail)

    for _ in range(50):
        await found.log_request("10.0.0.1", False)
    clock.now = REFUSAL_LOG_SECONDS
    await found.log_request("10.0.0.1", False)

    entries = [parse_entry(entry) for entry in trail.entries]
    assert [(each["outcome"], each["where"]["times"]) for each in entries] == [
        ("refused", 1),
        ("refused", 50),
    ]
    for number in range(ADDRESSES_MAX + 50):
        await found.log_request(f"a{number}", False)
    assert (
        len(found.refusal_logged_at) == ADDRESSES_MAX + 1
        and OTHER_ADDRESSES in found.refusal_logged_at
    )


async def test_what_cannot_be_noted_is_not_shown():
    """A page that somebody may read without a trace would be read so."""
    trail = MemoryTrail()
    found, _ = access_log(trail)
    page = MetricsPage(
        address="", registry=CollectorRegistry(), token=TOKEN, log_request=found.log_request
    )

    assert (await request_status(page, TOKEN), await request_status(page, "another")) == (200, 401)
    assert [parse_entry(entry)["outcome"] for entry in trail.entries] == ["done", "refused"]
    trail.down = True
    assert await request_status(page, TOKEN) == 503
