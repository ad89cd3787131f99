"""The transitions of the model: steps of the workers, and every fault between them."""

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
    """Yield every transition from *state*; of two workers in equal states only one takes steps."""
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
    """Fold a batch of any size from the fetch position, or drop it before it is folded."""
    rules, worker = protocol.rules, state.workers[at]
    if worker.position != state.history[-1].next and rules.checks_cursor:
        yield _with_worker(
            state,
            at,
            "a worker detects a moved cursor and discards its memory",
            protocol.new_worker(),
        )
    gap = worker.fetched != worker.position
    if gap and rules.seeks_after_gap:
        repositioned = worker._replace(fetched=worker.position)
        yield _with_worker(state, at, f"a worker seeks to {worker.position}", repositioned)
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
    """Load the rows that are not in memory, fold the batch, and send the apply."""
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
    """Yield the outcomes of an apply: a response, a lost response, or a timeout."""
    after, span = _apply(protocol, state, write), f"[{write.first}, {write.next})"
    if after is None:
        yield _with_worker(state, at, f"{span} is refused", protocol.new_worker())
    else:
        applied = _after_apply(protocol, state.workers[at], write)
        yield _with_worker(after, at, f"{span} is applied", applied)
        description = f"{span} is applied and the response is lost"
        yield _with_worker(after, at, description, protocol.new_worker(), fault=True)
    if state.faults_left.late_applies:
        faults_left = state.faults_left._replace(late_applies=state.faults_left.late_applies - 1)
        description = f"a worker times out on {span}, which may still arrive"
        late = state._replace(late_apply=write, faults_left=faults_left)
        yield _with_worker(late, at, description, protocol.new_worker(), fault=True)


def _after_apply(protocol: ApplyProtocol, worker: Worker, write: ApplyRequest) -> Worker:
    """Return the worker after its apply succeeded."""
    memory = list(worker.memory)
    for study, row in write.rows:
        memory[study] = row.written_over(memory[study])
    publishing = worker.publishing if protocol.rules.has_outbox else write.alerts
    return worker._replace(
        position=write.next, memory=tuple(memory), in_flight=NO_APPLY, publishing=publishing
    )


def _apply(protocol: ApplyProtocol, state: ModelState, write: ApplyRequest) -> ModelState | None:
    store = state.history[-1]
    if not protocol.accepts(store, write):
        return None
    return state.with_writes(*protocol.stores_during_apply(store, write))


def _publish(protocol: ApplyProtocol, state: ModelState, at: int) -> Iterator[Transition]:
    """Publish an outbox entry, then remove it: two steps, with a possible crash between them."""
    worker, store, removes_first = (
        state.workers[at],
        state.history[-1],
        protocol.rules.removes_before_publishing,
    )
    if worker.publishing:
        published, without = (
            state._replace(published=state.published | worker.publishing),
            _without_published(store, worker),
        )
        if removes_first or not protocol.rules.has_outbox:
            yield _with_worker(
                published, at, "an alert is published", worker._replace(publishing=0)
            )
        else:
            after = state if without == store else state.with_writes(without)
            yield _with_worker(
                after, at, "an alert leaves the outbox", worker._replace(publishing=0)
            )
    elif store.outbox:
        publisher = worker._replace(publishing=store.outbox & -store.outbox)
        if removes_first:
            after = state.with_writes(_without_published(store, publisher))
            yield _with_worker(after, at, "an alert leaves the outbox", publisher)
        else:
            published = state._replace(published=state.published | publisher.publishing)
            yield _with_worker(published, at, "an alert is published", publisher)


def _without_published(store: Store, worker: Worker) -> Store:
    return store._replace(outbox=store.outbox & ~worker.publishing)


def _store_faults(protocol: ApplyProtocol, state: ModelState) -> Iterator[Transition]:
    """Yield the faults of the store: a late apply, or a rollback to any prefix of its writes."""
    if isinstance(state.late_apply, ApplyRequest):
        arrived = state._replace(late_apply=NO_APPLY)
        after = _apply(protocol, arrived, state.late_apply)
        description = f"a late apply arrives and is {'refused' if after is None else 'applied'}"
        yield Transition(description, after or arrived, fault=True)
    for writes in range(len(state.history) - 1):
        description = f"the store rolls back to its first {writes} writes"
        yield Transition(description, state.rolled_back(writes), fault=True)


def _with_worker(
    state: ModelState, at: int, description: str, worker: Worker, *, fault: bool = False
) -> Transition:
    """Replace the worker number *at*; workers are sorted, because their order has no meaning."""
    others = (*state.workers[:at], *state.workers[at + 1 :])
    return Transition(description, state._replace(workers=tuple(sorted((worker, *others)))), fault)
