"""The closed dashboard: events, rates and evidence by treatment, and the delivery of alerts."""

from __future__ import annotations

from dashboard_spec import (
    BY_GROUP,
    GROUP,
    PER_100_YEARS,
    STUDY,
    YEAR_SECONDS,
    DashboardSpec,
    PanelSpec,
    quantile,
    seconds_since,
)

from streams.metrics import catalogue as c
from streams.metrics.catalogue import Zone

RATE_RULE = "study_treatment_group:safety_events_per_event_exposure_seconds:ratio"
BOUNDARY_RATIO_RULE = "study_watch:safety_evidence_e_value_per_boundary:ratio"
LATENCY_RULE = "le:safety_detection_latency_seconds_bucket:rate1h"

NOW_PANELS = (
    PanelSpec(
        title="Signals",
        metric=c.SIGNALS_ACTIVE,
        queries=((f'sum({c.SIGNALS_ACTIVE.name}{{{STUDY},level="signal"}})', ""),),
        is_stat=True,
        threshold=1,
    ),
    PanelSpec(
        title="Watches",
        metric=c.SIGNALS_ACTIVE,
        queries=((f'sum({c.SIGNALS_ACTIVE.name}{{{STUDY},level="watch"}})', ""),),
        is_stat=True,
    ),
    PanelSpec(
        title="Alerts ever raised",
        metric=c.SIGNALS_RAISED,
        queries=((f"sum({c.SIGNALS_RAISED.name}{{{STUDY}}})", ""),),
        is_stat=True,
    ),
    PanelSpec(
        title="Alerts not fully delivered",
        metric=c.SIGNALS_DELIVERED,
        queries=((f"sum(study:safety_signals_undelivered:sum{{{STUDY}}})", ""),),
        description="Alerts raised, minus those whose latest page is logged for every sink.",
        is_stat=True,
        threshold=1,
    ),
    PanelSpec(
        title="Longest time since delivery caught up",
        metric=c.DELIVERY_CAUGHT_UP,
        queries=((f"max({seconds_since(c.DELIVERY_CAUGHT_UP)})", ""),),
        is_stat=True,
        threshold=300,
    ),
    PanelSpec(
        title="Failed figure computations, last hour",
        metric=c.FIGURE_FAILURES,
        queries=((f"sum(increase({c.FIGURE_FAILURES.name}[1h]))", ""),),
        is_stat=True,
        threshold=1,
    ),
)

EVIDENCE_PANELS = (
    PanelSpec(
        title="E-value relative to boundary",
        metric=c.E_VALUE,
        queries=((f"{BOUNDARY_RATIO_RULE}{{{STUDY}}}", "{{study}} {{watch}}"),),
        description=("The e-value of each watch divided by its boundary: 1 or more is a signal."),
        threshold=1,
        logarithmic=True,
    ),
    PanelSpec(
        title="E-values",
        metric=c.E_VALUE,
        queries=(
            (f"max without (instance, job) ({c.E_VALUE.name}{{{STUDY}}})", "{{study}} {{watch}}"),
        ),
        logarithmic=True,
    ),
    PanelSpec(
        title="Boundaries",
        metric=c.BOUNDARY,
        queries=(
            (
                f"max without (instance, job) ({c.BOUNDARY.name}{{{STUDY}}})",
                "{{study}} {{watch}}",
            ),
        ),
        logarithmic=True,
    ),
    PanelSpec(
        title="Looks per hour",
        metric=c.LOOKS,
        queries=((f"sum by (study) (increase({c.LOOKS.name}{{{STUDY}}}[1h]))", "{{study}}"),),
        description="The error rate of a watch is valid at any number of looks.",
    ),
)

RATE_PANELS = (
    PanelSpec(
        title="Events per 100 patient-years",
        metric=c.EVENTS,
        queries=((f"{RATE_RULE}{{{GROUP}}} * {PER_100_YEARS}", BY_GROUP),),
        description=(
            "Events divided by person-time at risk. For confidence limits see the rate tables."
        ),
        unit="short",
    ),
    PanelSpec(
        title="Events",
        metric=c.EVENTS,
        queries=((f"max without (instance, job) ({c.EVENTS.name}{{{GROUP}}})", BY_GROUP),),
    ),
    PanelSpec(
        title="Patient-years",
        metric=c.EVENT_EXPOSURE,
        queries=(
            (
                f"max without (instance, job) ({c.EVENT_EXPOSURE.name}{{{GROUP}}})"
                f" / {YEAR_SECONDS}",
                BY_GROUP,
            ),
        ),
        unit="short",
    ),
)

DELIVERY_PANELS = (
    PanelSpec(
        title="Latency from record to alert",
        metric=c.DETECTION_LATENCY,
        queries=(
            (quantile(0.5, LATENCY_RULE), "median"),
            (quantile(0.99, LATENCY_RULE), "99th percentile"),
        ),
        exemplars=True,
    ),
    PanelSpec(
        title="Time from fetch to store",
        metric=c.APPLY_DURATION,
        queries=(
            (quantile(0.5, "le:safety_apply_duration_seconds_bucket:rate5m"), "median"),
            (
                quantile(0.99, "le:safety_apply_duration_seconds_bucket:rate5m"),
                "99th percentile",
            ),
        ),
    ),
    PanelSpec(
        title="Time since the last record",
        metric=c.LAST_PROCESSED,
        queries=(
            (
                f"time() - max by (study) ({c.LAST_PROCESSED.name}{{{STUDY}}})",
                "{{study}}",
            ),
        ),
        description=(
            "A study may have no new records. A time since 1970 means none since its"
            " worker started."
        ),
    ),
    PanelSpec(
        title="Moves of members",
        metric=c.MOVES,
        queries=((f"sum by (study, answer) ({c.MOVES.name}{{{STUDY}}})", "{{study}} {{answer}}"),),
    ),
    PanelSpec(
        title="Notifications, last 5 minutes",
        metric=c.NOTIFICATIONS,
        queries=(
            (f"sum by (channel) (increase({c.NOTIFICATIONS.name}[5m]))", "{{channel}} attempts"),
            (
                f"sum by (channel) (increase({c.NOTIFICATION_FAILURES.name}[5m]))",
                "{{channel}} failures",
            ),
        ),
    ),
    PanelSpec(
        title="Failing channels",
        metric=c.CHANNEL_FAILING,
        queries=(
            (f"max by (channel, why) ({c.CHANNEL_FAILING.name} > 0)", "{{channel}}: {{why}}"),
        ),
    ),
    PanelSpec(
        title="Longest pending outbox entry",
        metric=c.OUTBOX_PENDING,
        queries=((f"max by (partition) ({c.OUTBOX_PENDING.name})", "{{partition}}"),),
    ),
)

CLOSED = DashboardSpec(
    uid="tocsin-board",
    title="Tocsin: board",
    zone=Zone.CLOSED,
    description="Data by treatment, for the board and its statistician only.",
    variables=(
        ("study", f"label_values({c.SIGNALS_RAISED.name}, study)"),
        ("kind", f"label_values({c.EVENTS.name}, kind)"),
    ),
    rows=(
        ("Current state", NOW_PANELS),
        ("Evidence", EVIDENCE_PANELS),
        ("Events and rates, by treatment", RATE_PANELS),
        ("Delivery of alerts", DELIVERY_PANELS),
    ),
)
