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

from streams.kafka.admin import BrokerUnreachable, admin_client
from streams.local.ports import free_ports
from streams.local.process import Process
from streams.processor.refold import group_members
from tests.paths import ROOT

NUMBER = re.compile(r"\d{3,}")

GROUP = "tocsin-live"

RUN_COMMAND = ("tocsin", "run")
"""The module that is a worker, and its words."""


@dataclass(slots=True)
class WorkerProcesses:
    """Workers under *settings*; each has a folder of its own in *folder*, with what it said.

    *ended* are those that ended by themselves: where records wait for too long, a worker does.
    """

    folder: Path
    settings: Mapping[str, str]
    command: tuple[str, ...] = RUN_COMMAND
    running: list[Process] = field(default_factory=list[Process])
    stopping: list[Process] = field(default_factory=list[Process])
    started: int = 0
    exit_messages: list[str] = field(default_factory=list[str])
    health_addresses: dict[str, str] = field(default_factory=dict[str, str])

    def start(self) -> Process:
        """One more worker; it joins when it comes to it."""
        name = f"worker-{self.started:03}"
        self.started += 1
        worker = Process(self.folder / name)
        health = self.health_addresses[name] = f"127.0.0.1:{free_ports(1)[0]}"
        environment = {
            **self.settings,
            "TOCSIN_HEALTH": health,
            "TOCSIN_METRICS_OPEN": "off",
            "PYTHONPATH": str(ROOT),
        }
        # By this name the group knows it.
        environment["BROKER_CLIENT_ID"] = name
        foreign = [f"--unset={name}" for name in os.environ if name.startswith("TOCSIN_")]
        command = ["env", *foreign, *(f"{name}={value}" for name, value in environment.items())]
        worker.start([*command, sys.executable, "-m", *self.command], ends_with_parent=True)
        self.running.append(worker)
        return worker

    def partition_owners(self, broker: str) -> list[Process]:
        """The workers that hold partitions, as far as the group can say."""
        with (
            suppress(KafkaError, BrokerUnreachable),
            admin_client(broker, timeout_seconds=2) as admin,
        ):
            owners = {
                each["client_id"] for each in group_members(admin, GROUP) if has_partitions(each)
            }
            return [each for each in self.running if each.folder.name in owners]
        return []

    def kill(self, worker: Process) -> None:
        """End one as a power cut would."""
        self.running.remove(worker)
        worker.kill()

    def terminate(self, worker: Process) -> None:
        """Ask one to end in good order, and do not wait for it."""
        self.running.remove(worker)
        self.stopping.append(worker)
        send_signal(worker, signal.SIGTERM)

    def replace_dead(self, least: int) -> None:
        """Start workers in the place of those that are gone, as a supervisor would."""
        self.stopping = [each for each in self.stopping if each.running or not each.reap_child()]
        for each in [each for each in self.running if not each.running]:
            each.reap_child()
            self.running.remove(each)
            last = each.output_tail().splitlines()[-1:]
            self.exit_messages.append(NUMBER.sub("N", "".join(last)))
        while len(self.running) < least:
            self.start()

    def remove_from_group(self, broker: str, worker: Process) -> None:
        """Have the group forget a dead worker now, as it would after its session of 10 s."""
        with (
            suppress(KafkaError, BrokerUnreachable),
            admin_client(broker, timeout_seconds=2) as admin,
        ):
            removed = [
                MemberToRemove(member_id=each["member_id"])
                for each in group_members(admin, GROUP)
                if each["client_id"] == worker.folder.name
            ]
            if removed:
                admin.remove_group_members(GROUP, removed)

    def restart_as(self, command: tuple[str, ...], count: int) -> None:
        """End all, and start others, as when a new version is brought in."""
        self.stop_all()
        self.command = command
        self.replace_dead(count)

    def partition_findings(self) -> dict[int, str]:
        """What the workers' probes say of partitions."""
        return {
            each["partition"]: each["what"]
            for worker in self.running
            for each in findings(self.health_addresses[worker.folder.name])
            if each["partition"] is not None
        }

    def has_logged(self, text: str) -> bool:
        """Whether any worker ever said *words*."""
        logs = self.folder.glob("worker-*/log")
        return any(text.encode() in log.read_bytes() for log in logs)

    def stop_all(self) -> None:
        """End all of them."""
        everybody = [*self.running, *self.stopping]
        for each in everybody:
            send_signal(each, signal.SIGCONT)
            send_signal(each, signal.SIGTERM)
        for each in everybody:
            each.stop()
        self.running.clear()
        self.stopping.clear()


def has_partitions(member: Mapping[str, Any]) -> bool:
    """Whether partitions are assigned to a member of a group."""
    assignment = member["member_assignment"]
    return bool(
        assignment and any(each["partitions"] for each in assignment["assigned_partitions"])
    )


def findings(health: str) -> list[dict[str, Any]]:
    """What keeps a worker from being ready, by its own account."""
    try:
        with urllib.request.urlopen(f"http://{health}/readyz", timeout=5) as response:
            return json.load(response)["findings"]
    except urllib.error.HTTPError as error:
        return json.load(error)["findings"]
    except OSError:
        return []


def send_signal(worker: Process, how: signal.Signals) -> None:
    """Send a signal to a worker, if it lives."""
    if (pid := worker.pid) is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, how)
