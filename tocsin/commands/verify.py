"""``tocsin verify``: compares Redis with the log folded again, or verifies the audit trail."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from streams.audit.audit_log import AuditAction
from streams.kafka.topics import LOG
from streams.log.kafka import KafkaLog
from streams.records.signing import Trust
from streams.replay.verify import CURSOR, Difference, VerifyReport
from streams.replay.verify import verify as verified
from streams.settings import Settings
from streams.store import LIVE_SPACE
from tocsin.commands import verify_audit
from tocsin.commands.rebuild import counts_text
from tocsin.common.audit import audit_command
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag, Json
from tocsin.common.progress import ProgressBar
from tocsin.common.services import (
    check_partition_count,
    load_settings_quietly,
    open_store,
    run_or_stop,
    select_partitions,
)
from tocsin.common.settings import load_trust
from tocsin.common.terminal import cli_console, printable

DIFFERENCES_SHOWN_MAX = 20


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class AuditOptions:
    """Verify the audit trail instead of the store.

    Parameters
    ----------
    audit
        Verify the audit trail instead: report entries that were altered, moved or removed.
    audit_file
        Verify the audit trail in this file instead of the one of TOCSIN_AUDIT.
    mark
        Check the trail against a mark that an earlier run printed.
    """

    audit: Flag = False
    audit_file: Path | None = None
    mark: str | None = None


def verify(
    *,
    partition: tuple[int, ...] = (),
    space: Annotated[str, Parameter(show_default=True)] = LIVE_SPACE,
    audit_options: AuditOptions | None = None,
    json_lines: Json = False,
    quiet: Flag = False,
) -> None:
    """Fold the log again in memory, and compare the result with Redis, field by field.

    Workers may run meanwhile.  A difference is reported with its study and field; `tocsin rebuild`
    repairs the partition from the log.

    Exit codes: 0 no difference, 2 a flag or a setting is invalid, 3 a field differs or the log
    cannot be folded, 4 the broker or the store does not answer.

    Parameters
    ----------
    partition
        Verify only this partition; may be repeated.
    space
        Space in Redis whose tables are verified.
    json_lines
        Print a JSON object for each partition.
    quiet
        Show no progress bar.
    """
    settings, options, shown = load_settings_quietly(), audit_options or AuditOptions(), not quiet
    if options.audit:
        file, mark = options.audit_file, options.mark
        verify_audit.verify_audit_log(settings, file, mark, as_json=json_lines, show_progress=shown)
        return
    if options != AuditOptions():
        raise Stop(Exit.USAGE, "--audit-file and --mark need --audit.")
    differing = compare_partitions(
        settings, partition, space, as_json=json_lines, show_progress=shown
    )
    if differing:
        flags = " ".join(f"--partition {number}" for number in differing)
        raise Stop(Exit.REJECTED, f"Redis differs from the log: run `tocsin rebuild {flags}`.")


def compare_partitions(
    settings: Settings,
    partition: tuple[int, ...],
    space: str,
    *,
    as_json: bool,
    show_progress: bool,
) -> list[int]:
    """Compare partitions one by one, print each result, and return those that differ."""
    trust, partitions = load_trust(settings), select_partitions(partition, settings.log_partitions)
    differing: list[int] = []
    with audit_command(settings, AuditAction.READ, {"space": space}):
        run_or_stop(check_partition_count(settings))
        for number in partitions:
            result = run_or_stop(
                compare_partition(settings, space, number, trust, show_progress=show_progress)
            )
            print(json.dumps(asdict(result)) if as_json else as_text(result), flush=True)
            if not as_json:
                show_differences(result.differences)
            differing += [number] * bool(result.differences)
    return differing


async def compare_partition(
    settings: Settings, space: str, partition: int, trust: Trust, *, show_progress: bool
) -> VerifyReport:
    """Compare one partition of the store with the log."""
    log, store = KafkaLog(settings.broker, LOG, partition), open_store(settings, space, partition)
    try:
        total = (await log.offset_range()).next
        with ProgressBar(f"partition {partition}", total, enabled=show_progress) as bar:
            return await verified(
                log, store, partition, report_progress=bar.set_completed, trust=trust
            )
    finally:
        await log.close()
        await store.close()


def as_text(result: VerifyReport) -> str:
    """One line for the result of a partition."""
    count = len(result.differences)
    verdict = f"{count} field{'s' * (count != 1)} DIFFER" if count else "equal"
    lag = f", {result.behind} behind the log's end" if result.behind else ""
    counts = counts_text(result.records, len(result.studies))
    return f"partition {result.partition}: {counts}: {verdict}{lag}"


def show_differences(differences: list[Difference]) -> None:
    """Print the first fields that differ, with both values."""
    console = cli_console()
    for each in differences[:DIFFERENCES_SHOWN_MAX]:
        study = "(cursor)" if each.study == CURSOR else each.study
        console.print(Text(f"  {printable(study)}  {printable(each.field)}"), soft_wrap=True)
        console.print(Text(f"    Redis: {printable(each.held)}"), soft_wrap=True)
        console.print(Text(f"    log:   {printable(each.due)}"), soft_wrap=True)
    if len(differences) > DIFFERENCES_SHOWN_MAX:
        console.print(f"  ... and {len(differences) - DIFFERENCES_SHOWN_MAX} more")
