"""A hundred hostile verbatim terms through every sink and log: one line each, nothing executed."""

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
    alert_bytes,
)
from tests.alerts.notification.published_alerts import DeliveryScenario as Told
from tests.streams.delivery.hostile_terms import TERMS
from tests.streams.list_log import ListLog
from tests.streams.list_sender import ListSender
from tests.streams.sinks.webhook_receiver import SECRET, WebhookReceiver

STYLE = RenderOptions(secret=SECRET, link="https://board.example.org/{ref}")

FULL_VIEW_FILE = DELIVERY_FILE.replace(
    'name = "board"\n', 'name = "board"\nsees = "alert"\n'
).replace('name = "chair"\n', 'name = "chair"\nsees = "alert"\n')
"""Everybody sees the alert: what is hostile has its chance."""

SENT_HEADERS = {
    "accept", "accept-encoding", "content-length", "content-type", "host", "idempotency-key",
    "tocsin-signature", "tocsin-timestamp", "user-agent",
}  # fmt: skip


imghdr = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
"""Apprise imports what Python 3.13 no longer has, and does without it there."""


def test_there_are_a_hundred():
    """Line ends, headers, formulas, markup, templates, shells, steering characters."""
    assert len(set(TERMS)) == len(TERMS) >= 100


def notifications(plan: RoutingConfig, terms: Iterable[str] = TERMS) -> list[Notification]:
    """A notice for each term, its watch and level as hostile as itself."""
    found: list[Notification] = []
    for number, term in enumerate(terms):
        desk = Told(config=plan).publish(
            alert_bytes(id=f"a{number}", term=term, watch=term, level=term)
        )
        found.append(desk.due_notification(BOARD))
    return found


@dataclass
class RawReceiver:
    """A receiver that keeps the bytes of each request as they came."""

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
        async with await asyncio.start_server(self.handle, "127.0.0.1", 0) as server:
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
            yield self


async def test_a_webhook_carries_them_as_data_on_one_line():
    """The request has our headers and no others; the body is one line of ASCII that reads back."""
    async with RawReceiver().open() as raw:
        sink = Webhook(raw.url, lambda: SECRET, STYLE, lambda: 0.0, HttpClient(allow_private=True))
        for notice in notifications(parse_routing_config(FULL_VIEW_FILE)):
            await sink.send(notice)
        await sink.close()

    assert len(raw.requests) == len(TERMS)
    for request, term in zip(raw.requests, TERMS, strict=True):
        head, _, body = request.partition(b"\r\n\r\n")
        names = {line.partition(b":")[0].decode().lower() for line in head.split(b"\r\n")[1:]}
        assert names == SENT_HEADERS
        assert len(body.decode("ascii").splitlines()) == 1
        assert json.loads(body)["alert"]["term"] == term


def test_what_is_written_for_people_is_one_line_without_signs_that_steer():
    """In a mail, a chat, a pager, on a terminal: letters, digits and a little punctuation."""
    for notice in notifications(parse_routing_config(FULL_VIEW_FILE)):
        text = render.text_message(notice, secret=SECRET, link="")

        assert len(text.splitlines()) == 1 and text.isprintable()
        assert not set(text) & set('<>@`*_{}$|&;#"\\=[]!')
        assert len(text) < 1000


def test_an_alertmanager_is_given_clean_labels():
    """Its templates go on to mail and chat: what they print is as harmless as our own text."""
    for notice in notifications(parse_routing_config(FULL_VIEW_FILE)):
        for post in render.alertmanager_alerts(notice, secret=SECRET, link="", now=0):
            for text in (*post["labels"].values(), *post["annotations"].values()):
                assert text.isprintable() and len(text.splitlines()) <= 1
                assert not set(text) & set('<>@`*{}$|&;#"\\=[]!')
            assert post["labels"].keys() <= {
                "alertname", "audience", "kind", "level", "page", "ref", "study", "watch"
            }  # fmt: skip


