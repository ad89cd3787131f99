"""``tocsin topics``: creates and checks the topics and grants of a deployment."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from cyclopts import App
from kafka.errors import KafkaError

import streams.kafka.acls
from streams.audit.audit_log import AuditAction
from streams.kafka.acls import AclFileError, Grant
from streams.kafka.admin import BrokerUnreachable, admin_client
from streams.kafka.topics import (
    BrokerRefused,
    TopicOutcome,
    TopicReport,
    apply_topics,
    required_topics,
)
from streams.settings import Settings
from tocsin.common.audit import append_audit_entry, audit_refusals
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag, Json
from tocsin.common.services import load_settings_quietly

app = App(name="topics", help="The Kafka topics that Tocsin uses.")

CHANGED_OUTCOMES = streams.kafka.acls.GrantOutcome.GRANTED, streams.kafka.acls.GrantOutcome.REVOKED


@app.command
def apply(
    *,
    alter: Flag = False,
    acls: Path | None = None,
    json_lines: Json = False,
) -> None:
    """Create missing topics; report topics with other settings, without altering them.

    Partitions and replication come from TOCSIN_LOG_PARTITIONS, TOCSIN_ALERT_PARTITIONS and
    TOCSIN_REPLICATION, the brokers from TOCSIN_BROKER.

    Parameters
    ----------
    alter
        Set the settings that differ, and revoke grants that are not in the file of --acls. The
        number of partitions is never altered.
    acls
        Apply the grants of this file, such as deploy/kafka/acls.toml, and report other grants on
        Tocsin's topics. The broker needs an authorizer, and the login must be its super user.
    json_lines
        Print a JSON object for each topic and each grant.
    """
    settings = load_settings_quietly()
    wanted_grants = read_grants(acls) if acls else None
    with audit_refusals(settings, AuditAction.CHANGE):
        reports, grants = apply_all(settings, wanted_grants, alter=alter)
    if changed := describe_changes(reports, grants):
        # Only now: the audit topic itself may be among the created topics.
        append_audit_entry(settings, AuditAction.CHANGE, {"changed": changed})
    for report in reports:
        print(as_json(report) if json_lines else "\n".join(as_text(report)))
    for grant, outcome in grants:
        print(grant_as_json(grant, outcome) if json_lines else f"{outcome:<11}{grant}")
    remedies = remedies_for(reports)
    if any(outcome is streams.kafka.acls.GrantOutcome.FOREIGN for _, outcome in grants):
        remedies.append("Some grants are not in the file: `--alter` revokes them.")
    if remedies:
        raise Stop(Exit.USAGE, " ".join(remedies))


def describe_changes(
    reports: list[TopicReport], grants: list[tuple[Grant, streams.kafka.acls.GrantOutcome]]
) -> str:
    """Text of the changes for the audit entry; empty if nothing was changed."""
    changed = [
        each.topic.name for each in reports if each.altered or each.outcome is TopicOutcome.CREATED
    ]
    changed_grants = [each for _, each in grants if each in CHANGED_OUTCOMES]
    return " ".join(changed + [f"{len(changed_grants)} grants"] * bool(changed_grants))


def read_grants(path: Path) -> frozenset[Grant]:
    """Read the grants in the file at *path*; raises Stop where the file is invalid."""
    try:
        return streams.kafka.acls.parse_grants(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Stop(Exit.USAGE, f"{path}: {error.strerror}.") from None
    except (UnicodeDecodeError, AclFileError) as error:
        raise Stop(Exit.USAGE, f"{path}: {error}.") from None


def apply_all(
    settings: Settings, grants: frozenset[Grant] | None, *, alter: bool
) -> tuple[list[TopicReport], list[tuple[Grant, streams.kafka.acls.GrantOutcome]]]:
    """Apply topics and grants, and return the reports; raises Stop where the broker refuses."""
    try:
        with admin_client(settings.broker) as admin:
            reports = apply_topics(admin, required_topics(settings), alter=alter)
            if grants is None:
                return reports, []
            return reports, streams.kafka.acls.apply_grants(admin, grants, alter=alter)
    except BrokerUnreachable as error:
        remedy = "Start a broker (`make kafka`), or set TOCSIN_BROKER."
        raise Stop(Exit.UNREACHABLE, f"{error}. {remedy}") from None
    except (BrokerRefused, KafkaError) as error:
        raise Stop(Exit.USAGE, f"the broker refused the request: {error}.") from None


def as_text(report: TopicReport) -> list[str]:
    """Lines for a topic: its outcome, remaining differences and altered settings."""
    topic = report.topic
    count = f"{topic.partitions} partition{'s' if topic.partitions > 1 else ''}"
    lines = [f"{topic.name:<22}{report.outcome:<11}{count}"]
    lines += [f"  {each}" for each in report.remaining]
    lines += [f"  {each.setting} was {each.found}, is {each.wanted}" for each in report.altered]
    return lines


def as_json(report: TopicReport) -> str:
    """The report of a topic as JSON."""
    return json.dumps(
        {
            "topic": report.topic.name,
            "outcome": report.outcome,
            "left": [asdict(each) for each in report.remaining],
            "altered": [asdict(each) for each in report.altered],
        }
    )


def grant_as_json(grant: Grant, outcome: streams.kafka.acls.GrantOutcome) -> str:
    """A grant with its outcome as JSON."""
    return json.dumps({**asdict(grant), "outcome": outcome})


def remedies_for(reports: list[TopicReport]) -> list[str]:
    """Remedies for the remaining differences."""
    differences = [each for report in reports for each in report.remaining]
    remedies: list[str] = []
    if any(each.mendable for each in differences):
        remedies.append("Some topics have other settings: `tocsin topics apply --alter` sets them.")
    if any(each.setting == "partitions" for each in differences):
        remedies.append(
            "Some topics have another number of partitions, which is never altered because it "
            "determines the partition of a study: set TOCSIN_LOG_PARTITIONS or "
            "TOCSIN_ALERT_PARTITIONS to that of the topics, or produce the log into another "
            "cluster."
        )
    if any(each.setting == "replication" for each in differences):
        remedies.append(
            "Some topics have another number of replicas: kafka-reassign-partitions sets it."
        )
    return remedies
