"""A snapshot that is taken again gives new versions only where its content changed."""

from __future__ import annotations

from streams.replay.replay import Replay
from streams.sources.rows import AnyRow
from tests.scenarios.realdata import log_bytes
from tests.streams.sources.builders import CONTROL, Rows, dose, event, left, subject
from tests.streams.sources.ingested import Ingested, ingest

FIRST = [CONTROL, subject(), dose(), event(), event("Z", sequence="2")]


def again(*rows: AnyRow, plan: str | None = None) -> Ingested:
    """Ingest *rows* after the snapshot `FIRST`."""
    return ingest(Rows(rows), earlier=ingest(Rows(FIRST)).records, plan=plan)


def sources(found: Ingested) -> list[tuple[str, int]]:
    return [(one["source"]["id"], one["source"]["version"]) for one in found.records]


def test_the_same_snapshot_gives_nothing():
    """Not even its plan."""
    assert again(*FIRST).records == ()


def test_a_changed_event_is_its_next_version():
    """The source does not date the change: it became known after the earlier log."""
    serious = event(serious="yes", criteria=("hospitalisation",))
    found = again(CONTROL, subject(), dose(), serious, event("Z", sequence="2"))
    (record,) = found.records

    assert sources(found) == [("A.seq-1", 2)]
    assert record["serious"] is True
    assert record["known_at"] == "2014-07-02T00:00:00Z"


def test_a_change_with_a_date_is_known_on_it():
    """AEDTC of the new row is later than that of the earlier one."""
    found = again(*FIRST[:3], event(severity="severe", known="2014-03-01"), FIRST[4])

    assert [one["known_at"] for one in found.records] == ["2014-03-01T00:00:00Z"]


def test_new_events_and_subjects_are_added():
    """They have the dates of their source, as if all had come at once."""
    found = again(*FIRST, subject("B"), event(sequence="7", known="2014-05-01"), left())

    assert ("A.seq-7", 1) in sources(found) and ("B", 1) in sources(found)
    assert ("A", 2) in sources(found)  # The disposition has a reason now.


def test_what_is_gone_from_the_source_is_a_finding():
    """Nobody can know whether it was withdrawn or left out of the export."""
    found = again(*FIRST[:4])

    assert found.records == ()
    assert found.counts["gone_from_source"] == 1


def test_another_plan_is_the_next_version():
    """The earlier plan holds where none is given."""
    plan = ingest(Rows(FIRST)).plan.replace("watch = 5", "watch = 6")
    (record,) = again(*FIRST, plan=plan).records

    assert (record["type"], record["source"]["version"]) == ("plan", 2)


def test_both_logs_together_are_folded():
    """No version conflicts with another one."""
    first = ingest(Rows(FIRST)).records
    second = again(
        CONTROL, subject(), dose(last="2014-06-01"), event(serious="yes"), left()
    ).records
    replay = Replay()
    list(replay.run(log_bytes((*first, *second)).splitlines()))

    assert replay.outcomes == {"folded": len(first) + len(second)}
