"""Receivers of a simulation: what arrives at them, and what they make of it."""

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
"""The hour at which every simulation begins."""


def wall_clock() -> float:
    """The wall clock of the simulation."""
    return START_TIME + asyncio.get_running_loop().time()


@dataclass
class Receiver:
    """Takes notices as a webhook's receiver does: one that honours the key takes each once.

    *got* is everything that arrived, *taken* what it made of that: the body by its key.
    """

    arrived: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    bodies: dict[str, bytes] = field(default_factory=dict[str, bytes])
    accepted: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    contents: dict[tuple[str, int], set[str]] = field(
        default_factory=dict[tuple[str, int], set[str]]
    )
    down_until: float = 0.0
    violations: list[str] = field(default_factory=list[str])

    async def receive(self, notice: Notification) -> None:
        if asyncio.get_running_loop().time() < self.down_until:
            raise SinkDown("told to be down")
        about = (notice.alert.id, notice.alert.revision)
        key, body = (
            render.idempotency_key(notice, SECRET),
            render.json_body(notice, secret=SECRET, link=LINK),
        )
        self.arrived.append(about)
        self.contents.setdefault(about, set()).add(notice.alert.sha256)
        if key not in self.bodies:
            self.accepted.append(about)
        if self.bodies.setdefault(key, body) != body:
            self.violations.append(f"{about}: other content under the same key")


@dataclass
class FakeAlertmanager(Receiver):
    """An Alertmanager: what rings until when, by its labels."""

    firing_until: dict[str, float] = field(default_factory=dict[str, float])

    async def receive(self, notice: Notification) -> None:
        await super().receive(notice)
        self.update_alerts([notice], wall_clock())

    async def receive_resent(self, notices: Sequence[Notification], at: float) -> None:
        if asyncio.get_running_loop().time() < self.down_until:
            raise SinkDown("told to be down")
        self.update_alerts(notices, at)

    def update_alerts(self, notices: Sequence[Notification], at: float) -> None:
        for notice in notices:
            for post in render.alertmanager_alerts(notice, secret=SECRET, link=LINK, now=at):
                ends = datetime.fromisoformat(post["endsAt"]).timestamp()
                self.firing_until[post["labels"]["page"]] = ends

    def firing(self) -> set[str]:
        """The calls that ring now."""
        return {page for page, ends in self.firing_until.items() if ends > wall_clock()}
