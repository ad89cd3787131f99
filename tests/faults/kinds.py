"""The kinds of faults: each breaks something of the ground, and mends what no worker can mend."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from tests.faults.produced_log import quiet_trial
from tests.faults.raising import ONCE, TWICE
from tests.faults.services import GONE, WORKERS, Ground, save
from tests.faults.workers import PLAIN, send

SESSION_SECONDS = 10

Fault = Callable[[Ground], None]


def kill_worker(ground: Ground) -> None:
    """A worker is ended as by a power cut, and started again; the group is told, or finds out."""
    holders = ground.crew.holders(ground.kafka.bootstrap)
    worker = ground.random.choice(holders or ground.crew.working)
    ground.idle += not holders
    ground.feed.burst(200)
    time.sleep(ground.random.uniform(0, 0.2))
    ground.crew.kill(worker)
    ground.crew.start()
    if ground.random.random() < 0.9:
        ground.crew.expel(ground.kafka.bootstrap, worker)


def kill_redis(ground: Ground) -> None:
    """The store is ended as by a power cut, and comes back with what is on its disk."""
    ground.redis.kill()
    ground.redis.start()


def kill_broker(ground: Ground) -> None:
    """The broker is ended as by a power cut."""
    ground.kafka.kill()
    ground.kafka.start()


def freeze_worker(ground: Ground) -> None:
    """A worker stands still for longer than its session, loses its partitions, and wakes up."""
    worker = ground.random.choice(ground.crew.working)
    send(worker, signal.SIGSTOP)
    for _ in range(SESSION_SECONDS + ground.random.randint(1, 3)):
        ground.feed.burst(40)
        time.sleep(1)
    send(worker, signal.SIGCONT)


def cut_tail(ground: Ground) -> None:
    """The append-only file loses its last bytes, and the store is started twice on what is left."""
    ground.redis.kill()
    folder = ground.redis.folder / "appendonlydir"
    last = max(folder.glob("*.incr.aof"), key=lambda file: int(file.name.split(".")[-3]))
    size = last.stat().st_size
    with last.open("r+b") as file:
        file.truncate(ground.random.randint(max(0, size - 100_000), size))
    ground.redis.start()
    ground.redis.kill()
    ground.redis.start()


def flush(ground: Ground) -> None:
    """Somebody empties the store."""
    with ground.client() as client:
        client.flushall()


def old_dump(ground: Ground) -> None:
    """Somebody brings back what the store was a while ago."""
    with ground.client() as client, suppress(*GONE):
        save(ground, client)
    ground.feed.burst(300)
    ground.gets_on()
    time.sleep(ground.random.random() / 2)
    ground.redis.kill()
    shutil.copy(ground.random.choice(ground.saved[-3:]), ground.redis.folder / "dump.rdb")
    ground.redis.start()


def markers(ground: Ground) -> None:
    """A producer writes in a transaction; every third is aborted."""
    name = f"writer-{ground.random.randrange(1 << 32)}"
    commit = ground.random.random() < 0.67
    ground.feed.transaction(ground.random.randint(1, 60), name, commit=commit)


def rebalance(ground: Ground) -> None:
    """A worker joins, or one leaves in good order."""
    crew = ground.crew
    if len(crew.working) > WORKERS and ground.random.random() < 0.6:
        crew.dismiss(ground.random.choice(crew.working))
    else:
        crew.start()
    time.sleep(ground.random.uniform(0.5, 1.5))
    if len(crew.working) > WORKERS + 2:
        crew.dismiss(crew.working[0])


def raise_once(ground: Ground) -> None:
    """The fold raises at the last record of a log that then is quiet: nothing may hide it."""
    name = f"{ONCE}-{ground.random.randrange(1 << 32)}"
    ground.feed.send(quiet_trial(name))
    ground.feed.flush()
    if not ground.until(ground.quiet, 30):
        ground.wrong.append(f"nobody folds {name}, the last record")
    if not ground.crew.said(f"raised at safety/{name}"):
        ground.wrong.append(f"nothing raised at {name}")


def raise_twice(ground: Ground) -> None:
    """The fold raises whenever it comes to a record: its partition stops and says so."""
    name = f"{TWICE}-{ground.random.randrange(1 << 32)}"
    *_, last = sent = list(quiet_trial(name))
    ground.feed.send(sent)
    ground.feed.burst(300)
    ground.feed.flush()
    if not ground.until(lambda: "twice" in ground.stopped().get(last.partition, ""), 30):
        ground.wrong.append(f"partition {last.partition} does not say that it stopped at {name}")
    others = {each: end for each, end in ground.feed.ends.items() if each != last.partition}
    if not ground.until(lambda: others.items() <= ground.places().items(), 30):
        ground.wrong.append(f"others stand still with partition {last.partition}")
    faulty = ground.crew.words
    ground.crew.replace(PLAIN, WORKERS)
    if not ground.until(ground.quiet, 60):
        ground.wrong.append(f"a version without the fault does not get past {name}")
    ground.crew.replace(faulty, WORKERS)


KINDS: dict[str, Fault] = {
    "kill worker": kill_worker,
    "kill redis": kill_redis,
    "kill broker": kill_broker,
    "freeze worker": freeze_worker,
    "cut tail": cut_tail,
    "flush": flush,
    "old dump": old_dump,
    "markers": markers,
    "rebalance": rebalance,
    "raise once": raise_once,
    "raise twice": raise_twice,
}
