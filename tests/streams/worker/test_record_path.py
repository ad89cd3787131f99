"""Traces one record from the consumer to the sink, and holds docs/architecture to the trace.

`python -m tests.streams.worker.test_record_path` writes the traced calls into the document.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from streams.worker.app import agent_body
from streams.worker.batch_handler import FetchedBatch
from tests.paths import ROOT
from tests.streams.delivery.route_senders import RouteSenderSetup
from tests.streams.list_log import ListLog
from tests.streams.processor.processors import PRODERM, log_of, single_pass
from tests.streams.worker.consumers import ListConsumer
from tests.streams.worker.workers import WorkerSetup

DOCUMENT = ROOT / "docs" / "architecture" / "record-path.md"
MARKS = re.compile(r"(?<=<!-- traced -->\n```\n).*?(?=```\n<!-- end -->)", re.DOTALL)

PRODUCT = tuple(f"{ROOT}/{folder}/" for folder in ("monitor", "alerts", "streams"))
HOPS_MAX = 12

LEAVES = {
    "fetch": "Consumer._enqueue",
    "fold": "evaluate",
    "raise": "AlertRegister.raise_once",
    "commit": "FailingStore.apply",
    "publish": "OutboxRelay._send_batch",
    "notify": "FakeSink.send",
}
"""The call that each part of the path ends in; `FailingStore` and `FakeSink` are the tests' own."""

LAYERS = (
    "Consumer._fetch_once",
    "Consumer._enqueue",
    "Worker.dispatch",
    "OwnedPartition.process",
    "PartitionProcessor.fold_batch",
    "WorkingSet.handle",
    "apply_record",
    "fold",
    "WorkingSet.commit",
    "OutboxRelay.publish_pending",
    "AlertPartition.catch_up",
    "RouteSender.send_due",
)
"""The layers that one record passes, in order: one verb each (the consumer thread is Kafka's)."""


@dataclass
class Tracer:
    """Notes the calls of the product in order, and the first stack that ends in each leaf."""

    calls: list[str] = field(default_factory=list[str])
    stacks: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def __enter__(self) -> Tracer:
        sys.setprofile(self.on_event)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)

    def on_event(self, frame: FrameType, event: str, argument: Any) -> None:
        """Note *frame* where a function of the product, or a leaf, is entered."""
        if event != "call":
            return
        name = frame.f_code.co_qualname
        if frame.f_code.co_filename.startswith(PRODUCT):
            self.calls.append(name)
        for part, leaf in LEAVES.items():
            if name == leaf and part not in self.stacks:
                self.stacks[part] = stack_of(frame)


def stack_of(frame: FrameType | None) -> list[str]:
    """The calls from the outermost function of the product down to *frame*."""
    names: list[str] = []
    while frame is not None:
        code = frame.f_code
        if code.co_filename.startswith(PRODUCT) and "<" not in code.co_qualname:
            module = code.co_filename.removeprefix(f"{ROOT}/").removesuffix(".py")
            names.append(f"{module}: {code.co_qualname}")
        frame = frame.f_back
    return names[::-1]


def alert_offset() -> int:
    """The offset of ProDERM's first record that raises an alert."""
    log = log_of(PRODERM)
    pipeline_alerts = single_pass(log)[1]
    return pipeline_alerts[0].line


async def one_batch(channel: asyncio.Queue[FetchedBatch]) -> AsyncIterator[FetchedBatch]:
    """What the agent receives: the batch that the consumer enqueued."""
    yield channel.get_nowait()


async def trace_record(offset: int) -> Tracer:
    """Trace the record at *offset* through the real worker, relay and delivery."""
    setup = WorkerSetup([log_of(PRODERM[: offset + 1])])
    await setup.assign_partitions(0)
    await setup.fetch_and_fold(most=offset)
    consumer = ListConsumer({0: list(await setup.logs[0].read(offset, 1))})
    consumer.transport.handler, deliver = setup.worker, RouteSenderSetup()
    with Tracer() as tracer:
        await consumer._fetch_once()  # pyright: ignore[reportPrivateUsage]
        await agent_body(setup.worker)(one_batch(consumer.transport.channel))
        await setup.worker.publish_outboxes()
        append_published(setup, deliver.alerts)
        await deliver.alert_partition.catch_up()
        await deliver.route_sender.send_due()
    return tracer


def append_published(setup: WorkerSetup, alerts: ListLog) -> None:
    """Put what the relay sent where the delivery process reads it."""
    for message in setup.sender.messages:
        alerts.append(message.value)


def traced() -> Tracer:
    """The trace of ProDERM's first alert."""
    return asyncio.run(trace_record(alert_offset()))


def as_text(stacks: dict[str, list[str]]) -> str:
    """The stacks as the document has them."""
    return "".join(
        f"{part}\n" + "".join(f"  {call}\n" for call in stacks.get(part, ["nothing"]))
        for part in LEAVES
    )


def test_one_record_passes_at_most_twelve_layers_each_by_its_own_verb():
    """The layers are entered in the order of the document; no method name occurs twice."""
    calls = traced().calls
    firsts = [calls.index(layer) for layer in LAYERS]
    verbs = [layer.rpartition(".")[2] for layer in LAYERS]

    assert firsts == sorted(firsts)
    assert len(LAYERS) <= HOPS_MAX
    assert len(set(verbs)) == len(verbs)


def test_the_document_has_every_call_between_the_layers():
    """A call that is added to the path shows here, and has to be written into the document."""
    written = MARKS.search(DOCUMENT.read_text())

    assert written is not None
    assert written.group() == as_text(traced().stacks)


def test_every_part_of_the_path_is_reached():
    """A part that the trace misses would make the document say less than there is."""
    assert list(traced().stacks) == list(LEAVES)


def rewrite(replace: Callable[[str], str] = lambda text: text) -> None:
    """Write the traced calls into the document."""
    text = as_text(traced().stacks)
    DOCUMENT.write_text(replace(MARKS.sub(lambda _: text, DOCUMENT.read_text())))


if __name__ == "__main__":
    rewrite()
