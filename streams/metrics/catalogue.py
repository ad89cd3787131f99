"""Every number that is exported, declared once: its name, its unit, its labels, and who sees it.

Open is what a blinded person may see: nothing in it is derived from an arm, nor tells that an alert
exists.  `docs/metrics.md` is the same table, and a test compares them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Zone(StrEnum):
    """Who may see a number.  The two have no listener in common."""

    OPEN = "open"
    CLOSED = "closed"


class MetricKind(StrEnum):
    """What Prometheus calls the type of a metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One exported number.  *of* is the process that exports it."""

    name: str
    kind: MetricKind
    zone: Zone
    unit: str
    help: str
    labels: tuple[str, ...] = ()
    process: str = "worker"


OUTCOMES = ("folded", "duplicate", "stale", "conflict", "refused", "quarantined")
"""What becomes of a record; the last is for bytes that nobody can read."""

NO_STUDY = "none"
"""The study of records that belong to none: unreadable, misplaced, or before any plan."""

LEVELS = ("watch", "signal")
"""How loud an alert is; a single case that rings by itself is as loud as a signal."""

MOVE_RESULTS = ("accepted", "refused")

APPLY_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds.  Finer than 50 ms would tell how near to its boundary a watch is."""

LATENCY_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 3_600.0)
"""Seconds."""


BUILD_INFO = Metric(
    name="safety_build_info",
    kind=MetricKind.GAUGE,
    zone=Zone.OPEN,
    unit="1",
    labels=("version",),
    help="Always 1; the label is the version of Tocsin that runs.",
)
LOG_PARTITIONS = Metric(
    name="safety_log_partitions",
    kind=MetricKind.GAUGE,
    zone=Zone.OPEN,
    unit="partitions",
    help="Partitions of the log: fewer that are held by workers are watched by nobody.",
)
RECORDS = Metric(
    name="safety_records_total",
    kind=MetricKind.COUNTER,
    zone=Zone.OPEN,
    unit="records",
    labels=("study", "outcome"),
    help="Records whose outcome is in the store, since this worker took the partition; no reviews.",
)
LAST_PROCESSED = Metric(
    name="safety_last_record_processed_timestamp_seconds",
    kind=MetricKind.GAUGE,
    zone=Zone.OPEN,
    unit="seconds since 1970",
    labels=("study",),
    help="When a record of the study was last put into the store; 0 is never.",
)
LAST_CAUGHT_UP = Metric(
    name="safety_last_caught_up_timestamp_seconds",
    kind=MetricKind.GAUGE,
    zone=Zone.OPEN,
    unit="seconds since 1970",
    labels=("partition",),
    help="When the partition was last seen folded to its end, by an idle log too; 0 is never.",
)
PARTITION_STOPPED = Metric(
    name="safety_partition_stopped",
    kind=MetricKind.GAUGE,
    zone=Zone.OPEN,
    unit="1",
    labels=("partition",),
    help="1 while the partition stands still and waits for an operator, else 0.",
)
CONSUMER_LAG = Metric(
    name="safety_consumer_lag_records",
    kind=MetricKind.GAUGE,
    zone=Zone.OPEN,
    unit="records",
    labels=("partition",),
    help="Offsets of trial.log.v1 that are yet to be folded, as seen within the last second.",
)
APPLY_DURATION = Metric(
    name="safety_apply_duration_seconds",
    kind=MetricKind.HISTOGRAM,
    zone=Zone.OPEN,
    unit="seconds",
    help="From a fetch at hand until it is in the store, each counted as its bucket's upper bound.",
)
STORE_CONFLICTS = Metric(
    name="safety_store_conflicts_total",
    kind=MetricKind.COUNTER,
    zone=Zone.OPEN,
    unit="batches",
    help="Batches that the store refused because it was not as expected: another worker.",
)
EXPOSURE = Metric(
    name="safety_exposure_seconds_total",
    kind=MetricKind.COUNTER,
    zone=Zone.OPEN,
    unit="seconds",
    labels=("study",),
    help="Person-time at risk of all subjects together; a correction may take some of it back.",
)
CASES = Metric(
    name="safety_cases",
    kind=MetricKind.GAUGE,
    zone=Zone.OPEN,
    unit="cases",
    labels=("study",),
    help="Cases in the tables, of all subjects together.",
)

