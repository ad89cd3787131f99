"""What may happen next in the model: the workers' steps, and every fault between them."""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.model import (
    NO_APPLY,
    NO_POSITION,
    NOT_LOADED,
    ApplyRequest,
    ModelState,
    Store,
    Transition,
    Worker,
)
from tests.simulation.protocol import ApplyProtocol


def next_transitions(protocol: ApplyProtocol, state: ModelState) -> Iterator[Transition]:
    """Every step that *world* can take; of two workers in the same state only one is moved."""
    for at, worker in enumerate(state.workers):
        if at and worker == state.workers[at - 1]:
            continue
        if worker.position == NO_POSITION:
            yield _claim(protocol, state, at)
        elif isinstance(worker.in_flight, ApplyRequest):
            yield from _await_response(protocol, state, at, worker.in_flight)
        else:
            yield from _fold_or_drop(protocol, state, at)
            yield from _publish(protocol, state, at)
            yield _with_worker(state, at, "a worker crashes", protocol.new_worker(), fault=True)
    yield from _store_faults(protocol, state)


def _claim(protocol: ApplyProtocol, state: ModelState, at: int) -> Transition:
    start = state.history[-1].next
    claimed = protocol.new_worker()._replace(position=start, fetched=start)
    return _with_worker(state, at, f"a worker claims from {start}", claimed)


def _fold_or_drop(protocol: ApplyProtocol, state: ModelState, at: int) -> Iterator[Transition]:
    """Fold a batch of any size from where the consumer is, or lose it on the way."""
    rules, worker = protocol.rules, state.workers[at]
    if worker.position != state.history[-1].next and rules.checks_cursor:
        yield _with_worker(
            state, at, "a worker sees another cursor and forgets", protocol.new_worker()
        )
    gap = worker.fetched != worker.position
    if gap and rules.seeks_after_gap:
        sought = worker._replace(fetched=worker.position)
        yield _with_worker(state, at, f"a worker seeks {worker.position} again", sought)
    for upto in range(worker.fetched + 1, protocol.end + 1):
        if not (gap and rules.detects_gaps):
            yield _fold(protocol, state, at, upto)
        if state.faults_left.dropped_batches and not gap:
            after = state._replace(
                faults_left=state.faults_left._replace(
                    dropped_batches=state.faults_left.dropped_batches - 1
                )
            )
            description = f"the batch [{worker.fetched}, {upto}) is dropped"
            yield _with_worker(after, at, description, worker._replace(fetched=upto), fault=True)


def _fold(protocol: ApplyProtocol, state: ModelState, at: int, upto: int) -> Transition:
    """Read the rows that memory lacks, fold, and send the apply on its way."""
    worker, batch = state.workers[at], protocol.studies[state.workers[at].fetched : upto]
    memory = tuple(
        stored if cached.pos == NOT_LOADED and name in batch else cached
        for name, cached, stored in zip(
            protocol.study_names, worker.memory, state.history[-1].rows, strict=True
        )
    )
    write = protocol.request_for(worker, memory, upto)
    description = (
        f"a worker folds [{worker.fetched}, {upto}) and sends [{write.first}, {write.next})"
    )
    sent = worker._replace(memory=memory, fetched=upto, in_flight=write)
    return _with_worker(state, at, description, sent)


def _await_response(
    protocol: ApplyProtocol, state: ModelState, at: int, write: ApplyRequest
) -> Iterator[Transition]:
    """The apply arrives and is answered; or its answer is lost; or nobody waits any more."""
    after, span = _apply(protocol, state, write), f"[{write.first}, {write.next})"
    if after is None:
        yield _with_worker(state, at, f"{span} is refused", protocol.new_worker())
    else:
        applied = _after_apply(protocol, state.workers[at], write)
        yield _with_worker(after, at, f"{span} is applied", applied)
        description = f"{span} is applied and the answer is lost"
        yield _with_worker(after, at, description, protocol.new_worker(), fault=True)
    if state.faults_left.late_applies:
        faults_left = state.faults_left._replace(late_applies=state.faults_left.late_applies - 1)
        description = f"a worker gives up on {span}, which is still on its way"
        late = state._replace(late_apply=write, faults_left=faults_left)
        yield _with_worker(late, at, description, protocol.new_worker(), fault=True)


def _after_apply(protocol: ApplyProtocol, worker: Worker, write: ApplyRequest) -> Worker:
    """The worker whose apply was done."""
    memory = list(worker.memory)
    for study, row in write.rows:
        memory[study] = row.written_over(memory[study])
    telling = worker.publishing if protocol.rules.has_outbox else write.alerts
    return worker._replace(
        position=write.next, memory=tuple(memory), in_flight=NO_APPLY, publishing=telling
    )


def _apply(protocol: ApplyProtocol, state: ModelState, write: ApplyRequest) -> ModelState | None:
    store = state.history[-1]
    if not protocol.accepts(store, write):
        return None
    return state.with_writes(*protocol.stores_during_apply(store, write))


def _publish(protocol: ApplyProtocol, state: ModelState, at: int) -> Iterator[Transition]:
    """Tell what is in the outbox, then take it out: two steps, and a crash fits between."""
    worker, store, early = (
        state.workers[at],
        state.history[-1],
        protocol.rules.removes_before_publishing,
    )
    if worker.publishing:
        published, without = (
            state._replace(published=state.published | worker.publishing),
            _without_published(store, worker),
        )
        if early or not protocol.rules.has_outbox:
            yield _with_worker(published, at, "an alert is told", worker._replace(publishing=0))
        else:
            after = state if without == store else state.with_writes(without)
            yield _with_worker(
                after, at, "an alert leaves the outbox", worker._replace(publishing=0)
            )
    elif store.outbox:
        telling = worker._replace(publishing=store.outbox & -store.outbox)
        if early:
            after = state.with_writes(_without_published(store, telling))
            yield _with_worker(after, at, "an alert leaves the outbox", telling)
        else:
            published = state._replace(published=state.published | telling.publishing)
            yield _with_worker(published, at, "an alert is told", telling)


def _without_published(store: Store, worker: Worker) -> Store:
    return store._replace(outbox=store.outbox & ~worker.publishing)


def _store_faults(protocol: ApplyProtocol, state: ModelState) -> Iterator[Transition]:
    """What the world does to the store: a late apply, or any earlier prefix of its writes."""
    if isinstance(state.late_apply, ApplyRequest):
        arrived = state._replace(late_apply=NO_APPLY)
        after = _apply(protocol, arrived, state.late_apply)
        description = f"a late apply arrives and is {'refused' if after is None else 'done'}"
        yield Transition(description, after or arrived, fault=True)
    for writes in range(len(state.history) - 1):
        description = f"the store falls back to its first {writes} writes"
        yield Transition(description, state.rolled_back(writes), fault=True)


def _with_worker(
    state: ModelState, at: int, description: str, worker: Worker, *, fault: bool = False
) -> Transition:
    """*world* with another state of the worker; the order of workers means nothing."""
    others = (*state.workers[:at], *state.workers[at + 1 :])
    return Transition(description, state._replace(workers=tuple(sorted((worker, *others)))), fault)
