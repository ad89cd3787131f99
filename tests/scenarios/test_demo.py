"""Tests `tocsin demo` as a new user runs it: the whole pipeline, with Python alone."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.contract import deliverers
from tests.contract.live_system import idempotency_key
from tests.paths import ROOT
from tests.scenarios.commands import (
    clot_record,
    command_environment,
    plan_record,
    small_log,
    write_log,
)
from tests.streams.sinks.webhook_receiver import WebhookReceiver

LOG = ROOT / "studies" / "proderm" / "log.jsonl"
ALERT_LINE = re.compile(r"(WATCH|SIGNAL) +\S+ +(\S+).*?alert (\w+) rev (\d+)")


@dataclass(frozen=True, slots=True)
class DemoResult:
    """Exit code and output of a demo, and the temporary files that it left."""

    code: int
    stdout: str
    stderr: str
    files_left: list[str]

    @property
    def alerts(self) -> list[tuple[str, ...]]:
        """Level, watch, id and revision of each printed alert."""
        text = re.sub(r"\s+", " ", self.stdout)
        return [tuple(fields) for fields in ALERT_LINE.findall(text)]


def run_demo(folder: Path, *arguments: str | Path, programs: str = "", **more: str) -> DemoResult:
    """Run `tocsin demo` with *programs* as the PATH and temporary files in *folder*."""
    scratch = folder / "scratch"
    scratch.mkdir()
    process = subprocess.run(
        [sys.executable, "-m", "tocsin", "demo", *map(str, arguments)],
        cwd=ROOT,
        env={**command_environment(200), "PATH": programs, "TMPDIR": str(scratch), **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in process.stderr, process.stderr
    return DemoResult(
        process.returncode,
        process.stdout,
        process.stderr,
        [each.name for each in scratch.iterdir()],
    )


def replay_digest_and_alerts(log: Path) -> tuple[str, list[tuple[str, ...]]]:
    """Return the digest and the alerts of `tocsin replay`."""
    command = [sys.executable, "-m", "tocsin", "replay", str(log), "--json"]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=120)
    lines: list[dict[str, Any]] = [json.loads(line) for line in process.stdout.splitlines()]
    alerts = [
        (each["level"].upper(), each["watch"], each["id"], str(each["revision"]))
        for each in lines
        if each["type"] == "alert" and each["tracked"]
    ]
    return lines[-1]["digest"], alerts


def test_the_demo_has_the_alerts_and_the_digest_of_a_replay(tmp_path: Path):
    """Without Java or redis-server on PATH, the alerts and the final state are the same."""
    demo = run_demo(tmp_path, "--speed", "max")

    digest, alerts = replay_digest_and_alerts(LOG)
    assert (demo.code, demo.stderr, demo.files_left) == (0, "", [])
    assert "fakeredis in this process" in demo.stdout
    assert "topics, tables and alerts are deleted" in demo.stdout
    assert "Screening of all other terms, ivig v placebo" in demo.stdout, "the screening is shown"
    assert f"State digest {digest}" in demo.stdout
    assert demo.alerts == alerts
    assert ("SIGNAL", "tee-general-population") in {each[:2] for each in alerts}


def test_the_demo_ends_with_three_commands_to_run_next(tmp_path: Path):
    """They replay the log, ingest a trial and connect services; the first works as printed."""
    demo = run_demo(tmp_path, write_log(tmp_path, small_log()), "--speed", "max")

    _, _, next_commands = demo.stdout.partition("Next:\n")
    commands = [
        line.strip() for line in next_commands.splitlines() if not line.startswith("      ")
    ]
    assert len(commands) == 3
    assert commands[0] == f"tocsin replay {tmp_path / 'log.jsonl'}"
    assert replay_digest_and_alerts(tmp_path / "log.jsonl")[0] in demo.stdout


async def test_the_demo_delivers_all_alerts_to_the_delivery_file(
    tmp_path: Path,
):
    """The deliverer in the same process delivers the latest revision of each alert once."""
    async with WebhookReceiver().open() as receiver:
        deliverers.DelivererSite("", tmp_path).write_delivery_file(delivery_file(receiver.url))
        arguments = ("--speed", "max", "--deliver", tmp_path / "delivery.toml")
        demo = await asyncio.to_thread(run_demo, tmp_path, *arguments)

    assert (demo.code, demo.stderr, demo.files_left) == (0, "", [])
    assert "board: at once, all studies, signal, case, sees reference by pager" in demo.stdout
    deliveries, forged = Counter(receiver.keys), receiver.forged
    assert (max(deliveries.values()), forged) == (1, 0)
    latest = {name: int(revision) for _, _, name, revision in demo.alerts}
    assert {
        idempotency_key("pager", revision, alert) for alert, revision in latest.items()
    } <= deliveries.keys()


@pytest.mark.campaign
def test_a_receiver_that_is_down_delays_the_demo_briefly_and_is_named(tmp_path: Path):
    """The output is complete; then the demo waits some seconds and names the failing route."""
    deliverers.DelivererSite("", tmp_path).write_delivery_file(
        delivery_file("http://127.0.0.1:9/hook")
    )
    log, delivery = (
        write_log(tmp_path, [*small_log(), clot_record("A", "2020-03-01")]),
        tmp_path / "delivery.toml",
    )

    demo = run_demo(tmp_path, log, "--speed", "max", "--deliver", delivery)

    assert (demo.code, demo.files_left) == (0, [])
    assert demo.alerts and demo.stdout.endswith("names the failing sinks.\n")
    (line,) = demo.stderr.splitlines()
    assert line.endswith("route board/pager: delivery fails: ClientConnectorError")


def delivery_file(hook: str) -> str:
    """Return a delivery file with a webhook sink at *hook*."""
    return deliverers.DELIVERY_FILE.format(
        hook=hook, alertmanager="http://127.0.0.1:9", sinks='"pager"'
    )


@pytest.mark.redis
def test_a_server_on_path(redis_program: str, tmp_path: Path):
    """The demo starts a private server on a Unix socket and ends it.

    The test's name is short because the path of the socket must be.
    """
    programs = str(Path(redis_program).parent)

    demo = run_demo(tmp_path, write_log(tmp_path, small_log()), "--speed", "max", programs=programs)

    assert (demo.code, demo.files_left) == (0, []), demo.stderr
    assert "a private Redis server" in demo.stdout
    assert replay_digest_and_alerts(tmp_path / "log.jsonl")[0] in demo.stdout


def test_a_table_is_shown_before_the_log_has_ended(tmp_path: Path):
    """The demo shows the store as it grows, not the result of a replay."""
    lines = [
        plan_record(),
        *small_log()[1:],
        *[clot_record("C", f"2020-03-{day:02}") for day in range(1, 4)],
    ]

    demo = run_demo(tmp_path, write_log(tmp_path, lines), "--speed", "600000x")

    counts = re.findall(r"(\d+) of \d+ records in the tables", demo.stdout)
    assert int(counts[0]) < int(counts[-1]) == len(lines)


def test_a_stopped_partition_ends_the_demo_with_the_remedy(tmp_path: Path):
    """Ten unreadable records in a row that name their study stop the partition: exit code 3."""
    lines: list[Any] = [
        *small_log(),
        *[b'{"study":"S","study":"S"}'] * 10,
        clot_record("C", "2020-03-01"),
    ]

    demo = run_demo(tmp_path, write_log(tmp_path, lines), "--speed", "max")

    assert demo.code == 3 and demo.files_left == []
    assert "tocsin quarantine" in demo.stderr


def test_a_missing_extra_is_named(tmp_path: Path):
    """The embedded broker is part of confluent-kafka, which the core does not install."""
    (tmp_path / "confluent_kafka.py").write_text("raise ImportError")

    demo = run_demo(tmp_path, PYTHONPATH=str(tmp_path))

    assert demo.code == 2 and "tocsin[demo]" in demo.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.jsonl"], "cannot be read"),
        (["--speed", "fast"], "60x"),
        (["--deliver", "nothing.toml"], "nothing.toml cannot be read"),
        (["--stay"], "no redis-server or valkey-server on PATH"),
    ],
)
def test_a_wrong_argument_is_a_usage_error(tmp_path: Path, arguments: list[str], message: str):
    """The exit code is 2, and nothing is started."""
    demo = run_demo(tmp_path, *arguments)

    assert demo.code == 2 and message in demo.stderr and demo.stdout == ""


def test_a_log_that_the_embedded_broker_cannot_hold_is_refused(tmp_path: Path):
    """The broker would drop the oldest records silently; a replay accepts a log of any size."""
    lines = [*small_log(), *[clot_record("A", "2020-03-01", verbatim="x" * 900)] * 6_000]

    demo = run_demo(tmp_path, write_log(tmp_path, lines))

    assert demo.code == 2 and "tocsin replay" in demo.stderr