EVENTS = Metric(
    name="safety_events",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="events",
    labels=("study", "treatment", "kind", "group"),
    help="Events by treatment and named group or system organ class, of all periods.",
)
EVENT_EXPOSURE = Metric(
    name="safety_event_exposure_seconds",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="seconds",
    labels=("study", "treatment", "kind", "group"),
    help="Person-time in which the events had to happen: safety_events by it is their rate.",
)
E_VALUE = Metric(
    name="safety_evidence_e_value",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="1",
    labels=("study", "watch"),
    help="Evidence of the watch now; without any event it is 1.",
)
BOUNDARY = Metric(
    name="safety_evidence_boundary_e_value",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="1",
    labels=("study", "watch"),
    help="The e-value at which the watch signals: fixed by the plan, or by e-BH as it stands.",
)
SIGNALS_ACTIVE = Metric(
    name="safety_signals_active",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="alerts",
    labels=("study", "level"),
    help="Alerts that are not closed, by the level they reached; findings are no alerts here.",
)
SIGNALS_RAISED = Metric(
    name="safety_signals_raised",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="alerts",
    labels=("study",),
    help="Alerts ever raised, of signals and cases, by the state: a rebuild counts none twice.",
)
MOVES = Metric(
    name="safety_moves",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="moves",
    labels=("study", "answer"),
    help="Moves of members on alerts, by whether they were accepted, by the state.",
)
LOOKS = Metric(
    name="safety_looks_total",
    kind=MetricKind.COUNTER,
    zone=Zone.CLOSED,
    unit="looks",
    labels=("study",),
    help="Times that a watch was judged, since this worker took the partition.",
)
DETECTION_LATENCY = Metric(
    name="safety_detection_latency_seconds",
    kind=MetricKind.HISTOGRAM,
    zone=Zone.CLOSED,
    unit="seconds",
    help="From the record produced until its alert is on safety.alerts.v1; exemplars name alerts.",
)
FIGURE_FAILURES = Metric(
    name="safety_survey_failures_total",
    kind=MetricKind.COUNTER,
    zone=Zone.CLOSED,
    unit="studies",
    help="Times that the figures of a study could not be made: those shown are of earlier.",
)
OUTBOX_PENDING = Metric(
    name="safety_untold_seconds",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="seconds",
    labels=("partition",),
    help="For how long the oldest alert or dead letter has been waiting for its topic; 0 is none.",
)
SIGNALS_DELIVERED = Metric(
    name="safety_signals_delivered",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="alerts",
    labels=("study",),
    process="deliver",
    help="Alerts whose latest paging revision every sink of theirs has, by the ledger.",
)
NOTIFICATIONS = Metric(
    name="safety_notifications_total",
    kind=MetricKind.COUNTER,
    zone=Zone.CLOSED,
    unit="notifications",
    labels=("channel",),
    process="deliver",
    help="Attempts to send a notification, those that failed included.",
)
NOTIFICATION_FAILURES = Metric(
    name="safety_notification_failures_total",
    kind=MetricKind.COUNTER,
    zone=Zone.CLOSED,
    unit="notifications",
    labels=("channel",),
    process="deliver",
    help="Attempts to send a notification that failed.",
)
DELIVERY_CAUGHT_UP = Metric(
    name="safety_delivery_last_caught_up_timestamp_seconds",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="seconds since 1970",
    labels=("partition",),
    process="deliver",
    help="When alerts and ledger of the partition were last read to their ends; 0 is never.",
)
CHANNEL_FAILING = Metric(
    name="safety_channel_failing",
    kind=MetricKind.GAUGE,
    zone=Zone.CLOSED,
    unit="1",
    labels=("channel", "why"),
    process="deliver",
    help="1 for what keeps the channel from taking notices; 0, without a reason, where it does.",
)

CATALOGUE: tuple[Metric, ...] = (
    *(
        BUILD_INFO,
        LOG_PARTITIONS,
        RECORDS,
        LAST_PROCESSED,
        LAST_CAUGHT_UP,
        PARTITION_STOPPED,
        CONSUMER_LAG,
        APPLY_DURATION,
        STORE_CONFLICTS,
    ),
    *(EXPOSURE, CASES),
    *(EVENTS, EVENT_EXPOSURE, E_VALUE, BOUNDARY, SIGNALS_ACTIVE, SIGNALS_RAISED, MOVES),
    *(LOOKS, DETECTION_LATENCY, FIGURE_FAILURES, OUTBOX_PENDING),
    *(SIGNALS_DELIVERED, NOTIFICATIONS, NOTIFICATION_FAILURES, CHANNEL_FAILING, DELIVERY_CAUGHT_UP),
)
