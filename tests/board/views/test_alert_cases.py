"""The line listing, swimmer plot and delay of ProDERM's alert, recounted from the log's lines."""

from __future__ import annotations

from datetime import date

from board.charts.swimmer_plot import SwimmerDose
from board.views.table import Cell
from tests.board.views.alert_facts import (
    POLYMYOSITIS_ID,
    SIGNAL_ID,
    evidence_of,
    page_of_alert,
    proderm_facts,
)
from tests.scenarios import proderm_recount as recount
from tests.scenarios.proderm_committed import emergent_events, records, trial


def listed() -> dict[str, dict[str, Cell]]:
    """The rows of the line listing by case id."""
    listing = evidence_of(page_of_alert(proderm_facts(), SIGNAL_ID)).listing
    return {str(row["case"]): dict(row) for row in listing.rows}


def known_day(record: recount.Fields) -> int:
    """The day on which a record was known."""
    return date.fromisoformat(record["known_at"][:10]).toordinal()


def test_the_listing_has_every_adjudicated_case_in_the_order_of_onset():
    """Eight cases, each at its latest version, with the texts of its record."""
    clots = [event for event in emergent_events() if event.thromboembolic]
    rows = listed()

    assert rows.keys() == {f"edc/{event.fields['source']['id']}" for event in clots}
    assert [row["onset"] for row in rows.values()] == sorted(e.fields["onset"] for e in clots)
    for event in clots:
        row, fields = rows[f"edc/{event.fields['source']['id']}"], event.fields
        assert row["version"] == fields["source"]["version"]
        assert row["subject"] == event.subject
        assert row["term"] == fields["preferred_term"]
        criteria = {each.replace("_", " ") for each in fields["criteria"]}
        assert set(str(row["criteria"]).split(", ")) == criteria
        assert str(row["severity"]).startswith(fields["severity"])
        assert row["relatedness"] == fields["relatedness"].replace("_", " ")
        assert row["outcome"] == fields["outcome"].replace("_", " ")
        assert row["action"] == fields["action_taken"].replace("_", " ")
        assert row["arm"] == "ivig"


def test_study_days_and_days_since_the_last_dose_are_those_of_the_records():
    """Study day 1 is the first day on treatment; a dose of several days counts to its last."""
    for case_id, row in listed().items():
        subject, onset = str(row["subject"]), date.fromisoformat(str(row["onset"])).toordinal()
        start = min(
            recount.day_number(t["start"]) for t in trial().records_of("treatment", subject)
        )
        ends = [
            recount.day_number(dose["last_date"])
            for dose in trial().records_of("dose", subject)
            if recount.day_number(dose["first_date"]) <= onset
        ]
        assert row["study_day"] == onset - start + 1, case_id
        assert row["days_since_dose"] == max(0, onset - max(ends)), case_id


def test_delays_are_from_onset_to_the_first_version_and_to_the_answer_of_the_committee():
    """Both come from the instants at which the versions of the case were known."""
    for case_id, row in listed().items():
        onset = date.fromisoformat(str(row["onset"])).toordinal()
        versions = [
            record
            for record in records()
            if record["type"] == "adverse_event" and f"edc/{record['source']['id']}" == case_id
        ]
        answered = [
            version
            for version in versions
            if version["adjudications"]["thromboembolic"] in ("yes", "no")
        ]
        assert row["reported_after"] == known_day(versions[0]) - onset
        assert row["counted_after"] == known_day(answered[0]) - onset


def test_the_delay_of_the_signal_is_37_days_and_nearly_all_of_it_adjudication():
    """The fourth patient's stroke of 27 January was reported in 3 days and counted on 5 March."""
    over_time = evidence_of(page_of_alert(proderm_facts(), SIGNAL_ID)).over_time
    assert over_time is not None and over_time.delay is not None
    delay = over_time.delay

    assert (delay.crossed, delay.raised, delay.days) == ("2019-01-27", "2019-03-05", 37)
    assert (delay.reporting_days, delay.counting_days) == (3, 34)
    assert delay.sentence == (
        "By what is known today it had crossed on 27 Jan 2019; it was raised on 5 Mar 2019, "
        "37 days later."
    )
    assert delay.cause.startswith("Adjudication took 34 days of it, reporting 3.")


def test_the_watch_level_has_a_delay_of_its_own():
    """The first patient's clots of 18 April 2017 reached the watch level 21 days later."""
    over_time = evidence_of(page_of_alert(proderm_facts(), POLYMYOSITIS_ID)).over_time
    assert over_time is not None and over_time.delay is not None

    assert over_time.delay.level == "watch"
    assert over_time.delay.raised == "2017-05-09"
    assert over_time.delay.crossed == "2017-04-18"
    assert over_time.delay.days == 21


def test_the_swimmer_plot_has_the_treatments_doses_and_events_of_their_subjects():
    """Each row's days are those of the records, from the first day on treatment."""
    plot = evidence_of(page_of_alert(proderm_facts(), SIGNAL_ID)).swimmer

    assert len(plot.rows) == 6 and plot.left_out == 0
    for row in plot.rows:
        spells = recount.spells(trial(), row.subject)
        start = spells[0].start
        assert row.start == date.fromordinal(start).isoformat()
        assert [(s.start, s.end, s.arm_name, s.period) for s in row.spells] == [
            (spell.start - start, spell.end - start, spell.treatment, spell.period)
            for spell in spells
        ]
        doses = [
            (
                recount.day_number(d["first_date"]) - start,
                recount.day_number(d["last_date"]) - start,
            )
            for d in trial().records_of("dose", row.subject)
        ]
        assert row.doses == tuple(SwimmerDose(first=f, last=e) for f, e in sorted(doses))
        assert {event.day for event in row.events} == {
            event.onset - start
            for event in emergent_events()
            if event.thromboembolic and event.subject == row.subject
        }
    days = [row.events[0].day for row in plot.rows]
    assert days == sorted(days)


def test_onset_marks_lead_from_onset_to_report_and_to_counting():
    """In every mark the days follow one another, and the serious ones are flagged."""
    over_time = evidence_of(page_of_alert(proderm_facts(), SIGNAL_ID)).over_time
    assert over_time is not None

    assert len(over_time.lines.onsets) == 8
    for mark in over_time.lines.onsets:
        assert mark.reported is not None and mark.counted is not None
        assert mark.onset <= mark.reported <= mark.counted
        assert mark.serious and mark.first
