"""Finds the alert that a member means, and makes the move."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from alerts.history import Entry
from streams.dockets import entries
from streams.reviewing import Ask, Placed, Reviewing, objection, review_of
from streams.sender import KafkaSender
from streams.settings import Settings
from streams.signing import Signer
from streams.store import LIVE
from streams.store.keys import Keys
from streams.store.redis import RedisStore, connect
from streams.topics import LOG
from tocsin.exits import Exit, Stop
from tocsin.live import partitions_agreed
from tocsin.terminal import plain


@asynccontextmanager
async def kept(settings: Settings) -> AsyncGenerator[Callable[[int], RedisStore]]:
    """The stores of all partitions, by number."""
    client = connect(settings.store)
    try:
        yield lambda number: RedisStore(client, Keys(LIVE, LOG, number))
    finally:
        await client.aclose()


async def listed(settings: Settings, studies: Sequence[str], beginning: str = "") -> list[Entry]:
    """The alerts whose ids begin so."""
    async with kept(settings) as stores:
        count = settings.log_partitions
        return [entry async for entry in entries(stores, count, studies, beginning)]


async def meant(settings: Settings, text: str) -> tuple[Entry, int | None]:
    """The one alert that `id` or `id:revision` means, and that revision; Stop where there is none.

    The beginning of an id will do, if only one begins so.
    """
    beginning, colon, said = text.partition(":")
    if not beginning.isalnum() or (colon and not said.isdigit()):
        raise Stop(Exit.USAGE, f"{plain(text)}: name an alert as `tocsin alerts list` does.")
    found = await listed(settings, (), beginning)
    if len(found) != 1:
        what = f"{len(found)} alerts begin so: give more of the id" if found else "no such alert"
        raise Stop(Exit.USAGE, f"{beginning}: {what}.")
    return found[0], int(said) if colon else None


async def seen(settings: Settings, text: str) -> Entry:
    """The alert that `id:revision` means, as somebody saw it; Stop where it is not so any more."""
    entry, revision = await meant(settings, text)
    alert = entry.alert
    if revision is None:
        raise Stop(Exit.USAGE, f"Say also which revision you saw: {alert.id}:{alert.revision}?")
    if revision != alert.revision:
        by = f", by {alert.member}" if alert.member else ""
        says = f"{alert.id} is {alert.state} at revision {alert.revision}{by}, not at {revision}"
        raise Stop(Exit.REJECTED, f"{says}: `tocsin alerts show {alert.id}`.")
    return entry


async def placed(settings: Settings, ask: Ask, signer: Signer | None) -> Placed:
    """Make the move that is asked for; what became of it.

    Raises Undelivered.
    """
    review = review_of(ask, datetime.now(UTC))
    if why := objection(review):
        raise Stop(Exit.USAGE, why)
    await partitions_agreed(settings)
    sender = KafkaSender(settings.broker)
    try:
        async with kept(settings) as stores:
            reviewing = Reviewing(sender, settings.log_partitions, stores)
            return await reviewing.place(review, signer)
    finally:
        await sender.close()
