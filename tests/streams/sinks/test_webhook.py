"""A webhook on a real receiver: signed, known by its key, and never sent where it must not go."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest

from alerts.notification.audiences import deployment
from alerts.notification.webhook_signature import IDEMPOTENCY, genuine, signature
from streams.sinks import SinkDown, SinkRefuses, Style
from streams.sinks.http import TIMEOUT_SECONDS, Poster, public
from streams.sinks.webhook import Webhook
from tests.alerts.notification.published_alerts import BOARD, FILE, Desk, answer, wire
from tests.streams.sinks.webhook_receiver import SECRET, Receiver

STYLE = Style(secret=b"another sixteen bytes", link="https://board.example.org/{ref}")


def hook(url: str, **poster: Any) -> Webhook:
    return Webhook(
        url, lambda: SECRET, STYLE, time.time, Poster(**{"allow_private": True, **poster})
    )


async def test_a_notice_is_signed_and_says_nothing_of_the_trial():
    """The receiver knows who sent it; who reads over its shoulder learns that there is a report."""
    async with Receiver().open() as receiver:
        sink = hook(receiver.url)
        await sink.send(Desk().announce(wire()).notice(BOARD))
        await sink.close()

    (body,), (headers,) = receiver.bodies, receiver.headers
    said = json.loads(body)
    assert receiver.forged == 0
    assert set(said) == {"audience", "event", "key", "link", "page", "ref", "text"}
    assert (said["event"], said["text"]) == ("report.ready", "A report is ready.")
    assert headers[IDEMPOTENCY] == said["key"]
    assert said["link"] == f"https://board.example.org/{said['ref']}"
    for secret in ("1f0c", "PRODERM", "tee", "Stroke", "31.25", "signal", "edc"):
        assert secret not in body.decode() + str(headers)


async def test_an_audience_of_the_closed_zone_sees_the_alert():
    """Where the file says so, and nowhere else."""
    plan = deployment(
        FILE.replace('name = "board"\nsinks', 'name = "board"\nsees = "alert"\nsinks')
    )
    async with Receiver().open() as receiver:
        sink = hook(receiver.url)
        await sink.send(Desk(plan=plan).announce(wire()).notice(BOARD))
        await sink.close()

    said = json.loads(receiver.bodies[0])
    assert said["alert"]["term"] == "Stroke"
    assert said["text"] == "signal in PRODERM: tee, Stroke (raised, revision 1)."


async def test_what_is_tried_again_has_the_same_key_and_body_and_a_new_signature():
    """A receiver that answered too late has it already, and can tell."""
    async with Receiver(answers=[503, 429]).open() as receiver:
        sink = hook(receiver.url)
        await sink.send(Desk().announce(wire()).notice(BOARD))
        await sink.close()

    assert len(receiver.bodies) == 3
    assert len(set(receiver.bodies)) == len(set(receiver.keys)) == 1


async def test_each_revision_and_route_has_a_key_of_its_own():
    """A move is no repetition of the call; nor is the chair's notice one of the board's."""
    async with Receiver().open() as receiver:
        sink = hook(receiver.url)
        desk = Desk().announce(wire())
        await sink.send(desk.notice(BOARD))
        await sink.send(desk.announce(answer(2)).notice(BOARD))
        await sink.close()

    assert len(set(receiver.keys)) == 2
    assert [json.loads(body)["event"] for body in receiver.bodies] == [
        "report.ready",
        "report.updated",
    ]


@pytest.mark.parametrize("status", [500, 503, 429, 408])
async def test_a_receiver_that_is_busy_is_down(status: int):
    """It is asked three times within seconds, and later again."""
    async with Receiver(answers=[status] * 9).open() as receiver:
        sink = hook(receiver.url)
        with pytest.raises(SinkDown, match=str(status)):
            await sink.send(Desk().announce(wire()).notice(BOARD))
        await sink.close()

    assert len(receiver.bodies) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 413])
async def test_a_receiver_that_refuses_is_not_asked_the_same_again_at_once(status: int):
    """The same again would be refused again; the other alerts go first."""
    async with Receiver(answers=[status]).open() as receiver:
        sink = hook(receiver.url)
        with pytest.raises(SinkRefuses, match=str(status)):
            await sink.send(Desk().announce(wire()).notice(BOARD))
        await sink.close()

    assert len(receiver.bodies) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int):
    """Whoever holds the first address must not send us to a second."""
    async with (
        Receiver().open() as other,
        Receiver(answers=[status], location=other.url).open() as receiver,
    ):
        sink = hook(receiver.url)
        with pytest.raises(SinkRefuses, match="redirects are not followed"):
            await sink.send(Desk().announce(wire()).notice(BOARD))
        await sink.close()

    assert (len(receiver.bodies), len(other.bodies)) == (1, 0)


async def test_a_receiver_that_does_not_answer_is_given_up():
    """After five seconds; here it takes less patience to see it."""
    assert TIMEOUT_SECONDS == 5.0
    async with Receiver(pause=30).open() as receiver:
        sink = hook(receiver.url, timeout=0.1)
        with pytest.raises(SinkDown, match="TimeoutError"):
            await sink.send(Desk().announce(wire()).notice(BOARD))
        await sink.close()


async def test_nobody_at_the_address_is_a_sink_that_is_down():
    """A port that nobody listens on, a name that nobody has."""
    for url in ("http://127.0.0.1:1/hook", "http://nowhere.invalid/hook"):
        sink = hook(url)
        with pytest.raises(SinkDown):
            await sink.send(Desk().announce(wire()).notice(BOARD))
        await sink.close()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0.0.0.0",
     "[::1]", "[::ffff:127.0.0.1]", "[::]"],
)  # fmt: skip
async def test_an_address_inside_is_not_called_however_it_is_written(host: str):
    """Resolved once, looked at, and only then connected to: the receiver hears nothing."""
    async with Receiver().open() as receiver:
        port = receiver.url.rpartition(":")[2]
        sink = hook(f"http://{host}:{port}", allow_private=False)
        with pytest.raises((SinkRefuses, SinkDown)):
            await sink.send(Desk().announce(wire()).notice(BOARD))
        await sink.close()

    assert receiver.bodies == []


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "127.0.0.1",
     "0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1%eth0", "fc00::1",
     "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "ff02::1", "::127.0.0.1", "localhost",
     "2130706433", ""],
)  # fmt: skip
def test_these_addresses_are_inside(address: str):
    """Private, local, shared, multicast, reserved, and each of them wrapped into another."""
    assert not public(address)


def test_a_socket_for_an_address_inside_is_not_made():
    """The check is on what is connected to, so no second answer of a name server comes between."""
    place = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))

    with pytest.raises(OSError, match="private"):
        Poster(allow_private=False)._socket(place)


def test_a_signature_is_of_the_hour_the_body_and_the_secret():
    """What was altered, replayed later, or signed by another is not genuine."""
    signed = signature(SECRET, 1000, b"{}")

    def held(**changes: Any) -> bool:
        told: dict[str, Any] = {"timestamp": "1000", "body": b"{}", "signed": signed, "hour": 1001}
        return genuine(SECRET, **{**told, **changes})

    assert held()
    assert not held(body=b"{ }")
    assert not held(timestamp="1001")
    assert not held(hour=2000)
    assert not held(signed=signature(b"another secret!!", 1000, b"{}"))
    assert not held(timestamp="\u0661\u0660")
    assert not held(signed="v1=\ud800")
