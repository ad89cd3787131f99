"""Sets the live measurements out: the table of the race, and what it must show."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from benchmarks.live.contender import ROOT, Contender
from benchmarks.live.race import Record, Records
from benchmarks.report import Table, commit, section

KEPT = ROOT / "benchmarks" / "LIVE.md"
OPENING = "# Live benchmarks\n"
BARE = "bare"

HEAD = [
    "contender",
    "runs",
    "reports/s (median)",
    "from - to",
    "per CPU second",
    "from - to",
    "of the bare loop",
    "Redis commands per 1,000",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """That *ours* is *times* as fast as *theirs*, by the clock and by CPU alike."""

    kind: str
    ours: str
    theirs: str
    times: float


PROMISES = (
    Promise(kind="must", ours="everything", theirs="faust-call", times=3),
    Promise(kind="must", ours="counting", theirs="faust-take", times=1),
    Promise(kind="goal", ours="everything", theirs="faust-call", times=6),
    Promise(kind="goal", ours="everything", theirs="quix", times=1),
)


def race_table(contenders: Sequence[Contender], records: Records, length: int) -> Table:
    """The contenders side by side, what each is made of, and the promises."""
    bare = records.get(BARE, Record())
    rows = [row(contender, records[contender.name], bare) for contender in contenders]
    rejections = [
        f"{each.title}: {records[each.name]}" for each in contenders if records[each.name].rejected
    ]
    title = f"Reports a second ({length:,} reports of 200 trials, 12 partitions, one process each)"
    made_of = {" ".join(each.packages) for each in contenders if each.packages}
    return (
        section(title, HEAD, rows)
        + "".join(f"\n* {line}" for line in [*rejections, *promises(contenders, records)])
        + "\n\nOf every contender the final counts were held to what was drawn.  "
        "Rates are over the time from the first counts seen in Redis to the last "
        "(benchmarks/live/run.py); CPU is that of the contender, not of Redis or Kafka.  "
        f"The peers are the programs in benchmarks/live/contenders, "
        f"installed from: {'; '.join(sorted(made_of))}.\n"
    )


def row(contender: Contender, record: Record, bare: Record) -> list[str]:
    """One line of the table."""
    if record.rejected or not record.runs:
        return [contender.title, str(len(record.runs)), "REJECTED", *[""] * 5]
    share = f"{by_cpu(record) / by_cpu(bare):.1%}" if bare.runs else ""
    walls = [run.by_wall for run in record.runs]
    cpus = [run.by_cpu for run in record.runs]
    commands = f"{median(run.commands for run in record.runs):,.0f}"
    return [
        contender.title, str(len(record.runs)), *spread(walls), *spread(cpus), share, commands,
    ]  # fmt: skip


def spread(rates: list[float]) -> list[str]:
    """The median, and from where to where."""
    return [f"{median(rates):,.0f}", f"{min(rates):,.0f} - {max(rates):,.0f}"]


def by_wall(record: Record) -> float:
    """The median of the reports a second."""
    return median(run.by_wall for run in record.runs)


def by_cpu(record: Record) -> float:
    """The median of the reports a CPU second."""
    return median(run.by_cpu for run in record.runs)


def promises(contenders: Sequence[Contender], records: Records) -> Iterator[str]:
    """Each promise about contenders that ran, and whether it was kept."""
    titles = {contender.name: contender.title for contender in contenders}
    for each in PROMISES:
        if {each.ours, each.theirs} <= titles.keys():
            kept, found = judge(each, records[each.ours], records[each.theirs])
            wanted = f"at least {each.times:g} x" if each.times != 1 else "ahead of"
            yield (
                f"{each.kind}: {titles[each.ours]}, {wanted} {titles[each.theirs]}: "
                f"{found}: {'met' if kept else 'NOT MET'}"
            )


def judge(promise: Promise, ours: Record, theirs: Record) -> tuple[bool, str]:
    """Whether *promise* was kept, and the numbers that say so."""
    if ours.rejected or theirs.rejected or not (ours.runs and theirs.runs):
        return False, "a contender was rejected"
    wall, cpu = by_wall(ours) / by_wall(theirs), by_cpu(ours) / by_cpu(theirs)
    return min(wall, cpu) >= promise.times, f"{wall:.1f} x by the clock, {cpu:.1f} x by CPU"


def made(arguments: Sequence[str]) -> str:
    """When, on what and by which command the numbers below were made."""
    day = datetime.now(UTC).date().isoformat()
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    command = " ".join(["python -m benchmarks.live", *arguments])
    return (
        f"\n{day}, `{command}`, at commit {commit()}; {os.cpu_count()} cores, "
        f"{platform.machine()}, Python {platform.python_version()}, load {load} at the start; "
        "Apache Kafka and Redis on the same machine.\n"
    )


def keep(part: Table) -> None:
    """Put *part* into LIVE.md, in the place of what it said under the same heading's first word."""
    old = KEPT.read_text() if KEPT.exists() else OPENING
    KEPT.write_text(with_part(old, part))


def with_part(text: str, part: Table) -> str:
    """*text* with *part* in the place of the part that opens with the same words."""
    opening, *parts = text.split("\n## ")
    fresh = part.strip("\n").removeprefix("## ") + "\n"
    name = fresh.partition(" (")[0]
    left = [each for each in parts if each.partition(" (")[0] != name]
    return "\n## ".join([opening, *sorted([*left, fresh])])
