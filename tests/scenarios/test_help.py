"""The list of commands is where a newcomer begins: it says what each is for."""

from __future__ import annotations

import re

from tests.scenarios.commands import run_tocsin


def test_the_list_of_commands_says_what_each_is_for():
    """Those that are imported only when they are typed are no exception."""
    told = run_tocsin("--help", columns=200).stdout

    rows = re.findall(r"^│ ([a-z]+) +(.*?) *│$", told, re.MULTILINE)
    assert {"demo", "run", "verify", "topics"} <= {name for name, _ in rows}
    assert [name for name, says in rows if not says] == []
