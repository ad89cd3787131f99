"""What a list of alerts shows on a narrow terminal, and what an alert may be called there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from alerts.alert import Alert
from alerts.lifecycle import Move, State
from tests.alerts.notification.published_alerts import FIRST_REVISION
from tests.streams.reviewed_log import SIGNAL_ALERT_ID
from tocsin.commands.alerts_move import describe_candidates
from tocsin.common.alert_name import PREFIX_LENGTH_MIN, parse_alert_name, unique_prefixes
from tocsin.common.exits import Stop
from tocsin.display.alerts import alert_grid

TWIN = SIGNAL_ALERT_ID[:9] + "f" * 15


def acknowledged_alert(identity: str) -> Alert:
    """An alert of ProDERM that a member has taken up."""
    alert = replace(FIRST_REVISION, id=identity, watch="tee-general-population")
    move = Move.ACKNOWLEDGE
    return replace(alert, state=State.ACKNOWLEDGED, move=move, member="board-1", pages=False)


def list_lines(alerts: Sequence[Alert], width: int, among: Sequence[str] = ()) -> list[str]:
    """The lines of the list on a terminal of so many columns."""
    console = Console(width=width, file=StringIO())
    console.print(alert_grid(alerts, "some", among))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def test_eighty_columns_have_when_it_rang_how_strong_it_is_and_who_has_it():
    """The id gives way, for a part of it names the alert; nothing is cut but words."""
    _, titles, line = list_lines([acknowledged_alert(SIGNAL_ALERT_ID)], 80)

    assert titles.split() == ["state", "raised", "study", "watch", "E", "member", "alert"]
    assert line.endswith(f"{SIGNAL_ALERT_ID[:PREFIX_LENGTH_MIN]}:1") and "board-1" in line
    assert len(line) <= 80


def test_a_wide_terminal_has_the_whole_id():
    """It is what a protocol of a meeting quotes."""
    assert list_lines([acknowledged_alert(SIGNAL_ALERT_ID)], 160)[-1].endswith(
        f"{SIGNAL_ALERT_ID}:1"
    )


def test_what_is_shown_of_an_id_names_one_alert_among_all_that_are_known():
    """Closed ones that the list leaves out begin alike too."""
    (line,) = list_lines([acknowledged_alert(SIGNAL_ALERT_ID)], 80, [TWIN])[2:]

    assert line.endswith(f"{SIGNAL_ALERT_ID[:10]}:1")
    assert unique_prefixes([SIGNAL_ALERT_ID, TWIN]) == {
        SIGNAL_ALERT_ID: SIGNAL_ALERT_ID[:10],
        TWIN: TWIN[:10],
    }
    assert unique_prefixes([]) == {}


def test_a_move_wants_more_of_an_id_than_a_look():
    """One letter too few must not decide on another alert."""
    assert parse_alert_name(f"{SIGNAL_ALERT_ID[:3]}:2") == (SIGNAL_ALERT_ID[:3], 2)
    assert parse_alert_name(f"{SIGNAL_ALERT_ID[:PREFIX_LENGTH_MIN]}:2", PREFIX_LENGTH_MIN) == (
        SIGNAL_ALERT_ID[:PREFIX_LENGTH_MIN],
        2,
    )
    assert (
        parse_alert_name(SIGNAL_ALERT_ID).is_full_id,
        parse_alert_name(SIGNAL_ALERT_ID[:PREFIX_LENGTH_MIN]).is_full_id,
    ) == (True, False)
    with pytest.raises(Stop, match="give 8 characters of the id"):
        parse_alert_name(f"{SIGNAL_ALERT_ID[:7]}:2", PREFIX_LENGTH_MIN)


def test_of_many_that_may_be_meant_the_first_are_named():
    """Whoever gave too little of an id sees at once which to choose from."""
    found = describe_candidates([acknowledged_alert(f"{number:024x}") for number in range(8)])

    assert found.startswith(f"{0:024x} (tee-general-population, PRODERM), ")
    assert found.endswith("and 3 more") and found.count("PRODERM") == 5
