"""`tocsin demo` as a newcomer types it: Python and nothing else, and the whole line at work."""

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
    """How the demo ended, what it showed, and what it left behind."""

    code: int
    stdout: str
    stderr: str
    files_left: list[str]

    @property
    def alerts(self) -> list[tuple[str, ...]]:
        flat = re.sub(r"\s+", " ", self.stdout)
        return [tuple(found) for found in ALERT_LINE.findall(flat)]


def run_demo(folder: Path, *words: str | Path, programs: str = "", **more: str) -> DemoResult:
    """Run `tocsin demo` with *programs* as the PATH, its temporary files in *folder*."""
    scratch = folder / "scratch"
    scratch.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tocsin", "demo", *map(str, words)],
        cwd=ROOT,
        env={**command_environment(200), "PATH": programs, "TMPDIR": str(scratch), **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return DemoResult(
        done.returncode, done.stdout, done.stderr, [each.name for each in scratch.iterdir()]
    )


def replay_digest_and_alerts(log: Path) -> tuple[str, list[tuple[str, ...]]]:
    """The digest and the alerts of `tocsin replay`."""
    command = [sys.executable, "-m", "tocsin", "replay", str(log), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=120)
    lines: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    rang = [
        (each["level"].upper(), each["watch"], each["id"], str(each["revision"]))
        for each in lines
        if each["type"] == "alert" and each["tracked"]
    ]
    return lines[-1]["digest"], rang


def test_python_alone_shows_tables_rings_and_ends_with_the_digest_of_a_replay(tmp_path: Path):
    """No Java, no redis-server on PATH: the same alerts under the same names, the same state."""
    shown = run_demo(tmp_path, "--speed", "max")

    digest, rang = replay_digest_and_alerts(LOG)
    assert (shown.code, shown.stderr, shown.files_left) == (0, "", [])
    assert "fakeredis in this process" in shown.stdout
    assert "topics, tables and alerts are deleted" in shown.stdout
    assert "Screening of all other terms, ivig v placebo" in shown.stdout, "what rings is shown"
    assert f"State digest {digest}" in shown.stdout
    assert shown.alerts == rang
    assert ("SIGNAL", "tee-general-population") in {each[:2] for each in rang}


def test_it_ends_with_three_commands_to_type_next(tmp_path: Path):
    """The log again, one's own trial, one's own services; the first one works as it is printed."""
    shown = run_demo(tmp_path, write_log(tmp_path, small_log()), "--speed", "max")

    _, _, after = shown.stdout.partition("Next:\n")
    commands = [line.strip() for line in after.splitlines() if not line.startswith("      ")]
    assert len(commands) == 3
    assert commands[0] == f"tocsin replay {tmp_path / 'log.jsonl'}"
    assert replay_digest_and_alerts(tmp_path / "log.jsonl")[0] in shown.stdout


async def test_whoever_the_delivery_file_names_has_heard_of_it_all_when_the_demo_ends(
    tmp_path: Path,
):
    """The latest revision of each alert comes once, by the real deliverer in the same process."""
    async with WebhookReceiver().open() as receiver:
        deliverers.DelivererSite("", tmp_path).write_delivery_file(delivery_file(receiver.url))
        words = ("--speed", "max", "--deliver", tmp_path / "delivery.toml")
        shown = await asyncio.to_thread(run_demo, tmp_path, *words)

    assert (shown.code, shown.stderr, shown.files_left) == (0, "", [])
    assert "board: at once, all studies, signal, case, sees reference by pager" in shown.stdout
    told, forged = Counter(receiver.keys), receiver.forged
    assert (max(told.values()), forged) == (1, 0)
    latest = {name: int(revision) for _, _, name, revision in shown.alerts}
    assert {
        idempotency_key("pager", revision, alert) for alert, revision in latest.items()
    } <= told.keys()


def test_a_receiver_that_is_down_holds_up_the_demo_for_a_moment_and_is_named(tmp_path: Path):
    """What is shown is shown as ever; then the demo waits for seconds, and says who is missing."""
    deliverers.DelivererSite("", tmp_path).write_delivery_file(
        delivery_file("http://127.0.0.1:9/hook")
    )
    log, plan = (
        write_log(tmp_path, [*small_log(), clot_record("A", "2020-03-01")]),
        tmp_path / "delivery.toml",
    )

    shown = run_demo(tmp_path, log, "--speed", "max", "--deliver", plan)

    assert (shown.code, shown.files_left) == (0, [])
    assert shown.alerts and shown.stdout.endswith("names the failing sinks.\n")
    (line,) = shown.stderr.splitlines()
    assert line.endswith("route board/pager: delivery fails: ClientConnectorError")


def delivery_file(hook: str) -> str:
    """A delivery file that names the receiver at *hook*."""
    return deliverers.DELIVERY_FILE.format(
        hook=hook, alertmanager="http://127.0.0.1:9", sinks='"pager"'
    )


@pytest.mark.redis
def test_a_server_on_path(redis_program: str, tmp_path: Path):
    """A private one is used, on a socket of its own (hence the short name), and ends with it."""
    programs = str(Path(redis_program).parent)

    shown = run_demo(
        tmp_path, write_log(tmp_path, small_log()), "--speed", "max", programs=programs
    )

    assert (shown.code, shown.files_left) == (0, []), shown.stderr
    assert "a private Redis server" in shown.stdout
    assert replay_digest_and_alerts(tmp_path / "log.jsonl")[0] in shown.stdout


def test_a_table_is_shown_before_the_log_has_ended(tmp_path: Path):
    """What is seen is the store as it grows, and not the result of a replay."""
    lines = [
        plan_record(),
        *small_log()[1:],
        *[clot_record("C", f"2020-03-{day:02}") for day in range(1, 4)],
    ]

    shown = run_demo(tmp_path, write_log(tmp_path, lines), "--speed", "600000x")

    counts = re.findall(r"(\d+) of \d+ records in the tables", shown.stdout)
    assert int(counts[0]) < int(counts[-1]) == len(lines)


def test_a_log_that_stands_still_ends_the_demo_and_says_why(tmp_path: Path):
    """Ten records in a row that name their study and cannot be read otherwise: exit code 3."""
    lines: list[Any] = [
        *small_log(),
        *[b'{"study":"S","study":"S"}'] * 10,
        clot_record("C", "2020-03-01"),
    ]

    shown = run_demo(tmp_path, write_log(tmp_path, lines), "--speed", "max")

    assert shown.code == 3 and shown.files_left == []
    assert "tocsin quarantine" in shown.stderr


def test_without_its_extra_it_says_what_to_install(tmp_path: Path):
    """The broker is confluent-kafka's: a plain installation does not have it."""
    (tmp_path / "confluent_kafka.py").write_text("raise ImportError")

    shown = run_demo(tmp_path, PYTHONPATH=str(tmp_path))

    assert shown.code == 2 and "tocsin[demo]" in shown.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nothing.jsonl"], "cannot be read"),
        (["--speed", "fast"], "60x"),
        (["--deliver", "nothing.toml"], "nothing.toml cannot be read"),
        (["--stay"], "no redis-server or valkey-server on PATH"),
    ],
)
def test_a_wrong_word_is_a_usage_error(tmp_path: Path, words: list[str], says: str):
    """Exit code 2, before anything is started."""
    shown = run_demo(tmp_path, *words)

    assert shown.code == 2 and says in shown.stderr and shown.stdout == ""


def test_a_log_that_the_embedded_broker_cannot_hold_is_refused(tmp_path: Path):
    """It would drop the oldest records without a word; a replay takes any log."""
    lines = [*small_log(), *[clot_record("A", "2020-03-01", verbatim="x" * 900)] * 6_000]

    shown = run_demo(tmp_path, write_log(tmp_path, lines))

    assert shown.code == 2 and "tocsin replay" in shown.stderr
