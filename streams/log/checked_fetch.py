"""Confines a batch that cannot be read to its partition.

The client's own fetches of every partition end where it cannot parse one response, and records of
other partitions are lost where a batch fails between them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.fetcher import FetchError, FetchResult
from aiokafka.protocol.fetch import FetchRequest

from streams.log import BatchUnreadable
from streams.log.batches import BatchFault, UnreadableBatch, check_batches, find_batch

CORRUPT_CODES = {2, 76}
"""The broker cannot read a batch (CORRUPT_MESSAGE), or not in the version that it must send."""

BACKOFF_SECONDS = 0.1


def check_fetches(consumer: AIOKafkaConsumer, *, check_crcs: bool) -> None:
    """Let the started *consumer* raise BatchUnreadable for a partition, and fetch the others.

    Call it before the first seek.  *check_crcs* verifies the checksums of batches.
    """
    fetcher: Any = consumer._fetcher
    # The batches are checked here, before they are decompressed, which changes their checksums.
    fetcher._check_crcs = False
    fetcher._records = results = CheckedResults()
    fetcher._client = CheckingClient(fetcher._client, results, check_crcs)


def restart_fetches(consumer: AIOKafkaConsumer) -> bool:
    """Start the client's fetches again if an error has ended them, and return whether it had."""
    fetcher: Any = consumer._fetcher
    if fetcher._closed or not fetcher._fetch_task.done():
        return False
    fetcher._pending_tasks = {each for each in fetcher._pending_tasks if not each.done()}
    fetcher._in_flight.clear()
    fetcher._fetch_task.exception()  # Retrieved, so that Python does not report it.
    fetcher._fetch_task = asyncio.create_task(fetcher._fetch_requests_routine())
    return True


class CheckedResults(OrderedDict[TopicPartition, Any]):
    """The fetched records of each partition, which its consumer takes; or the error it raises.

    *fetched* has the bytes of the last fetch and the end offset of each partition, until its
    records are added.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fetched: dict[TopicPartition, tuple[bytes, int]] = {}

    def __setitem__(self, tp: TopicPartition, result: Any) -> None:
        """Add a result; an error in place of records whose first one cannot be parsed."""
        if type(result) is FetchResult:
            records = result._partition_records
            offset = records.next_fetch_offset
            try:
                result._partition_records = ParsedRecords(records)
            except Exception:
                data, end = self.fetched.get(tp, (b"", 0))
                result = fetch_error(tp, find_batch(data, offset, end, BatchFault.RECORDS))
            self.fetched.pop(tp, None)
        super().__setitem__(tp, result)


class ParsedRecords:
    """The records of a fetch up to the first that cannot be parsed, which the next fetch reports.

    Raises the client's error where that is the first.
    """

    def __init__(self, records: Any) -> None:
        self.records = records
        # The client's records and their iterator refer to each other, so records that a seek
        # discards would be kept until a collection of cycles, which a worker almost never makes.
        self.iterator, records._records_iterator = records._records_iterator, None
        self.next_fetch_offset: int = records.next_fetch_offset
        self.following: Any = next(self.iterator, None)
        self.offset_after: int = records.next_fetch_offset

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        record = self.following
        if record is None:
            self.next_fetch_offset = self.offset_after
            raise StopIteration
        self.next_fetch_offset = self.offset_after = record.offset + 1
        try:
            self.following = next(self.iterator, None)
            if self.following is None:
                self.offset_after = self.records.next_fetch_offset
        except Exception:
            self.following = None
        return record


class CheckingClient:
    """The client of a fetcher, which checks the batches of each answer to a fetch."""

    def __init__(self, client: Any, results: CheckedResults, check_crcs: bool) -> None:
        self.client, self.results, self.check_crcs = client, results, check_crcs

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    async def send(self, node_id: int, request: Any, **options: Any) -> Any:
        """Send *request*; leave in the answer to a fetch what the client can parse."""
        response = await self.client.send(node_id, request, **options)
        if isinstance(request, FetchRequest):
            offsets = {
                TopicPartition(topic, partition): offset
                for topic, partitions in request.topics
                for partition, offset, _ in partitions
            }
            response.topics = [
                (topic, [self.checked_answer(topic, each, offsets) for each in partitions])
                for topic, partitions in response.topics
            ]
        return response

    def checked_answer(
        self, topic: str, answer: Sequence[Any], offsets: dict[TopicPartition, int]
    ) -> Sequence[Any]:
        """Return the answer for one partition without a batch that cannot be read.

        Where no batch comes before that one, the consumer of the partition gets an error.
        """
        partition, code, end, *between, data = answer
        tp = TopicPartition(topic, partition)
        if code in CORRUPT_CODES:
            unreadable = UnreadableBatch(offsets[tp], None, BatchFault.BROKER)
            self.results[tp] = fetch_error(tp, unreadable)
            return (partition, 0, end, *between, b"")
        if code or not data:
            return (partition, code, end, *between, data or b"")
        checked = check_batches(data, end, check_crcs=self.check_crcs)
        self.results.fetched[tp] = data, end
        if checked.unreadable is not None and not checked.readable:
            self.results[tp] = fetch_error(tp, checked.unreadable)
        return (partition, code, end, *between, checked.readable)


def fetch_error(tp: TopicPartition, batch: UnreadableBatch) -> FetchError:
    """Return what makes the next fetch of *tp* raise BatchUnreadable."""
    return FetchError(error=BatchUnreadable(tp.partition, batch), backoff=BACKOFF_SECONDS)
