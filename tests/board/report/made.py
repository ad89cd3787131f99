"""Both reports of the logs that the board's numbers are recounted on."""

from __future__ import annotations

from functools import cache

from board.report.closed import closed_report
from board.report.document import Report
from board.report.pooled import open_report, pool
from board.views.table import Table
from tests.board.independent.logs import LOGS, BoardLog, board_log
from tests.board.independent.recounted import Selection
from tests.board.report.counted import POOLED, received

Columns = dict[str, Selection]

REPORTS = [(name, zone) for name in LOGS for zone in ("closed", "open")]


@cache
def reports(name: str) -> dict[str, Report]:
    """Return both reports of a log."""
    facts = board_log(name).facts
    return {"closed": closed_report(facts, None), "open": open_report(pool(facts, None))}


def table_of(name: str, zone: str, table: str) -> Table:
    """Return a table of a report of a log."""
    (found,) = [each for each in reports(name)[zone].tables if each.name == table]
    return found


def columns_of(log: BoardLog, zone: str) -> Columns:
    """Return the columns of the tables of events."""
    return POOLED if zone == "open" else received(log.count)
