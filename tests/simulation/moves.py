"""What may happen next in the model: the workers' steps, and every fault between them."""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.model import (
    NONE,
    NOT_LOADED,
    NOTHING,
    Move,
    Store,
    Worker,
    World,
    Write,
)
from tests.simulation.protocol import Protocol


def moves(protocol: Protocol, world: World) -> Iterator[Move]:
    """Every step that *world* can take; of two workers in the same state only one is moved."""
    for at, worker in enumerate(world.workers):
        if at and worker == world.workers[at - 1]:
            continue
        if worker.position == NONE:
            yield _claim(protocol, world, at)
        elif isinstance(worker.flying, Write):
            yield from _await(protocol, world, at, worker.flying)
        else:
            yield from _work(protocol, world, at)
            yield from _relay(protocol, world, at)
            yield _become(world, at, "a worker crashes", protocol.ignorant(), fault=True)
    yield from _store(protocol, world)


def _claim(protocol: Protocol, world: World, at: int) -> Move:
    start = world.history[-1].next
    claimed = protocol.ignorant()._replace(position=start, fetched=start)
    return _become(world, at, f"a worker claims from {start}", claimed)


def _work(protocol: Protocol, world: World, at: int) -> Iterator[Move]:
    """Fold a batch of any size from where the consumer is, or lose it on the way."""
    rules, worker = protocol.rules, world.workers[at]
    if worker.position != world.history[-1].next and rules.glances:
        yield _become(world, at, "a worker sees another cursor and forgets", protocol.ignorant())
    gap = worker.fetched != worker.position
    if gap and rules.seeks_again:
        sought = worker._replace(fetched=worker.position)
        yield _become(world, at, f"a worker seeks {worker.position} again", sought)
    for upto in range(worker.fetched + 1, protocol.end + 1):
        if not (gap and rules.minds_gaps):
            yield _fold(protocol, world, at, upto)
        if world.left.drops and not gap:
            after = world._replace(left=world.left._replace(drops=world.left.drops - 1))
            says = f"the batch [{worker.fetched}, {upto}) is dropped"
            yield _become(after, at, says, worker._replace(fetched=upto), fault=True)


def _fold(protocol: Protocol, world: World, at: int, upto: int) -> Move:
    """Read the rows that memory lacks, fold, and send the apply on its way."""
    worker, batch = world.workers[at], protocol.studies[world.workers[at].fetched : upto]
    memory = tuple(
        stored if held.pos == NOT_LOADED and name in batch else held
        for name, held, stored in zip(
            protocol.names, worker.memory, world.history[-1].rows, strict=True
        )
    )
    write = protocol.write(worker, memory, upto)
    says = f"a worker folds [{worker.fetched}, {upto}) and sends [{write.first}, {write.next})"
    sent = worker._replace(memory=memory, fetched=upto, flying=write)
    return _become(world, at, says, sent)


def _await(protocol: Protocol, world: World, at: int, write: Write) -> Iterator[Move]:
    """The apply arrives and is answered; or its answer is lost; or nobody waits any more."""
    after, span = _applied(protocol, world, write), f"[{write.first}, {write.next})"
    if after is None:
        yield _become(world, at, f"{span} is refused", protocol.ignorant())
    else:
        answered = _answered(protocol, world.workers[at], write)
        yield _become(after, at, f"{span} is applied", answered)
        says = f"{span} is applied and the answer is lost"
        yield _become(after, at, says, protocol.ignorant(), fault=True)
    if world.left.strays:
        left = world.left._replace(strays=world.left.strays - 1)
        says = f"a worker gives up on {span}, which is still on its way"
        strayed = world._replace(stray=write, left=left)
        yield _become(strayed, at, says, protocol.ignorant(), fault=True)


def _answered(protocol: Protocol, worker: Worker, write: Write) -> Worker:
    """The worker whose apply was done."""
    memory = list(worker.memory)
    for study, row in write.rows:
        memory[study] = row.over(memory[study])
    telling = worker.telling if protocol.rules.has_outbox else write.alerts
    return worker._replace(
        position=write.next, memory=tuple(memory), flying=NOTHING, telling=telling
    )


def _applied(protocol: Protocol, world: World, write: Write) -> World | None:
    store = world.history[-1]
    if not protocol.accepts(store, write):
        return None
    return world.pushed(*protocol.written(store, write))


def _relay(protocol: Protocol, world: World, at: int) -> Iterator[Move]:
    """Tell what is in the outbox, then take it out: two steps, and a crash fits between."""
    worker, store, early = world.workers[at], world.history[-1], protocol.rules.removes_first
    if worker.telling:
        told, without = world._replace(told=world.told | worker.telling), _without(store, worker)
        if early or not protocol.rules.has_outbox:
            yield _become(told, at, "an alert is told", worker._replace(telling=0))
        else:
            after = world if without == store else world.pushed(without)
            yield _become(after, at, "an alert leaves the outbox", worker._replace(telling=0))
    elif store.outbox:
        telling = worker._replace(telling=store.outbox & -store.outbox)
        if early:
            after = world.pushed(_without(store, telling))
            yield _become(after, at, "an alert leaves the outbox", telling)
        else:
            told = world._replace(told=world.told | telling.telling)
            yield _become(told, at, "an alert is told", telling)


def _without(store: Store, worker: Worker) -> Store:
    return store._replace(outbox=store.outbox & ~worker.telling)


def _store(protocol: Protocol, world: World) -> Iterator[Move]:
    """What the world does to the store: a late apply, or any earlier prefix of its writes."""
    if isinstance(world.stray, Write):
        settled = world._replace(stray=NOTHING)
        after = _applied(protocol, settled, world.stray)
        says = f"a late apply arrives and is {'refused' if after is None else 'done'}"
        yield Move(says, after or settled, fault=True)
    for writes in range(len(world.history) - 1):
        says = f"the store falls back to its first {writes} writes"
        yield Move(says, world.fallen(writes), fault=True)


def _become(world: World, at: int, says: str, worker: Worker, *, fault: bool = False) -> Move:
    """*world* with another state of the worker; the order of workers means nothing."""
    others = (*world.workers[:at], *world.workers[at + 1 :])
    return Move(says, world._replace(workers=tuple(sorted((worker, *others)))), fault)
