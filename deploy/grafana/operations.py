"""The open dashboard: whether every report is folded, and how long that takes."""

from __future__ import annotations

from shapes import STUDY, YEAR_SECONDS, Board, Panel, age, quantile

from streams.metrics import catalogue as c
from streams.metrics.catalogue import Zone

OPERATIONS = Board(
    uid="tocsin-operations",
    title="Tocsin: operations",
    zone=Zone.OPEN,
    says="Whether every report is folded, and how long that takes. Nothing is by treatment.",
    choices=(("study", f"label_values({c.CASES.name}, study)"),),
    rows=(
        (
            "Now",
            (
                Panel(
                    title="Workers",
                    metric=c.BUILD,
                    asks=((f"count({c.BUILD.name}) or vector(0)", ""),),
                    says="Workers that answer.",
                    of_now=True,
                ),
                Panel(
                    title="Partitions unwatched",
                    metric=c.LOG_PARTITIONS,
                    asks=(
                        (
                            f"max({c.LOG_PARTITIONS.name}) - (count(count by (partition) "
                            f"({c.LAG.name})) or vector(0))",
                            "",
                        ),
                    ),
                    says="Partitions that no worker holds: the studies in them are not watched.",
                    of_now=True,
                    alarm=1,
                ),
                Panel(
                    title="Partitions stopped",
                    metric=c.STOPPED,
                    asks=((f"sum(max by (partition) ({c.STOPPED.name}))", ""),),
                    says="Partitions that stand still and wait for an operator.",
                    of_now=True,
                    alarm=1,
                ),
                Panel(
                    title="Longest not caught up",
                    metric=c.CAUGHT_UP,
                    asks=((f"max({age(c.CAUGHT_UP)})", ""),),
                    says="A quiet night does not count: an idle log is caught up every second.",
                    of_now=True,
                    alarm=300,
                ),
                Panel(
                    title="Records behind",
                    metric=c.LAG,
                    asks=((f"sum({c.LAG.name})", ""),),
                    of_now=True,
                    alarm=10_000,
                ),
                Panel(
                    title="Records left out, of one hour",
                    metric=c.RECORDS,
                    asks=(("max(study:safety_records_left_out:ratio_rate1h)", ""),),
                    says="Refused, unreadable, or in conflict; of the study with the most.",
                    unit="percentunit",
                    of_now=True,
                    alarm=0.05,
                ),
            ),
        ),
        (
            "The line",
            (
                Panel(
                    title="Lag by partition",
                    metric=c.LAG,
                    asks=((f"max by (partition) ({c.LAG.name})", "{{partition}}"),),
                ),
                Panel(
                    title="Time since caught up, by partition",
                    metric=c.CAUGHT_UP,
                    asks=((age(c.CAUGHT_UP), "{{partition}}"),),
                ),
                Panel(
                    title="Records a second, by outcome",
                    metric=c.RECORDS,
                    asks=(
                        (
                            "sum by (outcome) (study_outcome:safety_records:rate5m)",
                            "{{outcome}}",
                        ),
                    ),
                    unit="cps",
                ),
                Panel(
                    title="From fetch to store",
                    metric=c.APPLY,
                    asks=(
                        (quantile(0.5, "le:safety_apply_duration_seconds_bucket:rate5m"), "half"),
                        (quantile(0.99, "le:safety_apply_duration_seconds_bucket:rate5m"), "99 %"),
                    ),
                ),
                Panel(
                    title="Workers writing past each other",
                    metric=c.CONFLICTS,
                    asks=((f"sum(increase({c.CONFLICTS.name}[5m]))", "in 5 minutes"),),
                ),
            ),
        ),
        (
            "The studies, all treatments together",
            (
                Panel(
                    title="Since the last record",
                    metric=c.PROCESSED,
                    asks=(
                        (f"time() - max by (study) ({c.PROCESSED.name}{{{STUDY}}})", "{{study}}"),
                    ),
                    says="A study may be quiet. Since 1970 is: none since its worker started.",
                ),
                Panel(
                    title="Cases",
                    metric=c.CASES,
                    asks=((f"max by (study) ({c.CASES.name}{{{STUDY}}})", "{{study}}"),),
                ),
                Panel(
                    title="Patient-years",
                    metric=c.EXPOSURE,
                    asks=(
                        (
                            f"max by (study) ({c.EXPOSURE.name}{{{STUDY}}}) / {YEAR_SECONDS}",
                            "{{study}}",
                        ),
                    ),
                    unit="short",
                ),
            ),
        ),
    ),
)
