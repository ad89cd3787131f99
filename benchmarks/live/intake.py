"""Measures the time from a request of one record to its 202, at a fixed rate on loopback."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

import aiohttp

from benchmarks.live.contender import TOCSIN, Contender
from benchmarks.live.environment import BenchmarkEnvironment, variable_assignments
from benchmarks.live.latency_run import quantile
from benchmarks.live.probe import cpu_seconds_of
from benchmarks.report import Table, section
from streams.intake.clients import new_token, token_digest
from streams.kafka.partitioner import partition_of
from streams.kafka.topics import LOG
from streams.local.ports import free_ports
from streams.local.process import Process
from streams.log import records_of
from streams.log.kafka import KafkaLog

STUDY, PARTITIONS = "INTAKE", 12
CONNECTIONS = 64
WARM_UP_SECONDS = 5
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
WORKER = Contender(name="worker", title="a worker", arguments=("run",))

Positions = dict[tuple[int, int], bytes]


@dataclass(slots=True)
class IntakeRun:
    """Seconds from the time at which each request was due to its 202, and what was answered.

    A request that waits for a free connection is measured from when it was due.
    """

    latencies: list[float] = field(default_factory=list[float])
    statuses: Counter[int] = field(default_factory=Counter[int])
    answered: Positions = field(default_factory=Positions)


@dataclass(frozen=True, slots=True)
class IntakeServer:
    """A running intake with its address and the token of its client."""

    process: Process
    url: str
    token: str


def measure_intake(environment: BenchmarkEnvironment, rate: int, seconds: int) -> Table:
    """Return the latencies of *rate* requests a second for *seconds*, beside a worker."""
    log = "intake"
    variables = environment.product_variables(log)
    environment.run_tocsin("topics", "apply", log=log)
    worker = environment.start(WORKER, **variables)
    try:
        with running_intake(environment, log) as server:
            asyncio.run(send_at_rate(server, rate, WARM_UP_SECONDS, first=0))
            before = cpu_seconds_of(server.process.pid or 0)
            run = asyncio.run(send_at_rate(server, rate, seconds, first=rate * WARM_UP_SECONDS))
            cpu = cpu_seconds_of(server.process.pid or 0) - before
        lost = asyncio.run(count_lost(environment.broker_address(log), run.answered))
    finally:
        worker.stop()
    return intake_table(run, rate, seconds, cpu, lost)


@contextmanager
def running_intake(environment: BenchmarkEnvironment, log: str) -> Generator[IntakeServer]:
    """Run `tocsin intake`, and stop it at the end of the block."""
    token, folder = new_token(), environment.folder / "intake"
    folder.mkdir()
    (clients := folder / "clients.toml").write_text(
        f'[[client]]\nname = "edc"\nstudies = ["{STUDY}"]\nsystems = ["edc"]\n'
        f'token_sha256 = ["{token_digest(token).hex()}"]\n'
    )
    address = f"127.0.0.1:{free_ports(1)[0]}"
    variables = environment.product_variables(log) | {
        "TOCSIN_INTAKE": address,
        "TOCSIN_INTAKE_CLIENTS_FILE": str(clients),
    }
    process = Process(folder)
    command = ["env", *variable_assignments(variables), TOCSIN, "intake"]
    process.start(command, ends_with_parent=True)
    server = IntakeServer(process, f"http://{address}", token)
    try:
        asyncio.run(wait_until_served(server))
        yield server
    finally:
        process.stop()


async def wait_until_served(server: IntakeServer) -> None:
    """Wait until the intake answers."""
    deadline = time.monotonic() + 60
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"{server.url}/v1/openapi.json"):
                    return
            except aiohttp.ClientError:
                assert time.monotonic() < deadline, server.process.output_tail()
                await asyncio.sleep(0.1)


async def send_at_rate(server: IntakeServer, rate: int, seconds: int, *, first: int) -> IntakeRun:
    """Send a record at each of the evenly spaced moments, whatever the answers to the others."""
    run, loop = IntakeRun(), asyncio.get_running_loop()
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        start, tasks = loop.time(), set[asyncio.Task[None]]()
        for number in range(rate * seconds):
            due = start + number / rate
            if (remaining := due - loop.time()) > 0:
                await asyncio.sleep(remaining)
            record = record_bytes(first + number)
            task = asyncio.create_task(send_one(session, server.url, record, due, run))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
    return run


async def send_one(
    session: aiohttp.ClientSession, url: str, record: bytes, due: float, run: IntakeRun
) -> None:
    """Send *record*, and note the answer and the time since it was *due*."""
    async with session.post(f"{url}/v1/studies/{STUDY}/records", data=record) as answer:
        body = await answer.json()
        run.latencies.append(asyncio.get_running_loop().time() - due)
        run.statuses[answer.status] += 1
        if answer.status == 202:
            (line,) = body["accepted"]
            run.answered[line["partition"], line["offset"]] = record


def record_bytes(number: int) -> bytes:
    """Return a case of one of a thousand subjects."""
    return json.dumps(
        {
            "schema": "trial.log/1",
            "type": "adverse_event",
            "study": STUDY,
            "source": {"system": "edc", "id": f"ae-{number}", "version": 1},
            "known_at": "2026-03-01T10:00:00Z",
            "subject": f"P-{number % 1000}",
            "preferred_term": "Headache",
            "system_organ_class": "Nervous system disorders",
            "onset": "2026-02-27",
            "serious": False,
        }
    ).encode()


async def count_lost(broker: str, answered: Positions) -> int:
    """Return how many answered records the log does not hold where the answer says."""
    partition = partition_of(STUDY, PARTITIONS)
    log = KafkaLog(broker, LOG, partition)
    stored = {(partition, each.offset): each.value async for each in records_of(log)}
    await log.close()
    return sum(stored.get(position) != record for position, record in answered.items())


def intake_table(run: IntakeRun, rate: int, seconds: int, cpu: float, lost: int) -> Table:
    """Return the latencies, the answers, and what was lost."""
    ordered = sorted(1000 * each for each in run.latencies)
    header = ["requests a second", "seconds", "202", "other", *(f"{name} ms" for name in QUANTILES)]
    accepted = run.statuses[202]
    row = [f"{rate:,}", str(seconds), f"{accepted:,}", f"{run.statuses.total() - accepted:,}"]
    row += [f"{quantile(ordered, share):.1f}" for share in QUANTILES.values()]
    title = "Intake (one record a request, from when it is due to its 202, beside a worker)"
    return section(title, header, [row]) + (
        f"\n{lost} answered records are not in the log where the answer says.  The intake used "
        f"{cpu / seconds:.0%} of a core, {1e6 * cpu / max(1, len(ordered)):.0f} us a request; "
        "client, broker and worker ran on the same machine.\n"
    )
