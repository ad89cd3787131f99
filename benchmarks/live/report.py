"""Formats the live measurements: the comparison table, its goals, and the sections of LIVE.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from benchmarks.live.contender import ROOT, Contender
from benchmarks.live.race import ContenderResult, ContenderResults
from benchmarks.report import Table, commit_text, section

LIVE_REPORT = ROOT / "benchmarks" / "LIVE.md"
REPORT_TITLE = "# Live benchmarks\n"
BARE = "bare"

HEADER = [
    "contender",
    "runs",
    "reports/s (median)",
    "from - to",
    "per CPU second",
    "from - to",
    "of the bare loop",
    "Redis commands per 1,000",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedGoal:
    """The requirement that *product* is *factor* times as fast as *peer*, by clock and by CPU."""

    kind: str
    product: str
    peer: str
    factor: float


SPEED_GOALS = (
    SpeedGoal(kind="must", product="everything", peer="faust-call", factor=3),
    SpeedGoal(kind="must", product="counting", peer="faust-take", factor=1),
    SpeedGoal(kind="goal", product="everything", peer="faust-call", factor=6),
    SpeedGoal(kind="goal", product="everything", peer="quix", factor=1),
    SpeedGoal(kind="goal", product="counting", peer="quix-versions", factor=1),
)
HEADER_PAIRS = (("everything", "everything-headers"), ("bare", "bare-headers"))
"""Contenders that run without and with CloudEvents headers."""


def comparison_table(
    contenders: Sequence[Contender], results: ContenderResults, record_count: int
) -> Table:
    """Return the contenders side by side, the packages of each, and the goals."""
    bare_result = results.get(BARE, ContenderResult())
    rows = [
        contender_row(contender, results[contender.name], bare_result) for contender in contenders
    ]
    rejections = [
        f"{each.title}: {results[each.name]}" for each in contenders if results[each.name].rejection
    ]
    title = (
        f"Reports a second ({record_count:,} reports of 200 trials, 12 partitions, "
        f"one process each)"
    )
    packages = {" ".join(each.packages) for each in contenders if each.packages}
    return (
        section(title, HEADER, rows)
        + "".join(
            f"\n* {line}"
            for line in [
                *rejections,
                *goal_lines(contenders, results),
                *header_lines(contenders, results),
            ]
        )
        + "\n\nThe final counts of every contender were checked against the drawn data.  "
        "Rates are over the time from the first counts seen in Redis to the last "
        "(benchmarks/live/run.py); CPU is that of the contender, not of Redis or Kafka.  "
        f"The peers are the programs in benchmarks/live/contenders, "
        f"installed from: {'; '.join(sorted(packages))}.\n"
    )


def contender_row(
    contender: Contender, result: ContenderResult, bare_result: ContenderResult
) -> list[str]:
    """Return one row of the table."""
    if result.rejection or not result.runs:
        return [contender.title, str(len(result.runs)), "REJECTED", *[""] * 5]
    share = (
        f"{median_cpu_rate(result) / median_cpu_rate(bare_result):.1%}" if bare_result.runs else ""
    )
    wall_rates = [run.wall_rate for run in result.runs]
    cpu_rates = [run.cpu_rate for run in result.runs]
    commands = f"{median(run.commands for run in result.runs):,.0f}"
    rates = [*median_and_range(wall_rates), *median_and_range(cpu_rates)]
    return [contender.title, str(len(result.runs)), *rates, share, commands]


def median_and_range(rates: list[float]) -> list[str]:
    """Return the median of *rates*, and their range, as text."""
    return [f"{median(rates):,.0f}", f"{min(rates):,.0f} - {max(rates):,.0f}"]


def median_wall_rate(result: ContenderResult) -> float:
    """Return the median of reports per second of wall time."""
    return median(run.wall_rate for run in result.runs)


def median_cpu_rate(result: ContenderResult) -> float:
    """Return the median of reports per CPU second."""
    return median(run.cpu_rate for run in result.runs)


def goal_lines(contenders: Sequence[Contender], results: ContenderResults) -> Iterator[str]:
    """Yield each goal whose contenders ran, and whether it is met."""
    titles = {contender.name: contender.title for contender in contenders}
    for goal in SPEED_GOALS:
        if {goal.product, goal.peer} <= titles.keys():
            is_met, measured = check_goal(goal, results[goal.product], results[goal.peer])
            wanted = f"at least {goal.factor:g} x" if goal.factor != 1 else "ahead of"
            yield (
                f"{goal.kind}: {titles[goal.product]}, {wanted} {titles[goal.peer]}: "
                f"{measured}: {'met' if is_met else 'NOT MET'}"
            )


def header_lines(contenders: Sequence[Contender], results: ContenderResults) -> Iterator[str]:
    """Yield what CloudEvents headers cost each contender that ran with and without them."""
    titles = {contender.name: contender.title for contender in contenders}
    for without, with_headers in HEADER_PAIRS:
        plain, other = results.get(without), results.get(with_headers)
        if plain and other and plain.runs and other.runs:
            ratio = median_cpu_rate(plain) / median_cpu_rate(other)
            yield f"CloudEvents headers: {titles[without]}, {ratio:.2f} x the CPU with them"


def check_goal(
    goal: SpeedGoal, product: ContenderResult, peer: ContenderResult
) -> tuple[bool, str]:
    """Return whether *goal* is met, and the measured factors as text."""
    if product.rejection or peer.rejection or not (product.runs and peer.runs):
        return False, "a contender was rejected"
    wall, cpu = (
        median_wall_rate(product) / median_wall_rate(peer),
        median_cpu_rate(product) / median_cpu_rate(peer),
    )
    return min(wall, cpu) >= goal.factor, f"{wall:.1f} x by the clock, {cpu:.1f} x by CPU"


def provenance_text(arguments: Sequence[str]) -> str:
    """Return date, command, commit and machine of the measurement."""
    day = datetime.now(UTC).date().isoformat()
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    command = " ".join(["python -m benchmarks.live", *arguments])
    return (
        f"\n{day}, `{command}`, at commit {commit_text()}; {os.cpu_count()} cores, "
        f"{platform.machine()}, Python {platform.python_version()}, load {load} at the start; "
        "Apache Kafka and Redis on the same machine.\n"
    )


def save_section(new_section: Table) -> None:
    """Write *new_section* to LIVE.md in place of the section with the same name."""
    old = LIVE_REPORT.read_text() if LIVE_REPORT.exists() else REPORT_TITLE
    LIVE_REPORT.write_text(replace_section(old, new_section))


def replace_section(text: str, new_section: Table) -> str:
    """Return *text* with *new_section* in place of the section with the same name before " ("."""
    introduction, *sections = text.split("\n## ")
    new_text = new_section.strip("\n").removeprefix("## ") + "\n"
    name = new_text.partition(" (")[0]
    others = [each for each in sections if each.partition(" (")[0] != name]
    return "\n## ".join([introduction, *sorted([*others, new_text])])
