"""The delivery file: what it may say, and how a mistake in it is named."""

from __future__ import annotations

import pytest

from alerts.notification.audiences import (
    Audience,
    RoutingConfigError,
    Visibility,
    parse_routing_config,
)
from tests.alerts.notification.published_alerts import DELIVERY_FILE, SPONSOR_SECTION


def test_a_file_says_who_is_told_by_what():
    """Blind by default; the chair is called when the board is silent."""
    plan = parse_routing_config(DELIVERY_FILE)

    board, chair = plan.audiences.values()
    assert board == Audience(
        name="board", sinks=("pager", "bell"), escalates_to="chair", acknowledge_within=1800
    )
    assert board.visibility is Visibility.REFERENCE
    assert plan.escalation_targets == {"chair"} and [*plan.first_audiences("ANY", "signal")] == [
        board
    ]
    assert chair.acknowledge_within == 0


def test_an_audience_may_care_for_some_studies_and_kinds():
    """The board of one trial is not called for another's."""
    text = DELIVERY_FILE.replace(
        'name = "chair"', 'name = "chair"\nstudies = ["A"]\nkinds = ["finding"]'
    )
    chair = parse_routing_config(text).audiences["chair"]

    assert chair.covers("A", "finding")
    assert not chair.covers("B", "finding") and not chair.covers("A", "signal")


@pytest.mark.parametrize(
    ("found", "instead", "says"),
    [
        ('sinks = ["phone"]', 'sinks = ["fax"]', "no [[sink]] is named `fax`"),
        ('sinks = ["phone"]', "", "has no `sinks`"),
        ('sinks = ["phone"]', 'sinks = ["phone"]\nsink = 1', "is not known here"),
        ('escalates_to = "chair"', 'escalates_to = "dean"', "no [[audience]] is named `dean`"),
        ('escalates_to = "chair"', "", "needs both"),
        ('escalates_to = "chair"', 'escalates_to = "board"', "comes round to itself"),
        ('"30m"', '"soon"', "is not a span of time"),
        ('"30m"', '"0m"', "is not a span of time"),
        ('name = "chair"', 'name = "board"', "is there twice"),
        ('name = "chair"', 'name = "a|b"', "is not a name"),
        ('name = "chair"', 'name = "finding"', "is the ledger's own word"),
        ('kind = "webhook"', 'kind = "fax"', "`fax` is not known"),
        ('"https://pager.example.org/hook"', '"http://pager.example.org"', "no address that may"),
        ('"https://pager.example.org/hook"', '"file:///etc/passwd"', "no address that may"),
        ('secret_file = "pager.key"', "", "has no `secret_file`"),
        ('secret_file = "ref.key"', "", "has no `secret_file`"),
        ("/{ref}", "", "has no place for the report"),
        ('name = "chair"', 'name = "chair"\nsees = "arms"', "`arms` is not known"),
        ("[[audience]]", "[[audiences]]", "is not known here"),
        ("[[sink]]", "[[sink", "not TOML"),
    ],
)
def test_a_mistake_is_named_with_its_line(found: str, instead: str, says: str):
    """Whoever is told of a trial's alarms must not depend on a misspelt word."""
    with pytest.raises(RoutingConfigError, match=r"^delivery file, line \d+: ") as refused:
        parse_routing_config(DELIVERY_FILE.replace(found, instead))

    assert says in str(refused.value)


def test_the_blinded_are_told_of_single_cases_and_of_nothing_of_the_statistics():
    """Whoever builds an audience by hand cannot open it to signals either."""
    sponsor = parse_routing_config(DELIVERY_FILE + SPONSOR_SECTION).audiences["sponsor"]
    by_hand = Audience(name="sponsor", sinks=("hook",), visibility=Visibility.POOLED)

    assert sponsor.kinds == ("case",)
    assert by_hand.covers("ANY", "case") and not by_hand.covers("ANY", "signal")


@pytest.mark.parametrize(
    ("found", "instead", "says"),
    [
        ('sinks = ["hook"]', 'sinks = ["hook"]\nkinds = ["signal"]', "`signal` rests on the treat"),
        (
            'sinks = ["hook"]',
            'sinks = ["hook"]\nescalates_to = "chair"\nacknowledge_within = "1h"',
            "is blinded, and who answers an alert is not",
        ),
        ('escalates_to = "chair"', 'escalates_to = "sponsor"', "is blinded, and who answers"),
        ('sinks = ["hook"]', 'sinks = ["hook", "bell"]', "are those of `board` too"),
        ("sponsor.example.org", "pager.example.org", "are those of `board` too"),
    ],
)
def test_what_would_tell_the_blinded_of_the_treatments_is_refused(
    found: str, instead: str, says: str
):
    """Signals, who answered and who did not, and a mailbox that others write to as well."""
    with pytest.raises(RoutingConfigError, match=r"^delivery file, line \d+: ") as refused:
        parse_routing_config((DELIVERY_FILE + SPONSOR_SECTION).replace(found, instead))

    assert says in str(refused.value)


def test_a_file_without_an_audience_tells_nobody_and_is_refused():
    """An empty file is a mistake, not a wish."""
    with pytest.raises(RoutingConfigError, match=r"no \[\[audience\]\]"):
        parse_routing_config('secret_file = "ref.key"')


def test_a_private_receiver_must_be_allowed():
    """A hook inside the hospital is a decision that the file shows."""
    text = DELIVERY_FILE.replace(
        'url = "https://pager', 'allow_private = true\nurl = "http://pager'
    )

    assert parse_routing_config(text).sinks["pager"].allow_private
