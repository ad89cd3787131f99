"""The legs of a campaign: what each breaks how often, and on which kind of store."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from random import Random

from tests.faults.judge import Verdict, judge
from tests.faults.kinds import KINDS
from tests.faults.recreated import CASES, recreate
from tests.faults.services import Ground, grounded
from tests.faults.workers import PLAIN

RECREATE = "recreate topic"
"""After it nothing is folded any more, so each has a ground of its own."""

APPEND = {"appendonly": "yes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A stretch of the campaign on services of its own; *kinds* are weights, of 300 in all."""

    name: str
    kinds: Mapping[str, int]
    redis: Mapping[str, str] = field(default_factory=dict[str, str])
    words: tuple[str, ...] = PLAIN


LEGS = (
    Leg(
        name="steady store",
        kinds={
            "kill worker": 65,
            "rebalance": 35,
            "markers": 20,
            "kill broker": 7,
            "freeze worker": 6,
        },
    ),
    Leg(
        name="snapshots",
        redis={"save": "1 1"},
        kinds={"kill redis": 30, "kill worker": 10, "old dump": 12, "flush": 6},
    ),
    Leg(
        name="appendonly everysec",
        redis={**APPEND, "appendfsync": "everysec"},
        kinds={"kill redis": 20, "cut tail": 18, "kill worker": 5, "flush": 4},
    ),
    Leg(
        name="appendonly always",
        redis={**APPEND, "appendfsync": "always"},
        kinds={"kill redis": 20, "cut tail": 15, "kill worker": 5},
    ),
    Leg(
        name="raising workers",
        words=("tests.faults.raising",),
        kinds={"raise once": 14, "kill worker": 3, "raise twice": 1},
    ),
    Leg(name="another log", kinds={RECREATE: 4}),
)


@dataclass(slots=True)
class Struck:
    """What one leg came to: faults by kind, those *amid* folding, and the verdict.

    After *stuck* of them nothing was folded for a while; *idle* are killed workers that held
    nothing; *ended* says why workers ended by themselves, in their own last words.
    """

    leg: str
    kinds: Counter[str] = field(default_factory=Counter[str])
    amid: Counter[str] = field(default_factory=Counter[str])
    stuck: int = 0
    idle: int = 0
    ended: Counter[str] = field(default_factory=Counter[str])
    seconds: float = 0
    verdict: Verdict = field(default_factory=Verdict)


def run(leg: Leg, kinds: Sequence[str], folder: Path, random: Random) -> Struck:
    """Strike with *kinds*, one after another, and judge what is left when all is caught up."""
    struck, began = Struck(leg.name), time.monotonic()
    if RECREATE in kinds:
        recreated(struck, len(kinds), folder, random)
    else:
        with grounded(folder, random, leg.redis, leg.words) as ground:
            for kind in kinds:
                strike(ground, kind, struck)
            conclude(ground, struck)
    struck.seconds = time.monotonic() - began
    return struck


def strike(ground: Ground, kind: str, struck: Struck) -> None:
    """One fault, at a random moment of a burst; the next one waits until something is folded."""
    random = ground.random
    ground.feed.burst(random.randint(100, 500))
    time.sleep(random.uniform(0, 0.3))
    ground.feed.producer.poll(0)
    struck.amid[kind] += ground.behind() > 0
    KINDS[kind](ground)
    struck.kinds[kind] += 1
    ground.feed.burst(50)
    struck.stuck += not ground.gets_on()


def conclude(ground: Ground, struck: Struck) -> None:
    """Wait until all is caught up, and judge."""
    behind = ground.settle()
    if behind:
        struck.verdict.says.append(behind)
        return
    struck.verdict = judge(ground.kafka.bootstrap, ground.redis.url)
    struck.ended.update(ground.crew.ended)
    struck.idle = ground.idle
    struck.verdict.says += ground.wrong


def recreated(struck: Struck, times: int, folder: Path, random: Random) -> None:
    """Make the topic anew so many times."""
    for number, case in enumerate(islice(cycle(CASES), times)):
        says = recreate(case, folder / f"case-{number}", random)
        struck.verdict.says += [f"{case}: {each}" for each in says]
        struck.kinds[RECREATE] += 1
