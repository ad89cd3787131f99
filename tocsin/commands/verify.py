"""``tocsin verify``: whether Redis is what the log says, and the audit what was written."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from streams.audit.audit_log import Act
from streams.kafka.topics import LOG
from streams.log.kafka import KafkaLog
from streams.records.signing import Trust
from streams.replay.verify import CURSOR, Difference, Verified
from streams.replay.verify import verify as verified
from streams.settings import Settings
from streams.store import LIVE
from tocsin.commands import verify_audit
from tocsin.commands.rebuild import counted
from tocsin.common.audit import audited
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag, Json
from tocsin.common.progress import Bar
from tocsin.common.services import answered, chosen, kept, partitions_agreed, quietly_settled
from tocsin.common.settings import trusted
from tocsin.common.terminal import paper, plain

SHOWN = 20


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """Whether to look at the audit instead.

    Parameters
    ----------
    audit
        Looks at the audit instead: names the first entry that was altered, moved or taken out.
    audit_file
        The audit in this file, not the one of TOCSIN_AUDIT.
    mark
        Holds the audit to a mark that was printed before and kept elsewhere.
    """

    audit: Flag = False
    audit_file: Path | None = None
    mark: str | None = None


def verify(
    *,
    partition: tuple[int, ...] = (),
    space: Annotated[str, Parameter(show_default=True)] = LIVE,
    trail: Trail | None = None,
    json_lines: Json = False,
    quiet: Flag = False,
) -> None:
    """Fold the log anew in memory and compare it, field by field, with what Redis holds.

    Workers may go on meanwhile.  A difference names the study and the field; `tocsin rebuild`
    brings the partition back to what the log says.

    Exit codes: 0 nothing differs, 2 a flag or a setting is wrong, 3 something differs or the log
    cannot be folded, 4 no broker or no store.

    Parameters
    ----------
    partition
        Only this one; may be given again.
    space
        Where the tables are kept.
    json_lines
        Prints a JSON object for each partition.
    quiet
        Shows no progress.
    """
    settings, trail = quietly_settled(), trail or Trail()
    if trail.audit:
        file, mark = trail.audit_file, trail.mark
        verify_audit.verify(settings, file, mark, as_json=json_lines, watched=not quiet)
        return
    if trail != Trail():
        raise Stop(Exit.USAGE, "--audit-file and --mark are for --audit.")
    differ = compare(settings, partition, space, as_json=json_lines, watched=not quiet)
    if differ:
        which = " ".join(f"--partition {number}" for number in differ)
        raise Stop(Exit.REJECTED, f"Redis is not what the log says: `tocsin rebuild {which}`.")


def compare(
    settings: Settings, partition: tuple[int, ...], space: str, *, as_json: bool, watched: bool
) -> list[int]:
    """Compare partitions one by one, and print what was found; those that differ."""
    trust, numbers = trusted(settings), chosen(partition, settings.log_partitions)
    differ: list[int] = []
    with audited(settings, Act.READ, {"space": space}):
        answered(partitions_agreed(settings))
        for number in numbers:
            found = answered(compared(settings, space, number, trust, watched=watched))
            print(json.dumps(asdict(found)) if as_json else in_words(found), flush=True)
            if not as_json:
                show(found.differences)
            differ += [number] * bool(found.differences)
    return differ


async def compared(
    settings: Settings, space: str, number: int, trust: Trust, *, watched: bool
) -> Verified:
    """What was found of one partition."""
    log, store = KafkaLog(settings.broker, LOG, number), kept(settings, space, number)
    try:
        total = (await log.ends()).next
        with Bar(f"partition {number}", total, watched=watched) as bar:
            return await verified(log, store, number, tell=bar.show, trust=trust)
    finally:
        await log.close()
        await store.close()


def in_words(found: Verified) -> str:
    """One line for a partition."""
    count = len(found.differences)
    how = f"{count} field{'s' * (count != 1)} DIFFER" if count else "equal"
    late = f", {found.behind} behind the log's end" if found.behind else ""
    of = counted(found.records, len(found.studies))
    return f"partition {found.partition}: {of}: {how}{late}"


def show(differences: list[Difference]) -> None:
    """The first of the fields that differ."""
    console = paper()
    for each in differences[:SHOWN]:
        study = "(cursor)" if each.study == CURSOR else each.study
        console.print(Text(f"  {plain(study)}  {plain(each.field)}"), soft_wrap=True)
        console.print(Text(f"    Redis holds {plain(each.held)}"), soft_wrap=True)
        console.print(Text(f"    the log says {plain(each.due)}"), soft_wrap=True)
    if len(differences) > SHOWN:
        console.print(f"  ... and {len(differences) - SHOWN} more")
