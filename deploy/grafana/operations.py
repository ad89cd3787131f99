"""The open dashboard: whether every report is folded, and how long that takes."""

from __future__ import annotations

from dashboard_spec import STUDY, YEAR_SECONDS, DashboardSpec, PanelSpec, quantile, seconds_since

from streams.metrics import catalogue as c
from streams.metrics.catalogue import Zone

OPERATIONS = DashboardSpec(
    uid="tocsin-operations",
    title="Tocsin: operations",
    zone=Zone.OPEN,
    description="Whether every report is folded, and how long that takes. Nothing is by treatment.",
    variables=(("study", f"label_values({c.CASES.name}, study)"),),
    rows=(
        (
            "Now",
            (
                PanelSpec(
                    title="Workers",
                    metric=c.BUILD_INFO,
                    queries=((f"count({c.BUILD_INFO.name}) or vector(0)", ""),),
                    description="Workers that answer.",
                    is_stat=True,
                ),
                PanelSpec(
                    title="Partitions unwatched",
                    metric=c.LOG_PARTITIONS,
                    queries=(
                        (
                            f"max({c.LOG_PARTITIONS.name}) - (count(count by (partition) "
                            f"({c.CONSUMER_LAG.name})) or vector(0))",
                            "",
                        ),
                    ),
                    description=(
                        "Partitions that no worker holds: the studies in them are not watched."
                    ),
                    is_stat=True,
                    threshold=1,
                ),
                PanelSpec(
                    title="Partitions stopped",
                    metric=c.PARTITION_STOPPED,
                    queries=((f"sum(max by (partition) ({c.PARTITION_STOPPED.name}))", ""),),
                    description="Partitions that stand still and wait for an operator.",
                    is_stat=True,
                    threshold=1,
                ),
                PanelSpec(
                    title="Longest not caught up",
                    metric=c.LAST_CAUGHT_UP,
                    queries=((f"max({seconds_since(c.LAST_CAUGHT_UP)})", ""),),
                    description=(
                        "A quiet night does not count: an idle log is caught up every second."
                    ),
                    is_stat=True,
                    threshold=300,
                ),
                PanelSpec(
                    title="Records behind",
                    metric=c.CONSUMER_LAG,
                    queries=((f"sum({c.CONSUMER_LAG.name})", ""),),
                    is_stat=True,
                    threshold=10_000,
                ),
                PanelSpec(
                    title="Records left out, of one hour",
                    metric=c.RECORDS,
                    queries=(("max(study:safety_records_left_out:ratio_rate1h)", ""),),
                    description="Refused, unreadable, or in conflict; of the study with the most.",
                    unit="percentunit",
                    is_stat=True,
                    threshold=0.05,
                ),
            ),
        ),
        (
            "The line",
            (
                PanelSpec(
                    title="Lag by partition",
                    metric=c.CONSUMER_LAG,
                    queries=((f"max by (partition) ({c.CONSUMER_LAG.name})", "{{partition}}"),),
                ),
                PanelSpec(
                    title="Time since caught up, by partition",
                    metric=c.LAST_CAUGHT_UP,
                    queries=((seconds_since(c.LAST_CAUGHT_UP), "{{partition}}"),),
                ),
                PanelSpec(
                    title="Records a second, by outcome",
                    metric=c.RECORDS,
                    queries=(
                        (
                            "sum by (outcome) (study_outcome:safety_records:rate5m)",
                            "{{outcome}}",
                        ),
                    ),
                    unit="cps",
                ),
                PanelSpec(
                    title="From fetch to store",
                    metric=c.APPLY_DURATION,
                    queries=(
                        (quantile(0.5, "le:safety_apply_duration_seconds_bucket:rate5m"), "half"),
                        (quantile(0.99, "le:safety_apply_duration_seconds_bucket:rate5m"), "99 %"),
                    ),
                ),
                PanelSpec(
                    title="Workers writing past each other",
                    metric=c.STORE_CONFLICTS,
                    queries=((f"sum(increase({c.STORE_CONFLICTS.name}[5m]))", "in 5 minutes"),),
                ),
            ),
        ),
        (
            "The studies, all treatments together",
            (
                PanelSpec(
                    title="Since the last record",
                    metric=c.LAST_PROCESSED,
                    queries=(
                        (
                            f"time() - max by (study) ({c.LAST_PROCESSED.name}{{{STUDY}}})",
                            "{{study}}",
                        ),
                    ),
                    description=(
                        "A study may be quiet. Since 1970 is: none since its worker started."
                    ),
                ),
                PanelSpec(
                    title="Cases",
                    metric=c.CASES,
                    queries=((f"max by (study) ({c.CASES.name}{{{STUDY}}})", "{{study}}"),),
                ),
                PanelSpec(
                    title="Patient-years",
                    metric=c.EXPOSURE,
                    queries=(
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
