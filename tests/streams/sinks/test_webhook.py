"""Tests the webhook sink with a real receiver: signature, key, retries and addresses."""

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

RENDER_OPTIONS = RenderOptions(
    secret=b"another sixteen bytes", link="https://board.example.org/{ref}"
)


def webhook_sink(url: str, **options: Any) -> Webhook:
    """Return a webhook sink for *url*; *options* are those of its HttpClient."""
    return Webhook(
        url,
        lambda: SECRET,
        RENDER_OPTIONS,
        time.time,
        HttpClient(**{"allow_private": True, **options}),
    )


async def test_a_notification_is_signed_and_contains_no_trial_data():
    """The receiver can verify the sender; the body reveals only that there is a report."""
    async with WebhookReceiver().open() as receiver:
        sink = webhook_sink(receiver.url)
        await sink.send(DeliveryScenario().publish(alert_bytes()).due_notification(BOARD))
        await sink.close()

    (body,), (headers,) = receiver.bodies, receiver.headers
    content = json.loads(body)
    assert receiver.forged == 0
    assert set(content) == {"audience", "event", "key", "link", "page", "ref", "text"}
    assert (content["event"], content["text"]) == ("report.ready", "A report is ready.")
    assert headers[IDEMPOTENCY_HEADER] == content["key"]
    assert content["link"] == f"https://board.example.org/{content['ref']}"
    for secret in ("1f0c", "PRODERM", "tee", "Stroke", "31.25", "signal", "edc"):
        assert secret not in body.decode() + str(headers)


async def test_an_unblinded_audience_gets_the_alert():
    """The delivery file enables this with `sees = "alert"`."""
    config = parse_routing_config(
        DELIVERY_FILE.replace('name = "board"\nsinks', 'name = "board"\nsees = "alert"\nsinks')
    )
    async with WebhookReceiver().open() as receiver:
        sink = webhook_sink(receiver.url)
        await sink.send(
            DeliveryScenario(config=config).publish(alert_bytes()).due_notification(BOARD)
        )
        await sink.close()

    content = json.loads(receiver.bodies[0])
    assert content["alert"]["term"] == "Stroke"
    assert content["text"] == "signal in PRODERM: tee, Stroke (raised, revision 1)."


async def test_a_retry_has_the_same_key_and_body():
    """A receiver whose response came too late can discard the repetition."""
    async with WebhookReceiver(statuses=[503, 429]).open() as receiver:
        sink = webhook_sink(receiver.url)
        await sink.send(DeliveryScenario().publish(alert_bytes()).due_notification(BOARD))
        await sink.close()

    assert len(receiver.bodies) == 3
    assert len(set(receiver.bodies)) == len(set(receiver.keys)) == 1


async def test_each_revision_has_its_own_key():
    """A receiver must not discard a move as a repetition of the page."""
    async with WebhookReceiver().open() as receiver:
        sink = webhook_sink(receiver.url)
        scenario = DeliveryScenario().publish(alert_bytes())
        await sink.send(scenario.due_notification(BOARD))
        await sink.send(scenario.publish(acknowledgement(2)).due_notification(BOARD))
        await sink.close()

    assert len(set(receiver.keys)) == 2
    assert [json.loads(body)["event"] for body in receiver.bodies] == [
        "report.ready",
        "report.updated",
    ]


@pytest.mark.parametrize("status", [500, 503, 429, 408])
async def test_a_busy_receiver_is_retried_and_then_down(status: int):
    """One send makes three attempts within seconds."""
    async with WebhookReceiver(statuses=[status] * 9).open() as receiver:
        sink = webhook_sink(receiver.url)
        with pytest.raises(SinkDown, match=str(status)):
            await sink.send(DeliveryScenario().publish(alert_bytes()).due_notification(BOARD))
        await sink.close()

    assert len(receiver.bodies) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 413])
async def test_a_refused_notification_is_not_retried_at_once(status: int):
    """The retry would be refused again, and would delay the other alerts."""
    async with WebhookReceiver(statuses=[status]).open() as receiver:
        sink = webhook_sink(receiver.url)
        with pytest.raises(SinkRefuses, match=str(status)):
            await sink.send(DeliveryScenario().publish(alert_bytes()).due_notification(BOARD))
        await sink.close()

    assert len(receiver.bodies) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int):
    """The owner of the configured address must not choose another address."""
    async with (
        WebhookReceiver().open() as other,
        WebhookReceiver(statuses=[status], location=other.url).open() as receiver,
    ):
        sink = webhook_sink(receiver.url)
        with pytest.raises(SinkRefuses, match="redirects are not followed"):
            await sink.send(DeliveryScenario().publish(alert_bytes()).due_notification(BOARD))
        await sink.close()

    assert (len(receiver.bodies), len(other.bodies)) == (1, 0)


async def test_a_receiver_that_does_not_respond_is_down():
    """The timeout is 5 s in production, and shorter in this test."""
    assert TIMEOUT_SECONDS == 5.0
    async with WebhookReceiver(delay_seconds=30).open() as receiver:
        sink = webhook_sink(receiver.url, timeout=0.1)
        with pytest.raises(SinkDown, match="TimeoutError"):
            await sink.send(DeliveryScenario().publish(alert_bytes()).due_notification(BOARD))
        await sink.close()


async def test_an_unreachable_address_is_a_sink_that_is_down():
    """The cases are a closed port and an unknown host name."""
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
async def test_a_private_address_is_not_called_in_any_notation(host: str):
    """The resolved address is checked before the connection, so no request arrives."""
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
def test_these_addresses_are_not_public(address: str):
    """Private, local, shared, multicast, reserved, and IPv4 addresses embedded in IPv6."""
    assert not is_public_host(address)


def test_no_socket_is_created_for_a_private_address():
    """The check applies to the connected address, so a second DNS answer cannot bypass it."""
    address_info = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))

    with pytest.raises(OSError, match="private"):
        HttpClient(allow_private=False)._create_socket(address_info)


def test_a_signature_covers_the_time_the_body_and_the_secret():
    """An altered, late or foreign request is not genuine."""
    valid_signature = signature(SECRET, 1000, b"{}")

    def genuine(**changes: Any) -> bool:
        request: dict[str, Any] = {
            "timestamp": "1000",
            "body": b"{}",
            "received": valid_signature,
            "now": 1001,
        }
        return is_genuine(SECRET, **{**request, **changes})

    assert genuine()
    assert not genuine(body=b"{ }")
    assert not genuine(timestamp="1001")
    assert not genuine(now=2000)
    assert not genuine(received=signature(b"another secret!!", 1000, b"{}"))
    assert not genuine(timestamp="\u0661\u0660")
    assert not genuine(received="v1=\ud800")
