"""``tocsin demo``: the whole line in one process, on a published trial, with nothing to install."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from importlib.resources import files
from math import inf
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from monitor.dates import iso
from monitor.digest import digest
from monitor.standing import standings
from monitor.study import Study
from monitor.tabulate import rows
from streams.embedded import BYTES_MAX, ENVELOPE_BYTES, RECORDS_MAX, NotInstalled
from streams.log import Log, LogUnreachable
from streams.log_file import FileLog
from streams.pace import Pace, Speed, known, speed
from streams.producing import Sink, backlog, deliver, lacking, records_of
from streams.services.process import ServiceFailed
from streams.stage import Stage
from streams.topics import LOG
from tocsin.exits import Exit, Stop
from tocsin.live import be_quiet
from tocsin.show import show_alert
from tocsin.show_tables import chosen_terms, event_grid
from tocsin.show_watches import watch_grid
from tocsin.terminal import paper, plain

SECONDS = 40
"""How long the log takes at the speed that is chosen where none is asked for."""

TABLE_SECONDS = 8
TURN_SECONDS = 0.25

NEXT = """\
Next:
  tocsin replay {log}
      the same log without broker or store, with every table; --plan OTHER asks what if
  tocsin ingest sdtm FOLDER --study NAME --to my.jsonl && tocsin demo my.jsonl
      your own trial, from its SDTM data sets
  export TOCSIN_BROKER=host:9092 TOCSIN_STORE=redis://host:6379/0 && tocsin doctor
      your own Kafka and Redis: the doctor says what they need, `tocsin run` watches"""


def demo(log: Path | None = None, /, *, speed: str | None = None, terms: int = 3) -> None:
    """Watch a trial live: a broker, a store and the real worker in this one process.

    Its log (the ProDERM reconstruction, unless LOG names another) is produced as it became known,
    only faster; tables are read from the store as they grow, alerts ring as they are announced.
    Nothing is kept: all of it is gone when the command ends, which it does by itself.

    Exit codes: 0 done, 2 a flag or a file is wrong, or an extra is not installed, 3 the log cannot
    be folded to its end.

    Parameters
    ----------
    log
        A file of records, one JSON object a line, in the order of their arrival.
    speed
        `max`, or how many times as fast as the records became known; by default as fast as it
        takes for the whole log to last forty seconds.
    terms
        How many terms the tables show.
    """
    be_quiet()
    path = log or Path(str(files("studies") / "proderm" / "log.jsonl"))
    size = asyncio.run(measured(FileLog(path)))
    pace = chosen_pace(speed, size.seconds)
    try:
        stage = Stage()
    except (NotInstalled, ServiceFailed) as error:
        raise Stop(Exit.USAGE, f"{error}") from None
    play = Play(stage, path, pace, size.records, terms)
    try:
        play.open()
        stage.live.app.task(play.run)
        stage.live.run()
    finally:
        stage.close()
    if stage.stopped:
        raise Stop(Exit.REJECTED, f"The log cannot be folded on: {stage.stopped}")


class Size(NamedTuple):
    """How many *records* a log has, over how many *seconds* they became known, their *bytes*."""

    records: int
    seconds: int
    bytes: int


async def measured(file: Log) -> Size:
    """The size of the log, if the embedded broker can hold it."""
    try:
        values = [record.value or b"" async for record in records_of(file)]
    except LogUnreachable as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
    finally:
        await file.close()
    times = [each for each in map(known, values) if each is not None]
    size = sum(map(len, values)) + ENVELOPE_BYTES * len(values)
    if len(values) > RECORDS_MAX or size > BYTES_MAX:
        says = f"The embedded broker holds {RECORDS_MAX:,} records and {BYTES_MAX >> 20} MiB"
        raise Stop(Exit.USAGE, f"{says}, and the log has more: `tocsin replay` takes any log.")
    return Size(len(values), max(times, default=0) - min(times, default=0), size)


def chosen_pace(text: str | None, seconds: int) -> Pace:
    """The speed that was asked for, or the one at which the log lasts forty seconds."""
    if text is None:
        return Speed(max(seconds, 1) / SECONDS)
    try:
        return speed(text)
    except ValueError as error:
        raise Stop(Exit.USAGE, f"--speed: {error}.") from None


@dataclass(slots=True)
class Play:
    """The demo as it goes on: produces, and shows what comes of it."""

    stage: Stage
    path: Path
    pace: Pace
    total: int
    terms: int
    console: Console = field(default_factory=paper)
    shown_at: float = -inf
    unsendable: int = 0

    def open(self) -> None:
        """Say what is embedded, and what is lost on exit."""
        say = self.console.print
        say(Text("Everything runs in this process, and nothing is kept:", style="bold"))
        say(Text(f"  broker  {self.stage.broker}"), soft_wrap=True)
        say(Text(f"  store   {self.stage.store}"), soft_wrap=True)
        say(Text(f"  worker  the real one; http://{self.stage.settings.health}/readyz"))
        say(Text(f"  log     {plain(str(self.path))}, {self.total} records"), soft_wrap=True)
        say(Text("When it ends, topics, tables and alerts are gone; the log file stays."))
        say()

    async def run(self) -> None:
        """Produce the log and show it folded, to its end."""
        producing = asyncio.create_task(self.produce())
        try:
            if await self.watch(producing):
                await self.end()
        finally:
            producing.cancel()
            await self.stage.leave()

    async def produce(self) -> int:
        """Put the log into the broker at its pace; how many records that were."""
        file, settings, sent = FileLog(self.path), self.stage.settings, 0
        missing = await backlog(file, settings.log_partitions, self.stage.target)
        self.unsendable = len(missing.unsendable)
        async with Sink(settings.broker, LOG) as sink:
            records = lacking(file, settings.log_partitions, missing)
            async for count in deliver(records, sink, self.pace):
                sent = count
        await file.close()
        return sent

    async def watch(self, producing: asyncio.Task[int]) -> bool:
        """Ring alerts as they are announced, and show the tables now and then.

        False if a partition stands still before the log's end.
        """
        while not self.stage.stopped:
            ended, folded = producing.done(), await self.stage.folded()
            # In this order: what is folded and not waiting in the outbox can be heard.
            complete = ended and folded == producing.result() and not await self.stage.waiting()
            for alert in await self.stage.rung():
                if alert.tracked:
                    show_alert(self.console, alert, hypothetical=False, place="offset")
            if complete:
                return True
            if time.monotonic() - self.shown_at > TABLE_SECONDS:
                async for study in self.stage.studies():
                    self.table(study, folded)
            await asyncio.sleep(TURN_SECONDS)
        return False

    def table(self, study: Study, folded: int) -> None:
        """The tables of a study as the store has them, once there is something in them."""
        found = standings(study)
        grid = event_grid(list(rows(study)), chosen_terms(study, found, self.terms))
        if study.as_of is None or not grid.lines:
            return
        self.shown_at = time.monotonic()
        count = f"{folded} of {self.total} records in the tables"
        title = f"{plain(study.name)} on {iso(study.as_of)}, {count}"
        self.console.print(Text(title, style="bold reverse"))
        self.console.print(grid, crop=False)
        self.console.print()

    async def end(self) -> None:
        """The last tables, the digest that a replay gives too, and three next commands."""
        async for study in self.stage.studies():
            self.table(study, await self.stage.folded())
            named = [each for each in standings(study) if each.watch.tier != 2]
            self.console.print(watch_grid(study, named), crop=False)
            self.console.print()
            says = f"State digest {digest(study)}, as `tocsin replay` of this log gives."
            self.console.print(Text(says), soft_wrap=True)
        if self.unsendable:
            self.console.print(f"{self.unsendable} lines name no study and were not sent.")
        self.console.print()
        self.console.print(Text(NEXT.format(log=plain(str(self.path)))), soft_wrap=True)
