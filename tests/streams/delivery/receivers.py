"""Receivers of a simulation: what arrives at them, and what they make of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.notification import render
from alerts.notification.due import Notice
from streams.sinks import SinkDown

SECRET, LINK = b"sixteen bytes or more", "https://board.example.org/{ref}"

EPOCH = 1_800_000_000.0
"""The hour at which every simulation begins."""


def hour() -> float:
    """The wall clock of the simulation."""
    return EPOCH + asyncio.get_running_loop().time()


@dataclass
class Receiver:
    """Takes notices as a webhook's receiver does: one that honours the key takes each once.

    *got* is everything that arrived, *taken* what it made of that: the body by its key.
    """

    got: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    taken: dict[str, bytes] = field(default_factory=dict[str, bytes])
    seen: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    contents: dict[tuple[str, int], set[str]] = field(
        default_factory=dict[tuple[str, int], set[str]]
    )
    down_until: float = 0.0
    broken: list[str] = field(default_factory=list[str])

    async def take(self, notice: Notice) -> None:
        if asyncio.get_running_loop().time() < self.down_until:
            raise SinkDown("told to be down")
        about = (notice.alert.id, notice.alert.revision)
        key, body = render.key(notice, SECRET), render.body(notice, secret=SECRET, link=LINK)
        self.got.append(about)
        self.contents.setdefault(about, set()).add(notice.alert.sha256)
        if key not in self.taken:
            self.seen.append(about)
        if self.taken.setdefault(key, body) != body:
            self.broken.append(f"{about}: other content under the same key")


@dataclass
class Bell(Receiver):
    """An Alertmanager: what rings until when, by its labels."""

    rings: dict[str, float] = field(default_factory=dict[str, float])

    async def take(self, notice: Notice) -> None:
        await super().take(notice)
        self.post([notice], hour())

    async def retake(self, notices: Sequence[Notice], at: float) -> None:
        if asyncio.get_running_loop().time() < self.down_until:
            raise SinkDown("told to be down")
        self.post(notices, at)

    def post(self, notices: Sequence[Notice], at: float) -> None:
        for notice in notices:
            for post in render.alertmanager(notice, secret=SECRET, link=LINK, hour=at):
                ends = datetime.fromisoformat(post["endsAt"]).timestamp()
                self.rings[post["labels"]["page"]] = ends

    def ringing(self) -> set[str]:
        """The calls that ring now."""
        return {page for page, ends in self.rings.items() if ends > hour()}
