"""The tables of the board's measurement: pages, what they show, the fold, and a large study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.live.board_readers import LOADS_A_SECOND, STREAMS, VIEWS, PageLoad
from benchmarks.live.latency_run import quantile
from benchmarks.live.paced_fold import FoldRun
from benchmarks.report import Table, markdown_table, section
from board.follower.view_cache import AGE_SECONDS, COST_FACTOR
from board.web.view_store import REFRESH_SECONDS

PAGE_P99_MAX_MS = 300
SLOWED_MAX = 0.1
AGE_MAX_SECONDS = AGE_SECONDS + REFRESH_SECONDS
"""The bound where a view costs less than AGE_SECONDS / COST_FACTOR."""

FIRST_ANSWER_MAX_MS, SNAPSHOT_CPU_MAX_SECONDS = 300, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRun:
    """The fold beside the board; each page load with the age of what it showed.

    *events* came over all streams, of which one was silent for *silence* seconds, the longest.
    """

    fold: FoldRun
    loads: Sequence[PageLoad]
    ages: Sequence[float]
    events: int
    silence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeView:
    """A view of a large study: its first snapshot in the follower, and its first and next pages.

    *snapshot_cpu* is the CPU of the follower, *snapshot_seconds* the time until it answered.
    """

    view: str
    snapshot_cpu: float
    snapshot_seconds: float
    first_ms: float
    next_ms: float
    size_bytes: int


def board_table(plain: FoldRun, run: BoardRun, rate: int, terms: int) -> Table:
    """Return the section of the pages and of the fold beside them."""
    title = "Board (pages, streams and a worker beside each other)"
    rows = [page_row(view, run) for view in ("", *VIEWS)]
    header = [
        "page", "loads", "p50 ms", "p99 ms", "longest ms",
        "age p50 s", "age p99 s", "oldest s", "",
    ]  # fmt: skip
    board = run.fold.board_cpu
    shares = [each / run.fold.seconds for each in (run.fold.worker_cpu, board.follower, board.web)]
    return (
        section(title, header, rows)
        + markdown_table(
            ["the worker", "records/s", "CPU us a record", "last record s", ""],
            [fold_row("without the board", plain), fold_row("with it", run.fold, plain)],
        )
        + f"\n{rate:,} reports a second of {terms:,} terms for {run.fold.seconds:.0f} s, {STREAMS} "
        f"event streams, {LOADS_A_SECOND} page loads a second of 10 studies, readers included on "
        f"the same cores.  A page is timed from when it was due.  Its age is that of the first "
        f"record that was due and that it does not show; the bound is {AGE_SECONDS:g} s, or "
        f"{COST_FACTOR} x the cost of the view if that is more, and {REFRESH_SECONDS:g} s of the "
        f"web process.  CPU of the worker {shares[0]:.0%}, of the follower {shares[1]:.0%}, of the "
        f"web process {shares[2]:.0%} of a core.  {run.events:,} events came over the streams; the "
        f"longest silence of one was {run.silence:.1f} s.  No record was sent more than "
        f"{1000 * run.fold.lateness:.0f} ms late ({1000 * plain.lateness:.0f} ms without the "
        f"board).\n"
    )


def page_row(view: str, run: BoardRun) -> list[str]:
    """Return the row of *view*, or with the requirements that of all pages."""
    pairs = [pair for pair in zip(run.loads, run.ages, strict=True) if view in ("", pair[0].view)]
    times = sorted(1000 * load.seconds for load, _ in pairs)
    ages = sorted(age for _, age in pairs)
    cells = [f"{quantile(times, share):.0f}" for share in (0.5, 0.99, 1.0)]
    cells += [f"{quantile(ages, share):.2f}" for share in (0.5, 0.99, 1.0)]
    return [view or "all", f"{len(pairs):,}", *cells, "" if view else pages_goal(times, ages)]


def pages_goal(times: Sequence[float], ages: Sequence[float]) -> str:
    """Return whether sorted *times* and *ages* of all pages meet the requirements."""
    within = sum(age <= AGE_MAX_SECONDS for age in ages) / len(ages)
    return (
        f"must p99 at most {PAGE_P99_MAX_MS} ms: "
        f"{met_text(quantile(times, 0.99) <= PAGE_P99_MAX_MS)}; must be at most "
        f"{AGE_MAX_SECONDS:g} s old: {within:.1%} are: {met_text(ages[-1] <= AGE_MAX_SECONDS)}"
    )


def fold_row(name: str, run: FoldRun, plain: FoldRun | None = None) -> list[str]:
    """Return the row of a fold; beside the board, with the requirement by that of *plain*."""
    cells = [name, f"{run.rate:,.0f}", f"{run.cpu_us_a_record:.0f}", f"{run.tail:.2f}"]
    if plain is None:
        return [*cells, ""]
    slower = 1 - run.rate / plain.rate
    costlier = run.cpu_us_a_record / plain.cpu_us_a_record - 1
    return [
        *cells,
        f"{slower:+.1%} slower, {costlier:+.1%} CPU a record; must at most {SLOWED_MAX:.0%}: "
        f"{met_text(max(slower, costlier) <= SLOWED_MAX)}",
    ]


def large_study_table(views: Sequence[LargeView], cases: int, records: int, terms: int) -> Table:
    """Return the table of a large study, with the requirements."""
    rows = [
        [
            each.view,
            f"{each.snapshot_cpu:.2f}",
            f"{each.snapshot_seconds:.2f}",
            f"{each.first_ms:.0f}",
            f"{each.next_ms:.0f}",
            f"{each.size_bytes / 1024:,.0f}",
            f"must CPU at most {SNAPSHOT_CPU_MAX_SECONDS} s: "
            f"{met_text(each.snapshot_cpu <= SNAPSHOT_CPU_MAX_SECONDS)}; first page at most "
            f"{FIRST_ANSWER_MAX_MS} ms: {met_text(each.first_ms <= FIRST_ANSWER_MAX_MS)}",
        ]
        for each in views
    ]
    header = [
        "large study", "snapshot CPU s", "snapshot s", "first page ms", "next page ms", "KiB", "",
    ]  # fmt: skip
    return markdown_table(header, rows) + (
        f"\nA study of {cases:,} cases ({records:,} records, {terms:,} terms), nothing else under "
        f"load.  The snapshot is built by the follower alone; the first page is then the web "
        f"process's first answer.\n"
    )


def met_text(is_met: bool) -> str:
    """Return whether a requirement is met, as text."""
    return "met" if is_met else "NOT MET"
