"""An alert whose id changed with the folding of terms is announced to nobody a second time.

`earlier_version` has a log with signed moves, and the alerts that the version before published of
it: their ids are computed from the terms as they are spelled.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
import pytest

from alerts.alert import Alert, alert_id
from alerts.lifecycle import State
from alerts.notification.delivered import count_delivered
from alerts.notification.due import firing_notifications
from streams.outbox.relay import alert_message
from streams.processor.pipeline import Pipeline
from tests.alerts.notification.published_alerts import (
    ALERTMANAGER,
    BOARD,
    DeliveryScenario,
    alert_bytes,
)

FOLDER = Path(__file__).parent / "earlier_version"
LOG, EARLIER = ((FOLDER / name).read_bytes().splitlines() for name in ("log.jsonl", "alerts.jsonl"))
WATCH = "screening/preferred_term/{}/drug"
SPELLINGS = ("Rash", "RASH", "rash  ")


def refolded() -> tuple[Pipeline, list[Alert]]:
    """The log of the earlier version folded by this one, and every alert revision."""
    pipeline = Pipeline()
    return pipeline, [
        alert
        for position, raw in enumerate(LOG)
        for alert in pipeline.process_bytes(raw, position).alerts
    ]


def published(alerts: list[Alert]) -> list[bytes]:
    """The alerts as the worker publishes them."""
    return [orjson.dumps(asdict(alert) | {"hypothetical": False}) for alert in alerts]


def announced(values: list[bytes]) -> DeliveryScenario:
    """The state of a deliverer that has sent each of the revisions *values* on both routes."""
    scenario = DeliveryScenario().publish(*values)
    for value in map(orjson.loads, values):
        for route in (BOARD, ALERTMANAGER):
            scenario.log_sent(route, value["revision"], 9, of=value["id"])
    return scenario


def due(scenario: DeliveryScenario) -> list[object]:
    """All that either route sends or logs."""
    routes = (BOARD, ALERTMANAGER)
    return [
        each
        for one in routes
        for each in (*scenario.due_to_send(one, 10), *scenario.due_to_log(one, 10))
    ]


def firing(scenario: DeliveryScenario) -> list[tuple[str, int, str]]:
    """Id, revision of the page and state of each alert that fires in the Alertmanager."""
    notifications = firing_notifications(scenario.state, scenario.config, ALERTMANAGER, 10)
    return sorted((each.page.id, each.page.revision, each.alert.state) for each in notifications)


def of_spelling(spelling: str, **changes: Any) -> bytes:
    """An alert on a term as an earlier version published it, or this one for the folded form."""
    watch = WATCH.format(spelling)
    fields: dict[str, Any] = {"watch": watch, "term": "Rash", "line": 7}
    return alert_bytes(id=alert_id("PRODERM", watch, 1), **fields | changes)


def closed_at(line: int, spelling: str, revision: int = 2) -> bytes:
    """The alert on *spelling*, closed by a member's record at *line* of the log."""
    fields = {"state": "closed", "move": "close", "pages": False, "member": "ann"}
    return of_spelling(spelling, revision=revision, line=line, **fields)


def test_signed_moves_of_the_earlier_version_are_in_force():
    """The reviews in the log name ids of the earlier version; each is accepted as it was then."""
    pipeline, alerts = refolded()
    (study,) = pipeline.studies.values()
    earlier = [orjson.loads(each) for each in EARLIER]

    assert [(a.state, a.revision, a.line) for a in alerts] == [
        (each["state"], each["revision"], each["line"]) for each in earlier
    ]
    assert {a.id for a in alerts}.isdisjoint(each["id"] for each in earlier)
    register: Any = study.extension
    assert all(each.accepted for each in register.review_results.values())
    assert {each.alert.state for each in register.entries.values() if each.alert.tracked} == {
        State.ACKNOWLEDGED
    }


def test_nothing_is_announced_a_second_time():
    """After all is published again under new ids, no route has anything to send or to log."""
    scenario = announced(EARLIER)
    before = firing(scenario)
    assert due(scenario) == [] and len(before) == 2

    for value in published(refolded()[1]):
        scenario.publish(value)
        assert due(scenario) == [] and firing(scenario) == before

    assert list(scenario.state.find_mismatches()) == []
    assert count_delivered(scenario.state, scenario.config) == {"EARLIER": 2}


def test_a_later_revision_is_delivered_under_the_first_id():
    """The receivers know the alert by it: what ends is the alert that was announced."""
    alerts = refolded()[1]
    scenario = announced(EARLIER).publish(*published(alerts))
    latest = [one for one in alerts if "preferred_term" in one.watch][-1]
    fields = asdict(latest) | {"revision": 7, "state": "closed", "move": "close", "line": 40}
    scenario.publish(orjson.dumps(fields | {"pages": False, "member": "ann"}))

    first_id = orjson.loads(EARLIER[0])["id"]
    assert scenario.due_to_send(BOARD, 10) == [(first_id, 7)]
    assert scenario.due_notification(BOARD, 10).alert.fields["id"] == latest.id


def test_a_study_without_an_earlier_version_is_announced_under_its_ids():
    """Only ids that were published before are continued."""
    alerts = refolded()[1]
    scenario = DeliveryScenario().publish(*published(alerts))

    assert {name for name, _ in scenario.due_to_send(BOARD, 10)} == {one.id for one in alerts}


@pytest.mark.parametrize("partitions", [1, 4, 7])
def test_an_alert_stays_in_its_partition(partitions: int):
    """One deliverer reads what was announced and what follows."""
    partitions_of_alerts = [
        alert_message(f"a|{fields['id']}|{fields['revision']:06d}", value, partitions).partition
        for value in (*EARLIER, *published(refolded()[1]))
        for fields in [orjson.loads(value)]
    ]

    assert partitions_of_alerts[: len(EARLIER)] == partitions_of_alerts[len(EARLIER) :]


def test_alerts_on_two_spellings_go_on_as_one():
    """Neither is raised again; a page by a later record reaches the receivers of both."""
    first, second = (of_spelling(each) for each in SPELLINGS[:2])
    scenario = announced([first, second]).publish(of_spelling("rash"))
    assert due(scenario) == [] and len(firing(scenario)) == 2
    assert count_delivered(scenario.state, scenario.config) == {"PRODERM": 1}

    scenario.publish(of_spelling("rash", revision=2, move="change", state="reopened", line=9))
    assert {revision for _, revision in scenario.due_to_send(BOARD, 10)} == {2}
    assert len(scenario.due_to_send(BOARD, 10)) == 2


def test_the_alert_on_the_other_spelling_ends_with_the_decision():
    """The member closed one of two; the alert of all cases is closed, so the other ends too."""
    first, second = (of_spelling(each) for each in SPELLINGS[:2])
    scenario = announced([first, closed_at(9, SPELLINGS[0]), second])
    scenario.publish(of_spelling("rash"), closed_at(9, "rash"))

    other = alert_id("PRODERM", WATCH.format(SPELLINGS[1]), 1)
    assert scenario.due_to_send(BOARD, 10) == [(other, 2)]


def test_an_unannounced_change_is_not_silenced():
    """All cases together change a decision that the earlier version let stand: that is news."""
    first = of_spelling(SPELLINGS[0])
    scenario = announced([first, closed_at(9, SPELLINGS[0])])
    scenario.publish(
        of_spelling("rash"),
        of_spelling("rash", revision=2, move="change", state="reopened", line=8),
    )

    (notification,) = [scenario.due_notification(BOARD, 10)]
    assert notification.alert.state == "reopened" and notification.alert.revision == 3
