"""The kinds of faults: each breaks a service or a worker, and restarts the service."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from streams.kafka.topics import LOG
from tests.contract.commands import tocsin
from tests.contract.damaged_batches import DAMAGES, damage_last_batch
from tests.faults.produced_log import long_subject, quiet_trial
from tests.faults.raising import RAISES_ONCE, RAISES_TWICE
from tests.faults.services import STORE_ERRORS, WORKER_COUNT, FaultServices, save_dump
from tests.faults.workers import RUN_COMMAND, send_signal

SESSION_SECONDS = 10

FaultFunction = Callable[[FaultServices], None]


def kill_worker(services: FaultServices) -> None:
    """Kill a worker and start another; mostly remove it from the group before its session ends."""
    owners = services.workers.partition_owners(services.kafka.bootstrap)
    worker = services.random.choice(owners or services.workers.running)
    services.idle_kills += not owners
    services.producer.burst(200)
    time.sleep(services.random.uniform(0, 0.2))
    services.workers.kill(worker)
    services.workers.start()
    if services.random.random() < 0.9:
        services.workers.remove_from_group(services.kafka.bootstrap, worker)


def kill_redis(services: FaultServices) -> None:
    """Kill the store, and restart it with the data that are on its disk."""
    services.redis.kill()
    services.redis.start()


def kill_broker(services: FaultServices) -> None:
    """Kill the broker, and restart it."""
    services.kafka.kill()
    services.kafka.start()


def freeze_worker(services: FaultServices) -> None:
    """Pause a worker for longer than its session, so that it continues without its partitions."""
    worker = services.random.choice(services.workers.running)
    send_signal(worker, signal.SIGSTOP)
    for _ in range(SESSION_SECONDS + services.random.randint(1, 3)):
        services.producer.burst(40)
        time.sleep(1)
    send_signal(worker, signal.SIGCONT)


def cut_tail(services: FaultServices) -> None:
    """Truncate the append-only file of the killed store, and start the store on it twice."""
    services.redis.kill()
    folder = services.redis.folder / "appendonlydir"
    newest = max(folder.glob("*.incr.aof"), key=lambda file: int(file.name.split(".")[-3]))
    size = newest.stat().st_size
    with newest.open("r+b") as file:
        file.truncate(services.random.randint(max(0, size - 100_000), size))
    services.redis.start()
    services.redis.kill()
    services.redis.start()


def flush(services: FaultServices) -> None:
    """Empty the store."""
    with services.client() as client:
        client.flushall()


def old_dump(services: FaultServices) -> None:
    """Restore one of the last three dumps of the store."""
    with services.client() as client, suppress(*STORE_ERRORS):
        save_dump(services, client)
    services.producer.burst(300)
    services.makes_progress()
    time.sleep(services.random.random() / 2)
    services.redis.kill()
    shutil.copy(services.random.choice(services.dumps[-3:]), services.redis.folder / "dump.rdb")
    services.redis.start()


def markers(services: FaultServices) -> None:
    """Produce records in a transaction; about every third is aborted."""
    name = f"writer-{services.random.randrange(1 << 32)}"
    commit = services.random.random() < 0.67
    services.producer.transaction(services.random.randint(1, 60), name, commit=commit)


def rebalance(services: FaultServices) -> None:
    """Start a worker or terminate one, so that the group rebalances."""
    workers = services.workers
    if len(workers.running) > WORKER_COUNT and services.random.random() < 0.6:
        workers.terminate(services.random.choice(workers.running))
    else:
        workers.start()
    time.sleep(services.random.uniform(0.5, 1.5))
    if len(workers.running) > WORKER_COUNT + 2:
        workers.terminate(workers.running[0])


def raise_once(services: FaultServices) -> None:
    """Make the fold raise once at the last record, which must be folded without a later one."""
    name = f"{RAISES_ONCE}-{services.random.randrange(1 << 32)}"
    services.producer.send(quiet_trial(name))
    services.producer.flush()
    if not services.wait_until(services.is_idle, 30):
        services.errors.append(f"no worker folds {name}, the last record")
    if not services.workers.has_logged(f"raised at safety/{name}"):
        services.errors.append(f"no fold raised at {name}")


def raise_twice(services: FaultServices) -> None:
    """Make the fold raise at a record every time: its partition stops and reports the reason."""
    name = f"{RAISES_TWICE}-{services.random.randrange(1 << 32)}"
    *_, last = records = list(quiet_trial(name))
    services.producer.send(records)
    services.producer.burst(300)
    services.producer.flush()
    if not services.wait_until(
        lambda: "twice" in services.stopped_partitions().get(last.partition, ""), 30
    ):
        services.errors.append(
            f"partition {last.partition} does not report that it stopped at {name}"
        )
    others = {each: end for each, end in services.producer.ends.items() if each != last.partition}
    if not services.wait_until(lambda: others.items() <= services.positions().items(), 30):
        services.errors.append(f"other partitions stopped with partition {last.partition}")
    faulty_command = services.workers.command
    services.workers.restart_as(RUN_COMMAND, WORKER_COUNT)
    if not services.wait_until(services.is_idle, 60):
        services.errors.append(f"a version without the fault does not get past {name}")
    services.workers.restart_as(faulty_command, WORKER_COUNT)


def compressed(services: FaultServices) -> None:
    """Produce records as batches in each codec of Kafka, which all must be folded."""
    for codec in ("gzip", "snappy", "lz4", "zstd"):
        services.producer.compressed(services.random.randint(5, 60), codec)
    if not services.wait_until(services.is_idle, 60):
        services.errors.append("no worker folds compressed batches")


def unreadable_batch(services: FaultServices) -> None:
    """Damage a stored batch that no worker has read; its partition stops until it is passed."""
    workers, name = services.workers, f"damaged-{services.random.randrange(1 << 32)}"
    workers.stop_all()
    services.producer.flush()
    *_, last = records = list(quiet_trial(name))
    services.producer.send(records)
    services.producer.flush()
    damage = services.random.choice(list(DAMAGES.values()))
    folder, partition = services.kafka.folder / "data", last.partition
    offset = damage_last_batch(folder, f"{LOG}-{partition}", damage)
    services.producer.burst(100)
    services.producer.flush()
    workers.replace_dead(WORKER_COUNT)
    if not services.wait_until(
        lambda: "cannot be read" in services.stopped_partitions().get(partition, ""), 60
    ):
        services.errors.append(f"partition {partition} does not report its batch at {offset}")
    others = {each: end for each, end in services.producer.ends.items() if each != partition}
    if not services.wait_until(lambda: others.items() <= services.positions().items(), 60):
        services.errors.append(f"other partitions stopped with partition {partition}")
    file = services.folder / f"{name}.batch"
    words = ("quarantine", "pass", f"{partition}", f"{offset}", "--file", f"{file}")
    done = tocsin(*words, BROKER=services.kafka.bootstrap, STORE=services.redis.url)
    if done.returncode or not services.wait_until(services.is_idle, 60):
        services.errors.append(f"the batch at {offset} of {partition} is not passed: {done.stderr}")


def many_cases(services: FaultServices) -> None:
    """Produce a subject of 4,000 cases with 40 corrections; the other partitions must go on."""
    name = f"{services.random.randrange(1 << 32)}"
    records = list(long_subject(name, 4_000, 40))
    services.producer.send(records)
    services.producer.burst(200)
    services.producer.flush()
    long, ends = records[0].partition, dict(services.producer.ends)
    others = {each: end for each, end in ends.items() if each != long}
    if not services.wait_until(lambda: has_reached(services.positions(), others), 60):
        services.errors.append(f"other partitions wait for partition {long}")
    if not services.wait_until(lambda: has_reached(services.positions(), ends), 300):
        services.errors.append(f"partition {long} does not get past its subject of 4,000 cases")


def has_reached(positions: Mapping[int, int], ends: Mapping[int, int]) -> bool:
    """Return whether each partition is folded up to its end; of other records nothing is said."""
    return all(positions.get(each, 0) >= end for each, end in ends.items())


FAULT_KINDS: dict[str, FaultFunction] = {
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
    "compressed": compressed,
    "unreadable batch": unreadable_batch,
    "many cases": many_cases,
}
