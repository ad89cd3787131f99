"""Formats measurements as tables for the terminal and for RESULTS.md."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median

from benchmarks.measure import Measurement
from benchmarks.synthetic import Effect

Table = str
RATE_GOAL, RATIO_GOAL, BYTES_GOAL = 15_000, 1.3, 1_024
GOAL_TRIALS = 200


def heading(arguments: Sequence[str]) -> Table:
    """Return the title with date, command, commit and machine of the measurements."""
    day = datetime.now(UTC).date().isoformat()
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    command = " ".join(["python -m benchmarks", *arguments])
    return (
        f"# Benchmarks\n\n{day}, `{command}`, at commit {commit_text()}; {os.cpu_count()} cores, "
        f"{platform.machine()}, Python {platform.python_version()}, load {load} at the start.\n"
        "Rates are per CPU second of one thread; every replay was checked against the drawn data.\n"
    )


def speed_table(
    *,
    replays: list[Measurement],
    bare: list[Measurement],
    small: Measurement,
    exact: Measurement,
) -> Table:
    """Return reports a second of the replay and of the programs it is compared with."""
    assert len({run["digest"] for run in replays}) == 1, "the runs raised different alerts"
    assert small["digest"] == exact["digest"], "the shortcuts changed an alert"
    replay_rate, bare_rate = _rate(replays), _rate(bare)
    rows = [
        [
            "replay",
            *run_cells(replays),
            goal_text(replay_rate >= RATE_GOAL, f"at least {RATE_GOAL:,}"),
        ],
        [
            "bare loop (json.loads, Counter)",
            *run_cells(bare),
            f"{bare_rate / replay_rate:.1f} x replay",
        ],
        ["replay", *run_cells([small]), ""],
        ["replay, shortcuts off", *run_cells([exact]), "same alerts"],
    ]
    header = ["200 trials", "reports", "runs", "reports/s (median)", "from - to", "wall s", ""]
    return section("Reports a second", header, rows) + (
        f"\n{replays[0]['alerts']} alerts; {replays[0]['agreed']:,} counts agree with the "
        "generator's own in every run.  "
        f"The garbage collector took {_gc_share(replays):.0%} of the time.\n"
    )


def scale_table(*, few: list[Measurement], many: Measurement, trials: tuple[int, int]) -> Table:
    """Return the cost per report by the number of trials."""
    ratio = _cost(many) / median(_cost(run) for run in few)
    goal = f"the goal is {RATIO_GOAL} x at {GOAL_TRIALS}: --full"
    if trials[1] == GOAL_TRIALS:
        goal = goal_text(ratio <= RATIO_GOAL, f"at most {RATIO_GOAL} x")
    rows = [
        [str(trials[0]), *run_cells(few), "1"],
        [str(trials[1]), *run_cells([many]), f"{ratio:.2f} x the cost; {goal}"],
    ]
    header = ["trials of 5,000", "reports", "runs", "reports/s (median)", "from - to", "wall s", ""]
    return section("Many trials beside few", header, rows)


def size_table(results: list[tuple[Effect, list[Measurement]]]) -> Table:
    """Return the cost per report by the length of one trial."""
    rows: list[list[str]] = []
    base_cost = 0.0
    for effect, runs in results:
        cost = median(_cost(run) for run in runs)
        base_cost = cost if runs[0]["reports"] == 5_000 else base_cost
        rows.append(
            [
                effect.value,
                *run_cells(runs),
                f"{cost / base_cost:.2f} x; {runs[0]['alerts']} alerts",
            ]
        )
    header = [
        "the drug has",
        "reports",
        "runs",
        "reports/s (median)",
        "from - to",
        "wall s",
        "cost",
    ]
    return section("One trial, short and long", header, rows)


def memory_table(results: list[tuple[int, Measurement]]) -> Table:
    """Return resident bytes per live case."""
    rows = [
        [
            str(trials),
            f"{run['reports']:,}",
            f"{run['cases']:,}",
            f"{run['grown'] / 2**20:.0f}",
            f"{run['a_case']:,.0f}",
            goal_text(run["a_case"] <= BYTES_GOAL, f"at most {BYTES_GOAL:,}"),
        ]
        for trials, run in results
    ]
    header = ["trials", "reports", "live cases", "MiB resident", "bytes a live case", ""]
    return section("Memory", header, rows) + (
        "\nAll memory of the fold divided by the live cases: it includes subjects, days at risk, "
        "tables and watches.\n"
    )


def profile_table(run: Measurement, without_reference: Measurement) -> Table:
    """Return seconds by step, and the functions with the most time of their own."""
    steps = dict(run["steps"])
    tier_1 = steps.pop("tier 1")
    concurrent = min(tier_1, without_reference["steps"]["tier 1"])
    steps["tier 1: concurrent"] = concurrent
    steps["tier 1: reference (by difference)"] = tier_1 - concurrent
    total_seconds = sum(steps.values())
    rows = [
        [step, f"{1e6 * seconds / run['reports']:.1f}", f"{seconds / total_seconds:.1%}"]
        for step, seconds in sorted(steps.items(), key=lambda item: -item[1])
    ]
    function_rows = [
        [
            f"`{name}`",
            f"{calls:,}",
            f"{own_seconds / total_seconds:.1%}",
            f"{seconds / total_seconds:.1%}",
        ]
        for name, calls, own_seconds, seconds in run["largest"]
    ]
    title = f"Where the time goes ({run['reports']:,} reports of 200 trials, under cProfile)"
    function_header = ["function", "calls", "own time", "with what it calls"]
    return section(title, ["step", "us a report", "share"], rows) + markdown_table(
        function_header, function_rows
    )


def run_cells(runs: list[Measurement]) -> list[str]:
    """Return reports, number of runs, rates and wall seconds of *runs* as cells of a row."""
    rates = [run["reports"] / run["cpu"] for run in runs]
    return [
        f"{runs[0]['reports']:,}",
        str(len(runs)),
        f"{median(rates):,.0f}",
        f"{min(rates):,.0f} - {max(rates):,.0f}" if len(runs) > 1 else "",
        f"{median(run['wall'] for run in runs):.1f}",
    ]


def _rate(runs: list[Measurement]) -> float:
    return median(run["reports"] / run["cpu"] for run in runs)


def _gc_share(runs: list[Measurement]) -> float:
    """Return the median share of CPU time that garbage collection took."""
    return median(run["collecting"] / run["cpu"] for run in runs)


def _cost(run: Measurement) -> float:
    return run["cpu"] / run["reports"]


def goal_text(met: bool, goal: str) -> str:
    """Return whether *goal* is met, as the text of a cell."""
    return f"goal {goal}: {'met' if met else 'NOT MET'}"


def section(title: str, header: list[str], rows: list[list[str]]) -> Table:
    """Return a section of the report with one table."""
    return f"\n## {title}\n{markdown_table(header, rows)}"


def markdown_table(header: list[str], rows: list[list[str]]) -> Table:
    """Return an aligned Markdown table; columns after the first are right-aligned."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [
        [
            row[0].ljust(widths[0]),
            *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True)),
        ]
        for row in [header, rule, *rows]
    ]
    return "".join(f"\n| {' | '.join(line)} |" for line in lines) + "\n"


def commit_text() -> str:
    """Return the measured commit, with "-dirty" where files other than reports differ from it."""
    commit_hash, changed = (
        subprocess.run(
            ["git", *arguments], capture_output=True, text=True, check=False
        ).stdout.strip()
        for arguments in (
            ["rev-parse", "--short", "HEAD"],
            ["diff", "--name-only", "HEAD", "--", ":/", ":(top,exclude)benchmarks/*.md"],
        )
    )
    return f"{commit_hash or 'unknown'}{'-dirty' if changed else ''}"


def merge_sections(report: Table, new: Table) -> Table:
    """Return *report* with the sections of *new* in place of those with the same title."""
    title, *sections = report.split("\n## ")
    by_title = {text.partition("\n")[0]: text for text in [*sections, *new.split("\n## ")[1:]]}
    return "\n## ".join([title, *(f"{text.rstrip()}\n" for text in by_title.values())])
