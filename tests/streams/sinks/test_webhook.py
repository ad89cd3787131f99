"""A webhook on a real receiver: signed, known by its key, and never sent where it must not go."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest

from alerts.notification.audiences import parse_routing_config
from alerts.notification.webhook_signature import IDEMPOTENCY_HEADER, is_genuine, signature
from streams.sinks import RenderOptions, SinkDown, SinkRefuses
from streams.sinks.http import TIMEOUT_SECONDS, HttpClient, is_public_host
from streams.sinks.webhook import Webhook
from tests.alerts.notification.published_alerts import (
    BOARD,
    DELIVERY_FILE,
    DeliveryScenario,
    acknowledgement,
    alert_bytes,
)
from tests.streams.sinks.webhook_receiver import SECRET, WebhookReceiver

STYLE = RenderOptions(secret=b"another sixteen bytes", link="https://board.example.org/{ref}")


def webhook_sink(url: str, **poster: Any) -> Webhook:
    return Webhook(
        url, lambda: SECRET, STYLE, time.time, HttpClient(**{"allow_private": True, **poster})
    )


async def test_a_notice_is_signed_and_says_nothing_of_the_trial():
    """The receiver knows who sent it; who reads over its shoulder learns that there is a report."""
    async with WebhookReceiver().open() as receiver:
        sink = webhook_sink(receiver.url)
        await sink.send(DeliveryScenario().publish(alert_bytes()).due_notification(BOARD))
        await sink.close()

    (body,), (headers,) = receiver.bodies, receiver.headers
    said = json.loads(body)
    assert receiver.forged == 0
    assert set(said) == {"audience", "event", "key", "link", "page", "ref", "text"}
    assert (said["event"], said["text"]) == ("report.ready", "A report is ready.")
    assert headers[IDEMPOTENCY_HEADER] == said["key"]
    assert said["link"] == f"https://board.example.org/{said['ref']}"
    for secret in ("1f0c", "PRODERM", "tee", "Stroke", "31.25", "signal", "edc"):
        assert secret not in body.decode() + str(headers)


async def test_an_audience_of_the_closed_zone_sees_the_alert():
    """Where the file says so, and nowhere else."""
    plan = parse_routing_config(
        DELIVERY_FILE.replace('name = "board"\nsinks', 'name = "board"\nsees = "alert"\nsinks')
    )
    async with WebhookReceiver().open() as receiver:
        sink = webhook_sink(receiver.url)
        await sink.send(
            DeliveryScenario(config=plan).publish(alert_bytes()).due_notification(BOARD)
        )
        await sink.close()

    said = json.loads(receiver.bodies[0])
    assert said["alert"]["term"] == "Stroke"
    assert said["text"] == "signal in PRODERM: tee, Stroke (raised, revision 1)."


async def test_what_is_tried_again_has_the_same_key_and_body_and_a_new_signature():
    """A receiver that answered too late has it already, and can tell."""
    async with WebhookReceiver(statuses=[503, 429]).open() as receiver:
        sink = webhook_sink(receiver.url)
        await sink.send(DeliveryScenario().publish(alert_bytes()).due_notification(BOARD))
        await sink.close()

    assert len(receiver.bodies) == 3
    assert len(set(receiver.bodies)) == len(set(receiver.keys)) == 1


async def test_each_revision_and_route_has_a_key_of_its_own():
    """A move is no repetition of the call; nor is the chair's notice one of the board's."""
    async with WebhookReceiver().open() as receiver:
        sink = webhook_sink(receiver.url)
        desk = DeliveryScenario().publish(alert_bytes())
        await sink.send(desk.due_notification(BOARD))
        await sink.send(desk.publish(acknowledgement(2)).due_notification(BOARD))
        await sink.close()

    assert len(set(receiver.keys)) == 2
    assert [json.loads(body)["event"] for body in receiver.bodies] == [
        "report.ready",
        "report.updated",
    ]


@pytest.mark.parametrize("status", [500, 503, 429, 408])
async def test_a_receiver_that_is_busy_is_down(status: int):
    """It is asked three times within seconds, and later again."""
    async with WebhookReceiver(statuses=[status] * 9).open() as receiver:
        sink = webhook_sink(receiver.url)
        with pytest.raises(SinkDown, match=str(status)):
            await sink.send(DeliveryScenario().publish(alert_bytes()).due_notification(BOARD))
        await sink.close()

    assert len(receiver.bodies) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 413])
async def test_a_receiver_that_refuses_is_not_asked_the_same_again_at_once(status: int):
    """The same again would be refused again; the other alerts go first."""
    async with WebhookReceiver(statuses=[status]).open() as receiver:
        sink = webhook_sink(receiver.url)
        with pytest.raises(SinkRefuses, match=str(status)):
            await sink.send(DeliveryScenario().publish(alert_bytes()).due_notification(BOARD))
        await sink.close()

    assert len(receiver.bodies) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int):
    """Whoever holds the first address must not send us to a second."""
    async with (
        WebhookReceiver().open() as other,
        WebhookReceiver(statuses=[status], location=other.url).open() as receiver,
    ):
        sink = webhook_sink(receiver.url)
        with pytest.raises(SinkRefuses, match="redirects are not followed"):
            await sink.send(DeliveryScenario().publish(alert_bytes()).due_notification(BOARD))
        await sink.close()

    assert (len(receiver.bodies), len(other.bodies)) == (1, 0)


async def test_a_receiver_that_does_not_answer_is_given_up():
    """After five seconds; here it takes less patience to see it."""
    assert TIMEOUT_SECONDS == 5.0
    async with WebhookReceiver(delay_seconds=30).open() as receiver:
        sink = webhook_sink(receiver.url, timeout=0.1)
        with pytest.raises(SinkDown, match="TimeoutError"):
            await sink.send(DeliveryScenario().publish(alert_bytes()).due_notification(BOARD))
        await sink.close()


async def test_nobody_at_the_address_is_a_sink_that_is_down():
    """A port that nobody listens on, a name that nobody has."""
    for url in ("http://127.0.0.1:1/hook", "http://nowhere.invalid/hook"):
        sink = webhook_sink(url)
        with pytest.raises(SinkDown):
            await sink.send(DeliveryScenario().publish(alert_bytes()).due_notification(BOARD))
        await sink.close()


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0.0.0.0",
     "[::1]", "[::ffff:127.0.0.1]", "[::]"],
)  # fmt: skip
async def test_an_address_inside_is_not_called_however_it_is_written(host: str):
    """Resolved once, looked at, and only then connected to: the receiver hears nothing."""
    async with WebhookReceiver().open() as receiver:
        port = receiver.url.rpartition(":")[2]
        sink = webhook_sink(f"http://{host}:{port}", allow_private=False)
        with pytest.raises((SinkRefuses, SinkDown)):
            await sink.send(DeliveryScenario().publish(alert_bytes()).due_notification(BOARD))
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
    assert not is_public_host(address)


def test_a_socket_for_an_address_inside_is_not_made():
    """The check is on what is connected to, so no second answer of a name server comes between."""
    place = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))

    with pytest.raises(OSError, match="private"):
        HttpClient(allow_private=False)._create_socket(place)


def test_a_signature_is_of_the_hour_the_body_and_the_secret():
    """What was altered, replayed later, or signed by another is not genuine."""
    signed = signature(SECRET, 1000, b"{}")

    def held(**changes: Any) -> bool:
        told: dict[str, Any] = {"timestamp": "1000", "body": b"{}", "received": signed, "now": 1001}
        return is_genuine(SECRET, **{**told, **changes})

    assert held()
    assert not held(body=b"{ }")
    assert not held(timestamp="1001")
    assert not held(now=2000)
    assert not held(received=signature(b"another secret!!", 1000, b"{}"))
    assert not held(timestamp="\u0661\u0660")
    assert not held(received="v1=\ud800")
