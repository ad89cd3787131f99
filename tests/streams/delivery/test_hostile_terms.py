"""Sends hostile verbatim terms through every sink and log; each output is one harmless line."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from alerts.notification import render
from alerts.notification.audiences import RoutingConfig, parse_routing_config
from alerts.notification.due import Notification
from streams.delivery.alert_partition import AlertPartition
from streams.delivery.partition_delivery import PartitionDelivery
from streams.metrics import DeliveryMeter
from streams.sinks import RenderOptions, Sink, SinkFailed, SinkRefuses
from streams.sinks.apprise import Apprise
from streams.sinks.build import UnreadableFile, build_sink
from streams.sinks.http import HttpClient
from streams.sinks.webhook import Webhook
from tests.alerts.notification.published_alerts import (
    ALERTMANAGER,
    BOARD,
    CHAIR,
    DELIVERY_FILE,
    SPONSOR_SECTION,
    DeliveryScenario,
    alert_bytes,
)
from tests.streams.delivery.hostile_terms import TERMS
from tests.streams.list_log import ListLog
from tests.streams.list_sender import ListSender
from tests.streams.sinks.webhook_receiver import SECRET, WebhookReceiver

RENDER_OPTIONS = RenderOptions(secret=SECRET, link="https://board.example.org/{ref}")

FULL_VIEW_FILE = DELIVERY_FILE.replace(
    'name = "board"\n', 'name = "board"\nsees = "alert"\n'
).replace('name = "chair"\n', 'name = "chair"\nsees = "alert"\n')
"""A delivery file in which every audience sees the alert, and so its terms."""

SENT_HEADERS = {
    "accept", "accept-encoding", "content-length", "content-type", "host", "idempotency-key",
    "tocsin-signature", "tocsin-timestamp", "user-agent",
}  # fmt: skip


ignore_imghdr = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
"""Apprise imports imghdr, which Python 3.13 removes, and works without it."""


def test_there_are_at_least_100_distinct_terms():
    """They cover line ends, headers, formulas, markup, templates, shells and control characters."""
    assert len(set(TERMS)) == len(TERMS) >= 100


def notifications(config: RoutingConfig, terms: Iterable[str] = TERMS) -> list[Notification]:
    """Return a notification for each term, which is also its watch and level."""
    due: list[Notification] = []
    for number, term in enumerate(terms):
        scenario = DeliveryScenario(config=config).publish(
            alert_bytes(id=f"a{number}", term=term, watch=term, level=term)
        )
        due.append(scenario.due_notification(BOARD))
    return due


@dataclass
class RawReceiver:
    """A receiver that records the raw bytes of each request."""

    requests: list[bytes] = field(default_factory=list[bytes])
    url: str = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        self.requests.append(head + await reader.readexactly(length))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[RawReceiver]:
        """Listen on a loopback port until the block ends."""
        async with await asyncio.start_server(self.handle, "127.0.0.1", 0) as server:
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
            yield self


async def test_a_webhook_body_is_one_line_with_the_term_as_data():
    """The request has only the expected headers; the body is ASCII and parses to the term."""
    async with RawReceiver().open() as raw:
        sink = Webhook(
            raw.url, lambda: SECRET, RENDER_OPTIONS, lambda: 0.0, HttpClient(allow_private=True)
        )
        for notification in notifications(parse_routing_config(FULL_VIEW_FILE)):
            await sink.send(notification)
        await sink.close()

    assert len(raw.requests) == len(TERMS)
    for request, term in zip(raw.requests, TERMS, strict=True):
        head, _, body = request.partition(b"\r\n\r\n")
        names = {line.partition(b":")[0].decode().lower() for line in head.split(b"\r\n")[1:]}
        assert names == SENT_HEADERS
        assert len(body.decode("ascii").splitlines()) == 1
        assert json.loads(body)["alert"]["term"] == term


def test_text_messages_are_one_line_without_special_characters():
    """Mail, chat, pager and terminal get letters, digits and some punctuation only."""
    for notification in notifications(parse_routing_config(FULL_VIEW_FILE)):
        text = render.text_message(notification, secret=SECRET, link="")

        assert len(text.splitlines()) == 1 and text.isprintable()
        assert not set(text) & set('<>@`*_{}$|&;#"\\=[]!')
        assert len(text) < 1000


def test_alertmanager_labels_have_no_special_characters():
    """Templates of Alertmanager print labels and annotations into mail and chat."""
    for notification in notifications(parse_routing_config(FULL_VIEW_FILE)):
        for post in render.alertmanager_alerts(notification, secret=SECRET, link="", now=0):
            for text in (*post["labels"].values(), *post["annotations"].values()):
                assert text.isprintable() and len(text.splitlines()) <= 1
                assert not set(text) & set('<>@`*{}$|&;#"\\=[]!')
            assert post["labels"].keys() <= {
                "alertname", "audience", "kind", "level", "page", "ref", "study", "watch"
            }  # fmt: skip


def test_a_blinded_notification_does_not_depend_on_the_term():
    """Every term gives the same bytes in the body, the message and the Alertmanager alert."""
    outputs: dict[str, set[Any]] = {"body": set(), "message": set(), "bell": set()}
    for term in TERMS:
        changes = {"term": term, "watch": term, "level": term, "e_value": len(term)}
        sent_to_board = DeliveryScenario().publish(alert_bytes(**changes))
        sent_to_board.log_sent(BOARD, 1, at=0)
        unsent = DeliveryScenario().publish(alert_bytes(**changes))
        notification = unsent.due_notification(ALERTMANAGER)
        outputs["body"].add(
            render.json_body(
                unsent.due_notification(BOARD), secret=SECRET, link=RENDER_OPTIONS.link
            )
        )
        outputs["message"].add(
            render.text_message(
                sent_to_board.due_notification(CHAIR, 9999), secret=SECRET, link=RENDER_OPTIONS.link
            )
        )
        posts = render.alertmanager_alerts(
            notification, secret=SECRET, link=RENDER_OPTIONS.link, now=0
        )
        outputs["bell"].add(json.dumps(posts, sort_keys=True))

    assert {name: len(each) for name, each in outputs.items()} == {
        "body": 1,
        "message": 1,
        "bell": 1,
    }


@ignore_imghdr
async def test_apprise_sends_one_line(tmp_path: Path):
    """The Apprise library posts each message to a real receiver."""
    async with WebhookReceiver().open() as receiver:
        address = receiver.url.replace("http://", "json://")
        sink = Apprise(lambda: address, RENDER_OPTIONS)
        for notification in notifications(parse_routing_config(FULL_VIEW_FILE), TERMS[:20]):
            await sink.send(notification)

    for body in receiver.bodies:
        message = json.loads(body)
        assert message["title"] == "Tocsin"
        assert len(message["message"].splitlines()) == 1 and message["message"].isprintable()
    assert len(receiver.bodies) == 20


@dataclass
class RefusingSink:
    """A sink that refuses everything; its resend error quotes the notifications."""

    needs_resend: bool

    async def send(self, notification: Notification) -> None:
        raise SinkRefuses("it answers 400")

    async def resend(self, notifications: Iterable[Notification]) -> None:
        raise RuntimeError("\n".join(str(each) for each in notifications))

    async def close(self) -> None: ...


async def test_no_log_line_contains_a_term(caplog: pytest.LogCaptureFixture):
    """Neither a refusal nor an internal error whose message quotes the alert adds a term.

    Failures of the board's sinks are not logged, because a line would reveal an alert.
    """
    alerts, config = ListLog(), parse_routing_config(FULL_VIEW_FILE + SPONSOR_SECTION)
    for number, term in enumerate(TERMS):
        alerts.append(alert_bytes(id=f"a{number}", term=term, watch=term, level=term, kind="case"))
    alerts.append(b'{"id":"<script>\n"}')
    sinks: dict[str, Sink] = {
        name: RefusingSink(needs_resend=name == "bell") for name in config.sinks
    }
    alert_partition = AlertPartition(0, alerts, ListLog(), ListSender())
    with caplog.at_level(logging.DEBUG, logger="tocsin.deliver"):
        meter = DeliveryMeter(sinks)
        delivery = PartitionDelivery(alert_partition, config, sinks, meter, clock=lambda: 0.0)
        delivery.start()
        await asyncio.sleep(0.2)
        await delivery.stop()

    lines = [record.getMessage() for record in caplog.records if record.name == "tocsin.deliver"]
    assert lines
    for line in lines:
        assert len(line.splitlines()) == 1 and line.isprintable()
    assert set(lines) == {"partition 0, route sponsor/hook: delivery fails: it answers 400"}
    assert meter.failing_channels() == {
        ("bell", "RuntimeError: a fault of ours"): 1,
        ("hook", "it answers 400"): 1,
        ("pager", "it answers 400"): 1,
        ("phone", ""): 0,
    }


@ignore_imghdr
async def test_an_unknown_apprise_service_is_refused(tmp_path: Path):
    """The message omits the address, which may contain a password."""
    sink = Apprise(lambda: "nothing://password@example.org", RENDER_OPTIONS)

    with pytest.raises(SinkFailed, match="none that apprise knows") as failed:
        await sink.send(notifications(parse_routing_config(FULL_VIEW_FILE), ["Rash"])[0])
    assert "password" not in str(failed.value)


def test_unreadable_secrets_are_refused_at_startup(tmp_path: Path):
    """The error appears at startup, not at the first notification."""
    config = parse_routing_config(DELIVERY_FILE)
    with pytest.raises(UnreadableFile, match=r"pager\.key cannot be read"):
        build_sink(config.sinks["pager"], tmp_path, RENDER_OPTIONS)
    (tmp_path / "pager.key").write_text("short\n")
    with pytest.raises(UnreadableFile, match="16 bytes"):
        build_sink(config.sinks["pager"], tmp_path, RENDER_OPTIONS)
    (tmp_path / "pager.key").write_text("sixteen bytes or more\n")
    (tmp_path / "phone.url").write_text("json://127.0.0.1/\n")

    sinks = [build_sink(each, tmp_path, RENDER_OPTIONS) for each in config.sinks.values()]

    assert [each.needs_resend for each in sinks] == [False, False, True]
    assert "sixteen" not in repr(sinks)
