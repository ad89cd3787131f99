"""Receivers of a simulation, which record what arrives and what they accept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.notification import render
from alerts.notification.due import Notification
from streams.sinks import SinkDown

SECRET, LINK = b"sixteen bytes or more", "https://board.example.org/{ref}"

START_TIME = 1_800_000_000.0
"""The wall-clock time at which every simulation begins, in seconds since 1970."""


def wall_clock() -> float:
    """Return the wall-clock time of the simulation, in seconds since 1970."""
    return START_TIME + asyncio.get_running_loop().time()


@dataclass
class Receiver:
    """Receives notifications as a webhook does, and accepts each idempotency key once.

    *arrived* lists every notification, *accepted* those with a new key; *bodies* has the first
    body of each key, and *contents* the digests that arrived of each revision.
    """

    arrived: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    bodies: dict[str, bytes] = field(default_factory=dict[str, bytes])
    accepted: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    contents: dict[tuple[str, int], set[str]] = field(
        default_factory=dict[tuple[str, int], set[str]]
    )
    down_until: float = 0.0
    violations: list[str] = field(default_factory=list[str])

    async def receive(self, notification: Notification) -> None:
        if asyncio.get_running_loop().time() < self.down_until:
            raise SinkDown("receiver is down")
        revision_id = (notification.alert.id, notification.alert.revision)
        key, body = (
            render.idempotency_key(notification, SECRET),
            render.json_body(notification, secret=SECRET, link=LINK),
        )
        self.arrived.append(revision_id)
        self.contents.setdefault(revision_id, set()).add(notification.alert.sha256)
        if key not in self.bodies:
            self.accepted.append(revision_id)
        if self.bodies.setdefault(key, body) != body:
            self.violations.append(f"{revision_id}: other content under the same key")


@dataclass
class FakeAlertmanager(Receiver):
    """An Alertmanager; *firing_until* is the end time of each page, in seconds since 1970."""

    firing_until: dict[str, float] = field(default_factory=dict[str, float])

    async def receive(self, notification: Notification) -> None:
        await super().receive(notification)
        self.update_alerts([notification], wall_clock())

    async def receive_resent(self, notifications: Sequence[Notification], at: float) -> None:
        if asyncio.get_running_loop().time() < self.down_until:
            raise SinkDown("receiver is down")
        self.update_alerts(notifications, at)

    def update_alerts(self, notifications: Sequence[Notification], at: float) -> None:
        for notification in notifications:
            for post in render.alertmanager_alerts(notification, secret=SECRET, link=LINK, now=at):
                ends = datetime.fromisoformat(post["endsAt"]).timestamp()
                self.firing_until[post["labels"]["page"]] = ends

    def firing(self) -> set[str]:
        """Return the pages that fire now."""
        return {page for page, ends in self.firing_until.items() if ends > wall_clock()}
