"""What a list of alerts shows on a narrow terminal, and what an alert may be called there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from alerts.alert import Alert
from alerts.lifecycle import Move, State
from tests.alerts.notification.published_alerts import SAID
from tests.streams.reviewed_log import SIGNAL
from tocsin.commands.alerts_move import candidates
from tocsin.common.alert_name import LEAST, beginnings, name_in
from tocsin.common.exits import Stop
from tocsin.display.alerts import grid

TWIN = SIGNAL[:9] + "f" * 15


def told(identity: str) -> Alert:
    """An alert of ProDERM that a member has taken up."""
    alert = replace(SAID, id=identity, watch="tee-general-population")
    move = Move.ACKNOWLEDGE
    return replace(alert, state=State.ACKNOWLEDGED, move=move, member="board-1", pages=False)


def listed(alerts: Sequence[Alert], width: int, among: Sequence[str] = ()) -> list[str]:
    """The lines of the list on a terminal of so many columns."""
    console = Console(width=width, file=StringIO())
    console.print(grid(alerts, "some", among))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def test_eighty_columns_have_when_it_rang_how_strong_it_is_and_who_has_it():
    """The id gives way, for a part of it names the alert; nothing is cut but words."""
    _, titles, line = listed([told(SIGNAL)], 80)

    assert titles.split() == ["state", "rang", "study", "what", "E", "by", "alert"]
    assert line.endswith(f"{SIGNAL[:LEAST]}:1") and "board-1" in line
    assert len(line) <= 80


def test_a_wide_terminal_has_the_whole_id():
    """It is what a protocol of a meeting quotes."""
    assert listed([told(SIGNAL)], 160)[-1].endswith(f"{SIGNAL}:1")


def test_what_is_shown_of_an_id_names_one_alert_among_all_that_are_known():
    """Closed ones that the list leaves out begin alike too."""
    (line,) = listed([told(SIGNAL)], 80, [TWIN])[2:]

    assert line.endswith(f"{SIGNAL[:10]}:1")
    assert beginnings([SIGNAL, TWIN]) == {SIGNAL: SIGNAL[:10], TWIN: TWIN[:10]}
    assert beginnings([]) == {}


def test_a_move_wants_more_of_an_id_than_a_look():
    """One letter too few must not decide on another alert."""
    assert name_in(f"{SIGNAL[:3]}:2") == (SIGNAL[:3], 2)
    assert name_in(f"{SIGNAL[:LEAST]}:2", LEAST) == (SIGNAL[:LEAST], 2)
    assert (name_in(SIGNAL).whole, name_in(SIGNAL[:LEAST]).whole) == (True, False)
    with pytest.raises(Stop, match="give 8 characters of the id"):
        name_in(f"{SIGNAL[:7]}:2", LEAST)


def test_of_many_that_may_be_meant_the_first_are_named():
    """Whoever gave too little of an id sees at once which to choose from."""
    found = candidates([told(f"{number:024x}") for number in range(8)])

    assert found.startswith(f"{0:024x} (tee-general-population, PRODERM), ")
    assert found.endswith("and 3 more") and found.count("PRODERM") == 5
