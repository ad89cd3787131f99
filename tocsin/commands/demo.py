"""``tocsin demo``: runs broker, store and worker in one process, on a published trial."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from importlib.resources import files
from math import inf
from pathlib import Path

from rich.console import Console
from rich.text import Text

from alerts.alert import Alert
from monitor.dates import iso
from monitor.evidence.summary import watch_summaries
from monitor.state.digest import state_digest
from monitor.state.study import Study
from monitor.tables.tabulate import rate_rows
from streams.kafka.topics import LOG
from streams.local.demo_stack import DemoStack
from streams.local.embedded import NotInstalled
from streams.local.process import ServiceFailed
from streams.log.file import FileLog
from streams.producers.file_producer import LogWriter, find_backlog, missing_records, send_records
from streams.producers.pace import Pace
from tocsin.commands.deliver import describe_audiences, load_routing, silence_sink_loggers
from tocsin.commands.demo_board import DemoBoard, shows_board
from tocsin.commands.demo_log import measure_log, select_pace
from tocsin.common.alert_name import alert_name_of
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag
from tocsin.common.services import silence_libraries
from tocsin.common.terminal import cli_console, printable
from tocsin.display.study import show_alert
from tocsin.display.tables import event_grid, select_terms
from tocsin.display.watches import screening_grid, watch_grid

TABLE_INTERVAL_SECONDS = 8
POLL_SECONDS = 0.25

NEXT_COMMANDS = """\
Next:
  tocsin replay {log}
      the same log without broker or store, with all tables; --plan OTHER replaces the plan
  tocsin ingest sdtm FOLDER --study NAME --to my.jsonl && tocsin demo my.jsonl
      your own trial, from its SDTM datasets
  export TOCSIN_BROKER=host:9092 TOCSIN_STORE=redis://host:6379/0 && tocsin doctor
      your own Kafka and Redis: `tocsin doctor` shows what they need, `tocsin run` folds"""

STAY_MESSAGE = """\
The demo runs until Ctrl-C.  In another terminal with `tocsin` on its PATH:
  {exports}
      connects to this demo's broker and store
  tocsin alerts list
      open alerts; `alerts show ID` shows evidence and history
  tocsin alerts acknowledge {alert} --member YOU --reason "Seen."
      then `alerts review`, `confirm` or `refute`, and `close`
  tocsin produce MORE.jsonl
      more records: the alerts that they raise are shown here"""

UNDELIVERED_MESSAGE = "Some notifications are not delivered: stderr names the failing sinks."

DELIVERY_WAIT_SECONDS = 10
"""Time for the delivery of notifications after the log's end."""


def demo(
    log: Path | None = None,
    /,
    *,
    speed: str | None = None,
    terms: int = 3,
    deliver: Path | None = None,
    stay: Flag = False,
    board: bool | None = None,
) -> None:
    """Run a trial live: a broker, a store and a real worker in this one process.

    LOG (default: the ProDERM reconstruction) is produced as its records became known, but faster.
    Tables are read from the store as they grow, alerts as they are published.
    With the board's page it stays until Ctrl-C, else it ends by itself.  It keeps nothing.

    Exit codes: 0 done, 2 a flag or file is invalid or an extra missing, 3 the log cannot be folded.

    Parameters
    ----------
    log
        A file of records, one JSON object per line, in the order of arrival.
    speed
        `max`, or a multiple of the log's own speed; by default the log takes forty seconds.
    terms
        Number of terms in the tables.
    deliver
        A delivery file (docs/delivery.md), whose audiences are notified as by `tocsin deliver`.
    stay
        Continue after the log's end until Ctrl-C, and print how other terminals connect.
    board
        Serve the board's page, by default on a terminal.
    """
    silence_libraries()
    path = log or Path(str(files("studies") / "proderm" / "log.jsonl"))
    size = asyncio.run(measure_log(FileLog(path)))
    pace = select_pace(speed, size.seconds)
    stack = build_stack(deliver, shared=stay)
    page = DemoBoard(stack) if shows_board(board) else None
    DemoRun(stack, path, pace, size.records, terms, page).run_worker()


def build_stack(delivery_file: Path | None, *, shared: bool) -> DemoStack:
    """Start the stack, with a deliverer if *delivery_file* is given; raises Stop if it cannot."""
    routing_and_sinks = None if delivery_file is None else load_routing(delivery_file)
    try:
        stack = DemoStack(shared)
    except (NotInstalled, ServiceFailed) as error:
        raise Stop(Exit.USAGE, f"{error}") from None
    if routing_and_sinks is not None:
        silence_sink_loggers()
        stack.start_delivery(*routing_and_sinks)
    return stack


