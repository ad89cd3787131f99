"""``tocsin demo``: the whole line in one process, on a published trial, with nothing to install."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from rich.console import Console
from rich.text import Text

from monitor.dates import iso
from monitor.digest import digest
from monitor.standing import standings
from monitor.study import Study
from monitor.tabulate import rows
from streams.embedded import RECORDS_MAX, NotInstalled
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

    Exit codes: 0 done, 2 a flag or a file is wrong, or an extra is not installed.

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
    file = FileLog(path)
    span = asyncio.run(spanned(file))
    pace = chosen_pace(speed, span)
    try:
        stage = Stage()
    except (NotInstalled, ServiceFailed) as error:
        raise Stop(Exit.USAGE, f"{error}") from None
    play = Play(stage, file, pace, span[0], terms)
    try:
        play.open(path)
        stage.live.app.task(play.run)
        stage.live.run()
    finally:
        stage.close()
    play.end(path)


async def spanned(file: Log) -> tuple[int, int]:
    """How many records the log has, and over how many seconds they became known."""
    try:
        times = [known(record.value) async for record in records_of(file)]
    except LogUnreachable as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
    if len(times) > RECORDS_MAX:
        says = f"The embedded broker holds {RECORDS_MAX} records, and the log has {len(times)}"
        raise Stop(Exit.USAGE, f"{says}: `tocsin replay` takes any number.")
    told = [each for each in times if each is not None]
    return len(times), max(told, default=0) - min(told, default=0)


def chosen_pace(text: str | None, span: tuple[int, int]) -> Pace:
    """The speed that was asked for, or the one at which the log lasts forty seconds."""
    if text is None:
        return Speed(max(span[1], 1) / SECONDS)
    try:
        return speed(text)
    except ValueError as error:
        raise Stop(Exit.USAGE, f"--speed: {error}.") from None


@dataclass(slots=True)
class Play:
    """The demo as it goes on: produces, and shows what comes of it."""

    stage: Stage
    file: FileLog
    pace: Pace
    total: int
    terms: int
    console: Console = field(default_factory=paper)
    sent: int | None = None
    done: bool = False
    last: list[Study] = field(default_factory=list[Study])
    failure: BaseException | None = None

    def open(self, path: Path) -> None:
        """Say what is embedded, and what is lost on exit."""
        say = self.console.print
        say(Text("Everything runs in this process, and nothing is kept:", style="bold"))
        say(Text(f"  broker  {self.stage.broker}"), soft_wrap=True)
        say(Text(f"  store   {self.stage.store}"), soft_wrap=True)
        say(Text(f"  worker  the real one; http://{self.stage.settings.health}/readyz"))
        say(Text(f"  log     {plain(str(path))}, {self.total} records"), soft_wrap=True)
        say(Text("When it ends, topics, tables and alerts are gone; the log file stays."))
        say()

    async def run(self) -> None:
        """Produce the log and show it folded, to its end."""
        producing = asyncio.create_task(self.produce())
        try:
            await self.watch(producing)
        except BaseException as error:
            self.failure = error
            raise
        finally:
            producing.cancel()
            await self.stage.leave()

    async def produce(self) -> int:
        """Put the log into the broker at its pace; how many records that were."""
        settings, sent = self.stage.settings, 0
        missing = await backlog(self.file, settings.log_partitions, self.stage.target)
        async with Sink(settings.broker, LOG) as sink:
            records = lacking(self.file, settings.log_partitions, missing)
            async for count in deliver(records, sink, self.pace):
                sent = count
        return sent

    async def watch(self, producing: asyncio.Task[int]) -> None:
        """Ring alerts as they are announced, and show the tables now and then."""
        shown_at, shown = 0.0, 0
        while True:
            ended = producing.done()
            folded = await self.stage.folded()
            for alert in await self.stage.rung():
                show_alert(self.console, alert, hypothetical=False)
            if folded > shown and time.monotonic() - shown_at > TABLE_SECONDS:
                shown_at, shown = time.monotonic(), folded
                async for study in self.stage.studies():
                    self.table(study, folded)
            if ended and folded == producing.result() and not await self.stage.waiting():
                break
            await asyncio.sleep(TURN_SECONDS)
        self.last = [study async for study in self.stage.studies()]
        self.done = True

    def table(self, study: Study, folded: int) -> None:
        """The tables of a study as the store has them."""
        day = iso(study.as_of) if study.as_of else "(no record yet)"
        title = f"{plain(study.name)} on {day}, {folded} of {self.total} records in the tables"
        self.console.print(Text(title, style="bold reverse"))
        found = standings(study)
        chosen = chosen_terms(study, found, self.terms)
        self.console.print(event_grid(list(rows(study)), chosen), crop=False)
        self.console.print()

    def end(self, path: Path) -> None:
        """The last tables, the digest that a replay gives too, and three next commands."""
        if not self.done:
            return
        for study in self.last:
            self.table(study, self.total)
            named = [each for each in standings(study) if each.watch.tier != 2]
            self.console.print(watch_grid(study, named), crop=False)
            says = f"State digest {digest(study)}, as `tocsin replay` of this log gives."
            self.console.print(Text(says), soft_wrap=True)
            self.console.print()
        self.console.print(Text(NEXT.format(log=plain(str(path)))), soft_wrap=True)
