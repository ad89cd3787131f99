"""The closed dashboard: events, rates and evidence by treatment, and whether alerts arrive."""

from __future__ import annotations

from shapes import BY_GROUP, GROUP, PER_100_YEARS, STUDY, YEAR_SECONDS, Board, Panel, age, quantile

from streams.metrics import catalogue as c
from streams.metrics.catalogue import Zone

RATE = "study_treatment_group:safety_events_per_event_exposure_seconds:ratio"
RATIO = "study_watch:safety_evidence_e_value_per_boundary:ratio"
LATENCY = "le:safety_detection_latency_seconds_bucket:rate1h"

NOW = (
    Panel(
        title="Signals",
        metric=c.ACTIVE,
        asks=((f'sum({c.ACTIVE.name}{{{STUDY},level="signal"}})', ""),),
        of_now=True,
        alarm=1,
    ),
    Panel(
        title="Watches",
        metric=c.ACTIVE,
        asks=((f'sum({c.ACTIVE.name}{{{STUDY},level="watch"}})', ""),),
        of_now=True,
    ),
    Panel(
        title="Alerts ever raised",
        metric=c.RAISED,
        asks=((f"sum({c.RAISED.name}{{{STUDY}}})", ""),),
        of_now=True,
    ),
    Panel(
        title="Not delivered to everybody",
        metric=c.DELIVERED,
        asks=((f"sum(study:safety_signals_undelivered:sum{{{STUDY}}})", ""),),
        says="Alerts raised, less those whose latest call every sink has.",
        of_now=True,
        alarm=1,
    ),
    Panel(
        title="Longest without delivery",
        metric=c.DELIVERY_CAUGHT_UP,
        asks=((f"max({age(c.DELIVERY_CAUGHT_UP)})", ""),),
        of_now=True,
        alarm=300,
    ),
    Panel(
        title="Figures that could not be made",
        metric=c.SURVEY_FAILURES,
        asks=((f"sum(increase({c.SURVEY_FAILURES.name}[1h]))", ""),),
        of_now=True,
        alarm=1,
    ),
)

EVIDENCE = (
    Panel(
        title="Evidence by its boundary",
        metric=c.E_VALUE,
        asks=((f"{RATIO}{{{STUDY}}}", "{{study}} {{watch}}"),),
        says="The e-value of each watch by that at which it signals: 1 and more is a signal.",
        alarm=1,
        logarithmic=True,
    ),
    Panel(
        title="E-values",
        metric=c.E_VALUE,
        asks=(
            (f"max without (instance, job) ({c.E_VALUE.name}{{{STUDY}}})", "{{study}} {{watch}}"),
        ),
        logarithmic=True,
    ),
    Panel(
        title="Boundaries",
        metric=c.BOUNDARY,
        asks=(
            (
                f"max without (instance, job) ({c.BOUNDARY.name}{{{STUDY}}})",
                "{{study}} {{watch}}",
            ),
        ),
        logarithmic=True,
    ),
    Panel(
        title="Looks an hour",
        metric=c.LOOKS,
        asks=((f"sum by (study) (increase({c.LOOKS.name}{{{STUDY}}}[1h]))", "{{study}}"),),
        says="However often a watch is judged, its error rate holds.",
    ),
)

RATES = (
    Panel(
        title="Events per 100 patient-years",
        metric=c.EVENTS,
        asks=((f"{RATE}{{{GROUP}}} * {PER_100_YEARS}", BY_GROUP),),
        says="Events by the person-time in which they had to happen. No limits: see the tables.",
        unit="short",
    ),
    Panel(
        title="Events",
        metric=c.EVENTS,
        asks=((f"max without (instance, job) ({c.EVENTS.name}{{{GROUP}}})", BY_GROUP),),
    ),
    Panel(
        title="Patient-years",
        metric=c.EVENT_EXPOSURE,
        asks=(
            (
                f"max without (instance, job) ({c.EVENT_EXPOSURE.name}{{{GROUP}}})"
                f" / {YEAR_SECONDS}",
                BY_GROUP,
            ),
        ),
        unit="short",
    ),
)

DELIVERY = (
    Panel(
        title="From report to alert",
        metric=c.LATENCY,
        asks=((quantile(0.5, LATENCY), "half"), (quantile(0.99, LATENCY), "99 %")),
        exemplars=True,
    ),
    Panel(
        title="Moves of members",
        metric=c.MOVES,
        asks=((f"sum by (study, answer) ({c.MOVES.name}{{{STUDY}}})", "{{study}} {{answer}}"),),
    ),
    Panel(
        title="Notifications in 5 minutes",
        metric=c.NOTIFICATIONS,
        asks=(
            (f"sum by (channel) (increase({c.NOTIFICATIONS.name}[5m]))", "{{channel}} tried"),
            (
                f"sum by (channel) (increase({c.NOTIFICATION_FAILURES.name}[5m]))",
                "{{channel}} failed",
            ),
        ),
    ),
    Panel(
        title="Channels that fail",
        metric=c.CHANNEL_FAILING,
        asks=((f"max by (channel, why) ({c.CHANNEL_FAILING.name} > 0)", "{{channel}}: {{why}}"),),
    ),
    Panel(
        title="Oldest that waits to be told",
        metric=c.UNTOLD,
        asks=((f"max by (partition) ({c.UNTOLD.name})", "{{partition}}"),),
    ),
)

CLOSED = Board(
    uid="tocsin-board",
    title="Tocsin: board",
    zone=Zone.CLOSED,
    says="By treatment: for the board and its statistician alone.",
    choices=(
        ("study", f"label_values({c.RAISED.name}, study)"),
        ("kind", f"label_values({c.EVENTS.name}, kind)"),
    ),
    rows=(
        ("Now", NOW),
        ("Evidence", EVIDENCE),
        ("Events and rates, by treatment", RATES),
        ("Alerts on their way", DELIVERY),
    ),
)
