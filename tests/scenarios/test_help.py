"""Tests that the list of commands describes each command."""

from __future__ import annotations

import re

from tests.scenarios.commands import run_tocsin


def test_the_list_of_commands_describes_each():
    """Commands that are imported only when they are run are described as well."""
    help_text = run_tocsin("--help", columns=200).stdout

    rows = re.findall(r"^│ ([a-z]+) +(.*?) *│$", help_text, re.MULTILINE)
    assert {"demo", "run", "verify", "topics"} <= {name for name, _ in rows}
    assert [name for name, description in rows if not description] == []
