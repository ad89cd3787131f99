"""The worker processes of a campaign, which are killed, paused and replaced."""

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
"""The module of a worker, and its arguments."""


@dataclass(slots=True)
class WorkerProcesses:
    """Workers with the same *settings*; each has its log in a folder of its own in *folder*.

    *exit_messages* are the last log lines of workers that ended by themselves, as a worker does
    when records remain and none is folded for too long.
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
        """Start one more worker without waiting until it joins the group."""
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
        # The client id by which partition_owners finds the worker in the group.
        environment["BROKER_CLIENT_ID"] = name
        unset = [f"--unset={name}" for name in os.environ if name.startswith("TOCSIN_")]
        command = ["env", *unset, *(f"{name}={value}" for name, value in environment.items())]
        worker.start([*command, sys.executable, "-m", *self.command], ends_with_parent=True)
        self.running.append(worker)
        return worker

    def partition_owners(self, broker: str) -> list[Process]:
        """Return the workers with partitions; empty while the group cannot be described."""
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
        """Kill *worker* with SIGKILL, as in a power cut."""
        self.running.remove(worker)
        worker.kill()

    def terminate(self, worker: Process) -> None:
        """Send SIGTERM to *worker* without waiting for its end."""
        self.running.remove(worker)
        self.stopping.append(worker)
        send_signal(worker, signal.SIGTERM)

    def replace_dead(self, count: int) -> None:
        """Start workers until *count* run, as a supervisor replaces those that ended."""
        self.stopping = [each for each in self.stopping if each.running or not each.reap_child()]
        for each in [each for each in self.running if not each.running]:
            each.reap_child()
            self.running.remove(each)
            last_line = each.output_tail().splitlines()[-1:]
            self.exit_messages.append(NUMBER.sub("N", "".join(last_line)))
        while len(self.running) < count:
            self.start()

    def remove_from_group(self, broker: str, worker: Process) -> None:
        """Remove a dead worker from the group before its session of 10 s ends."""
        with (
            suppress(KafkaError, BrokerUnreachable),
            admin_client(broker, timeout_seconds=2) as admin,
        ):
            members = [
                MemberToRemove(member_id=each["member_id"])
                for each in group_members(admin, GROUP)
                if each["client_id"] == worker.folder.name
            ]
            if members:
                admin.remove_group_members(GROUP, members)

    def restart_as(self, command: tuple[str, ...], count: int) -> None:
        """Stop all workers, and start *count* others, as a deployment of a new version does."""
        self.stop_all()
        self.command = command
        self.replace_dead(count)

    def partition_findings(self) -> dict[int, str]:
        """Return the findings of the readiness probes by partition."""
        return {
            each["partition"]: each["what"]
            for worker in self.running
            for each in findings(self.health_addresses[worker.folder.name])
            if each["partition"] is not None
        }

    def has_logged(self, text: str) -> bool:
        """Return whether the log of any worker contains *text*."""
        logs = self.folder.glob("worker-*/log")
        return any(text.encode() in log.read_bytes() for log in logs)

    def stop_all(self) -> None:
        """Stop all workers, also paused ones, and wait for their ends."""
        workers = [*self.running, *self.stopping]
        for each in workers:
            send_signal(each, signal.SIGCONT)
            send_signal(each, signal.SIGTERM)
        for each in workers:
            each.stop()
        self.running.clear()
        self.stopping.clear()


def has_partitions(member: Mapping[str, Any]) -> bool:
    """Return whether *member* of the group has assigned partitions."""
    assignment = member["member_assignment"]
    return bool(
        assignment and any(each["partitions"] for each in assignment["assigned_partitions"])
    )


def findings(health: str) -> list[dict[str, Any]]:
    """Return the findings of the readiness probe at address *health*; empty if it is down."""
    try:
        with urllib.request.urlopen(f"http://{health}/readyz", timeout=5) as response:
            return json.load(response)["findings"]
    except urllib.error.HTTPError as error:
        return json.load(error)["findings"]
    except OSError:
        return []


def send_signal(worker: Process, number: signal.Signals) -> None:
    """Send a signal to *worker* if it is running."""
    if (pid := worker.pid) is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
