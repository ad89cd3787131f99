"""Every contender on one log, in interleaved rounds: reports a second, and what they cost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.live.checker import PeerCounts
from benchmarks.live.contender import Contender
from benchmarks.live.ground import Ground
from benchmarks.live.load import Load, draw, fill, unwatched
from benchmarks.live.run import Rejected, Result, run
from benchmarks.live.tables import TableCounts
from benchmarks.live.watch import Counts


@dataclass(slots=True)
class Record:
    """What a contender has shown: its accepted runs, and why it was rejected if it was."""

    runs: list[Result] = field(default_factory=list[Result])
    rejected: str = ""

    def __str__(self) -> str:
        if self.rejected:
            return f"REJECTED: {self.rejected}"
        last = self.runs[-1]
        return f"{last.by_wall:,.0f} reports/s, {last.by_cpu:,.0f} per CPU second"


Records = dict[str, Record]


def race(ground: Ground, contenders: Sequence[Contender], reports: int, rounds: int) -> Records:
    """Run all *contenders* in turn, *rounds* times; one that is rejected runs no more."""
    records = {contender.name: installed(contender) for contender in contenders}
    loads = fill_logs(ground, contenders, reports)
    for number, contender in turns(contenders, rounds):
        record, load = records[contender.name], loads[contender.log]
        if not record.rejected:
            try:
                result = run(ground, contender, counts_of(contender, load), load.records)
                record.runs.append(result)
            except Rejected as reason:
                record.rejected = str(reason)
            print(f"round {number}: {contender.title}: {record}", file=sys.stderr)
    return records


def installed(contender: Contender) -> Record:
    """An empty record, or that of one who cannot take part here."""
    try:
        contender.install()
    except subprocess.CalledProcessError:
        return Record(rejected=f"pip could not install {' '.join(contender.packages)}")
    return Record()


def turns(contenders: Sequence[Contender], rounds: int) -> Iterator[tuple[int, Contender]]:
    """Whose turn it is; every second round goes backwards, so nobody always follows the same."""
    for number in range(rounds):
        for contender in contenders if number % 2 == 0 else reversed(contenders):
            yield number + 1, contender


def fill_logs(ground: Ground, contenders: Sequence[Contender], reports: int) -> dict[str, Load]:
    """The logs that are wanted, each in a broker of its own: the topic's name is given."""
    file = draw(ground.folder, reports)
    edits = {"watched": bytes, "unwatched": unwatched}
    wanted = {contender.log for contender in contenders}
    return {log: fill(ground.broker(log), file, edits[log]) for log in sorted(wanted)}


def counts_of(contender: Contender, load: Load) -> Counts:
    """What *contender* must leave in the store."""
    if contender.is_ours:
        return TableCounts(load, groups=contender.log == "watched")
    return PeerCounts(load)
