"""Finds the alert that a member means, and makes the move."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from alerts.alert import Alert
from alerts.register.history import Entry
from streams.kafka.sender import KafkaSender
from streams.producers.reviews import Ask, Placed, Reviewing, objection, review_of
from streams.records.signing import Signer
from streams.settings import Settings
from streams.store.keys import NAME
from streams.store.rows.query import entries
from tocsin.common.alert_name import Name, name_of
from tocsin.common.exits import Exit, Stop
from tocsin.common.services import partitions_agreed, stores
from tocsin.common.terminal import plain

NAMED_MAX = 5
"""Alerts that are named where more than one may be meant."""


async def listed(settings: Settings, studies: Sequence[str], beginning: str = "") -> list[Entry]:
    """The alerts whose ids begin so; Stop where a study is none."""
    if strange := [study for study in studies if not NAME.fullmatch(study)]:
        raise Stop(Exit.USAGE, f"--study {plain(strange[0])}: name one as the records do.")
    async with stores(settings) as kept:
        count = settings.log_partitions
        return [entry async for entry in entries(kept, count, studies, beginning)]


async def meant(settings: Settings, name: Name) -> Entry:
    """The one alert that *name* means; Stop where there is none, or more than one."""
    found = await listed(settings, (), name.beginning)
    if not found:
        raise Stop(Exit.USAGE, f"{name.beginning}: no such alert.")
    if len(found) > 1:
        says = f"{name.beginning}: {len(found)} alerts begin so, give more of the id"
        raise Stop(Exit.USAGE, f"{says}: {candidates([entry.alert for entry in found])}.")
    return found[0]


def candidates(alerts: Sequence[Alert]) -> str:
    """The first of *alerts*, which one may be meant: their ids, and what they are."""
    told = [f"{one.id} ({plain(one.watch)}, {plain(one.study)})" for one in alerts[:NAMED_MAX]]
    rest = len(alerts) - len(told)
    return ", ".join([*told, *([f"and {rest} more"] if rest else [])])


async def seen(settings: Settings, name: Name) -> Entry:
    """The alert that *name* means, as somebody saw it; Stop where it is not so any more."""
    entry = await meant(settings, name)
    alert = entry.alert
    if name.revision is None:
        raise Stop(Exit.USAGE, f"Say also which revision you saw: {name_of(alert)}?")
    if name.revision != alert.revision:
        by = f", by {plain(alert.member)}" if alert.member else ""
        says = f"{alert.id} is {alert.state} at revision {alert.revision}{by}, not at"
        raise Stop(Exit.REJECTED, f"{says} {name.revision}: `tocsin alerts show {alert.id}`.")
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
        async with stores(settings) as kept:
            reviewing = Reviewing(sender, settings.log_partitions, kept)
            return await reviewing.place(review, signer)
    finally:
        await sender.close()
