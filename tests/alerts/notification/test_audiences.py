"""The delivery file: the settings that it may have, and how a mistake is reported."""

from __future__ import annotations

import pytest

from alerts.notification.audiences import (
    Audience,
    RoutingConfigError,
    Visibility,
    parse_routing_config,
)
from tests.alerts.notification.published_alerts import DELIVERY_FILE, SPONSOR_SECTION


def test_a_file_defines_audiences_and_their_sinks():
    """Audiences are blinded by default; the chair is notified if the board does not acknowledge."""
    config = parse_routing_config(DELIVERY_FILE)

    board, chair = config.audiences.values()
    assert board == Audience(
        name="board", sinks=("pager", "bell"), escalates_to="chair", acknowledge_within=1800
    )
    assert board.visibility is Visibility.REFERENCE
    assert config.escalation_targets == {"chair"} and [
        *config.first_audiences("ANY", "signal")
    ] == [board]
    assert chair.acknowledge_within == 0


def test_an_audience_may_cover_some_studies_and_kinds():
    """The board of one trial is not notified of another trial."""
    text = DELIVERY_FILE.replace(
        'name = "chair"', 'name = "chair"\nstudies = ["A"]\nkinds = ["finding"]'
    )
    chair = parse_routing_config(text).audiences["chair"]

    assert chair.covers("A", "finding")
    assert not chair.covers("B", "finding") and not chair.covers("A", "signal")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('sinks = ["phone"]', 'sinks = ["fax"]', "no [[sink]] is named `fax`"),
        ('sinks = ["phone"]', "", "has no `sinks`"),
        ('sinks = ["phone"]', 'sinks = ["phone"]\nsink = 1', "is not known here"),
        ('escalates_to = "chair"', 'escalates_to = "dean"', "no [[audience]] is named `dean`"),
        ('escalates_to = "chair"', "", "needs both"),
        ('escalates_to = "chair"', 'escalates_to = "board"', "forms a cycle"),
        ('"30m"', '"soon"', "is not a duration"),
        ('"30m"', '"0m"', "is not a duration"),
        ('name = "chair"', 'name = "board"', "`board` is taken"),
        ('name = "chair"', 'name = "a|b"', "is not a name"),
        ('name = "chair"', 'name = "finding"', "is a reserved name"),
        ('kind = "webhook"', 'kind = "fax"', "`fax` is not known"),
        ('"https://pager.example.org/hook"', '"http://pager.example.org"', "not a permitted URL"),
        ('"https://pager.example.org/hook"', '"file:///etc/passwd"', "not a permitted URL"),
        ('secret_file = "pager.key"', "", "has no `secret_file`"),
        ('secret_file = "ref.key"', "", "has no `secret_file`"),
        ("/{ref}", "", "is no http(s) URL with `{ref}`"),
        ('name = "chair"', 'name = "chair"\nsees = "arms"', "`arms` is not known"),
        ("[[audience]]", "[[audiences]]", "is not known here"),
        ("[[sink]]", "[[sink", "not TOML"),
    ],
)
def test_a_mistake_is_reported_with_its_line(old: str, new: str, message: str):
    """A misspelt word must not decide who is notified of an alert."""
    with pytest.raises(RoutingConfigError, match=r"^delivery file, line \d+: ") as error:
        parse_routing_config(DELIVERY_FILE.replace(old, new))

    assert message in str(error.value)


def test_a_blinded_audience_covers_single_cases_and_no_signals():
    """Code that builds an audience directly cannot include signals either."""
    sponsor = parse_routing_config(DELIVERY_FILE + SPONSOR_SECTION).audiences["sponsor"]
    constructed = Audience(name="sponsor", sinks=("hook",), visibility=Visibility.POOLED)

    assert sponsor.kinds == ("case",)
    assert constructed.covers("ANY", "case") and not constructed.covers("ANY", "signal")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('sinks = ["hook"]', 'sinks = ["hook"]\nkinds = ["signal"]', "`signal` depends on the t"),
        (
            'sinks = ["hook"]',
            'sinks = ["hook"]\nescalates_to = "chair"\nacknowledge_within = "1h"',
            "is blinded, and escalation depends on what members did",
        ),
        ('escalates_to = "chair"', 'escalates_to = "sponsor"', "is blinded, and escalation"),
        ('sinks = ["hook"]', 'sinks = ["hook", "bell"]', "are also those of `board`"),
        ("sponsor.example.org", "pager.example.org", "are also those of `board`"),
    ],
)
def test_a_file_that_would_unblind_an_audience_is_refused(old: str, new: str, message: str):
    """Signals, escalation and a shared receiver would each reveal treatment to blinded people."""
    with pytest.raises(RoutingConfigError, match=r"^delivery file, line \d+: ") as error:
        parse_routing_config((DELIVERY_FILE + SPONSOR_SECTION).replace(old, new))

    assert message in str(error.value)


def test_a_file_without_an_audience_is_refused():
    """A file without audiences would notify nobody."""
    with pytest.raises(RoutingConfigError, match=r"no \[\[audience\]\]"):
        parse_routing_config('secret_file = "ref.key"')


def test_a_private_receiver_must_be_allowed():
    """The file states explicitly that a receiver is inside the private network."""
    text = DELIVERY_FILE.replace(
        'url = "https://pager', 'allow_private = true\nurl = "http://pager'
    )

    assert parse_routing_config(text).sinks["pager"].allow_private
