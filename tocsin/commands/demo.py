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

from alerts.alert import Alert
from monitor.dates import iso
from monitor.evidence.summary import standings
from monitor.state.digest import digest
from monitor.state.study import Study
from monitor.tables.tabulate import rows
from streams.kafka.topics import LOG
from streams.local.demo_stack import Stage
from streams.local.embedded import BYTES_MAX, ENVELOPE_BYTES, RECORDS_MAX, NotInstalled
from streams.local.process import ServiceFailed
from streams.log import Log, LogUnreachable, records_of
from streams.log.file import FileLog
from streams.producers.file_producer import Sink, backlog, deliver, lacking
from streams.producers.pace import Pace, Speed, known, speed
from tocsin.commands.deliver import be_quiet_about_sinks, described, told
from tocsin.common.alert_name import name_of
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag
from tocsin.common.services import be_quiet
from tocsin.common.terminal import paper, plain
from tocsin.display.study import show_alert
from tocsin.display.tables import chosen_terms, event_grid
from tocsin.display.watches import screening_grid, watch_grid

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


STAYS = """\
It stays open until Ctrl-C.  In another terminal, `tocsin` on its PATH as in this one:
  {exports}
      leads to this demo's broker and store
  tocsin alerts list
      what has rung; `alerts show ID` tells what happened to it
  tocsin alerts acknowledge {alert} --member YOU --reason "Seen."
      then `alerts review`, `confirm` or `refute`, and `close`
  tocsin produce MORE.jsonl
      more records: what follows from them rings here"""

LATE = "Not everybody has heard of it all: on stderr is who does not answer."

PARTING_SECONDS = 10
"""How long who is told may take, after the log's end, to hear of it."""


def demo(
    log: Path | None = None,
    /,
    *,
    speed: str | None = None,
    terms: int = 3,
    deliver: Path | None = None,
    stay: Flag = False,
) -> None:
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
    deliver
        A delivery file (docs/delivery.md): whoever it names is told of the alerts, as by
        `tocsin deliver`.
    stay
        Stays open after the log's end, until Ctrl-C, and says how other terminals reach it.
    """
    be_quiet()
    path = log or Path(str(files("studies") / "proderm" / "log.jsonl"))
    size = asyncio.run(measured(FileLog(path)))
    pace = chosen_pace(speed, size.seconds)
    stage = staged(deliver, shared=stay)
    Play(stage, path, pace, size.records, terms).play()


def staged(deliver: Path | None, *, shared: bool) -> Stage:
    """A stage on which whoever the file *deliver* names is told; Stop where one cannot be made."""
    people = None if deliver is None else described(deliver)
    try:
        stage = Stage(shared)
    except (NotInstalled, ServiceFailed) as error:
        raise Stop(Exit.USAGE, f"{error}") from None
    if people is not None:
        be_quiet_about_sinks()
        stage.tell(*people)
    return stage


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
    rung: dict[str, Alert] = field(default_factory=dict[str, Alert])

    def play(self) -> None:
        """All of it, and then the end of the stage; Stop if the log cannot be folded."""
        stage = self.stage
        try:
            self.open()
            stage.live.app.task(self.run)
            stage.live.run()
        finally:
            stage.close()
        if stage.stopped:
            raise Stop(Exit.REJECTED, f"The log cannot be folded on: {stage.stopped}")

    def open(self) -> None:
        """Say what is embedded, and what is lost on exit."""
        say = self.console.print
        say(Text("Everything runs in this process, and nothing is kept:", style="bold"))
        say(Text(f"  broker  {self.stage.broker}"), soft_wrap=True)
        say(Text(f"  store   {self.stage.store}"), soft_wrap=True)
        say(Text(f"  worker  the real one; http://{self.stage.settings.health}/readyz"))
        say(Text(f"  log     {plain(str(self.path))}, {self.total} records"), soft_wrap=True)
        if self.stage.deliverer is not None:
            for line in told(self.stage.deliverer.deployment):
                say(Text(f"  tells   {line}"), soft_wrap=True)
        if self.stage.shared:
            say(Text(f"  {self.stage.exports}"), soft_wrap=True)
        say(Text("When it ends, topics, tables and alerts are gone; the log file stays."))
        say()

    async def run(self) -> None:
        """Produce the log and show it folded, to its end."""
        producing = asyncio.create_task(self.produce())
        try:
            if await self.watch(producing):
                await self.end()
                await self.part()
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
            await self.ring()
            if complete:
                return True
            if time.monotonic() - self.shown_at > TABLE_SECONDS:
                async for study in self.stage.studies():
                    self.table(study, folded)
            await asyncio.sleep(TURN_SECONDS)
        return False

    async def ring(self) -> None:
        """Show what was announced since."""
        for alert in await self.stage.announced.new():
            if alert.tracked:
                self.rung[alert.id] = alert
                show_alert(self.console, alert, hypothetical=False, place="offset")

    async def part(self) -> None:
        """Let whoever is told hear of all of it; with --stay go on until Ctrl-C."""
        deadline, stage = time.monotonic() + PARTING_SECONDS, self.stage
        while stage.shared or (not stage.told and time.monotonic() < deadline):
            if stage.stopped:
                return
            await self.ring()
            await asyncio.sleep(TURN_SECONDS)
        if not stage.told:
            self.console.print(LATE)

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
            found = standings(study)
            named = [each for each in found if each.watch.tier != 2]
            screened = [each for each in found if each.watch.tier == 2][: self.terms]
            for grid in (watch_grid(study, named), screening_grid(study, screened)):
                self.console.print(grid, crop=False)
                self.console.print()
            says = f"State digest {digest(study)}, as `tocsin replay` of this log gives."
            self.console.print(Text(says), soft_wrap=True)
        if self.unsendable:
            self.console.print(f"{self.unsendable} lines name no study and were not sent.")
        self.console.print()
        if self.stage.shared:
            alert = next(map(name_of, self.rung.values()), "ID:REVISION")
            says = STAYS.format(alert=alert, exports=self.stage.exports)
        else:
            says = NEXT.format(log=plain(str(self.path)))
        self.console.print(Text(says), soft_wrap=True)
