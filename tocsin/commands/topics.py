"""``tocsin topics``: the topics of a deployment, brought to what they should be."""

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
from streams.kafka.topics import BrokerRefused, TopicOutcome, TopicReport
from streams.kafka.topics import apply_topics as bring_about
from streams.kafka.topics import required_topics as topics_of
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
    """Create the topics that are missing; report those with other settings and leave them alone.

    Partitions and replication come from TOCSIN_LOG_PARTITIONS, TOCSIN_ALERT_PARTITIONS and
    TOCSIN_REPLICATION, the brokers from TOCSIN_BROKER.

    Parameters
    ----------
    alter
        Sets the settings that differ, and takes away what the file of grants does not give.  The
        number of partitions is never altered.
    acls
        Grants what this file gives, such as deploy/kafka/acls.toml, and reports what else somebody
        may do with our topics.  The broker must have an authorizer, and we be its super user.
    json_lines
        Prints a JSON object for each topic, and for each grant.
    """
    settings = load_settings_quietly()
    wanted_grants = read_grants(acls) if acls else None
    with audit_refusals(settings, AuditAction.CHANGE):
        reports, grants = apply_all(settings, wanted_grants, alter=alter)
    if changed := describe_changes(reports, grants):
        # Not before: the topic of the audit may have been among them.
        append_audit_entry(settings, AuditAction.CHANGE, {"changed": changed})
    for report in reports:
        print(as_json(report) if json_lines else "\n".join(as_text(report)))
    for grant, outcome in grants:
        print(grant_as_json(grant, outcome) if json_lines else f"{outcome:<11}{grant}")
    remedies = remedies_for(reports)
    if any(outcome is streams.kafka.acls.GrantOutcome.FOREIGN for _, outcome in grants):
        remedies.append("Grants are in no file of ours: `--alter` takes them away.")
    if remedies:
        raise Stop(Exit.USAGE, " ".join(remedies))


def describe_changes(
    reports: list[TopicReport], grants: list[tuple[Grant, streams.kafka.acls.GrantOutcome]]
) -> str:
    """What was changed, for the audit; empty where nothing was."""
    changed = [
        each.topic.name for each in reports if each.altered or each.outcome is TopicOutcome.CREATED
    ]
    changed_grants = [each for _, each in grants if each in CHANGED_OUTCOMES]
    return " ".join(changed + [f"{len(changed_grants)} grants"] * bool(changed_grants))


def read_grants(path: Path) -> frozenset[Grant]:
    """The grants that a file gives, or the stop that says why it gives none."""
    try:
        return streams.kafka.acls.parse_grants(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Stop(Exit.USAGE, f"{path}: {error.strerror}.") from None
    except (UnicodeDecodeError, AclFileError) as error:
        raise Stop(Exit.USAGE, f"{path}: {error}.") from None


def apply_all(
    settings: Settings, grants: frozenset[Grant] | None, *, alter: bool
) -> tuple[list[TopicReport], list[tuple[Grant, streams.kafka.acls.GrantOutcome]]]:
    """What was found and done, or the stop that says why not."""
    try:
        with admin_client(settings.broker) as admin:
            reports = bring_about(admin, topics_of(settings), alter=alter)
            if grants is None:
                return reports, []
            return reports, streams.kafka.acls.apply_grants(admin, grants, alter=alter)
    except BrokerUnreachable as error:
        remedy = "Start one (`make kafka`), or name yours in TOCSIN_BROKER."
        raise Stop(Exit.UNREACHABLE, f"{error}. {remedy}") from None
    except (BrokerRefused, KafkaError) as error:
        raise Stop(Exit.USAGE, f"the broker refuses: {error}.") from None


def as_text(report: TopicReport) -> list[str]:
    """The lines that tell a person of a topic."""
    topic = report.topic
    count = f"{topic.partitions} partition{'s' if topic.partitions > 1 else ''}"
    lines = [f"{topic.name:<22}{report.outcome:<11}{count}"]
    lines += [f"  {each}" for each in report.remaining]
    lines += [f"  {each.setting} was {each.found}, is {each.wanted}" for each in report.altered]
    return lines


def as_json(report: TopicReport) -> str:
    """The same for a program."""
    return json.dumps(
        {
            "topic": report.topic.name,
            "outcome": report.outcome,
            "left": [asdict(each) for each in report.remaining],
            "altered": [asdict(each) for each in report.altered],
        }
    )


def grant_as_json(grant: Grant, outcome: streams.kafka.acls.GrantOutcome) -> str:
    """A grant for a program."""
    return json.dumps({**asdict(grant), "outcome": outcome})


def remedies_for(reports: list[TopicReport]) -> list[str]:
    """What to do about the differences that stand; nothing where none do."""
    differences = [each for report in reports for each in report.remaining]
    remedies: list[str] = []
    if any(each.mendable for each in differences):
        remedies.append("Topics have other settings: `tocsin topics apply --alter` sets them.")
    if any(each.setting == "partitions" for each in differences):
        remedies.append(
            "Topics have another number of partitions, which is never altered, as it says where a "
            "study lies: set TOCSIN_LOG_PARTITIONS or TOCSIN_ALERT_PARTITIONS to what is there, or "
            "produce the log into a cluster that has none."
        )
    if any(each.setting == "replication" for each in differences):
        remedies.append("Topics have another number of copies: kafka-reassign-partitions sets it.")
    return remedies
