"""Worker processes of a campaign: started, killed, frozen, and replaced where they are gone."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka.admin import MemberToRemove  # pyright: ignore[reportAttributeAccessIssue]
from kafka.errors import KafkaError

from streams.kafka.admin import Unreachable, administer
from streams.local.ports import free_ports
from streams.local.process import Process
from streams.processor.refold import members
from tests.paths import ROOT

NUMBER = re.compile(r"\d{3,}")

GROUP = "tocsin-live"

PLAIN = ("tocsin", "run")
"""The module that is a worker, and its words."""


@dataclass(slots=True)
class Crew:
    """Workers under *settings*; each has a folder of its own in *folder*, with what it said.

    *ended* are those that ended by themselves: where records wait for too long, a worker does.
    """

    folder: Path
    settings: Mapping[str, str]
    words: tuple[str, ...] = PLAIN
    working: list[Process] = field(default_factory=list[Process])
    leaving: list[Process] = field(default_factory=list[Process])
    started: int = 0
    ended: list[str] = field(default_factory=list[str])
    probes: dict[str, str] = field(default_factory=dict[str, str])

    def start(self) -> Process:
        """One more worker; it joins when it comes to it."""
        name = f"worker-{self.started:03}"
        self.started += 1
        worker = Process(self.folder / name)
        health = self.probes[name] = f"127.0.0.1:{free_ports(1)[0]}"
        told = {
            **self.settings,
            "TOCSIN_HEALTH": health,
            "TOCSIN_METRICS_OPEN": "off",
            "PYTHONPATH": str(ROOT),
        }
        # By this name the group knows it.
        told["BROKER_CLIENT_ID"] = name
        foreign = [f"--unset={name}" for name in os.environ if name.startswith("TOCSIN_")]
        command = ["env", *foreign, *(f"{name}={value}" for name, value in told.items())]
        worker.start([*command, sys.executable, "-m", *self.words], attended=True)
        self.working.append(worker)
        return worker

    def holders(self, broker: str) -> list[Process]:
        """The workers that hold partitions, as far as the group can say."""
        with suppress(KafkaError, Unreachable), administer(broker, patience=2) as admin:
            holding = {each["client_id"] for each in members(admin, GROUP) if holds(each)}
            return [each for each in self.working if each.folder.name in holding]
        return []

    def kill(self, worker: Process) -> None:
        """End one as a power cut would."""
        self.working.remove(worker)
        worker.kill()

    def dismiss(self, worker: Process) -> None:
        """Ask one to end in good order, and do not wait for it."""
        self.working.remove(worker)
        self.leaving.append(worker)
        send(worker, signal.SIGTERM)

    def tend(self, least: int) -> None:
        """Start workers in the place of those that are gone, as a supervisor would."""
        self.leaving = [each for each in self.leaving if each.running or not each.reaped()]
        for each in [each for each in self.working if not each.running]:
            each.reaped()
            self.working.remove(each)
            last = each.last_words().splitlines()[-1:]
            self.ended.append(NUMBER.sub("N", "".join(last)))
        while len(self.working) < least:
            self.start()

    def expel(self, broker: str, worker: Process) -> None:
        """Have the group forget a dead worker now, as it would after its session of 10 s."""
        with suppress(KafkaError, Unreachable), administer(broker, patience=2) as admin:
            gone = [
                MemberToRemove(member_id=each["member_id"])
                for each in members(admin, GROUP)
                if each["client_id"] == worker.folder.name
            ]
            if gone:
                admin.remove_group_members(GROUP, gone)

    def replace(self, words: tuple[str, ...], count: int) -> None:
        """End all, and start others, as when a new version is brought in."""
        self.end()
        self.words = words
        self.tend(count)

    def stopped(self) -> dict[int, str]:
        """What the workers' probes say of partitions."""
        return {
            each["partition"]: each["what"]
            for worker in self.working
            for each in findings(self.probes[worker.folder.name])
            if each["partition"] is not None
        }

    def said(self, words: str) -> bool:
        """Whether any worker ever said *words*."""
        logs = self.folder.glob("worker-*/log")
        return any(words.encode() in log.read_bytes() for log in logs)

    def end(self) -> None:
        """End all of them."""
        everybody = [*self.working, *self.leaving]
        for each in everybody:
            send(each, signal.SIGCONT)
            send(each, signal.SIGTERM)
        for each in everybody:
            each.stop()
        self.working.clear()
        self.leaving.clear()


def holds(member: Mapping[str, Any]) -> bool:
    """Whether partitions are assigned to a member of a group."""
    told = member["member_assignment"]
    return bool(told and any(each["partitions"] for each in told["assigned_partitions"]))


def findings(health: str) -> list[dict[str, Any]]:
    """What keeps a worker from being ready, by its own account."""
    try:
        with urllib.request.urlopen(f"http://{health}/readyz", timeout=5) as answer:
            return json.load(answer)["findings"]
    except urllib.error.HTTPError as error:
        return json.load(error)["findings"]
    except OSError:
        return []


def send(worker: Process, how: signal.Signals) -> None:
    """Send a signal to a worker, if it lives."""
    if (pid := worker.pid) is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, how)
