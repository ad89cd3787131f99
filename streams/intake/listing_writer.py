"""Converts a listing of a study, and produces what the study does not have yet."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from streams.intake.answers import FileFinding, FilesAnswer, OffsetRun
from streams.intake.changed_records import ListedRecord, changed_records, listed_records
from streams.intake.clients import Client
from streams.intake.lines import Forbidden, GoodLine
from streams.intake.listings import (
    ConversionFailed,
    ConvertedListing,
    ListingConverter,
    ListingRequest,
)
from streams.intake.problems import RequestRefused
from streams.intake.production import Production
from streams.intake.stored_study import FoldBehind, StoredStudy
from streams.kafka.sender import NotSent, Undelivered
from streams.log import LogUnreachable
from streams.store import StoreMisconfigured, StoreUnreachable

CHUNK_RECORDS = 1_000
"""Records that are sent, or looked up, together."""

Item = TypeVar("Item")

NO_PLAN = "The study has no plan yet. Send its plan as a record first."
BEHIND = "The fold has not reached the end of the log. Nothing was produced; send it again later."
NOT_CONVERTED = "The listing could not be converted in time. Nothing was produced; send less."


@dataclass(frozen=True, slots=True)
class ListingWriter:
    """Converts listings, compares them with the store, and produces what is new.

    One listing of a study at a time: the next one is compared with what this one has produced.
    """

    converter: ListingConverter
    production: Production
    stored: Callable[[str, int], StoredStudy]
    locks: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def take_listing(self, request: ListingRequest, client: Client | None) -> FilesAnswer:
        """Produce what is new in a listing.  Without a *client* every source system is allowed.

        Raises RequestRefused, and NotSent or Undelivered where the broker does not confirm.
        """
        study = request.study
        async with self.locks[study]:
            stored = self.stored(study, self.production.partition(study))
            with TemporaryDirectory(prefix="tocsin-intake-") as work, translated_errors():
                try:
                    converted = await self.convert(request, stored, Path(work))
                    listed = await asyncio.to_thread(
                        lambda: list(listed_records(converted.lines(), client))
                    )
                    new = await self.new_values(listed, stored)
                finally:
                    await stored.log.close()
            return await self.send_new(study, len(listed), new, converted.findings)

    async def convert(
        self, request: ListingRequest, stored: StoredStudy, work: Path
    ) -> ConvertedListing:
        """Return the converted listing, by the plan in force.

        Raises RequestRefused where the listing is refused, or where there is no plan.
        """
        await stored.wait_until_folded()
        plan = await stored.plan()
        if plan is None:
            raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, detail=NO_PLAN)
        converted = await self.converter.run_program(replace(request, plan=plan), work)
        if converted.refused:
            raise refusal_of(converted.failure, converted.refusals)
        return converted

    async def new_values(self, listed: Sequence[ListedRecord], stored: StoredStudy) -> list[bytes]:
        """Return the bytes of the records that the store does not have."""
        versions = {
            name: version
            for names in chunks(iter(dict.fromkeys(each.name for each in listed)))
            for name, version in (await stored.versions(names)).items()
        }
        return await asyncio.to_thread(lambda: list(changed_records(listed, versions)))

    async def send_new(
        self, study: str, listed: int, new: Sequence[bytes], findings: Sequence[FileFinding]
    ) -> FilesAnswer:
        """Produce *new* in chunks, and return where it is.

        Raises NotSent where nothing of it can be in the log, else Undelivered.
        """
        offsets = list[int]()
        for values in chunks(iter(new)):
            lines = [GoodLine(number, value, ()) for number, value in enumerate(values)]
            try:
                offsets += await self.production.produce(study, lines)
            except NotSent as error:
                if offsets:
                    raise Undelivered(f"{error}") from error
                raise
        return FilesAnswer(
            study=study,
            partition=self.production.partition(study),
            produced=len(offsets),
            unchanged=listed - len(offsets),
            offsets=list(offset_runs(offsets)),
            findings=list(findings),
        )


@contextmanager
def translated_errors() -> Generator[None]:
    """Turn errors before anything is produced into RequestRefused."""
    unavailable = HTTPStatus.SERVICE_UNAVAILABLE
    try:
        yield
    except Forbidden:
        raise RequestRefused(HTTPStatus.FORBIDDEN) from None
    except FoldBehind:
        raise RequestRefused(unavailable, detail=BEHIND) from None
    except ConversionFailed:
        raise RequestRefused(unavailable, detail=NOT_CONVERTED) from None
    except (LogUnreachable, StoreUnreachable, StoreMisconfigured):
        raise RequestRefused(unavailable) from None


def refusal_of(failure: str, refusals: Sequence[FileFinding]) -> RequestRefused:
    """Return the refusal of a listing: why it cannot be read, or what is refused in it."""
    detail = "Nothing was produced. Correct what `refusals` names, and send all files again."
    if failure:
        detail = f"Nothing was produced: {failure}."
    return RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, detail=detail, refusals=refusals)


def chunks(items: Iterator[Item]) -> Iterator[list[Item]]:
    """Yield *items* in lists of at most ``CHUNK_RECORDS``."""
    while chunk := list(islice(items, CHUNK_RECORDS)):
        yield chunk


def offset_runs(offsets: Sequence[int]) -> Iterator[OffsetRun]:
    """Yield the runs of consecutive *offsets*, which records of others may interrupt.

    >>> [(each.first, each.last) for each in offset_runs([3, 4, 5, 9])]
    [(3, 5), (9, 9)]
    """
    start = 0
    for index in range(1, len(offsets) + 1):
        if index == len(offsets) or offsets[index] != offsets[index - 1] + 1:
            yield OffsetRun(first=offsets[start], last=offsets[index - 1])
            start = index
