"""The closed dashboard: events, rates and evidence by treatment, and whether alerts arrive."""

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
        title="Not delivered to everybody",
        metric=c.SIGNALS_DELIVERED,
        queries=((f"sum(study:safety_signals_undelivered:sum{{{STUDY}}})", ""),),
        description="Alerts raised, less those whose latest call every sink has.",
        is_stat=True,
        threshold=1,
    ),
    PanelSpec(
        title="Longest without delivery",
        metric=c.DELIVERY_CAUGHT_UP,
        queries=((f"max({seconds_since(c.DELIVERY_CAUGHT_UP)})", ""),),
        is_stat=True,
        threshold=300,
    ),
    PanelSpec(
        title="Figures that could not be made",
        metric=c.FIGURE_FAILURES,
        queries=((f"sum(increase({c.FIGURE_FAILURES.name}[1h]))", ""),),
        is_stat=True,
        threshold=1,
    ),
)

EVIDENCE_PANELS = (
    PanelSpec(
        title="Evidence by its boundary",
        metric=c.E_VALUE,
        queries=((f"{BOUNDARY_RATIO_RULE}{{{STUDY}}}", "{{study}} {{watch}}"),),
        description=(
            "The e-value of each watch by that at which it signals: 1 and more is a signal."
        ),
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
        title="Looks an hour",
        metric=c.LOOKS,
        queries=((f"sum by (study) (increase({c.LOOKS.name}{{{STUDY}}}[1h]))", "{{study}}"),),
        description="However often a watch is judged, its error rate holds.",
    ),
)

RATE_PANELS = (
    PanelSpec(
        title="Events per 100 patient-years",
        metric=c.EVENTS,
        queries=((f"{RATE_RULE}{{{GROUP}}} * {PER_100_YEARS}", BY_GROUP),),
        description=(
            "Events by the person-time in which they had to happen. No limits: see the tables."
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
        title="From report to alert",
        metric=c.DETECTION_LATENCY,
        queries=((quantile(0.5, LATENCY_RULE), "half"), (quantile(0.99, LATENCY_RULE), "99 %")),
        exemplars=True,
    ),
    PanelSpec(
        title="Moves of members",
        metric=c.MOVES,
        queries=((f"sum by (study, answer) ({c.MOVES.name}{{{STUDY}}})", "{{study}} {{answer}}"),),
    ),
    PanelSpec(
        title="Notifications in 5 minutes",
        metric=c.NOTIFICATIONS,
        queries=(
            (f"sum by (channel) (increase({c.NOTIFICATIONS.name}[5m]))", "{{channel}} tried"),
            (
                f"sum by (channel) (increase({c.NOTIFICATION_FAILURES.name}[5m]))",
                "{{channel}} failed",
            ),
        ),
    ),
    PanelSpec(
        title="Channels that fail",
        metric=c.CHANNEL_FAILING,
        queries=(
            (f"max by (channel, why) ({c.CHANNEL_FAILING.name} > 0)", "{{channel}}: {{why}}"),
        ),
    ),
    PanelSpec(
        title="Oldest that waits to be told",
        metric=c.OUTBOX_PENDING,
        queries=((f"max by (partition) ({c.OUTBOX_PENDING.name})", "{{partition}}"),),
    ),
)

CLOSED = DashboardSpec(
    uid="tocsin-board",
    title="Tocsin: board",
    zone=Zone.CLOSED,
    description="By treatment: for the board and its statistician alone.",
    variables=(
        ("study", f"label_values({c.SIGNALS_RAISED.name}, study)"),
        ("kind", f"label_values({c.EVENTS.name}, kind)"),
    ),
    rows=(
        ("Now", NOW_PANELS),
        ("Evidence", EVIDENCE_PANELS),
        ("Events and rates, by treatment", RATE_PANELS),
        ("Alerts on their way", DELIVERY_PANELS),
    ),
)