@dataclass(slots=True)
class DemoRun:
    """One run of the demo: produces the log, and shows alerts and tables until it is folded."""

    stack: DemoStack
    log_path: Path
    pace: Pace
    record_count: int
    terms_max: int
    board: DemoBoard | None = None
    console: Console = field(default_factory=cli_console)
    tables_shown_at: float = -inf
    unsendable_count: int = 0
    raised_alerts: dict[str, Alert] = field(default_factory=dict[str, Alert])

    def run_worker(self) -> None:
        """Run the demo, and close the stack; raises Stop if the log cannot be folded."""
        stack = self.stack
        try:
            self.print_introduction()
            self.start_board()
            stack.worker_process.app.task(self.produce_and_show)
            stack.worker_process.run()
        finally:
            if self.board is not None:
                self.board.close()
            stack.close()
        if stack.stop_message:
            raise Stop(Exit.REJECTED, f"The log cannot be folded: {stack.stop_message}")

    def print_introduction(self) -> None:
        """Print the embedded services, the log, and what is lost on exit."""
        print_line = self.console.print
        print_line(Text("Everything runs in this process, and nothing is kept:", style="bold"))
        print_line(Text(f"  broker  {self.stack.broker}"), soft_wrap=True)
        print_line(Text(f"  store   {self.stack.store}"), soft_wrap=True)
        print_line(Text(f"  worker  http://{self.stack.settings.health}/readyz"))
        log_text = f"  log     {printable(str(self.log_path))}, {self.record_count} records"
        print_line(Text(log_text), soft_wrap=True)
        if self.stack.deliverer is not None:
            for line in describe_audiences(self.stack.deliverer.routing):
                print_line(Text(f"  notify  {line}"), soft_wrap=True)
        if self.stack.shared:
            print_line(Text(f"  {self.stack.export_command}"), soft_wrap=True)
        print_line(Text("At the end topics, tables and alerts are deleted; the log file is kept."))
        print_line()

    def start_board(self) -> None:
        """Start the page, and print the address that logs in once."""
        if self.board is None:
            return
        if not self.board.start():
            self.console.print("The board's page does not start; the demo goes on without it.")
            self.board = None
            return
        self.console.print(Text(f"  board   {self.board.address}", style="bold"), soft_wrap=True)
        self.console.print(Text("          logs in once; the page is live while the demo runs"))
        self.console.print()
        self.board.show()

    async def produce_and_show(self) -> None:
        """Produce the log, and show alerts and tables until its end is folded."""
        producer_task = asyncio.create_task(self.produce_log())
        try:
            if await self.show_until_folded(producer_task):
                await self.show_result()
                await self.wait_for_delivery()
        finally:
            producer_task.cancel()
            await self.stack.disconnect()

    async def produce_log(self) -> int:
        """Send the log to the broker at its pace; returns the number of records sent."""
        file, settings, sent = FileLog(self.log_path), self.stack.settings, 0
        missing = await find_backlog(file, settings.log_partitions, self.stack.open_log)
        self.unsendable_count = len(missing.unsendable_lines)
        async with LogWriter(settings.broker, LOG) as log_writer:
            records = missing_records(file, settings.log_partitions, missing)
            async for count in send_records(records, log_writer, self.pace):
                sent = count
        await file.close()
        return sent

    async def show_until_folded(self, producer_task: asyncio.Task[int]) -> bool:
        """Show alerts as they are published, and the tables at intervals.

        Returns False if a partition is stopped before the log's end.
        """
        while not self.stack.stop_message:
            producer_done, folded = producer_task.done(), await self.stack.records_folded()
            # In this order: alerts of folded records that left the outbox are on the topic.
            complete = (
                producer_done
                and folded == producer_task.result()
                and not await self.stack.has_pending_alerts()
            )
            await self.show_new_alerts()
            if complete:
                return True
            if time.monotonic() - self.tables_shown_at > TABLE_INTERVAL_SECONDS:
                async for study in self.stack.read_studies():
                    self.show_table(study, folded)
            await asyncio.sleep(POLL_SECONDS)
        return False

    async def show_new_alerts(self) -> None:
        """Show alerts published since the last call."""
        for alert in await self.stack.alert_feed.read_new():
            if alert.tracked:
                self.raised_alerts[alert.id] = alert
                show_alert(self.console, alert, hypothetical=False, position_label="offset")

    async def wait_for_delivery(self) -> None:
        """Wait until notifications are delivered or time is up; with --stay, until Ctrl-C."""
        deadline, stack = time.monotonic() + DELIVERY_WAIT_SECONDS, self.stack
        stays = stack.shared or self.board is not None
        while stays or (not stack.is_delivered and time.monotonic() < deadline):
            if stack.stop_message:
                return
            await self.show_new_alerts()
            await asyncio.sleep(POLL_SECONDS)
        if not stack.is_delivered:
            self.console.print(UNDELIVERED_MESSAGE)

    def show_table(self, study: Study, folded: int) -> None:
        """Print the event table of a study, unless it is empty."""
        summaries = watch_summaries(study)
        grid = event_grid(list(rate_rows(study)), select_terms(study, summaries, self.terms_max))
        if study.as_of is None or not grid.rows:
            return
        self.tables_shown_at = time.monotonic()
        progress = f"{folded} of {self.record_count} records in the tables"
        title = f"{printable(study.name)} on {iso(study.as_of)}, {progress}"
        self.console.print(Text(title, style="bold reverse"))
        self.console.print(grid, crop=False)
        self.console.print()

    async def show_result(self) -> None:
        """Print the final tables, the state digest, and commands to try next."""
        async for study in self.stack.read_studies():
            self.show_table(study, await self.stack.records_folded())
            summaries = watch_summaries(study)
            plan_watches = [each for each in summaries if each.watch.tier != 2]
            screened = [each for each in summaries if each.watch.tier == 2][: self.terms_max]
            for grid in (watch_grid(study, plan_watches), screening_grid(study, screened)):
                self.console.print(grid, crop=False)
                self.console.print()
            message = (
                f"State digest {state_digest(study)}, equal to that of `tocsin replay` of this log."
            )
            self.console.print(Text(message), soft_wrap=True)
        if self.unsendable_count:
            self.console.print(f"{self.unsendable_count} lines name no study and were not sent.")
        self.console.print()
        if self.stack.shared:
            alert_name = next(map(alert_name_of, self.raised_alerts.values()), "ID:REVISION")
            message = STAY_MESSAGE.format(alert=alert_name, exports=self.stack.export_command)
        else:
            message = NEXT_COMMANDS.format(log=printable(str(self.log_path)))
        self.console.print(Text(message), soft_wrap=True)
