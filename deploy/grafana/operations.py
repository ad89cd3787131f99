"""The open dashboard: whether every record is folded."""

from __future__ import annotations

from dashboard_spec import STUDY, YEAR_SECONDS, DashboardSpec, PanelSpec, seconds_since

from streams.metrics import catalogue as c
from streams.metrics.catalogue import Zone

OPERATIONS = DashboardSpec(
    uid="tocsin-operations",
    title="Tocsin: operations",
    zone=Zone.OPEN,
    description="Whether every record is folded. No data by treatment.",
    variables=(("study", f"label_values({c.CASES.name}, study)"),),
    rows=(
        (
            "Current state",
            (
                PanelSpec(
                    title="Workers",
                    metric=c.BUILD_INFO,
                    queries=((f"count({c.BUILD_INFO.name}) or vector(0)", ""),),
                    description="Workers that Prometheus can scrape.",
                    is_stat=True,
                ),
                PanelSpec(
                    title="Partitions without worker",
                    metric=c.LOG_PARTITIONS,
                    queries=(
                        (
                            f"max({c.LOG_PARTITIONS.name}) - (count(count by (partition) "
                            f"({c.CONSUMER_LAG.name})) or vector(0))",
                            "",
                        ),
                    ),
                    description=(
                        "Partitions that no worker owns: their studies are not monitored."
                    ),
                    is_stat=True,
                    threshold=1,
                ),
                PanelSpec(
                    title="Partitions stopped",
                    metric=c.PARTITION_STOPPED,
                    queries=((f"sum(max by (partition) ({c.PARTITION_STOPPED.name}))", ""),),
                    description="Partitions that are stopped and wait for an operator.",
                    is_stat=True,
                    threshold=1,
                ),
                PanelSpec(
                    title="Longest time since caught up",
                    metric=c.LAST_CAUGHT_UP,
                    queries=((f"max({seconds_since(c.LAST_CAUGHT_UP)})", ""),),
                    description=(
                        "An idle log does not raise it: each check of an idle log catches up."
                    ),
                    is_stat=True,
                    threshold=300,
                ),
                PanelSpec(
                    title="Lag in records",
                    metric=c.CONSUMER_LAG,
                    queries=((f"sum({c.CONSUMER_LAG.name})", ""),),
                    is_stat=True,
                    threshold=10_000,
                ),
                PanelSpec(
                    title="Records left out, last hour",
                    metric=c.RECORDS,
                    queries=(("max(study:safety_records_left_out:ratio_rate1h)", ""),),
                    description=(
                        "Share refused, unreadable or in conflict, of the study with the highest."
                    ),
                    unit="percentunit",
                    is_stat=True,
                    threshold=0.05,
                ),
            ),
        ),
        (
            "Processing",
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
                    title="Records per second, by outcome",
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
                    title="Store conflicts between workers",
                    metric=c.STORE_CONFLICTS,
                    queries=((f"sum(increase({c.STORE_CONFLICTS.name}[5m]))", "last 5 minutes"),),
                ),
            ),
        ),
        (
            "Intake over HTTP",
            (
                PanelSpec(
                    title="Requests per second, by status",
                    metric=c.INTAKE_REQUESTS,
                    queries=(
                        (f"sum by (status) (rate({c.INTAKE_REQUESTS.name}[5m]))", "{{status}}"),
                    ),
                    unit="reqps",
                ),
                PanelSpec(
                    title="Lines per second, by result",
                    metric=c.INTAKE_LINES,
                    queries=(
                        (
                            f"sum by (result) (rate({c.INTAKE_LINES.name}{{{STUDY}}}[5m]))",
                            "{{result}}",
                        ),
                    ),
                    unit="cps",
                ),
            ),
        ),
        (
            "Studies, all treatments together",
            (
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
                PanelSpec(
                    title="Age of the as-of date",
                    metric=c.AS_OF_AGE,
                    queries=((f"max by (study) ({c.AS_OF_AGE.name}{{{STUDY}}})", "{{study}}"),),
                    description=(
                        "Grows while nothing arrives and nobody ticks. Negative: the study is "
                        "ahead of the worker's clock."
                    ),
                ),
                PanelSpec(
                    title="Dates ahead of the study",
                    metric=c.DATES_AHEAD,
                    queries=((f"max by (study) ({c.DATES_AHEAD.name}{{{STUDY}}})", "{{study}}"),),
                    description="Dates on record that do not count yet: see `tocsin doctor`.",
                ),
            ),
        ),
    ),
)
