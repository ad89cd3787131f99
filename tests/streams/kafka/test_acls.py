"""Parses a file of grants and rejects an invalid one."""

from __future__ import annotations

import pytest

from streams.kafka.acls import AclFileError, Grant, is_in_scope, parse_grants


def test_a_file_is_parsed_as_grants():
    """A name is a topic or a group; a star at its end makes it a prefix."""
    text = '[worker]\nread = ["trial.log.v1", "group:tocsin-*"]\n[tick]\nwrite = ["trial.log.v1"]\n'

    assert {str(each) for each in parse_grants(text)} == {
        "User:worker may read trial.log.v1",
        "User:worker may read group tocsin-*",
        "User:tick may write trial.log.v1",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[worker", "not TOML"),
        ("worker = 1", "worker"),
        ("[Worker]\n", "Worker"),
        ('[worker]\nread = "trial.log.v1"', "list of names"),
        ('[worker]\nread = ["trial.lgo.v1"]', r"trial\.lgo\.v1"),
        ('[worker]\nread = ["trial.*"]', r"trial\.\*"),
        ('[worker]\nread = ["group:others"]', "group"),
        ("[worker]\nread = [1]", "1"),
        ('[worker]\ndelete = ["safety.audit.v1"]', "delete cannot be granted"),
        ('[worker]\nalter = ["safety.audit.v1"]', "alter cannot be granted"),
        ('[worker]\nall = ["safety.audit.v1"]', "all cannot be granted"),
    ],
)
def test_an_invalid_file_is_rejected(text: str, message: str):
    """A misspelt topic would block a process; a wide prefix would open restricted topics."""
    with pytest.raises(AclFileError, match=message):
        parse_grants(text)


@pytest.mark.parametrize(
    ("name", "group", "prefix", "in_scope"),
    [
        ("safety.alerts.v1", False, False, True),
        ("*", False, False, True),
        ("safety.", False, True, True),
        ("safety.alerts.v1.old", False, True, True),
        ("other.topic", False, False, False),
        ("other.", False, True, False),
        ("tocsin-live", True, False, True),
        ("toc", True, True, True),
        ("*", True, False, True),
        ("others", True, False, False),
    ],
)
def test_a_grant_that_covers_our_topics_or_groups_is_in_scope(
    name: str, group: bool, prefix: bool, in_scope: bool
):
    """It covers them by its name, by a prefix, or by the star for all names."""
    grant = Grant(principal="User:x", operation="read", name=name, group=group, prefix=prefix)

    assert is_in_scope(grant, ()) is in_scope
