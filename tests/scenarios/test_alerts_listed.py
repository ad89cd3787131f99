"""Tests the list of alerts at several widths, and the prefixes that name an alert."""

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

SIMILAR_ID = SIGNAL_ALERT_ID[:9] + "f" * 15


def acknowledged_alert(identity: str) -> Alert:
    """Return a ProDERM alert that a member has acknowledged."""
    alert = replace(FIRST_REVISION, id=identity, watch="tee-general-population")
    move = Move.ACKNOWLEDGE
    return replace(alert, state=State.ACKNOWLEDGED, move=move, member="board-1", pages=False)


def list_lines(alerts: Sequence[Alert], width: int, among: Sequence[str] = ()) -> list[str]:
    """Return the lines of the list on a terminal of *width* columns."""
    console = Console(width=width, file=StringIO())
    console.print(alert_grid(alerts, "some", among))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def test_eighty_columns_show_time_evidence_and_member():
    """The id is shortened to a prefix, which still names the alert."""
    _, header, line = list_lines([acknowledged_alert(SIGNAL_ALERT_ID)], 80)

    assert header.split() == ["state", "raised", "study", "watch", "E", "member", "alert"]
    assert line.endswith(f"{SIGNAL_ALERT_ID[:PREFIX_LENGTH_MIN]}:1") and "board-1" in line
    assert len(line) <= 80


def test_a_wide_terminal_shows_the_whole_id():
    """Minutes of a meeting quote the whole id."""
    assert list_lines([acknowledged_alert(SIGNAL_ALERT_ID)], 160)[-1].endswith(
        f"{SIGNAL_ALERT_ID}:1"
    )


def test_the_prefix_of_an_id_is_unique_among_all_known_alerts():
    """Closed alerts, which the list leaves out, can have the same prefix."""
    (line,) = list_lines([acknowledged_alert(SIGNAL_ALERT_ID)], 80, [SIMILAR_ID])[2:]

    assert line.endswith(f"{SIGNAL_ALERT_ID[:10]}:1")
    assert unique_prefixes([SIGNAL_ALERT_ID, SIMILAR_ID]) == {
        SIGNAL_ALERT_ID: SIGNAL_ALERT_ID[:10],
        SIMILAR_ID: SIMILAR_ID[:10],
    }
    assert unique_prefixes([]) == {}


def test_a_move_needs_a_longer_prefix_than_a_display():
    """A prefix that is one character too short must not move another alert."""
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


def test_an_ambiguous_prefix_lists_the_first_candidates():
    """The message names five candidates and counts the others."""
    message = describe_candidates([acknowledged_alert(f"{number:024x}") for number in range(8)])

    assert message.startswith(f"{0:024x} (tee-general-population, PRODERM), ")
    assert message.endswith("and 3 more") and message.count("PRODERM") == 5
