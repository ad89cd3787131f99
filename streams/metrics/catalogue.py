"""Declares every exported metric once: name, type, unit, labels and zone.

Blinded people may see the open metrics: none is derived from an arm, none reveals that an alert
exists, and none measures how long folding takes, because evaluation is longer in the arm with the
events.  `docs/metrics.md` shows the same table; a test compares the two.
"""

from __future__ import annotations

from streams.metrics.metric import Metric, MetricKind, Zone

OUTCOMES = ("folded", "duplicate", "stale", "conflict", "refused", "quarantined")
"""Outcomes of a record; `quarantined` is for bytes that cannot be decoded."""

NO_STUDY = "none"
"""Label value for records without a study: unreadable, misplaced, or before any plan."""

INTAKE_LINE_RESULTS = ("produced", "refused", "quarantined", "unknown")
"""Results of a line of a request; `unknown` where the broker did not confirm it."""

LEVELS = ("watch", "signal")
"""Levels of an alert; one that a single case raises has the level `signal`."""

MOVE_RESULTS = ("accepted", "refused")

APPLY_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds."""

LATENCY_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 3_600.0)
"""Seconds."""


BUILD_INFO = Metric(
    name="safety_build_info",
    kind=MetricKind.GAUGE,
    zone=Zone.OPEN,
    unit="1",
    labels=("version",),
    help="Always 1; the label is the running version of Tocsin.",
)
LOG_PARTITIONS = Metric(
    name="safety_log_partitions",
    kind=MetricKind.GAUGE,
    zone=Zone.OPEN,
    unit="partitions",
    help="Configured partitions of the log; one that no worker owns is not monitored.",
)
RECORDS = Metric(
    name="safety_records_total",
    kind=MetricKind.COUNTER,
    zone=Zone.OPEN,
    unit="records",
    labels=("study", "outcome"),
    help="Records with a stored outcome since the partition was assigned, without reviews.",
)
LAST_CAUGHT_UP = Metric(
    name="safety_last_caught_up_timestamp_seconds",
    kind=MetricKind.GAUGE,
    zone=Zone.OPEN,
    unit="seconds since 1970",
    labels=("partition",),
    help="Time at which the partition was last folded to its end, idle or not; 0 is never.",
)
PARTITION_STOPPED = Metric(
    name="safety_partition_stopped",
    kind=MetricKind.GAUGE,
    zone=Zone.OPEN,
    unit="1",
    labels=("partition",),
    help="1 while the partition is stopped and waits for an operator, else 0.",
)
CONSUMER_LAG = Metric(
    name="safety_consumer_lag_records",
    kind=MetricKind.GAUGE,
    zone=Zone.OPEN,
    unit="records",
    labels=("partition",),
    help="Offsets of trial.log.v1 that are not folded yet, measured within the last second.",
)
STORE_CONFLICTS = Metric(
    name="safety_store_conflicts_total",
    kind=MetricKind.COUNTER,
    zone=Zone.OPEN,
    unit="batches",
    help="Batches refused because another worker had changed the cursor or a row.",
)
EXPOSURE = Metric(
    name="safety_exposure_seconds_total",
    kind=MetricKind.COUNTER,
    zone=Zone.OPEN,
    unit="seconds",
    labels=("study",),
    help="Person-time at risk of all subjects together; a correction may decrease it.",
)
CASES = Metric(
    name="safety_cases",
    kind=MetricKind.GAUGE,
    zone=Zone.OPEN,
    unit="cases",
    labels=("study",),
    help="Cases in the tables, all subjects together.",
)
AS_OF_AGE = Metric(
    name="safety_as_of_age_seconds",
    kind=MetricKind.GAUGE,
    zone=Zone.OPEN,
    unit="seconds",
    labels=("study",),
    help="Time from the as-of date of the study to the date of the worker, in whole days.",
)
DATES_AHEAD = Metric(
    name="safety_dates_ahead",
    kind=MetricKind.GAUGE,
    zone=Zone.OPEN,
    unit="dates",
    labels=("study",),
    help="Dates on record after the as-of date of the study, which do not count yet.",
)
INTAKE_REQUESTS = Metric(
    name="safety_intake_requests_total",
    kind=MetricKind.COUNTER,
    zone=Zone.OPEN,
    unit="requests",
    labels=("route", "status"),
    process="intake",
    help="Answered requests of the intake; 202 includes those that waited for the fold.",
)
INTAKE_LINES = Metric(
    name="safety_intake_lines_total",
    kind=MetricKind.COUNTER,
    zone=Zone.OPEN,
    unit="lines",
    labels=("study", "result"),
    process="intake",
    help="Lines of requests by what the intake did with them, before any fold.",
)

EVENTS = Metric(
    name="safety_events",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="events",
    labels=("study", "treatment", "kind", "group"),
    help="Events of all periods, by treatment and by named group or system organ class.",
)
EVENT_EXPOSURE = Metric(
    name="safety_event_exposure_seconds",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="seconds",
    labels=("study", "treatment", "kind", "group"),
    help="Person-time at risk of the events; safety_events divided by it is their rate.",
)
E_VALUE = Metric(
    name="safety_evidence_e_value",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="1",
    labels=("study", "watch"),
    help="Current e-value of the watch; 1 without any event.",
)
BOUNDARY = Metric(
    name="safety_evidence_boundary_e_value",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="1",
    labels=("study", "watch"),
    help="E-value at which the watch signals: fixed by the plan, or currently set by e-BH.",
)
SIGNALS_ACTIVE = Metric(
    name="safety_signals_active",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="alerts",
    labels=("study", "level"),
    help="Alerts that are not closed, by the level they reached; without data findings.",
)
SIGNALS_RAISED = Metric(
    name="safety_signals_raised",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="alerts",
    labels=("study",),
    help="Signal and case alerts ever raised, read from the state; a rebuild adds none.",
)
MOVES = Metric(
    name="safety_moves",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="moves",
    labels=("study", "answer"),
    help="Moves of members on alerts, by whether they were accepted, read from the state.",
)
LOOKS = Metric(
    name="safety_looks_total",
    kind=MetricKind.COUNTER,
    zone=Zone.CLOSED,
    unit="looks",
    labels=("study",),
    help="Evaluations of watches since the partition was assigned.",
)
LAST_PROCESSED = Metric(
    name="safety_last_record_processed_timestamp_seconds",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="seconds since 1970",
    labels=("study",),
    help="Time at which a record of the study was last stored; 0 is never.",
)
APPLY_DURATION = Metric(
    name="safety_apply_duration_seconds",
    kind=MetricKind.HISTOGRAM,
    zone=Zone.CLOSED,
    unit="seconds",
    help="Time from a fetched batch to its commit, without batches of only reviews.",
)
DETECTION_LATENCY = Metric(
    name="safety_detection_latency_seconds",
    kind=MetricKind.HISTOGRAM,
    zone=Zone.CLOSED,
    unit="seconds",
    help="Time from a record's production to its alert on the topic, unless a day old when folded.",
)
FIGURE_FAILURES = Metric(
    name="safety_survey_failures_total",
    kind=MetricKind.COUNTER,
    zone=Zone.CLOSED,
    unit="studies",
    help="Failed computations of a study's figures; its earlier figures remain exported.",
)
OUTBOX_PENDING = Metric(
    name="safety_untold_seconds",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="seconds",
    labels=("partition",),
    help="Time for which the oldest alert or dead letter has been unpublished; 0 is none.",
)
SIGNALS_DELIVERED = Metric(
    name="safety_signals_delivered",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="alerts",
    labels=("study",),
    process="deliver",
    help="Alerts whose latest page is logged for every sink of the unblinded first audiences.",
)
NOTIFICATIONS = Metric(
    name="safety_notifications_total",
    kind=MetricKind.COUNTER,
    zone=Zone.CLOSED,
    unit="notifications",
    labels=("channel",),
    process="deliver",
    help="Attempts to send a notification, including failed ones.",
)
NOTIFICATION_FAILURES = Metric(
    name="safety_notification_failures_total",
    kind=MetricKind.COUNTER,
    zone=Zone.CLOSED,
    unit="notifications",
    labels=("channel",),
    process="deliver",
    help="Failed attempts to send a notification.",
)
DELIVERY_CAUGHT_UP = Metric(
    name="safety_delivery_last_caught_up_timestamp_seconds",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="seconds since 1970",
    labels=("partition",),
    process="deliver",
    help="Time at which alerts and notification log were last read to the end; 0 is never.",
)
CHANNEL_FAILING = Metric(
    name="safety_channel_failing",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="1",
    labels=("channel", "why"),
    process="deliver",
    help="1 for each reason why the channel fails; 0, without a reason, while it delivers.",
)

CATALOGUE: tuple[Metric, ...] = (
    *(
        BUILD_INFO,
        LOG_PARTITIONS,
        RECORDS,
        LAST_CAUGHT_UP,
        PARTITION_STOPPED,
        CONSUMER_LAG,
        STORE_CONFLICTS,
    ),
    *(EXPOSURE, CASES, AS_OF_AGE, DATES_AHEAD, INTAKE_REQUESTS, INTAKE_LINES),
    *(EVENTS, EVENT_EXPOSURE, E_VALUE, BOUNDARY, SIGNALS_ACTIVE, SIGNALS_RAISED, MOVES),
    *(LOOKS, LAST_PROCESSED, APPLY_DURATION, DETECTION_LATENCY),
    *(FIGURE_FAILURES, OUTBOX_PENDING),
    *(SIGNALS_DELIVERED, NOTIFICATIONS, NOTIFICATION_FAILURES, CHANNEL_FAILING, DELIVERY_CAUGHT_UP),
)
