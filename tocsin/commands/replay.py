"""``tocsin replay``: a log from a file, through the same functions as live."""

from __future__ import annotations

from pathlib import Path

from streams.processor.pipeline import Pipeline
from streams.records.decode import AHEAD
from streams.records.signing import OPEN
from streams.replay.replay import Replay
from tocsin.commands.replay_options import Stretch, Wishes
from tocsin.commands.replay_output import close, report_refusals, tell
from tocsin.common.exits import Exit, Stop
from tocsin.common.log_file import LogFile
from tocsin.common.settings import settled, trust_of
from tocsin.common.terminal import paper


def replay(
    log: Path | None = None,
    /,
    *,
    wishes: Wishes | None = None,
    stretch: Stretch | None = None,
) -> None:
    """Replay LOG: alerts as they ring, then tables, evidence by watch and the account of records.

    Exit codes: 0 done, 2 a flag, a file or a plan is wrong, 3 no study could be opened (with
    --strict: a record is not included), 4 no broker or no store, 10 a watch signalled (with
    --fail-on-signal).

    Parameters
    ----------
    log
        A file of records, one JSON object a line, in the order of their arrival.
    """
    wishes, stretch = wishes or Wishes(), stretch or Stretch()
    if (log is None) == (stretch.topic is False):
        raise Stop(Exit.USAGE, "Give a LOG to replay, or --topic: one of them.")
    if log is None:
        from tocsin.commands import (
            replay_topic,  # A Kafka client costs what a file need not wait for.
        )

        replay_topic.replay(stretch, wishes)
        return
    if stretch != Stretch():
        raise Stop(Exit.USAGE, "--partition, --from, --until and --space are for --topic.")
    _replay_file(log, wishes)


def _replay_file(log: Path, wishes: Wishes) -> None:
    trust = trust_of(wishes.keys, settled().plan_signers) if wishes.keys else OPEN
    running = Replay(what_if=wishes.what_if, pipeline=Pipeline(trust=trust))
    console = paper(drawn=wishes.svg is not None)
    file = LogFile(log, watched=not (wishes.quiet or wishes.json_lines))
    rang = False
    with file.lines() as lines:
        # Of a pipe each line is folded as it comes: the next may be a while.
        for alert in running.run(lines, AHEAD if log.is_file() else 1):
            rang |= alert.level == "signal"
            tell(alert, running, None if wishes.json_lines else console)
    report_refusals(running.refusals, file.hint)
    close(running, wishes, console, str(log), rang=rang)
