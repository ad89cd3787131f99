"""``tocsin topics``: the topics of a deployment, brought to what they should be."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from cyclopts import App
from kafka.errors import KafkaError

import streams.kafka.acls
from streams.audit.audit_log import Act
from streams.kafka.acls import BadAccess, Grant
from streams.kafka.admin import Unreachable, administer
from streams.kafka.topics import Outcome, Refused, Report
from streams.kafka.topics import apply as bring_about
from streams.kafka.topics import topics as topics_of
from streams.settings import Settings
from tocsin.common.audit import note, refusals
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag, Json
from tocsin.common.services import quietly_settled

app = App(name="topics", help="The Kafka topics that Tocsin uses.")

CHANGED = streams.kafka.acls.Outcome.GRANTED, streams.kafka.acls.Outcome.REVOKED


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
    settings = quietly_settled()
    wanted = wanted_of(acls) if acls else None
    with refusals(settings, Act.CHANGE):
        reports, grants = applied(settings, wanted, alter=alter)
    if changed := changes(reports, grants):
        # Not before: the topic of the audit may have been among them.
        note(settings, Act.CHANGE, {"changed": changed})
    for report in reports:
        print(in_json(report) if json_lines else "\n".join(in_words(report)))
    for grant, outcome in grants:
        print(granted_in_json(grant, outcome) if json_lines else f"{outcome:<11}{grant}")
    remedies = remedies_for(reports)
    if any(outcome is streams.kafka.acls.Outcome.FOREIGN for _, outcome in grants):
        remedies.append("Grants are in no file of ours: `--alter` takes them away.")
    if remedies:
        raise Stop(Exit.USAGE, " ".join(remedies))


def changes(reports: list[Report], grants: list[tuple[Grant, streams.kafka.acls.Outcome]]) -> str:
    """What was changed, for the audit; empty where nothing was."""
    changed = [
        each.topic.name for each in reports if each.mended or each.outcome is Outcome.CREATED
    ]
    made = [each for _, each in grants if each in CHANGED]
    return " ".join(changed + [f"{len(made)} grants"] * bool(made))


def wanted_of(path: Path) -> frozenset[Grant]:
    """The grants that a file gives, or the stop that says why it gives none."""
    try:
        return streams.kafka.acls.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Stop(Exit.USAGE, f"{path}: {error.strerror}.") from None
    except (UnicodeDecodeError, BadAccess) as error:
        raise Stop(Exit.USAGE, f"{path}: {error}.") from None


def applied(
    settings: Settings, grants: frozenset[Grant] | None, *, alter: bool
) -> tuple[list[Report], list[tuple[Grant, streams.kafka.acls.Outcome]]]:
    """What was found and done, or the stop that says why not."""
    try:
        with administer(settings.broker) as admin:
            reports = bring_about(admin, topics_of(settings), alter=alter)
            if grants is None:
                return reports, []
            return reports, streams.kafka.acls.apply(admin, grants, alter=alter)
    except Unreachable as error:
        remedy = "Start one (`make kafka`), or name yours in TOCSIN_BROKER."
        raise Stop(Exit.UNREACHABLE, f"{error}. {remedy}") from None
    except (Refused, KafkaError) as error:
        raise Stop(Exit.USAGE, f"the broker refuses: {error}.") from None


def in_words(report: Report) -> list[str]:
    """The lines that tell a person of a topic."""
    topic = report.topic
    count = f"{topic.partitions} partition{'s' if topic.partitions > 1 else ''}"
    lines = [f"{topic.name:<22}{report.outcome:<11}{count}"]
    lines += [f"  {each}" for each in report.left]
    lines += [f"  {each.setting} was {each.found}, is {each.wanted}" for each in report.mended]
    return lines


def in_json(report: Report) -> str:
    """The same for a program."""
    return json.dumps(
        {
            "topic": report.topic.name,
            "outcome": report.outcome,
            "left": [asdict(each) for each in report.left],
            "altered": [asdict(each) for each in report.mended],
        }
    )


def granted_in_json(grant: Grant, outcome: streams.kafka.acls.Outcome) -> str:
    """A grant for a program."""
    return json.dumps({**asdict(grant), "outcome": outcome})


def remedies_for(reports: list[Report]) -> list[str]:
    """What to do about the differences that stand; nothing where none do."""
    left = [each for report in reports for each in report.left]
    remedies: list[str] = []
    if any(each.mendable for each in left):
        remedies.append("Topics have other settings: `tocsin topics apply --alter` sets them.")
    if any(each.setting == "partitions" for each in left):
        remedies.append(
            "Topics have another number of partitions, which is never altered, as it says where a "
            "study lies: set TOCSIN_LOG_PARTITIONS or TOCSIN_ALERT_PARTITIONS to what is there, or "
            "produce the log into a cluster that has none."
        )
    if any(each.setting == "replication" for each in left):
        remedies.append("Topics have another number of copies: kafka-reassign-partitions sets it.")
    return remedies
