"""Speed on records as they are: ProDERM's mix beside synthetic logs and ``json.loads``."""

from __future__ import annotations

from statistics import median
from typing import Any

from benchmarks.measure import Measurement
from benchmarks.proderm import STUDIES
from benchmarks.report import Table, goal_text, markdown_table, run_cells, section

Runs = dict[str, list[Measurement]]
"""Measurements by name, of interleaved rounds: the machine is the same for all of a round."""

COMMAND_RATIO_GOAL, MIX_RATIO_GOAL = 15.0, 0.9
PRODERM_LOG = f"ProDERM, {STUDIES} studies"


def mix_table(runs: Runs) -> Table:
    """Return the rates of ProDERM's mix and of synthetic logs, each in `json.loads` of its lines.

    *runs* has "json", "fold", "results" and "command" of ProDERM, and "json 500", "fold 500",
    "json 5,000" and "fold 5,000" of synthetic logs.
    """
    fold, command = median_ratio(runs, "fold", "json"), median_ratio(runs, "command", "json")
    mixes = {name: median_ratio(runs, "rate fold", f"rate fold {name}") for name in DENSITIES}
    rows = [
        [PRODERM_LOG, "`json.loads`", *run_cells(runs["json"]), "1.0", ""],
        [PRODERM_LOG, "fold alone", *run_cells(runs["fold"]), f"{fold:.1f}", ""],
        [
            PRODERM_LOG,
            "`tocsin replay --json`, start and result lines",
            *run_cells(_with_reports(runs)),
            f"{command:.1f}",
            goal_text(command <= COMMAND_RATIO_GOAL, f"at most {COMMAND_RATIO_GOAL:.0f} x"),
        ],
    ]
    for name, ratio in mixes.items():
        log, own, loads = f"synthetic, {name} a trial", f"fold {name}", f"json {name}"
        text = goal_text(ratio >= MIX_RATIO_GOAL, f"ProDERM at {MIX_RATIO_GOAL} of its rate")
        rows += [
            [log, "`json.loads`", *run_cells(runs[loads]), "1.0", ""],
            [
                log,
                "fold alone",
                *run_cells(runs[own]),
                f"{median_ratio(runs, own, loads):.1f}",
                f"ProDERM folds at {ratio:.2f} of this rate; {text}",
            ],
        ]
    header = ["log", "", "reports", "runs", "reports/s (median)", "from - to", "wall s"]
    return section("Records as they are", [*header, "x `json.loads`", ""], rows)


DENSITIES = ("500", "5,000")
"""Reports a trial of the synthetic logs."""


def results_table(runs: Runs) -> Table:
    """Return the cost of a result line; *runs* holds measurements of "results" by log."""
    rows: list[list[str]] = []
    for log, measured in runs.items():
        costs = [1000 * run["cpu"] / run["trials"] for run in measured]
        reports = measured[0]["reports"] // measured[0]["trials"]
        spread = f"{min(costs):.1f} - {max(costs):.1f}"
        rows.append([log, f"{reports:,}", str(len(costs)), f"{median(costs):.1f}", spread])
    header = ["log", "reports a trial", "runs", "ms a result line (median)", "from - to"]
    return section("Result line", header, rows) + (
        "\nTables, comparisons and the evidence of every watch of one trial, once at the end of a "
        "replay.\n"
    )


def samples_table(run: Measurement, log: str) -> Table:
    """Return the shares of the steps and of the most sampled functions."""
    steps: dict[str, Any] = run["steps"]
    rows = [[step, f"{share:.1%}"] for step, share in sorted(steps.items(), key=lambda x: -x[1])]
    functions = [[f"`{name}`", f"{own:.1%}", f"{all_:.1%}"] for name, own, all_ in run["largest"]]
    title = f"Where the time goes, sampled ({log}, {run['samples']:,} samples)"
    return section(title, ["step", "share"], rows) + markdown_table(
        ["function", "own time", "with what it calls"], functions
    )


def median_ratio(runs: Runs, name: str, base: str) -> float:
    """Return the median over the rounds of the CPU seconds of *name* over those of *base*.

    With "rate " before both names, the ratio is that of their reports a second.
    """
    if name.startswith("rate "):
        pairs = zip(runs[name[5:]], runs[base[5:]], strict=True)
        return median(a["reports"] / a["cpu"] / (b["reports"] / b["cpu"]) for a, b in pairs)
    return median(a["cpu"] / b["cpu"] for a, b in zip(runs[name], runs[base], strict=True))


def _with_reports(runs: Runs) -> list[Measurement]:
    return [run | {"reports": runs["json"][0]["reports"]} for run in runs["command"]]
