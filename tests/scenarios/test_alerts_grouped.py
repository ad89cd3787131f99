"""The list of work: due dates first, groups indented, subjects, arms and seriousness of cases."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from io import StringIO

from rich.console import Console, RenderableType

from alerts.alert import Alert, AlertKind
from alerts.clocks import Clock
from alerts.lifecycle import Move, State
from alerts.register.due_order import ordered_by_due_date
from alerts.register.history import AlertEntry
from alerts.register.register import AlertRegister
from monitor.state.study import Study
from streams.records.encode import encode_record
from streams.replay.replay import Replay
from tests.alerts.notification.published_alerts import FIRST_REVISION
from tests.scenarios.commands import (
    JsonObject,
    clot_record,
    plan_record,
    treatment_record,
    wire_record,
)
from tocsin.display.work_list import (
    AlertFacts,
    alert_facts,
    blinded_line,
    blinded_list,
    is_for_blinded,
    work_list,
)

HEAD = replace(FIRST_REVISION, id="aa" * 12, watch="tee-general-population")
TERM = replace(
    HEAD, id="bb" * 12, watch="screening/preferred_term/pulmonary embolism/ivig",
    term="Pulmonary embolism",
)  # fmt: skip
CASE = replace(
    HEAD, id="cc" * 12, watch="rule/clots", kind=AlertKind.CASE, about="edc/c1", e_value=None,
    due=(("receipt", "2019-03-20"),), term="Deep vein thrombosis",
)  # fmt: skip
OTHER = replace(HEAD, id="dd" * 12, watch="rule/deaths", due=(("receipt", "2019-03-21"),))
DEATH_DAY = "2020-01-22"
FACTS = {
    HEAD.id: AlertFacts(arm="ivig"),
    TERM.id: AlertFacts(arm="ivig"),
    CASE.id: AlertFacts("P-004", "ivig", "yes"),
    OTHER.id: AlertFacts("P-009", "placebo", "fatal"),
}


def shown_lines(grid: RenderableType, width: int) -> list[str]:
    """Return the lines of *grid* on a terminal of *width* columns."""
    console = Console(width=width, file=StringIO())
    console.print(grid)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def test_a_group_is_indented_under_its_alert():
    """The group comes first, by its case's due date; every alert has its id, state and date."""
    heads = {TERM.id: HEAD.id, CASE.id: HEAD.id}
    alerts = ordered_by_due_date([OTHER, TERM, CASE, HEAD], heads)
    _, header, *lines = shown_lines(work_list(alerts, "4 open", FACTS, heads), 200)

    assert alerts == [HEAD, CASE, TERM, OTHER]
    assert header.split()[:6] == ["due", "term", "subject", "arm", "serious", "state"]
    column = header.index("term")
    assert [line[column : column + 2] == "  " for line in lines] == [False, True, True, False]
    assert lines[1].split()[0] == "2019-03-20" and lines[3].split()[0] == "2019-03-21"
    assert "screening/preferred_term/Pulmonary embolism/ivig" in lines[2]
    assert all(f"{alert.id}:1" in line for alert, line in zip(alerts, lines, strict=True))


def test_eighty_columns_show_what_is_due_about_whom_and_how_serious():
    """The name that the other commands accept stays as well."""
    _, header, line = shown_lines(work_list([CASE], "1 open", FACTS, {}), 80)

    assert header.split()[:6] == ["due", "term", "subject", "arm", "serious", "state"]
    assert header.split()[-1] == "alert" and "P-004" in line and line.endswith(f"{'c' * 8}:1")
    assert len(line) <= 80


def test_an_alert_whose_head_is_not_listed_stands_alone():
    """A filter that leaves out the watch's alert leaves the others in the list."""
    assert ordered_by_due_date([TERM, CASE], {TERM.id: HEAD.id, CASE.id: HEAD.id}) == [CASE, TERM]


def replayed_study() -> Study:
    """Return a study with rules: a serious clot, a death, and a death by disposition alone."""
    plan = plan_record()
    toml = plan["toml"] + '[[rules]]\nname = "deaths"\nwhen = "fatal"\n'
    toml += '[[rules]]\nname = "clots"\nwhen = "group"\ngroup = "clots"\n'
    records: list[JsonObject] = [
        wire_record("plan", "plan", "2020-01-01", **plan_content(toml)),
        *(treatment_record(subject) for subject in "AB"),
        treatment_record("C", "placebo"),
        clot_record("A", "2020-01-20", serious=True),
        clot_record("C", "2020-01-21", outcome="fatal", preferred_term="Sepsis"),
        wire_record(
            "disposition", "ds", "2020-01-22", subject="B", status="died", date="2020-01-22"
        ),
    ]
    replay = Replay()
    list(replay.run([encode_record(record) for record in records]))
    return replay.studies[0]


def plan_content(toml: str) -> JsonObject:
    """Return the content of a plan record."""
    return {"toml": toml, "sha256": sha256(toml.encode()).hexdigest()}


def entries_of(study: Study) -> list[AlertEntry]:
    """Return the alerts of *study*."""
    assert isinstance(study.extension, AlertRegister)
    return list(study.extension.entries.values())


def test_the_facts_of_an_alert_are_those_of_its_case():
    """Subject, arm at onset and seriousness; a death that a disposition tells of has a subject."""
    study = replayed_study()
    found = {
        (alert.watch, alert_facts(study, alert))
        for entry in entries_of(study)
        if (alert := entry.alert).kind is not AlertKind.FINDING
    }

    assert found == {
        ("rule/clots", AlertFacts("A", "drug", "yes")),
        ("rule/deaths", AlertFacts("C", "placebo", "fatal")),
        ("rule/deaths", AlertFacts("B", "", "fatal")),
        ("clots", AlertFacts("", "drug", "")),
    }
    assert alert_facts(None, CASE) == AlertFacts()
    assert alert_facts(None, TERM) == AlertFacts(arm="ivig")


def test_the_list_for_blinded_readers_is_the_same_whatever_the_arms_and_the_moves():
    """No arm, no state, no signal; a closed case stays, and a `confirm` adds no due date."""
    due = (*CASE.due, (Clock.DETERMINATION.value, "2019-03-01"))
    decided: Alert = replace(
        CASE, state=State.CLOSED, move=Move.CLOSE, member="ann", pages=False, due=due, revision=5
    )
    on_other_arm = AlertFacts("P-004", "placebo", "yes")

    assert [is_for_blinded(alert) for alert in (HEAD, TERM, CASE)] == [False, False, True]
    assert blinded_line(CASE, FACTS[CASE.id]) == blinded_line(decided, on_other_arm)
    shown = "\n".join(shown_lines(blinded_list([blinded_line(decided, on_other_arm)], "1"), 200))
    assert "P-004" in shown and "2019-03-20" in shown
    assert not any(word in shown for word in ("placebo", "ivig", "closed", "ann", "2019-03-01"))
