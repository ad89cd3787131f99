"""Finds the alert that a member names, and submits the move."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from alerts.alert import Alert
from alerts.register.history import AlertEntry
from monitor.state.study import Study
from streams.kafka.sender import KafkaSender
from streams.producers.reviews import (
    KEY_REQUIRED_TEXT,
    ReviewReceipt,
    ReviewRequest,
    ReviewWriter,
    form_error,
    review_record,
)
from streams.records.signing import Signer
from streams.settings import Settings
from streams.store.keys import NAME_PATTERN
from streams.store.rows.query import read_entries
from tocsin.common.alert_name import AlertName, alert_name_of
from tocsin.common.exits import Exit, Stop
from tocsin.common.services import check_partition_count, open_stores
from tocsin.common.terminal import printable

CANDIDATES_SHOWN_MAX = 5
"""Alerts that are listed where a prefix is ambiguous."""


async def find_entries(
    settings: Settings, studies: Sequence[str], id_prefix: str = ""
) -> list[AlertEntry]:
    """The alerts of *studies* (empty for all) whose ids begin with *id_prefix*.

    Raises Stop where a study's name is not valid.
    """
    if invalid := [study for study in studies if not NAME_PATTERN.fullmatch(study)]:
        raise Stop(
            Exit.USAGE, f"--study {printable(invalid[0])}: give the name that the records have."
        )
    async with open_stores(settings) as store_of:
        count = settings.log_partitions
        return [entry async for entry in read_entries(store_of, count, studies, id_prefix)]


async def find_alert(settings: Settings, name: AlertName) -> AlertEntry:
    """The alert with this name; raises Stop where there is none or more than one."""
    matches = await find_entries(settings, (), name.id_prefix)
    if not matches:
        raise Stop(Exit.USAGE, f"{name.id_prefix}: no such alert, see `tocsin alerts list`.")
    if len(matches) > 1:
        message = f"{name.id_prefix}: {len(matches)} alerts have this prefix, give more of the id"
        raise Stop(
            Exit.USAGE, f"{message}: {describe_candidates([entry.alert for entry in matches])}."
        )
    return matches[0]


def describe_candidates(alerts: Sequence[Alert]) -> str:
    """Ids, watches and studies of the first *alerts*, and the number of the remaining ones."""
    descriptions = [
        f"{one.id} ({printable(one.watch)}, {printable(one.study)})"
        for one in alerts[:CANDIDATES_SHOWN_MAX]
    ]
    remaining = len(alerts) - len(descriptions)
    return ", ".join([*descriptions, *([f"and {remaining} more"] if remaining else [])])


async def find_alert_at_revision(settings: Settings, name: AlertName) -> AlertEntry:
    """The alert with this name at its latest revision, which must be the revision in *name*.

    Raises Stop where *name* has no revision, or an outdated one.
    """
    entry = await find_alert(settings, name)
    alert = entry.alert
    if name.revision is None:
        raise Stop(Exit.USAGE, f"Add the revision you reviewed, such as {alert_name_of(alert)}.")
    if name.revision != alert.revision:
        member_text = f", by {printable(alert.member)}" if alert.member else ""
        message = f"{alert.id} is {alert.state} at revision {alert.revision}{member_text}, not at"
        raise Stop(Exit.REJECTED, f"{message} {name.revision}: `tocsin alerts show {alert.id}`.")
    return entry


def check_key(study: Study | None, member: str, signer: Signer | None) -> str:
    """Return what the member must know of the key; empty where it is that of the member.

    Raises Stop where the board of the plan does not list the key of *signer* for *member*: a worker
    would refuse the move, which stays in the log.  Without *study*, while its row is rebuilt,
    nothing is checked.
    """
    if study is None:
        return ""
    board = study.plan.board_members
    if not board:
        return "not signed: this plan names no board"
    if signer is None:
        raise Stop(Exit.USAGE, f"Not sent: it has no signature. {KEY_REQUIRED_TEXT}.")
    if not any(each.name == member and each.public_key == signer.public_key for each in board):
        shown = f"the key {signer.key_id} is not listed for {printable(member)}"
        raise Stop(Exit.USAGE, f"Not sent: {shown}. {KEY_REQUIRED_TEXT}.")
    return ""


async def submit_move(
    settings: Settings, request: ReviewRequest, signer: Signer | None
) -> ReviewReceipt:
    """Write the review to the log, signed by *signer* if given, and return its result.

    Raises Stop where the request is malformed, Undelivered where the broker did not confirm it.
    """
    review = review_record(request, datetime.now(UTC))
    if refusal := form_error(review):
        raise Stop(Exit.USAGE, refusal)
    await check_partition_count(settings)
    sender = KafkaSender(settings.broker)
    try:
        async with open_stores(settings) as store_of:
            review_writer = ReviewWriter(sender, settings.log_partitions, store_of)
            return await review_writer.write(review, signer)
    finally:
        await sender.close()
