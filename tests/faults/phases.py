"""The phases of a campaign: the faults of each, and the persistence of its store."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from random import Random

from tests.faults.fault_kinds import FAULT_KINDS
from tests.faults.judge import Verdict, judge
from tests.faults.recreated_topic import CASES, recreate
from tests.faults.services import FaultServices, running_services
from tests.faults.workers import RUN_COMMAND

RECREATE_TOPIC = "recreate topic"
"""It stops all partitions, so each such fault has services of its own."""

BROKER_KILLS = "broker kills"

APPEND_ONLY = {"appendonly": "yes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A part of the campaign with its own services; the *kinds* have 300 faults in all phases."""

    name: str
    kinds: Mapping[str, int]
    redis: Mapping[str, str] = field(default_factory=dict[str, str])
    command: tuple[str, ...] = RUN_COMMAND


PHASES = (
    Phase(
        name="steady store",
        kinds={
            "kill worker": 53,
            "rebalance": 35,
            "markers": 20,
            "kill broker": 7,
            "freeze worker": 6,
        },
    ),
    Phase(
        name="snapshots",
        redis={"save": "1 1"},
        kinds={"kill redis": 30, "kill worker": 10, "old dump": 12, "flush": 6},
    ),
    Phase(
        name="appendonly everysec",
        redis={**APPEND_ONLY, "appendfsync": "everysec"},
        kinds={"kill redis": 20, "cut tail": 18, "kill worker": 5, "flush": 4},
    ),
    Phase(
        name="appendonly always",
        redis={**APPEND_ONLY, "appendfsync": "always"},
        kinds={"kill redis": 20, "cut tail": 15, "kill worker": 5},
    ),
    Phase(
        name="raising workers",
        command=("tests.faults.raising",),
        kinds={"raise once": 14, "kill worker": 3, "raise twice": 1},
    ),
    # No broker is killed here: it would cut off its log at a damaged batch when it starts again.
    Phase(
        name="batches",
        kinds={"compressed": 4, "unreadable batch": 4, "many cases": 4},
    ),
    Phase(name="another log", kinds={RECREATE_TOPIC: 4}),
)


def broker_kills(kills: int) -> Phase:
    """Return a phase of its own in which only the broker is killed; no worker may end by itself."""
    return Phase(name=BROKER_KILLS, kinds={"kill broker": kills})


@dataclass(slots=True)
class PhaseResult:
    """Result of one phase: faults by kind, those *while_folding*, and the verdict.

    *without_progress* counts the faults after which no record was folded for 25 s, *idle_kills* the
    workers killed while no worker had a partition, and *exit_messages* the last log lines of
    workers that ended by themselves.
    """

    phase: str
    kinds: Counter[str] = field(default_factory=Counter[str])
    while_folding: Counter[str] = field(default_factory=Counter[str])
    without_progress: int = 0
    idle_kills: int = 0
    exit_messages: Counter[str] = field(default_factory=Counter[str])
    seconds: float = 0
    verdict: Verdict = field(default_factory=Verdict)


def run_phase(phase: Phase, kinds: Sequence[str], folder: Path, random: Random) -> PhaseResult:
    """Inject faults of these *kinds* in order, wait until no record remains, and compare."""
    result, start = PhaseResult(phase.name), time.monotonic()
    if RECREATE_TOPIC in kinds:
        recreate_topics(result, len(kinds), folder, random)
    else:
        with running_services(folder, random, phase.redis, phase.command) as services:
            for kind in kinds:
                inject_fault(services, kind, result)
            finish_phase(services, result)
    result.seconds = time.monotonic() - start
    return result


def inject_fault(services: FaultServices, kind: str, result: PhaseResult) -> None:
    """Inject one fault at a random time of a burst, then wait until a record is folded."""
    random = services.random
    services.producer.burst(random.randint(100, 500))
    time.sleep(random.uniform(0, 0.3))
    services.producer.client.poll(0)
    result.while_folding[kind] += services.records_behind() > 0
    FAULT_KINDS[kind](services)
    result.kinds[kind] += 1
    services.producer.burst(50)
    result.without_progress += not services.makes_progress()


def finish_phase(services: FaultServices, result: PhaseResult) -> None:
    """Wait until all records are folded and published, then compare."""
    error = services.finish()
    if error:
        result.verdict.errors.append(error)
        return
    result.verdict = judge(services.kafka.bootstrap, services.redis.url)
    result.exit_messages.update(services.workers.exit_messages)
    result.idle_kills = services.idle_kills
    result.verdict.errors += services.errors
    if result.phase == BROKER_KILLS:
        result.verdict.errors += [
            f"a worker ended by itself: {each}" for each in services.workers.exit_messages
        ]


def recreate_topics(result: PhaseResult, times: int, folder: Path, random: Random) -> None:
    """Recreate the log topic *times* times, each time with new services."""
    for number, case in enumerate(islice(cycle(CASES), times)):
        errors = recreate(case, folder / f"case-{number}", random)
        result.verdict.errors += [f"{case}: {each}" for each in errors]
        result.kinds[RECREATE_TOPIC] += 1