def test_who_sees_a_reference_sees_the_same_bytes_whatever_the_term():
    """Content-free is not a promise about words: nothing of the alert is in any byte."""
    said: dict[str, set[Any]] = {"body": set(), "message": set(), "bell": set()}
    for term in TERMS:
        changes = {"term": term, "watch": term, "level": term, "e_value": len(term)}
        desk = Told().publish(alert_bytes(**changes))
        desk.log_sent(BOARD, 1, at=0)
        told = Told().publish(alert_bytes(**changes))
        call = told.due_notification(ALERTMANAGER)
        said["body"].add(
            render.json_body(told.due_notification(BOARD), secret=SECRET, link=STYLE.link)
        )
        said["message"].add(
            render.text_message(desk.due_notification(CHAIR, 9999), secret=SECRET, link=STYLE.link)
        )
        posts = render.alertmanager_alerts(call, secret=SECRET, link=STYLE.link, now=0)
        said["bell"].add(json.dumps(posts, sort_keys=True))

    assert {name: len(each) for name, each in said.items()} == {"body": 1, "message": 1, "bell": 1}


@imghdr
async def test_apprise_calls_with_one_line(tmp_path: Path):
    """The library itself, by its plainest service, to a real receiver."""
    async with WebhookReceiver().open() as receiver:
        address = receiver.url.replace("http://", "json://")
        sink = Apprise(lambda: address, STYLE)
        for notice in notifications(parse_routing_config(FULL_VIEW_FILE), TERMS[:20]):
            await sink.send(notice)

    for body in receiver.bodies:
        said = json.loads(body)
        assert said["title"] == "Tocsin"
        assert len(said["message"].splitlines()) == 1 and said["message"].isprintable()
    assert len(receiver.bodies) == 20


@dataclass
class RefusingSink:
    """A sink that takes nothing and quotes nobody."""

    needs_resend: bool

    async def send(self, notification: Notification) -> None:
        raise SinkRefuses("it answers 400")

    async def resend(self, notifications: Iterable[Notification]) -> None:
        raise RuntimeError("\n".join(str(each) for each in notifications))

    async def close(self) -> None: ...


async def test_no_log_line_tells_of_them(caplog: pytest.LogCaptureFixture):
    """Refused, or a fault of ours whose message quotes the alert: the log says neither.

    That a sink of the board fails is not said in the open at all: it is told of alerts alone.
    """
    alerts, plan = ListLog(), parse_routing_config(FULL_VIEW_FILE + SPONSOR_SECTION)
    for number, term in enumerate(TERMS):
        alerts.append(alert_bytes(id=f"a{number}", term=term, watch=term, level=term, kind="case"))
    alerts.append(b'{"id":"<script>\n"}')
    sinks: dict[str, Sink] = {
        name: RefusingSink(needs_resend=name == "bell") for name in plan.sinks
    }
    desk = AlertPartition(0, alerts, ListLog(), ListSender())
    with caplog.at_level(logging.DEBUG, logger="tocsin.deliver"):
        meter = DeliveryMeter(sinks)
        delivery = PartitionDelivery(desk, plan, sinks, meter, clock=lambda: 0.0)
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


@imghdr
async def test_a_service_that_apprise_does_not_know_is_refused(tmp_path: Path):
    """Its address, which may hold a password, is not in the message."""
    sink = Apprise(lambda: "nothing://password@example.org", STYLE)

    with pytest.raises(SinkFailed, match="none that apprise knows") as failed:
        await sink.send(notifications(parse_routing_config(FULL_VIEW_FILE), ["Rash"])[0])
    assert "password" not in str(failed.value)


def test_secrets_are_read_when_the_process_starts(tmp_path: Path):
    """A missing file is found out now, not at night."""
    plan = parse_routing_config(DELIVERY_FILE)
    with pytest.raises(UnreadableFile, match=r"pager\.key cannot be read"):
        build_sink(plan.sinks["pager"], tmp_path, STYLE)
    (tmp_path / "pager.key").write_text("short\n")
    with pytest.raises(UnreadableFile, match="16 bytes"):
        build_sink(plan.sinks["pager"], tmp_path, STYLE)
    (tmp_path / "pager.key").write_text("sixteen bytes or more\n")
    (tmp_path / "phone.url").write_text("json://127.0.0.1/\n")

    made = [build_sink(each, tmp_path, STYLE) for each in plan.sinks.values()]

    assert [each.needs_resend for each in made] == [False, False, True]
    assert "sixteen" not in repr(made)
